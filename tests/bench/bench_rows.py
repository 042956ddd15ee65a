#!/usr/bin/env python3
"""bench_rows.py tensorstore|zarr BUCKET PATH --rows N: random rows by another library, in one process.

The counterpart of bench_rows.cc: each library gets a whole batch at once, by its fastest way for that
(tensorstore: one future a row in a Batch; zarr-python: one orthogonal selection). The S3 server and keys come
from AWS_ENDPOINT_URL and the usual variables. Prints the rate as JSON.
"""

import argparse
import json
import os
import random
import time


def open_tensorstore(bucket, path):
    import tensorstore
    array = tensorstore.open({
        "driver": "zarr3",
        "kvstore": {"driver": "s3", "bucket": bucket, "path": path.rstrip("/") + "/",
                    "endpoint": os.environ["AWS_ENDPOINT_URL"],
                    "aws_region": os.environ.get("AWS_REGION", "us-east-1")},
        "context": {"cache_pool": {"total_bytes_limit": 256 << 20}},
    }, read=True, open=True).result()

    def read(rows):
        with tensorstore.Batch() as batch:
            futures = [array[row].read(batch=batch) for row in rows]
        for future in futures:
            future.result()
    return array.shape[0], read


def open_zarr(bucket, path):
    import fsspec
    import zarr
    files = fsspec.filesystem("s3", asynchronous=True, endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    array = zarr.open_array(zarr.storage.FsspecStore(files, path=f"{bucket}/{path}"), mode="r")
    return array.shape[0], lambda rows: array.oindex[rows, :]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", choices=["tensorstore", "zarr"])
    parser.add_argument("bucket")
    parser.add_argument("path")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30, help="no new batch after so long")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    count, read = {"tensorstore": open_tensorstore, "zarr": open_zarr}[arguments.library](
        arguments.bucket, arguments.path)
    pick = random.Random(arguments.seed)
    start = time.perf_counter()
    done = 0
    while done < arguments.rows and time.perf_counter() - start < arguments.seconds:
        rows = sorted(pick.randrange(count) for _ in range(min(arguments.batch, arguments.rows - done)))
        read(rows)
        done += len(rows)
    seconds = time.perf_counter() - start
    print(json.dumps({"operations": done, "seconds": seconds, "ops_per_s": done / seconds}))


main()
