"""What a mount of a remote store asks for besides reads: looks for changes, metadata while the store stalls."""

import errno
import os
import time

from remote_support import ROW, RemoteCase
from stress_support import Readers, main, neurofs, wait_until


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
