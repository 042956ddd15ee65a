"""Objects that change while they are read: one version or the other, or ESTALE, never a mix (R25, R26).

An object holds one byte value all over, another one in each version. `--direct-io` makes a read one request, so that
the kernel's pages do not mix what the mount kept apart.
"""

import errno
import os
import random
import time

from remote_places import HttpsPlace, RadosPlace, radosgw, swift, why_no
from stress_support import MountCase, Readers, main, seed_of_run, wait_until, zarr3_metadata

CHUNK, CHUNKS, FILL = 64 << 10, 4, 255
ROUNDS = 8  # of all chunks, while readers read


class Versions(MountCase):
    def begin(self, place, *programs):
        reason = place.missing or why_no(*programs)
        if reason:
            self.skipTest(reason)
        self.place, self.prefix = place, self.directory.name
        place.put(f"{self.prefix}/zarr.json",
                  zarr3_metadata(CHUNKS * CHUNK, CHUNK, [{"name": "bytes"}], fill=FILL).encode())
        for number in range(CHUNKS):
            self.put(number, 1)

    def key(self, number):
        return f"{self.prefix}/c/{number}"

    def put(self, number, version):
        self.place.put(self.key(number), bytes([version]) * CHUNK)

    def start(self, *options):
        self.mounted = self.mount(self.place.url(self.prefix), "--ram", "16MiB", "--predictor", "none",
                                  *self.place.options, *options, environment=self.place.environment)
        self.file = self.mounted.point / "field.raw"

    def read(self, number, length=CHUNK):
        fd = os.open(self.file, os.O_RDONLY)
        try:
            return os.pread(fd, length, number * CHUNK)
        finally:
            os.close(fd)

    def version(self, number):
        """Of a whole chunk; None for ESTALE."""
        try:
            got = self.read(number)
        except OSError as error:
            if error.errno == errno.ESTALE:
                return None
            raise
        self.assertEqual(len(got), CHUNK)
        self.assertEqual(set(got), {got[0]}, f"chunk {number} is of two versions")
        return got[0]

    def check_replaced(self, place, *programs, denied=()):
        """A part of each chunk is in RAM when its object is replaced, and another time when it is removed."""
        self.begin(place, *programs)
        self.start("--direct-io")
        for number in range(CHUNKS):
            self.assertEqual(self.read(number, 4096), bytes([1]) * 4096)
        for number in range(CHUNKS - 1):
            self.put(number, 2)
        self.place.remove(self.key(CHUNKS - 1))
        for number in range(CHUNKS):
            after = FILL if number == CHUNKS - 1 else 2
            self.assertIn(self.version(number), (None, after, *denied), f"chunk {number}")
            wait_until(lambda: self.version(number) == after, "the new version")

    def test_R25_replaced_radosgw(self):
        self.check_replaced(radosgw())

    def test_R25_replaced_swift(self):
        self.check_replaced(swift(), denied=(FILL,))  # 404 for a moment while it is replaced

    def test_R25_replaced_rados(self):
        self.check_replaced(RadosPlace(), "rados")

    def test_R25_replaced_https(self):
        self.check_replaced(HttpsPlace())

    def check_readers_beside_a_writer(self, place, *programs):
        self.begin(place, *programs)
        self.start("--direct-io", "--revalidate", 1)
        seed, stop = seed_of_run(), self.directory / "stop"

        def read(reader):
            choose, seen = random.Random(seed + reader), set()
            while not stop.exists():
                number = choose.randrange(CHUNKS)
                if choose.random() < 0.5:
                    self.read_part(number, choose)
                seen.add(self.version(number))
            return 0 if len(seen - {None}) > 1 else 5  # 5: it saw no change at all
        readers = Readers(4, read)
        self.addCleanup(readers.kill)
        for version in range(2, 2 + ROUNDS):
            for number in range(CHUNKS):
                self.put(number, version)
            # A round may pass unseen, but not all of them.
            time.sleep(0.2)
        last = 1 + ROUNDS
        wait_until(lambda: all(self.version(number) == last for number in range(CHUNKS)), "the last version")
        stop.touch()
        self.assertEqual(readers.join(60), [0] * 4, self.mounted.output())

    def read_part(self, number, choose):
        fd = os.open(self.file, os.O_RDONLY)
        try:
            os.pread(fd, 4096, number * CHUNK + choose.randrange(CHUNK // 4096) * 4096)
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
        finally:
            os.close(fd)

    def test_R26_readers_beside_a_writer_radosgw(self):
        self.check_readers_beside_a_writer(radosgw())

    def test_R26_readers_beside_a_writer_rados(self):
        self.check_readers_beside_a_writer(RadosPlace(), "rados")

    def test_R26_readers_beside_a_writer_https(self):
        self.check_readers_beside_a_writer(HttpsPlace())

    def check_disk_cache(self, place, *programs):
        """What was kept of an object that has changed since is not served."""
        self.begin(place, *programs)
        cache = ("--direct-io", "--cache-dir", self.directory / "cache", "--cache-size", "32MiB")
        self.start(*cache)
        self.assertEqual([self.version(number) for number in range(CHUNKS)], [1] * CHUNKS)
        self.mounted.close()
        for number in range(0, CHUNKS, 2):
            self.put(number, 2)
        self.start(*cache)
        self.assertEqual([self.version(number) for number in range(CHUNKS)], [2, 1] * (CHUNKS // 2))
        self.assertGreater(self.mounted.stats()["counters"]["nvme_hits_total"], 0)

    def test_R26_the_disk_cache_radosgw(self):
        self.check_disk_cache(radosgw())

    def test_R26_the_disk_cache_rados(self):
        self.check_disk_cache(RadosPlace(), "rados")


main(__name__)
