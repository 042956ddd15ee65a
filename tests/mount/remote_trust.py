"""Whom a mount trusts and who trusts it: TLS, redirects, keys, clocks, permissions (R14, R28-R30, S8, S9)."""

import errno
import json
import os
import pathlib
import re
import subprocess

from remote_places import HttpsPlace, netloc_of, radosgw, swift, why_no
from remote_support import ROWS, Proxy, Relay, RemoteCase, RowsCase, bounded
from stress_support import Readers, is_mounted, main, neurofs, wait_until

PATIENCE = 60  # the deadline of mounts whose errors must come at once


class TrustCase(RowsCase):
    def credentials(self, key, secret):
        (self.directory / "credentials").write_text(
            f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")

    def from_file(self):
        """An environment in which keys come from the file alone."""
        return {**self.place.environment, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
                "AWS_SHARED_CREDENTIALS_FILE": str(self.directory / "credentials"),
                "AWS_CONFIG_FILE": "/nonexistent"}

    def assert_refused(self, number, code, reason):
        """By that errno, with the reason in the log, long before the deadline."""
        codes = Readers(1, lambda _: self.errno_of(number)).join(PATIENCE / 2)
        self.assertEqual(codes, [code], self.mounted.output())
        self.assertRegex(self.mounted.output(), reason)

    def assert_no_mount(self, reason, source, *options, environment=None):
        with self.assertRaisesRegex(AssertionError, reason) as caught:
            self.start(source, *options, environment=environment)
        self.assertFalse(is_mounted(self.point))
        return str(caught.exception)


class Tls(TrustCase):
    """A mount of a server that is trusted; then the same address leads to another."""

    def setUp(self):
        super().setUp()
        self.fill(HttpsPlace())
        self.relay = Relay("127.0.0.1")
        self.addCleanup(self.relay.close)
        self.ca = os.environ["NEUROFS_TEST_CA_FILE"]

    def lead_to(self, variable):
        self.relay.to(netloc_of(os.environ[variable]))

    def start_trusted(self, ca_file):
        self.lead_to("NEUROFS_TEST_HTTPS_URL")
        self.start(f"https://127.0.0.1:{self.relay.port}/{self.prefix}", "--ca-file", ca_file,
                   *bounded(PATIENCE))
        self.assert_row(0)

    def check_refused_at_once(self, variable, reason, ca_file=None):
        self.start_trusted(ca_file or self.ca)
        self.lead_to(variable)
        self.assert_refused(1, errno.EIO, reason)
        counters = self.mounted.stats()["counters"]
        self.assertEqual(counters["store_retries_total"], 0, "trust does not grow by asking again")
        self.lead_to("NEUROFS_TEST_HTTPS_URL")
        self.assert_row(1)

    def test_http2_is_spoken_where_it_is_offered(self):
        self.start(f"{self.place.base}/http2/{self.prefix}", "--ca-file", self.ca, *bounded(PATIENCE))
        for number in range(ROWS - 1):
            self.assert_row(number)

    def test_R28_self_signed(self):
        only = self.directory / "one.pem"
        only.write_text(re.match(r".*?-----END CERTIFICATE-----\n", pathlib.Path(self.ca).read_text(),
                                 re.DOTALL)[0])
        self.check_refused_at_once("NEUROFS_TEST_HTTPS_WRONG_HOST_URL", "self.signed certificate", only)

    def test_R28_wrong_host(self):
        self.check_refused_at_once("NEUROFS_TEST_HTTPS_WRONG_HOST_URL", "127.0.0.1.*TLS is always verified")

    def test_R28_expired(self):
        self.check_refused_at_once("NEUROFS_TEST_HTTPS_EXPIRED_URL", "expired")

    def test_R28_tls_1_1(self):
        self.check_refused_at_once("NEUROFS_TEST_HTTPS_OLD_TLS_URL", "protocol version")

    def test_R28_plain_on_the_port_of_tls(self):
        self.check_refused_at_once("NEUROFS_TEST_HTTP_URL", "wrong version number|SSL routines")

    def test_R28_tls_on_the_port_of_plain(self):
        self.lead_to("NEUROFS_TEST_HTTP_URL")
        self.start(f"http://127.0.0.1:{self.relay.port}/{self.prefix}", *bounded(PATIENCE))
        self.assert_row(0)
        self.lead_to("NEUROFS_TEST_HTTPS_URL")
        self.assert_refused(1, errno.EIO, "400")

    def test_R28_the_systems_roots_do_not_hold_a_servers_own_certificate(self):
        self.assert_no_mount("self.signed certificate.*TLS is always verified", self.place.url(self.prefix))

    def test_S8_no_redirect_leads_from_tls_to_plain(self):
        plain = os.environ["NEUROFS_TEST_HTTP_URL"]
        proxy = Proxy(netloc_of(plain))
        self.addCleanup(proxy.close)
        there = f"to-plain/{proxy.port}/{self.prefix}"
        self.assert_no_mount("redirects to http://127.0.0.1.*only http to http or https",
                             f"{self.place.base}/{there}", *self.place.options, "--redirects", 3)
        self.assertEqual(proxy.counts()["connections"], 0)
        self.start(f"{plain}/{there}", "--redirects", 3)  # from plain to plain it leads there
        self.assert_row(0)
        self.assertGreater(proxy.counts()["requests"], 0)

    def test_R28_s3_over_tls(self):
        endpoint = os.environ.get("NEUROFS_TEST_S3_TLS_ENDPOINT")
        store = radosgw()
        if not endpoint or store.missing:
            self.skipTest("no radosgw behind nginx: run below tests/servers/with-servers")
        self.fill(store)
        url = store.url(self.prefix)
        self.assert_no_mount("self.signed certificate", url, "--endpoint", endpoint, *bounded(PATIENCE))
        self.start(url, "--endpoint", endpoint, "--ca-file", self.ca)
        for number in range(ROWS):
            self.assert_row(number)


class Keys(TrustCase):
    def check_wrong_keys(self, place):
        self.fill(place)
        key = place.keys[0]
        for id_, secret in ((key, "hunter2"), ("NOBODY", "hunter2")):
            environment = {**place.environment, "AWS_ACCESS_KEY_ID": id_, "AWS_SECRET_ACCESS_KEY": secret}
            said = self.assert_no_mount("SignatureDoesNotMatch|InvalidAccessKeyId", place.url(self.prefix),
                                        environment=environment)
            self.assertIn("keys from the environment", said)
            self.assertNotIn("hunter2", said)

    def test_R29_wrong_keys_radosgw(self):
        self.check_wrong_keys(radosgw())

    def test_R29_wrong_keys_swift(self):
        self.check_wrong_keys(swift())

    def behind_proxy(self):
        """Signatures are of the proxy's address, by which the server is asked."""
        self.fill(radosgw())
        self.proxy = Proxy(netloc_of(self.place.endpoint))
        self.addCleanup(self.proxy.close)
        self.credentials(*self.place.keys)
        self.start(self.place.url(self.prefix), "--endpoint", self.proxy.url, *bounded(PATIENCE),
                   environment=self.from_file())
        self.assert_row(0)

    def test_R29_a_token_that_expired_is_read_anew_once(self):
        self.behind_proxy()
        self.proxy.rules({"path": "/c/1$", "action": "expired", "times": 1})
        self.assert_row(1)
        self.proxy.rules({"path": "/c/2$", "action": "expired"})
        self.assert_refused(2, errno.EACCES, "ExpiredToken.*keys from")
        self.proxy.rules()
        self.assert_row(2)

    def test_R29_a_clock_that_is_wrong(self):
        reason = why_no("faketime")
        if reason:
            self.skipTest(reason)
        self.fill(radosgw())
        self.start(self.place.url(self.prefix), *bounded(PATIENCE), environment={
            **self.place.environment, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}, wrapper=("faketime", "-f", "-2h"))
        for number in range(ROWS):
            self.assert_row(number)
        self.assertRegex(self.mounted.output(), "RequestTimeTooSkewed.*this machine's clock says")


class Permissions(TrustCase):
    """A user who may read objects and not list them: radosgw then answers 403 for what is missing."""

    def setUp(self):
        super().setUp()
        store = radosgw()
        reason = why_no("radosgw-admin")
        if store.missing or reason:
            self.skipTest(store.missing or reason)
        self.fill(store)
        self.user, keys = f"guest-{self.prefix}", (f"FIRST-{self.prefix}", "guest-secret")
        self.admin("user", "create", "--display-name", self.user, "--access-key", keys[0], "--secret-key",
                   keys[1])
        self.addCleanup(self.admin, "user", "rm")
        store.put_policy(json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": [f"arn:aws:iam:::user/{self.user}"]},
            "Action": ["s3:GetObject"], "Resource": [f"arn:aws:s3:::{store.bucket}/{self.prefix}/*"]}]}))
        self.addCleanup(store.put_policy, None)
        self.guest = {**store.environment, "AWS_ACCESS_KEY_ID": keys[0], "AWS_SECRET_ACCESS_KEY": keys[1]}

    def admin(self, *words):
        subprocess.run(["radosgw-admin", "-c", os.environ["NEUROFS_TEST_CEPH_CONF"], *words, "--uid", self.user],
                       check=True, stdout=subprocess.DEVNULL, timeout=60)

    def test_R30_keys_that_are_rotated(self):
        old, new = (self.guest["AWS_ACCESS_KEY_ID"], "guest-secret"), (f"SECOND-{self.prefix}", "other-secret")
        self.credentials(*old)
        self.start(self.place.url(self.prefix), *bounded(PATIENCE), environment=self.from_file())
        self.assert_row(0)
        self.admin("key", "create", "--key-type", "s3", "--access-key", new[0], "--secret-key", new[1])
        self.admin("key", "rm", "--key-type", "s3", "--access-key", old[0])
        self.assert_refused(1, errno.EACCES, "InvalidAccessKeyId")
        self.credentials(*new)
        # The file is looked at ten times a second while its keys are refused.
        wait_until(lambda: self.errno_of(1) == 0, "the new keys to count")
        for number in range(1, ROWS - 1):
            self.assert_row(number)

    def test_R14_missing_is_refused_by_default(self):
        self.start(self.place.url(self.prefix), environment=self.guest)
        for number in range(ROWS - 1):
            self.assert_row(number)
        self.assert_refused(ROWS - 1, errno.EACCES, "403.*--missing-403-fill")

    def test_R14_missing_is_the_fill_value_where_asked_for(self):
        self.start(self.place.url(self.prefix), "--missing-403-fill", environment=self.guest)
        for number in range(ROWS):
            self.assert_row(number)
        self.assertIn("taken as missing", self.mounted.output())


