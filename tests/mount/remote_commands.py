"""The commands for mounts of remote stores: prefetch, refresh, cache, stats, SIGHUP, and options of the connection.

Runs beside tests/servers/with-servers (nginx, radosgw); what has no server is skipped.
"""

import errno
import json
import os
import pathlib
import signal
import struct
import subprocess
import unittest.mock

from remote_support import ROW, ROWS, RemoteCase
from stress_support import PROGRAM, MountCase, main, neurofs, pread_all, wait_until

CHUNK = "/c/"
AUTH = "user:password"  # of nginx's /auth/
SHAPE = (8, 1024)  # of the field in a bucket


def chunk_requests(proxy):
    return [line for line in proxy.log() if CHUNK in line[1]]


def write_npy(path, data):
    """`data` as an array of SHAPE."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {SHAPE}, }}".ljust(117) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)
    return path


class CommandCase(RemoteCase):
    def wait_for_stats(self, holds, what):
        """Who asks twice within a quarter of a second gets the same snapshot."""
        wait_until(lambda: holds(self.mounted.stats()), what)
        return self.mounted.stats()


class Prefetch(CommandCase):
    def start_with_cache(self):
        return self.start("--cache-dir", self.directory / "cache", "--cache-size", "64MiB")

    def test_nvme_tier_takes_a_field_that_is_larger_than_ram_and_leaves_ram_alone(self):
        self.ram = "128KiB"
        self.start_with_cache()
        self.assertGreater(ROWS * ROW, 128 << 10)
        told = json.loads(neurofs("prefetch", "--tier", "nvme", "--json", self.point).stdout)
        self.assertEqual((told["bytes"], told["tier"]), (ROWS * ROW, "nvme"))
        stats = self.wait_for_stats(lambda stats: stats["nvme"]["entries"] >= ROWS, "the entries")
        self.assertEqual(stats["ram"]["used_bytes"], 0)
        self.proxy.rules({"path": CHUNK, "action": "status", "status": 500})
        self.assertEqual(self.file.read_bytes(), b"".join(self.rows))
        self.wait_for_stats(lambda stats: stats["counters"]["nvme_hits_total"] >= ROWS, "the hits")

    def test_ram_tier_leaves_nothing_to_ask_the_server_for(self):
        self.start()
        told = neurofs("prefetch", self.point / "field.npy").stdout
        self.assertIn("1 file in RAM", told)
        self.proxy.listen(False)
        for number in range(ROWS):
            self.assert_row(number)
        stats = self.wait_for_stats(lambda stats: stats["hit_rates"]["ram"], "the hits")
        self.assertEqual(stats["hit_rates"]["ram"], 1)

    def test_regions_with_a_name_and_nothing_else(self):
        neurofs("region", "add", self.served, "some", f"{3 * ROW}:{5 * ROW}")
        self.start()
        self.proxy.reset()
        neurofs("prefetch", self.point / "regions")
        asked = {line[1].rsplit("/", 1)[1] for line in chunk_requests(self.proxy)}
        self.assertEqual(asked, {"3", "4"})

    def test_what_cannot_be_is_said(self):
        self.start()
        for words, said in [(("--tier", "nvme", self.file), "--cache-dir"),
                            ((self.point / "regions",), "is empty"),
                            ((self.directory / "nothing",), "is in no mount"),
                            ((self.point / "regions/9:8:7:6.npy",), "explain-name"),
                            ((self.point / ".neurofs/metrics",), "not stored")]:
            done = neurofs("prefetch", *words, check=False)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(said, done.stderr)
        self.proxy.rules({"path": CHUNK, "action": "status", "status": 403})
        done = neurofs("prefetch", self.file, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("403", done.stderr)

    def test_ctrl_c_ends_it_and_the_request_to_the_server(self):
        self.start()
        self.proxy.rules({"path": CHUNK, "action": "stall", "at": 10})
        child = subprocess.Popen([PROGRAM, "prefetch", str(self.file)], stderr=subprocess.PIPE,
                                 text=True)
        wait_until(lambda: chunk_requests(self.proxy), "the request that stalls")
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=10)  # the read's deadline is 60 s
        self.assertEqual(child.returncode, 1)
        self.assertIn("ended before all was there", said)
        self.proxy.rules()
        self.assert_row(0)

    def test_a_local_field_has_no_nvme_tier(self):
        self.point.mkdir(exist_ok=True)
        mounted = self.mounted = self.mount(self.served)
        done = neurofs("prefetch", "--tier", "nvme", mounted.point, check=False)
        self.assertIn("on a local disk already", done.stderr)
        neurofs("prefetch", mounted.point)
        self.wait_for_stats(lambda stats: stats["ram"]["used_bytes"] >= ROWS * ROW, "the blocks")


class Caches(CommandCase):
    def test_status_verify_and_clear(self):
        cache = self.directory / "cache"
        self.start("--cache-dir", cache, "--cache-size", "64MiB")
        neurofs("prefetch", "--tier", "nvme", self.point)
        status = json.loads(neurofs("cache", "status", "--json", cache).stdout)
        self.assertEqual((status["limit_bytes"], status["mounts"]), (64 << 20, [str(self.point)]))
        self.assertGreaterEqual(status["entries"], ROWS)
        self.assertTrue(status["parts"][0]["in_use"])
        self.assertIn(f"used by {self.point}", neurofs("cache", "status", cache).stdout)
        done = neurofs("cache", "clear", cache, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(self.point), done.stderr)
        self.mounted.close()
        self.spoil(cache, self.rows[7])
        done = neurofs("cache", "verify", "--json", cache, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual([json.loads(done.stdout)[name] for name in ("bad", "dropped")], [1, 1])
        self.assertIn("all are right", neurofs("cache", "verify", cache).stdout)
        self.assertIn("freed", neurofs("cache", "clear", cache).stdout)
        self.assertEqual(json.loads(neurofs("cache", "status", "--json", cache).stdout)["entries"], 0)
        self.assertIn("no cache directory",
                      neurofs("cache", "status", self.directory / "none", check=False).stderr)

    def spoil(self, cache, bytes_of_entry):
        data = next(cache.glob("0/data-*"))
        at = data.read_bytes().index(bytes_of_entry)
        with open(data, "r+b") as file:
            file.seek(at)
            file.write(bytes([bytes_of_entry[0] ^ 1]))

    def test_stats_tell_of_the_tiers(self):
        self.start("--cache-dir", self.directory / "cache", "--cache-size", "64MiB")
        self.proxy.rules({"path": f"{CHUNK}1$", "action": "status", "status": 503, "retry_after": 0,
                          "times": 1})
        self.assert_row(1)
        self.wait_for_stats(lambda stats: stats["nvme"]["entries"] >= 2, "metadata and row on the disk")
        neurofs("refresh", self.point)  # RAM forgets it, the cache does not
        self.assert_row(1)
        stats = self.wait_for_stats(lambda stats: stats["hit_rates"]["nvme"], "a hit")
        remote = stats["remote"]
        self.assertGreaterEqual(remote["requests"], 2)
        self.assertEqual((remote["retries"], remote["refusals"]), (1, 1))
        self.assertEqual(stats["nvme"]["state"], "on")
        table = neurofs("stats", self.point).stdout
        for text in ("NVME ", " requests, 1 tried again, 0 hedged (0 won), 1 refused for load",
                     "fetched for", "% in nvme"):
            self.assertIn(text, table)
        metrics = (self.point / ".neurofs/metrics").read_text()
        for name in ("nvme_hits_total", "nvme_used_bytes", "store_requests_total",
                     "store_retries_total", "store_hedges_total", "store_slow_downs_total",
                     "store_fetched_per_asked"):
            self.assertIn(f"\nneurofs_{name} ", metrics)


class Fetched(CommandCase):
    """A shard of 16 MiB, of which little is wanted."""

    SHARD, CHUNK = 16 << 20, 1 << 20
    INDEX = SHARD // CHUNK * 16 + 4

    def test_a_row_of_a_large_shard_costs_the_row_and_the_index(self):
        data = os.urandom(self.SHARD)
        raw = self.directory / "source.raw"
        raw.write_bytes(data)
        neurofs("import", "-q", raw, self.served / "sharded", "--shape", f"{self.SHARD // ROW},{ROW}", "--dtype",
                "uint8", "--chunks", f"{self.CHUNK // ROW},{ROW}", "--shards", f"{self.SHARD // ROW},{ROW}")
        shard = next((self.served / "sharded" / "c").glob("**/0"))
        while shard.is_dir():
            shard = next(shard.iterdir())
        self.assertGreaterEqual(shard.stat().st_size, self.SHARD)
        mounted = self.mounted = self.mount(f"{self.proxy.url}{self.path}/sharded", "--predictor", "none")
        self.proxy.reset()
        numbers = (1234, 77)
        for number in numbers:
            self.assertEqual((mounted.point / f"neurons/{number}.raw").read_bytes(),
                             data[number * ROW:(number + 1) * ROW])
        sent = self.proxy.counts()["bytes"]
        asked = len(numbers) * ROW
        self.assertGreaterEqual(sent, asked)
        self.assertLessEqual(sent, 1.5 * asked + self.INDEX)
        for line in chunk_requests(self.proxy):
            self.assertTrue(line[0] == "HEAD" or line[2], f"the whole shard was asked for: {line}")
        remote = self.wait_for_stats(lambda stats: stats["remote"]["asked_bytes"] >= asked, "the reads")["remote"]
        self.assertAlmostEqual(remote["fetched_per_asked"], sent / asked, delta=0.6)


class Files(RemoteCase):
    def test_npy_and_raw_files_by_url(self):
        array = self.rows[0] + self.rows[2]
        write_npy(self.served / "a.npy", array)
        (self.served / "b.raw").write_bytes(self.rows[1])
        (self.served / "b.raw.json").write_text(json.dumps({"shape": [4, ROW // 4], "dtype": "uint8"}))
        source = self.proxy.url + self.path
        told = json.loads(neurofs("info", "--json", f"{source}/a.npy").stdout)
        self.assertEqual(told["shape"], [8, 1024])
        for name, data in (("a.npy", array), ("b.raw", self.rows[1])):
            mounted = self.mount(f"{source}/{name}")
            self.assertEqual((mounted.point / "field.raw").read_bytes(), data)
            neurofs("umount", mounted.point)
        done = neurofs("info", f"{source}/none.npy", check=False)
        self.assertEqual(done.returncode, 1)

    def test_a_cache_that_cannot_be_is_told_at_the_terminal(self):
        point = self.directory / "told"
        point.mkdir()
        done = neurofs("mount", self.proxy.url + self.path, point, "--cache-dir", self.directory / "no" / "such")
        neurofs("umount", point)
        self.assertIn("the disk cache is off", done.stderr)
        self.assertIn("No such file", done.stderr)


class Refresh(RemoteCase):
    def replace(self, number):
        self.rows[number] = os.urandom(ROW)
        super().replace(number, self.rows[number])

    def check_refresh(self, source):
        """Nobody looks by itself, so that only the command can make a change seen."""
        self.mounted = self.mount(source, "--revalidate", "0", "--predictor", "none")
        self.file = self.mounted.point / "field.raw"
        old = self.file.read_bytes()
        self.replace(5)
        self.assertEqual(self.file.read_bytes(), old)  # RAM and the kernel have it
        told = json.loads(neurofs("refresh", "--json", self.mounted.point).stdout)
        self.assertEqual((told["fields"], told["other_metadata"]), (1, 0))
        self.assertEqual(self.file.read_bytes(), b"".join(self.rows))
        self.assertNotEqual(self.file.read_bytes(), old)

    def test_of_a_local_store(self):
        self.check_refresh(self.served)

    def test_of_an_http_store(self):
        self.check_refresh(self.proxy.url + self.path)

    def test_where_the_store_does_not_answer_nothing_is_dropped(self):
        self.start("--retries", "0")
        self.assert_row(3)
        self.proxy.listen(False)
        done = neurofs("refresh", self.point, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("zarr.json", done.stderr)
        self.assert_row(3)

    def test_other_metadata_is_told_and_needs_a_new_mount(self):
        self.start()
        self.assert_row(0)
        text = (self.served / "zarr.json").read_text()
        (self.served / "zarr.json").write_text(text.replace(f"[{ROWS * ROW}]", f"[{ROW}]"))
        done = neurofs("refresh", self.point, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("mount again", done.stderr)
        self.assertIn("is not a mount", neurofs("refresh", self.directory, check=False).stderr)


class Credentials(RemoteCase):
    def test_SIGHUP_has_the_file_read_again(self):
        secret = self.directory / "auth"
        secret.touch(0o600)
        secret.write_text(AUTH)
        self.mounted = self.mount(f"{self.proxy.url}/auth{self.path}", "--auth-file", secret,
                                  "--predictor", "none")
        self.file = self.mounted.point / "field.raw"
        self.assert_row(0)
        secret.write_text("user:rotated")
        self.assert_row(1)  # with what was read before
        os.kill(self.mounted.pid, signal.SIGHUP)
        wait_until(lambda: "SIGHUP" in self.mounted.output(), "the daemon to hear of it")
        self.assert_errno(errno.EACCES, lambda: self.row(2))
        secret.write_text(AUTH)
        os.kill(self.mounted.pid, signal.SIGHUP)
        wait_until(lambda: self.mounted.output().count("SIGHUP") == 2, "the daemon to hear of it")
        self.assert_row(2)

    def test_S9_no_secret_is_seen(self):
        secret = self.directory / "auth"
        secret.touch(0o600)
        secret.write_text(AUTH)
        self.mounted = self.mount(f"{self.proxy.url}/auth{self.path}", "--auth-file", secret,
                                  "--log-level", "debug", "--predictor", "none")
        self.file = self.mounted.point / "field.raw"
        self.assert_row(0)
        self.proxy.rules({"path": f"{CHUNK}1$", "action": "status", "status": 403})
        self.assert_errno(errno.EACCES, lambda: self.row(1))
        control = self.mounted.point / ".neurofs"
        seen = [pathlib.Path(f"/proc/{self.mounted.pid}/cmdline").read_text(), self.mounted.output(),
                *((control / name).read_text() for name in os.listdir(control))]
        self.assertGreater(len(seen[1]), 0)
        for text in seen:
            for word in ("password", "dXNlcjpwYXNzd29yZA"):  # and in base64
                self.assertNotIn(word, text)


class Buckets(MountCase):
    """On radosgw, with keys in a file of a profile and everything else in options: the environment has nothing."""

    def setUp(self):
        super().setUp()
        self.endpoint = os.environ.get("NEUROFS_TEST_S3_ENDPOINT")
        if not self.endpoint:
            self.skipTest("no radosgw: run below tests/servers/with-servers --rgw")
        self.keys = self.directory / "credentials"
        self.write_keys(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        kept["AWS_SHARED_CREDENTIALS_FILE"] = str(self.keys)
        kept["AWS_EC2_METADATA_DISABLED"] = "true"
        patched = unittest.mock.patch.dict(os.environ, kept, clear=True)
        patched.start()
        self.addCleanup(patched.stop)
        self.options = ("--endpoint", self.endpoint, "--profile", "lab", "--region", "us-east-1",
                        "--path-style")
        self.url = f"s3://{os.environ['NEUROFS_TEST_S3_BUCKET']}/{self.directory.name}"

    def write_keys(self, key, secret):
        self.right = getattr(self, "right", (key, secret))
        new = self.directory / "new"
        new.write_text(f"[lab]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
        os.replace(new, self.keys)

    def make_field(self):
        neurofs("create", self.url, "--shape", "8,1024", "--dtype", "uint8", "--chunks", "1,1024",
                "--shards", "1,1024", *self.options)
        self.write(bytes(8 * 1024))

    def write(self, data):
        neurofs("write", self.url, ":", write_npy(self.directory / "a.npy", data), *self.options)

    def test_every_command_takes_the_options(self):
        self.make_field()
        self.assertEqual(json.loads(neurofs("info", "--json", self.url, *self.options).stdout)["shape"],
                         [8, 1024])
        neurofs("region", "add", self.url, "v1", "0:2", *self.options)
        self.assertIn("v1", neurofs("region", "list", self.url, *self.options).stdout)
        neurofs("explain-name", f"{self.url}/neurons/7.npy", *self.options)
        neurofs("import", self.directory / "a.npy", self.url + "-copy", *self.options)
        neurofs("import", self.url + "-copy", self.directory / "copy.zarr", *self.options)
        done = neurofs("info", self.url, *self.options[:2], "--profile", "other", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("other", done.stderr)

    def test_refresh_and_new_keys(self):
        self.make_field()
        mounted = self.mount(self.url, *self.options, "--revalidate", "0", "--predictor", "none")
        file = mounted.point / "field.raw"
        self.assertEqual(file.read_bytes(), bytes(8 * 1024))
        new = os.urandom(8 * 1024)
        self.write(new)
        self.assertEqual(file.read_bytes(), bytes(8 * 1024))
        neurofs("refresh", mounted.point)
        self.assertEqual(file.read_bytes(), new)
        neurofs("refresh", mounted.point)  # so that the next read has to ask
        for keys, code in ((("nobody", "wrong"), errno.EACCES), (self.right, 0)):
            self.write_keys(*keys)
            told = mounted.output().count("looked for anew")
            os.kill(mounted.pid, signal.SIGHUP)
            wait_until(lambda: mounted.output().count("looked for anew") > told, "SIGHUP to be heard")
            wait_until(lambda: self.errno_of(file) == code, f"the keys {keys[0]} to count")

    def errno_of(self, file):
        try:
            pread_all(file, 10, 0)
        except OSError as error:
            return error.errno
        return 0


main(__name__)
