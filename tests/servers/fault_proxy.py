#!/usr/bin/env python3
"""fault_proxy.py: an HTTP proxy for one server that answers chosen requests wrongly, and counts all of them.

  fault_proxy.py --target HOST:PORT [--listen PORT] [--control PORT] [--rules FILE] [--latency-ms N]

Prints {"port": P, "control": C} and runs until TERM. Nothing is random: the same requests in the same order meet
the same faults. Control, by HTTP on 127.0.0.1:C:

  PUT /rules    a JSON list of rules (fault_rules.py); replaces those before, ends what stalls
  PUT /latency  {"ms": 20}, added to each request
  PUT /listen   {"on": false}: connections are refused and those that are open end; true: as before
  GET /counts   {"requests", "connections", "open", "bytes", "by_status", "by_method", "hits"}: bytes of reply
                bodies that were sent; status 0 for requests that were never answered; how many requests each of the
                present rules has hit
  GET /log      the last 1000 requests as [method, target, range, status, seconds], on the clock of time.monotonic()
  PUT /reset    counts and log start from nothing

One thread a connection, with a connection of its own to the server. Standard library only.
"""

import argparse
import collections
import http.server
import json
import select
import socket
import threading
import time

from fault_actions import ACTION, canned
from fault_rules import RuleError, Rules
from http_wire import ProtocolError, Wire, request_of


class Counts:
    """Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self.open = 0
        self.reset()

    def reset(self):
        with self._lock:
            self.requests = self.connections = self.bytes = 0
            self.by_status, self.by_method = collections.Counter(), collections.Counter()
            self.log = collections.deque(maxlen=1000)

    def add(self, method, target, ranged, status):
        with self._lock:
            self.requests += 1
            self.by_status[str(status)] += 1
            self.by_method[method] += 1
            self.log.append([method, target, ranged, status, time.monotonic()])

    def sent(self, count):
        with self._lock:
            self.bytes += count

    def opened(self, change):
        with self._lock:
            self.open += change
            self.connections += change > 0

    def as_dict(self):
        with self._lock:
            return {"requests": self.requests, "connections": self.connections, "open": self.open,
                    "bytes": self.bytes, "by_status": dict(self.by_status),
                    "by_method": dict(self.by_method)}


class Exchange:
    """One request of a client and its answer; see fault_actions.py for what actions use."""

    def __init__(self, connection, head, rule):
        self.connection = connection
        self.client = connection.client
        self.proxy = connection.proxy
        self.head = head
        self.rule = rule
        self.method, self.target = request_of(head)
        self.host = head.get("host") or ""
        self.generation = self.proxy.rules.generation
        self.unread = True

    def drain(self):
        """Reads the request's body, where nobody else will."""
        if self.unread:
            self.unread = False
            for _ in self.client.request_body(self.head):
                pass

    def forward(self, drop=None):
        server = self.connection.server_wire()
        if drop:
            self.head.set(drop, None)
        chunked = "chunked" in (self.head.get("transfer-encoding") or "").lower()
        if (self.head.get("expect") or "").lower() == "100-continue":
            self.head.set("Expect", None)
            self.client.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        server.socket.sendall(self.head.bytes())
        self.unread = False
        for piece in self.client.request_body(self.head):
            server.socket.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            server.socket.sendall(b"0\r\n\r\n")
        head = server.read_head()
        while head is not None and head.status() < 200:
            head = server.read_head()
        if head is None:
            raise ProtocolError("the server closed without an answer")
        return head, server.reply_body(self.method, head)

    def count(self, status):
        self.proxy.counts.add(self.method, self.target, self.head.get("range"), status)

    def send(self, head, pieces, status):
        """Counted first: who has the reply finds it in the counts."""
        self.count(status)
        rest = iter(pieces)
        first = next(rest, b"")
        self.proxy.counts.sent(len(first))
        self.client.socket.sendall(head + first)
        for piece in rest:
            self.proxy.counts.sent(len(piece))
            self.client.socket.sendall(piece)
        return True

    def relay(self):
        head, pieces = self.forward()
        chunked = "chunked" in (head.get("transfer-encoding") or "").lower()
        if chunked:
            pieces = (b"%x\r\n%b\r\n" % (len(p), p) for p in pieces if p)
        self.send(head.bytes(), pieces, head.status())
        if chunked and self.method != "HEAD":
            self.client.socket.sendall(b"0\r\n\r\n")
        ends = (head.get("connection") or "").lower() == "close"
        framed = chunked or head.get("content-length") is not None or head.status() in (204, 304)
        return framed and not ends

    def still(self):
        return self.generation == self.proxy.rules.generation and self.proxy.listening()

    def client_left(self, seconds):
        """True when the client has closed; waits so long for it."""
        readable, _, _ = select.select([self.client.socket], [], [], seconds)
        return bool(readable) and not self.client.socket.recv(1, socket.MSG_PEEK)


