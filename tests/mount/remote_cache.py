"""The disk cache of remote data through mounts: it serves what it kept, and survives kill -9 (R33, R36, S10).

NEUROFS_KILLS says how many times the daemon is killed while it fills the cache (10; more by hand).
"""

import errno
import os
import random
import signal
import subprocess
import time

from remote_places import RadosPlace, radosgw
from stress_support import (Mount, MountCase, Readers, is_mounted, main, neurofs, pread_all, seed_of_run,
                            wait_until)

KILLS = int(os.environ.get("NEUROFS_KILLS", 10))
MIB = 1 << 20
SIZE, BLOCK = 32 * MIB, 64 << 10
GONE = (errno.ENOTCONN, errno.ECONNABORTED, errno.ENOENT, errno.EIO)
RIGHT, WRONG, FAILED = 0, 3, 4


class Cache(MountCase):
    """A field of 4 shards of 128 chunks each."""

    def setUp(self):
        super().setUp()
        self.choose = random.Random(seed_of_run())
        self.cache = self.directory / "cache"

    def fill(self, place, size=SIZE):
        if place.missing:
            self.skipTest(place.missing)
        self.data = self.choose.randbytes(size)
        raw = self.directory / "source.raw"
        raw.write_bytes(self.data)
        self.place, self.source = place, place.url(self.directory.name)
        neurofs("import", "-q", raw, self.source, "--shape", size, "--dtype", "uint8", "--chunks", BLOCK,
                "--shards", 8 * MIB, environment=place.import_environment())

    def start(self, point=None, size="64MiB", **more):
        """RAM holds next to nothing, so that reads reach the cache."""
        mounted = Mount(self.source, point or self.point, "--ram", "4MiB", "--predictor", "none",
                        "--cache-dir", self.cache, "--cache-size", size, *self.place.options,
                        environment=self.place.environment, **more)
        self.addCleanup(mounted.close)
        return mounted

    def blocks(self, mounted, seed, share=slice(None)):
        """Reads every block, or a share of them, in the seed's order; an exit code of a reader."""
        order = list(range(len(self.data) // BLOCK))
        random.Random(seed).shuffle(order)
        order = order[share]
        fd = os.open(mounted.point / "field.raw", os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
        for number in order:
            at = number * BLOCK
            try:
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
                got = os.pread(fd, BLOCK, at)
            except OSError as error:
                return FAILED if error.errno in GONE else 2
            if got != self.data[at:at + BLOCK]:
                return WRONG
        return RIGHT

    def assert_every_byte(self, *mounts):
        """By two readers of each mount, each of half of the blocks."""
        seed = self.choose.random()
        codes = Readers(2 * len(mounts), lambda n: self.blocks(
            mounts[n // 2], seed + n // 2, slice(n % 2, None, 2))).join(300)
        self.assertEqual(codes, [RIGHT] * len(codes), [mounted.output() for mounted in mounts])

    def bury(self, mounted):
        os.kill(mounted.pid, signal.SIGKILL)
        mounted.wait()
        if is_mounted(mounted.point):
            subprocess.run(["umount", "-l", mounted.point], check=True)

    def check_served_from_the_cache(self, place):
        self.fill(place, 8 * MIB)
        first = self.start()
        self.assert_every_byte(first)
        asked = first.stats()["counters"]
        first.close()
        second = self.start()
        self.assert_every_byte(second)
        counters = second.stats()["counters"]
        self.assertGreaterEqual(counters["nvme_hit_bytes_total"], len(self.data))
        self.assertEqual(counters["nvme_bad_entries_total"], 0)
        # Metadata, the shard's index, and one look at each object.
        self.assertLess(counters["store_requests_total"], asked["store_requests_total"] / 4)
        self.assertLess(counters["store_read_bytes_total"], len(self.data) / 100)

    def test_a_second_mount_asks_for_next_to_nothing_radosgw(self):
        self.check_served_from_the_cache(radosgw())

    def test_a_second_mount_asks_for_next_to_nothing_rados(self):
        self.check_served_from_the_cache(RadosPlace())

    def test_R33_kill_9_while_the_cache_fills(self):
        """The cache holds half of the field, so that it is written to all the time."""
        self.fill(radosgw())
        hits = killed_early = 0
        for turn in range(KILLS):
            mounted = self.start(size="16MiB")
            self.assert_every_byte(mounted)
            hits += mounted.stats()["counters"]["nvme_hits_total"]
            seed = self.choose.random()
            readers = Readers(2, lambda n: self.blocks(mounted, seed + n))
            time.sleep(self.choose.uniform(0, 0.25))
            self.bury(mounted)
            codes = readers.join(60)
            self.assertLessEqual(set(codes), {RIGHT, FAILED}, f"turn {turn}")
            killed_early += FAILED in codes
        print(f"{KILLS} kills, {killed_early} of them under readers; {hits} blocks came from the cache")
        self.assertGreater(hits, 0, "the cache never served anything: nothing was tested")
        self.assertGreater(killed_early, 0, "no reader was under way when the daemon was killed")
        last = self.start(size="16MiB")
        self.assert_every_byte(last)

    def test_R36_two_mounts_of_one_cache_directory(self):
        self.fill(radosgw(), 16 * MIB)
        one, two = self.start(), self.start(self.directory / "two")
        self.assert_every_byte(one, two)
        seed = self.choose.random()
        readers = Readers(2, lambda n: self.blocks(two, seed + n))
        self.bury(one)
        self.assertEqual(readers.join(60), [RIGHT] * 2, "the other mount reads on")
        again = self.start()
        self.assert_every_byte(again, two)
        self.assertGreater(again.stats()["counters"]["nvme_hits_total"], 0)

    def test_S10_a_cache_directory_that_is_not_ours_alone_is_refused(self):
        self.fill(radosgw(), MIB)
        open_to_all, link = self.directory / "open", self.directory / "link"
        open_to_all.mkdir()
        open_to_all.chmod(0o777)
        self.cache.mkdir(mode=0o700)
        link.symlink_to(self.cache)
        foreign = self.directory / "foreign"
        foreign.mkdir(mode=0o700)
        os.chown(foreign, 65534, 65534)
        for directory in (open_to_all, link, foreign):
            with self.subTest(directory=directory.name):
                self.cache = directory
                with self.assertRaisesRegex(AssertionError, str(directory)):
                    self.start()
                self.assertFalse(is_mounted(self.point))
                self.assertEqual([p for p in directory.iterdir() if p.name.startswith("data")], [])

    def test_R35_a_cache_directory_that_is_deleted_costs_no_reader_anything(self):
        self.fill(radosgw(), 4 * MIB)
        mounted = self.start()
        self.assertEqual(pread_all(mounted.point / "field.raw", MIB, 0), self.data[:MIB])
        subprocess.run(["rm", "-rf", self.cache], check=True)
        self.assert_every_byte(mounted)

    def on_small_disk(self, mebibytes):
        """A file system of its own for the cache, which another program may fill."""
        disk = self.directory / "disk"
        disk.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", disk],
                              capture_output=True, text=True)
        if made.returncode:
            self.skipTest(f"no file systems can be mounted here: {made.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", disk])
        self.cache = disk / "cache"
        return disk

    @staticmethod
    def fill_disk(disk):
        """With zeros; the file that does it."""
        other = disk / "other"
        with open(other, "wb", buffering=0) as file:
            try:
                while file.write(bytes(64 << 10)):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        return other

    def test_R35_a_disk_that_others_fill_costs_no_reader_anything(self):
        self.fill(radosgw(), 16 * MIB)
        disk = self.on_small_disk(24)
        mounted = self.start(size="16MiB")
        self.assert_every_byte(mounted)
        wait_until(lambda: mounted.stats()["nvme"]["entries"], "entries in the cache")
        stop = self.directory / "stop"

        def read(number):
            seed = number
            while not stop.exists():
                code = self.blocks(mounted, seed, slice(0, 32))
                if code != RIGHT:
                    return code
                seed += 2
            return RIGHT
        readers = Readers(2, read)
        self.addCleanup(readers.kill)
        other = self.fill_disk(disk)
        used = mounted.stats()["nvme"]["used_bytes"]
        wait_until(lambda: mounted.stats()["nvme"]["used_bytes"] < used, "the cache to give room back")
        stop.touch()
        self.assertEqual(readers.join(60), [RIGHT] * 2, mounted.output())
        self.assert_every_byte(mounted)
        other.unlink()

    def test_R35_a_disk_that_is_full_from_the_start(self):
        self.fill(radosgw(), 4 * MIB)
        disk = self.on_small_disk(24)
        self.fill_disk(disk)
        mounted = self.start(size="16MiB")
        self.assert_every_byte(mounted)
        wait_until(lambda: "the disk cache is off, reads go on without it" in mounted.output(), "the warning")
        self.assertNotEqual(mounted.stats()["nvme"]["state"], "on")
        self.assert_every_byte(mounted)
        self.assertEqual(mounted.output().count("the disk cache is off"), 1, "warned once")


main(__name__)
