"""The faults of fault_proxy.py: each takes an exchange and answers the client its own way.

An exchange has `client` (Wire), `forward(**)` -> (head, pieces of the body) of the server, `send(head, pieces)`,
`rule`, `still()` (false once the rules changed or the proxy ends), `method`, `host`. True means that the
connection may carry another request.
"""

import gzip
import itertools
import time

EXPIRED = (b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>ExpiredToken</Code>'
           b"<Message>The provided token has expired.</Message></Error>")


def head_of(status, headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Fault\r\n{lines}\r\n".encode("latin-1")


def canned(exchange, status, headers, body=b""):
    if exchange.method == "HEAD":
        body = b""
    exchange.drain()
    exchange.send(head_of(status, {"Content-Length": len(body), **headers}), [body], status)
    return True


def status(exchange):
    rule = exchange.rule
    headers = dict(rule.get("headers", {}))
    if "retry_after" in rule:
        headers["Retry-After"] = rule["retry_after"]
    body = rule.get("body", "").encode() or bytes(rule.get("body_bytes", 0))
    return canned(exchange, rule.get("status", 503), headers, body)


def expired(exchange):
    return canned(exchange, 403, {"Content-Type": "application/xml"}, EXPIRED)


def redirect(exchange):
    """To `location`; "{here}" stands for the very URL that was asked for: a loop."""
    here = f"http://{exchange.host}{exchange.target}"
    location = exchange.rule.get("location", "{here}").replace("{here}", here)
    return canned(exchange, exchange.rule.get("status", 301), {"Location": location})


def first_bytes(pieces, count):
    for piece in pieces:
        if len(piece) >= count:
            yield piece[:count]
            return
        count -= len(piece)
        yield piece


def cut(exchange, end):
    """As the server answers, up to byte `at` of the body, then `end`. at -1: not even the head."""
    at = exchange.rule.get("at", 0)
    if at < 0:
        exchange.drain()
        exchange.count(0)
    else:
        head, pieces = exchange.forward()
        exchange.send(head.bytes(), first_bytes(pieces, at), head.status())
    end()
    return False


def reset(exchange):
    return cut(exchange, exchange.client.reset)


def close(exchange):
    return cut(exchange, exchange.client.close)


def stall(exchange):
    def wait():
        while exchange.still() and not exchange.client_left(0.05):
            pass
        exchange.client.reset()
    return cut(exchange, wait)


def drip(exchange):
    rule = exchange.rule
    size, pause = rule.get("bytes", 1), rule.get("every_ms", 100) / 1000

    def slow(pieces):
        for piece in pieces:
            for start in range(0, len(piece), size):
                if not exchange.still():
                    return
                yield piece[start:start + size]
                time.sleep(pause)
    head, pieces = exchange.forward()
    exchange.send(head.bytes(), slow(pieces), head.status())
    return exchange.still()


def flip(exchange):
    """One bit of the body is another; the length stays."""
    def flipped(pieces, at):
        for piece in pieces:
            if 0 <= at < len(piece):
                piece = piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1:]
            at -= len(piece)
            yield piece
    head, pieces = exchange.forward()
    return exchange.send(head.bytes(), flipped(pieces, exchange.rule.get("at", 0)), head.status())


def header(exchange):
    """Replaces a header of the reply (ETag, Content-Range ...); without a value removes it."""
    head, pieces = exchange.forward()
    head.set(exchange.rule["name"], exchange.rule.get("value"))
    return exchange.send(head.bytes(), pieces, head.status())


def length(exchange):
    """A Content-Length that the body does not have; then the connection ends."""
    head, pieces = exchange.forward()
    head.set("Content-Length", int(head.get("content-length") or 0) + exchange.rule.get("add", 1))
    exchange.send(head.bytes(), pieces, head.status())
    exchange.client.close()
    return False


def truncate(exchange):
    """A consistent reply of fewer bytes than were asked for: Content-Length is that of the short body."""
    head, pieces = exchange.forward()
    body = b"".join(pieces)[:-exchange.rule.get("by", 1)]
    head.set("Content-Length", len(body))
    return exchange.send(head.bytes(), [body], head.status())


def whole(exchange):
    """200 with the whole object, whatever range was asked for."""
    head, pieces = exchange.forward(drop="Range")
    return exchange.send(head.bytes(), pieces, head.status())


def gzipped(exchange):
    head, pieces = exchange.forward()
    body = gzip.compress(b"".join(pieces), 1)
    head.set("Content-Encoding", "gzip")
    head.set("Content-Length", len(body))
    return exchange.send(head.bytes(), [body], head.status())


def endless(exchange, start, piece):
    exchange.drain()
    pieces = itertools.takewhile(lambda _: exchange.still(), itertools.repeat(piece))
    exchange.send(start, pieces, 200)
    exchange.client.close()
    return False


def endless_headers(exchange):
    return endless(exchange, b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 4000 + b"\r\n")


def endless_body(exchange):
    return endless(exchange, head_of(200, {"Transfer-Encoding": "chunked"}),
                   b"1000\r\n" + bytes(4096) + b"\r\n")


ACTION = {"status": status, "expired": expired, "redirect": redirect, "reset": reset, "close": close,
          "stall": stall, "drip": drip, "flip": flip, "header": header, "length": length,
          "whole": whole, "gzip": gzipped, "endless_headers": endless_headers,
          "endless_body": endless_body, "truncate": truncate}
