"""fault_proxy.py itself: each fault arrives as its rule says, and the counts are right."""

import contextlib
import gzip
import http.client
import http.server
import pathlib
import re
import socket
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fault_client import Proxy  # noqa: E402

BODY = bytes(range(256)) * 64


class Server(http.server.BaseHTTPRequestHandler):
    """Serves BODY with ranges at every path, and echoes what is put."""
    protocol_version = "HTTP/1.1"

    def reply(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/chunked":
            self.reply(200, b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", {"Transfer-Encoding": "chunked"})
            return
        found = re.match(r"bytes=(\d+)-(\d+)$", self.headers.get("Range", ""))
        if not found:
            self.reply(200, BODY, {"Content-Length": len(BODY), "ETag": '"one"'})
            return
        first, last = int(found[1]), int(found[2])
        part = BODY[first:last + 1]
        self.reply(206, part, {"Content-Length": len(part), "ETag": '"one"',
                               "Content-Range": f"bytes {first}-{last}/{len(BODY)}"})

    def do_HEAD(self):
        self.reply(200, b"", {"Content-Length": len(BODY)})

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(201, body, {"Content-Length": len(body)})

    def log_message(self, *_):
        pass


class FaultProxyTest(unittest.TestCase):
    def setUp(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        server.daemon_threads = True
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.proxy = Proxy(f"127.0.0.1:{server.server_address[1]}")
        self.addCleanup(self.proxy.close)
        self.connection = self.connect()

    def connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=20)
        self.addCleanup(connection.close)
        return connection

    def ask(self, method="GET", path="/a", body=None, **headers):
        self.connection.request(method, path, body, headers)
        reply = self.connection.getresponse()
        return reply, reply.read()

    def test_passes_on_what_no_rule_matches(self):
        self.proxy.rules({"path": "/other", "action": "status", "status": 500})
        for _ in range(3):
            self.assertEqual(self.ask()[1], BODY)
        reply, body = self.ask(Range="bytes=10-19")
        self.assertEqual((reply.status, body), (206, BODY[10:20]))
        self.assertEqual(self.ask("HEAD")[0].getheader("Content-Length"), str(len(BODY)))
        self.assertEqual(self.ask("PUT", body=b"new" * 1000)[1], b"new" * 1000)
        self.assertEqual(self.ask(path="/chunked")[1], b"hello world")
        self.assertEqual(self.ask()[1], BODY)
        counts = self.proxy.counts()
        self.assertEqual(counts["requests"], 8)
        self.assertEqual(counts["connections"], 1)
        self.assertEqual(counts["by_status"], {"200": 6, "206": 1, "201": 1})
        self.assertEqual(counts["by_method"], {"GET": 6, "HEAD": 1, "PUT": 1})
        self.assertEqual(self.proxy.log()[3][:4], ["GET", "/a", "bytes=10-19", 206])

    def test_counts_the_bytes_of_bodies(self):
        self.ask(Range="bytes=100-199")
        self.assertEqual(self.proxy.counts()["bytes"], 100)
        self.proxy.reset()
        self.assertEqual(self.proxy.counts()["bytes"], 0)

    def test_hits_the_nth_requests_alone(self):
        self.proxy.rules({"action": "status", "status": 503, "retry_after": 2, "from": 2, "times": 2})
        replies = [self.ask()[0] for _ in range(4)]
        self.assertEqual([r.status for r in replies], [200, 503, 503, 200])
        self.assertEqual(replies[1].getheader("Retry-After"), "2")
        self.assertEqual(self.proxy.counts()["hits"], [2])
        self.proxy.rules()
        self.assertEqual(self.proxy.counts()["hits"], [])

    def test_tells_requests_by_method_and_range(self):
        self.proxy.rules({"method": "HEAD", "action": "status", "status": 500},
                         {"range": True, "action": "status", "status": 429})
        self.assertEqual(self.ask("HEAD")[0].status, 500)
        self.assertEqual(self.ask(Range="bytes=0-1")[0].status, 429)
        self.assertEqual(self.ask()[0].status, 200)

    def test_huge_error_body(self):
        self.proxy.rules({"action": "status", "status": 500, "body_bytes": 1 << 20})
        self.assertEqual(len(self.ask()[1]), 1 << 20)

    def test_expired_token(self):
        self.proxy.rules({"action": "expired"})
        reply, body = self.ask()
        self.assertEqual(reply.status, 403)
        self.assertIn(b"<Code>ExpiredToken</Code>", body)

    def test_redirect_to_itself(self):
        self.proxy.rules({"action": "redirect"})
        reply, _ = self.ask(path="/x?y=1")
        self.assertEqual(reply.status, 301)
        self.assertEqual(reply.getheader("Location"), f"http://127.0.0.1:{self.proxy.port}/x?y=1")

    def received(self):
        """What a plain socket gets of the body, and how the connection ended."""
        with socket.create_connection(("127.0.0.1", self.proxy.port), 20) as plain:
            plain.sendall(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
            data = b""
            try:
                while piece := plain.recv(1 << 16):
                    data += piece
                return data.partition(b"\r\n\r\n")[2], "end"
            except ConnectionResetError:
                return data.partition(b"\r\n\r\n")[2], "reset"

    def test_ends_at_a_byte(self):
        self.proxy.rules({"action": "close", "at": 1000})
        self.assertEqual(self.received(), (BODY[:1000], "end"))
        self.proxy.rules({"action": "close", "at": -1})
        self.assertEqual(self.received(), (b"", "end"))

    def test_resets_at_a_byte(self):
        # What the peer has not read yet may be lost with a reset.
        self.proxy.rules({"action": "reset", "at": 1000})
        body, how = self.received()
        self.assertEqual(how, "reset")
        self.assertTrue(BODY[:1000].startswith(body))
        self.proxy.rules({"action": "reset", "at": -1})
        self.assertEqual(self.received(), (b"", "reset"))

    def test_stalls_until_the_rules_change(self):
        self.proxy.rules({"action": "stall", "at": 10})
        with socket.create_connection(("127.0.0.1", self.proxy.port), 20) as plain:
            plain.sendall(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
            data = b""
            while not data.endswith(BODY[:10]):
                data += plain.recv(1 << 16)
            self.proxy.rules()
            with self.assertRaises(ConnectionResetError):
                plain.recv(1)

    def test_drips(self):
        self.proxy.rules({"action": "drip", "bytes": 4096, "every_ms": 1})
        self.assertEqual(self.ask()[1], BODY)

    def test_flips_one_bit(self):
        self.proxy.rules({"action": "flip", "at": 5000})
        body = self.ask()[1]
        self.assertEqual([i for i in range(len(BODY)) if body[i] != BODY[i]], [5000])

    def test_changes_headers(self):
        self.proxy.rules({"action": "header", "name": "ETag", "value": '"two"'})
        self.assertEqual(self.ask()[0].getheader("ETag"), '"two"')
        self.proxy.rules({"action": "header", "name": "Content-Range", "value": "bytes 0-9/10"})
        self.assertEqual(self.ask(Range="bytes=10-19")[0].getheader("Content-Range"), "bytes 0-9/10")
        self.proxy.rules({"action": "header", "name": "ETag"})
        self.assertIsNone(self.ask()[0].getheader("ETag"))

    def test_lies_about_the_length(self):
        self.proxy.rules({"action": "length", "add": 7})
        with self.assertRaises(http.client.IncompleteRead):
            self.ask()

    def test_short_reply_that_agrees_with_itself(self):
        self.proxy.rules({"action": "truncate", "by": 3})
        self.assertEqual(self.ask(Range="bytes=0-9")[1], BODY[:7])

    def test_whole_for_a_range(self):
        self.proxy.rules({"action": "whole"})
        reply, body = self.ask(Range="bytes=10-19")
        self.assertEqual((reply.status, body), (200, BODY))

    def test_gzip(self):
        self.proxy.rules({"action": "gzip"})
        reply, body = self.ask()
        self.assertEqual(reply.getheader("Content-Encoding"), "gzip")
        self.assertEqual(gzip.decompress(body), BODY)

    def test_endless_replies(self):
        for action in ("endless_headers", "endless_body"):
            self.proxy.rules({"action": action})
            with socket.create_connection(("127.0.0.1", self.proxy.port), 20) as plain:
                plain.sendall(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
                got = 0
                while got < 1 << 20:
                    piece = plain.recv(1 << 16)
                    self.assertTrue(piece, f"{action} ended after {got} bytes")
                    got += len(piece)

    def test_refuses_connections_and_takes_them_again(self):
        self.ask()
        self.proxy.listen(False)
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.ask()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.proxy.port), 20)
        self.proxy.listen(True)
        self.connection = self.connect()
        self.assertEqual(self.ask()[1], BODY)

    def test_refuses_rules_that_it_does_not_know(self):
        for bad in ({"action": "explode"}, {"action": "flip", "where": 1}, {"action": "pass", "path": "("}):
            with self.assertRaises(ValueError):
                self.proxy.rules(bad)

    def test_many_connections_at_once(self):
        bad = []

        def work():
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.proxy.port,
                                                               timeout=20)) as connection:
                for start in range(0, 8000, 100):
                    connection.request("GET", "/a", headers={"Range": f"bytes={start}-{start + 99}"})
                    if connection.getresponse().read() != BODY[start:start + 100]:
                        bad.append(start)
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(bad, [])
        self.assertEqual(self.proxy.counts()["by_status"], {"206": 640})


if __name__ == "__main__":
    unittest.main(verbosity=2)
