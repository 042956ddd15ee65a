#!/usr/bin/python3
"""make_bucket.py ENDPOINT BUCKET: makes a bucket on an S3 server, with the standard library alone.

Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the region from AWS_REGION.
"""
import os
import sys

sys.dont_write_bytecode = True
from s3_request import S3RequestError, request  # noqa: E402


def main():
    endpoint, bucket = sys.argv[1:]
    keys = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    try:
        request(endpoint, "PUT", bucket, keys, region=os.environ.get("AWS_REGION", "us-east-1"))
    except S3RequestError as error:
        sys.exit(f"make_bucket.py: {error}")


main()
