"""Prediction through a real mount: walks are read ahead, random reads are not, and learned orders outlive it."""

import mmap
import os
import random
import time

from stress_support import MountCase, main, seed_of_run

BLOCK = 4096
PLANES, ROWS = 40, 256
BLOCKS = PLANES * ROWS


class Predict(MountCase):
    def setUp(self):
        super().setUp()
        self.random = random.Random(seed_of_run())
        self.data = self.random.randbytes(BLOCKS * BLOCK)
        # Two axes of neurons, a neuron a block.
        self.field = self.import_raw(self.data, shape=(PLANES, ROWS, BLOCK))

    def metric(self, name):
        time.sleep(0.3)  # a look-up within 250 ms of the last shows the same snapshot
        lines = (self.point / ".neurofs" / "metrics").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"neurofs_{name} "))

    def read(self, blocks):
        """In this order, each right; how many had been fetched ahead, and how many blocks were loaded."""
        used, loads = self.metric("prefetch_used_blocks_total"), self.metric("ram_loads_total")
        fd = os.open(self.point / "field.raw", os.O_RDONLY | os.O_DIRECT)
        buffer = mmap.mmap(-1, BLOCK)  # aligned, as O_DIRECT wants it
        try:
            for block in blocks:
                self.assertEqual(os.preadv(fd, [buffer], block * BLOCK), BLOCK)
                self.assertEqual(buffer[:], self.data[block * BLOCK:(block + 1) * BLOCK], f"block {block}")
        finally:
            os.close(fd)
        return (self.metric("prefetch_used_blocks_total") - used, self.metric("ram_loads_total") - loads)

    def boxes(self, count):
        walk = []
        while len(walk) < count:
            height, width = self.random.randrange(8, 16), self.random.randrange(10, 30)
            top, left = self.random.randrange(PLANES - height), self.random.randrange(ROWS - width)
            walk += [row * ROWS + column for row in range(top, top + height)
                     for column in range(left, left + width)]
        return walk[:count]

    def test_walks_are_read_ahead(self):
        walks = {
            "forward": range(500, 2500),
            "backward": range(9000, 7000, -1),
            "stride": range(3, BLOCKS, 5),
            "column": [row * ROWS + 7 + column for column in range(40) for row in range(PLANES)],
            "boxes": self.boxes(2000),
        }
        for name, walk in walks.items():
            with self.subTest(name):
                mounted = self.mount(self.field, "--ram", "4MiB")
                used, _ = self.read(walk)
                mounted.close()
                # However slow the machine is beside its readers: what came late counts.
                self.assertGreater(used, len(walk) * 0.3)

    def test_nothing_is_read_ahead_with_none(self):
        self.mount(self.field, "--ram", "4MiB", "--predictor", "none")
        self.assertEqual(self.read(range(1000))[0], 0)

    def test_random_reads_fetch_next_to_nothing_more(self):
        self.mount(self.field, "--ram", "4MiB")
        walk = [self.random.randrange(BLOCKS) for _ in range(4000)]
        _, loads = self.read(walk)
        self.assertLess(loads, len(walk) * 1.03)

    def test_an_order_of_regions_is_learned(self):
        self.mount(self.field, "--ram", "4MiB", "--direct-io")
        order = self.random.sample(range(BLOCKS), 2000)
        used = []
        for _ in range(2):
            before = self.metric("prefetch_used_blocks_total")
            for block in order:
                row, column = divmod(block, ROWS)
                name = self.point / "regions" / f"{row},{column}.raw"
                self.assertEqual(name.read_bytes(), self.data[block * BLOCK:(block + 1) * BLOCK])
            used.append(self.metric("prefetch_used_blocks_total") - before)
        self.assertGreater(used[1], len(order) * 0.2)

    def test_an_order_is_known_to_the_next_mount(self):
        order = self.random.sample(range(BLOCKS), 3000)
        options = ("--ram", "4MiB", "--learn-dir", self.directory / "learned")
        mounted = self.mount(self.field, *options)
        self.read(order)
        self.read(order)
        mounted.close()
        self.mount(self.field, *options)
        self.assertGreater(self.read(order)[0], len(order) * 0.3)


main(__name__)
