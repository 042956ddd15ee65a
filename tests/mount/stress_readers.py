"""Many readers of one file with a cache far too small (RELIABILITY R19, R37, R38)."""

import errno
import gzip
import mmap
import os
import random

from stress_support import SANITIZED, MountCase, Readers, main, pread_all, seed_of_run, write_zarr3

MIB = 1 << 20
READERS = 64
# The program, its threads' stacks, the kernel's request buffers (1 MiB a busy thread) and buffers in
# flight: what may come on top of the budget.
OVERHEAD_MIB = 160


def read_at_random(path, source, seed, turns):
    """Half of the reads by pread, half through a mapping; 1 on the first wrong byte."""
    choose = random.Random(seed)
    size = os.stat(path).st_size
    fd = os.open(path, os.O_RDONLY)
    with mmap.mmap(fd, size, prot=mmap.PROT_READ, flags=mmap.MAP_SHARED) as mapped:
        for _ in range(turns):
            offset = choose.randrange(size)
            length = min(choose.choice((1, 4096, 70000, 300000)), size - offset)
            got = os.pread(fd, length, offset) if choose.random() < 0.5 else mapped[offset:offset + length]
            if got != pread_all(source, length, offset):
                print(f"seed {seed}: {length} bytes at {offset} differ", flush=True)
                return 1
    os.close(fd)
    return 0


class ManyReaders(MountCase):
    def check(self, *import_options, turns=40, budget_mib=8, mount_options=()):
        seed = seed_of_run()
        data = random.Random(seed).randbytes(4 * MIB) * 12
        field = self.import_raw(data, "field.zarr", (len(data) // 1024, 1024), "uint8", *import_options)
        mounted = self.mount(field, "--ram", f"{budget_mib}MiB", *mount_options)
        path = mounted.point / "field.raw"
        readers = Readers(READERS, lambda n: read_at_random(path, self.directory / "source.raw",
                                                            seed + n, turns))
        self.assertEqual(readers.join(), [0] * READERS)
        if not SANITIZED:
            self.assertLessEqual(mounted.status("VmHWM") // 1024, budget_mib + OVERHEAD_MIB)

    def test_R37_raw_chunks(self):
        self.check()

    def test_R37_compressed_chunks(self):
        self.check("--chunks", "256,1024", "--shards", "4096,1024", "--codec", "zstd")

    def test_R19_without_page_cache(self):
        seed = seed_of_run()
        data = random.Random(seed).randbytes(16 * MIB)
        field = self.import_raw(data)
        mounted = self.mount(field, "--ram", "4MiB")

        def read(number):
            choose = random.Random(seed + number)
            fd = os.open(mounted.point / "field.raw", os.O_RDONLY | os.O_DIRECT)
            buffer = mmap.mmap(-1, 65536)
            for _ in range(60):
                offset = choose.randrange(len(data) // 4096 - 16) * 4096
                os.preadv(fd, [buffer], offset)
                if buffer[:] != data[offset:offset + 65536]:
                    return 1
            return 0
        self.assertEqual(Readers(READERS, read).join(), [0] * READERS)


class Budget(MountCase):
    """R38: requests wait for memory; they neither pass the budget nor fail."""

    def field_of_chunks(self, chunk, count):
        return write_zarr3(self.directory / "f.zarr", chunk * count, chunk,
                           [{"name": "bytes"}, {"name": "gzip", "configuration": {"level": 1}}],
                           {n: gzip.compress(bytes([n % 251]) * chunk, 1) for n in range(count)})

    def test_R38_more_chunks_at_once_than_fit(self):
        chunk, count, budget_mib = 4 * MIB, 64, 16
        mounted = self.mount(self.field_of_chunks(chunk, count), "--ram", f"{budget_mib}MiB")

        def read(number):
            got = pread_all(mounted.point / "field.raw", 1000, number * chunk + 12345)
            return 0 if got == bytes([number % 251]) * 1000 else 1
        self.assertEqual(Readers(count, read).join(), [0] * count)
        if not SANITIZED:
            self.assertLessEqual(mounted.status("VmHWM") // 1024, budget_mib + OVERHEAD_MIB)

    def test_R38_one_chunk_larger_than_the_budget(self):
        mounted = self.mount(self.field_of_chunks(24 * MIB, 1), "--ram", "8MiB")
        self.assert_errno(errno.ENOMEM, lambda: pread_all(mounted.point / "field.raw", 100, 0))


main(__name__)
