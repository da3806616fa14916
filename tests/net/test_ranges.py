#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Parts of files: -r and -C of the program, beside curl where that is installed."""
import os
import shutil
import subprocess
import sys
import unittest

import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
from parts import content     # noqa: E402

CURL = shutil.which("curl")
ONE, TWO = content("1", 1000), content("2", 1000)
MARK = "user.midge.validator"


class Case(midge_test.Case):
    def file(self, query="", count=1000):
        return self.url(f"/file/{count}?{query}")

    def part(self, data, *more, **settings):
        """What the run makes of a file f that has this data; None: no file."""
        path = self.dir / "f"
        path.unlink(missing_ok=True)
        if data is not None:
            path.write_bytes(data)
        ran = self.midge("-o", "f", *more, **settings)
        return ran, path.read_bytes() if path.exists() else None

    def curl(self, data, *more):
        path = self.dir / "g"
        path.unlink(missing_ok=True)
        if data is not None:
            path.write_bytes(data)
        done = subprocess.run([CURL, "-sS", "--cacert", self.ca, "-o", path, *more], capture_output=True,
                              timeout=midge_test.TIMEOUT, env=midge_test.environment(), check=False)
        return done.returncode, path.read_bytes() if path.exists() else None

    def same(self, data, *more):
        """The same exit code and file as curl's."""
        ran, found = self.part(data, *more)
        if CURL:
            self.assertEqual(self.curl(data, *more), (ran.code, found), ran)
        return ran, found

    def marked(self, data, validator):
        """Options that make the file one that an earlier run has left."""
        path = self.dir / "f"
        path.write_bytes(data)
        try:
            os.setxattr(path, MARK, validator.encode())
        except OSError:
            self.skipTest("this file system has no attributes")
        return path


