"""Writes stores with zarr-python 3, tensorstore and NumPy for interop_test.

Usage: write_stores.py DIRECTORY
Each line of output names one store below DIRECTORY, as "STORE DUMP": DUMP is the array's elements in
C order, little-endian.
"""
import itertools
import json
import pathlib
import sys

import numpy as np
import zarr
from zarr.codecs import (BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec,
                         TransposeCodec, ZstdCodec)

ROOT = pathlib.Path(sys.argv[1])
RNG = np.random.default_rng(7)
SHAPE = (13, 10)
DTYPES = ("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 "
          "complex64 complex128").split()
COMPRESSORS = {
    "none": [],
    "gzip": [GzipCodec(level=1)],
    "zstd": [ZstdCodec(level=1, checksum=True)],
    "blosc": [BloscCodec(cname="lz4", clevel=3, shuffle="bitshuffle")],
    "crc32c": [Crc32cCodec()],
}


def data(dtype, shape=SHAPE):
    bits = RNG.integers(0, 100, size=shape)
    values = bits.astype(dtype)
    return values + (1j * bits).astype(dtype) if dtype.startswith("complex") else values


def report(name, array):
    dump = ROOT / (name.replace("/", "_") + ".dump")
    array = np.ascontiguousarray(array)
    dump.write_bytes(array.astype(array.dtype.newbyteorder("<")).tobytes())
    print(name, dump.name)


def fill(name, array, values):
    """Leaves the last rows unwritten, so that they read as the fill value."""
    array[:9] = values[:9]
    report(name, array[...] if array.ndim else np.asarray(array[()]))


def zarr3(name, dtype, codecs, chunks, fill_value=1):
    values = data(dtype)
    array = zarr.create(store=ROOT / name, shape=SHAPE, dtype=dtype, chunks=chunks, codecs=codecs,
                        fill_value=fill_value, zarr_format=3)
    fill(name, array, values)


def sharding(inner_chunks, codecs, location="end", index_codecs=None):
    return ShardingCodec(chunk_shape=inner_chunks, codecs=codecs, index_location=location,
                         index_codecs=index_codecs or [BytesCodec(), Crc32cCodec()])


def write_zarr3():
    for dtype, (label, compressor) in itertools.product(DTYPES, COMPRESSORS.items()):
        inner = [BytesCodec(endian="big" if label == "none" else "little"), *compressor]
        zarr3(f"v3-{dtype}-{label}", dtype, inner, (4, 3))
        zarr3(f"v3-{dtype}-{label}-sharded", dtype, [sharding((2, 3), inner)], (4, 6))
    little = BytesCodec()
    start = sharding((2, 3), [little], "start", [BytesCodec(endian="big")])
    zarr3("v3-start-big-index", "int32", [start], (4, 6))
    nested = sharding((4, 6), [sharding((2, 3), [little, GzipCodec()], "start")])
    zarr3("v3-nested", "float32", [nested], (8, 6))
    transposed = sharding((2, 3), [TransposeCodec(order=(1, 0)), little])
    zarr3("v3-inner-transpose", "int16", [transposed], (4, 6))
    zarr3("v3-outer-transpose", "int16",
          [TransposeCodec(order=(1, 0)), sharding((3, 2), [little, ZstdCodec()])], (6, 6))
    zarr3("v3-shard-crc", "int16", [sharding((2, 3), [little]), Crc32cCodec()], (4, 6))
    zarr3("v3-nan", "float32", [little], (4, 3), fill_value=float("nan"))


def write_zarr2():
    import numcodecs
    compressors = {"none": None, "zlib": numcodecs.Zlib(1), "gzip": numcodecs.GZip(1),
                   "zstd": numcodecs.Zstd(1), "lz4": numcodecs.LZ4(),
                   "blosc": numcodecs.Blosc(cname="zstd", shuffle=1)}
    for order, dtype, label in itertools.product("CF", ("<f4", ">i2", "|b1", ">c8"), compressors):
        name = f"v2-{order}-{np.dtype(dtype).name}-{label}"
        array = zarr.create(store=ROOT / name, shape=SHAPE, dtype=np.dtype(dtype), chunks=(4, 3),
                            compressor=compressors[label], order=order, zarr_format=2,
                            fill_value=1, dimension_separator="/" if order == "F" else ".")
        fill(name, array, data(np.dtype(dtype).name))
    filters = [numcodecs.Delta(dtype="<i4"), numcodecs.Shuffle(elementsize=4)]
    array = zarr.create(store=ROOT / "v2-filters", shape=SHAPE, dtype="<i4", chunks=(4, 3),
                        filters=filters, compressor=numcodecs.Zlib(1), zarr_format=2, fill_value=0)
    fill("v2-filters", array, data("int32"))


