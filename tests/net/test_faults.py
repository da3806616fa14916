#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Failures on demand: --fail-alloc and --fail-io. Each run ends with the whole body or with the error
that was asked for, and never with both or with neither."""
import unittest

import midge_test

ONCE_WAITED_FOR = (0, 27)
PATH = "/posts/1"


class Faults(midge_test.Case):
    def setUp(self):
        super().setUp()
        ran = self.midge(self.url(PATH))
        self.body, self.calls = ran.out, ran.summary["alloc_calls"]

    def check(self, ran, codes):
        self.assertIn(ran.code, codes, ran)
        if ran.code == 0:
            self.assertEqual(self.body, ran.out, ran)
            self.assertEqual("yes", ran[0]["complete"], ran)
        else:
            self.assertNotEqual("yes", ran[0]["complete"], ran)
            self.assert_one_line(ran)

    def test_alloc(self):
        """Some 30 of the allocations of one GET over TLS, each once and sticky; then one too far."""
        at, failed = 1, 0
        while at <= self.calls:
            for word in (f"{at}", f"{at},sticky"):
                with self.subTest(word):
                    ran = self.midge("--fail-alloc", word, self.url(PATH))
                    self.check(ran, ONCE_WAITED_FOR)
                    failed += ran.code == 27
            at += 1 + at // 3
        self.assertGreater(failed, 10)
        for word in (f"{2 * self.calls}", f"{2 * self.calls},sticky"):
            self.assert_code(0, self.midge("--fail-alloc", word, self.url(PATH)))

    def test_io(self):
        out = self.dir / "out"
        for fault, code, words in (
                ("connect:1:ENETUNREACH", 7, ["Network is unreachable"]),
                ("connect:1:EMFILE", 0, []), ("connect:1:ENOBUFS", 0, []),
                ("send:1:EPIPE", 55, ["Broken pipe"]), ("send:1:EAGAIN", 0, []),
                ("send:1:EINTR", 0, []), ("recv:2:ECONNRESET", 56, ["Connection reset"]),
                ("recv:1:EAGAIN", 0, []), ("recv:3:EINTR", 0, []),
                ("poll:1:EINTR", 0, []), ("poll:2:EBADF", 35, []),
                ("file:1:EACCES", 23, ["Permission denied"]), ("file:2:ENOSPC", 23, ["No space left"]),
                ("file:3:EIO", 23, ["Input/output error"]), ("file:9:EIO", 0, [])):
            with self.subTest(fault):
                out.unlink(missing_ok=True)
                url = self.url(PATH, host="127.0.0.1")
                ran = self.midge("--servername", "localhost", "--fail-io", fault, "-o", out, url)
                self.assert_code(code, ran, *words)
                self.assertEqual(code == 0, out.exists(), ran)
                self.assertEqual([".report"], sorted(p.name for p in self.dir.iterdir() if p != out))
                if code == 0:
                    self.assertEqual(self.body, out.read_bytes())

    def test_no_socket_for_a_while(self):
        """No socket for the first address of a name: it is waited for, the second is no way out."""
        ran = self.midge("--fail-io", "connect:1:EMFILE", self.url(PATH))
        self.check(ran, [0])
        self.assertEqual(2, ran[0]["connects"], ran)

    def test_resolve(self):
        for errno, code in (("ENOENT", 4), ("ETIMEDOUT", 12), ("EIO", 3)):
            ran = self.midge("--fail-io", f"resolve:1:{errno}", self.url(PATH))
            self.assert_code(6, ran)
            self.assertEqual(code, ran[0]["native_code"])

    def test_one_hurts_no_other(self):
        """The third receive fails: one of eight requests, on connections of their own."""
        urls = [self.url(PATH, "http")] * 8
        ran = self.midge("--per-host", "8", "--fail-io", "recv:3:ECONNRESET", *urls)
        self.assertEqual([0] * 7 + [56], sorted(line["exit_code"] for line in ran.lines))
        ran = self.midge("--fail-io", "recv:3:ECONNRESET", "--fail-io", "recv:4:ECONNRESET",
                         "--per-host", "8", *urls)
        self.assertEqual([0] * 6 + [56] * 2, sorted(line["exit_code"] for line in ran.lines))

    def test_wrong_words(self):
        for option, word, why in (
                ("--fail-io", "recv:1", "OP:N:ERRNO"), ("--fail-io", "recv", "OP:N:ERRNO"),
                ("--fail-io", "read:1:EIO", "OP is"), ("--fail-io", ":1:EIO", "OP is"),
                ("--fail-io", "recv:0:EIO", "from 1"), ("--fail-io", "recv:x:EIO", "from 1"),
                ("--fail-io", "recv:1:104", "ERRNO"), ("--fail-io", "recv:1:EWHAT", "ERRNO"),
                ("--fail-io", "recv:1:", "ERRNO"), ("--fail-alloc", "0", "N,sticky"),
                ("--fail-alloc", "", "N,sticky"), ("--fail-alloc", "1,often", "N,sticky"),
                ("--fail-alloc", "1,", "N,sticky"), ("--fail-alloc", "4294967296", "N,sticky")):
            with self.subTest(word):
                ran = self.midge(option, word, self.url(PATH))
                self.assert_code(2, ran, option, why)
                self.assert_one_line(ran)


if __name__ == "__main__":
    unittest.main()
