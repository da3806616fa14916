#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compressed bodies of the program: --compressed, beside curl where that is installed."""
import hashlib
import json
import shutil
import subprocess
import unittest
import urllib.parse
import zlib

from midge_test import Case

CURL = shutil.which("curl")
GOOD = ("gzip", "x-gzip", "deflate", "raw", "zlib9", "gzip.parts", "gzip.members")
BAD = {"gzip.crc": (61, "wrong checksum"), "gzip.length": (61, "wrong length"),
       "gzip.behind": (61, "bytes behind the end"), "deflate.behind": (61, "bytes behind the end"),
       "raw.behind": (61, "bytes behind the end"), "gzip.block": (61, "invalid"),
       "gzip.cut": (18, "too early"), "deflate.cut": (18, "too early"), "raw.cut": (18, "too early"),
       "gzip.members.behind": (61, "bytes behind the end"),
       "br": (61, "not known"), "twice": (61, "more than one content coding is not decoded")}


class Compressed(Case):
    def coded(self, how, path="/posts", **settings):
        joint = "&" if "?" in path else "?"
        return self.url(f"{path}{joint}_encode={how}", **settings)

    def answer(self, data):
        return f"http://localhost:{self.raw(data)}/"

    def plain(self, path="/posts"):
        ran = self.midge(self.url(path))
        self.assert_code(0, ran)
        return ran.out

    def test_good(self):
        whole = self.plain()
        for how in GOOD:
            for port in ("http", "https"):
                with self.subTest(how=how, port=port):
                    ran = self.midge("--compressed", self.coded(how, port=port))
                    self.assert_code(0, ran)
                    self.assertEqual(whole, ran.out)
                    self.assertEqual((len(whole), hashlib.sha256(whole).hexdigest(), "yes"),
                                     (ran[0]["body_len"], ran[0]["body_sha256"], ran[0]["complete"]))

    def test_bad(self):
        for how, (code, words) in BAD.items():
            with self.subTest(how):
                ran = self.midge("--compressed", "-o", "there", self.coded(how))
                self.assert_code(code, ran, words)
                self.assert_one_line(ran)
                self.assertEqual("no", ran[0]["complete"])
                self.assertNotIn("there", self.files())

    def test_asked_for(self):
        ran = self.midge("--compressed", self.url("/echo"))
        self.assert_code(0, ran)
        self.assertIn(["Accept-Encoding", "gzip, deflate"], ran.json["headers"])
        ran = self.midge(self.url("/echo"))
        self.assertNotIn("accept-encoding", [name.lower() for name, _ in ran.json["headers"]])
        ran = self.midge("--compressed", "-H", "Accept-Encoding: x-gzip", self.url("/echo"))
        self.assertEqual(["x-gzip"], [value for name, value in ran.json["headers"]
                                      if name.lower() == "accept-encoding"])

    def test_not_asked_for(self):
        """A coding that was not asked for is delivered as it came."""
        ran = self.midge(self.coded("gzip"))
        self.assert_code(0, ran)
        self.assertEqual(self.plain(), zlib.decompress(ran.out, 31))
        self.assertIn(["Content-Encoding", "gzip"], ran[0]["headers"])
        self.assert_code(0, self.midge(self.coded("br")))

    def test_not_compressed(self):
        whole = self.plain()
        for how in ("identity", "identity.unnamed"):
            ran = self.midge("--compressed", self.coded(how))
            self.assert_code(0, ran)
            self.assertEqual(whole, ran.out)

    def test_lists(self):
        """identity in a list is none; two codings are delivered as they came, or refused by name."""
        packed = zlib.compress(b"hello", wbits=31)
        for names, several in ((b"gzip, identity", False), (b"identity, gzip", False), (b"identity,,gzip,", False),
                               (b"gzip\r\nContent-Encoding: identity", False), (b"gzip, gzip", True),
                               (b"deflate, gzip", True), (b"gzip\r\nContent-Encoding: gzip", True)):
            with self.subTest(names):
                url = self.answer(b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s"
                                  % (names, len(packed), packed))
                ran = self.midge("--compressed", url)
                if several:
                    self.assert_code(61, ran, "more than one content coding")
                self.assertEqual((61, b"") if several else (0, b"hello"), (ran.code, ran.out))
                ran = self.midge(url)
                self.assertEqual((0, packed), (ran.code, ran.out))
                self.assertIn(["Content-Encoding", names.split(b"\r")[0].decode()], ran[0]["headers"])

    def test_sizes(self):
        """-w counts the bytes received, the report the decoded ones."""
        whole = self.plain()
        ran = self.midge("--compressed", "-o", "body", "-w", "%{size_download}", self.coded("gzip", port="http"))
        self.assert_code(0, ran)
        self.assertEqual(len(whole), ran[0]["body_len"])
        self.assertIn(int(ran.out), range(1, len(whole)))
        if CURL is not None:
            curl = subprocess.run([CURL, "-s", "--compressed", "-o", "/dev/null", "-w", "%{size_download}",
                                   self.coded("gzip", port="http")], stdout=subprocess.PIPE, check=True)
            self.assertEqual(curl.stdout, ran.out)

    def test_max_body(self):
        whole = len(self.plain())
        for most, code in ((whole, 0), (whole - 1, 63)):
            ran = self.midge("--compressed", "--max-body", str(most), self.coded("gzip"))
            self.assert_code(code, ran)
        ran = self.midge("--compressed", "--max-body", "100", self.url("/bytes/101"))
        self.assert_code(63, ran)
        ran = self.midge("--compressed", "--max-body", "100", self.url("/bytes/100"))
        self.assert_code(0, ran)

    def test_no_body(self):
        for arguments in (["-I", self.coded("gzip")], [self.coded("gzip", "/status/204")],
                          [self.coded("identity", "/bytes/0"), "-H", "x: y"]):
            self.assert_code(0, self.midge("--compressed", *arguments))
        empty = self.answer(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n")
        ran = self.midge("--compressed", empty)
        self.assert_code(0, ran)
        self.assertEqual((b"", "yes"), (ran.out, ran[0]["complete"]))

    def test_cut_until_close(self):
        """The end of the connection is the end of the body; the data say that there is more."""
        for how, wbits in (("gzip", 31), ("deflate", 15), ("deflate", -15)):
            pack = zlib.compressobj(9, zlib.DEFLATED, wbits)
            data = pack.compress(b"hello") + pack.flush()
            head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\n\r\n" % how.encode()
            for length, result in ((len(data), ("", "unverified")), (len(data) - 1, ("PARTIAL", "no"))):
                ran = self.midge("--compressed", self.answer(head + data[:length]))
                self.assertEqual(result, (ran[0]["error"], ran[0]["complete"]), ran)

    def test_a_lot(self):
        """10 MB of zeros in 10 KB, in every slice; and with a limit."""
        pack = zlib.compressobj(9, zlib.DEFLATED, 31)
        data = pack.compress(bytes(10_000_000)) + pack.flush()
        url = self.answer(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
        for arguments in ([], ["--recv-slice", "7"]):
            ran = self.midge("--compressed", *arguments, "-o", "zeros", url)
            self.assert_code(0, ran)
            self.assertEqual(hashlib.sha256(bytes(10_000_000)).hexdigest(), ran[0]["body_sha256"])
        ran = self.midge("--compressed", "--max-body", "1000000", "-o", "less", url)
        self.assert_code(63, ran, "too large")

    def test_streams(self):
        """Each event of a stream comes out when it was sent."""
        body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]})
        for how in ("gzip", "deflate"):
            ran = self.midge("--compressed", "--json", body, self.coded(how, "/v1/chat/completions"),
                             "--oauth2-bearer", "key")
            self.assert_code(0, ran)
            self.assertIn(b"data: [DONE]", ran.out)

    def test_retry_and_redirect(self):
        self.rules({"match": "^/posts", "times": 2, "status": 503, "encode": "gzip"})
        ran = self.midge("--compressed", "--retry", "3", "--retry-delay", "0.001", self.coded("gzip"))
        self.assert_code(0, ran)
        self.assertEqual(2, ran[0]["retries"])
        self.assertEqual(self.plain(), ran.out)
        self.rules({"match": "^/posts", "times": 1, "encode": "gzip", "cut": 300})
        ran = self.midge("--compressed", "--retry", "3", "--retry-delay", "0.001", "-o", "twice", self.coded("gzip"))
        self.assert_code(0, ran)
        self.assertEqual(hashlib.sha256(self.plain()).hexdigest(), ran[0]["body_sha256"])
        to = urllib.parse.quote(self.coded("gzip"), safe="")
        ran = self.midge("-L", "--compressed", self.coded("gzip", f"/redirect/1?to={to}"))
        self.assert_code(0, ran)
        self.assertEqual((1, self.plain()), (ran[0]["redirects"], ran.out))

    def test_many_in_parallel(self):
        urls = [self.coded(GOOD[i % len(GOOD)]) for i in range(40)]
        ran = self.midge("--compressed", *urls)
        self.assert_code(0, ran)
        self.assertEqual(self.plain() * 40, ran.out)
        self.assertEqual(0, ran.summary["alloc_live"])

    @unittest.skipIf(CURL is None, "no curl")
    def test_as_curl(self):
        for how in (*GOOD[:6], "br", "twice", "gzip.crc", "gzip.length", "deflate.behind", "gzip.block", "identity"):
            with self.subTest(how):
                url = self.coded(how, port="http")
                curl = subprocess.run([CURL, "-s", "--compressed", url], stdout=subprocess.PIPE, check=False)
                ran = self.midge("--compressed", url)
                if how not in ("br", "twice"):      # which curl can decode
                    self.assertEqual(curl.returncode == 0, ran.code == 0, (how, curl.returncode, ran.code))
                if ran.code == 0:
                    self.assertEqual(curl.stdout, ran.out)


if __name__ == "__main__":
    unittest.main()
