"""The measures of prediction: the same walks over neurons with each predictor, and with none.

A walk is a list of neurons that one program reads one after another, O_DIRECT, from a field that is cold, with a
RAM budget smaller than what a walk comes back to. The figure is the share of the time of the walk without
prediction that is left; a predictor that is silent has 1.
"""

import random
import statistics

from machine import command, drop_page_cache
from measures import Row
from remote import say

PLANE = 256  # neurons of the second axis; the first has the rest
PREDICTORS = ("none", "adaptive", "stride")
# What may be left on a store that takes 20 ms, where all that a program does itself costs nothing beside it. The first
# pass of a replayed order is read without it, and takes more than half of the time.
GOALS = {"sequential": 0.2, "stride 17": 0.2, "backward": 0.2, "4 streams": 0.3, "sub-boxes": 0.4,
         "small cubes": 0.5, "replayed order": 0.8}


def boxes(rng, planes, count, extents):
    """Sub-boxes of the two neuron axes, each walked once in C order."""
    walk = []
    while len(walk) < count:
        height, width = extents()
        top, left = rng.randrange(planes - height), rng.randrange(PLANE - width)
        walk += [row * PLANE + column for row in range(top, top + height) for column in range(left, left + width)]
    return walk[:count]


def streams(rng, neurons, count, many):
    heads = [i * neurons // many + rng.randrange(neurons // many // 2) for i in range(many)]
    walk = []
    for _ in range(count):
        stream = rng.randrange(many)
        walk.append(heads[stream] % neurons)
        heads[stream] += 1
    return walk


def walks(neurons, count, seed):
    """Name -> neurons in the order of reading."""
    rng = random.Random(seed)
    planes = neurons // PLANE
    start = rng.randrange(neurons - 17 * count - 1) if neurons > 17 * count + 1 else 0
    epoch = [rng.randrange(neurons) for _ in range(count // 2)]
    return {
        "sequential": [start + i for i in range(count)],
        "stride 17": [(start + 17 * i) % neurons for i in range(count)],
        "backward": [start + count - i for i in range(count)],
        "4 streams": streams(rng, neurons, count, 4),
        "sub-boxes": boxes(rng, planes, count, lambda: (rng.randrange(12, 20), rng.randrange(12, 20))),
        "small cubes": boxes(rng, planes, count, lambda: (4, 4)),
        "replayed order": epoch * 2,
        "random": [rng.randrange(neurons) for _ in range(count)],
    }


class PrefetchMeasures:
    """`where` gives a mount of the field with such a predictor, as a context."""

    def __init__(self, machine, measures, where, label, count):
        self.machine = machine
        self.rounds = measures.rounds
        self.random = measures.random
        self.where = where
        self.label = label
        self.count = count

    def rows(self):
        seconds = {}
        for turn in range(self.rounds):
            for name, walk in walks(self.machine.neurons, self.count, self.random.randrange(1 << 30)).items():
                for predictor in PREDICTORS:
                    took, fetched = self.walk(walk, predictor)
                    say(f"{self.label}, {name}, {predictor}: {took:.2f} s, {fetched:.2f} fetched per asked")
                    seconds.setdefault((name, predictor), []).append(took)
                    seconds.setdefault((name, predictor, "fetched"), []).append(fetched)
        for name in dict.fromkeys(key[0] for key in seconds):
            off = seconds[name, "none"]
            for predictor in PREDICTORS[1:]:
                left = [with_ / without for with_, without in zip(seconds[name, predictor], off)]
                goal = GOALS.get(name, 0) if predictor == "adaptive" and "20 ms" in self.label else 0
                yield Row(f"{self.label}, {name}: time left with {predictor}", "share", left, limit=goal)
            fetched = statistics.median(seconds[name, "adaptive", "fetched"])
            yield Row(f"{self.label}, {name}: fetched per asked with adaptive", "B/B", [fetched],
                      limit=1.05 if name == "random" else 0)

    def walk(self, neurons, predictor):
        """(seconds, blocks loaded per block asked for)"""
        row = self.machine.row
        drop_page_cache()
        with self.where(predictor) as point:
            path = self.machine.work / "walk"
            path.write_text("".join(f"{neuron * row} {point}/field.raw\n" for neuron in neurons))
            got = self.machine.programs.load("ranges", path, "--once", "--block", row, "--seconds", 600, "--direct")
            metrics = (point / ".neurofs" / "metrics").read_text()
        loads = next(float(line.split()[-1]) for line in metrics.splitlines()
                     if line.startswith("neurofs_ram_loads_total"))
        return got["operations"] / got["ops_per_s"], loads / len(set(neurons))


def plane_shape(machine):
    return f"{machine.neurons // PLANE},{PLANE},1024"


def local(machine, measures):
    """The same bytes with two neuron axes, on the local disk."""
    field = machine.work / "planes.zarr"
    if not field.exists():
        command(machine.programs.neurofs, "import", machine.raw, field, "--shape", plane_shape(machine),
                "--dtype", "float32")
    return PrefetchMeasures(machine, measures, lambda predictor: machine.mounted(
        "4MiB", field, "--predictor", predictor), "walk on the disk", 4000).rows()


def remote(there, measures):
    """And in S3, 20 ms away."""
    url = f"s3://{there.bucket}/bench/planes.zarr"
    there.import_to(url, shape=plane_shape(there.machine))
    there.set_link(20)
    return PrefetchMeasures(there.machine, measures, lambda predictor: there.mounted(
        url, "--endpoint", there.endpoint, "--predictor", predictor, ram="1MiB"), "walk 20 ms away", 600).rows()
