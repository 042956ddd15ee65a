"""What a mount of a remote store asks for besides reads: looks for changes, metadata while the store stalls."""

import errno
import os
import signal
import time

from remote_support import ROW, ROWS, RemoteCase
from stress_support import Mount, Readers, main, neurofs, pread_all, wait_until


class Changes(RemoteCase):
    def heads(self):
        return [line for line in self.proxy.log() if line[0] == "HEAD" and "/c/" in line[1]]

    def cached_row(self, number):
        """As programs read: the kernel may have it."""
        with open(self.file, "rb") as file:
            file.seek(number * ROW)
            return file.read(ROW)

    def test_R26_what_is_replaced_is_seen_by_new_opens(self):
        self.start("--revalidate", "1")
        for number in range(ROW // 1024):
            self.assertEqual(self.cached_row(number), self.rows[number])
        fresh = os.urandom(ROW)
        self.replace(2, fresh)
        seen = []

        def new():
            seen.append(self.cached_row(2))
            return seen[-1] == fresh

        wait_until(new, "the new row")
        self.assertLessEqual(set(seen), {self.rows[2], fresh})
        self.assertTrue(self.heads())

    def test_R26_nobody_asks_for_what_nobody_uses_until_it_is_used_again(self):
        self.start("--revalidate", "1")

        def looked():
            # A look that comes while the first read waits finds nothing to ask for, and is the last for this use.
            self.assertEqual(self.cached_row(2), self.rows[2])
            return self.heads()

        wait_until(looked, "the look after a read")
        time.sleep(3)  # one more look may follow: the kernel's read-ahead is a use
        before = len(self.heads())
        time.sleep(4)
        self.assertEqual(len(self.heads()), before)
        fresh = os.urandom(ROW)
        self.replace(2, fresh)
        wait_until(lambda: self.cached_row(2) == fresh, "the new row")

    def test_R26_a_descriptor_that_stays_open_sees_what_is_replaced(self):
        """Its reads are the kernel's to serve: the daemon hears of none."""
        self.start("--revalidate", "1")
        fd = os.open(self.file, os.O_RDONLY)
        self.addCleanup(os.close, fd)

        def row(number):
            return os.pread(fd, ROW, number * ROW)

        end = time.monotonic() + 4  # while the kernel alone answers
        while time.monotonic() < end:
            self.assertEqual(row(2), self.rows[2])
            time.sleep(0.1)
        fresh = os.urandom(ROW)
        self.replace(2, fresh)
        seen = []

        def new():
            time.sleep(0.1)
            seen.append(row(2))
            return seen[-1] == fresh

        wait_until(new, "the new row", 15)
        self.assertLessEqual(set(seen), {self.rows[2], fresh})
        self.assertEqual(row(3), self.rows[3])

    def test_R26_an_array_that_is_resized_stays_as_it_was_mounted(self):
        """Whatever is looked at: its old shape, with the bytes that are stored; the next mount has the new one."""
        self.start("--revalidate", "1")
        self.assertEqual(self.cached_row(2), self.rows[2])
        fd = os.open(self.file, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        size = os.fstat(fd).st_size
        more, fresh = os.urandom(ROW), os.urandom(ROW)
        (self.served / "c" / str(ROWS)).write_bytes(more)
        metadata = self.served / "zarr.json"
        text = metadata.read_text()
        metadata.write_text(text.replace(f"[{ROWS * ROW}]", f"[{(ROWS + 1) * ROW}]"))
        self.assertNotEqual(metadata.read_text(), text)
        self.replace(2, fresh)
        wait_until(lambda: self.cached_row(2) == fresh, "the new row")
        self.assertEqual((os.fstat(fd).st_size, os.stat(self.file).st_size), (size, size))
        self.assertEqual(self.file.read_bytes(), b"".join([*self.rows[:2], fresh, *self.rows[3:]]))
        self.assertEqual(os.pread(fd, ROW, size), b"")
        past = self.mounted.point / "regions" / f"{ROWS * ROW}:{(ROWS + 1) * ROW}.raw"
        self.assertEqual(past.stat().st_size, 0)
        again = Mount(self.proxy.url + self.path, self.directory / "again")
        self.addCleanup(again.close)
        self.assertEqual(pread_all(again.point / "field.raw", 2 * ROW, size), more)

    def test_R27_pages_are_dropped_while_a_read_of_them_is_under_way(self):
        """What refresh drops are pages of a file whose other pages wait for a server that stalls. row() has no
        read-ahead, so that each page is a request of its own."""
        self.start("--revalidate", "0", "--deadline", "60")
        self.addCleanup(self.proxy.rules)  # nothing stalls while the mount ends
        held = self.held()
        self.assertEqual(self.row(2), self.rows[2])
        self.proxy.rules({"path": "/c/40$", "action": "stall", "at": 10})
        fresh = [os.urandom(ROW), os.urandom(ROW)]
        readers = Readers(4, lambda _: 0 if self.row(40) in (self.rows[40], fresh[1]) else 1)
        wait_until(lambda: self.asked_for(40), "the request that stalls")
        self.replace(2, fresh[0])
        self.replace(40, fresh[1])
        refreshes = Readers(2, lambda _: neurofs("refresh", self.mounted.point).returncode)
        # The kernel drops a page that is being read when that ends; nobody else waits for it.
        others = Readers(4, lambda number: 0 if self.row(20 + number) == self.rows[20 + number] else 1)
        self.assertEqual(others.join(20), [0] * 4)
        self.proxy.rules()
        self.assertEqual(refreshes.join(20), [0, 0])
        self.assertEqual(self.row(2), fresh[0])
        self.assertEqual(readers.join(20), [0] * 4)
        wait_until(lambda: self.row(40) == fresh[1], "the new row", 5)
        self.assert_nothing_lost(held)
        # Pages are dropped and the mount ends while the next read is under way.
        self.assertEqual(self.asked_for(50), [])
        self.proxy.rules({"path": "/c/50$", "action": "stall", "at": 10})
        last = Readers(1, lambda _: 0 if self.row(50) == self.rows[50] else 1)
        wait_until(lambda: self.asked_for(50), "the request that stalls")
        refresh = Readers(1, lambda _: neurofs("refresh", self.mounted.point, check=False).returncode)
        time.sleep(0.5)  # it has asked for the metadata, and waits for the page
        neurofs("umount", "--lazy", self.mounted.point)
        self.proxy.rules()
        self.assertEqual(last.join(20), [0])
        refresh.join(20)
        self.assertEqual(self.mounted.wait(20), 0)

    def test_R27_a_daemon_that_is_killed_while_pages_are_to_be_dropped_leaves_nobody_hanging(self):
        self.start("--revalidate", "0", "--deadline", "60")
        self.addCleanup(self.proxy.rules)
        self.assertEqual(self.row(2), self.rows[2])
        self.proxy.rules({"path": "/c/40$", "action": "stall", "at": 10})
        reader = Readers(1, lambda _: self.errno_of(40))
        wait_until(lambda: self.asked_for(40), "the request that stalls")
        self.replace(2, os.urandom(ROW))
        refresh = Readers(1, lambda _: neurofs("refresh", self.mounted.point, check=False).returncode)
        time.sleep(1)  # it has asked for the metadata, and pages are to be dropped
        self.mounted.daemon.kill()
        self.assertEqual(self.mounted.wait(10), -signal.SIGKILL)
        self.assertIn(reader.join(10)[0], (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO))
        self.assertEqual(refresh.join(10), [1])
        self.assertEqual(self.errno_of(2), errno.ENOTCONN)

    def test_a_read_ends_in_one_deadline_though_the_kernel_asks_again(self):
        self.start("--deadline", "4")
        self.proxy.rules({"path": "/c/", "action": "stall", "at": 10})
        self.addCleanup(self.proxy.rules)
        began = time.monotonic()
        with self.assertRaises(OSError) as failed:
            self.file.read_bytes()
        self.assertLess(time.monotonic() - began, 7, "two deadlines")
        self.assertIn(failed.exception.errno, (errno.ETIMEDOUT, errno.EIO))

    def test_R26_never(self):
        self.start("--revalidate", "0")
        self.assertEqual(self.cached_row(2), self.rows[2])
        time.sleep(2)
        self.assertEqual(self.heads(), [])

    def test_R45_names_and_attributes_are_told_though_the_store_stalls(self):
        """Nothing here may wait for the deadline, which is longer than the test waits."""
        sharded = self.served / "sharded"
        neurofs("create", sharded, "--shape", "64,64", "--chunks", "4,64", "--shards", "16,64")
        mounted = self.mount(f"{self.proxy.url}{self.path}/sharded", "--deadline", "300",
                             "--predictor", "none")
        self.proxy.rules({"action": "stall", "at": 0})
        point = mounted.point

        def ask(_):
            names = os.listdir(point) + os.listdir(point / "regions")
            os.stat(point / "regions" / "0:5.npy")
            os.stat(point / "neurons" / "7.npy")
            try:
                os.lstat(point / "regions" / "v1.npy")
            except OSError as error:
                if error.errno != errno.ENOENT:
                    return error.errno
            tier = os.getxattr(point / "neurons" / "7.npy", "user.neurofs.tier")
            return 0 if "regions" in names and tier == b"disk" else 1

        self.assertEqual(Readers(1, ask).join(seconds=60), [0])
        asked = {line[1].rsplit("/", 1)[1] for line in self.proxy.log()[-8:]}
        self.assertIn(".neurofs-regions.json", asked)
        self.proxy.rules()
        wait_until(lambda: os.getxattr(point / "neurons" / "7.npy", "user.neurofs.tier") == b"fill",
                   "the store's answer")


main(__name__)
