"""What the tests of mounts of remote stores share: a field behind the fault proxy, and what must not leak.

Runs beside tests/servers/with-servers (nginx); without it the tests are skipped.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "servers"))
from fault_client import Proxy  # noqa: E402
from stress_support import SANITIZED, MountCase, wait_until, write_zarr3, zarr3_metadata  # noqa: E402

ROWS = 64
ROW = 4096
FILL = 7


def bounded(seconds):
    """Options that end a read of a remote store by then."""
    return "--deadline", str(seconds)


class RowsCase(MountCase):
    """Chunks of a row each, one object a chunk, at a place of remote_places.py; the last is not stored."""
    ram = "16MiB"  # all of it

    def setUp(self):
        super().setUp()
        self.prefix = self.directory.name
        self.rows = [os.urandom(ROW) for _ in range(ROWS)]

    def fill(self, place):
        if place.missing:
            self.skipTest(place.missing)
        self.place = place
        metadata = zarr3_metadata(ROWS * ROW, ROW, [{"name": "bytes"}], fill=FILL)
        self.rows[-1] = bytes([FILL]) * ROW
        place.put(f"{self.prefix}/zarr.json", metadata.encode())
        for number, row in enumerate(self.rows[:-1]):
            place.put(self.key(number), row)

    def key(self, number):
        return f"{self.prefix}/c/{number}"

    def start(self, source=None, *options, environment=None, wrapper=()):
        """A mount that asks for nothing that no reader asked for; of the place where no other source is named."""
        if source is None:
            source, options = self.place.url(self.prefix), (*self.place.options, *options)
            environment = environment or self.place.environment
        self.mounted = self.mount(source, "--ram", self.ram, "--predictor", "none", *options,
                                  environment=environment, wrapper=wrapper)
        self.file = self.mounted.point / "field.raw"
        return self.mounted

    def row(self, number):
        """Of the daemon, never from the kernel's page cache."""
        fd = os.open(self.file, os.O_RDONLY)
        try:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
            return os.pread(fd, ROW, number * ROW)
        finally:
            os.close(fd)

    def assert_row(self, number):
        self.assertEqual(self.row(number), self.rows[number], f"row {number}")

    def errno_of(self, number):
        """0 where the row can be read."""
        try:
            self.row(number)
        except OSError as error:
            return error.errno
        return 0

    def held(self):
        """What faults must not make grow: the daemon's threads and descriptors, without libfuse's workers.

        libfuse adds a worker when all are busy and keeps it, up to --threads; each has one /dev/fuse, and
        the session one more."""
        opened = self.mounted.descriptors().values()
        workers = sum(target == "/dev/fuse" for target in opened) - 1
        return self.mounted.status("Threads") - workers, len(opened) - workers

    def assert_nothing_lost(self, before, more=4):
        """Against held() of before. Connections stay for the next request, at most one for each that ran at once."""
        try:
            wait_until(lambda: all(now <= then + more for now, then in zip(self.held(), before)),
                       "the daemon's threads and descriptors to be let go")
        except AssertionError as error:
            raise AssertionError(f"{error}: {before} before, {self.held()} now") from None

    def resident_mib(self):
        return 0 if SANITIZED else self.mounted.status("VmRSS") >> 10


def settle(directory):
    """Dates all files a minute back: nothing is kept on disk of what may change within the second of its ETag."""
    then = time.time() - 60
    for path in directory.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


class RemoteCase(RowsCase):
    """The same, every row stored, behind a proxy that passes until told otherwise."""

    def asked_for(self, number):
        """The requests for a row so far."""
        return [line for line in self.proxy.log() if line[1].endswith(f"/c/{number}")]

    def replace(self, number, fresh):
        """By a whole new object: readers see the old one or this one."""
        chunk = self.served / "c" / str(number)
        aside = chunk.with_name("aside")
        aside.write_bytes(fresh)
        os.utime(aside, (1, 1))  # another ETag, of nginx's, than what was written this second
        aside.rename(chunk)

    def setUp(self):
        super().setUp()
        root, url = os.environ.get("NEUROFS_TEST_HTTP_ROOT"), os.environ.get("NEUROFS_TEST_HTTP_URL")
        if not root or not url:
            self.skipTest("no nginx: run below tests/servers/with-servers --nginx")
        self.served = pathlib.Path(root) / self.prefix
        self.addCleanup(shutil.rmtree, self.served, ignore_errors=True)
        write_zarr3(self.served, ROWS * ROW, ROW, [{"name": "bytes"}], dict(enumerate(self.rows)),
                    fill=FILL)
        settle(self.served)
        where = urllib.parse.urlsplit(url)
        self.path = f"{where.path.rstrip('/')}/{self.prefix}"
        self.proxy = Proxy(where.netloc)
        self.addCleanup(self.proxy.close)

    def start(self, *options):
        return super().start(self.proxy.url + self.path, *options)


class Relay:
    """tcp_relay.py as a process: an address that leads where it is told."""

    def __init__(self, host, wrapper=()):
        self._process = subprocess.Popen(
            [*wrapper, sys.executable, "-B", pathlib.Path(__file__).with_name("tcp_relay.py"), host],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())

    def to(self, target):
        """`target` is HOST:PORT; what was open ends."""
        self._process.stdin.write(f"{target}\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
