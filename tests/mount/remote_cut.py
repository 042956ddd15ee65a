"""The network is cut in mid-scan and mended: reads go on, or end in their deadline and go on later (R22).

Server and mount are in network namespaces of their own; skipped where these cannot be made.
"""

import errno
import os
import pathlib
import subprocess
import time

from network import SERVER, Network, why_no_namespaces
from remote_places import why_no
from remote_support import ROW, ROWS, Relay, RowsCase, bounded
from stress_support import Readers, main, wait_until, write_zarr3

NGINX = pathlib.Path(__file__).resolve().parents[1] / "servers" / "nginx-single-node.sh"
DEADLINE = 3
IN_TIME = {errno.ETIMEDOUT, errno.EIO}


class Cut(RowsCase):
    def setUp(self):
        super().setUp()
        reason = why_no_namespaces() or why_no("nginx", "openssl", "curl")
        if reason:
            self.skipTest(reason)
        self.network = Network()
        self.addCleanup(self.network.close)
        nginx = self.directory / "nginx"
        self.addCleanup(subprocess.run, [NGINX, "wipe", nginx], capture_output=True)
        subprocess.run([*self.network.server, NGINX, "start", nginx], check=True, timeout=60,
                       stdout=subprocess.DEVNULL, env={**os.environ, "PORT": "17680"})
        # nginx listens on its namespace's loopback alone.
        self.relay = Relay(SERVER, wrapper=self.network.server)
        self.addCleanup(self.relay.close)
        self.relay.to("127.0.0.1:17680")
        write_zarr3(nginx / "root" / self.prefix, ROWS * ROW, ROW, [{"name": "bytes"}],
                    dict(enumerate(self.rows)))

    def start(self, *options):
        super().start(f"http://{SERVER}:{self.relay.port}/{self.prefix}", *options,
                      wrapper=self.network.client)
        self.assert_row(0)

    def scan(self, tell):
        """A reader that takes every row in order, slowly enough to be cut; 0: all of them were right."""
        def read(_):
            for number in range(ROWS):
                if self.row(number) != self.rows[number]:
                    return 1
                pathlib.Path(tell).write_text(str(number))
                time.sleep(0.01)
            return 0
        return Readers(1, read)

    def check_scan_goes_on(self, side):
        """A cut that is shorter than the deadline shows in no read."""
        self.start(*bounded(60))
        held = self.held()
        told = self.directory / "told"
        told.write_text("0")
        scan = self.scan(told)
        wait_until(lambda: int(told.read_text() or 0) >= 8, "the scan to be under way")
        self.network.cut(side)
        time.sleep(1)
        before = told.read_text()
        self.network.mend(side)
        self.assertLess(int(before or 0), ROWS - 1, "the scan was over before the cut")
        self.assertEqual(scan.join(60), [0], self.mounted.output())
        self.assert_nothing_lost(held)

    def test_R22_the_servers_side_is_cut_in_mid_scan(self):
        self.check_scan_goes_on(self.network.server)

    def test_R22_the_mounts_side_is_cut_in_mid_scan(self):
        self.check_scan_goes_on(self.network.client)

    def check_deadline(self, side):
        """A cut that stays ends each read in its deadline; without a new mount reads then go on."""
        self.start(*bounded(DEADLINE))
        held = self.held()
        self.network.cut(side)
        codes = Readers(8, lambda number: self.errno_of(1 + number)).join(10 * DEADLINE)
        self.assertLessEqual(set(codes), IN_TIME, codes)
        self.assert_row(0)  # what RAM holds needs no network
        self.network.mend(side)
        wait_until(lambda: self.errno_of(1) == 0, "reads to go on")
        for number in range(ROWS):
            self.assert_row(number)
        self.assert_nothing_lost(held, more=8)

    def test_R22_a_cut_at_the_servers_side_ends_in_the_deadline(self):
        self.check_deadline(self.network.server)

    def test_R22_a_cut_at_the_mounts_side_ends_in_the_deadline(self):
        self.check_deadline(self.network.client)


main(__name__)
