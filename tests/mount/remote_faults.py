"""Faults of HTTP servers seen through a mount: the right bytes or an errno, and nothing is lost (R13, R20-R25)."""

import errno
import os
import shutil
import signal
import time

from remote_support import ROW, ROWS, RemoteCase, bounded
from stress_support import (Readers, is_mounted, main, neurofs, pread_all, wait_until, with_crc32c,
                            write_zarr3)

DEADLINE = 3
CHUNKS = "/c/"  # requests for data, not for metadata

# Faults that one more request mends: the read ends right.
PASSING = {
    "500": {"action": "status", "status": 500},
    "502": {"action": "status", "status": 502},
    "503": {"action": "status", "status": 503},
    "503 with Retry-After": {"action": "status", "status": 503, "retry_after": 0},
    "504": {"action": "status", "status": 504},
    "429 with Retry-After": {"action": "status", "status": 429, "retry_after": 0},
    "closed before an answer": {"action": "close", "at": -1},
    "closed in the body": {"action": "close", "at": 1000},
    "reset before an answer": {"action": "reset", "at": -1},
    "reset in the body": {"action": "reset", "at": 1000},
    "length too large": {"action": "length", "add": 100},
    "another Content-Range": {"action": "header", "name": "Content-Range", "value": "bytes 0-9/10"},
    "short reply": {"action": "truncate", "by": 1},
    "endless headers": {"action": "endless_headers"},
    "endless body": {"action": "endless_body"},
    "huge error body": {"action": "status", "status": 500, "body_bytes": 64 << 20},
}
# Faults that stay: one of these errnos, within the deadline.
LASTING = {
    "500": ({"action": "status", "status": 500}, {errno.EIO, errno.ETIMEDOUT}),
    "503": ({"action": "status", "status": 503}, {errno.EIO, errno.ETIMEDOUT}),
    "503 with a long Retry-After": ({"action": "status", "status": 503, "retry_after": 3600},
                                    {errno.EIO, errno.ETIMEDOUT}),
    "401": ({"action": "status", "status": 401}, {errno.EACCES}),
    "403": ({"action": "status", "status": 403}, {errno.EACCES}),
    "expired token": ({"action": "expired"}, {errno.EACCES}),
    "reset": ({"action": "reset", "at": 1000}, {errno.EIO, errno.ETIMEDOUT}),
    "another Content-Range": ({"action": "header", "name": "Content-Range", "value": "bytes 0-9/10"},
                              {errno.EIO, errno.ETIMEDOUT}),
    "redirects in a circle": ({"action": "redirect"}, {errno.EIO}),
    "redirect to a file": ({"action": "redirect", "location": "file:///etc/passwd"}, {errno.EIO}),
    "redirect to link-local": ({"action": "redirect", "location": "http://169.254.169.254/"},
                               {errno.EIO}),
    "stalled body": ({"action": "stall", "at": 100}, {errno.ETIMEDOUT, errno.EIO}),
    "one byte at a time": ({"action": "drip", "bytes": 1, "every_ms": 500},
                           {errno.ETIMEDOUT, errno.EIO}),
    "endless headers": ({"action": "endless_headers"}, {errno.EIO, errno.ETIMEDOUT}),
}


