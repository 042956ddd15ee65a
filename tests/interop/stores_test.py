"""Stores of zarr-python and tensorstore, mounted and compared in NumPy (RELIABILITY R4, R5, R11, R12).

Every codec x data type x sharding; Zarr v2 and v3; C and F order; both byte orders; indexes at start
and end, nested shards; edge chunks, missing chunks, fill values, groups.
"""

import itertools
import random

import ml_dtypes
import numpy as np
import tensorstore as ts
import zarr
import zarr.codecs as zc
from numcodecs import LZ4, Blosc, Delta, GZip, Shuffle, Zlib, Zstd

from compare import compare_field, quiet, random_array
from stress_support import MountCase, main, seed_of_run

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float16", "float32", "float64", "complex64", "complex128"]
BLOSC_NAMES = ["lz4", "lz4hc", "blosclz", "zstd", "zlib"]
SHAPE, CHUNKS, SHARDS = (23, 10, 7), (4, 5, 3), (12, 10, 6)


def fill_of(dtype, choose):
    kind = np.dtype(dtype).kind
    if kind == "f":
        return choose.choice([0.0, 1.5, float("nan"), float("inf"), float("-inf"), -0.0])
    if kind == "c":
        return choose.choice([0j, 1 - 2j])
    return choose.choice([0, 1])