class Connection:
    """Of one client; its requests in order."""

    def __init__(self, proxy, connection):
        self.proxy = proxy
        self.client = Wire(connection)
        self.server = None

    def server_wire(self):
        """Kept from request to request; a new one where the server has closed the last."""
        if self.server is not None:
            readable, _, _ = select.select([self.server.socket], [], [], 0)
            if readable:
                self.server.close()
                self.server = None
        if self.server is None:
            self.server = Wire(socket.create_connection(self.proxy.target, timeout=120))
        return self.server

    def serve_one(self):
        head = self.client.read_head()
        if head is None:
            return False
        method, target = request_of(head)
        rule = self.proxy.rules.take(method, target, head.get("range") is not None)
        exchange = Exchange(self, head, rule)
        delay = rule.get("delay_ms", 0) + self.proxy.latency_ms
        if delay:
            time.sleep(delay / 1000)
        try:
            act = ACTION.get(rule["action"])
            more = act(exchange) if act else exchange.relay()
        except ConnectionRefusedError:
            more = canned(exchange, 502, {"X-Fault-Proxy": "server refuses"})
        finally:
            # What is left of the server's reply belongs to no later request.
            if rule["action"] != "pass" and self.server is not None:
                self.server.close()
                self.server = None
        return more and (head.get("connection") or "").lower() != "close"

    def run(self):
        self.proxy.counts.opened(1)
        try:
            while self.serve_one():
                pass
        except (OSError, ProtocolError, ValueError):
            pass  # a side has gone: both ends of the connection go
        finally:
            for wire in (self.client, self.server):
                if wire is not None:
                    wire.close()
            self.proxy.forget(self)
            self.proxy.counts.opened(-1)


class FaultProxy:
    def __init__(self, target, port=0, latency_ms=0):
        self.target = target
        self.latency_ms = latency_ms
        self.rules = Rules()
        self.counts = Counts()
        self._lock = threading.Lock()
        self._connections = set()
        self._listener = None
        self.port = port
        self.listen(True)

    def listening(self):
        return self._listener is not None

    def listen(self, on):
        if on == self.listening():
            return
        if on:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            listener.listen(512)
            self.port = listener.getsockname()[1]
            self._listener = listener
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            return
        listener, self._listener = self._listener, None
        listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        listener.close()
        with self._lock:
            ended = list(self._connections)
        for connection in ended:
            try:
                connection.client.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def forget(self, connection):
        with self._lock:
            self._connections.discard(connection)

    def _accept(self, listener):
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            connection = Connection(self, accepted)
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=connection.run, daemon=True).start()

    def control(self, path, value):
        """(status, answer) of a request to the control port; `value` is None for GET."""
        if value is None:
            answers = {"/counts": lambda: {**self.counts.as_dict(), "hits": self.rules.hits()},
                       "/log": lambda: list(self.counts.log)}
            return (200, answers[path]()) if path in answers else (404, f"no {path}")
        if path == "/rules":
            self.rules.replace(value)
        elif path == "/latency":
            self.latency_ms = float(value["ms"])
        elif path == "/listen":
            self.listen(bool(value["on"]))
        elif path == "/reset":
            self.counts.reset()
        else:
            return 404, f"no {path}"
        return 200, "done"


def control_handler(proxy):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, value):
            try:
                status, content = proxy.control(self.path, value)
            except (RuleError, KeyError, TypeError, ValueError) as error:
                status, content = 400, f"{type(error).__name__}: {error}"
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.answer(None)

        def do_PUT(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                value = json.loads(body or b"{}")
            except ValueError as error:
                value = error  # no rule set: refused by what takes it
            self.answer(value)

        def log_message(self, *_):
            pass
    return Handler


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", required=True, metavar="HOST:PORT")
    parser.add_argument("--listen", type=int, default=0, metavar="PORT")
    parser.add_argument("--control", type=int, default=0, metavar="PORT")
    parser.add_argument("--rules", help="a JSON file of rules to begin with")
    parser.add_argument("--latency-ms", type=float, default=0)
    arguments = parser.parse_args()
    host, _, port = arguments.target.rpartition(":")
    proxy = FaultProxy((host or "127.0.0.1", int(port)), arguments.listen, arguments.latency_ms)
    if arguments.rules:
        with open(arguments.rules) as rules:
            proxy.rules.replace(json.load(rules))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", arguments.control), control_handler(proxy))
    server.daemon_threads = True
    print(json.dumps({"port": proxy.port, "control": server.server_address[1]}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
