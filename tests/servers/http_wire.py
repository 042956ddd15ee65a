"""HTTP/1.1 messages on sockets, as little of it as a proxy for tests needs. Standard library only.

A Wire is used by one thread. Heads are kept as bytes and changed by name, so that what is not touched passes
unchanged (signatures stay valid). Bounds: a head of 64 KiB, else ProtocolError.
"""

import re
import socket

HEAD_LIMIT = 64 << 10
PIECE = 256 << 10


class ProtocolError(Exception):
    """The peer does not speak the HTTP that this proxy reads."""


class Head:
    """A start line and its header lines, in their order."""

    def __init__(self, raw):
        lines = raw.split(b"\r\n")
        self.start = lines[0]
        self.lines = lines[1:]

    def get(self, name):
        """The value as text; None where the header is not there."""
        wanted = name.lower().encode() + b":"
        for line in self.lines:
            if line[:len(wanted)].lower() == wanted:
                return line[len(wanted):].strip().decode("latin-1")
        return None

    def set(self, name, value):
        """Replaces the header; None removes it."""
        wanted = name.lower().encode() + b":"
        self.lines = [line for line in self.lines if line[:len(wanted)].lower() != wanted]
        if value is not None:
            self.lines.append(f"{name}: {value}".encode("latin-1"))

    def bytes(self):
        return b"\r\n".join([self.start, *self.lines, b"", b""])

    def status(self):
        try:
            return int(self.start.split(b" ", 2)[1])
        except (IndexError, ValueError):
            raise ProtocolError(f"no status line: {self.start[:80]!r}") from None


class Wire:
    """A connection with what was read of it and not yet used."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.left = b""

    def read_head(self):
        """The next head; None where the peer has closed between messages."""
        data = self.left
        while (end := data.find(b"\r\n\r\n")) < 0:
            if len(data) > HEAD_LIMIT:
                raise ProtocolError("the head passes 64 KiB")
            piece = self.socket.recv(PIECE)
            if not piece:
                if data:
                    raise ProtocolError("closed within a head")
                return None
            data += piece
        self.left = data[end + 4:]
        return Head(data[:end])

    def some(self, most=PIECE):
        """Some bytes, at most `most`; b"" at the end."""
        if self.left:
            piece, self.left = self.left[:most], self.left[most:]
            return piece
        return self.socket.recv(min(most, PIECE))

    def counted(self, length):
        """The pieces of a body of `length` bytes; fewer where the peer closes."""
        while length > 0 and (piece := self.some(length)):
            length -= len(piece)
            yield piece

    def until_closed(self):
        while piece := self.some():
            yield piece

    def line(self):
        while (end := self.left.find(b"\r\n")) < 0:
            piece = self.socket.recv(PIECE)
            if not piece or len(self.left) > HEAD_LIMIT:
                raise ProtocolError("no end of a line within a chunked body")
            self.left += piece
        line, self.left = self.left[:end], self.left[end + 2:]
        return line

    def chunked(self):
        """The pieces of a chunked body, without its framing."""
        while size := int(self.line().split(b";")[0], 16):
            yield from self.counted(size)
            self.line()
        while self.line():
            pass

    def request_body(self, head):
        if "chunked" in (head.get("transfer-encoding") or "").lower():
            return self.chunked()
        return self.counted(int(head.get("content-length") or 0))

    def reply_body(self, method, head):
        """The pieces of a reply's body."""
        status = head.status()
        if method == "HEAD" or status in (204, 304) or status < 200:
            return iter(())
        if "chunked" in (head.get("transfer-encoding") or "").lower():
            return self.chunked()
        length = head.get("content-length")
        return self.until_closed() if length is None else self.counted(int(length))

    def reset(self):
        """Ends the connection so that the peer sees ECONNRESET, not an end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass


REQUEST_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]$")


def request_of(head):
    """(method, target) of a request."""
    found = REQUEST_LINE.match(head.start)
    if not found:
        raise ProtocolError(f"no request line: {head.start[:80]!r}")
    return found[1].decode(), found[2].decode("latin-1")
