"""Fields in another order, written by zarr-python and read by NumPy and PyTorch, beside field[perm] with the
permutation that the Python of the README computes."""

import errno
import os
import pathlib
import sys
import time

try:
    import numpy as np
    import zarr
except ImportError as missing:
    print(f"skipped: this Python has no {missing.name}")
    sys.exit(77)

from stress_support import MountCase, main, neurofs, seed_of_run

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
ROWS, FEATURES = 3001, 64


def readme_orders():
    text = README.read_text()
    begin = text.rindex("```python\n", 0, text.index("def permute(")) + len("```python\n")
    names = {}
    exec(text[begin:text.index("```", begin)], names)
    return names["shuffled"]


SHUFFLED = readme_orders()
ORDERS = {
    "shuffle=42": {},
    "shuffle=42,block=100": {"block": 100},
    "shuffle=42,block=64,buffer=3": {"block": 64, "buffer": 3},
    "shuffle=42,rank=3,world=8": {"rank": 3, "world": 8},
    "shuffle=42,block=100,rank=7,world=8": {"block": 100, "rank": 7, "world": 8},
}


def permutation(options, neurons):
    rank, world = options.get("rank", 0), options.get("world", 1)
    size = (rank + 1) * neurons // world - rank * neurons // world
    return np.array([SHUFFLED(p, neurons, 42, **options) for p in range(size)])


class Orders(MountCase):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(seed_of_run())
        self.array = random.standard_normal((ROWS, FEATURES)).astype("f4")

    def write(self, array, **options):
        """By zarr-python: sharded and compressed unless `options` say otherwise."""
        path = str(self.directory / "field.zarr")
        options = {"chunks": (50,) * (array.ndim - 1) + array.shape[-1:],
                   "shards": (200,) * (array.ndim - 1) + array.shape[-1:], **options}
        zarr.create_array(path, shape=array.shape, dtype=array.dtype, **options)[:] = array
        return path

    def test_a_shuffled_map_is_the_field_by_the_permutation(self):
        for compressors in ("auto", None):
            source = self.write(self.array, compressors=compressors, overwrite=True)
            mount = self.mount(source, "--ram", "8MiB")
            for name, options in ORDERS.items():
                want = self.array[permutation(options, ROWS)]
                with self.subTest(order=name, compressors=compressors):
                    shown = np.load(f"{mount.point}/@{name}/field.npy", mmap_mode="r")
                    self.assertTrue(np.array_equal(shown, want))
                    part = np.load(f"{mount.point}/@{name}/@relu,f16/regions/7::5,::-2.npy")
                    self.assertTrue(np.array_equal(part, np.maximum(want, 0).astype("f2")[7::5, ::-2]))
                    self.assertTrue(np.array_equal(
                        np.fromfile(f"{mount.point}/@relu/@{name}/neurons/11.raw", "f4"), np.maximum(want[11], 0)))
            del shown
            mount.close()

    def test_several_neuron_axes_keep_their_shape(self):
        array = self.array[:3000].reshape(60, 50, FEATURES)
        point = self.mount(self.write(array, chunks=(7, 9, FEATURES), shards=(14, 18, FEATURES))).point
        want = self.array[:3000][permutation({}, 3000)].reshape(array.shape)
        self.assertTrue(np.array_equal(np.load(f"{point}/@shuffle=42/field.npy"), want))
        self.assertTrue(np.array_equal(np.load(f"{point}/@shuffle=42/neurons/59,3.npy"), want[59, 3]))
        share = np.load(f"{point}/@shuffle=42,rank=1,world=2/field.npy")
        self.assertTrue(np.array_equal(share, want.reshape(3000, FEATURES)[1500:]))

    def test_a_selection_is_stored_shown_and_replaced(self):
        source = self.write(self.array)
        rows = self.directory / "rows.npy"
        first = np.array([5, 3000, 5, 0], ">u4")
        np.save(rows, first)
        neurofs("selection", "add", source, "train", rows)
        path = f"{self.mount(source).point}/@take=train/field.npy"
        self.assertTrue(np.array_equal(np.load(path), self.array[first.astype(int)]))
        np.save(rows, np.arange(10))
        neurofs("selection", "add", source, "train", rows)
        until = time.monotonic() + 20
        while np.load(path).shape[0] != 10 and time.monotonic() < until:
            time.sleep(0.1)
        self.assertTrue(np.array_equal(np.load(path), self.array[:10]))

    def test_what_is_no_order_is_not_found(self):
        point = self.mount(self.write(self.array)).point
        for name in ("@shuffle=x", "@shuffle=1,rank=2,world=2", "@shuffle=1/@shuffle=2", "@take=none",
                     "@relu,shuffle=1", "@shuffle=1,relu"):
            with self.assertRaises(OSError) as raised:
                os.stat(f"{point}/{name}")
            self.assertEqual(raised.exception.errno, errno.ENOENT, name)

    def test_a_data_loader_sees_each_row_once(self):
        try:
            import torch
        except ImportError:
            self.skipTest("this Python has no torch")
        point = self.mount(self.write(self.array)).point
        epoch = np.load(f"{point}/@shuffle=42,block=100/field.npy", mmap_mode="r")
        for workers in (0, 2):
            batches = list(torch.utils.data.DataLoader(epoch, batch_size=256, num_workers=workers))
            want = self.array[permutation({"block": 100}, ROWS)]
            self.assertTrue(np.array_equal(np.concatenate([b.numpy() for b in batches]), want))
        del epoch


main(__name__)
