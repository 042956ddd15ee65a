"""The measures of remote fields: ours beside the ceiling (curl, librados alone), s3fs, rclone and libraries.

Each trial starts from nothing: a fresh mount, the page cache dropped. All clients of a round read the same
ranges. A row's figures stand beside those of the same round.
"""

import statistics

from machine import drop_page_cache
from measures import Row
from remote import say

MIB = 1 << 20
LATENCIES = (0, 20)  # ms, added to a round trip
# The last one is 2 Gbit/s: where servers and clients share a machine's CPUs, only a slower link than that is
# the bottleneck that it is between two machines.
LINKS = ((0, 0), (20, 0), (20, 250))  # ms, MB/s (0: no limit)
CEILING_PART = 8 * MIB


class RemoteMeasures:
    def __init__(self, remote, measures):
        self.remote = remote
        self.machine = remote.machine
        self.seconds = measures.seconds
        self.rounds = measures.rounds
        self.random = measures.random

    def random_rows(self, count):
        return [self.random.randrange(self.machine.neurons) for _ in range(count)]

    def trial(self, label, work):
        say(label)
        value = work()
        say(f"{label}: {value if isinstance(value, tuple) else round(value, 1)}")
        return value

    # --- random rows of a field never seen

    def remote_random(self):
        self.remote.prepare()
        for latency in LATENCIES:
            self.remote.set_link(latency)
            for readers in (1, 32):
                yield from self.random_at(latency, readers)

    def random_at(self, latency, readers):
        # As many as the ceiling takes about `seconds` for.
        count = int(self.seconds * min(readers * 1000 / (latency + 2), 800))
        kept = "one kept connection"
        names = ("ours", "curl", "s3fs", "rclone", *((kept,) if readers == 1 else ()))
        rates, costs = ({name: [] for name in names} for _ in range(2))
        for _ in range(self.rounds):
            ranges = [row * self.machine.row for row in self.random_rows(count)]
            for name in names:
                rate, cost = self.trial(f"{name}, {readers} reader(s), {latency} ms",
                                        lambda name=name: self.random_by(name, ranges, readers))
                rates[name].append(rate)
                costs[name].append(cost)
        what = f"remote 4 KiB neurons, cold, {readers} reader(s), +{latency} ms"
        for name, goal in (("curl", 0.9), ("s3fs", 2.5), ("rclone", 15)):
            yield Row(what, "op/s", rates["ours"], rates[name], name, least_ratio=goal)
        if readers == 1:
            yield Row(what, "op/s", rates["ours"], rates[kept], kept, least_ratio=0.9)
        if latency == 0:
            return  # nobody counts the bytes then; they are the same
        for name in ("s3fs", "rclone"):
            yield Row(f"{what}: fetched per byte asked", "B/B", costs["ours"], costs[name], name, limit=1.5)

    def random_by(self, name, ranges, readers):
        """(rows per second, bytes from the server per byte that was asked for)"""
        remote, row = self.remote, self.machine.row
        remote.proxy.received()
        if name in ("curl", "one kept connection"):
            seconds = remote.curl(ranges, row, readers) if name == "curl" else remote.one_connection(ranges, row)
            return len(ranges) / seconds, remote.proxy.received() / (len(ranges) * row)
        mounted = {"ours": remote.mounted, "s3fs": remote.s3fs, "rclone": remote.rclone}[name]
        with mounted() as point:
            lists = remote.ours_list if name == "ours" else remote.peers_list
            got = remote.read_list(lists(point, ranges), row, readers, self.seconds * 2, "--direct")
            return got["ops_per_s"], remote.proxy.received() / (got["operations"] * row)

    # --- neighbours

    def remote_region(self):
        self.remote.prepare()
        count = min(10_000, self.machine.neurons // 2)
        for latency in LATENCIES:
            self.remote.set_link(latency)
            ours, ceiling = [], []
            for _ in range(self.rounds):
                first = self.random.randrange(self.machine.neurons - count)
                ours.append(self.trial(f"region of {count} rows, {latency} ms",
                                       lambda: count / self.region_seconds(first, count)))
                ranges = [row * self.machine.row for row in self.random_rows(int(self.seconds * 700))]
                ceiling.append(self.trial("curl, 32 in flight", lambda: len(ranges) / self.remote.curl(
                    ranges, self.machine.row, 32)))
            yield Row(f"remote region of {count} rows, cold, +{latency} ms", "rows/s", ours, ceiling,
                      "curl, a row a request", least_ratio=4)

    def region_seconds(self, first, count):
        with self.remote.mounted() as point:
            path = point / "regions" / f"{first}:{first + count}.raw"
            got = self.remote.read_list(self.remote.write_list("region", (
                f"{at} {path}" for at in range(0, count * self.machine.row, MIB))), MIB, 1, 120)
            return got["seconds"]

    # --- from one end to the other

    def remote_sequential(self):
        self.remote.prepare()
        span = min(self.machine.size, 2 << 30) // CEILING_PART * CEILING_PART
        names = ("ours", "curl", "s3fs", "rclone")
        for latency, rate in LINKS:
            self.remote.set_link(latency, rate)
            rates = {name: [] for name in names}
            for _ in range(self.rounds):
                for name in names:
                    rates[name].append(self.trial(f"{name}, {span // MIB} MiB, {latency} ms",
                                                  lambda name=name: self.sequential_by(name, span)))
            what = f"remote sequential, cold, {span // MIB} MiB, +{latency} ms" + (
                f", {rate} MB/s" if rate else "")
            better = max(names[2:], key=lambda name: statistics.median(rates[name]))
            yield Row(what, "MB/s", rates["ours"], rates["curl"], "curl, 32 x 8 MiB",
                      least_ratio=0.9)
            yield Row(what, "MB/s", rates["ours"], rates[better], f"{better}, the better of both",
                      least_ratio=2)

    def sequential_by(self, name, span):
        remote = self.remote
        if name == "curl":
            return span / remote.curl(range(0, span, CEILING_PART), CEILING_PART, 32) / 1e6
        mounted = {"ours": remote.mounted, "s3fs": remote.s3fs, "rclone": remote.rclone}[name]
        with mounted() as point:
            lists = remote.ours_list if name == "ours" else remote.peers_list
            return remote.read_list(lists(point, range(0, span, MIB)), MIB, 1, 240)["mb_per_s"]

    # --- RADOS without a gateway

    def remote_rados(self):
        self.remote.prepare_rados()
        for readers in (1, 32):
            # A Ceph of this machine answers several thousand a second.
            count = int(self.seconds * (1500 if readers == 1 else 6000))
            ours, alone = [], []
            for _ in range(self.rounds):
                rows = self.random_rows(count)
                ours.append(self.trial(f"rados, {readers} reader(s)",
                                       lambda: self.rados_ours(rows, readers)))
                alone.append(self.trial(f"librados alone, {readers} in flight",
                                        lambda: self.remote.rados_alone(rows, readers)))
            yield Row(f"RADOS, 4 KiB neurons, cold, {readers} reader(s)", "op/s", ours, alone,
                      "librados alone", least_ratio=0.9)

    def rados_ours(self, rows, readers):
        with self.remote.rados_mounted() as point:
            path = self.remote.ours_list(point, [row * self.machine.row for row in rows])
            return self.remote.read_list(path, self.machine.row, readers, 60, "--direct")["ops_per_s"]

    # --- the second pass, from the local disk

    def remote_cache(self):
        self.remote.prepare()
        self.remote.set_link(0)
        span = min(self.machine.size // 2, 256 * MIB)
        cache = self.machine.work / "cache"
        # As many threads as the local field's daemon has.
        options = ("--endpoint", self.remote.endpoint, "--cache-dir", cache, "--cache-size",
                   f"{4 * span // MIB}MiB", "--threads", str(self.machine.threads))
        cache.mkdir(mode=0o700, exist_ok=True)
        say(f"first pass of {span // MIB} MiB")
        with self.remote.mounted(None, *options) as point:
            self.remote.read_list(self.remote.ours_list(point, range(0, span, MIB)), MIB, 1, 240)
        for readers, block, label in ((1, self.machine.row, "random 4 KiB, 1 reader"),
                                      (32, self.machine.row, "random 4 KiB, 32 readers"),
                                      (1, MIB, "sequential")):
            yield self.second_pass(label, block, readers, span, options)

    def second_pass(self, label, block, readers, span, options):
        unit = "ops_per_s" if block < MIB else "mb_per_s"
        ours, local = [], []
        for _ in range(self.rounds):
            ranges = list(range(0, span, block))
            if block < MIB:
                self.random.shuffle(ranges)

            def rate(point, ranges=ranges):
                direct = ("--direct",) if block < MIB else ()
                return self.remote.read_list(self.remote.ours_list(point, ranges), block, readers,
                                             self.seconds, *direct)[unit]
            with self.remote.mounted(None, *options) as point:
                ours.append(self.trial(f"second pass, {label}", lambda: rate(point)))
            drop_page_cache()
            with self.machine.mounted("256MiB") as point:
                local.append(self.trial(f"local field, {label}", lambda: rate(point)))
        return Row(f"second pass from --cache-dir, {label}", "op/s" if block < MIB else "MB/s", ours, local,
                   "local field", least_ratio=0.9)

    # --- libraries

    def remote_libraries(self):
        self.remote.prepare()
        self.remote.set_link(0)
        counts = {"neurofs": int(self.seconds * 700), "tensorstore": 1000, "zarr": 100}
        rates = {name: [] for name in counts}
        for _ in range(self.rounds):
            for name, count in counts.items():
                rates[name].append(self.trial(f"{name}, {count} rows in one process",
                                              lambda: self.remote.in_process(name, count)))
        for name, goal in (("tensorstore", 3), ("zarr", 20)):
            yield Row("remote random rows in one process", "rows/s", rates["neurofs"], rates[name], name,
                      least_ratio=goal)


REMOTE_MEASURES = ["remote-random", "remote-region", "remote-sequential", "remote-rados", "remote-cache",
                   "remote-libraries"]