class Secrets(RemoteCase):
    """Keys of S3 with a session token, for nginx, which asks that requests are signed and not by whom.

    It has no listings: the proxy gives the one that a mount asks for."""

    SECRET, TOKEN = "hunter2/secret", "hunter3-token"
    ECHO = ("<Error><Code>SignatureDoesNotMatch</Code><Message>The signatures differ.</Message>"
            "<StringToSign>AWS4-HMAC-SHA256 20260101T000000Z</StringToSign>"
            f"<SignatureProvided>Signature=0123abcd {TOKEN}</SignatureProvided></Error>")

    def start(self, *options, wrapper=()):
        self.proxy.rules({"path": "list-type=2", "action": "status", "status": 200, "body":
                          f"<ListBucketResult><Contents><Key>{self.prefix}/zarr.json</Key><Size>1</Size>"
                          "</Contents><IsTruncated>false</IsTruncated></ListBucketResult>"})
        options += ("--endpoint", self.proxy.url, "--path-style", "--region", "us-east-1")
        self.mounted = self.mount(
            f"s3://signed/{self.prefix}", *options, "--log-level", "debug", "--predictor", "none",
            *bounded(5), wrapper=wrapper, environment={
                "AWS_ACCESS_KEY_ID": "KEY", "AWS_SECRET_ACCESS_KEY": self.SECRET,
                "AWS_SESSION_TOKEN": self.TOKEN, "AWS_CONFIG_FILE": "/nonexistent",
                "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"})
        self.file = self.mounted.point / "field.raw"
        self.assert_row(0)

    def seen(self):
        """What users and logs see of the mount."""
        control = self.mounted.point / ".neurofs"
        return {"command line": pathlib.Path(f"/proc/{self.mounted.pid}/cmdline").read_text(),
                "log": self.mounted.output(), "status": neurofs("status", "--json").stdout,
                **{name: (control / name).read_text(errors="replace") for name in os.listdir(control)
                   if (control / name).is_file()}}

    def test_S9_no_key_is_shown(self):
        self.start()
        self.proxy.rules({"path": "/c/1$", "action": "status", "status": 403, "body": self.ECHO},
                         {"path": "/c/2$", "action": "expired"},
                         {"path": "/c/3$", "action": "redirect"},
                         {"path": "/c/4$", "action": "reset", "at": 10})
        for number in (1, 2):
            self.assert_errno(errno.EACCES, lambda: self.row(number))
        for number in (3, 4):
            self.assertNotEqual(self.errno_of(number), 0)
        seen = self.seen()
        self.assertIn("SignatureDoesNotMatch", seen["log"])
        for word in (self.SECRET, self.TOKEN, "AWS4-HMAC-SHA256", "Signature="):
            self.assertEqual([name for name, text in seen.items() if word in text], [], word)

    def test_S9_the_memory_of_the_daemon_is_for_root_alone(self):
        """The kernel gives the files of a process that says so to root; others have its own user and group."""
        reason = why_no("setpriv")
        if reason or os.geteuid() != 0:
            self.skipTest(reason or "not root, who may take another group")
        group = 65534
        in_group = ("setpriv", "--regid", str(group), "--clear-groups")
        other = subprocess.Popen([*in_group, "sleep", "infinity"])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        wait_until(lambda: self.owner(other.pid) == (0, group), "what is to be seen of other programs")
        self.start("--allow-other", wrapper=in_group)
        status = pathlib.Path(f"/proc/{self.mounted.pid}/status").read_text()
        self.assertIn(f"\nGid:\t{group}\t{group}\t", status)
        self.assertEqual(self.owner(self.mounted.pid), (0, 0))

    @staticmethod
    def owner(pid):
        found = os.stat(f"/proc/{pid}/mem")
        return found.st_uid, found.st_gid


main(__name__)
