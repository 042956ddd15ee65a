"""What the writers' own element-wise codecs make of elements, one JSON object a line.

Usage: element_interop.py > cases. Members of a case: codecs (as in metadata), dtype (of the array),
input (elements), encoded and decoded (what the writer makes of the input, and of that); all in
hexadecimal. "encoded" is null where the writer refuses to encode the input.
Needs numcodecs and ml_dtypes; cast_value_rs and zarr 3.2 or newer where they can be imported.
"""

import itertools
import json
import warnings

import ml_dtypes
import numcodecs
import numpy as np

try:
    from cast_value_rs import cast_array
    from zarr.codecs import ScaleOffset
    from zarr.core.array_spec import ArrayConfig, ArraySpec
    from zarr.core.buffer import default_buffer_prototype
    from zarr.core.dtype import get_data_type_from_json
except ImportError:
    cast_array = None

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]
ROUNDINGS = ["nearest-even", "towards-zero", "towards-positive", "towards-negative",
             "nearest-away"]
RNG = np.random.default_rng(11)
BYTES = {"name": "bytes", "configuration": {"endian": "little"}}


def edges(dtype):
    """Values where conversions go wrong: ends of the integer types, halves, powers of two."""
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        near = [v + d for bits in (0, 7, 8, 11, 15, 16, 24, 31, 32, 53, 63, 64)
                for v in (1 << bits, -(1 << bits)) for d in (-1, 0, 1)]
        near += [65504, 65519, 65520, 65535, info.min, info.max]
        return np.array([v for v in near if info.min <= v <= info.max], dtype)
    powers = np.array([2.0**e for e in range(-24, 17)] + [2.0**e for e in (23, 24, 31, 32, 53, 63, 64)])
    values = np.concatenate([powers, powers * 1.5, powers + 0.5, powers - 0.5, powers * (1 + 2**-11),
                             powers * (1 + 2**-24), [0.0, 65504, 65519, 65520, 3.4028235e38, 1e-40,
                             3.4028235677973366e38, 1e39, 1e-46, 5e-324, 1e300]])
    with np.errstate(all="ignore"):
        cast = np.concatenate([values, -values]).astype(dtype)
    return cast[np.isfinite(cast)]


def sample(dtype, count=64):
    """Edges, and finite values of random bits."""
    size = np.dtype(dtype).itemsize
    bits = np.frombuffer(RNG.bytes(size * count), dtype)
    bits = bits[np.isfinite(bits)]
    near = RNG.integers(-300, 300, count)
    near = (near if np.dtype(dtype).kind != "u" else np.abs(near)).astype(dtype)
    if np.dtype(dtype).kind == "f":
        near = (near / np.float64(7)).astype(dtype)
    return np.concatenate([edges(dtype), bits, near])


def emit(codecs, array, encoded, decoded):
    text = lambda a: None if a is None else np.ascontiguousarray(a).tobytes().hex()
    print(json.dumps({"codecs": [*codecs, BYTES], "dtype": array.dtype.name, "input": text(array),
                      "encoded": text(encoded), "decoded": text(decoded)}))


def cast_or_none(array, target, **rules):
    try:
        return cast_array(array, target_dtype=np.dtype(target), **rules)
    except ValueError:
        return None


def cast_case(source, target, rounding, out_of_range, values):
    configuration = {"data_type": target, "rounding": rounding}
    if out_of_range:
        configuration["out_of_range"] = out_of_range
    rules = {"rounding_mode": rounding, "out_of_range_mode": out_of_range}
    encoded = cast_or_none(values, target, **rules)
    decoded = None if encoded is None else cast_or_none(encoded, source, **rules)
    emit([{"name": "cast_value", "configuration": configuration}], values, encoded, decoded)


def cast_values():
    for source, target, rounding in itertools.product(INTEGERS + FLOATS, INTEGERS + FLOATS, ROUNDINGS):
        values = sample(source)
        cast_case(source, target, rounding, "clamp", values)
        if target in INTEGERS:
            cast_case(source, target, rounding, "wrap", values)
        for one in values[::9]:  # each alone: refused, or a value of the target
            cast_case(source, target, rounding, None, np.array([one], source))
    for value in (np.nan, np.inf, -np.inf, -0.0):
        for source, target in itertools.product(FLOATS, INTEGERS + FLOATS):
            cast_case(source, target, "nearest-even", "clamp", np.array([value], source))


