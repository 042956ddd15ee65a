"""Fields seen through lenses by numpy.load, beside what NumPy computes from the stored array."""

import errno
import json
import math
import os
import sys
import time

try:
    import numpy as np
except ImportError:
    print("skipped: this Python has no numpy")
    sys.exit(77)

from stress_support import MountCase, main, neurofs, seed_of_run

NEURONS, FEATURES = 3000, 40
EDGES = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 3e38, -3e38, 65504.0, 65520.0, 0.5,
         1.5, 2.5, -2.5, 88.0, -104.0, 1e-8]

vectorised_erf = np.vectorize(math.erf, otypes=["f8"])


def softplus(x):
    return np.logaddexp(0, x)


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


# Functions of float64; a float32 lens has to be as close as its type allows.
FUNCTIONS = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "gelu": lambda x: 0.5 * x * (1 + vectorised_erf(x / math.sqrt(2))),
    "silu": lambda x: x * sigmoid(x),
    "softplus": softplus,
    "exp": np.exp,
    "log1p": np.log1p,
}
# Exact: what NumPy gives in the field's own type.
EXACT = {
    "relu": lambda a: np.where(np.isnan(a), a, np.maximum(a, np.float32(0)) + np.float32(0)),
    "abs": np.abs,
    "scale=0.5": lambda a: a * np.float32(0.5),
    "scale=3,offset=-1": lambda a: a * np.float32(3) + np.float32(-1),
    "clip=-1:2": lambda a: np.clip(a, np.float32(-1), np.float32(2)),
    "f16": lambda a: a.astype("f2"),
    "f64": lambda a: a.astype("f8"),
    "c64": lambda a: a.astype("c8"),
    "bool": lambda a: a.astype("?"),
    "clip=-100:100,i8": lambda a: np.clip(np.nan_to_num(a), -100, 100).astype("i1"),
}


def same_bits(got, want):
    if got.dtype != want.dtype or got.shape != want.shape:
        return False
    if got.dtype.kind not in "fc":
        return np.array_equal(got, want)
    return np.array_equal(got, want, equal_nan=True) and np.array_equal(
        np.signbit(got.real[~np.isnan(got)]), np.signbit(want.real[~np.isnan(want)]))


