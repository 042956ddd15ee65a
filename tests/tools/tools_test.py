"""The neurofs command as a user runs it. NEUROFS is the program, NEUROFS_BUILD the build tree.

Needs numpy (Debian's python3-numpy); what needs a mount or zarr-python says so when it skips.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import numpy as np

NEUROFS = os.environ["NEUROFS"]
BUILD = pathlib.Path(os.environ["NEUROFS_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = ["create", "import", "write", "info", "region", "selection", "mount", "umount", "status", "stats",
            "prefetch", "refresh", "cache", "replay", "plugins", "explain-name"]


def run(*arguments, check=True, **options):
    done = subprocess.run([str(a) for a in arguments], text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def neurofs(*arguments, **options):
    return run(NEUROFS, *arguments, **options)


class InFolder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="neurofs-tools."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.field = self.folder / "field.zarr"

    def import_array(self, array, *options):
        np.save(self.folder / "a.npy", array)
        neurofs("import", self.folder / "a.npy", self.field, *options)


class CommandLine(InFolder):
    def test_every_subcommand_has_help(self):
        for command in COMMANDS:
            self.assertIn("Usage", neurofs(command, "--help").stdout)

    def test_wrong_use_exits_with_2(self):
        for arguments in [[], ["nonsense"], ["create"], ["create", self.field, "--shape", "a,b"],
                          ["mount", self.field, "/", "-o", "no_such_option"]]:
            done = neurofs(*arguments, check=False)
            self.assertEqual(done.returncode, 2, (arguments, done))

    def test_who_writes_takes_nothing_refused_for_missing(self):
        self.import_array(np.arange(6, dtype=np.float32).reshape(2, 3))
        for arguments in [["create", self.field, "--shape", "2,3", "--overwrite"],
                          ["import", self.field, self.folder / "new.zarr"],
                          ["write", self.field, "0,:", self.folder / "a.npy"]]:
            done = neurofs(*arguments, "--missing-403-fill", check=False)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn("only read", done.stderr)
        neurofs("info", self.field, "--missing-403-fill")  # which is all there still

    def test_what_opens_a_store_takes_the_options_of_the_connection(self):
        for command in ["create", "import", "write", "info", "region add", "region remove", "region rm",
                        "region list", "selection rm",
                        "selection add", "selection remove", "selection list",
                        "mount", "explain-name"]:
            told = neurofs(*command.split(), "--help").stdout
            for option in ("--endpoint", "--auth-file", "--ceph-conf", "--deadline"):
                self.assertIn(option, told, command)
        # They reach the store: nobody listens at port 1.
        done = neurofs("info", "s3://bucket/field", "--anonymous", "--endpoint", "http://127.0.0.1:1",
                       "--retries", "0", "--deadline", "5", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("127.0.0.1", done.stderr)
        done = neurofs("mount", "s3://bucket/field", self.folder, "-o",
                       "nonempty,anonymous,endpoint=http://127.0.0.1:1,retries=0,deadline=5", check=False)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("127.0.0.1", done.stderr)

    def test_a_process_that_opens_a_remote_store_keeps_its_memory_private(self):
        silent = socket.create_server(("127.0.0.1", 0))  # takes connections, answers none
        silent.settimeout(30)
        self.addCleanup(silent.close)
        self.folder.chmod(0o755)
        program = self.folder / "neurofs"
        shutil.copy(NEUROFS, program)
        command = [program, "info", "s3://bucket/field", "--anonymous", "--endpoint",
                   f"http://127.0.0.1:{silent.getsockname()[1]}", "--deadline", "30"]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command]
        child = subprocess.Popen(command, env={**os.environ, "HOME": str(self.folder)})
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        connection, _ = silent.accept()
        self.addCleanup(connection.close)
        # The kernel gives the files of such a process to root.
        self.assertEqual(os.stat(f"/proc/{child.pid}/environ").st_uid, 0)

    def test_replay_gives_the_same_figures_twice(self):
        trace = self.folder / "trace.csv"
        reads = [f"1,{i}" for i in range(300)] + [f"2,{i * 7 % 1000}" for i in range(300)]
        trace.write_text("# grid 10 10 10\n" + "\n".join(reads) + "\n")
        told = neurofs("replay", trace, "--json").stdout
        self.assertEqual(told, neurofs("replay", trace, "--json").stdout)
        one = json.loads(told)[0]
        self.assertEqual(one["blocks"], 600)
        self.assertGreater(one["coverage"], 0.3)
        self.assertLess(one["stall"], 0.9)
        none = json.loads(neurofs("replay", trace, "--json", "--predictor", "none").stdout)[0]
        self.assertEqual(none["misses"], none["misses_without"])
        self.assertIn("predictor_ns_per_read", neurofs("replay", trace, "--json", "--timing").stdout)
        self.assertIn("trace.csv", neurofs("replay", trace).stdout)
        trace.write_text("1,x\n")
        done = neurofs("replay", trace, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("trace.csv:1", done.stderr)
        trace.write_text("1\n")
        self.assertEqual(neurofs("replay", trace, "--policy", "belady", check=False).returncode, 2)

    def test_a_directory_that_is_no_cache_is_left_alone(self):
        for action in ("status", "clear", "verify"):
            done = neurofs("cache", action, self.folder / "absent", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("there is no cache directory", done.stderr)
        self.folder.chmod(0o755)
        self.assertIn("chmod 700", neurofs("cache", "clear", self.folder, check=False).stderr)

    def test_failure_exits_with_1_and_names_the_place(self):
        done = neurofs("info", self.folder / "absent", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("neurofs info: ", done.stderr)
        self.assertIn("absent", done.stderr)

    def test_a_misspelt_word_is_named(self):
        for arguments, said in [
                (["crate"], "neurofs: unknown command 'crate'; did you mean create?"),
                (["--foo"], "neurofs: unknown option '--foo'"),
                (["create", "b7", "--shap", "10,10"],
                 "neurofs create: unknown option '--shap'; did you mean --shape?"),
                (["region", "ad", "a", "v", "0"],
                 "neurofs region: unknown command 'ad'; did you mean add?"),
                (["umount", "a", "b"], "neurofs umount: 'b' is one word too many"),
                (["create", "b7"], "neurofs create: --shape is required"),
                (["stats", "--count", "-1"], "neurofs stats: --count: Value -1 not in range 0 to")]:
            done = neurofs(*arguments, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertTrue(done.stderr.startswith(said), done.stderr)
            self.assertLess(len(done.stderr), 200)

    def test_an_option_takes_one_value(self):
        neurofs("create", "--shape", "10", "--names", "a", self.field)
        np.save(self.folder / "a.npy", np.zeros(3, "f4"))
        other = self.folder / "other"
        neurofs("import", "--attr", "k=v", "--attr", "n=1", self.folder / "a.npy", other)
        self.assertEqual(json.loads(neurofs("info", other, "--json").stdout)["attributes"],
                         {"k": "v", "n": 1})

    def test_messages_escape_what_a_terminal_must_not_see(self):
        done = subprocess.run([NEUROFS, "info", b"/no\xff\x1b[31mthing\xc3\xa9"], check=False,
                              capture_output=True)
        self.assertIn(b"/no\\xff\\x1b[31mthing\xc3\xa9", done.stderr)

    def test_plugins_names_every_seam(self):
        plugins = json.loads(neurofs("plugins", "--json").stdout)
        self.assertIn("file", plugins["stores"])
        self.assertIn("zstd", plugins["codecs"])
        self.assertIn("lru", plugins["policies"])
        self.assertIn("bfloat16", plugins["dtypes"])
        self.assertIn("stride", plugins["predictors"])
        self.assertEqual(sorted(plugins["views"]), ["npy", "raw", "txt"])
        self.assertIn("gelu", plugins["lenses"])
        self.assertIn("LEAST:GREATEST", plugins["lenses"]["clip"]["options"])
        self.assertEqual(sorted(plugins["orders"]), ["shuffle", "take"])

    def test_explain_name_without_a_mount(self):
        told = neurofs("explain-name", "--dtype", "int16", "@scale=0.5,f16").stdout
        self.assertIn("int16 to float16", told)
        neurofs("create", self.field, "--shape", "100,7")
        told = json.loads(neurofs("explain-name", "--json", f"{self.field}/neurons/99.npy").stdout)
        self.assertEqual([part["kind"] for part in told["parts"]], ["neurons", "neuron"])
        for name, reason in [("neurons/100.npy", "past the end"), ("@rellu", "rellu"),
                             ("regions/7:", "extensions"), ("@\nrelu", "\\x0a")]:
            done = neurofs("explain-name", f"{self.field}/{name}", check=False)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(reason, done.stdout)
        done = neurofs("explain-name", self.folder / "absent/neurons/1.npy", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--dtype", done.stderr)


class Fields(InFolder):
    def test_petabyte_field_is_small_and_written_at_both_ends(self):
        out = neurofs("create", self.field, "--shape", "86000000000,1000", "--dtype",
                      "float32").stdout
        self.assertIn("344 TB", out)
        used = sum(p.stat().st_blocks * 512 for p in self.field.rglob("*"))
        self.assertLess(used, 64 << 10)
        np.save(self.folder / "n.npy", np.arange(1000, dtype="f4"))
        neurofs("write", self.field, "85999999999", self.folder / "n.npy")
        used = sum(p.stat().st_blocks * 512 for p in self.field.rglob("*"))
        self.assertLess(used, 8 << 20)

    def test_create_refuses_to_overwrite(self):
        neurofs("create", self.field, "--shape", "10,10")
        done = neurofs("create", self.field, "--shape", "10,10", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--overwrite", done.stderr)
        neurofs("create", self.field, "--shape", "20,10", "--overwrite")
        self.assertEqual(json.loads(neurofs("info", self.field, "--json").stdout)["shape"],
                         [20, 10])

    def test_rank_0_is_asked_for_by_its_name(self):
        self.assertEqual(neurofs("create", self.field, "--shape", "", check=False).returncode, 2)
        self.assertNotIn("neurons", neurofs("create", self.field, "--shape", "()").stdout)
        self.assertEqual(json.loads(neurofs("info", self.field, "--json").stdout)["shape"], [])
        self.assertNotIn("neurons", neurofs("info", self.field).stdout)
        self.assertIn("empty", neurofs("create", "", "--shape", "3", check=False).stderr)

    def test_info_of_a_group_survives_a_member_that_is_no_utf8(self):
        neurofs("create", self.field / "good", "--shape", "3")
        (self.field / "bad").mkdir()
        (self.field / "bad/zarr.json").write_bytes(b'{"zarr_format": 3, "node_type": "\xff"}')
        (self.field / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
        document = json.loads(neurofs("info", self.field, "--json").stdout)
        self.assertEqual([("error" in f) for f in document["fields"]], [True, False])

    def test_a_refused_field_leaves_nothing_behind(self):
        neurofs("create", self.field, "--shape", "10,10", "--codec", "zst", check=False)
        self.assertFalse(self.field.exists())
        done = neurofs("create", self.field, "--shape", "10,10", "--activation", "rellu", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("rellu", done.stderr)
        self.assertFalse(self.field.exists())

    def test_info_tells_the_activation(self):
        neurofs("create", self.field, "--shape", "10,10", "--activation", "gelu,f16")
        self.assertIn("gelu,f16, so that a mount shows float16", neurofs("info", self.field).stdout)

    def test_write_refuses_another_shape_or_type(self):
        neurofs("create", self.field, "--shape", "10,10")
        for array in (np.zeros(9, "f4"), np.zeros(10, "f8")):
            np.save(self.folder / "n.npy", array)
            done = neurofs("write", self.field, "3", self.folder / "n.npy", check=False)
            self.assertEqual(done.returncode, 1)

    def test_negative_region_after_dashes(self):
        neurofs("create", self.field, "--shape", "10,4")
        np.save(self.folder / "n.npy", np.ones((2, 4), "f4"))
        neurofs("write", "--", self.field, "-2:", self.folder / "n.npy")

    def test_imports_raw_with_shape_and_type(self):
        array = np.random.default_rng(1).normal(size=(300, 7)).astype("f4")
        array.tofile(self.folder / "a.bin")
        neurofs("import", self.folder / "a.bin", self.field, "--shape", "300,7", "--dtype", "f4",
                "--codec", "zstd")
        info = json.loads(neurofs("info", self.field, "--json").stdout)
        self.assertEqual((info["shape"], info["dtype"]), ([300, 7], "float32"))

    def test_raw_import_refuses_a_shape_that_leaves_bytes_over(self):
        np.arange(300 * 7, dtype="f4").tofile(self.folder / "a.bin")
        command = ("import", self.folder / "a.bin", self.field, "--shape", "300,6", "--dtype", "f4")
        done = neurofs(*command, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("1,200 bytes are left over", done.stderr)
        self.assertFalse(self.field.exists())
        neurofs(*command, "--ignore-trailing")

    def test_import_says_when_memory_limits_its_threads(self):
        np.save(self.folder / "a.npy", np.zeros((3 << 20, 2), "u1"))
        command = ("import", self.folder / "a.npy", self.field, "--overwrite", "--codec", "zstd",
                   "--chunks", "1048576,2", "--shards", "1048576,2", "--threads", "3")
        self.assertIn("1 of 3 threads work: --memory 9MiB",
                      neurofs(*command, "--memory", "9MiB").stderr)
        self.assertEqual(neurofs(*command).stderr, "")

    def test_import_goes_on_after_kill_9_and_is_never_half_a_field(self):
        # The journal marks every 256 MiB: large enough, with one thread and a slow level, to be
        # killed between a mark and the end.
        row = np.random.default_rng(2).integers(0, 4, size=(2000, 500), dtype="i4")
        np.save(self.folder / "a.npy", np.tile(row, (100, 1)))
        command = [NEUROFS, "import", str(self.folder / "a.npy"), str(self.field), "--codec",
                   "zstd:9", "--chunks", "500,500", "--shards", "2000,500", "--threads", "1"]
        child = subprocess.Popen(command)
        journal = self.field / ".neurofs-import/done"
        while child.poll() is None and not journal.exists():
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        self.assertNotEqual(child.wait(), 0, "the import ended before it could be killed")
        done = neurofs("info", self.field, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("same import command", done.stderr)
        self.assertEqual(neurofs("create", self.field, "--shape", "3", check=False).returncode, 1)
        self.assertIn("from an earlier run", run(*command).stdout)
        info = json.loads(neurofs("info", self.field, "--json").stdout)
        self.assertEqual(info["shape"], [200000, 500])
        python = os.environ.get("NEUROFS_TEST_PYTHON")
        if python:
            code = ("import sys, numpy, zarr; a = numpy.load(sys.argv[1]); "
                    "assert (zarr.open(sys.argv[2], mode='r')[:] == a).all()")
            run(python, "-c", code, self.folder / "a.npy", self.field)

    def test_import_overwrites_only_when_asked_and_only_a_field(self):
        self.import_array(np.zeros((10, 2), "f4"))
        again = ("import", self.folder / "a.npy", self.field)
        np.save(self.folder / "a.npy", np.zeros((7, 2), "f4"))
        self.assertIn("--overwrite", neurofs(*again, check=False).stderr)
        neurofs(*again, "--overwrite")
        self.assertFalse((self.field / ".neurofs-import").exists())
        self.assertEqual(json.loads(neurofs("info", self.field, "--json").stdout)["shape"], [7, 2])
        other = self.folder / "other"
        other.mkdir()
        (other / "precious").write_text("data")
        for command in (("create", other, "--shape", "3"), ("import", self.folder / "a.npy", other)):
            self.assertEqual(neurofs(*command, "--overwrite", check=False).returncode, 1)
        self.assertTrue((other / "precious").exists())

    def test_create_with_overwrite_forgets_the_old_data(self):
        self.import_array(np.ones((10, 2), "f4"))
        neurofs("create", self.field, "--shape", "10,2", "--overwrite")
        self.assertEqual([p.name for p in self.field.iterdir()], ["zarr.json"])

    def test_selections(self):
        neurofs("create", self.field, "--shape", "100,4")
        rows = self.folder / "rows.npy"
        np.save(rows, np.array([3, 1, 3], dtype=">i2"))
        self.assertEqual(neurofs("selection", "add", self.field, "train", rows).stdout,
                         "@take=train shows 3 of 100 neurons\n")
        self.assertEqual(neurofs("selection", "list", self.field).stdout, "train\n")
        np.save(rows, np.array([1, 100]))
        for name, reason in [("test", "row 1 of the selection is 100"), ("../x", "cannot name")]:
            done = neurofs("selection", "add", self.field, name, rows, check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(reason, done.stderr)
        neurofs("selection", "remove", self.field, "train")
        np.save(rows, np.array([1]))
        neurofs("selection", "add", self.field, "train", rows)
        neurofs("selection", "rm", self.field, "train")
        self.assertEqual(json.loads(neurofs("selection", "list", self.field, "--json").stdout), [])
        self.assertEqual(neurofs("selection", "remove", self.field, "train", check=False).returncode, 1)
        for number in range(1001):
            (self.field / f".neurofs-selections/s{number:04}.npy").touch()
        told = neurofs("selection", "list", self.field)
        self.assertEqual(told.stdout.split(), [f"s{number:04}" for number in range(1000)])
        self.assertIn("more than 1000 files", told.stderr)
        (self.field / ".neurofs-selections/s1000.npy").unlink()
        self.assertEqual(neurofs("selection", "list", self.field).stderr, "")

    def test_named_regions(self):
        neurofs("create", self.field, "--shape", "100,4")
        neurofs("region", "add", self.field, "v1", "0:10,2")
        self.assertIn("v1", neurofs("region", "list", self.field).stdout)
        for name, region, said in [("v2", "0:10,9", "9"), ("v2.npy", "0:10", "name it v2"),
                                   ("v" * 300, "0:10", "at most 239")]:
            done = neurofs("region", "add", self.field, name, region, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(said, done.stderr)
        neurofs("region", "rm", self.field, "v1")
        neurofs("region", "add", self.field, "v1", "0:10,2")
        neurofs("region", "remove", self.field, "v1")
        self.assertEqual(json.loads(neurofs("region", "list", self.field, "--json").stdout), {})


class Mounts(InFolder):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            self.skipTest("mounting needs root and /dev/fuse")
        self.mount = self.folder / "mnt"
        self.mount.mkdir()
        self.addCleanup(run, "umount", "-l", self.mount, check=False)
        self.array = np.arange(600, dtype="f4").reshape(100, 6)
        self.import_array(self.array)

    def mount_it(self, *options):
        return neurofs("mount", self.field, self.mount, *options)

    def test_mount_status_stats_umount(self):
        self.assertIn("mounted at", neurofs("mount", "-o", "allow_other", self.field, self.mount,
                                            "-o", "ram=64MiB").stdout)
        self.assertTrue((np.load(self.mount / "field.npy") == self.array).all())
        rows = json.loads(neurofs("status", "--json").stdout)
        self.assertIn(str(self.mount), [row["directory"] for row in rows])
        stats = json.loads(neurofs("stats", self.mount, "--json").stdout)
        self.assertEqual(stats["ram"]["budget_bytes"], 64 << 20)
        self.assertEqual(set(stats["prefetch"]), {"used_blocks", "late_blocks", "wasted_blocks", "accuracy"})
        table = neurofs("stats", self.mount, "--watch", "--interval", "0.1", "--count", "2").stdout
        self.assertLessEqual(max(map(len, table.splitlines()[2:])), 80)
        script = (f"source {BUILD}/mount-tools/neurofs.bash; COMP_WORDS=(neurofs umount '');"
                  "COMP_CWORD=2; _neurofs; printf '%s\\n' ${COMPREPLY[@]}")
        self.assertIn(str(self.mount), run("bash", "-c", script).stdout.split())
        lines = neurofs("stats", self.mount, "--watch", "--json", "--interval", "0.1", "--count",
                        "2").stdout.splitlines()
        self.assertEqual([json.loads(line)["policy"] for line in lines], ["adaptive", "adaptive"])
        neurofs("umount", self.mount)
        self.assertNotIn(str(self.mount), pathlib.Path("/proc/self/mounts").read_text())

    def test_status_stays_aligned_for_long_paths(self):
        deep = self.folder / ("d" * 60)
        deep.mkdir()
        self.addCleanup(run, "umount", "-l", deep, check=False)
        neurofs("mount", self.field, deep)
        lines = neurofs("status").stdout.splitlines()
        row = next(line for line in lines if line.startswith(str(deep)))
        at = lines[0].index("SOURCE")
        self.assertEqual(row[at - 2:at], "  ")
        self.assertNotIn(" ", row[at:])

    def test_a_directory_with_contents_is_not_covered_silently(self):
        (self.mount / "precious").write_text("data")
        done = neurofs("mount", self.field, self.mount, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("it holds precious", done.stderr)
        self.assertEqual(neurofs("mount", self.field, "/proc", check=False).returncode, 1)
        neurofs("mount", self.field, self.mount, "-o", "nonempty")
        self.assertIn("already shows", self.mount_again().stderr)
        neurofs("umount", self.mount)

    def mount_again(self):
        return neurofs("mount", self.field, self.mount, check=False)

    def test_arrays_that_are_not_shown_are_counted(self):
        group = self.folder / "group"
        neurofs("create", group / "good", "--shape", "3")
        for name in ("bad", "worse"):
            (group / name).mkdir()
            (group / name / "zarr.json").write_text("{")
        (group / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
        done = neurofs("mount", group, self.mount)
        self.assertIn(f"2 arrays cannot be shown; see {self.mount}/.neurofs/errors", done.stderr)

    def test_the_log_file_needs_its_folder(self):
        log = self.folder / "absent/log"
        done = self.mount_it_badly("--log-file", log)
        self.assertIn("there is no directory", done.stderr)
        self.assertFalse(log.parent.exists())
        self.assertIn("remount is not supported", self.mount_it_badly("-o", "remount,rw").stderr)

    def mount_it_badly(self, *options):
        done = neurofs("mount", self.field, self.mount, *options, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done

    def test_another_user_is_told_what_fusermount_would_refuse(self):
        program = self.folder / "neurofs"
        shutil.copy(NEUROFS, program)
        for path in (self.folder, self.mount):
            path.chmod(0o755)

        def as_nobody(*options):
            # A private namespace whose /dev/fuse is open to all and whose fuse.conf is empty.
            script = ("mount --bind /dev/null /etc/fuse.conf; mknod $1/fuse c 10 229;"
                      "chmod 666 $1/fuse; mount --bind $1/fuse /dev/fuse; shift;"
                      "exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"")
            return run("unshare", "-m", "sh", "-c", script, "sh", self.folder, program, "mount",
                       self.field, self.mount, *options, check=False).stderr

        self.assertIn("is not yours to mount on", as_nobody())
        os.chown(self.mount, 65534, 65534)
        self.assertIn("user_allow_other", as_nobody("--allow-other"))

    def test_the_five_minutes_of_the_readme_work_word_by_word(self):
        text = (SOURCE / "README.md").read_text().split("## Five minutes")[1].split("## ")[0]
        lines = [line for line in text.splitlines() if line.startswith("    ")]
        script = "\n".join(lines).replace("/mnt/brain", str(self.mount))
        script = script.replace("$PWD/build/mount-tools", str(pathlib.Path(NEUROFS).parent))
        done = subprocess.run(["bash", "-ec", script], cwd=self.folder, capture_output=True,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"(100, 10)", done.stdout)

    def test_busy_umount_says_who_and_lazy_detaches(self):
        self.mount_it()
        with open(self.mount / "field.raw", "rb"):
            done = neurofs("umount", self.mount, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("fuser", done.stderr)
            neurofs("umount", "--lazy", self.mount)

    def test_dead_mount_is_reported_and_removed(self):
        self.mount_it()
        status = json.loads((self.mount / ".neurofs/status.json").read_text())
        os.kill(status["pid"], signal.SIGKILL)
        time.sleep(0.3)
        self.assertIn("neurofs umount", neurofs("status").stdout)
        neurofs("umount", self.mount)
        self.mount_it()
        neurofs("umount", self.mount)

    def test_failure_to_mount_is_said_in_front(self):
        done = neurofs("mount", self.folder / "absent", self.mount, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("absent", done.stderr)

    def test_mount_type_and_fstab_line(self):
        helpers = self.folder / "prefix"
        (helpers / "sbin").mkdir(parents=True)
        (helpers / "bin").mkdir()
        (helpers / "bin/neurofs").symlink_to(NEUROFS)
        shutil.copy(SOURCE / "mount-tools/mount.neurofs", helpers / "sbin")
        fstab = self.folder / "fstab"
        fstab.write_text(f"{self.field} {self.mount} neurofs ram=64MiB,nofail 0 0\n")
        # A private mount namespace where /usr also holds program and helper; the host is untouched.
        script = f"""set -e
          mount -t overlay -o lowerdir={helpers}/sbin:/usr/sbin overlay /usr/sbin
          mount -t overlay -o lowerdir={helpers}/bin:/usr/bin overlay /usr/bin
          mount -t neurofs {self.field} {self.mount} -o ram=64MiB
          cmp <(head -c 100 {self.mount}/field.npy) <(head -c 100 {self.folder}/a.npy)
          umount {self.mount}
          mount -T {fstab} {self.mount}; ls {self.mount}/neurons >/dev/null
          status=0; mount -t neurofs {self.field} {self.mount} || status=$?; [ $status = 32 ]
          mount -o remount,rw {self.mount} 2>&1 | grep "remount is not supported"
          umount {self.mount}
          status=0; mount -t neurofs -o threads=x {self.field} {self.mount} || status=$?
          [ $status = 1 ]
          mount -T {fstab} -a; mount -T {fstab} -a
          [ $(grep -c " {self.mount} " /proc/self/mounts) = 1 ]
          umount {self.mount}
          mv {self.field} {self.field}.away
          mount -T {fstab} -a
          status=0; mount -t neurofs {self.field} {self.mount} || status=$?; [ $status = 32 ]"""
        run("unshare", "-m", "bash", "-c", script)


class Documents(unittest.TestCase):
    def test_manual_pages_render_without_warnings(self):
        for page in (BUILD / "mount-tools/neurofs.1", SOURCE / "mount-tools/mount.neurofs.8"):
            done = run("man", "--warnings", "-E", "UTF-8", "-l", page,
                       env={**os.environ, "MANWIDTH": "80", "MANROFFSEQ": ""})
            self.assertEqual(done.stderr, "")
        for command in COMMANDS:
            self.assertIn(command, run("man", "-l", BUILD / "mount-tools/neurofs.1").stdout)

    def test_completion_completes_subcommands_and_options(self):
        script = (f"source {BUILD}/mount-tools/neurofs.bash; COMP_WORDS=(neurofs mo); COMP_CWORD=1;"
                  "_neurofs; echo ${COMPREPLY[@]}; COMP_WORDS=(neurofs mount --allow);"
                  "COMP_CWORD=2; _neurofs; echo ${COMPREPLY[@]}")
        self.assertEqual(run("bash", "-c", script).stdout, "mount\n--allow-other\n")

    def test_completion_knows_the_values_of_options(self):
        script = (f"source {BUILD}/mount-tools/neurofs.bash; COMP_WORDS=(neurofs mount a --policy '');"
                  "COMP_CWORD=4; _neurofs; echo ${COMPREPLY[@]}")
        self.assertIn("lru", run("bash", "-c", script).stdout.split())

    def test_completion_completes_the_commands_of_a_command(self):
        script = (f"source {BUILD}/mount-tools/neurofs.bash; COMP_WORDS=(neurofs cache ''); COMP_CWORD=2;"
                  "_neurofs; echo ${COMPREPLY[@]}; COMP_WORDS=(neurofs region add --endp);"
                  "COMP_CWORD=3; _neurofs; echo ${COMPREPLY[@]}; COMP_WORDS=(neurofs selection r);"
                  "COMP_CWORD=2; _neurofs; echo ${COMPREPLY[@]}")
        words, option, removes = run("bash", "-c", script).stdout.splitlines()
        self.assertLessEqual({"status", "clear", "verify"}, set(words.split()))
        self.assertLessEqual({"remove", "rm"}, set(removes.split()))
        self.assertEqual(option, "--endpoint")

    def test_the_manual_describes_raw_files_and_a_mount(self):
        text = " ".join(run("man", "-l", BUILD / "mount-tools/neurofs.1").stdout.split())
        for word in ("RAW FILES", "byte_order", "trailing", "FILES OF A MOUNT", "regions/v1.npy",
                     "region rm", "selection rm", "equal to within one neuron"):
            self.assertIn(word, text)
        self.assertEqual(text.count("A FIELD is a path"), 1)
        self.assertEqual(text.count("--missing-403-fill"), 1)  # once for all commands
        self.assertGreater(text.count("The options of REMOTE STORES as well"), 7)


class Install(InFolder):
    CONSUMER = """
