"""The daemon's life under load: signals, kill -9, umount, few descriptors, leaks (R40-R43, R47)."""

import errno
import mmap
import os
import pathlib
import random
import signal
import subprocess
import time

from stress_support import (MountCase, Readers, is_mounted, main, neurofs, pread_all, seed_of_run,
                            wait_until, write_zarr3)

MIB = 1 << 20
GONE = (errno.ENOTCONN, errno.ECONNABORTED, errno.ENOENT, errno.EIO)
O_CLOEXEC = 0o2000000


class Life(MountCase):
    def setUp(self):
        super().setUp()
        self.data = random.Random(seed_of_run()).randbytes(16 * MIB)
        self.field = self.import_raw(self.data)

    def readers(self, mounted, count=64):
        """Readers that read at random until an error; 0: right bytes until the mount was gone."""
        path = mounted.point / "field.raw"

        def read(number):
            choose = random.Random(number)
            fd = os.open(path, os.O_RDONLY | os.O_DIRECT if number % 2 else os.O_RDONLY)
            buffer = mmap.mmap(-1, 4096)  # aligned, as O_DIRECT wants it
            while True:
                offset = choose.randrange(len(self.data) // 4096) * 4096
                try:
                    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)  # else pages outlive the mount
                    os.preadv(fd, [buffer], offset)
                except OSError as error:
                    return 0 if error.errno in GONE else 2
                if buffer[:] != self.data[offset:offset + 4096]:
                    return 3
        started = Readers(count, read)
        self.addCleanup(started.kill)
        time.sleep(0.3)  # so that requests are in flight; nothing depends on how many
        return started

    def assert_right_again(self):
        mounted = self.mount(self.field, "--ram", "4MiB")
        self.assertEqual(pread_all(mounted.point / "field.raw", 100000, 777), self.data[777:100777])
        mounted.close()
        self.assertFalse(is_mounted(self.point))

    def test_R41_kill_9_under_load(self):
        mounted = self.mount(self.field, "--ram", "4MiB")
        readers = self.readers(mounted)
        os.kill(mounted.pid, signal.SIGKILL)
        mounted.wait()
        self.assertEqual(set(readers.join(30)), {0})
        if is_mounted(self.point):  # without auto_unmount the dead mount stays
            self.assert_errno(errno.ENOTCONN, lambda: os.statvfs(self.point))
        self.assert_right_again()

    def check_signal(self, number):
        mounted = self.mount(self.field, "--ram", "4MiB")
        readers = self.readers(mounted)
        os.kill(mounted.pid, number)
        self.assertEqual(mounted.wait(15), 0, mounted.output())
        wait_until(lambda: not is_mounted(self.point), "end of the mount")
        self.assertEqual(set(readers.join(30)), {0})
        self.assert_right_again()

    def test_R42_sigterm_under_load(self):
        self.check_signal(signal.SIGTERM)

    def test_R42_sigint_under_load(self):
        self.check_signal(signal.SIGINT)

    def test_R42_sigpipe_and_sighup_do_not_end_it(self):
        mounted = self.mount(self.field, "--ram", "4MiB")
        for number in (signal.SIGPIPE, signal.SIGHUP):
            os.kill(mounted.pid, number)
        time.sleep(0.1)
        self.assertEqual(pread_all(mounted.point / "field.raw", 10, 5), self.data[5:15])
        self.assertIsNone(mounted.daemon.poll())

    def test_R43_umount_is_refused_while_a_file_is_open(self):
        mounted = self.mount(self.field, "--ram", "4MiB")
        with open(mounted.point / "field.raw", "rb"):
            self.assertNotEqual(neurofs("umount", mounted.point, check=False).returncode, 0)
            self.assertTrue(is_mounted(self.point))
        neurofs("umount", mounted.point)
        self.assertEqual(mounted.wait(), 0)

    def test_R43_lazy_umount_under_64_readers(self):
        mounted = self.mount(self.field, "--ram", "4MiB")
        readers = self.readers(mounted)
        neurofs("umount", "--lazy", mounted.point)
        self.assertFalse(is_mounted(self.point))
        time.sleep(0.2)
        self.assertIsNone(mounted.daemon.poll(), "readers still hold files")
        readers.kill()
        readers.join()
        self.assertEqual(mounted.wait(), 0, mounted.output())

    def test_R47_no_other_holder_and_close_on_exec(self):
        mounted = self.mount(self.field, "--ram", "4MiB", "--log-file", self.field.with_suffix(".log"))
        pread_all(mounted.point / "field.raw", 4096, 0)
        for number, target in mounted.descriptors().items():
            if number <= 2:
                continue
            info = pathlib.Path(f"/proc/{mounted.pid}/fdinfo/{number}").read_text().splitlines()
            flags = [int(line.split()[1], 8) for line in info if line.startswith("flags:")]
            self.assertTrue(flags[0] & O_CLOEXEC, f"descriptor {number} ({target}) survives exec")
        children = pathlib.Path(f"/proc/{mounted.pid}/task").glob("*/children")
        self.assertEqual([p.read_text() for p in children if p.read_text()], [], "a process forked")

    def test_descriptors_and_threads_do_not_grow(self):
        mounted = self.mount(self.field, "--ram", "4MiB", "--threads", "8")

        def work():
            for start in range(0, 3000, 7):
                name = mounted.point / "regions" / f"{start}:{start + 5}.raw"
                self.assertEqual(name.read_bytes(), self.data[start:start + 5])
            Readers(16, lambda n: int(pread_all(mounted.point / "field.raw", MIB, n * MIB)
                                      != self.data[n * MIB:(n + 1) * MIB])).join()
        work()
        descriptors, threads = len(mounted.descriptors()), mounted.status("Threads")
        for _ in range(3):
            work()
        # Each FUSE thread that the second wave starts holds one cloned descriptor.
        self.assertLessEqual(len(mounted.descriptors()), descriptors + 8)
        self.assertLessEqual(mounted.status("Threads"), threads + 8)

    def test_many_mounts_leave_nothing(self):
        for turn in range(8):
            point = self.directory / f"mnt{turn}"
            point.mkdir()
            neurofs("mount", self.field, point, "--ram", "4MiB")
            self.assertEqual(pread_all(point / "field.raw", 9, turn), self.data[turn:turn + 9])
            neurofs("umount", point)
            self.assertFalse(is_mounted(point))
        wait_until(lambda: subprocess.run(["pgrep", "-f", f"mount.*{self.directory}"],
                                          capture_output=True).returncode == 1, "end of the daemons")


class FewDescriptors(MountCase):
    def test_R40_ulimit_64(self):
        chunk, count = 4096, 300
        chunks = {n: bytes([n % 251]) * chunk for n in range(count)}
        field = write_zarr3(self.directory / "f.zarr", chunk * count, chunk, [{"name": "bytes"}], chunks)
        mounted = self.mount(field, "--ram", "4MiB",
                             wrapper=("sh", "-c", 'ulimit -n 64; exec "$0" "$@"'))

        def read(number):
            choose = random.Random(number)
            for _ in range(50):
                n = choose.randrange(count)
                if pread_all(mounted.point / "field.raw", chunk, n * chunk) != chunks[n]:
                    return 1
            return 0
        self.assertEqual(Readers(32, read).join(), [0] * 32, mounted.output())


main(__name__)
