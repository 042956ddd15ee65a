"""The measures: each yields rows of (name, ours, yardstick, unit, goal).

A row's goal is either "ratio >= x" (ours against a yardstick taken in the same round) or an absolute
limit. Rounds alternate ours and yardstick, so that a drifting machine moves both.
"""

import dataclasses
import json
import random
import re
import statistics
import time

from machine import command, drop_page_cache, fio


@dataclasses.dataclass
class Row:
    name: str
    unit: str
    ours: list
    yardstick: list = dataclasses.field(default_factory=list)  # empty: an absolute limit
    yardstick_name: str = ""
    least_ratio: float = 0.0
    limit: float = 0.0

    def ratio(self):
        return statistics.median(a / b for a, b in zip(self.ours, self.yardstick))

    def met(self):
        if self.yardstick and self.least_ratio:
            return self.ratio() >= self.least_ratio
        return statistics.median(self.ours) <= self.limit if self.limit else None


class Measures:
    def __init__(self, machine, seconds, rounds):
        self.machine = machine
        self.load = machine.programs.load
        self.seconds = seconds
        self.rounds = rounds
        self.random = random.Random(20)

    def pairs(self, ours, yardstick):
        """Rounds of (ours, yardstick), alternating."""
        left, right = [], []
        for _ in range(self.rounds):
            left.append(ours())
            right.append(yardstick())
        return left, right

    def fresh(self, ram, work):
        """`work(mount)` with the page cache and our tiers empty."""
        drop_page_cache()
        with self.machine.mounted(ram) as point:
            return work(point)

    # --- the RAM tier against the do-nothing daemon

    def ram_random(self):
        span = min(self.machine.size, 1 << 30)
        with self.machine.mounted("2GiB") as ours, self.machine.null_mounted() as null:
            self.warm(ours, span)
            for workers in (1, 4):
                def rate(point):
                    return self.load("read", point / "field.raw", "--direct", "--span", span,
                                     "--workers", workers, "--seconds", self.seconds)["ops_per_s"]
                left, right = self.pairs(lambda: rate(ours), lambda: rate(null))
                yield Row(f"random 4 KiB from RAM, O_DIRECT, {workers} thread(s)", "op/s", left, right,
                          "null daemon", least_ratio=0.85)

    def ram_sequential(self):
        span = min(self.machine.size, 1 << 30)
        with self.machine.mounted("2GiB") as ours, self.machine.null_mounted() as null:
            self.warm(ours, span)

            def rate(point, *flags):
                if not flags:
                    drop_page_cache()
                return self.load("read", point / "field.raw", *flags, "--span", span, "--sequential",
                                 "--once", "--block", "1MiB", "--seconds", 30)["mb_per_s"]
            for flags, label in ((("--direct",), "O_DIRECT"), ((), "page cache dropped")):
                left, right = self.pairs(lambda: rate(ours, *flags), lambda: rate(null, *flags))
                yield Row(f"sequential 1 MiB from RAM, {label}", "MB/s", left, right, "null daemon",
                          least_ratio=0.80)

    def warm(self, point, span):
        self.load("read", point / "field.raw", "--direct", "--span", span, "--sequential", "--once",
                  "--block", "1MiB", "--seconds", 600)

    # --- cold, against the disk

    def cold_random(self):
        machine = self.machine
        for readers in (1, 32):
            def disk():
                drop_page_cache()
                return fio(machine.raw, machine.size, "randread", 4096, readers,
                           self.seconds)["ops_per_s"]

            def rows(point):
                return self.load("read", point / "field.raw", "--direct", "--workers", readers,
                                 "--seconds", self.seconds, "--seed",
                                 self.random.randrange(1 << 30))["ops_per_s"]

            def files(point):
                count = min(machine.neurons, int(60000 * self.seconds))
                names = machine.names(point, self.random.sample(range(machine.neurons), count))
                return self.load("open", names, "--once", "--workers", readers, "--seconds",
                                 self.seconds)["ops_per_s"]
            for work, label in ((rows, "rows of field.raw"), (files, "neuron files")):
                left, right = self.pairs(lambda: self.fresh("256MiB", work), disk)
                yield Row(f"cold 4 KiB neurons, {label}, {readers} reader(s)", "op/s", left, right,
                          f"fio 4 KiB depth {readers}", least_ratio=0.80)

    def cold_sequential(self):
        machine = self.machine

        def ours(point):
            return self.load("read", point / "field.npy", "--sequential", "--once", "--block", "1MiB",
                             "--seconds", 60)["mb_per_s"]
        for depth, goal in ((1, 0.85), (8, 0.0)):
            def disk():
                drop_page_cache()
                return fio(machine.raw, machine.size, "read", 1 << 20, depth,
                           self.seconds * 2)["mb_per_s"]
            left, right = self.pairs(lambda: self.fresh("256MiB", ours), disk)
            yield Row("cold sequential field.npy", "MB/s", left, right, f"fio 1 MiB depth {depth}",
                      least_ratio=goal)

    # --- the kernel's page cache

    def page_cached(self):
        machine = self.machine
        span = min(machine.size, 1 << 29)
        with machine.mounted("2GiB") as point, machine.null_mounted() as null:
            for pattern, block, unit in ((("--sequential",), "1MiB", "mb_per_s"),
                                         ((), "4KiB", "ops_per_s")):
                def rate(path):
                    return self.load("read", path, *pattern, "--block", block, "--span", span,
                                     "--seconds", self.seconds)[unit]
                label = f"page-cached re-read, {'sequential' if pattern else 'random'} {block}"
                # The null daemon's row is the kernel's own ceiling: no daemon is asked in either.
                for other, name, goal in ((machine.raw, "local file", 0.95),
                                          (null / "field.raw", "null daemon", 0.0)):
                    for path in (point / "field.raw", other):
                        self.load("read", path, "--sequential", "--once", "--block", "1MiB", "--span",
                                  span, "--seconds", 60)
                    left, right = self.pairs(lambda: rate(point / "field.raw"), lambda: rate(other))
                    yield Row(label, "MB/s" if pattern else "op/s", left, right, name,
                              least_ratio=goal)

    def open_cached(self):
        machine = self.machine
        with machine.mounted("2GiB") as ours, machine.null_mounted() as null:
            numbers = range(0, 100)
            lists = {p: machine.names(p, numbers, f"names-{p.name}") for p in (ours, null)}

            def cost(point):
                return 1e6 / self.load("open", lists[point], "--seconds", self.seconds)["ops_per_s"]
            for point in lists:
                self.load("open", lists[point], "--once")
            left, right = self.pairs(lambda: cost(ours), lambda: cost(null))
            yield Row("open+read+close of a cached neuron", "us", left, right, "null daemon", limit=4)

    # --- lenses against the plain copy

    def lenses(self):
        """Reads of 1 MiB of results. A cast moves more bytes on one side than on the other: the row counts
        the larger side (stored values for @f16, results for @f64), as the plain copy moves both."""
        span = 128 << 20
        with self.machine.mounted("2GiB", self.machine.normal_field()) as point:
            self.warm(point, 256 << 20)

            def rate(directory, bytes_moved=1):
                return bytes_moved * self.load(
                    "read", point / directory / "field.raw", "--direct", "--span", span, "--sequential",
                    "--block", "1MiB", "--seconds", self.seconds)["mb_per_s"]
            for lens, most in LENS_COSTS:
                moved = 2 if lens.endswith("f16") else 1  # stored bytes for each byte of the result
                left, right = self.pairs(lambda: rate(f"@{lens}", moved), lambda: rate(""))
                yield Row(f"sequential 1 MiB from RAM, O_DIRECT, @{lens}", "MB/s", left, right,
                          "without a lens", least_ratio=1 / most)

    # --- in process

    def in_process(self):
        output = command(self.machine.programs.bench_engine, "--benchmark_format=json",
                         f"--benchmark_min_time={min(self.seconds, 1)}",
                         f"--benchmark_repetitions={self.rounds}")
        times, threads = {}, {}
        for run in json.loads(output)["benchmarks"]:
            if run.get("run_type") == "iteration":
                name = re.sub(r"/repeats:\d+|/real_time|/threads:\d+", "", run["name"])
                key = (name, run["threads"])
                scale = {"ns": 1, "us": 1e3, "ms": 1e6}[run["time_unit"]]
                # Google Benchmark divides wall time by the iterations of all threads.
                times.setdefault(key, []).append(run["real_time"] * scale * run["threads"])
                threads[run["threads"]] = True
        for count in sorted(threads):
            yield Row(f"warm get, {count} thread(s)", "ns", times["warm_get", count], limit=100)
            yield Row(f"warm batch_get of 1000 x 4 B, {count} thread(s)", "us",
                      [t / 1e3 for t in times["warm_batch_4", count]], limit=5)
            yield Row(f"warm batch_get of 1000 x 4 KiB, {count} thread(s)", "batch/s",
                      [1e9 / t for t in times["warm_batch_4096", count]],
                      [1e9 / t for t in times["memcpy_4096", count]], "memcpy", least_ratio=0.9)

    # --- metadata

    def create(self):
        taken = []
        for turn in range(self.rounds):
            path = self.machine.work / f"petabyte-{turn}.zarr"
            command("rm", "-rf", path)
            start = time.perf_counter()
            command(self.machine.programs.neurofs, "create", path, "--shape", "86000000000,3000",
                    "--dtype", "float32")
            taken.append((time.perf_counter() - start) * 1e3)
        yield Row("create of a petabyte field", "ms", taken, limit=100)

    def mount(self):
        taken = []
        for _ in range(self.rounds):
            start = time.perf_counter()
            with self.machine.mounted("256MiB"):
                taken.append((time.perf_counter() - start) * 1e3)
        yield Row("mount ready", "ms", taken, limit=200)

    def stat(self):
        path = self.machine.work / "stat.zarr"
        command("rm", "-rf", path)
        command(self.machine.programs.neurofs, "create", path, "--shape", "86000000000,1000",
                "--dtype", "float32")
        with self.machine.mounted("256MiB", path) as ours, self.machine.null_mounted() as null:
            def cost(point, neurons):
                numbers = (self.random.randrange(neurons) for _ in range(20000))
                names = self.machine.names(point, numbers)
                return 1e6 / self.load("stat", names, "--once")["ops_per_s"]
            left, right = self.pairs(lambda: cost(ours, 86_000_000_000),
                                     lambda: cost(null, self.machine.neurons))
            yield Row("stat of any neuron, never seen before", "us", left, right, "null daemon",
                      limit=25)


# How many times the plain copy's time a lens may take.
LENS_COSTS = [("f32", 1.15), ("f16", 1.15), ("f64", 1.15), ("relu", 1.15), ("scale=0.5", 1.15),
              ("relu,f16", 1.15), ("sigmoid", 2.0), ("tanh", 2.0), ("gelu", 2.0), ("gelu_tanh", 2.0),
              ("silu", 2.0), ("softplus", 2.0), ("exp", 2.0), ("log1p", 2.0)]

MEASURES = ["ram_random", "cold_random", "cold_sequential", "ram_sequential", "page_cached",
            "open_cached", "lenses", "in_process", "create", "mount", "stat"]
