#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Profile tiny: eight TLS connections at once whose buffers shrink to what max_fragment_length
allows, and servers that don't honour it. Needs midge-tiny beside MIDGE_BIN."""
import os
import pathlib
import sys
import unittest

import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import tls12    # noqa: E402

ALL = 8
BLOCK = 56000   # on 64-bit, with two roots, holds all at once; some 43,000 where pointers are half as wide


class Case(midge_test.Case):
    @classmethod
    def setUpClass(cls):
        cls.tiny = str(midge_test.of_profile("tiny"))
        super().setUpClass()

    def command(self, arguments, report, ca):
        return [self.tiny, "-s", "-S", "--max-conns", str(ALL), "--per-host", str(ALL),
                *super().command(arguments, report, ca)[1:]]

    def get(self, *urls, heap=0):
        options = ("--heap", heap) if heap else ()
        return self.midge(*options, *sum((["-o", "/dev/null", url] for url in urls), []))

    def nginx(self, path, port="https_tls12"):
        return f"https://localhost:{self.servers.nginx[port]}{path}"

    def reset(self):
        self.servers.ask("POST", "/stats/reset", {})

    def counts(self, ran, *names):
        return tuple(ran.summary[name] for name in names)


class Honouring(Case):
    """nginx and Python's OpenSSL do."""

    def check_all_at_once(self, urls, heap=0):
        self.reset()
        ran = self.get(*urls, heap=heap)
        self.assert_code(0, ran)
        self.assertEqual((1, ALL - 1, ALL, ALL, 0), self.counts(
            ran, "handshakes_full", "handshakes_resumed", "connections", "peak_connections", "alloc_live"))
        self.assertEqual(ALL, self.servers.ask("GET", "/stats")["requests_max"])
        self.assertEqual({"1.2"}, {line["tls_version"] for line in ran})

    def test_all_at_once(self):
        self.check_all_at_once([self.nginx(f"/posts/{n + 1}?_together={ALL}") for n in range(ALL)])

    def test_all_at_once_openssl(self):
        self.check_all_at_once([self.url(f"/echo?n={n}&_together={ALL}", "https_tls12") for n in range(ALL)])

    def test_all_at_once_in_a_small_block(self):
        self.check_all_at_once([self.nginx(f"/posts/{n + 1}?_together={ALL}") for n in range(ALL)], BLOCK)

    def test_none_fails_in_a_smaller_one(self):
        """Fewer at once, and long heads wait for each other."""
        for path in ("/headers/12?size=120&_delay=0.05", "/headers/1?size=10", "/bytes/30000"):
            for heap in (BLOCK, 48000, 42000):
                with self.subTest(path=path, heap=heap):
                    ran = self.get(*[self.url(path + f"{'&' if '?' in path else '?'}n={n}", "https_tls12")
                                     for n in range(30)], heap=heap)
                    self.assert_code(0, ran)

    def test_many(self):
        for path, size in (("/100", 100), ("/bytes/20000", 20000)):
            ran = self.get(*[self.nginx(f"{path}?n={n}") for n in range(50)])
            self.assert_code(0, ran)
            self.assertEqual({size}, {line["body_len"] for line in ran})
            self.assertEqual(1, ran.summary["handshakes_full"])

    def test_large_bodies_both_ways(self):
        body = os.urandom(70000)
        (self.dir / "body").write_bytes(body)
        ran = self.midge("--data-binary", "@body", self.nginx("/echo"), "--next", self.nginx("/1M"))
        self.assert_code(0, ran)
        self.assertEqual(1 << 20, ran[1]["body_len"])
        self.assertIn(b'"body_len": 70000', ran.out)

    def test_rsa(self):
        ran = self.get(*[self.nginx(f"/bytes/5000?n={n}", "https_rsa") for n in range(20)])
        self.assert_code(0, ran)


class Others(Case):
    """Servers deaf to max_fragment_length, and one that agrees and sends larger records."""

    def serve(self, **options):
        server = tls12.Server(pathlib.Path(self.ca).parent / "certs" / "good.pem", **options)
        self.addCleanup(server.close)
        return server

    def fetch(self, server, size, n=1):
        ran = self.get(*[f"https://localhost:{server.port}/bytes/{size}?n={i}" for i in range(n)])
        self.assertEqual({1}, set(server.asked))    # RFC 6066's code for 512
        return ran

    def check_fails_clearly(self, server):
        ran = self.fetch(server, 20000)
        self.assert_code(56, ran, "profile tiny", "use small")
        self.assert_one_line(ran)
        self.assertEqual("TLS_RECORD_SIZE", ran[0]["error"])

    def test_deaf_with_records_that_fit(self):
        for record in (1000, 4096):
            self.assert_code(0, self.fetch(self.serve(record=record), 20000))

    def test_deaf_with_larger_records(self):
        self.check_fails_clearly(self.serve(record=4097))
        self.check_fails_clearly(self.serve(record=16384))

    def test_deaf_ones_take_turns(self):
        """They keep their record slots, for which the others wait."""
        ran = self.fetch(self.serve(record=4096), 5000, 30)
        self.assert_code(0, ran)
        self.assertEqual({5000}, {line["body_len"] for line in ran})

    def test_agreeing(self):
        self.assert_code(0, self.fetch(self.serve(record=512, piece=512, agree=True), 20000, 30))

    def test_liar(self):
        self.check_fails_clearly(self.serve(record=600, agree=True))

    def test_one_full_one_small_beside_each_other(self):
        deaf = self.serve(record=4096)
        ran = self.get(*[f"https://localhost:{deaf.port}/bytes/50000?n={n}" if n % 2 else
                         self.nginx(f"/bytes/50000?n={n}") for n in range(20)])
        self.assert_code(0, ran)
        self.assertEqual({50000}, {line["body_len"] for line in ran})


if __name__ == "__main__":
    unittest.main()
