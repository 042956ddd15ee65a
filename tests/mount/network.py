"""Two network namespaces joined by a link that can be cut: the server's and the mount's. Nothing of the host's network
is touched: the link and its addresses (of 192.0.2.0/24, which is nobody's) exist only in namespaces made here.
"""

import contextlib
import os
import subprocess

from remote_places import why_no
from stress_support import wait_until

SERVER, CLIENT = "192.0.2.1", "192.0.2.2"


def why_no_namespaces():
    reason = why_no("unshare", "nsenter", "ip")
    if reason:
        return reason
    done = subprocess.run(["unshare", "--net", "ip", "link", "add", "nf0", "type", "veth"],
                          capture_output=True, text=True)
    return f"no network namespaces here: {done.stderr.strip()}" if done.returncode else None


class Network:
    """`server` and `client` are what to put before a command that is to run there."""

    def __init__(self):
        # A namespace lives as long as a process in it.
        self._holders = [subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) for _ in range(2)]
        self.server, self.client = (
            ("nsenter", f"--net=/proc/{holder.pid}/ns/net") for holder in self._holders)
        own = os.readlink("/proc/self/ns/net")
        for holder in self._holders:
            wait_until(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != own, "the namespace")
        self._ip(self.server, "link", "add", "nf0", "type", "veth", "peer", "name", "nf0", "netns",
                 str(self._holders[1].pid))
        for side, address in ((self.server, SERVER), (self.client, CLIENT)):
            self._ip(side, "address", "add", f"{address}/24", "dev", "nf0")
            self._ip(side, "link", "set", "lo", "up")
            self._ip(side, "link", "set", "nf0", "up")

    @staticmethod
    def _ip(side, *words):
        subprocess.run([*side, "ip", *words], check=True, timeout=30)

    def cut(self, side):
        """At that side: its own programs find no route, those of the other get no answer."""
        self._ip(side, "link", "set", "nf0", "down")

    def mend(self, side):
        self._ip(side, "link", "set", "nf0", "up")

    def close(self):
        for holder in self._holders:
            with contextlib.suppress(ProcessLookupError):
                holder.kill()
            holder.wait()
