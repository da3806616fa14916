#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cookies of the program: -b and -c, beside curl where that is installed."""
import os
import shutil
import stat
import subprocess
import unittest
from urllib.parse import urlencode

from midge_test import Case

CURL = shutil.which("curl")
HEAD = "# Netscape HTTP Cookie File\n"


class Cookies(Case):
    def at(self, *sets, to=None, path="", port="http", host="www.a.test"):
        query = urlencode([("set", one) for one in sets] + ([("to", to)] if to else []))
        return self.url(f"/cookies{path}?{query}", port, host)

    def resolve(self, *names):
        return [word for name in names or ["www.a.test", "a.test", "b.test", "www.b.co.uk"]
                for port in ("http", "https")
                for word in ("--resolve", f"{name}:{self.ports[port]}:127.0.0.1")]

    def run_midge(self, *arguments):
        ran = self.midge("-k", *self.resolve(), *arguments)
        self.assert_code(0, ran)
        return ran

    def curl(self, *arguments):
        if CURL is None:
            self.skipTest("no curl")
        return subprocess.run([CURL, "-sSk", *self.resolve(), *arguments], capture_output=True,
                              cwd=self.dir, timeout=60, check=True).stdout.decode()

    def lines(self, text):
        """Of a file, without comments; dates of ten minutes are the same. curl keeps the case of a
        domain, and the last slash of a default path (RFC 6265bis 5.1.2 and 5.1.4 do not)."""
        rows = [line.split("\t") for line in text.splitlines()
                if line and (not line.startswith("#") or line.startswith("#HttpOnly_"))]
        return sorted([row[0].replace(".A.TEST", ".a.test"), row[1], row[2].rstrip("/"), row[3],
                       int(row[4]) // 600, *row[5:]] for row in rows)

    def test_over_redirects(self):
        """Each hop's cookies go with the next one, those of its own host only."""
        last = self.at(host="b.test")
        second = self.at("b=2", "old=; Max-Age=0", to=self.at(to=last, host="www.a.test"))
        ran = self.run_midge("-L", "-b", "", self.at("a=1", "old=x", to=second))
        self.assertEqual({"cookie": []}, ran.json)
        ran = self.run_midge("-L", "-b", "", self.at("a=1", "old=x", to=self.at("b=2", to=self.at())))
        self.assertEqual({"cookie": ["a=1; old=x; b=2"]}, ran.json)

    def test_off_without_a_jar(self):
        ran = self.run_midge("-L", self.at("a=1", to=self.at()))
        self.assertEqual({"cookie": []}, ran.json)
        ran = self.run_midge("-L", "-b", "x=1", self.at("a=1", to=self.at()))
        self.assertEqual({"cookie": ["x=1"]}, ran.json)

    def test_text(self):
        self.assertEqual({"cookie": ["x=1; y=2"]},
                         self.run_midge("-b", "x=1", "-b", "y=2", self.at()).json)
        ran = self.run_midge("-L", "-b", "x=1", "-b", "", self.at("a=1", to=self.at()))
        self.assertEqual({"cookie": ["a=1; x=1"]}, ran.json)
        ran = self.run_midge("-L", "-b", "x=1", self.at(to=self.at(host="b.test")))
        self.assertEqual({"cookie": []}, ran.json)
        ran = self.midge("-b", "x=1\r\nEvil: 1", self.at())
        self.assert_code(2, ran, "control character")

    def test_never_in_a_log(self):
        ran = self.run_midge("-v", "-L", "-b", "x=secret", "-b", "", self.at("a=1", to=self.at()))
        self.assertNotIn(b"x=secret", ran.err)

    def test_file(self):
        """Written at the end, for its owner only, in place of the one before; then read."""
        path = self.dir / "jar"
        path.write_text(HEAD + "www.a.test\tFALSE\t/\tFALSE\t0\told\t1\n"
                        "#HttpOnly_.a.test\tTRUE\t/\tTRUE\t4102444800\tsecure\t2\r\n"
                        "b.test\tFALSE\t/\tFALSE\t1\texpired\t3\n"
                        "b.test\tFALSE\t/\tFALSE\t0\tempty\t\nnonsense\n\n# comment\n")
        ran = self.run_midge("-b", path, "-c", path, self.at("new=4; Path=/; HttpOnly"))
        self.assertEqual({"cookie": ["old=1"]}, ran.json)
        text = path.read_text()
        self.assertTrue(text.startswith(HEAD), text)
        self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode))
        self.assertEqual(["#HttpOnly_.a.test", "#HttpOnly_www.a.test", "b.test", "www.a.test"],
                         [row[0] for row in self.lines(text)])
        self.assertEqual({"cookie": ["old=1; secure=2; new=4"]},
                         self.run_midge("-b", "jar", self.at(port="https")).json)
        self.assertEqual({"cookie": ["empty="]}, self.run_midge("-b", "jar", self.at(host="b.test")).json)
        self.assertEqual(["jar"], [name for name in os.listdir(self.dir) if name.startswith("jar")])

    def test_file_of_headers(self):
        """As -D writes them; those without a Domain are of no host. The same as curl's."""
        (self.dir / "heads").write_text("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Domain=a.test; Path=/\r\n"
                                        "Set-Cookie: b=2; Path=/\r\nset-cookie: c=3; path=/; domain=.A.test\r\n"
                                        "Set-Cookie: d=4; Domain=b.test; Path=/\r\n"
                                        "Set-Cookie: e=5; Domain=a.test; Path=/; Max-Age=0\r\n"
                                        "Set-Cookie: f=6; Domain=; Path=/\r\nSet-Cookie: g=7; Domain=%zz; Path=/\r\n\r\n")
        ran = self.run_midge("-b", "heads", self.at())
        self.assertEqual({"cookie": ["a=1; c=3"]}, ran.json)
        if CURL:
            self.assertEqual(sorted(ran.out.decode()), sorted(self.curl("-b", "heads", self.at())))

    def test_missing_file(self):
        ran = self.run_midge("-b", "none", "-c", "jar", self.at("a=1"))
        self.assertEqual(b"", ran.err)
        self.assertIn("\ta\t1\n", (self.dir / "jar").read_text())
        ran = self.midge(*self.resolve(), "-c", "no/jar", self.at("a=1"))
        self.assert_code(23, ran, "(23)", "no/jar")

    def test_groups(self):
        """A group without -b and -c has no jar."""
        ran = self.run_midge("--sync", "-b", "", self.at("a=1"), self.at(), "--next", "-k",
                             *self.resolve(), self.at())
        self.assertEqual(1, ran.out.count(b"a=1"), ran)

    def test_beside_curl(self):
        """The same file, and the same Cookie field afterwards."""
        sets = ["host=1", "domain=1; Domain=a.test", "dot=1; Domain=.A.TEST; Path=/cookies",
                "deep=1; Path=/cookies/x/", "age=1; Max-Age=100000", "gone=1; Max-Age=0",
                "date=1; Expires=Fri, 01-Jan-2099 10:00:00 GMT; Max-Age=100000",
                "bad=1; Domain=b.test", "tld=1; Domain=test", "below=1; Domain=x.www.a.test",
                "only=1; HttpOnly", "spaces = a b ; Path = /", "quoted=\"x\"", "eq=a=b",
                "__Secure-no=1", "__Host-no=1; Path=/", "empty="]
        secure = ["s=1; Secure", "__Secure-s=1; Secure", "__Host-s=1; Secure; Path=/",
                  "__Host-n=1; Secure; Path=/; Domain=a.test", "__Host-m=1; Secure; Path=/x"]
        public = ["co=1; Domain=co.uk", "ok=1; Domain=b.co.uk"]
        for n, url in enumerate([self.at(*sets), self.at(*secure, port="https"),
                                 self.at(*public, host="www.b.co.uk"),
                                 self.at("x=1", "y=2", path="/x/y/z")]):
            with self.subTest(n):
                self.curl("-c", "curl.jar", url)
                self.run_midge("-c", "midge.jar", url)
                theirs = (self.dir / "curl.jar").read_text()
                self.assertEqual(self.lines(theirs), self.lines((self.dir / "midge.jar").read_text()))
                again = self.curl("-b", "curl.jar", url.split("?")[0])
                ran = self.run_midge("-b", "curl.jar", url.split("?")[0])
                self.assertEqual(sorted(again), sorted(ran.out.decode()))


if __name__ == "__main__":
    unittest.main()
