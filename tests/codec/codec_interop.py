"""Chunks from real writers, and a check that the same writers read ours.

write DIR: for each case a folder with codecs.json (codecs, shape, dtype), encoded (one chunk) and raw
           (the elements in C order, little-endian).
check DIR: each folder where the test left a file `ours` must decode, in the writer, to `raw`.
"""

import json
import pathlib
import shutil
import sys
import warnings

import ml_dtypes  # noqa: F401  (bfloat16, float8 in tensorstore)
import numcodecs
import numpy as np
import tensorstore
import zarr

SHAPE = (5, 7, 6)
NUMPY_TYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
               "float16", "float32", "float64", "complex64", "complex128"]
BLOSC = ["blosclz", "lz4", "lz4hc", "zlib", "zstd"]  # numcodecs has no snappy


def sample(dtype):
    values = np.arange(np.prod(SHAPE)).reshape(SHAPE) % 119
    if dtype.startswith("complex"):
        return (values + 1j * (values % 7)).astype(dtype)
    return (values % 2 == 0) if dtype == "bool" else values.astype(dtype)


def v3(name, **configuration):
    return {"name": name, "configuration": configuration}


def chains(item, blosc):
    for endian in ("little", "big"):
        yield [v3("bytes", endian=endian)]
    little = v3("bytes", endian="little")
    yield [little, {"name": "crc32c"}]
    yield [little, v3("gzip", level=1)]
    yield [little, v3("gzip", level=9), {"name": "crc32c"}]
    yield [little, v3("zstd", level=0, checksum=False)]
    yield [v3("bytes", endian="big"), v3("zstd", level=5, checksum=True)]
    yield [v3("transpose", order=[2, 0, 1]), little, v3("zstd", level=1, checksum=False)]
    yield [v3("transpose", order=[2, 0, 1]), v3("transpose", order=[1, 0, 2]), little]
    yield [little, v3("gzip", level=1), v3("zstd", level=0, checksum=False)]
    for cname in blosc:
        for shuffle in ("noshuffle", "shuffle", "bitshuffle"):
            yield [little, v3("blosc", cname=cname, clevel=5, shuffle=shuffle, typesize=item,
                              blocksize=0)]


def aliases(item):
    little = v3("bytes", endian="little")
    yield [little, v3("numcodecs.zlib", level=1)]
    yield [little, v3("numcodecs.gzip", level=1)]
    yield [little, v3("numcodecs.lz4", acceleration=1)]
    yield [little, v3("numcodecs.zstd", level=1)]
    yield [little, v3("numcodecs.crc32c")]
    yield [little, v3("numcodecs.blosc", cname="zstd", clevel=3, shuffle=2, blocksize=0)]
    yield [little, v3("numcodecs.shuffle", elementsize=item), v3("numcodecs.zlib", level=1)]


def zarr_array(folder, codecs, dtype, mode):
    """One chunk by zarr-python, from metadata written by hand: every codec list is possible."""
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"zarr_format": 3, "node_type": "array", "shape": list(SHAPE), "data_type": dtype,
                "chunk_grid": v3("regular", chunk_shape=list(SHAPE)),
                "chunk_key_encoding": v3("default", separator="/"), "codecs": codecs,
                "fill_value": [0, 0] if dtype.startswith("complex") else dtype == "bool" and False,
                "attributes": {}}
    (folder / "zarr.json").write_text(json.dumps(metadata))
    return zarr.open_array(folder, mode=mode)


def tensorstore_array(folder, codecs, dtype, create):
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{folder}/"},
            "metadata": {"shape": list(SHAPE), "data_type": dtype, "codecs": codecs,
                         "chunk_grid": v3("regular", chunk_shape=list(SHAPE))}}
    return tensorstore.open(spec, create=create, open=True).result()


def filters(dtype):
    """Zarr v2: (codec list for us, numcodecs objects in encode order)."""
    item = np.dtype(dtype).itemsize
    typestr = np.dtype(dtype).str
    for codec in ([numcodecs.Zlib(1)], [numcodecs.GZip(5)], [numcodecs.LZ4()], [numcodecs.Zstd(1)],
                  [numcodecs.Blosc("lz4", 5, numcodecs.Blosc.AUTOSHUFFLE)],
                  [numcodecs.Shuffle(item), numcodecs.Zlib(6)]):
        yield codec
    if np.dtype(dtype).kind in "iu" or typestr in ("<f4", "<f8"):
        yield [numcodecs.Delta(typestr)]
        yield [numcodecs.Delta(typestr), numcodecs.Shuffle(item), numcodecs.LZ4()]


def save(folder, codecs, dtype, encoded, raw):
    (folder / "codecs.json").write_text(json.dumps(
        {"codecs": codecs, "shape": list(SHAPE), "dtype": dtype}))
    (folder / "encoded").write_bytes(encoded)
    (folder / "raw").write_bytes(raw)


def write(root):
    for dtype in NUMPY_TYPES:
        data = sample(dtype)
        item = data.dtype.itemsize
        for i, codecs in enumerate([*chains(item, BLOSC), *aliases(item)]):
            folder = root / f"zarr_{dtype}_{i}"
            zarr_array(folder, codecs, dtype, "r+")[:] = data
            save(folder, codecs, dtype, (folder / "c/0/0/0").read_bytes(), data.tobytes())
        for i, steps in enumerate(filters(dtype)):
            folder = root / f"numcodecs_{dtype}_{i}"
            folder.mkdir(parents=True)
            encoded = data
            for step in steps:
                encoded = step.encode(encoded)
            codecs = [v3("bytes", endian="little")]
            for step in steps:
                configuration = step.get_config()
                codecs.append(v3(configuration.pop("id"), **configuration))
            save(folder, codecs, dtype, bytes(encoded), data.tobytes())
    for dtype in NUMPY_TYPES + ["bfloat16", "float8_e4m3fn", "float8_e5m2"]:
        data = sample(dtype)
        for i, codecs in enumerate(chains(data.dtype.itemsize, [*BLOSC, "snappy"])):
            folder = root / f"tensorstore_{dtype}_{i}"
            tensorstore_array(folder, codecs, dtype, True).write(data).result()
            save(folder, codecs, dtype, (folder / "c/0/0/0").read_bytes(), data.tobytes())


def decoded_by_writer(folder, case):
    ours = (folder / "ours").read_bytes()
    writer = folder.name.split("_")[0]
    if writer == "numcodecs":
        steps = [numcodecs.get_codec({"id": c["name"], **c["configuration"]})
                 for c in case["codecs"][1:]]
        for step in reversed(steps):
            ours = step.decode(ours)
        return np.asarray(ours).tobytes() if not isinstance(ours, bytes) else ours
    (folder / "c/0/0/0").write_bytes(ours)
    if writer == "zarr":
        return zarr_array(folder, case["codecs"], case["dtype"], "r")[:].tobytes()
    return tensorstore_array(folder, case["codecs"], case["dtype"], False).read().result().tobytes()


def check(root):
    failed = 0
    for folder in sorted(root.iterdir()):
        case = json.loads((folder / "codecs.json").read_text())
        if decoded_by_writer(folder, case) != (folder / "raw").read_bytes():
            print(f"{folder.name}: the writer reads other elements from our chunk: {case}")
            failed += 1
    return failed


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    root = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "write":
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        write(root)
    else:
        sys.exit(1 if check(root) else 0)