class Stores(MountCase):
    def setUp(self):
        super().setUp()
        self.choose = random.Random(seed_of_run())
        self.expected = {}

    def check_group(self, root):
        """Mounts the group and compares every array in it."""
        mounted = self.mount(root, "--ram", "16MiB")
        self.assertGreater(len(self.expected), 0)
        for name, array in self.expected.items():
            compare_field(self, mounted.point / name, array, self.choose, name)

    # --- zarr-python

    def add_zarr(self, group, name, dtype, shape=SHAPE, part=False, **options):
        fill = options.pop("fill_value", fill_of(dtype, self.choose))
        data = random_array(self.choose, shape, dtype)
        with quiet():
            array = group.create_array(name, shape=shape, dtype=dtype, fill_value=fill, **options)
            if part:  # a corner only: most chunks stay missing
                corner = tuple(slice(0, (n + 1) // 3) for n in shape)
                array[corner] = data[corner]
                whole = np.full(shape, fill, dtype)
                whole[corner] = data[corner]
                data = whole
            elif data.size:
                array[...] = data
            # Equal but for the bits of NaNs: zarr-python leaves out a chunk that equals the fill
            # value, and to it one NaN equals another. What it reads is what must be read.
            stored = np.asarray(array[...])
        np.testing.assert_array_equal(stored, data)
        data = stored
        self.expected[f"{group.path}/{name}".lstrip("/")] = data

    def version3_codecs(self):
        yield "none", dict(compressors=None)
        yield "gzip", dict(compressors=zc.GzipCodec(level=1))
        yield "zstd", dict(compressors=zc.ZstdCodec(level=1, checksum=False))
        yield "zstdsum", dict(compressors=zc.ZstdCodec(level=1, checksum=True))
        yield "crc32c", dict(compressors=zc.Crc32cCodec())
        yield "zstdcrc", dict(compressors=[zc.ZstdCodec(level=1), zc.Crc32cCodec()])
        yield "big", dict(compressors=None, serializer=zc.BytesCodec(endian="big"))
        yield "transpose", dict(compressors=zc.ZstdCodec(level=1),
                                filters=zc.TransposeCodec(order=(2, 0, 1)))
        for number, cname in enumerate(BLOSC_NAMES):
            shuffle = ["shuffle", "bitshuffle", "noshuffle"][number % 3]
            yield f"blosc{cname}", dict(compressors=zc.BloscCodec(cname=cname, clevel=2, shuffle=shuffle))

    def test_R11_zarr_python_v3_every_codec_dtype_sharding(self):
        root = zarr.open_group(self.directory / "g", mode="w", zarr_format=3)
        cases = itertools.product(self.version3_codecs(), DTYPES, (None, SHARDS))
        for number, ((codec, options), dtype, shards) in enumerate(cases):
            if dtype in ("bool", "int8", "uint8") and codec == "big":
                continue
            name = f"{codec}-{dtype}-{'sharded' if shards else 'plain'}"
            self.add_zarr(root, name, dtype, chunks=CHUNKS, shards=shards, part=number % 3 == 0, **options)
        self.check_group(self.directory / "g")

    def test_R12_zarr_python_v3_layouts(self):
        root = zarr.open_group(self.directory / "g", mode="w", zarr_format=3)
        below = root.create_group("below").create_group("it")
        self.add_zarr(below, "deep", "float32", chunks=CHUNKS)
        self.add_zarr(root, "rank0", "float64", shape=(), chunks=())
        self.add_zarr(root, "rank1", "int16", shape=(1001,), chunks=(64,), shards=(256,))
        self.add_zarr(root, "rank6", "uint8", shape=(2, 3, 1, 4, 2, 3), chunks=(1, 2, 1, 3, 2, 2))
        self.add_zarr(root, "empty", "float32", shape=(0, 5), chunks=(1, 5))
        self.add_zarr(root, "never-written", "float32", part=True, shape=(1, 40), chunks=(1, 8),
                      fill_value=float("nan"))
        for separator, kind in itertools.product("./", ("default", "v2")):
            label = "dot" if separator == "." else "slash"
            self.add_zarr(root, f"keys-{kind}-{label}", "int32", chunks=CHUNKS,
                          chunk_key_encoding={"name": kind, "separator": separator})
        for place in ("start", "end"):
            codec = zc.ShardingCodec(chunk_shape=CHUNKS, index_location=place)
            self.add_zarr(root, f"index-{place}", "uint16", chunks=SHARDS, serializer=codec,
                          compressors=None)
        inner = zc.ShardingCodec(chunk_shape=(2, 5, 3), codecs=[zc.BytesCodec(), zc.ZstdCodec()],
                                 index_location="start")
        outer = zc.ShardingCodec(chunk_shape=CHUNKS, codecs=[inner])
        self.add_zarr(root, "nested", "float32", chunks=SHARDS, serializer=outer, compressors=None)
        self.check_group(self.directory / "g")

    def version2_codecs(self):
        yield "none", dict(compressors=None)
        yield "zlib", dict(compressors=Zlib(1))
        yield "gzip", dict(compressors=GZip(1))
        yield "zstd", dict(compressors=Zstd(1))
        yield "lz4", dict(compressors=LZ4())
        for number, cname in enumerate(BLOSC_NAMES):
            yield f"blosc{cname}", dict(compressors=Blosc(cname, 2, number % 3))
        yield "shuffle", dict(compressors=Zlib(1), filters=lambda dtype: [Shuffle(dtype.itemsize)])
        yield "delta", dict(compressors=None, filters=lambda dtype: [Delta(dtype)])

    def test_R5_zarr_python_v2_every_codec_dtype_order(self):
        root = zarr.open_group(self.directory / "g", mode="w", zarr_format=2)
        for number, ((codec, options), name, order) in enumerate(
                itertools.product(self.version2_codecs(), DTYPES, "CF")):
            dtype = np.dtype(name)
            if codec == "delta" and dtype.kind not in "iu":
                continue
            if number % 4 == 0 and dtype.itemsize > 1:
                dtype = dtype.newbyteorder(">")
            options = dict(options)
            if "filters" in options:
                options["filters"] = options["filters"](dtype)
            self.add_zarr(root, f"{codec}-{name}-{order}", dtype, chunks=CHUNKS, order=order,
                          part=number % 3 == 0, **options)
        zarr.consolidate_metadata(root.store)
        self.check_group(self.directory / "g")

    # --- tensorstore

    def add_tensorstore(self, root, name, dtype, metadata, driver="zarr3", shape=SHAPE):
        data = random_array(self.choose, shape, dtype)
        store = ts.open({"driver": driver, "kvstore": f"file://{root / name}/", "create": True,
                         "metadata": {"shape": shape, **metadata}}).result()
        store.write(data).result()
        self.expected[name] = data

    def test_R11_tensorstore_v3(self):
        root = self.directory / "g"
        zarr.open_group(root, mode="w", zarr_format=3)
        compressors = {
            "none": [], "gzip": [{"name": "gzip", "configuration": {"level": 1}}],
            "zstd": [{"name": "zstd", "configuration": {"level": 1}}], "crc32c": [{"name": "crc32c"}],
            **{f"blosc{c}": [{"name": "blosc", "configuration": {
                "cname": c, "clevel": 1, "shuffle": s, "typesize": 4, "blocksize": 0}}]
               for c, s in zip(BLOSC_NAMES, ["shuffle", "bitshuffle", "noshuffle"] * 2)}}
        types = {n: np.dtype(n) for n in DTYPES} | {
            n: np.dtype(getattr(ml_dtypes, n)) for n in ("bfloat16", "float8_e4m3fn", "float8_e5m2")}
        for (codec, steps), (name, dtype), place in itertools.product(
                compressors.items(), types.items(), ("plain", "start", "end", "nested")):
            endian = self.choose.choice(("little", "big"))
            codecs = [{"name": "bytes", "configuration": {"endian": endian}}, *steps]
            if self.choose.random() < 0.3:
                codecs.insert(0, {"name": "transpose", "configuration": {"order": [1, 2, 0]}})
            grid = CHUNKS
            if place != "plain":
                location = "end" if place == "nested" else place
                codecs = [self.shard(CHUNKS, codecs, location)]
                grid = SHARDS
            if place == "nested":
                codecs = [self.shard(SHARDS, codecs, "start")]
                grid = (24, 10, 12)
            self.add_tensorstore(root, f"{codec}-{name}-{place}", dtype, {
                "data_type": name, "codecs": codecs,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": grid}}})
        self.check_group(root)

    @staticmethod
    def shard(chunk, codecs, location):
        return {"name": "sharding_indexed", "configuration": {
            "chunk_shape": chunk, "codecs": codecs, "index_location": location,
            "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}},
                             {"name": "crc32c"}]}}

    def test_R5_tensorstore_v2(self):
        root = self.directory / "g"
        zarr.open_group(root, mode="w", zarr_format=2)
        for name, order, separator in itertools.product(("<i2", ">f4", "|u1", "<c8", "|b1"), "CF", "./"):
            dtype = np.dtype(name)
            label = f"{dtype.name}-{order}-{'dot' if separator == '.' else 'slash'}"
            self.add_tensorstore(root, label, dtype.newbyteorder("="), {
                "dtype": name, "chunks": CHUNKS, "order": order, "dimension_separator": separator,
                "compressor": self.choose.choice((None, {"id": "zlib", "level": 1}))}, "zarr")
        self.check_group(root)

    # --- numpy

    def test_npy_files(self):
        for name, version, order in itertools.product(("float32", ">i2", "complex128", "bool"),
                                                      ((1, 0), (2, 0), (3, 0)), "CF"):
            data = np.asarray(random_array(self.choose, (9, 5, 4), name), order=order)
            path = self.directory / "array.npy"
            with open(path, "wb") as out, quiet():
                np.lib.format.write_array(out, data, version)
            with self.subTest(dtype=name, version=version, order=order):
                mounted = self.mount(path, "--ram", "8MiB")
                compare_field(self, mounted.point, data, self.choose, "npy")
                mounted.close()


main(__name__)
