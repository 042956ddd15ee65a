"""The measures of shuffled epochs: one pass through @shuffle, cold, beside what else gives rows in that order.

The field is four times as large as the RAM budget, and what is read ahead is nobody's hint: dd, numpy.load and a
DataLoader open the file as any other. A row's yardstick is of the same round.
"""

import json
import os
import pathlib
import subprocess
import sys

from machine import drop_page_cache, fio
from measures import Row
from remote import limited, say

READER = pathlib.Path(__file__).resolve().parent / "epoch_rows.py"
DEPTH = 128  # of the disk's yardstick: what the look-ahead keeps in flight


def block_of(machine):
    """Runs of 4096 rows, or fewer, so that a window of 16 is at most a sixteenth of the field."""
    return f"block={min(4096, machine.neurons // 256)}"


def python():
    return os.environ.get("NEUROFS_TEST_PYTHON", sys.executable)


def has(module):
    return subprocess.run([python(), "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


class ShuffleMeasures:
    """`where()` gives a mount with cold caches, as a context; `place` is what the libraries read."""

    def __init__(self, machine, measures, where, place, env=None):
        self.machine, self.rounds, self.random = machine, measures.rounds, measures.random
        self.seconds = max(measures.seconds * 3, 8)
        self.where, self.place, self.env = where, place, env
        self.block = block_of(machine)

    def rate(self, way, place, **options):
        """MB/s of one of epoch_rows.py's ways."""
        words = [python(), READER, way, place, "--seconds", self.seconds]
        for name, value in options.items():
            words += [f"--{name}", value]
        return json.loads(limited(words, self.seconds * 4 + 60, self.env))["mb_per_s"]

    def stream(self, path):
        """MB/s of a program that reads the file from its front, 1 MiB at a time."""
        return self.machine.programs.load("read", path, "--sequential", "--once", "--block", "1MiB", "--seconds",
                                          self.seconds * 3)["mb_per_s"]

    def order(self, block=True):
        return f"@shuffle={self.random.randrange(1 << 30)}" + (f",{self.block}" if block else "")

    def cold(self, label, work):
        drop_page_cache()
        with self.where() as point:
            value = work(point)
        say(f"{label}: {value:.0f} MB/s")
        return value

    def rounds_of(self, ways):
        rates = {name: [] for name in ways}
        for _ in range(self.rounds):
            for name, work in ways.items():
                rates[name].append(work())
        return rates

    def ours(self):
        """Name -> a trial of ours."""
        ways = {}
        for block in (True, False):
            name = f"@shuffle,{self.block}" if block else "@shuffle"
            ways[name] = lambda block=block, name=name: self.cold(
                name, lambda point: self.stream(point / self.order(block) / "field.npy"))
            ways[f"{name}, numpy.load"] = lambda block=block, name=name: self.cold(
                f"{name}, numpy.load", lambda point: self.rate("mmap", point / self.order(block) / "field.npy"))
        ways["sequential"] = lambda: self.cold("sequential", lambda point: self.stream(point / "field.npy"))
        return ways

    def loaders(self):
        if not has("torch"):
            say("PyTorch is not there: no DataLoader is measured")
            return {}
        return {f"DataLoader, {workers} workers": lambda workers=workers: self.cold(
            f"DataLoader, {workers} workers", lambda point: self.rate(
                "loader", point / self.order() / "field.npy", workers=workers)) for workers in (0, 4)}

    def libraries(self):
        def trial(name):
            drop_page_cache()
            value = self.rate(name, self.place)
            say(f"{name}: {value:.1f} MB/s")
            return value
        found = [(name, module) for name, module in (("tensorstore", "tensorstore"), ("zarr", "zarr")) if has(module)]
        return {name: lambda name=name: trial(name) for name, _ in found}


def local(machine, measures):
    ram = f"{max(machine.size // 4 >> 20, 64)}MiB"
    of = ShuffleMeasures(machine, measures, lambda: machine.mounted(ram), machine.field)
    plain = machine.work / "plain.npy"
    if not plain.exists():
        write_npy(machine, plain)

    def disk():
        drop_page_cache()
        return fio(machine.raw, machine.size, "randread", machine.row, DEPTH, measures.seconds)["mb_per_s"]

    def memmap():
        drop_page_cache()
        value = of.rate("random", plain, ram=max(machine.size // 4 >> 20, 64))
        say(f"numpy.memmap: {value:.1f} MB/s")
        return value
    rates = of.rounds_of({**of.ours(), **of.loaders(), f"fio 4 KiB depth {DEPTH}": disk,
                          "numpy.memmap": memmap, **of.libraries()})
    block, whole = f"@shuffle,{of.block}", "@shuffle"
    yield Row(f"epoch of {block}", "MB/s", rates[block], rates["sequential"], "sequential", least_ratio=0.8)
    disk_name = f"fio 4 KiB depth {DEPTH}"
    yield Row(f"epoch of {whole}", "MB/s", rates[whole], rates[disk_name], disk_name, least_ratio=0.9)
    yield from against(rates, (f"{block}, numpy.load", f"{whole}, numpy.load"), "numpy.memmap", 8)
    yield from beside_libraries(rates, block, 8)
    yield from loader_rows(rates, block)


def write_npy(machine, path):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({machine.neurons}, 1024), }}"
    header = (header + " " * (64 - (10 + len(header) + 1) % 64) + "\n").encode()
    with open(path, "wb") as out, open(machine.raw, "rb") as raw:
        out.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        while part := raw.read(16 << 20):
            out.write(part)


def against(rates, names, yardstick, least):
    if yardstick in rates:
        for name in names:
            yield Row(f"epoch of {name}", "MB/s", rates[name], rates[yardstick], yardstick, least_ratio=least)


def beside_libraries(rates, block, least):
    names = (f"{block}, numpy.load", "@shuffle, numpy.load")
    for library in ("tensorstore", "zarr"):
        yield from against(rates, names, library, least)


def loader_rows(rates, block):
    for name in rates:
        if name.startswith("DataLoader"):
            yield Row(f"epoch of {block}, {name}", "MB/s", rates[name], rates["numpy.memmap"]
                      if "numpy.memmap" in rates else [], "numpy.memmap" if "numpy.memmap" in rates else "")


def remote(there, measures):
    """In S3, 20 ms away."""
    machine = there.machine
    there.prepare()
    there.set_link(20)
    ram = f"{max(machine.size // 4 >> 20, 64)}MiB"
    env = dict(os.environ, AWS_ENDPOINT_URL=there.endpoint)
    of = ShuffleMeasures(machine, measures, lambda: there.mounted(
        there.url, "--endpoint", there.endpoint, ram=ram), f"{there.bucket}/{there.S3_PATH}", env)
    rates = of.rounds_of({**of.ours(), **of.loaders(), **of.libraries()})
    block = f"@shuffle,{of.block}"
    yield Row(f"epoch of {block}, 20 ms away", "MB/s", rates[block], rates["sequential"], "sequential")
    for row in (*beside_libraries(rates, block, 20), *loader_rows(rates, block)):
        row.name += ", 20 ms away"
        yield row
