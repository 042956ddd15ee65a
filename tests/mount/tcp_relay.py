#!/usr/bin/env python3
"""tcp_relay.py LISTEN_HOST: carries bytes from a port of its own to another, whatever they are.

Prints the port, then takes targets, one HOST:PORT a line, on standard input: connections from then on go there,
those that are open end. Ends with its input. Standard library only.
"""

import socket
import sys
import threading


class Relay:
    """Thread-safe."""

    def __init__(self, host):
        self._lock = threading.Lock()
        self._open = set()
        self._target = None
        self._listener = socket.create_server((host, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def to(self, target):
        with self._lock:
            self._target = target
            ended = list(self._open)
        for side in ended:
            self._end(side)

    @staticmethod
    def _end(side):
        try:
            side.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        with client:
            try:
                server = socket.create_connection(self._target, timeout=30)
            except OSError:
                return
            with server:
                server.settimeout(None)
                with self._lock:
                    self._open |= {client, server}
                back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                back.start()
                self._copy(client, server)
                back.join()
                with self._lock:
                    self._open -= {client, server}

    def _copy(self, source, sink):
        try:
            while piece := source.recv(1 << 16):
                sink.sendall(piece)
        except OSError:
            pass
        self._end(source)
        self._end(sink)


def main():
    relay = Relay(sys.argv[1])
    print(relay.port, flush=True)
    for line in sys.stdin:
        host, _, port = line.strip().rpartition(":")
        relay.to((host, int(port)))
        print("there", flush=True)


main()
