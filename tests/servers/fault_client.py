"""Proxy: starts fault_proxy.py for a test and speaks to its control port. Standard library only."""

import contextlib
import http.client
import json
import pathlib
import subprocess
import sys

PROGRAM = pathlib.Path(__file__).with_name("fault_proxy.py")


class Proxy:
    def __init__(self, target, latency_ms=0):
        """`target`: HOST:PORT of a server that speaks plain HTTP."""
        self.process = subprocess.Popen(
            [sys.executable, "-B", PROGRAM, "--target", target, "--latency-ms", str(latency_ms)],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"fault_proxy.py did not start: exit {self.process.wait()}")
        started = json.loads(line)
        self.port, self._control = started["port"], started["control"]
        self.url = f"http://127.0.0.1:{self.port}"

    def ask(self, method, path, value=None):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self._control,
                                                           timeout=30)) as connection:
            connection.request(method, path, None if value is None else json.dumps(value))
            reply = connection.getresponse()
            content = json.loads(reply.read())
            if reply.status != 200:
                raise ValueError(content)
            return content

    def rules(self, *rules):
        self.ask("PUT", "/rules", list(rules))

    def latency(self, milliseconds):
        self.ask("PUT", "/latency", {"ms": milliseconds})

    def listen(self, on):
        self.ask("PUT", "/listen", {"on": on})

    def reset(self):
        self.ask("PUT", "/reset", {})

    def counts(self):
        return self.ask("GET", "/counts")

    def log(self):
        return self.ask("GET", "/log")

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
