"""Data sets that others wrote to real servers, mounted by URL and compared with NumPy (R13, R24).

zarr-python writes by s3fs, tensorstore by its own S3 driver, rclone in parts, `neurofs import` to S3 and RADOS;
nginx serves files. Groups are found by the servers' listings. Needs the Python of tests/run.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import unittest.mock

import numpy as np
import tensorstore as ts
import zarr
import zarr.codecs as zc
from numcodecs import Blosc, GZip, Zstd

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from compare import compare_field, quiet, random_array, random_key, same  # noqa: E402
from remote_places import HttpsPlace, RadosPlace, radosgw, swift, why_no  # noqa: E402
from remote_support import settle  # noqa: E402
from stress_support import MountCase, main, neurofs, seed_of_run  # noqa: E402

SHAPE, CHUNKS, SHARDS = (47, 11, 6), (5, 11, 3), (20, 11, 6)
GROUP = json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {}}).encode()
VERSION3 = {
    "plain": dict(compressors=None), "zstd": dict(compressors=zc.ZstdCodec(level=1)),
    "gzip": dict(compressors=zc.GzipCodec(level=1)), "crc32c": dict(compressors=zc.Crc32cCodec()),
    "blosc": dict(compressors=zc.BloscCodec(cname="lz4", clevel=2, shuffle="shuffle")),
}
VERSION2 = {"plain": None, "zstd": Zstd(1), "gzip": GZip(1), "blosc": Blosc("zstd", 2, 1)}
DTYPES = ("float32", "int16", "uint8", "float64", "int64")


def random_operations(case, directory, expected, choose, label, count=10):
    """What programs do to the files of a field, in any order, against the dense array."""
    flat = expected.reshape(-1, expected.shape[-1])
    raw = expected.tobytes()
    with open(directory / "field.raw", "rb", buffering=0) as whole:
        for _ in range(count):
            what = choose.choice(("bytes", "region", "neuron"))
            if what == "bytes":
                at = choose.randrange(len(raw))
                whole.seek(at)
                length = choose.randrange(1, 5000)
                case.assertEqual(whole.read(length), raw[at:at + length], f"{label}: {length} at {at}")
            elif what == "region":
                key, text = random_key(choose, expected.shape)
                got = np.load(directory / "regions" / f"{text}.npy")
                case.assertTrue(same(got, expected[key]), f"{label}: {text}")
            else:
                number = choose.randrange(len(flat))
                index = np.unravel_index(number, expected.shape[:-1])
                name = ",".join(map(str, index))
                got = (directory / "neurons" / f"{name}.raw").read_bytes()
                case.assertEqual(got, flat[number].tobytes(), f"{label}: neuron {name}")


class Stores(MountCase):
    def setUp(self):
        super().setUp()
        self.choose = random.Random(seed_of_run())
        self.expected = {}
        self.prefix = self.directory.name

    def on(self, place, *programs):
        reason = place.missing or why_no(*programs)
        if reason:
            self.skipTest(reason)
        return place

    def data(self, dtype):
        return random_array(self.choose, SHAPE, dtype).copy()  # writable

    # --- writers; each remembers what must be read

    def add_zarr(self, group, below, names, version):
        shift = self.choose.randrange(2)  # a run has each codec with shards or without
        for number, (name, codec) in enumerate(names.items()):
            sharded = version == 3 and (number + shift) % 2 == 0
            options = dict(codec, shards=SHARDS if sharded else None) if version == 3 else dict(
                compressors=codec)
            label = f"{name}-{'sharded' if sharded else 'whole'}"
            data = self.data(DTYPES[number])
            with quiet():
                array = group.create_array(label, shape=SHAPE, dtype=data.dtype, chunks=CHUNKS,
                                           fill_value=3, **options)
                array[:25] = data[:25]  # the rest is missing: 404 is the fill value
            data[25:] = 3
            # zarr-python leaves out a chunk that equals the fill value, and takes one NaN for another.
            self.expected[f"{below}/{label}"] = np.asarray(array[...])
            np.testing.assert_array_equal(self.expected[f"{below}/{label}"], data)

    def add_tensorstore(self, kvstore, name, codecs, dtype):
        data = self.data(dtype)
        store = ts.open({"driver": "zarr3", "kvstore": kvstore, "create": True, "metadata": {
            "shape": SHAPE, "data_type": dtype, "codecs": codecs,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": SHARDS}}}}).result()
        store.write(data).result()
        self.expected[name] = data

    def add_all_tensorstore(self, kvstore_of):
        bytes_ = {"name": "bytes", "configuration": {"endian": "little"}}
        zstd = {"name": "zstd", "configuration": {"level": 1}}
        shard = {"name": "sharding_indexed", "configuration": {
            "chunk_shape": (5, 11, 3), "codecs": [bytes_, zstd], "index_location": "start",
            "index_codecs": [bytes_, {"name": "crc32c"}]}}
        for name, codecs in {"tensorstore-plain": [bytes_, zstd], "tensorstore-sharded": [shard]}.items():
            self.add_tensorstore(kvstore_of(name), name, codecs, "float32")

    def import_to(self, place, name, dtype, *options):
        data = self.data(dtype)
        path = self.directory / "source.npy"
        np.save(path, data)
        neurofs("import", "-q", path, place.url(f"{self.prefix}/{name}"), *options,
                environment=place.import_environment())
        self.expected[name] = data

    def import_all(self, place):
        self.import_to(place, "import-default", "float32")
        self.import_to(place, "import-sharded", "int32", "--chunks", "5,11,3", "--shards", "20,11,6",
                       "--codec", "zstd")
        self.import_to(place, "import-whole", "uint16", "--chunks", "7,5,6", "--shards", "7,5,6",
                       "--codec", "blosc")

    # --- readers

    def compare(self, place, prefix, *options):
        """Everything through one mount; returns its counters."""
        mounted = self.mount(place.url(prefix), "--ram", "16MiB", *place.options, *options,
                             environment=place.environment)
        self.assertGreater(len(self.expected), 0)
        for name, array in self.expected.items():
            compare_field(self, mounted.point / name, array, self.choose, name)
            random_operations(self, mounted.point / name, array, self.choose, name)
        counted = mounted.stats()["counters"]
        mounted.close()
        return counted

    def check(self, place, prefix=None):
        """Without a cache on disk, with one that fills, and out of that one."""
        prefix = prefix or self.prefix
        self.compare(place, prefix)
        cache = ("--cache-dir", self.directory / "cache", "--cache-size", "64MiB")
        first = self.compare(place, prefix, *cache)
        second = self.compare(place, prefix, *cache)
        self.assertGreater(first["nvme_writes_total"], 0)
        self.assertGreater(second["nvme_hits_total"], 0)
        # Metadata is asked for again, and of each object whether it is still the same; no data.
        self.assertLess(second["store_requested_bytes_total"], first["store_requested_bytes_total"] / 10)

    def kvstore_of(self, place):
        """For the test tensorstore finds this server's keys in the environment."""
        ours = unittest.mock.patch.dict(os.environ, place.environment)
        ours.start()
        self.addCleanup(ours.stop)
        return lambda name: {
            "driver": "s3", "bucket": place.bucket, "path": f"{self.prefix}/{name}/",
            "endpoint": place.endpoint, "aws_region": "us-east-1",
            "aws_credentials": {"type": "environment"}}

    def add_by_s3fs(self, place):
        with quiet():
            root = zarr.open_group(place.url(self.prefix), mode="w", zarr_format=3, storage_options={
                "key": place.keys[0], "secret": place.keys[1], "client_kwargs": {
                    "endpoint_url": place.endpoint, "region_name": "us-east-1"},
                # Older servers do not know the trailing checksums that newer clients send.
                "config_kwargs": {"request_checksum_calculation": "when_required",
                                  "response_checksum_validation": "when_required"}})
            self.add_zarr(root.create_group("zarr-python"), "zarr-python", VERSION3, 3)

    def test_radosgw(self):
        place = self.on(radosgw())
        self.add_by_s3fs(place)
        self.add_all_tensorstore(self.kvstore_of(place))
        self.import_all(place)
        self.check(place)

    def test_swift_imported(self):
        """By us and by rclone: s3fs's HTTP client refuses Swift's replies to HEAD, which have a body, and Swift
        refuses the conditional PUTs of tensorstore."""
        place = self.on(swift())
        place.put(f"{self.prefix}/zarr.json", GROUP)
        self.import_all(place)
        self.check(place)

    def copied_by_rclone(self, place):
        local = self.directory / "two"
        with quiet():
            self.add_zarr(zarr.open_group(local, mode="w", zarr_format=2), ".", VERSION2, 2)
        # Longer than a part: the copy is one object of several, whose ETag is no checksum.
        data = np.frombuffer(self.choose.randbytes(6 << 20), np.uint16).reshape(-1, 1024)
        zarr.create_array(local / "parts", shape=data.shape, chunks=data.shape, dtype=data.dtype,
                          zarr_format=2, compressors=None)[...] = data
        subprocess.run(["rclone", "copy", "--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "5Mi",
                        "--s3-no-check-bucket", local, f"test:{place.bucket}/{self.prefix}"], check=True,
                       timeout=120, env={"PATH": "/usr/bin:/bin", **place.rclone_environment()})
        self.expected["parts"] = data
        self.check(place)

    def test_rclone_in_parts_radosgw(self):
        self.copied_by_rclone(self.on(radosgw(), "rclone"))

    def test_rclone_in_parts_swift(self):
        self.copied_by_rclone(self.on(swift(), "rclone"))

    def test_rados(self):
        place = self.on(RadosPlace(), "rados")
        place.put(f"{self.prefix}/zarr.json", GROUP)
        self.import_all(place)
        self.check(place)

    def test_https(self):
        place = self.on(HttpsPlace())
        served = place.root / self.prefix
        self.addCleanup(shutil.rmtree, served, ignore_errors=True)
        with quiet():
            root = zarr.open_group(served, mode="w", zarr_format=3)
            self.add_zarr(root.create_group("zarr-python"), "zarr-python", VERSION3, 3)
            self.add_all_tensorstore(lambda name: f"file://{served / name}/")
            zarr.consolidate_metadata(root.store)  # HTTP has no listings
        settle(served)
        self.check(place)


main(__name__)
