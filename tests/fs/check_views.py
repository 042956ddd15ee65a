"""Compares what the views wrote with NumPy: argv[1] holds NAME.raw, NAME.npy and NAME.txt files.

NAME is DTYPE-SHAPE, such as float32-3x4 ("-" for a scalar's shape). Prints each difference; exit
status 1 when there is one or when nothing was compared.
"""
import io
import pathlib
import sys

import numpy

try:
    import ml_dtypes
except ImportError:
    ml_dtypes = None


def same(a, b):
    if a.dtype.kind in "fc":
        nan = numpy.isnan(a) & numpy.isnan(b)
        return bool(numpy.all((a == b) | nan))
    return bool(numpy.all(a == b))


def check(raw):
    dtype_name, shape_text = raw.stem.split("-", 1)
    shape = tuple(int(n) for n in shape_text.split("x")) if shape_text != "s" else ()
    foreign = dtype_name.startswith(("bfloat", "float8"))
    if foreign and ml_dtypes is None:
        return []
    dtype = numpy.dtype(getattr(ml_dtypes, dtype_name) if foreign else dtype_name)
    array = numpy.frombuffer(raw.read_bytes(), dtype).reshape(shape)
    written = io.BytesIO()
    # ml_dtypes saves float8_e5m2 as "<f1", which numpy.load refuses: ours is opaque like the other.
    saved = ml_dtypes.float8_e4m3fn if dtype_name == "float8_e5m2" else dtype
    numpy.save(written, array.view(saved))
    problems = []
    if written.getvalue() != raw.with_suffix(".npy").read_bytes():
        problems.append("differs from numpy.save")
    if not foreign and array.size > 0:
        kind = numpy.int8 if dtype.kind == "b" else dtype
        table = numpy.loadtxt(raw.with_suffix(".txt"), dtype=kind, ndmin=1).reshape(shape)
        if not same(array.astype(kind), table):
            problems.append(f"numpy.loadtxt reads\n{table}\ninstead of\n{array}")
    return problems


def main():
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.raw"))
    failed = not files
    for raw in files:
        for problem in check(raw):
            failed = True
            print(f"{raw.stem}: {problem}")
    return 1 if failed else 0


sys.exit(main())
