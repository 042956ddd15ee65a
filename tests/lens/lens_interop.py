"""Reference results of lenses by NumPy and ml_dtypes, for lens_interop_test.

lens_interop.py DIR: writes DIR/cases.json, a list of {lens, source, values, want, form}. `values` and
`want` are files of little-endian elements: with form "bits", `want` is what the lens must give (any NaN
for a NaN); with form "near", pairs of float64 whose sum is the exact result to more than 60 bits.
"""

import json
import pathlib
import sys
import warnings

import ml_dtypes
import numpy as np

REAL = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "float8_e5m2"]
COMPLEX = ["complex64", "complex128"]
FLOATS = ["float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "float8_e5m2"]
RANDOM = np.random.default_rng(20240607)
EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 0.5, -0.5, 1, -1, 1.5, 2.5, 127, 127.5, 128, -128, -129, 255,
         256, 448, 464, 465, 480, 32767, 32768, 65504, 65519, 65520, 65535, 65536, 57344, 61439, 61440,
         2.0**31 - 1, 2.0**31, -2.0**31, 2.0**32, 2.0**63, -2.0**63, 2.0**64, 1e30, 3.39e38, 3.4e38,
         2.0**-24, 2.0**-25, 2.0**-14, 2.0**-149, 2.0**-150, 2.0**-126, 2.0**-133, 5e-324, 2.3e-308,
         1.7976931348623157e308, 2.0**-9, 2.0**-10, 2.0**-16, 2.0**-17, 87.3, 88.7, 88.8, -87.4, -103.9, -104,
         709.7, 709.8, -745.1, -745.2, -708.4, -13.9, -14.2, -37.5, -38.6, 9.01, 19.1]


def dtype_of(name):
    return np.dtype(getattr(ml_dtypes, name, None) or name)


def values_of(name):
    """Every value of types up to 16 bits; else edges, random bits and random numbers of common sizes."""
    dtype = dtype_of(name)
    if name == "bool":
        return np.array([False, True])
    if name in COMPLEX:
        part = values_of("float32" if name == "complex64" else "float64")[:12000]
        return (part + 1j * part[::-1]).astype(dtype)
    if dtype.itemsize <= 2:
        return np.arange(1 << (8 * dtype.itemsize)).astype(f"u{dtype.itemsize}").view(dtype)
    bits = RANDOM.integers(0, 1 << 64, 10000, dtype=np.uint64).view(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        small = RANDOM.integers(0, 70000, 2000).astype(dtype)
        return np.concatenate([np.array([info.min, info.max, 0, 1], dtype), small, bits])
    edges = np.array([*EDGES, *(-np.array(EDGES))])
    near = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf),
                           np.nextafter(edges.astype("f4"), np.float32(np.inf))])
    middle = np.concatenate([half_way(t) for t in ("float16", "bfloat16", *FLOATS[-2:])])
    return np.concatenate([near, middle, middle * (1 + 1e-12), RANDOM.normal(0, 3, 15000),
                           RANDOM.uniform(-120, 100, 10000), RANDOM.uniform(-800, 720, 5000),
                           np.exp2(RANDOM.uniform(-60, 8, 10000)) * RANDOM.choice([-1, 1], 10000),
                           bits.astype("f8")]).astype(dtype)


def half_way(name):
    """Numbers half-way between neighbours of a type, where rounding is decided."""
    values = np.sort(values_of(name).astype("f8"))
    values = values[np.isfinite(values)]
    middle = (values[1:] + values[:-1]) / 2
    return middle if len(middle) < 2000 else RANDOM.choice(middle, 2000)


def as_numpy(values):
    """Types that NumPy lacks as float32, which holds them exactly."""
    return values.astype("f4") if values.dtype.name in FLOATS and values.dtype.itemsize <= 2 else values


def cast(values, name):
    """NumPy's astype; saturating where floating point does not fit an integer."""
    dtype = dtype_of(name)
    if values.dtype.kind == "c" and dtype.kind not in "cb":
        values = values.real
    if dtype.kind in "iu" and as_numpy(values).dtype.kind == "f":
        whole = np.trunc(as_numpy(values).astype("g"))
        info = np.iinfo(dtype)
        inside = (whole >= info.min) & (whole <= info.max)
        end = np.where(whole > 0, info.max, np.where(whole < 0, info.min, 0)).astype(dtype)
        return np.where(inside, np.where(inside, whole, 0).astype(dtype), end)
    return values.astype(dtype)


def saturated(values, name):
    dtype = dtype_of(name)
    if values.dtype.kind == "c":
        values = values.real
    if dtype.kind in "iu":
        if values.dtype.kind not in "iu":
            return cast(values, name)
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        low = max(low, np.iinfo(values.dtype).min)
        return np.clip(values, low, min(high, np.iinfo(values.dtype).max)).astype(dtype)
    limit = float(ml_dtypes.finfo(dtype).max)
    values = values.astype("f4") if values.dtype.kind in "iub" else as_numpy(values)
    return np.clip(values, -limit, limit).astype(dtype)


