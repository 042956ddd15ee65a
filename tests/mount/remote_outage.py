"""Daemons of a Ceph that are stopped and killed under mounts of s3:// and rados:// (R31, R32). Alone: others use it.

During the fault a read ends in an errno within its deadline; afterwards it is right, without a new mount, and no
thread or descriptor is lost. Bluestore keeps its objects when an OSD is killed.
"""

import errno
import os
import random

from remote_places import RadosPlace, ceph_ctl, radosgw, why_no
from remote_support import ROW, RowsCase, bounded
from stress_support import Readers, main, neurofs, seed_of_run, wait_until

ROWS = 4096
DEADLINE = 4
IN_TIME = {errno.ETIMEDOUT, errno.EIO}
READERS = 6


class Outage(RowsCase):
    """A field of four shards, four times as large as RAM: most reads ask the store."""
    ram = "4MiB"

    def setUp(self):
        super().setUp()
        reason = why_no("ceph", "ceph-osd")
        if reason:
            self.skipTest(reason)
        self.choose = random.Random(seed_of_run())
        self.addCleanup(self.everything_runs)

    def everything_runs(self):
        """Whatever a test left."""
        if os.environ.get("NEUROFS_TEST_CEPH_CTL"):
            for name in ("mon", "osd", "radosgw"):
                ceph_ctl("signal", name, "CONT", check=False)  # fails for one that was killed
            ceph_ctl("resume")

    def fill(self, place):
        if place.missing:
            self.skipTest(place.missing)
        self.place = place
        data = self.choose.randbytes(ROWS * ROW)
        self.rows = [data[at:at + ROW] for at in range(0, len(data), ROW)]
        raw = self.directory / "source.raw"
        raw.write_bytes(data)
        neurofs("import", "-q", raw, place.url(self.prefix), "--shape", len(data), "--dtype", "uint8",
                "--chunks", 64 << 10, "--shards", 4 << 20, environment=place.import_environment())

    def begin(self, place):
        """A mount that reads; what it holds then."""
        self.fill(place)
        # Few workers and connections: those that are kept for later are no loss.
        self.start(None, *bounded(DEADLINE), "--threads", 8, "--connections", 8)
        self.assertEqual(self.errnos(), [0] * READERS)
        return self.held()

    def errnos(self):
        """Of readers that each try 20 rows at random, and stop at the first that fails."""
        seed = self.choose.random()

        def read(reader):
            choose = random.Random(seed + reader)
            return next(filter(None, (self.errno_of(choose.randrange(ROWS)) for _ in range(20))), 0)
        return Readers(READERS, read).join(40 * DEADLINE)

    def load(self):
        """Readers of rows at random until told to end: 0 when each was right or an errno that is allowed."""
        self.stop = self.directory / "stop"
        self.stop.unlink(missing_ok=True)
        seed = self.choose.random()

        def read(reader):
            choose = random.Random(seed + reader)
            while not self.stop.exists():
                number = choose.randrange(ROWS)
                try:
                    if self.row(number) != self.rows[number]:
                        return 1
                except OSError as error:
                    if error.errno not in IN_TIME:
                        return error.errno
            return 0
        return Readers(READERS, read)

    def assert_goes_on(self, held, load):
        """All is right again, by the mount that was there all the time."""
        wait_until(lambda: set(self.errnos()) == {0}, "reads to go on", 60)
        self.stop.touch()
        self.assertEqual(load.join(60), [0] * READERS, self.mounted.output())
        self.assertEqual(self.file.read_bytes(), b"".join(self.rows))
        self.assertIsNone(self.mounted.daemon.poll())
        self.assert_nothing_lost(held, more=16)

    def check(self, place, daemon, signal, *afterwards):
        held = self.begin(place)
        load = self.load()
        ceph_ctl("signal", daemon, signal)
        codes = self.errnos()
        self.assertTrue(set(codes) <= IN_TIME | {0} and set(codes) != {0}, codes)
        ceph_ctl(*afterwards)
        self.assert_goes_on(held, load)

    def check_stop(self, place, daemon):
        """It is there and does not answer."""
        self.check(place, daemon, "STOP", "signal", daemon, "CONT")

    def check_kill(self, place, daemon):
        self.check(place, daemon, "KILL", "resume")

    def test_R31_osd_stopped_rados(self):
        self.check_stop(RadosPlace(), "osd")

    def test_R31_osd_stopped_s3(self):
        self.check_stop(radosgw(), "osd")

    def test_R31_monitor_stopped_rados(self):
        """Who has its map needs no monitor to read."""
        held = self.begin(RadosPlace())
        load = self.load()
        ceph_ctl("signal", "mon", "STOP")
        self.assertEqual(self.errnos(), [0] * READERS, self.mounted.output())
        ceph_ctl("signal", "mon", "CONT")
        self.assert_goes_on(held, load)

    def test_R32_osd_killed_rados(self):
        self.check_kill(RadosPlace(), "osd")

    def test_R32_osd_killed_s3(self):
        self.check_kill(radosgw(), "osd")

    def test_R32_radosgw_killed(self):
        self.check_kill(radosgw(), "radosgw")


main(__name__)