#include "core/engine/field_writer.h"
int main() {
  neurofs::CreateOptions options;
  options.shape = {86'000'000'000, 1000};
  return neurofs::make_zarr3_metadata(options).ok() ? 0 : 1;
}
"""

    def test_find_package_consumer_builds_and_runs(self):
        prefix = self.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", prefix)
        for name in ("bin/neurofs", "sbin/mount.neurofs", "share/man/man1/neurofs.1",
                     "share/bash-completion/completions/neurofs"):
            self.assertTrue((prefix / name).exists(), name)
        (self.folder / "main.cc").write_text(self.CONSUMER)
        (self.folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(consumer CXX)\n"
            "find_package(neurofs REQUIRED)\nadd_executable(consumer main.cc)\n"
            "target_link_libraries(consumer PRIVATE neurofs::neurofs)\n")
        run("cmake", "-S", self.folder, "-B", self.folder / "b", f"-DCMAKE_PREFIX_PATH={prefix}")
        run("cmake", "--build", self.folder / "b")
        run(self.folder / "b/consumer")

    def test_package_has_its_files_and_dependencies(self):
        run("cpack", "-G", "DEB", "-B", self.folder / "deb", cwd=BUILD)
        deb = next((self.folder / "deb").glob("*.deb"))
        names = run("dpkg", "--contents", deb).stdout
        for name in ("./usr/bin/neurofs", "./usr/sbin/mount.neurofs", "libneurofs.so."):
            self.assertIn(name, names)
        depends = run("dpkg", "-f", deb, "Depends").stdout
        for name in ("libfuse3-3", "liburing2", "libblosc1", "fuse3"):
            self.assertIn(name, depends)


if __name__ == "__main__":
    unittest.main()