class Ranges(Case):
    def test_parts(self):
        for text, expected in (("0-0", ONE[:1]), ("0-99", ONE[:100]), ("100-199", ONE[100:200]), ("900-", ONE[900:]),
                               ("900", ONE[900:]), ("-100", ONE[-100:]), ("-5000", ONE), ("990-2000", ONE[990:])):
            with self.subTest(text):
                ran, found = self.same(None, "-r", text, self.file())
                self.assertEqual((0, 206, expected), (ran.code, ran[0]["status"], found), ran)

    def test_several(self):
        ran, found = self.same(None, "-r", "0-9,100-109", self.file())
        self.assert_code(0, ran)
        self.assertIn(b"Content-Range: bytes 100-109/1000\r\n\r\n" + ONE[100:110], found)
        ran = self.midge("-v", "-o", "f", "-r", "0-9,100-109", self.file())
        self.assertIn("multipart/byteranges", ran.text)
        ran, found = self.same(None, "-r", "0-9,100-109", self.file("one"))
        self.assertEqual((0, ONE[:110]), (ran.code, found))

    def test_not_a_part(self):
        """An answer that is not 206 is delivered as it is, as curl does."""
        ran, found = self.same(None, "-r", "0-9", self.file("ignore"))
        self.assertEqual((0, 200, ONE), (ran.code, ran[0]["status"], found))
        ran, found = self.same(None, "-r", "1000-", self.file())
        self.assertEqual((0, 416, b"no such bytes"), (ran.code, ran[0]["status"], found))
        ran, found = self.same(None, "-f", "-r", "1000-", self.file())
        self.assertEqual((22, None), (ran.code, found))

    def test_wrong_parts(self):
        for text, query in (("100-199", "skip=1"), ("100-199", "less=1"), ("-100", "skip=1"), ("100-", "less=1"),
                            ("100-199", "named="), ("100-199", "named=bytes 100-199"),
                            ("100-199", "named=bytes 100-199/150"), ("100-199", "named=bytes 0-99/1000"),
                            ("100-199", "named=bytes */1000"), ("100-199", "named=bytes 100-198/1000"),
                            ("-2000", "named=bytes 1-1000/1001"), ("0-9,20-29", "one&named=bytes 0-29/29")):
            with self.subTest(f"{text} {query}"):
                ran, found = self.part(None, "-r", text, self.file(query.replace(" ", "%20")))
                self.assert_code(33, ran, "bytes" if "named" not in query else "")
                self.assert_one_line(ran)
                self.assertIsNone(found)

    def test_unknown_total(self):
        ran, found = self.same(None, "-r", "100-199", self.file("total=*"))
        self.assertEqual((0, ONE[100:200]), (ran.code, found))

    def test_chunked(self):
        """Without a length the end of the body is compared with the range."""
        head = "HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-9/100\r\nTransfer-Encoding: chunked\r\n\r\n"
        for size, code in ((10, 0), (9, 18), (11, 18)):
            port = self.raw(f"{head}{size:x}\r\n{'x' * size}\r\n0\r\n\r\n")
            ran, found = self.part(None, "-r", "0-9", self.url("/", port))
            self.assert_code(code, ran)
            self.assertEqual(b"x" * 10 if code == 0 else None, found)

    def test_request(self):
        for options, expected in (((), []), (("-r", "0-5"), ["bytes=0-5"]), (("-r", "7"), ["bytes=7-"]),
                                  (("-C", "7"), ["bytes=7-"]), (("-C", "-"), []), (("-C", "0"), [])):
            port = self.raw("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n1234567")
            ran = self.midge(*options, self.url("/", port))
            self.assert_code(0, ran)
            lines = self.servers.raw_seen(port)[0].decode().split("\r\n")
            self.assertEqual(expected, [line[7:] for line in lines if line.startswith("Range: ")])

    def test_head(self):
        ran = self.midge("-I", "-r", "0-9", self.url("/1M", "http"))
        self.assert_code(0, ran)

    def test_usage(self):
        for options, words in ((("-r", "x"), "-50"), (("-r", "5-4"), "-50"), (("-r", ""), "-50"), (("-r", "-"), "-50"),
                               (("-r", "1-2,"), "-50"), (("-r", "1-2-3"), "-50"), (("-C", "x"), "number"),
                               (("-C", "-1"), "number"), (("-C", ""), "number"), (("-C", "1", "-r", "1"), "together"),
                               (("-r", "0-1", "-d", "x"), "GET"), (("-C", "1", "-T", "x"), "GET"), (("-C", "1", "-F", "a=b"), "GET"),
                               (("-C", "1", "-X", "DELETE"), "GET"), (("-C", "1", "-i"), "headers"), (("-C", "1", "--compressed"), "compressed"),
                               (("-r", "0-1", "-H", "Range: bytes=5-6"), "Range")):
            with self.subTest(options):
                ran = self.midge(*options, self.file())
                self.assert_code(2, ran, words)
                self.assert_one_line(ran)


