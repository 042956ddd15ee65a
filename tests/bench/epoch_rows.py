#!/usr/bin/env python3
"""epoch_rows.py WAY PLACE: rows of an array in shuffled batches, as training code reads them; the rate as JSON.

  mmap PATH             numpy.load(PATH, mmap_mode="r"), batch after batch from the front: the file is shuffled already
  random PATH           the same file unshuffled, with a random index for each batch
  loader PATH           a PyTorch DataLoader over mmap, of --workers processes
  tensorstore, zarr     a Zarr array, by each library's fastest way to read a batch of given rows; PLACE is a path, or
                        BUCKET/PATH of the S3 server that AWS_ENDPOINT_URL names

Reading ends after --seconds, or after the epoch. Every batch is summed in part, so that mapped pages are touched.
"""

import argparse
import json
import mmap
import os
import random
import time

ROW = 1024  # float32


def slices(count, batch):
    for first in range(0, count, batch):
        yield slice(first, min(first + batch, count))


def shuffled(count, batch, seed=1):
    order = list(range(count))
    random.Random(seed).shuffle(order)
    for part in slices(count, batch):
        yield order[part]


def mapped(path):
    import numpy
    return numpy.load(path, mmap_mode="r")


def by_mmap(arguments):
    array = mapped(arguments.place)
    for part in slices(len(array), arguments.batch):
        yield array[part].copy()


def fetched():
    """Bytes that this process has had from the disk."""
    with open("/proc/self/io") as counts:
        return next(int(line.split()[1]) for line in counts if line.startswith("read_bytes"))


def by_random(arguments):
    """The kernel keeps --ram of the file on the average: all of it goes whenever twice as much has been fetched."""
    array = mapped(arguments.place)
    with open(arguments.place, "rb") as file:
        begin = fetched()
        for rows in shuffled(len(array), arguments.batch):
            yield array[rows]
            if fetched() - begin > 2 * arguments.ram << 20:
                array._mmap.madvise(mmap.MADV_DONTNEED)
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                begin = fetched()


class Rows:
    """A map-style data set; each worker opens the file by itself."""

    def __init__(self, path):
        self.path, self.array = path, None
        self.count = len(mapped(path))

    def __len__(self):
        return self.count

    def __getitem__(self, row):
        if self.array is None:
            self.array = mapped(self.path)
        return self.array[row].copy()


def by_loader(arguments):
    import torch
    loader = torch.utils.data.DataLoader(Rows(arguments.place), batch_size=arguments.batch, shuffle=False,
                                         num_workers=arguments.workers)
    for batch in loader:
        yield batch.numpy()


def by_tensorstore(arguments):
    import tensorstore
    if os.path.exists(arguments.place):
        store = {"driver": "file", "path": arguments.place}
    else:
        bucket, path = arguments.place.split("/", 1)
        store = {"driver": "s3", "bucket": bucket, "path": path.rstrip("/") + "/",
                 "endpoint": os.environ["AWS_ENDPOINT_URL"], "aws_region": os.environ.get("AWS_REGION", "us-east-1")}
    array = tensorstore.open({"driver": "zarr3", "kvstore": store,
                              "context": {"cache_pool": {"total_bytes_limit": arguments.cache << 20}}},
                             read=True, open=True).result()
    for rows in shuffled(array.shape[0], arguments.batch):
        with tensorstore.Batch() as batch:
            futures = [array[row].read(batch=batch) for row in sorted(rows)]
        yield [future.result() for future in futures]


def by_zarr(arguments):
    import zarr
    store = arguments.place
    if not os.path.exists(store):
        import fsspec
        store = zarr.storage.FsspecStore(
            fsspec.filesystem("s3", asynchronous=True, endpoint_url=os.environ["AWS_ENDPOINT_URL"]), path=store)
    array = zarr.open_array(store, mode="r")
    for rows in shuffled(array.shape[0], arguments.batch):
        yield array.oindex[sorted(rows), :]


WAYS = {"mmap": by_mmap, "random": by_random, "loader": by_loader, "tensorstore": by_tensorstore, "zarr": by_zarr}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("place")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--ram", type=int, default=1024, help="MiB that the kernel may keep of an unshuffled file")
    parser.add_argument("--cache", type=int, default=256, help="MiB that tensorstore may keep")
    arguments = parser.parse_args()
    batches = WAYS[arguments.way](arguments)
    begin = time.perf_counter()
    rows = 0
    for batch in batches:
        rows += len(batch)
        if time.perf_counter() - begin > arguments.seconds:
            break
    seconds = time.perf_counter() - begin
    print(json.dumps({"rows": rows, "seconds": seconds, "mb_per_s": rows * ROW * 4 / seconds / 1e6}))
    os._exit(0)  # a loader's workers and a library's threads are not waited for


if __name__ == "__main__":
    main()
