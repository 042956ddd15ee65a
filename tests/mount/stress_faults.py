"""Bad chunks read through a mount: EIO, never wrong bytes, nothing cached (RELIABILITY R6-R13)."""

import errno
import os
import random
import struct
import zlib

from stress_support import (SANITIZED, MountCase, main, pread_all, seed_of_run, with_crc32c, write_zarr3)

CHUNK = 65536
COUNT = 4
RAW = [{"name": "bytes"}]
CRC = [{"name": "bytes"}, {"name": "crc32c"}]
INDEX = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
GZIP = [{"name": "bytes"}, {"name": "gzip", "configuration": {"level": 1}}]
BLOSC = [{"name": "bytes"},
         {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 1, "shuffle": "noshuffle",
                                             "typesize": 1, "blocksize": 0}}]


def gzip_of(data):
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


class BadChunks(MountCase):
    def setUp(self):
        super().setUp()
        choose = random.Random(seed_of_run())
        self.plain = [choose.randbytes(CHUNK) for _ in range(COUNT)]

    def start(self, codecs, encode, bad):
        """Mounts a field whose chunk 1 has the bytes `bad(good)`; None removes it."""
        chunks = {n: encode(data) for n, data in enumerate(self.plain)}
        self.good = chunks[1]
        chunks[1] = bad(self.good)
        if chunks[1] is None:
            del chunks[1]
        self.field = write_zarr3(self.directory / "f.zarr", CHUNK * COUNT, CHUNK, codecs, chunks, fill=7)
        self.mounted = self.mount(self.field, "--ram", "16MiB")
        self.file = self.mounted.point / "field.raw"

    def read_chunk(self, number):
        return pread_all(self.file, CHUNK, number * CHUNK)

    def repair(self):
        """As writers do it: a new object under the old name."""
        new = self.field / "c" / "new"
        new.write_bytes(self.good)
        os.replace(new, self.field / "c" / "1")

    def check(self, codecs, encode, bad, repaired=True):
        self.start(codecs, encode, bad)
        self.assert_errno(errno.EIO, lambda: self.read_chunk(1))
        self.assertEqual(self.read_chunk(0), self.plain[0])
        self.assertEqual(self.read_chunk(2), self.plain[2])
        # A read that touches the bad chunk anywhere fails whole: it is never cut short.
        self.assert_errno(errno.EIO, lambda: pread_all(self.file, CHUNK, CHUNK + 100))
        self.assertIsNone(self.mounted.daemon.poll())
        self.assertIn("c/1", self.mounted.output())
        if repaired:
            self.repair()
            self.assertEqual(self.read_chunk(1), self.plain[1])

    def test_R6_truncated_by_one_byte(self):
        self.check(RAW, bytes, lambda good: good[:-1])

    def test_R6_truncated_in_half_compressed(self):
        self.check(GZIP, gzip_of, lambda good: good[:len(good) // 2])

    def test_R6_empty_object(self):
        self.check(RAW, bytes, lambda good: b"")

    def test_R6_one_byte_too_long_compressed(self):
        self.check(CRC, with_crc32c, lambda good: good + b"x")

    def test_R7_flipped_bit_under_crc32c(self):
        self.check(CRC, with_crc32c, lambda good: good[:999] + bytes([good[999] ^ 4]) + good[1000:])

    def test_R7_flipped_bit_in_gzip(self):
        self.check(GZIP, gzip_of, lambda good: good[:999] + bytes([good[999] ^ 4]) + good[1000:])

    def test_R8_blosc_shorter_than_its_header(self):
        def blosc_uncompressed(data):  # the "memcpyed" container, no library needed
            return struct.pack("<BBBBIII", 2, 1, 0x02, 1, len(data), len(data), len(data) + 16) + data
        self.check(BLOSC, blosc_uncompressed, lambda good: good[:5])

    def test_R8_blosc_header_lies_about_its_size(self):
        def blosc_uncompressed(data):
            return struct.pack("<BBBBIII", 2, 1, 0x02, 1, len(data), len(data), len(data) + 16) + data
        self.check(BLOSC, blosc_uncompressed,
                   lambda good: good[:4] + struct.pack("<I", 2**31 - 1) + good[8:])

    def test_R8_decodes_to_the_wrong_size(self):
        self.check(GZIP, gzip_of, lambda good: gzip_of(b"short"))

    def test_R9_bomb(self):
        self.check(GZIP, gzip_of, lambda good: gzip_of(bytes(256 << 20)))
        if not SANITIZED:
            self.assertLess(self.mounted.status("VmHWM") // 1024, 200)

    def test_R13_missing_chunk_is_the_fill_value(self):
        self.start(RAW, bytes, lambda good: None)
        self.assertEqual(self.read_chunk(1), bytes([7]) * CHUNK)
        self.assertEqual(self.read_chunk(2), self.plain[2])

    def test_S5_chunk_that_is_a_link_out_of_the_store(self):
        self.start(RAW, bytes, lambda good: None)
        secret = self.directory / "secret"
        secret.write_bytes(b"s" * CHUNK)
        (self.field / "c" / "1").symlink_to(secret)
        self.assert_errno(errno.EIO, lambda: self.read_chunk(1))

    def test_S5_chunk_that_is_a_fifo(self):
        self.start(RAW, bytes, lambda good: None)
        os.mkfifo(self.field / "c" / "1")
        self.assert_errno(errno.EIO, lambda: self.read_chunk(1))


class BadShardIndex(MountCase):
    """R10: one shard of four raw chunks with its index at the end."""

    def start(self, change):
        self.plain = [bytes([n + 1]) * CHUNK for n in range(COUNT)]
        entries = [[n * CHUNK, CHUNK] for n in range(COUNT)]
        change(entries)
        index = b"".join(struct.pack("<QQ", *entry) for entry in entries)
        codecs = [{"name": "sharding_indexed", "configuration": {
            "chunk_shape": [CHUNK], "codecs": RAW, "index_codecs": INDEX, "index_location": "end"}}]
        self.shard = b"".join(self.plain) + with_crc32c(index)
        self.field = write_zarr3(self.directory / "f.zarr", CHUNK * COUNT, CHUNK * COUNT, codecs,
                                 {0: self.shard})

    def check(self, change, number=errno.EIO):
        self.start(change)
        file = self.mount(self.field, "--ram", "16MiB").point / "field.raw"
        self.assert_errno(number, lambda: pread_all(file, CHUNK, CHUNK))
        self.assertEqual(pread_all(file, CHUNK, 2 * CHUNK), self.plain[2])

    def test_R10_beyond_the_file(self):
        self.check(lambda entries: entries.__setitem__(1, [10 * CHUNK, CHUNK]))

    def test_R10_sum_overflows(self):
        self.check(lambda entries: entries.__setitem__(1, [2**64 - 100, CHUNK]))

    def test_R10_half_missing(self):
        self.check(lambda entries: entries.__setitem__(1, [2**64 - 1, CHUNK]))

    def test_R10_no_bytes(self):
        self.check(lambda entries: entries.__setitem__(1, [0, 0]))

    def test_R10_huge(self):
        self.check(lambda entries: entries.__setitem__(1, [0, 2**40]))

    def test_R10_missing_inner_chunk_is_the_fill_value(self):
        self.start(lambda entries: entries.__setitem__(1, [2**64 - 1, 2**64 - 1]))
        file = self.mount(self.field, "--ram", "16MiB").point / "field.raw"
        self.assertEqual(pread_all(file, CHUNK, CHUNK), bytes(CHUNK))

    def test_R10_index_checksum(self):
        self.start(lambda entries: None)
        (self.field / "c" / "0").write_bytes(self.shard[:-1] + bytes([self.shard[-1] ^ 1]))
        file = self.mount(self.field, "--ram", "16MiB").point / "field.raw"
        for number in range(COUNT):
            self.assert_errno(errno.EIO, lambda: pread_all(file, CHUNK, number * CHUNK))

    def test_R10_shard_shorter_than_its_index(self):
        self.start(lambda entries: None)
        (self.field / "c" / "0").write_bytes(b"xyz")
        file = self.mount(self.field, "--ram", "16MiB").point / "field.raw"
        self.assert_errno(errno.EIO, lambda: pread_all(file, CHUNK, 0))


main(__name__)
