"""Fields made by `neurofs create`, `write` and `import`, opened by zarr-python and tensorstore."""

import itertools
import random

import numpy as np
import tensorstore as ts
import zarr

from compare import compare_field, quiet, random_array, same
from stress_support import MountCase, main, neurofs, seed_of_run

DTYPES = ["bool", "int8", "int32", "uint16", "uint64", "float16", "float32", "float64", "complex64"]
LAYOUTS = {"default": [], "unsharded": ["--chunks", "5,6,4", "--shards", "5,6,4"],
           "sharded": ["--chunks", "5,6,4", "--shards", "15,12,8"]}
SHAPE = (23, 17, 9)


class Fields(MountCase):
    def setUp(self):
        super().setUp()
        self.choose = random.Random(seed_of_run())

    def assert_read_by_both(self, field, expected):
        with quiet():
            self.assertTrue(same(np.asarray(zarr.open_array(field, mode="r")[...]), expected), "zarr")
        store = ts.open({"driver": "zarr3", "kvstore": f"file://{field}/"}, read=True).result()
        self.assertTrue(same(np.asarray(store.read().result()), expected), "tensorstore")

    def save(self, array):
        path = self.directory / "part.npy"
        np.save(path, array)
        return path

    def test_create_then_write_regions(self):
        codecs = ["", "zstd", "gzip", "crc32c", "blosc"]
        for number, (dtype, layout, codec) in enumerate(itertools.product(DTYPES, LAYOUTS, codecs)):
            with self.subTest(dtype=dtype, layout=layout, codec=codec):
                field = self.directory / f"f{number}"
                neurofs("create", field, "--shape", ",".join(map(str, SHAPE)), "--dtype", dtype,
                        *LAYOUTS[layout], *(["--codec", codec] if codec else []))
                expected = np.zeros(SHAPE, dtype)
                for region in ("3:9,::2,1:-1", "-1", "20:2:-3,5:9"):
                    key = eval(f"np.s_[{region}]")
                    expected[key] = random_array(self.choose, expected[key].shape, dtype)
                    neurofs("write", field, region, self.save(expected[key]))
                self.assert_read_by_both(field, expected)

    def test_import_npy_and_raw(self):
        for number, (dtype, order) in enumerate(itertools.product(DTYPES, "CF")):
            with self.subTest(dtype=dtype, order=order):
                data = np.asarray(random_array(self.choose, SHAPE, dtype), order=order)
                field = self.directory / f"npy{number}"
                neurofs("import", self.save(data), field)
                self.assert_read_by_both(field, data)
        raw = self.directory / "source.raw"
        data = random_array(self.choose, SHAPE, "float32")
        raw.write_bytes(data.tobytes())
        field = self.directory / "from-raw"
        neurofs("import", raw, field, "--shape", ",".join(map(str, SHAPE)), "--dtype", "float32")
        self.assert_read_by_both(field, data)

    def test_import_zarr(self):
        data = random_array(self.choose, SHAPE, "int32")
        for version in (2, 3):
            source = self.directory / f"source{version}"
            zarr.create_array(source, shape=SHAPE, chunks=(4, 5, 6), dtype="int32",
                              zarr_format=version)[...] = data
            field = self.directory / f"imported{version}"
            neurofs("import", source, field)
            self.assert_read_by_both(field, data)

    def test_attributes_names_and_fill(self):
        field = self.directory / "f"
        neurofs("create", field, "--shape", "4,6", "--dtype", "float32", "--fill", "NaN", "--names",
                "neuron,feature", "--attr", "layer=7")
        array = zarr.open_array(field, mode="r")
        self.assertTrue(np.isnan(array[...]).all())
        self.assertEqual(array.attrs["layer"], 7)
        self.assertEqual(array.metadata.dimension_names, ("neuron", "feature"))

    def test_petabyte_far_end(self):
        for shape, region in (((86_000_000_000, 1000), "-3:"), ((10**6, 10**6, 256), "-1,-2:")):
            with self.subTest(shape=shape):
                field = self.directory / f"big{len(shape)}"
                neurofs("create", field, "--shape", ",".join(map(str, shape)), "--dtype", "float32")
                part = random_array(self.choose, (3 if len(shape) == 2 else 2, shape[-1]), "float32")
                neurofs("write", field, region, self.save(part))
                store = ts.open({"driver": "zarr3", "kvstore": f"file://{field}/"}, read=True).result()
                end = shape[0]
                domain = slice(end - 3, end) if len(shape) == 2 else (end - 1, slice(shape[1] - 2, None))
                self.assertTrue(same(np.asarray(store[domain].read().result()), part), "tensorstore")
                mounted = self.mount(field, "--ram", "32MiB")
                got = np.load(mounted.point / "regions" / f"{region}.npy")
                self.assertTrue(same(got, part), "the far end")
                middle = np.load(mounted.point / "regions" / f"{shape[0] // 2},0:1.npy")
                self.assertFalse(middle.any(), "the middle is the fill value")
                name = f"{shape[0] - 1}" if len(shape) == 2 else f"{shape[0] - 1},{shape[1] - 1}"
                self.assertTrue(same(np.load(mounted.point / "neurons" / f"{name}.npy"), part[-1]))
                mounted.close()

    def test_small_field_through_the_mount(self):
        data = random_array(self.choose, SHAPE, "float32")
        field = self.directory / "f"
        neurofs("import", self.save(data), field, "--chunks", "4,5,9")
        compare_field(self, self.mount(field).point, data, self.choose, "imported")


main(__name__)
