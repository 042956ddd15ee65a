"""Compares a mounted field with the NumPy array that it must be, through every kind of file."""

import contextlib
import json

import numpy as np


def open_array(path, dtype=None):
    """numpy.load; bfloat16 and float8 come as raw bytes, which NumPy names V2 and V1."""
    loaded = np.load(path)
    return loaded.view(dtype) if dtype is not None and loaded.dtype.kind == "V" else loaded


def same(got, expected):
    """Equal bit by bit: NaNs and signs of zero count."""
    expected = np.asarray(expected)
    little = expected.astype(expected.dtype.newbyteorder("<"))
    return got.shape == expected.shape and got.tobytes() == little.tobytes()


def random_key(choose, shape):
    """A basic index as a tuple and as the text of a region."""
    key, words = [], []
    for n in shape:
        kind = choose.random()
        if kind < 0.3 and n > 0:
            i = choose.randrange(-n, n)
            key.append(i)
            words.append(str(i))
            continue
        start, stop, step = (choose.choice((None, choose.randint(-n - 2, n + 2))) for _ in range(3))
        step = step or None
        key.append(slice(start, stop, step))
        text = f"{'' if start is None else start}:{'' if stop is None else stop}"
        words.append(text if step is None else f"{text}:{step}")
    return tuple(key), ",".join(words) if words else "..."


def compare_field(case, directory, expected, choose, label):
    """`case` is a unittest.TestCase; `directory` the field's directory in the mount."""
    expected = np.asarray(expected)
    with case.subTest(label):
        document = json.loads((directory / ".neurofs" / "field.json").read_text())
        case.assertEqual(document["shape"], list(expected.shape))
        case.assertTrue(same(open_array(directory / "field.npy"), expected), "field.npy")
        raw = (directory / "field.raw").read_bytes()
        case.assertTrue(same(np.frombuffer(raw, np.uint8), np.frombuffer(
            expected.astype(expected.dtype.newbyteorder("<")).tobytes(), np.uint8)), "field.raw")
        if expected.size:
            mapped = np.load(directory / "field.npy", mmap_mode="r")
            case.assertTrue(same(mapped, expected), "numpy.load(mmap_mode='r')")
        for _ in range(6):
            key, text = random_key(choose, expected.shape)
            got = open_array(directory / "regions" / f"{text}.npy")
            case.assertTrue(same(got, expected[key]), f"regions/{text}.npy")
        compare_neurons(case, directory, expected, choose)


def compare_neurons(case, directory, expected, choose):
    if expected.ndim == 0:
        case.assertFalse((directory / "neurons").exists(), "a rank-0 field has no neurons/")
        return
    axes = expected.shape[:-1] if expected.ndim > 1 else expected.shape
    if 0 in axes:
        return
    for _ in range(4):
        index = tuple(choose.randrange(n) for n in axes)
        name = ",".join(map(str, index))
        got = open_array(directory / "neurons" / f"{name}.npy")
        case.assertTrue(same(got, expected[index]), f"neurons/{name}.npy")


def random_array(choose, shape, dtype):
    """Random bits, so NaNs too; half of the elements repeat, so that compressors work."""
    rng = np.random.default_rng(choose.randrange(1 << 32))
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(dtype)
    bits = rng.integers(0, 256, count * dtype.itemsize, np.uint8)
    bits[: bits.size // 2] = bits[0] if bits.size else 0
    return np.frombuffer(bits.tobytes(), dtype).reshape(shape)


@contextlib.contextmanager
def quiet():
    """zarr warns about data types that are not in the core specification."""
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
