"""What the measures run on: programs, mounts, caches, the data set and fio."""

import array
import contextlib
import json
import os
import platform
import pathlib
import random
import subprocess
import time


class BenchError(Exception):
    """A step failed; the message says which command and what it printed."""


def command(*words, timeout=600):
    """Runs a command and returns its standard output."""
    words = [str(w) for w in words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(words)}\n  exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


class Programs:
    def __init__(self, build):
        self.neurofs = build / "mount-tools" / "neurofs"
        self.null_fuse = build / "tests" / "bench" / "null_fuse"
        self.bench_read = build / "tests" / "bench" / "bench_read"
        self.bench_engine = build / "tests" / "bench" / "bench_engine"
        missing = [p.name for p in vars(self).values() if not p.exists()]
        if missing:
            raise BenchError(f"not built in {build}: {', '.join(missing)}; "
                             f"run: cmake --build {build} --target {' '.join(missing)}")

    def load(self, *words):
        """One run of the load generator."""
        return json.loads(command(self.bench_read, *words))


def drop_page_cache():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")


def fio(path, size, pattern, block, depth, seconds):
    """O_DIRECT reads of a plain file: the disk's own rate."""
    output = command("fio", "--name=yardstick", f"--filename={path}", f"--size={size}",
                     f"--rw={pattern}", f"--bs={block}", "--direct=1", "--ioengine=libaio",
                     f"--iodepth={depth}", f"--runtime={seconds}", "--time_based", "--readonly",
                     "--randrepeat=0", "--norandommap", "--output-format=json")
    read = json.loads(output[output.index("{"):])["jobs"][0]["read"]
    return {"ops_per_s": read["iops"], "mb_per_s": read["bw_bytes"] / 1e6}


class Machine:
    """Directories, the data set and the two kinds of mount."""

    def __init__(self, programs, work, size, threads):
        self.programs = programs
        self.work = work
        self.size = size
        self.threads = threads
        self.raw = work / "data.raw"          # the bytes as a plain file: fio and page-cache yardstick
        self.field = work / "field.zarr"      # the same bytes as a field
        self.row = 4096                       # 1024 float32 per neuron
        self.neurons = size // self.row

    def prepare(self):
        if not self.raw.exists() or self.raw.stat().st_size != self.size:
            block = os.urandom(16 << 20)
            with open(self.raw, "wb") as out:
                for start in range(0, self.size, len(block)):
                    out.write(start.to_bytes(8, "little") + block[8:])
            subprocess.run(["rm", "-rf", str(self.field)], check=True)
        if not self.field.exists():
            command(self.programs.neurofs, "import", self.raw, self.field, "--shape",
                    f"{self.neurons},1024", "--dtype", "float32")

    def normal_field(self):
        """256 MiB of float32 values as activations are: a normal distribution."""
        field = self.work / "normal.zarr"
        if not field.exists():
            gauss = random.Random(7).gauss
            block = array.array("f", (gauss(0, 1) for _ in range(1 << 18))).tobytes()
            raw = self.work / "normal.raw"
            raw.write_bytes(block * 256)
            command(self.programs.neurofs, "import", raw, field, "--shape", "65536,1024", "--dtype",
                    "float32")
            raw.unlink()
        return field

    @contextlib.contextmanager
    def mounted(self, ram="2GiB", field=None, *options):
        """Our daemon, from empty caches of its own."""
        point = self.work / "mnt"
        point.mkdir(exist_ok=True)
        command(self.programs.neurofs, "mount", field or self.field, point, "--ram", ram,
                "--threads", self.threads, *options)
        try:
            yield point
        finally:
            command(self.programs.neurofs, "umount", point)

    @contextlib.contextmanager
    def null_mounted(self):
        """The do-nothing daemon with the same session settings."""
        point = self.work / "null"
        point.mkdir(exist_ok=True)
        daemon = subprocess.Popen([self.programs.null_fuse, point, "--size", str(self.size),
                                   "--neuron-size", str(self.row), "--threads", str(self.threads),
                                   "--read-ahead-kb", "4096"])
        try:
            for _ in range(500):
                if os.path.ismount(point):
                    break
                time.sleep(0.01)
            else:
                raise BenchError("null_fuse did not mount; is /dev/fuse there?")
            yield point
        finally:
            if os.path.ismount(point):
                command("umount", point)
            daemon.wait(timeout=10)

    def names(self, point, numbers, name="names"):
        """A list file of neuron paths below a mount."""
        path = self.work / name
        path.write_text("".join(f"{point}/neurons/{n}.raw\n" for n in numbers))
        return path

    def describe(self):
        cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                    if line.startswith("model name")), platform.processor())
        return (f"{os.cpu_count()} x {cpu}, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}, "
                f"field {self.size >> 20} MiB ({self.neurons} neurons of 4 KiB) in {self.work}")