def erfc(z):
    """In extended precision: the series of erf where it is short, else the continued fraction."""
    size = np.abs(z)
    term = total = size.copy()
    for n in range(1, 60):
        term = -term * size * size / n
        total = total + term / (2 * n + 1)
    pi = 4 * np.arctan(np.longdouble(1))
    near = 1 - 2 / np.sqrt(pi) * total
    fraction = size.copy()
    for n in range(300, 0, -1):
        fraction = size + n / np.longdouble(2) / fraction
    far = np.exp(-size * size) / np.sqrt(pi) / fraction
    tail = np.where(size < 1.4, near, far)
    return np.where(z < 0, 2 - tail, tail)


def sigmoid(x):
    t = np.exp(-np.abs(x))
    return np.where(x < 0, t, 1) / (1 + t)


def times(x, factor):
    """x * factor where -inf * 0 is the limit, 0."""
    return np.where(x == -np.inf, -0.0, x * factor)


def gelu_tanh(x):
    pi = 4 * np.arctan(np.longdouble(1))
    inner = x + np.longdouble("0.044715") * x * x * x
    return times(x, sigmoid(2 * np.sqrt(2 / pi) * inner))


FUNCTIONS = {
    "exp": np.exp, "log1p": np.log1p, "tanh": np.tanh, "sigmoid": sigmoid,
    "silu": lambda x: times(x, sigmoid(x)),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "gelu": lambda x: times(x, erfc(-x / np.sqrt(np.longdouble(2))) / 2), "gelu_tanh": gelu_tanh,
}


def arithmetic(x):
    """Lens and result, in the type that x is computed in."""
    a, b = x.dtype.type(0.3), x.dtype.type(1.7)
    yield "scale=0.3", x * a
    yield "offset=0.3", x + a
    yield "scale=0.3,offset=1.7", x * a + b
    yield "zscore", (x - a) / b
    yield "relu", np.where(x <= 0, 0, x)
    yield "leaky_relu=0.3", np.where(x > 0, x, a * x)
    yield "clip=0.3:1.7", np.clip(x, a, b)
    yield "threshold=0.3", np.where(x <= a, 0, x)
    yield "abs", np.abs(x)
    yield "round", np.rint(x)


class Cases:
    def __init__(self, root):
        self.root = root
        self.cases = []

    def add(self, lens, source, values, want, form="bits"):
        number = len(self.cases)
        (self.root / f"{number}.values").write_bytes(np.ascontiguousarray(values).tobytes())
        (self.root / f"{number}.want").write_bytes(np.ascontiguousarray(want).tobytes())
        self.cases.append({"lens": lens, "source": source, "form": form, "number": number})

    def add_casts(self):
        for source in REAL + COMPLEX:
            values = values_of(source)
            for target in REAL + COMPLEX:
                self.add(target, source, values, cast(values, target))
                if target not in ("bool", "float64", *COMPLEX):
                    self.add(target + "_sat", source, values, saturated(values, target))

    def add_arithmetic(self):
        for source in FLOATS:
            values = values_of(source)
            for lens, want in arithmetic(as_numpy(values)):
                self.add(lens, source, values, want.astype(values.dtype))
        for source in ("int8", "uint16", "int64"):
            values = values_of(source)
            self.add("scale=0.3", source, values, values * 0.3)
            self.add("abs", source, values, np.abs(values))
            self.add("relu", source, values, np.maximum(values, 0))
            self.add("clip=3:100", source, values, np.clip(values, 3, 100))
        for source in COMPLEX:
            values = values_of(source)
            part = values.real.dtype
            pairs = values.view(part) * part.type(0.3)
            self.add("scale=0.3", source, values, pairs.view(values.dtype))

    def add_functions(self):
        for source in [*FLOATS, "bool", "int8", "uint8", "int16", "int32"]:
            values = values_of(source)
            exact = as_numpy(values).astype("g")
            for lens, function in FUNCTIONS.items():
                want = function(exact)
                high = want.astype("f8")
                low = np.where(np.isfinite(high), want - high, 0).astype("f8")
                self.add(lens, source, values, np.stack([high, low], axis=1), "near")


def main():
    root = pathlib.Path(sys.argv[1])
    root.mkdir(parents=True)
    warnings.simplefilter("ignore")
    cases = Cases(root)
    with np.errstate(all="ignore"):
        cases.add_casts()
        cases.add_arithmetic()
        cases.add_functions()
    (root / "cases.json").write_text(json.dumps(cases.cases))


main()