class Lenses(MountCase):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(seed_of_run())
        self.array = (random.standard_normal((NEURONS, FEATURES)) * 4).astype("f4")
        self.array[7, :len(EDGES)] = EDGES

    def field(self, *options, array=None):
        array = self.array if array is None else array
        return self.import_raw(array.tobytes(), "field.zarr", array.shape, array.dtype.name, *options)

    def test_exact_lenses_are_what_numpy_computes(self):
        point = self.mount(self.field(), "--ram", "16MiB").point
        finite = np.nan_to_num(self.array)
        with np.errstate(all="ignore"):
            for lens, compute in EXACT.items():
                with self.subTest(lens=lens):
                    directory = point / f"@{lens}"
                    whole = np.load(directory / "field.npy")
                    rows = np.r_[0:7, 8:NEURONS] if lens.endswith("i8") else slice(None)
                    self.assertTrue(same_bits(whole[rows], compute(self.array)[rows]))
                    part = np.load(directory / "regions" / "2999:5:-7,::3.npy")
                    self.assertTrue(same_bits(part, whole[2999:5:-7, ::3]))
                    neuron = np.load(directory / "neurons" / "7.npy")
                    self.assertTrue(same_bits(neuron, whole[7]))
                    raw = np.fromfile(directory / "neurons" / "2" / "2345.raw", whole.dtype)
                    self.assertTrue(same_bits(raw, whole[2345]))
        self.assertEqual(np.loadtxt(point / "@relu" / "neurons" / "9.txt").astype("f4").tolist(),
                         np.maximum(finite[9], 0).tolist())

    def test_functions_are_close_to_float64(self):
        point = self.mount(self.field(), "--ram", "16MiB").point
        exact_input = self.array.astype("f8")
        with np.errstate(all="ignore"):
            for lens, function in FUNCTIONS.items():
                with self.subTest(lens=lens):
                    want = function(exact_input)
                    got = np.load(point / f"@{lens}" / "field.npy")
                    self.assertEqual(got.dtype, np.dtype("f4"))
                    known = np.isfinite(self.array)
                    nan = np.isnan(self.array)
                    self.assertTrue(np.isnan(got[nan]).all())
                    ulp = np.spacing(np.abs(want[known]).astype("f4")).astype("f8")
                    error = np.abs(got[known].astype("f8") - want[known]) / ulp
                    error[np.isinf(want[known].astype("f4")) & np.isinf(got[known])] = 0
                    # The reference itself cancels where |x| is large: bounds are tested elsewhere.
                    self.assertLess(np.nanmax(np.where(np.abs(exact_input[known]) < 4, error, 0)), 64)

    def test_mmap_and_nesting(self):
        point = self.mount(self.field(), "--ram", "16MiB").point
        mapped = np.load(point / "@relu" / "@f64" / "field.npy", mmap_mode="r")
        chain = np.load(point / "@relu,f64" / "field.npy")
        self.assertIsInstance(mapped, np.memmap)
        self.assertTrue(same_bits(np.asarray(mapped[::37]), chain[::37]))
        one, two = os.stat(point / "@relu" / "@f64"), os.stat(point / "@relu,f64")
        self.assertEqual(one.st_ino, two.st_ino)
        self.assertEqual(os.getxattr(point / "@relu,f64" / "field.npy", "user.neurofs.dtype"), b"float64")
        self.assertEqual(os.getxattr(point / "@relu,f64" / "field.npy", "user.neurofs.lens"), b"relu,f64")

    def test_every_spelling_at_once(self):
        """A directory that the kernel meets under several names is not moved from one to another."""
        point = self.mount(self.field(), "--ram", "16MiB").point
        spellings = ["@scale=0.5", "@scale=.5", "@scale=5e-1", "@raw,scale=0.5", "@raw/@scale=0.50"]
        children = []
        for spelling in spellings:
            child = os.fork()
            if child == 0:
                try:
                    for number in range(300):
                        os.stat(point / spelling / "neurons" / "1" / f"{1000 + number}.raw")
                        os.listdir(point / spelling / "neurons" / "2")
                    os._exit(0)
                except OSError:
                    os._exit(1)
            children.append(child)
        self.assertEqual([os.waitpid(child, 0)[1] for child in children], [0] * len(spellings))

    def test_what_is_no_lens(self):
        point = self.mount(self.field(), "--ram", "16MiB").point
        for name in ["@", "@rellu", "@relu,", "@scale", "@scale=", "@scale=x", "@clip=2:1:0", "@relu,raw",
                     "@relu\n", "@\udcff", "@" + "relu," * 30 + "relu", "@..", "@%2e", "@1e999"]:
            self.assert_errno(errno.ENOENT, lambda name=name: os.stat(point / name))
        self.assert_errno(errno.ENAMETOOLONG, lambda: os.stat(point / ("@" + "x" * 255)))
        self.assertFalse([name for name in os.listdir(point) if name.startswith("@")])
        errors = [json.loads(line) for line in (point / ".neurofs/errors").read_text().splitlines()]
        self.assertTrue(any(e["path"] == "@rellu" and "rellu" in e["reason"] for e in errors), errors)
        done = neurofs("explain-name", point / "@rellu" / "neurons" / "7.npy", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("rellu", done.stdout)
        told = json.loads(neurofs("explain-name", "--json", point / "@relu,f16/neurons/7.npy").stdout)
        self.assertTrue(told["ok"])
        self.assertEqual([s["dtype"] for s in told["parts"][0]["steps"]], ["float32", "float16"])

    def test_an_activation(self):
        field = self.field("--activation", "relu")
        point = self.mount(field, "--ram", "16MiB").point
        relu = EXACT["relu"](self.array)
        self.assertTrue(same_bits(np.load(point / "field.npy"), relu))
        self.assertTrue(same_bits(np.load(point / "neurons/7.npy"), relu[7]))
        self.assertTrue(same_bits(np.load(point / "@raw" / "field.npy"), self.array))
        self.assertTrue(same_bits(np.load(point / "@raw,f64" / "field.npy"), self.array.astype("f8")))
        self.assertTrue(same_bits(np.load(point / "@f64" / "field.npy"), relu.astype("f8")))
        self.assertEqual(json.loads(neurofs("info", "--json", field).stdout)["activation"], "relu")

    def test_a_field_with_a_bad_activation_is_refused(self):
        field = self.field()
        document = json.loads((field / "zarr.json").read_text())
        document["attributes"]["neurofs.activation"] = "rellu"
        (field / "zarr.json").write_text(json.dumps(document))
        self.point.mkdir(exist_ok=True)
        done = neurofs("mount", field, self.point, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("neurofs.activation", done.stderr)
        self.assertIn("cannot be mounted", neurofs("info", field).stdout)
        done = neurofs("create", self.directory / "new.zarr", "--shape", "4", "--activation", "rellu",
                       check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse((self.directory / "new.zarr").exists())

    def test_a_change_of_the_data_is_seen_through_lenses(self):
        field = self.field("--shards", "3000,40", "--chunks", "3000,40")
        point = self.mount(field, "--ram", "16MiB", "--revalidate", "1").point
        for name in ["@relu/field.npy", "@relu/neurons/7.npy", "@f64/regions/5:9.npy"]:
            np.load(point / name)
        zeros = self.directory / "zeros.npy"
        np.save(zeros, np.full((NEURONS, FEATURES), 3, "f4"))
        neurofs("write", field, "...", zeros)
        deadline = time.monotonic() + 60
        names = ["@relu/field.npy", "@relu/neurons/7.npy", "@f64/regions/5:9.npy"]
        while not all((np.load(point / name) == 3).all() for name in names):
            self.assertLess(time.monotonic(), deadline, "an old page stayed")
            time.sleep(0.2)


main(__name__)
