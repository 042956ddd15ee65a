"""What the remote measures run on: a proxy of known latency and rate, the field on S3 and RADOS, mounts, ceilings.

The servers are those of tests/servers/with-servers. Without added latency every client reaches S3 directly,
but for curl: a server without TCP_NODELAY lets it wait 40 ms at a time, which would be no ceiling. Else all go
through one delay_proxy, which adds latency, limits the rate, acknowledges at once, and counts the bytes. Nothing waits for ever: each
program has a time limit, and what hangs is killed and named.
"""

import contextlib
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.parse

from machine import BenchError, command, drop_page_cache

BENCH = pathlib.Path(__file__).resolve().parent


def say(text):
    print(f"#   {text}", file=sys.stderr, flush=True)


def limited(words, seconds, env=None):
    """A program's standard output. One that takes longer is killed and not waited for: it may hang in the
    kernel, on the mount that it reads, until that is gone."""
    words = [str(w) for w in words]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise BenchError(f"{' '.join(words)}\n  had not ended after {seconds} s") from None
    if process.returncode != 0:
        raise BenchError(f"{' '.join(words)}\n  exit {process.returncode}: {err.strip()[-2000:]}")
    return out


class Proxy:
    """One delay_proxy; it ends with its standard input."""

    def __init__(self, program, endpoint):
        target = urllib.parse.urlsplit(endpoint)
        self.process = subprocess.Popen([program, "--host", target.hostname, "--port", str(target.port)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def ask(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def link(self, latency_ms, mb_per_s):
        self.ask(f"latency {latency_ms}")
        self.ask(f"rate {mb_per_s}")

    def received(self):
        """Bytes that came from the server since the last call."""
        return self.ask("counts")["back"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


def presigned(url, seconds=86400):
    """The URL with a signature in its query, so that curl signs nothing and the server checks as much."""
    key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    parts = urllib.parse.urlsplit(url)
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{os.environ.get('AWS_REGION', 'us-east-1')}/s3/aws4_request"
    query = urllib.parse.urlencode({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{key}/{scope}", "X-Amz-Date": moment,
        "X-Amz-Expires": str(seconds), "X-Amz-SignedHeaders": "host"})
    request = f"GET\n{parts.path}\n{query}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signing = ("AWS4" + secret).encode()
    for part in [*scope.split("/"), text]:
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    return f"{url}?{query}&X-Amz-Signature={signing.hex()}"


class KeptConnection:
    """HTTP in as few system calls as there can be, without the waits of a server that has no TCP_NODELAY."""

    def __init__(self, endpoint):
        self.host = urllib.parse.urlsplit(endpoint).netloc
        name, port = self.host.split(":")
        self.socket = socket.create_connection((name, int(port)), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, url, offset, size):
        path = url.split(self.host, 1)[1]
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n"
                            f"Range: bytes={offset}-{offset + size - 1}\r\n\r\n".encode())
        reply, head = b"", -1
        while head < 0 or len(reply) < head + 4 + size:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            got = self.socket.recv(1 << 20)
            reply += got
            head = reply.find(b"\r\n\r\n")
            if not got or not reply.startswith(b"HTTP/1.1 206"[:len(reply)]):
                raise BenchError(f"the server answered {reply[:200]!r}")


class Shards:
    """Where a row of the field lies in its shards: raw chunks in C order, the index at the end."""

    def __init__(self, document, row):
        metadata = json.loads(document)
        rows, columns = metadata["chunk_grid"]["configuration"]["chunk_shape"]
        inner = metadata["codecs"][0]["configuration"]["chunk_shape"]
        if metadata["codecs"][0]["name"] != "sharding_indexed" or inner[1] != columns:
            raise BenchError(f"the field is not sharded by rows: {document}")
        self.rows, self.row = rows, row
        self.chunk_bytes = inner[0] * row

    def place(self, row):
        """(shard's key, offset)"""
        return f"c/{row // self.rows}/0", row % self.rows * self.row


class RemoteMachine:
    """The field on S3 (and on RADOS, once asked for) and all that reads it there."""

    S3_PATH = "bench/field.zarr"

    def __init__(self, machine):
        self.machine = machine
        build = machine.programs.bench_read.parent
        self.delay_proxy, self.bench_rows = build / "delay_proxy", build / "bench_rows"
        self.bench_rados = build / "bench_rados"
        for program in (self.delay_proxy, self.bench_rows, self.bench_rados):
            if not program.exists():
                raise BenchError(f"{program} is not built")
        self.direct = os.environ["NEUROFS_TEST_S3_ENDPOINT"]
        self.bucket = os.environ["NEUROFS_TEST_S3_BUCKET"]
        self.url = f"s3://{self.bucket}/{self.S3_PATH}"
        self.proxy = Proxy(self.delay_proxy, self.direct)
        self.endpoint = self.direct
        self.s3_shards = self.rados_shards = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proxy.close()

    def set_link(self, latency_ms, mb_per_s=0):
        """0 MB/s: as fast as this machine is."""
        self.proxy.link(latency_ms, mb_per_s)
        self.endpoint = self.proxy.url if latency_ms > 0 else self.direct

    def import_to(self, url, *options, shape=None):
        machine = self.machine
        say(f"import of {machine.size >> 20} MiB to {url}")
        limited([machine.programs.neurofs, "import", machine.raw, url, "--shape",
                 shape or f"{machine.neurons},1024", "--dtype", "float32", *options], 900,
                dict(os.environ, AWS_ENDPOINT_URL=self.direct))

    def prepare(self):
        if self.s3_shards is not None:
            return
        self.import_to(self.url)
        document = limited(["curl", "-sf", presigned(f"{self.direct}/{self.bucket}/{self.S3_PATH}/zarr.json")], 30)
        self.s3_shards = Shards(document, self.machine.row)
        self.check_places()

    def check_places(self):
        for row in (0, 1000, self.machine.neurons - 1):
            key, offset = self.s3_shards.place(row)
            url = presigned(f"{self.direct}/{self.bucket}/{self.S3_PATH}/{key}")
            got = subprocess.run(["curl", "-sf", "-r", f"{offset}-{offset + 4095}", url], check=True,
                                 capture_output=True, timeout=30).stdout
            with open(self.machine.raw, "rb") as raw:
                raw.seek(row * self.machine.row)
                if raw.read(self.machine.row) != got:
                    raise BenchError(f"row {row} is not at {offset} of {key}")

    # --- RADOS

    def rados_pool(self):
        return os.environ["NEUROFS_TEST_CEPH_POOL"]

    def prepare_rados(self):
        if self.rados_shards is not None:
            return
        os.environ["CEPH_CONF"] = os.environ["NEUROFS_TEST_CEPH_CONF"]
        self.import_to(f"rados://{self.rados_pool()}/field.zarr", "--shards", "16384,1024")
        document = limited(["rados", "-c", os.environ["CEPH_CONF"], "-p", self.rados_pool(), "get",
                            "field.zarr/zarr.json", "-"], 30)
        self.rados_shards = Shards(document, self.machine.row)

    def rados_mounted(self):
        return self.mounted(f"rados://{self.rados_pool()}/field.zarr", "--ceph-conf",
                            os.environ["NEUROFS_TEST_CEPH_CONF"], "--rados-user", "client.admin")

    def rados_alone(self, rows, in_flight):
        lines = (f"{offset} field.zarr/{key}" for key, offset in map(self.rados_shards.place, rows))
        path = self.write_list("rados", lines)
        return json.loads(limited([self.bench_rados, "--conf", os.environ["NEUROFS_TEST_CEPH_CONF"], "--pool",
                                   self.rados_pool(), "--in-flight", in_flight, path], 300))["ops_per_s"]

    # --- mounts, each from nothing, with the defaults of each program

    @contextlib.contextmanager
    def mounted(self, url=None, *options, ram="256MiB"):
        point = self.machine.work / "remote"
        point.mkdir(exist_ok=True)
        options = options or ("--endpoint", self.endpoint)
        drop_page_cache()
        limited([self.machine.programs.neurofs, "mount", url or self.url, point, "--ram", ram,
                 *options], 60)
        try:
            yield point
        finally:
            command(self.machine.programs.neurofs, "umount", "--lazy", point, timeout=60)

    @contextlib.contextmanager
    def foreground(self, name, words, env):
        """A program that mounts and stays."""
        point = self.machine.work / name
        point.mkdir(exist_ok=True)
        drop_page_cache()
        log = open(self.machine.work / f"{name}.log", "w")
        env = {**os.environ, **env}
        env.pop("AWS_CA_BUNDLE", None)  # no TLS here, and rclone 1.60 ends over it
        daemon = subprocess.Popen([*words, str(point)], env=env, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=subprocess.STDOUT)
        try:
            self.await_mount(name, daemon, point)
            yield point / self.S3_PATH
        finally:
            subprocess.run(["umount", "--lazy", point], check=False, timeout=30)
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
            log.close()

    @staticmethod
    def await_mount(name, daemon, point):
        for _ in range(1500):
            if os.path.ismount(point):
                return
            if daemon.poll() is not None:
                break
            time.sleep(0.02)
        raise BenchError(f"{name} did not mount; see {point}.log")

    def s3fs(self):
        keys = self.machine.work / "s3fs-keys"
        keys.touch(mode=0o600)
        keys.write_text(f"{os.environ['AWS_ACCESS_KEY_ID']}:{os.environ['AWS_SECRET_ACCESS_KEY']}")
        return self.foreground("s3fs", [
            "s3fs", self.bucket, "-f", "-o", f"url={self.endpoint},use_path_request_style,ro,"
            f"passwd_file={keys},endpoint={os.environ.get('AWS_REGION', 'us-east-1')}"], {})

    def rclone(self):
        return self.foreground("rclone", ["rclone", "mount", f":s3:{self.bucket}", "--read-only"], {
            "RCLONE_CONFIG": "/dev/null", "RCLONE_S3_PROVIDER": "Ceph", "RCLONE_S3_ENDPOINT": self.endpoint,
            "RCLONE_S3_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
            "RCLONE_S3_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"]})

    # --- the same ranges for everybody

    def write_list(self, name, lines):
        path = self.machine.work / f"{name}.ranges"
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def ours_list(self, point, ranges):
        """`ranges`: byte offsets in the field's raw bytes."""
        return self.write_list("ours", (f"{offset} {point}/field.raw" for offset in ranges))

    def peers_list(self, point, ranges):
        row = self.machine.row
        places = ((self.s3_shards.place(offset // row), offset % row) for offset in ranges)
        return self.write_list("peer", (f"{offset + rest} {point}/{key}" for (key, offset), rest in places))

    def read_list(self, path, block, readers, seconds, *flags):
        """bench_read over a list, each range once."""
        return json.loads(limited([self.machine.programs.bench_read, "ranges", path, "--once", "--block",
                                   block, "--workers", readers, "--seconds", seconds, *flags],
                                  seconds + 60))

    def curl(self, ranges, block, in_flight):
        """Seconds for all ranges by one curl: the ceiling."""
        row, config = self.machine.row, []
        signed = {}
        for offset in ranges:
            key, at = self.s3_shards.place(offset // row)
            at += offset % row
            url = signed.get(key) or signed.setdefault(
                key, presigned(f"{self.proxy.url}/{self.bucket}/{self.S3_PATH}/{key}"))
            config.append(f'url = "{url}"\nrange = "{at}-{at + block - 1}"\noutput = "/dev/null"\n'
                          f"fail\nhttp1.1\n")
        path = self.machine.work / "curl.conf"
        path.write_text("next\n".join(config))
        many = ["--parallel", "--parallel-immediate", "--parallel-max", in_flight] if in_flight > 1 else []
        start = time.perf_counter()
        limited(["curl", "-q", "-s", *many, "-K", path], 300)
        return time.perf_counter() - start

    def one_connection(self, ranges, block):
        """Seconds for all ranges, one after another on one connection that stays: the ceiling of one reader."""
        places = [self.s3_shards.place(offset // self.machine.row) for offset in ranges]
        signed = {key: presigned(f"{self.endpoint}/{self.bucket}/{self.S3_PATH}/{key}")
                  for key in {key for key, _ in places}}
        connection = KeptConnection(self.endpoint)
        start = time.perf_counter()
        for key, offset in places:
            connection.get(signed[key], offset, block)
        return time.perf_counter() - start

    def in_process(self, library, rows):
        """Rows per second of a program that has the whole batch in hand."""
        env = dict(os.environ, AWS_ENDPOINT_URL=self.endpoint)
        if library == "neurofs":
            words = [self.bench_rows, self.url]
        else:
            python = os.environ.get("NEUROFS_TEST_PYTHON", sys.executable)
            words = [python, BENCH / "bench_rows.py", library, self.bucket, self.S3_PATH]
        return json.loads(limited([*words, "--rows", rows], 300, env))["ops_per_s"]
