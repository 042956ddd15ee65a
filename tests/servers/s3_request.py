"""request(): one request to an S3 server, signed by version 4 of AWS's signature, with the standard library alone.

curl could not do it: its --aws-sigv4 splits a key at the first colon, and Swift's keys have one.
"""

import datetime
import hashlib
import hmac
import http.client
import urllib.parse


class S3RequestError(Exception):
    """What the server answers instead; `status` is its code."""

    def __init__(self, what, status, body):
        super().__init__(f"{what}: {status} {body.decode(errors='replace')}")
        self.status = status


def signed_headers(method, host, path, query, body, keys, region, now):
    key, secret = keys
    day, moment = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": moment}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    signed = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"
    scope = f"{day}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(signed.encode()).hexdigest()}"
    signing = ("AWS4" + secret).encode()
    for part in (day, region, "s3", "aws4_request", text):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={key}/{scope}, "
                                f"SignedHeaders={names}, Signature={signing.hex()}")
    return headers


def request(endpoint, method, path, keys, body=b"", query="", region="us-east-1"):
    """The reply's body. `path` begins with the bucket; `query` is sorted and encoded, such as "policy="."""
    where = urllib.parse.urlsplit(endpoint)
    target = "/" + urllib.parse.quote(path, safe="/~")
    now = datetime.datetime.now(datetime.timezone.utc)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
    try:
        connection.request(method, target + (f"?{query}" if query else ""), body,
                           signed_headers(method, where.netloc, target, query, body, keys, region, now))
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise S3RequestError(f"{method} {endpoint}{target}", answer.status, content)
    return content