class Resumes(Case):
    def test_rest(self):
        for at in (1, 500, 999):
            ran, found = self.same(ONE[:at], "-C", "-", self.file())
            self.assertEqual((0, 206, ONE), (ran.code, ran[0]["status"], found), ran)
            self.assertEqual(1000 - at, ran[0]["body_len"])
            ran, found = self.same(ONE[:at], "-C", str(at), self.file())
            self.assertEqual((0, ONE), (ran.code, found), ran)

    def test_from_start(self):
        for data in (None, b""):
            ran, found = self.same(data, "-C", "-", self.file())
            self.assertEqual((0, 200, ONE), (ran.code, ran[0]["status"], found))
        ran, found = self.same(None, "-C", "990", self.file())
        self.assertEqual((0, ONE[990:]), (ran.code, found))
        ran = self.midge("-C", "990", self.file())
        self.assertEqual((0, ONE[990:]), (ran.code, ran.out))

    def test_complete_already(self):
        for query, complete in (("", "yes"), ("ignore", "yes"), ("unsized", "unverified")):
            ran, found = self.same(ONE, "-C", "-", self.file(query))
            self.assertEqual((0, ONE, complete), (ran.code, found, ran[0]["complete"]), ran)
            self.assertEqual(("", "done"), (ran[0]["error"], ran[0]["phase"]))
        ran, found = self.part(ONE, "-f", "-C", "-", self.file())    # curl 7.88 says 22, others 0
        self.assertEqual((0, ONE), (ran.code, found), ran)

    def test_no_parts(self):
        ran, found = self.same(ONE[:500], "-C", "-", self.file("ignore"))
        self.assert_code(33, ran, "doesn't send parts")
        self.assertEqual(ONE[:500], found)
        ran, found = self.same(ONE[:500], "-C", "-", self.url("/status/404"))
        self.assert_code(33, ran, "404")
        self.assertEqual(ONE[:500], found)
        ran, found = self.same(ONE[:500], "-f", "-C", "-", self.url("/status/404"))
        self.assert_code(22, ran, "404")
        self.assertEqual(ONE[:500], found)

    def test_impossible(self):
        """curl makes a file of no use of these two."""
        ran, found = self.part(ONE[:500], "-C", "400", self.file())
        self.assert_code(36, ran, "500 bytes")
        self.assertEqual(ONE[:500], found)
        ran, found = self.part(ONE + b"more", "-C", "-", self.file())
        self.assert_code(33, ran, "1000 bytes")
        self.assertEqual(ONE + b"more", found)

    def test_wrong_parts(self):
        for query in ("skip=1", "less=1", "named=", "named=bytes%200-499/1000"):
            ran, found = self.part(ONE[:500], "-C", "-", self.file(query))
            self.assert_code(33, ran)
            self.assertEqual(ONE[:500], found, query)

    def test_cut(self):
        """What came is kept, and the next run goes on there; without -C it is removed."""
        self.rules({"match": "^/file", "times": 1, "cut": 300, "end": "rst"},
                   {"match": "^/file", "times": 1, "cut": 400, "end": "fin"})
        ran, found = self.part(None, "-C", "-", self.file())
        self.assertNotEqual(0, ran.code)
        self.assertEqual(ONE[:len(found)], found)
        ran = self.midge("-C", "-", "-o", "f", self.file())
        self.assertNotEqual(0, ran.code)
        self.assertEqual(ONE[:len(found) + 400], (self.dir / "f").read_bytes())
        ran = self.midge("-C", "-", "-o", "f", self.file())
        self.assertEqual((0, ONE), (ran.code, (self.dir / "f").read_bytes()), ran)
        self.rules({"match": "^/file", "times": 1, "cut": 300, "end": "fin"})
        ran, found = self.part(None, self.file())
        self.assertEqual((18, None), (ran.code, found))

    def test_retry(self):
        """An attempt's bytes are taken back before the next one, not those that were there."""
        self.rules({"match": "^/file", "times": 2, "cut": 300, "end": "fin"})
        ran, found = self.part(ONE[:100], "-C", "-", "--retry", "3", "--retry-delay", "0.001", self.file())
        self.assertEqual((0, 2, ONE), (ran.code, ran[0]["retries"], found), ran)

    def test_changed(self):
        """The file of an earlier run has a mark, so the server knows whether the rest fits."""
        self.marked(ONE[:500], '"v1"')
        ran = self.midge("-C", "-", "-o", "f", self.file())
        self.assertEqual((0, 206, ONE), (ran.code, ran[0]["status"], (self.dir / "f").read_bytes()), ran)
        self.assertEqual([], os.listxattr(self.dir / "f"))
        self.marked(ONE[:500], '"v1"')
        ran = self.midge("-v", "-C", "-", "-o", "f", self.file("version=2"))
        self.assertEqual((0, 200, TWO), (ran.code, ran[0]["status"], (self.dir / "f").read_bytes()), ran)
        self.assertIn("has changed", ran.text)
        self.marked(ONE[:500], '"v1"')
        ran = self.midge("-C", "-", "-o", "f", self.file("version=2&blind"))
        self.assert_code(33, ran, "another version")
        self.assertEqual(ONE[:500], (self.dir / "f").read_bytes())

    def test_changed_and_cut(self):
        """After a cut in the new version the file has the beginning of that, and its mark."""
        path = self.marked(ONE[:500], '"v1"')
        self.rules({"match": "^/file", "times": 1, "cut": 300, "end": "fin"})
        ran = self.midge("-C", "-", "-o", "f", self.file("version=2"))
        self.assert_code(18, ran)
        self.assertEqual((TWO[:300], b'"v2"'), (path.read_bytes(), os.getxattr(path, MARK)))
        self.marked(ONE[:500], '"v1"')
        self.rules({"match": "^/file", "times": 1, "cut": 300, "end": "fin"})
        ran = self.midge("-C", "-", "-o", "f", "--retry", "2", "--retry-delay", "0.001", self.file("version=2"))
        self.assertEqual((0, TWO), (ran.code, path.read_bytes()), ran)

    def test_marks(self):
        for kind, mark in (("etag", b'"v1"'), ("weak", b'~W/"v1"'), ("date", b"Sun, 09 Sep 2001 02:03:20 GMT"), ("none", None)):
            with self.subTest(kind):
                self.marked(b"", "x")
                self.rules({"match": "^/file", "times": 1, "cut": 300, "end": "fin"})
                self.midge("-C", "-", "-o", "f", self.file(f"validator={kind}"))
                found = os.getxattr(self.dir / "f", MARK) if os.listxattr(self.dir / "f") else None
                self.assertEqual(mark, found)
                ran = self.midge("-C", "-", "-o", "f", self.file(f"validator={kind}"))
                self.assertEqual((0, 206, ONE), (ran.code, ran[0]["status"], (self.dir / "f").read_bytes()), ran)

    def test_weak_marks(self):
        """A weak tag cannot be asked for; the one that comes with the rest shows that the file has changed."""
        for mark, query, code in (('~W/"v1"', "validator=weak", 0), ('~W/"v1"', "validator=weak&version=2", 33),
                                  ('~W/"v1"', "", 0), ('~"v1"', "version=2", 33), ('"v1"', "validator=weak&blind", 0),
                                  ("~Sun, 09 Sep 2001 02:03:20 GMT", "validator=date", 0)):
            with self.subTest(mark=mark, query=query):
                self.marked(ONE[:500], mark)
                ran = self.midge("-C", "-", "-o", "f", self.file(query))
                self.assert_code(code, ran, *(["another version"] if code else []))
                self.assertEqual(ONE[:500] if code else ONE, (self.dir / "f").read_bytes())

    def test_from_the_start(self):
        ran, found = self.same(TWO[:500], "-C", "0", self.file())
        self.assertEqual((0, ONE), (ran.code, found))

    def test_own_if_range(self):
        ran, found = self.same(ONE[:500], "-C", "-", "-H", 'If-Range: "v1"', self.file())
        self.assertEqual((0, ONE), (ran.code, found))
        ran, found = self.part(ONE[:500], "-C", "-", "-H", 'If-Range: "v1"', self.file("version=2"))
        self.assertEqual((0, TWO), (ran.code, found))

    def test_several_urls(self):
        (self.dir / "a").write_bytes(ONE[:100])
        (self.dir / "b").write_bytes(TWO[:900])
        ran = self.midge("-C", "-", "-o", "a", "-o", "b", "-o", "c", self.file(), self.file("version=2"),
                         self.url("/bytes/10"))
        self.assert_code(0, ran)
        self.assertEqual((ONE, TWO, 10), ((self.dir / "a").read_bytes(), (self.dir / "b").read_bytes(),
                                          (self.dir / "c").stat().st_size))

    def test_same_file_twice(self):
        (self.dir / "a").write_bytes(ONE[:100])
        ran = self.midge("--sync", "-C", "-", "-o", "a", "-o", "a", self.file(), self.file())
        self.assert_code(23, ran)
        self.assertEqual(ONE, (self.dir / "a").read_bytes())

    def test_device(self):
        ran = self.midge("-C", "-", "-o", "/dev/null", self.file())
        self.assert_code(0, ran)
        os.mkfifo(self.dir / "p")
        with subprocess.Popen(["cat", "p"], cwd=self.dir, stdout=subprocess.PIPE) as reader:
            ran = self.midge("-C", "990", "-o", "p", self.file())
            self.assertEqual((0, ONE[990:]), (ran.code, reader.communicate(timeout=60)[0]))

    def test_nginx(self):
        url = f"http://localhost:{self.servers.nginx['http']}/1M"
        whole = self.midge(url).out
        for at in (1, len(whole) // 2, len(whole)):
            ran, found = self.same(whole[:at], "-C", "-", url)
            self.assertEqual((0, whole), (ran.code, found), ran)
        ran, found = self.part(None, "-r", "5-9,50-59", url)
        self.assert_code(0, ran)
        self.assertIn(b"Content-Range: bytes 50-59/1048576\r\n\r\n" + whole[50:60], found)


if __name__ == "__main__":
    unittest.main()
