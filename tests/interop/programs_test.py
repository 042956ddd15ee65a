"""Programs that know nothing of NeuroFS, run on a mount (RELIABILITY R15, R16; standard library only)."""

import hashlib
import os
import random
import shutil
import struct
import subprocess

from stress_support import MountCase, main, neurofs, seed_of_run

NEURONS, FEATURES = 2500, 40
ROW = FEATURES * 4


class Programs(MountCase):
    def setUp(self):
        super().setUp()
        choose = random.Random(seed_of_run())
        self.values = [choose.randrange(-1000, 1000) for _ in range(NEURONS * FEATURES)]
        self.data = struct.pack(f"<{len(self.values)}f", *self.values)
        field = self.import_raw(self.data, shape=(NEURONS, FEATURES), dtype="float32")
        neurofs("region", "add", field, "corner", "0:3,0:2.txt")
        self.mounted = self.mount(field, "--ram", "16MiB")
        self.raw = self.mounted.point / "field.raw"
        self.neurons = self.mounted.point / "neurons"
        self.regions = self.mounted.point / "regions"

    def shell(self, line):
        """Output of a shell command run inside the mount."""
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=self.mounted.point,
                              capture_output=True, timeout=120,
                              env={**os.environ, "OUT": str(self.directory), "LC_ALL": "C"})
        self.assertEqual(done.returncode, 0, f"{line}: {done.stderr.decode()}")
        return done.stdout

    def neuron(self, number):
        return self.data[number * ROW:(number + 1) * ROW]

    def test_cat_dd_head_tail(self):
        self.assertEqual(self.shell("cat field.raw"), self.data)
        self.assertEqual(self.shell("dd if=field.raw bs=1000 skip=7 count=3 status=none"),
                         self.data[7000:10000])
        self.assertEqual(self.shell("dd if=field.raw iflag=direct bs=4096 skip=3 count=2 status=none"),
                         self.data[12288:20480])
        self.assertEqual(self.shell("head -c 777 field.raw"), self.data[:777])
        self.assertEqual(self.shell("tail -c 777 field.raw"), self.data[-777:])

    def test_md5sum_od_cmp(self):
        digest = self.shell("md5sum < field.raw").split()[0].decode()
        self.assertEqual(digest, hashlib.md5(self.data).hexdigest())
        self.assertEqual([float(x) for x in self.shell("od -An -v -tf4 neurons/1234.raw").split()],
                         [float(x) for x in self.values[1234 * FEATURES:1235 * FEATURES]])
        self.shell(f"cmp field.raw {self.directory}/source.raw")

    def test_cp_of_a_bucket(self):
        bucket = next(name for name in sorted(os.listdir(self.neurons))
                      if (self.neurons / name).is_dir())
        self.shell(f"cp -r neurons/{bucket} $OUT/bucket")
        copied = sorted(p for p in (self.directory / "bucket").rglob("*.raw"))
        self.assertGreater(len(copied) + len(list((self.directory / "bucket").rglob("*.npy"))), 0)
        for path in (self.directory / "bucket").rglob("*.npy"):
            self.assertEqual(path.read_bytes()[-ROW:], self.neuron(int(path.stem)))
        for path in copied:
            self.assertEqual(path.read_bytes(), self.neuron(int(path.stem)))

    def test_R16_tar_and_rsync_of_sparse_kinds(self):
        for command in ("tar -cf $OUT/a.tar -C regions corner.txt; tar -xf $OUT/a.tar -C $OUT/x",
                        "tar -chSf $OUT/a.tar field.raw; tar -xf $OUT/a.tar -C $OUT/x",
                        "rsync field.raw $OUT/x/", "rsync -S field.raw $OUT/x/",
                        "cp --sparse=always field.raw $OUT/x/"):
            shutil.rmtree(self.directory / "x", ignore_errors=True)
            (self.directory / "x").mkdir()
            self.shell(command)
            if "field.raw" in command:
                self.assertEqual((self.directory / "x" / "field.raw").read_bytes(), self.data, command)
        self.assertGreaterEqual(int(self.shell("du --block-size=1 field.raw").split()[0]), len(self.data))

    def test_tar_of_the_region_directory(self):
        self.shell("tar -chf $OUT/regions.tar regions && tar -tf $OUT/regions.tar | grep -q corner")

    def test_find_and_ls_start_at_once_and_end(self):
        names = self.shell("find . -maxdepth 2").decode().splitlines()
        self.assertIn("./field.raw", names)
        self.assertLess(len(names), 3000)
        for line in self.shell("find neurons -type d -exec sh -c 'ls -U \"$1\" | wc -l' _ {} ';'").split():
            self.assertLessEqual(int(line), 1005)
        self.assertEqual(self.shell(f"find . -maxdepth 1 -name field.raw -size {len(self.data)}c").decode(),
                         "./field.raw\n")

    def test_text_tools(self):
        values = self.values
        self.assertEqual(int(self.shell("grep -c . field.txt")), NEURONS)
        column = self.shell("awk '{print $3}' field.txt").split()
        self.assertEqual([float(x) for x in column], [float(x) for x in values[2::FEATURES]])
        total = float(self.shell("awk '{for (i = 1; i <= NF; i++) s += $i} END {print s}' field.txt"))
        self.assertEqual(total, float(sum(values)))
        width = int(self.shell("head -n 1 field.txt | wc -c")) // FEATURES
        self.assertEqual([float(x) for x in self.shell(f"cut -c1-{width} field.txt").split()],
                         [float(x) for x in values[0::FEATURES]])
        self.assertEqual(self.shell("sed -n 2p field.txt"),
                         self.shell(f"dd if=field.txt bs={FEATURES * width} skip=1 count=1 status=none"))
        self.assertEqual([float(x) for x in self.shell("cat regions/corner.txt").split()],
                         [float(values[r * FEATURES + c]) for r in range(3) for c in range(2)])

    def test_less(self):
        if shutil.which("less") is None:
            self.skipTest("no less")
        self.assertEqual(self.shell("less -f neurons/3.raw"), self.neuron(3))

    def test_R15_petabyte_field(self):
        big = self.directory / "big.zarr"
        neurofs("create", big, "--shape", "86000000000,3000", "--dtype", "float32")
        self.mounted.close()
        mounted = self.mount(big, "--ram", "16MiB")
        size = 86_000_000_000 * 3000 * 4
        file = mounted.point / "field.raw"
        self.assertEqual(file.stat().st_size, size)
        self.assertEqual(file.stat().st_blocks, size // 512)
        self.assertEqual(self.shell("tail -c 100 field.raw"), bytes(100))
        self.assertEqual(self.shell("cat neurons/42000000000.raw"), bytes(12000))
        self.assertEqual(self.shell("cat neurons/42/000/000/42000000000.raw"), bytes(12000))
        self.assertEqual(self.shell(f"dd if=field.raw bs=4096 skip={size // 4096 - 1} count=1 status=none"),
                         bytes(4096))
        fd = os.open(file, os.O_RDONLY)
        try:
            self.assertEqual(os.pread(fd, 4096, size), b"")
            self.assertEqual(os.pread(fd, 4096, size - 10), bytes(10))
            self.assertEqual(os.lseek(fd, 12345, os.SEEK_DATA), 12345)
            self.assertEqual(os.lseek(fd, 12345, os.SEEK_HOLE), size)
        finally:
            os.close(fd)


class Torch(MountCase):
    """Debian's python3-torch, under the Python that NEUROFS_TEST_SYSTEM_PYTHON names."""

    SCRIPT = """
import sys, numpy, torch
raw, npy, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
mapped = torch.from_file(raw, shared=False, size=count, dtype=torch.float32)
array = numpy.load(npy, mmap_mode='r')
assert torch.equal(mapped.reshape(array.shape), torch.from_numpy(numpy.array(array)))
print(float(mapped.double().sum()))
"""

    def test_from_file_and_memmap(self):
        python = os.environ.get("NEUROFS_TEST_SYSTEM_PYTHON", "/usr/bin/python3")
        if subprocess.run([python, "-c", "import torch, numpy"], capture_output=True).returncode != 0:
            self.skipTest(f"{python} has no torch: apt-get install python3-torch")
        values = [float(n % 977) for n in range(100_000)]
        field = self.import_raw(struct.pack(f"<{len(values)}f", *values), shape=(1000, 100),
                                dtype="float32")
        point = self.mount(field).point
        done = subprocess.run([python, "-c", self.SCRIPT, point / "field.raw", point / "field.npy",
                               str(len(values))], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(float(done.stdout), sum(values))


main(__name__)