def write_elements():
    """Elements stored as other types: numcodecs' codecs everywhere, the new ones where zarr has them."""
    import numcodecs
    from zarr.codecs import numcodecs as v3
    quantise = dict(scale=2, offset=-20, dtype="float64", astype="uint8")
    values = data("float64") / 2
    for label, codecs in (("flat", [BytesCodec()]), ("zstd", [BytesCodec(), ZstdCodec()])):
        inner = [v3.FixedScaleOffset(**quantise), *codecs]
        for kind, chain in (("plain", inner), ("sharded", [sharding((2, 3), inner)])):
            name = f"v3-fixedscaleoffset-{label}-{kind}"
            array = zarr.create(store=ROOT / name, shape=SHAPE, dtype="float64", chunks=(4, 6), codecs=chain,
                                fill_value=1, zarr_format=3)
            fill(name, array, values)
    for order, dtype, stored in itertools.product("CF", ("<f8", ">f4"), ("|i1", ">i2", "<i4")):
        name = f"v2-elements-{order}-{dtype[1:]}-{stored[1:]}"
        filters = [numcodecs.FixedScaleOffset(scale=2, offset=1, dtype=dtype, astype=">i4"),
                   numcodecs.AsType(encode_dtype=stored, decode_dtype=">i4")]
        array = zarr.create(store=ROOT / name, shape=SHAPE, dtype=np.dtype(dtype), chunks=(4, 3),
                            filters=filters, compressor=numcodecs.Zlib(1) if order == "F" else None,
                            order=order, zarr_format=2, fill_value=1)
        fill(name, array, np.clip(data("float64") - 50, -60, 60))
    if hasattr(zarr.codecs, "CastValue"):
        write_cast_values()


def write_cast_values():
    from zarr.codecs import CastValue, ScaleOffset
    steps = [ScaleOffset(offset=-1.0, scale=2.0),
             CastValue(data_type="uint8", rounding="towards-zero", out_of_range="clamp",
                       scalar_map={"encode": [("NaN", 255)], "decode": [(255, "NaN")]})]
    little = BytesCodec()
    values = data("float32") + np.float32(0.3)
    values[3, 4] = np.nan
    for label, chain in (("flat", [*steps, little]), ("gzip", [*steps, little, GzipCodec()]),
                         ("sharded", [sharding((2, 3), [*steps, little])]),
                         ("above-shard", [*steps, sharding((2, 3), [little, ZstdCodec()])]),
                         ("transposed", [TransposeCodec(order=(1, 0)), *steps, little])):
        name = f"v3-cast-{label}"
        shape = (6, 6) if label != "transposed" else (4, 3)
        array = zarr.create(store=ROOT / name, shape=SHAPE, dtype="float32", chunks=shape, codecs=chain,
                            fill_value=float("nan"), zarr_format=3)
        fill(name, array, values)


def write_tensorstore():
    import tensorstore as ts
    for dtype in ("float32", "bfloat16", "uint64", "float8_e4m3fn", "float8_e5m2"):
        name = f"ts-{dtype}"
        store = ts.open({
            "driver": "zarr3", "kvstore": {"driver": "file", "path": str(ROOT / name)},
            "create": True, "dtype": dtype, "schema": {"domain": {"shape": SHAPE}},
            "metadata": {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8, 6]}},
                         "codecs": [{"name": "sharding_indexed", "configuration": {
                             "chunk_shape": [2, 3], "codecs": [{"name": "bytes"}, {"name": "zstd"}]}}]},
        }).result()
        values = RNG.integers(0, 100, size=SHAPE).astype(store.dtype.numpy_dtype)
        store[:9] = values[:9]
        whole = store.read().result()
        raw = {"bfloat16": "u2", "float8_e4m3fn": "u1", "float8_e5m2": "u1"}.get(dtype)
        report(name, whole.view(raw) if raw else whole)


def write_numpy():
    for label, values in (("c", data("float32")), ("f", np.asfortranarray(data("int64"))),
                          ("big", data("int16").astype(">i2")), ("scalar", np.float64(3))):
        np.save(ROOT / f"np-{label}.npy", values)
        report(f"np-{label}.npy", np.asarray(values))
    values = data("float32")
    (ROOT / "raw.bin").write_bytes(b"header" + values.astype(">f4").tobytes(order="F"))
    (ROOT / "raw.bin.json").write_text(json.dumps(
        {"shape": SHAPE, "dtype": "float32", "order": "F", "byte_order": "big", "offset": 6}))
    report("raw.bin", values)


write_zarr3()
write_zarr2()
write_elements()
write_numpy()
write_tensorstore()
