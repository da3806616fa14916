#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Retries of the program: --retry and the options about it, beside curl where that is installed."""
import shutil
import subprocess
import time
import unittest

from midge_test import Case

CURL = shutil.which("curl")
QUICK = ("--retry-delay", "0.001")


class Retries(Case):
    def fails(self, times, status, **fields):
        self.rules({"match": "^/echo", "times": times, "status": status, **fields})

    def requests(self):
        return self.servers.ask("GET", "/stats")["requests"].get("/echo", 0)

    def ask(self, *arguments, **settings):
        """The run, and how often the server was asked."""
        before = self.requests()
        ran = self.midge(*arguments, self.url("/echo"), **settings)
        return ran, self.requests() - before

    def test_passes(self):
        for status in (408, 429, 500, 502, 503, 504):
            with self.subTest(status):
                self.fails(2, status)
                ran, asked = self.ask("--retry", "3", *QUICK)
                self.assert_code(0, ran)
                self.assertEqual((200, 2, 3), (ran[0]["status"], ran[0]["retries"], asked))
                self.assertEqual("GET", ran.json["method"])

    def test_never_passes(self):
        self.fails(9, 503)
        ran, asked = self.ask("--retry", "2", *QUICK, "-f")
        self.assert_code(22, ran, "503")
        self.assert_one_line(ran)
        self.assertEqual((2, 3), (ran[0]["retries"], asked))

    def test_off(self):
        for options in ([], ["--retry", "0"]):
            self.fails(1, 503)
            ran, asked = self.ask(*options)
            self.assertEqual((503, 1), (ran[0]["status"], asked))

    def test_other_statuses(self):
        self.fails(1, 404)
        ran, asked = self.ask("--retry", "3", *QUICK)
        self.assertEqual((404, 1), (ran[0]["status"], asked))
        self.fails(1, 404)
        ran, asked = self.ask("--retry", "3", *QUICK, "--retry-all-errors")
        self.assertEqual((200, 2), (ran[0]["status"], asked))

    def test_posts(self):
        """--retry marks each request as repeatable, as with curl."""
        self.fails(1, 500)
        ran, asked = self.ask("--retry", "1", *QUICK, "-d", "a=1")
        self.assertEqual((200, 2, "a=1"), (ran[0]["status"], asked, ran.json["body"]))
        if CURL is not None:
            self.fails(1, 500)
            before = self.requests()
            done = subprocess.run([CURL, "-s", "--retry", "1", "-d", "a=1", "--cacert", self.ca, self.url("/echo")],
                                  capture_output=True, timeout=60)
            self.assertEqual((0, 2), (done.returncode, self.requests() - before))

    def test_uploads(self):
        (self.dir / "file").write_bytes(b"x" * 1000)
        self.fails(1, 502)
        ran, asked = self.ask("--retry", "1", *QUICK, "-T", "file")
        self.assertEqual((200, 2, 1000), (ran[0]["status"], asked, ran.json["body_len"]))
        self.fails(1, 502)
        ran, asked = self.ask("--retry", "1", *QUICK, "-T", "-", input=b"from a pipe")
        self.assertEqual((502, 1), (ran[0]["status"], asked))   # what a pipe gave is gone

    def test_retry_after(self):
        self.fails(1, 429, retry_after=2)
        began = time.monotonic()
        ran, _ = self.ask("--retry", "1", *QUICK)
        self.assertEqual(200, ran[0]["status"])
        self.assertGreaterEqual(time.monotonic() - began, 2)

    def test_max_time(self):
        self.fails(9, 503, retry_after=30)
        ran, asked = self.ask("--retry", "9", "--retry-max-time", "5")
        self.assertEqual((503, 1), (ran[0]["status"], asked))

    def test_network(self):
        ran = self.midge("--retry", "2", *QUICK, self.url("/", "refused"))
        self.assert_code(7, ran)
        self.assert_one_line(ran)
        self.assertEqual(2, ran[0]["retries"])

    def test_cut_bodies(self):
        """A file is written anew; what stdout has got cannot be taken back."""
        self.fails(1, 200, body="x" * 1000, cut=500)
        ran, asked = self.ask("--retry", "1", *QUICK, "-o", "file")
        self.assert_code(0, ran)
        self.assertEqual(2, asked)
        self.assertIn(b'"method"', (self.dir / "file").read_bytes())
        self.fails(1, 200, body="x" * 1000, cut=500)
        ran, asked = self.ask("--retry", "1", *QUICK)
        self.assert_code(18, ran)
        self.assertEqual((1, b"x"), (asked, ran.out[:1]))

    def test_many(self):
        """Fifty requests, some of them behind redirects, with failures in between."""
        self.rules({"match": "^/echo", "times": 20, "status": 429},
                   {"match": "^/posts", "times": 10, "status": 503})
        urls = []
        for n in range(50):
            urls += ["-o", f"f{n}", self.url(("/redirect/2?to=/posts/7", "/echo", "/posts/7")[n % 3])]
        ran = self.midge("-L", "--retry", "30", "--retry-delay", "0.01", *urls)
        self.assert_code(0, ran)
        self.assertEqual([200] * 50, [line["status"] for line in ran.lines])
        self.assertEqual(30, sum(line["retries"] for line in ran.lines))
        posts = {(self.dir / f"f{n}").read_bytes() for n in range(50) if n % 3 != 1}
        self.assertEqual(1, len(posts))

    def test_values(self):
        for value in ("-1", "256", "x", ""):
            ran = self.midge("--retry", value, self.url("/"))
            self.assert_code(2, ran, "--retry")
            self.assert_one_line(ran)


if __name__ == "__main__":
    unittest.main()
