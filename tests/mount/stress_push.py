"""Files that the kernel is given before it asks: right bytes under memory pressure, change, unmount and kill -9.

NEUROFS_PUSH_SECONDS sets for how long the walks go on under pressure (default 4), NEUROFS_KILLS how often a
daemon is killed (default 5).
"""

import errno
import os
import pathlib
import random
import signal
import time

from stress_support import MountCase, Readers, is_mounted, main, seed_of_run, wait_until, write_zarr3

ROW = 4096
ROWS = 6000
GONE = (errno.ENOTCONN, errno.ECONNABORTED, errno.ENOENT, errno.EIO)


class Push(MountCase):
    def setUp(self):
        super().setUp()
        self.data = random.Random(seed_of_run()).randbytes(ROWS * ROW)
        self.field = self.import_raw(self.data, shape=(ROWS, ROW))

    def path(self, neuron):
        return self.point / "neurons" / str(neuron // 1000) / f"{neuron}.raw"

    def known(self):
        """The kernel knows every file, without its pages."""
        for neuron in range(ROWS):
            os.stat(self.path(neuron))

    def metric(self, name):
        time.sleep(0.3)  # a look-up within 250 ms of the last shows the same snapshot
        lines = (self.point / ".neurofs" / "metrics").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"neurofs_{name} "))

    def walk(self, start, step, count):
        for turn in range(count):
            neuron = (start + turn * step) % ROWS
            fd = os.open(self.path(neuron), os.O_RDONLY)
            try:
                if os.read(fd, ROW + 1) != self.data[neuron * ROW:(neuron + 1) * ROW]:
                    raise AssertionError(f"neuron {neuron} has other bytes")
            finally:
                os.close(fd)

    def walkers(self, count):
        """Walk on and on, one each: several together look like no walk; 0: right bytes until the mount was gone."""
        def body(number):
            choose = random.Random(number)
            try:
                while True:
                    self.walk(choose.randrange(ROWS), choose.choice((1, 1, -1, 3)), 400)
            except OSError as error:
                return 0 if error.errno in GONE else 2
        started = Readers(count, body)
        self.addCleanup(started.kill)
        return started

    def await_pushes(self):
        wait_until(lambda: self.metric("fs_pushed_files_total") > 0, "files that are pushed")

    def test_a_walk_is_served_by_the_kernel(self):
        self.mount(self.field, "--push")
        self.known()
        self.walk(0, 1, 3000)
        pushed = self.metric("fs_pushed_files_total")
        self.assertGreater(pushed, 300)
        self.assertLess(self.metric("fs_reads_total"), 3000 - pushed // 2)

    def test_nothing_is_pushed_unless_asked(self):
        self.mount(self.field)
        self.known()
        self.walk(0, 1, 500)
        self.assertEqual(self.metric("fs_pushed_files_total"), 0)

    def test_right_bytes_under_memory_pressure(self):
        self.mount(self.field, "--push", "--ram", "4MiB")
        self.known()
        readers = self.walkers(1)
        end = time.monotonic() + float(os.environ.get("NEUROFS_PUSH_SECONDS", 4))
        drop = pathlib.Path("/proc/sys/vm/drop_caches")
        choose = random.Random(1)
        while time.monotonic() < end:
            if os.access(drop, os.W_OK):
                drop.write_text(choose.choice("123"))
            time.sleep(choose.random() * 0.05)
            if choose.random() < 0.1:
                self.known()
        readers.kill()
        self.assertEqual(set(readers.join()) - {-signal.SIGKILL}, set())
        self.walk(0, 1, ROWS)

    def test_unmount_and_sigterm_during_walks(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            mounted = self.mount(self.field, "--push", "--ram", "64MiB")
            self.known()
            readers = self.walkers(1)
            self.await_pushes()
            os.kill(mounted.pid, number)
            self.assertEqual(mounted.wait(15), 0, mounted.output())
            wait_until(lambda: not is_mounted(self.point), "end of the mount")
            self.assertEqual(set(readers.join(30)), {0})

    def test_kill_9_during_walks(self):
        for _ in range(int(os.environ.get("NEUROFS_KILLS", 5))):
            mounted = self.mount(self.field, "--push", "--ram", "64MiB")
            self.known()
            readers = self.walkers(1)
            self.await_pushes()
            time.sleep(random.random() * 0.2)
            os.kill(mounted.pid, signal.SIGKILL)
            mounted.wait()
            self.assertEqual(set(readers.join(30)), {0})
            mounted.close()

    def test_changed_data_is_not_covered_by_what_was_pushed(self):
        rows = 1000
        names = [bytes([turn]) * ROW for turn in range(4)]
        chunks = {n: names[0] * 100 for n in range(rows // 100)}
        field = write_zarr3(self.directory / "changing.zarr", rows * ROW, 100 * ROW, [{"name": "bytes"}], chunks)
        metadata = field / "zarr.json"
        text = metadata.read_text().replace(f'"shape": [{rows * ROW}]', f'"shape": [{rows}, {ROW}]')
        metadata.write_text(text.replace(f'[{100 * ROW}]', f'[100, {ROW}]'))
        for n in range(rows // 100):
            os.makedirs(field / "c" / f"{n}.d")
            os.rename(field / "c" / str(n), field / "c" / f"{n}.d" / "0")
            os.rename(field / "c" / f"{n}.d", field / "c" / str(n))
        self.mount(field, "--push", "--revalidate", "1")
        for content in names[1:]:
            for neuron in range(rows):
                os.stat(self.point / "neurons" / f"{neuron}.raw")
            for n in range(rows // 100):
                fresh = field / "c" / str(n) / "fresh"
                fresh.write_bytes(content * 100)
                os.rename(fresh, field / "c" / str(n) / "0")
            # Nothing is open while the mount finds out: the kernel keeps the pages of a file that is.
            time.sleep(3)
            for _ in range(2):
                seen = {(self.point / "neurons" / f"{neuron}.raw").read_bytes()[:1] for neuron in range(rows)}
                self.assertEqual(seen, {content[:1]}, "old bytes stay in the kernel")


main(__name__)
