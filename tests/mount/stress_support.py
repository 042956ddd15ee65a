"""Mounts, fields and readers for the tests that run the real `neurofs` program.

Standard library only. The program is named by NEUROFS_PROGRAM; NEUROFS_SANITIZED=1 says that memory
figures mean nothing. A module ends with `main(__name__)`, which exits 77 (ctest: skipped) where
nothing can be mounted.
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.environ.get("NEUROFS_PROGRAM", "neurofs")
SANITIZED = os.environ.get("NEUROFS_SANITIZED") == "1"
READY_SECONDS = 30
SKIPPED = 77


def why_no_mounts():
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse is not there or not ours to open"
    if shutil.which(PROGRAM) is None:
        return f"no program {PROGRAM}"
    return None


def seed_of_run():
    seed = int(os.environ.get("NEUROFS_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed} (NEUROFS_TEST_SEED sets it)", flush=True)
    return seed


def wait_until(condition, what, seconds=READY_SECONDS):
    """Waits for an event that must come; how long it takes is not what is tested."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.005)


def is_mounted(point):
    """From the table, which unlike stat never asks a daemon."""
    with open("/proc/self/mounts") as mounts:
        return any(line.split()[1] == str(point) for line in mounts)


def neurofs(*words, check=True, environment=None):
    """`environment` is added to our own."""
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **(environment or {})})
    if check and done.returncode != 0:
        raise AssertionError(f"neurofs {' '.join(map(str, words))}: exit {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done


class Mount:
    """`neurofs mount -f` as a child, so that its process is known."""

    def __init__(self, source, point, *options, wrapper=(), environment=None):
        self.point = pathlib.Path(point)
        self.point.mkdir(exist_ok=True)
        self.log = tempfile.TemporaryFile("w+")
        self.daemon = subprocess.Popen(
            [*wrapper, PROGRAM, "mount", str(source), str(self.point), "-f", *map(str, options)],
            stdout=self.log, stderr=self.log, env={**os.environ, **(environment or {})})
        wait_until(lambda: is_mounted(self.point) or self.daemon.poll() is not None, "mount")
        if self.daemon.poll() is not None:
            said = self.output()
            self.log.close()
            raise AssertionError(f"mount failed: {said}")
        wait_until(self._answers, "the first answer of the mount")

    def _answers(self):
        """The table may name the mount before it is served, or a dead one that is being replaced.

        statvfs is always asked of the daemon; names and attributes may come from the kernel's caches.
        """
        if self.daemon.poll() is not None:
            raise AssertionError(f"the daemon ended: {self.output()}")
        try:
            os.statvfs(self.point)
        except OSError:
            return False
        return is_mounted(self.point)

    @property
    def pid(self):
        return self.daemon.pid

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def status(self, name):
        """A number of /proc/PID/status, such as VmHWM (KiB) or Threads."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise AssertionError(f"no {name} in /proc/{self.pid}/status")

    def descriptors(self):
        """The targets of the daemon's descriptors, by number."""
        found = {}
        for entry in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                found[int(entry)] = os.readlink(f"/proc/{self.pid}/fd/{entry}")
        return found

    def stats(self):
        return json.loads(next(self.point.glob("**/.neurofs/stats.json")).read_text())

    def wait(self, seconds=READY_SECONDS):
        return self.daemon.wait(timeout=seconds)

    def close(self):
        if self.log.closed:
            return
        if self.daemon.poll() is None and is_mounted(self.point):
            subprocess.run(["umount", self.point], capture_output=True)
        try:
            self.daemon.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
        if is_mounted(self.point):
            subprocess.run(["umount", "-l", self.point], capture_output=True)
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class MountCase(unittest.TestCase):
    """A test with a directory of its own, removed afterwards, on a disk that takes O_DIRECT."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="neurofs-test-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.point = self.directory / "mnt"

    def mount(self, source, *options, **more):
        mounted = Mount(source, self.point, *options, **more)
        self.addCleanup(mounted.close)
        return mounted

    def import_raw(self, data, name="field.zarr", shape=None, dtype="uint8", *options):
        """`data` as a field made by `neurofs import`."""
        raw = self.directory / "source.raw"
        raw.write_bytes(data)
        field = self.directory / name
        neurofs("import", raw, field, "--shape", ",".join(map(str, shape or (len(data),))), "--dtype",
                dtype, *options)
        return field

    def assert_errno(self, number, action):
        with self.assertRaises(OSError) as caught:
            action()
        self.assertEqual(caught.exception.errno, number,
                         f"{os.strerror(caught.exception.errno)}, not {os.strerror(number)}")


def pread_all(path, length, offset):
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.pread(fd, length, offset)
    finally:
        os.close(fd)


def zarr3_metadata(length, chunk, codecs, dtype="uint8", fill=0, attributes=None):
    """zarr.json of a rank-1 array."""
    return json.dumps({
        "zarr_format": 3, "node_type": "array", "shape": [length], "data_type": dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [chunk]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill, "codecs": codecs, "attributes": attributes or {}})


def write_zarr3(directory, length, chunk, codecs, chunks, dtype="uint8", fill=0, attributes=None):
    """A rank-1 Zarr v3 array whose chunk objects have exactly the given bytes."""
    directory.mkdir(parents=True)
    (directory / "zarr.json").write_text(zarr3_metadata(length, chunk, codecs, dtype, fill, attributes))
    for number, data in chunks.items():
        path = directory / "c" / str(number)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return directory


def _crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc32c_table()


def with_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return data + struct.pack("<I", crc ^ 0xFFFFFFFF)


class Readers:
    """Processes that each run `body(number)` until it returns; results come back through exit codes."""

    def __init__(self, count, body):
        sys.stdout.flush()
        self.pids = []
        for number in range(count):
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    code = body(number) or 0
                except BaseException as error:  # reported, then the child must not return
                    print(f"reader {number}: {error!r}", flush=True)
                finally:
                    os._exit(code)
            self.pids.append(pid)

    def join(self, seconds=120):
        """Exit codes; a reader that does not end in time is an error."""
        codes = []
        end = time.monotonic() + seconds
        for pid in self.pids:
            while True:
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    codes.append(os.waitstatus_to_exitcode(status))
                    break
                if time.monotonic() > end:
                    self.kill()
                    raise AssertionError(f"reader {pid} still runs after {seconds} s")
                time.sleep(0.01)
        return codes

    def kill(self):
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def main(name):
    if name != "__main__":
        return
    reason = why_no_mounts()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    result = unittest.main(verbosity=2, exit=False).result
    everything_skipped = result.testsRun > 0 and len(result.skipped) == result.testsRun
    sys.exit(1 if not result.wasSuccessful() else SKIPPED if everything_skipped else 0)