class Faults(RemoteCase):
    def hit(self, number, fault, **match):
        self.proxy.rules({"path": f"{CHUNKS}{number}$", **match, **fault})

    def test_every_byte(self):
        self.start()
        self.assertEqual(self.file.read_bytes(), b"".join(self.rows))

    def test_R37_one_request_for_many_readers(self):
        self.start()
        self.proxy.reset()
        self.hit(5, {"action": "pass", "delay_ms": 200})
        codes = Readers(16, lambda _: 0 if self.row(5) == self.rows[5] else 1).join()
        self.assertEqual(codes, [0] * 16)
        asked = [line for line in self.asked_for(5) if line[0] == "GET"]
        self.assertEqual(len(asked), 1, asked)

    def test_R20_to_R23_what_passes_leaves_the_right_bytes(self):
        self.start()
        self.assert_row(0)
        for number, (name, fault) in enumerate(PASSING.items(), 1):
            with self.subTest(fault=name):
                self.hit(number, fault, times=1)
                self.assert_row(number)
                self.assert_hit()
                asked = self.asked_for(number)
                self.assertGreaterEqual(len(asked), 2, f"nothing was asked again: {asked}")

    def assert_hit(self):
        self.assertEqual(self.proxy.counts()["hits"], [1], "the fault met no request")

    def test_R20_a_server_that_says_when_is_not_asked_before(self):
        """For longer than the pauses after a first failure, which are of milliseconds."""
        self.start(*bounded(60))
        self.assert_row(0)
        for number, status in enumerate((503, 429), 1):
            with self.subTest(status=status):
                self.hit(number, {"action": "status", "status": status, "retry_after": 2}, times=1)
                self.assert_row(number)
                self.assert_hit()
                refused, answered = self.asked_for(number)
                self.assertEqual([refused[3], answered[3]], [status, 206])
                self.assertGreaterEqual(answered[4] - refused[4], 2)

    def test_R13_what_is_missing_is_the_fill_value_and_nothing_else_is(self):
        (self.served / "c" / "9").unlink()
        self.start()
        self.assertEqual(self.row(9), bytes([7]) * len(self.rows[9]))
        self.assert_row(10)

    def test_R23_a_body_in_another_coding_is_never_data(self):
        self.start()
        self.hit(1, {"action": "gzip"})  # not once: the kernel asks again for a page that failed
        self.assert_errno(errno.EIO, lambda: self.row(1))
        self.assertGreaterEqual(self.proxy.counts()["hits"][0], 1, "the fault met no request")
        self.assertIn("Content-Encoding", self.mounted.output())
        self.proxy.rules()
        self.assert_row(1)

    def test_R23_of_a_whole_object_the_range_is_taken(self):
        self.start_parts()
        self.hit(0, {"action": "whole"}, times=1, range=True)
        self.assertEqual(self.part(3), self.parts[3 * ROW:4 * ROW])
        self.assert_hit()
        self.assertEqual([line[3] for line in self.asked_for(0)], [200])
        self.assertIn("ignores Range", self.mounted.output())

    def test_R7_a_corrupted_byte_is_an_error_and_is_not_kept(self):
        """Where the field has checksums: nothing else can tell."""
        shutil.rmtree(self.served)
        write_zarr3(self.served, ROWS * ROW, ROW, [{"name": "bytes"}, {"name": "crc32c"}],
                    {number: with_crc32c(row) for number, row in enumerate(self.rows)})
        self.start()
        self.assert_row(0)
        self.hit(1, {"action": "flip", "at": 100})  # not once: the kernel asks again for a page that failed
        self.assert_errno(errno.EIO, lambda: self.row(1))
        self.assertIn("c/1", self.mounted.output())
        self.proxy.rules()
        self.assert_row(1)

    def test_lasting_faults_end_in_an_errno_and_leave_nothing_behind(self):
        self.start(*bounded(DEADLINE))
        for number in range(ROWS - 4, ROWS):
            self.assert_row(number)
        held = self.held()
        memory = self.resident_mib()
        for number, (name, (fault, allowed)) in enumerate(LASTING.items()):
            with self.subTest(fault=name):
                self.hit(number, fault)
                self.assert_fails_with(allowed, number)
                self.assert_row(ROWS - 1)
                self.proxy.rules()
                self.assert_row(number)  # a failure is not remembered
        self.assertGreater(len(LASTING), 8, "one lost per fault would be more than are allowed")
        self.assert_nothing_lost(held)
        self.assertLessEqual(self.resident_mib(), memory + 32)

    def test_S8_where_redirects_are_allowed_they_lead_to_other_servers_alone(self):
        self.start("--redirects", "3", "--retries", "1", *bounded(DEADLINE))
        here = f"http://{os.environ['NEUROFS_TEST_HTTP_URL'].rpartition('/')[2]}{self.path}/c/1"
        self.hit(1, {"action": "redirect", "location": here})
        self.assert_row(1)
        for number, location in enumerate(("file:///etc/passwd", "http://169.254.169.254/", "{here}",
                                           "http://[::ffff:169.254.169.254]/", "ftp://127.0.0.1/"), 2):
            with self.subTest(location=location):
                self.hit(number, {"action": "redirect", "location": location})
                self.assert_fails_with({errno.EIO}, number)
                self.assertRegex(self.mounted.output(), f"c/{number} redirects to ")

    def test_R22_a_name_that_is_not_known(self):
        nobody = "http://nobody.invalid"
        done = neurofs("mount", f"{nobody}/field", self.point_made(), *bounded(DEADLINE), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Could not resolve host: nobody.invalid", done.stderr)
        self.assertFalse(is_mounted(self.point))
        # While mounted a server may lead there.
        self.start("--redirects", "1", *bounded(DEADLINE))
        self.hit(1, {"action": "redirect", "location": f"{nobody}/1"})
        self.assert_fails_with({errno.EIO, errno.ETIMEDOUT}, 1)
        self.assertIn("Could not resolve host", self.mounted.output())
        self.assert_row(2)

    def point_made(self):
        self.point.mkdir()
        return self.point

    def assert_fails_with(self, allowed, number):
        """Fails when the read still hangs long after its deadline, which is no matter of speed."""
        code = Readers(1, lambda _: self.errno_of(number)).join(seconds=10 * DEADLINE)[0]
        self.assertIn(code, allowed, os.strerror(code))

    def test_R21_refused_connections_then_reads_go_on(self):
        self.start()
        self.assert_row(0)
        self.proxy.listen(False)
        reader = Readers(1, lambda _: 0 if self.row(1) == self.rows[1] else 1)
        time.sleep(0.5)
        self.proxy.listen(True)
        self.assertEqual(reader.join(), [0])

    def test_R44_a_reader_of_a_stalled_server_ends_at_once(self):
        self.start(*bounded(DEADLINE))
        self.check_ends_at_once()
        # The kernel reads ahead for nobody, and tells of no signal: requests end with their deadline.
        self.proxy.rules()
        self.assert_row(1)

    def test_R44_a_request_to_a_stalled_server_ends_with_its_reader(self):
        self.start("--direct-io", *bounded(300))  # beyond all that is waited for here
        self.check_ends_at_once(self.check_request_ended)
        self.proxy.rules()
        self.assert_row(1)

    def check_ends_at_once(self, then=lambda number: None):
        """By kill -9 and by Ctrl-C, in the median within 100 ms: one that the machine held up proves nothing."""
        self.assert_row(0)
        number = 0
        for sent in (signal.SIGKILL, signal.SIGINT):
            with self.subTest(signal=sent.name):
                seconds = []
                for number in range(number + 1, number + 6):
                    seconds.append(self.seconds_to_end(sent, number))
                    then(number)
                self.assertLessEqual(sorted(seconds)[2], 0.1, seconds)

    def check_request_ended(self, number):
        """The proxy closes a connection that stalls when its client does, or when it gets other rules."""
        wait_until(lambda: self.proxy.counts()["open"] < self.open, "the end of the request to the server")
        self.assertEqual(len(self.asked_for(number)), 1, "nobody waits for it: it is not asked for again")

    def seconds_to_end(self, sent, number):
        """Of a reader that waits for a server which has begun to answer."""
        self.hit(number, {"action": "stall", "at": 10})

        def read(_):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            self.row(number)
        reader = Readers(1, read)
        wait_until(lambda: self.asked_for(number), "the request")
        self.open = self.proxy.counts()["open"]
        began = time.monotonic()
        os.kill(reader.pids[0], sent)
        self.assertEqual(reader.join(seconds=30), [-sent])
        return time.monotonic() - began

    def test_R45_stalled_reads_do_not_hold_up_others(self):
        self.start()
        self.assert_row(0)
        self.proxy.rules({"path": r"/c/[1-4]\d$", "action": "stall", "at": 10})
        readers = Readers(24, lambda number: len(self.row(10 + number)) == 0)
        wait_until(lambda: len(self.proxy.log()) >= 12, "the requests that stall")
        other = Readers(1, lambda _: 0 if os.stat(self.file).st_size and
                        os.listdir(self.mounted.point) and self.row(0) == self.rows[0] else 1)
        try:
            self.assertEqual(other.join(seconds=20), [0])
        finally:
            readers.kill()
            readers.join()

    def test_R43_what_is_read_ahead_ends_with_the_mount(self):
        """The server answers none of it, which must not keep the daemon from ending, and ending in order."""
        self.mounted = self.mount(self.proxy.url + self.path, "--ram", self.ram)
        self.file = self.mounted.point / "field.raw"
        self.proxy.rules({"path": r"/c/([1-9]\d)$", "action": "stall", "at": 10})
        reader = Readers(1, lambda _: sum(len(self.row(number)) for number in range(ROWS)) == 0)
        wait_until(lambda: any("/c/2" in line[1] for line in self.proxy.log()), "a request ahead")
        reader.kill()
        reader.join()
        neurofs("umount", self.mounted.point)
        self.assertEqual(self.mounted.wait(seconds=20), 0, self.mounted.output())
        self.assertNotIn("ending without it", self.mounted.output())

    def start_parts(self):
        """One chunk of 16 rows instead, of which each row is a request, and each read the daemon's to answer."""
        shutil.rmtree(self.served)
        self.parts = b"".join(self.rows[:16])
        write_zarr3(self.served, 16 * ROW, 16 * ROW, [{"name": "bytes"}], {0: self.parts})
        self.start("--direct-io", "--revalidate", "0", *bounded(20))

    def part(self, number, count=1):
        return pread_all(self.file, count * ROW, number * ROW)

    def test_R25_a_part_of_another_version_is_not_taken(self):
        """The server says so, where If-Match did not hold it back."""
        self.start_parts()
        self.assertEqual(self.part(8), self.parts[8 * ROW:9 * ROW])
        self.hit(0, {"action": "header", "name": "ETag", "value": '"another"'}, times=1, range=True)
        self.assertEqual(self.part(4), self.parts[4 * ROW:5 * ROW])
        self.assert_hit()
        ranges = [line[2] for line in self.asked_for(0)]
        self.assertGreaterEqual(ranges.count(ranges[-1]), 2, f"nothing was asked again: {ranges}")

    def test_R25_an_object_that_changes_between_two_parts_is_never_mixed(self):
        """RAM has all but the ends of the chunk, which are two requests; the object changes after the first."""
        self.start_parts()
        self.assertEqual(self.part(1, 14), self.parts[ROW:15 * ROW])
        self.hit(0, {"action": "pass", "delay_ms": 2000}, range=True, times=1, **{"from": 2})
        fresh = os.urandom(len(self.parts))
        reader = Readers(1, lambda _: 0 if self.part(0, 16) == fresh else 1)
        wait_until(lambda: len(self.asked_for(0)) >= 2, "the first part")
        self.replace(0, fresh)
        self.assertEqual(reader.join(), [0], "other bytes than those of the version that is there")
        self.assert_hit()


main(__name__)
