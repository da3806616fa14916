#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""HTTP/2 against other people's servers, one by one.

MIDGE_H2_SERVERS names them ("haproxy caddy", or "all"); without it they are nginx and nghttpd, which are
cheap. HTTP2.md beside this file has the results of all.
"""
import functools
import hashlib
import json
import os
import pathlib
import sys
import time
import unittest

import client_program
import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import h2servers
import probe

CHOSEN = os.environ.get("MIDGE_H2_SERVERS", "nginx nghttpd").split()
TOGETHER = {"apache": 6, "lighttpd": 8, "h2o": 1}     # it works on so many at once; h2o: replays count too
WAIT = 20       # seconds: the limit of a wait for the server


def content(size):
    return b"".join(probe.pattern_runs(size))


@functools.cache
def fnv(data):
    """FNV-1a of 32 bits."""
    sum = 2166136261
    for byte in data:
        sum = (sum ^ byte) * 16777619 & 0xffffffff
    return sum


class Checks:
    kind = None             # the server
    versions = {"2"}        # of its answers

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = pathlib.Path(cls.servers.dir)
        cls.server = h2servers.H2Server(cls.kind, folder / f"h2-{cls.kind}", cls.ports["http"],
                                        folder / "certs" / "good.pem")
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.base = f"https://localhost:{cls.server.port}"

    def http2(self, *arguments, **settings):
        return self.midge("--http2", "-m", "60", *arguments, **settings)

    def assert_all(self, ran, statuses, connections=1):
        self.assertEqual(statuses, [line["status"] for line in ran], ran)
        self.assertLessEqual({line["http_version"] for line in ran}, self.versions, ran)
        if self.versions == {"2"} and connections:
            self.assertEqual(connections, ran.summary["connections"], ran)

    def assert_content(self, ran, size, lines=None):
        for line in (ran.lines if lines is None else lines):
            self.assertEqual(("", "yes", size, hashlib.sha256(content(size)).hexdigest()),
                             (line["error"], line["complete"], line["body_len"], line["body_sha256"]), ran)

    def discarded(self, urls):
        return [word for url in urls for word in ("-o", os.devnull, url)]

    def test_one(self):
        ran = self.http2(f"{self.base}/bytes/5")
        self.assert_code(0, ran)
        self.assert_all(ran, [200])
        self.assert_content(ran, 5)

    def test_thirty_at_once(self):
        ran = self.http2(*[f"{self.base}/bytes/100"] * 30)
        self.assert_code(0, ran)
        self.assertEqual(content(100) * 30, ran.out)
        self.assert_all(ran, [200] * 30)

    def test_upload(self):
        body = os.urandom(65536)
        (self.dir / "up").write_bytes(body)
        ran = self.http2("--data-binary", "@up", f"{self.base}/echo")
        self.assert_all(ran, [200])
        if self.kind == "nghttpd":
            self.assertEqual(body, ran.out)
        else:
            self.assertEqual((65536, hashlib.sha256(body).hexdigest()),
                             (ran.json["body_len"], ran.json["body_sha256"]))

    def test_download(self):
        ran = self.http2(*self.discarded([f"{self.base}/bytes/{1 << 20}"]))
        self.assert_all(ran, [200])
        self.assert_content(ran, 1 << 20)

    def test_twenty_of_100_kb(self):
        ran = self.http2(*self.discarded([f"{self.base}/bytes/100000"] * 20))
        self.assert_all(ran, [200] * 20)
        self.assert_content(ran, 100000)

    def test_head_and_404(self):
        ran = self.http2("-I", f"{self.base}/bytes/100", "--next", "--http2", f"{self.base}/nowhere")
        self.assert_all(ran, [200, 404])
        self.assertEqual(0, ran[0]["body_len"])
        self.assertIn("100", [value for name, value in ran[0]["headers"] if name == "content-length"]
                      if self.versions == {"2"} else ["100"])

    def test_paused_and_cancelled(self):
        """One of twenty pauses until all others have ended, one is cancelled in its body."""
        ran = client_program.run("streams", f"{self.base}/bytes/100000", 20, self.ca)
        by_index = sorted(ran, key=lambda line: line["index"])
        self.assertEqual(0, ran[-1]["index"])
        self.assertEqual("CANCELED", by_index.pop(1)["error"])
        self.assertEqual([("", 100000, fnv(content(100000)))] * 19,
                         [(line["error"], line["len"], line["fnv"]) for line in by_index])
        if self.versions == {"2"}:
            self.assertEqual({1}, {line["connection"] for line in ran})

    def test_sink_that_fails(self):
        """One of twenty ends in its body: its stream is reset, the connection stays."""
        ran = self.http2(*self.discarded([f"{self.base}/bytes/100000"] * 19), "-o", "/dev/full",
                         f"{self.base}/bytes/100000")
        self.assert_all(ran, [200] * 20)
        self.assertEqual(23, ran[19]["exit_code"])
        self.assert_content(ran, 100000, ran.lines[:19])


class ApiChecks(Checks):
    """Of servers that pass requests on to server.py."""

    def test_held_and_released_together(self):
        """No answer comes before all requests have."""
        many = TOGETHER.get(self.kind, 30)
        ran = self.http2(*[f"{self.base}/bytes/100?_together={many}&_case={self.kind}"] * many)
        self.assert_code(0, ran)
        self.assert_all(ran, [200] * many)
        self.assert_content(ran, 100)

    def test_one_times_out(self):
        """Its stream is reset; the others wait for one second, on the same connection."""
        ran = self.http2(*[f"{self.base}/bytes/100?_delay=1"] * 19, "--next", "--http2", "-m", "0.3",
                         f"{self.base}/delay/30")
        self.assertEqual([200] * 19 + [0], [line["status"] for line in ran], ran)
        if self.versions == {"2"}:
            self.assertEqual(1, ran.summary["connections"])
        self.assertEqual("TIMEOUT", ran[19]["error"])
        self.assert_content(ran, 100, ran.lines[:19])

    def test_gzip(self):
        ran = self.http2("--compressed", *self.discarded([f"{self.base}/bytes/100000?_encode=gzip"] * 5))
        self.assert_all(ran, [200] * 5)
        self.assert_content(ran, 100000)

    def test_redirects(self):
        ran = self.http2("-L", *[f"{self.base}/redirect/3?to=/bytes/100"] * 5)
        self.assert_code(0, ran)
        self.assert_all(ran, [200] * 5)
        self.assertEqual([3] * 5, [line["redirects"] for line in ran])
        self.assert_content(ran, 100)

    def test_reload_under_load(self):
        """GOAWAY while forty wait: those that the server keeps are answered, others go again."""
        if self.server.signal is None:
            self.skipTest(f"{self.kind} has no graceful reload")
        before = self.servers.ask("GET", "/stats")["requests"].get("/bytes/100", 0)
        again = ("--retry", "3", "--retry-all-errors") if self.kind == "apache" else ()   # HTTP2.md
        process = self.start("--http2", "--parallel-max", "40", *again,
                             *[f"{self.base}/bytes/100?_delay=0.05"] * 400)
        self.until(lambda: self.servers.ask("GET", "/stats")["requests"].get("/bytes/100", 0) >= before + 80)
        self.server.reload()
        out, err = process.communicate(timeout=midge_test.TIMEOUT)
        self.assertEqual((0, b""), (process.returncode, err))
        self.assertEqual(content(100) * 400, out)
        summary = json.loads((self.dir / ".report").read_text().splitlines()[-1])["summary"]
        self.assertGreater(summary["connections"], 1)   # GOAWAY came
        ran = self.http2(f"{self.base}/bytes/5")        # the server is there again
        self.assert_content(ran, 5)

    def until(self, true):
        deadline = time.monotonic() + WAIT
        while not true():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)    # between looks


@unittest.skipUnless("nginx" in CHOSEN or "all" in CHOSEN, "nginx is not asked for")
class Tunnel(midge_test.Case):
    def test_squid(self):
        """CONNECT by HTTP/1.1; ALPN behind it chooses HTTP/2, one tunnel for all."""
        proxy = f"http://127.0.0.1:{self.servers.proxies['squid']}"
        base = f"https://localhost:{self.servers.nginx['h2']}"
        ran = self.midge("--http2", "-m", "60", "-x", proxy, *[f"{base}/100"] * 20)
        self.assert_code(0, ran)
        self.assertEqual(content(100) * 20, ran.out)
        self.assertEqual({"2"}, {line["http_version"] for line in ran})
        self.assertEqual(1, ran.summary["connections"])


def cases():
    """One class for each server that is asked for; one that is missing is an error."""
    for kind in h2servers.KINDS if "all" in CHOSEN else CHOSEN:
        base = Checks if kind == "nghttpd" else ApiChecks
        members = {"kind": kind, "versions": {"1.1", "2"} if kind == "h2o" else {"2"}}
        yield kind.capitalize(), type(kind.capitalize(), (base, midge_test.Case), members)


globals().update(cases())


if __name__ == "__main__":
    unittest.main()
