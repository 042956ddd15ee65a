"""What the tests of mounts of remote stores share: a field behind the fault proxy, and what must not leak.

Runs beside tests/servers/with-servers (nginx); without it the tests are skipped.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "servers"))
from fault_client import Proxy  # noqa: E402
from stress_support import SANITIZED, MountCase, write_zarr3  # noqa: E402

ROWS = 64
ROW = 4096


def bounded(seconds):
    """Options that end a read of a remote store by then."""
    return "--deadline", str(seconds)


class RemoteCase(MountCase):
    """Chunks of a row each, as objects of nginx, seen through a proxy that passes until told otherwise."""

    def setUp(self):
        super().setUp()
        root, url = os.environ.get("NEUROFS_TEST_HTTP_ROOT"), os.environ.get("NEUROFS_TEST_HTTP_URL")
        if not root or not url:
            self.skipTest("no nginx: run below tests/servers/with-servers --nginx")
        self.rows = [os.urandom(ROW) for _ in range(ROWS)]
        self.served = pathlib.Path(root) / self.directory.name
        self.addCleanup(shutil.rmtree, self.served, ignore_errors=True)
        write_zarr3(self.served, ROWS * ROW, ROW, [{"name": "bytes"}], dict(enumerate(self.rows)),
                    fill=7)
        where = urllib.parse.urlsplit(url)
        self.prefix = f"{where.path.rstrip('/')}/{self.served.name}"
        self.proxy = Proxy(where.netloc)
        self.addCleanup(self.proxy.close)

    def start(self, *options):
        """A mount that asks for nothing that no reader asked for."""
        self.mounted = self.mount(self.proxy.url + self.prefix, "--ram", "16MiB",
                                  "--predictor", "none", *options)
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

    def held(self):
        """What faults must not make grow: threads and descriptors of the daemon."""
        return self.mounted.status("Threads"), len(self.mounted.descriptors())

    def resident_mib(self):
        return 0 if SANITIZED else self.mounted.status("VmRSS") >> 10


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