def scalar_maps():
    values = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 2.5, 300.0], "float32")
    encode = [["NaN", 7], ["Infinity", 254], ["-Infinity", 1], [0.0, 9], [300.0, 3]]
    decode = [[7, "NaN"], [254, "Infinity"], [1, "-Infinity"]]
    number = lambda v: float(v)
    to = {number(a): b for a, b in encode}
    back = {a: number(b) for a, b in decode}
    encoded = cast_array(values, target_dtype=np.dtype("uint8"), rounding_mode="nearest-even",
                         out_of_range_mode=None, scalar_map_entries=to)
    decoded = cast_array(encoded, target_dtype=np.dtype("float32"), rounding_mode="nearest-even",
                         out_of_range_mode=None, scalar_map_entries=back)
    configuration = {"data_type": "uint8", "scalar_map": {"encode": encode, "decode": decode}}
    emit([{"name": "cast_value", "configuration": configuration}], values, encoded, decoded)


def scale_offset(dtype, scale, offset, values):
    codec = ScaleOffset(scale=scale, offset=offset)
    buffers = default_buffer_prototype().nd_buffer
    spec = ArraySpec(shape=values.shape, dtype=get_data_type_from_json(dtype, zarr_format=3), fill_value=0,
                     config=ArrayConfig.from_dict({}), prototype=default_buffer_prototype())
    try:
        encoded = codec._encode_sync(buffers.from_ndarray_like(values), spec)
        decoded = codec._decode_sync(encoded, spec).as_ndarray_like()
        encoded = encoded.as_ndarray_like()
    except ValueError:
        encoded = decoded = None
    emit([{"name": "scale_offset", "configuration": {"scale": scale, "offset": offset}}], values,
         encoded, decoded)


def scale_offsets():
    with np.errstate(all="ignore"):
        for dtype in FLOATS:
            for scale, offset in ((0.1, 5), (3, -0.3), (1e-5, 1000), (-7.25, 0.1)):
                scale_offset(dtype, scale, offset, sample(dtype))
        for dtype in INTEGERS:
            for scale, offset in ((1, 5), (3, 0), (2, 1), (1, 0), (100, 3)):
                scale_offset(dtype, scale, offset, np.arange(100, dtype=dtype))


def numcodec(array, name, codec):
    encoded = codec.encode(array)
    configuration = codec.get_config()
    configuration.pop("id")
    emit([{"name": name, "configuration": configuration}], array, encoded, codec.decode(encoded))


def numcodecs_filters():
    floats = np.concatenate([np.linspace(-60, 60, 97), [0.0, -0.0, 0.5, 1.5, 1e-9]])
    for dtype, astype in itertools.product(FLOATS, ("int8", "int16", "int32", "int64", "float32", "float64")):
        for scale, offset in ((2, 1), (1.5, -0.25), (0.1, 3.3), (-2, 0)):
            codec = numcodecs.FixedScaleOffset(offset=offset, scale=scale, dtype=dtype, astype=astype)
            numcodec(floats.astype(dtype), "fixedscaleoffset", codec)
            numcodec(floats.astype(dtype), "numcodecs.fixedscaleoffset", codec)
    for dtype, astype in itertools.product(("int16", "uint16", "int32"), ("uint8", "int32")):
        codec = numcodecs.FixedScaleOffset(offset=1000, scale=1, dtype=dtype, astype=astype)
        numcodec(np.arange(1000, 1200, dtype=dtype), "fixedscaleoffset", codec)
    integers = [np.dtype(t) for t in INTEGERS]
    for encode, decode in itertools.product(integers, integers):
        numcodec(sample(decode), "astype", numcodecs.AsType(encode, decode))
    for encode, decode in itertools.product(integers + [np.dtype(t) for t in FLOATS], FLOATS):
        values = np.arange(120).astype(decode) if encode.kind in "iu" else sample(decode)
        with np.errstate(all="ignore"):
            numcodec(values, "numcodecs.astype", numcodecs.AsType(encode, np.dtype(decode)))


def narrow_floats():
    """Types that zarr-python does not have: ml_dtypes says what a cast gives."""
    rules = {"rounding": "nearest-even", "out_of_range": "clamp"}
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        dtype = np.dtype(getattr(ml_dtypes, name))
        every = np.arange(1 << 8 * dtype.itemsize, dtype=f"u{dtype.itemsize}").view(dtype)
        values = np.concatenate([sample("float32"), every.astype("float32")])
        if name == "float8_e4m3fn":  # without infinity: ml_dtypes gives NaN, the codec the end
            values = values[np.abs(values) <= 448]
        encoded = values.astype(dtype)
        emit([{"name": "cast_value", "configuration": {"data_type": name, **rules}}], values, encoded,
             encoded.astype("float32"))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    numcodecs_filters()
    narrow_floats()
    if cast_array:
        cast_values()
        scalar_maps()
        scale_offsets()
