#!/usr/bin/python3
"""make_bucket.py ENDPOINT BUCKET: makes a bucket on an S3 server, with the standard library alone.

Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the region from AWS_REGION. curl could not do it:
its --aws-sigv4 splits a key at the first colon, and Swift's keys have one.
"""
import datetime
import hashlib
import hmac
import http.client
import os
import sys
import urllib.parse


def signed_headers(method, host, path, now):
    key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    region = os.environ.get("AWS_REGION", "us-east-1")
    day, moment = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
    empty = hashlib.sha256(b"").hexdigest()
    headers = {"host": host, "x-amz-content-sha256": empty, "x-amz-date": moment}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"{method}\n{path}\n\n{lines}\n{names}\n{empty}"
    scope = f"{day}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signing = ("AWS4" + secret).encode()
    for part in (day, region, "s3", "aws4_request", text):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={key}/{scope}, "
                                f"SignedHeaders={names}, Signature={signing.hex()}")
    return headers


def main():
    endpoint, bucket = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2]
    path = "/" + bucket
    connection = http.client.HTTPConnection(endpoint.hostname, endpoint.port, timeout=30)
    now = datetime.datetime.now(datetime.timezone.utc)
    connection.request("PUT", path, headers=signed_headers("PUT", endpoint.netloc, path, now))
    answer = connection.getresponse()
    body = answer.read(4096)
    if answer.status not in (200, 201):
        sys.exit(f"make_bucket.py: {sys.argv[1]} answers {answer.status}: {body.decode(errors='replace')}")


main()
