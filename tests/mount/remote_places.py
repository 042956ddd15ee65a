"""The servers of tests/servers/with-servers as places for data: its URL, what a mount needs, how objects get there.

Standard library only. A place that has no server, or no program that is needed, says so in `missing`.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "servers"))
from s3_request import request  # noqa: E402


class Place:
    """`url(prefix)`; `environment` and `options` for who reads; put() and remove() of one object."""
    missing = None
    environment = {}
    options = ()

    def import_environment(self):
        """For who writes: the user in `options` may only read."""
        return self.environment


class S3Place(Place):
    def __init__(self, name, variable, keys):
        self.name = name
        self.endpoint = os.environ.get(f"NEUROFS_TEST_{variable}_ENDPOINT")
        self.bucket = os.environ.get(f"NEUROFS_TEST_{variable}_BUCKET")
        self.keys = tuple(os.environ.get(key, "") for key in keys)
        if not self.endpoint or not self.bucket:
            self.missing = f"no {name}: run below tests/servers/with-servers"
            return
        self.environment = {
            "AWS_ACCESS_KEY_ID": self.keys[0], "AWS_SECRET_ACCESS_KEY": self.keys[1],
            "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true"}

    def url(self, prefix):
        return f"s3://{self.bucket}/{prefix}"

    def put(self, key, data):
        request(self.endpoint, "PUT", f"{self.bucket}/{key}", self.keys, data)

    def remove(self, key):
        request(self.endpoint, "DELETE", f"{self.bucket}/{key}", self.keys)

    def put_policy(self, text):
        """Of the bucket; None takes it away."""
        method, body = ("PUT", text.encode()) if text else ("DELETE", b"")
        request(self.endpoint, method, self.bucket, self.keys, body, query="policy=")

    def rclone_environment(self):
        """A remote "test:"."""
        return {"RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_TEST_TYPE": "s3",
                "RCLONE_CONFIG_TEST_PROVIDER": "Other", "RCLONE_CONFIG_TEST_ENDPOINT": self.endpoint,
                "RCLONE_CONFIG_TEST_ACCESS_KEY_ID": self.keys[0],
                "RCLONE_CONFIG_TEST_SECRET_ACCESS_KEY": self.keys[1],
                "RCLONE_CONFIG_TEST_REGION": "us-east-1"}


def radosgw():
    return S3Place("radosgw", "S3", ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))


def swift():
    return S3Place("Swift", "SWIFT", ("NEUROFS_TEST_SWIFT_ACCESS_KEY", "NEUROFS_TEST_SWIFT_SECRET_KEY"))


class RadosPlace(Place):
    """Mounted as the user who may not write; written as client.admin."""
    name = "RADOS"

    def __init__(self):
        self.conf = os.environ.get("NEUROFS_TEST_CEPH_CONF")
        self.pool = os.environ.get("NEUROFS_TEST_CEPH_POOL")
        if not self.conf:
            self.missing = "no Ceph: run below tests/servers/with-servers --ceph"
            return
        self.environment = {"CEPH_CONF": self.conf}
        self.options = ("--ceph-conf", self.conf, "--rados-user", os.environ["NEUROFS_TEST_CEPH_READER"])

    def url(self, prefix):
        return f"rados://{self.pool}/{prefix}"

    def _rados(self, *words, data=b""):
        subprocess.run(["rados", "-c", self.conf, "-p", self.pool, *words], input=data, check=True,
                       timeout=60)

    def put(self, key, data):
        self._rados("put", key, "-", data=data)

    def remove(self, key):
        self._rados("rm", key)


class HttpsPlace(Place):
    """Files that nginx serves over TLS."""
    name = "nginx"

    def __init__(self):
        self.base = os.environ.get("NEUROFS_TEST_HTTPS_URL")
        self._second = int(time.time()) - 24 * 3600
        self.root = pathlib.Path(os.environ.get("NEUROFS_TEST_HTTP_ROOT", "/nonexistent"))
        if not self.base:
            self.missing = "no nginx: run below tests/servers/with-servers --nginx"
            return
        self.options = ("--ca-file", os.environ["NEUROFS_TEST_CA_FILE"])

    def url(self, prefix):
        return f"{self.base}/{prefix}"

    def put(self, key, data):
        """Readers see the old object or the new one. nginx makes its ETags of the second and the size: each
        version has a second of its own, long ago, as nothing is kept on disk of what was written just now."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(path.name + ".new")
        new.write_bytes(data)
        self._second += 1
        os.utime(new, (self._second, self._second))
        new.rename(path)

    def remove(self, key):
        (self.root / key).unlink()


def netloc_of(url):
    return urllib.parse.urlsplit(url).netloc


def ceph_ctl(*words, check=True):
    """`signal osd KILL`, `resume` and so on; see with-servers."""
    subprocess.run([os.environ["NEUROFS_TEST_CEPH_CTL"], *words], check=check, timeout=180,
                   capture_output=True)


def why_no(*programs):
    """The first that is not installed, as a reason to skip."""
    for program in programs:
        if shutil.which(program) is None:
            return f"{program} is not installed (mount-tools/packages.sh install test)"
    return None
