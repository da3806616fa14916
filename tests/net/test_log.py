#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""midge log: the log of events that a program has written, as text, waterfall and archive; damaged logs."""
import base64
import json
import os
import re
import shutil
import struct
import subprocess
import unittest

import midge_test
from test_har import NODE, VALIDATE, has_validator

LINE = re.compile(r"^ +(\d+\.\d{3}) s  (request \d+)? *(connection \d+)? *(.*)$")
SECRET = "s3cret"


class Log(midge_test.Case):
    def program(self, *arguments, log="a.log"):
        return self.midge("app", *arguments, "--cacert", self.ca, report=False, ca=False,
                          env={"MIDGE_LOG": log})

    def log(self, *arguments, code=0, path="a.log"):
        ran = self.midge("log", path, *arguments, report=False, ca=False)
        self.assert_code(code, ran)
        return ran

    def events(self, **settings):
        """[(ms, request, connection, text)]"""
        lines = self.log(**settings).out.decode().splitlines()
        found = [LINE.match(line) for line in lines[1:]]
        self.assertNotIn(None, found, lines)
        times = [float(line[1]) for line in found]
        self.assertEqual(sorted(times), times)
        return [(round(float(line[1]) * 1000), line[2], line[3], line[4]) for line in found]

    def texts(self, number, events):
        return [text for _, request, _, text in events if request == f"request {number}"]

    def cells(self, *cells, written=None, header=(1, 16, 32)):
        """A log of these cells: (kind, detail, connection, ms, request, value) or bytes of text."""
        version, size, room = header
        packed = [struct.pack("<BBHIII", *cell) if isinstance(cell, tuple) else
                  b"\xff" + cell.ljust(15, b"\0") for cell in cells]
        packed += [bytes(16)] * (32 - len(packed))
        (self.dir / "a.log").write_bytes(
            b"MDGL" + struct.pack("<BBHIIIIq", version, size, 0, room,
                                  len(cells) if written is None else written, 0, 0, 1767225600) + b"".join(packed))

    # --- good logs ---

    def test_programs(self):
        """fetch: a full handshake, then a kept connection, then a failure."""
        url = self.url("/posts/1")
        ran = self.program("fetch", url + "?q=" + SECRET, "--times", "2", "--per-host", "1")
        self.assertEqual(0, ran.code, ran)
        events = self.events()
        first = self.texts(1, events)
        self.assertEqual(["start GET " + url, "opened"], first[:2])
        order = [text.split()[0].rstrip(":") for text in first]
        wanted = ["start", "opened", "connect", "trying", "connected", "queue", "memory", "memory", "tls",
                  "certificate", "secure", "send", "wait", "body", "head", "ended"]
        at = 0
        for name in wanted:
            at = order.index(name, at) + 1
        self.assertRegex("\n".join(first), r"secure: TLS 1\.[23], full")
        self.assertIn("head 200", first)
        second = self.texts(2, events)
        self.assertIn("send on a kept connection", second)
        self.assertNotIn("opened", second)
        self.assertEqual("closed", events[-1][3])
        for text in (self.log().out.decode(), self.log("--har", "-").out.decode()):
            self.assertNotIn(SECRET, text)
        self.assertNotIn(SECRET.encode(), (self.dir / "a.log").read_bytes())

    def test_printed(self):
        ran = self.program("fetch", self.url("/posts/1", "http"), log="-")
        self.assertEqual(0, ran.code, ran)
        (self.dir / "a.log").write_bytes(ran.out)
        texts = self.texts(1, self.events())
        self.assertEqual("start GET " + self.url("/posts/1", "http"), texts[0])
        self.assertRegex(texts[-1], r"^ended: \d+ bytes of body$")

    def test_simulated(self):
        """The same world and seed give the same log."""
        (self.dir / "world").write_text("seed 7\ndate 2026-11-28\nlatency 20\nhost api.example.com\n name slow 100\n" +
                                        "".join(f' reply 80 /posts/{n}\n  body "{{}}"\n' for n in (1, 2, 3)))
        texts = []
        for _ in range(2):
            ran = self.midge("app", "posts", "--api", "http://api.example.com", "--sim", "world", "--sync",
                             report=False, ca=False, env={"MIDGE_LOG": "a.log"})
            self.assertEqual(0, ran.code, ran)
            texts.append(self.log().out.decode())
        self.assertEqual(texts[0], texts[1])
        events = self.events()
        self.assertIn("resolved: 1 addresses", self.texts(1, events))
        times = {text.split()[0]: ms for ms, request, _, text in events if request == "request 1"}
        self.assertEqual((100, 40), (times["resolved:"] - times["dns"], times["connected"] - times["trying"]))

    def test_repeats_before_sending(self):
        """Each failed attempt is marked, though none was sent."""
        (self.dir / "world").write_text("host dead.test\n  address 10.9.9.9 refuses\n")
        ran = self.midge("app", "chat", "--api", "http://dead.test", "--sim", "world", "hello", report=False, ca=False,
                         env={"MIDGE_LOG": "a.log", "OPENAI_API_KEY": "k"})
        self.assertEqual(1, ran.code, ran)
        ran = self.midge("log", "a.log", "--waterfall", report=False, ca=False, env={"COLUMNS": "300"})
        self.assertEqual(["!!!"], [re.sub("[^!>]", "", bar) for bar in re.findall(r"\|([^|]*)\| *\d", ran.text)], ran)

    def test_streams(self):
        """Streams of one HTTP/2 connection stand together, as those of a run do."""
        (self.dir / "world").write_text("seed 7\ndate 2026-11-28\nlatency 20\nhost api.example.com\n tls 443 http2\n" +
                                        "".join(f' reply 443 /posts/{n}\n  body "{{}}"\n' for n in (1, 2, 3)))
        ran = self.midge("app", "posts", "--api", "https://api.example.com", "--sim", "world", report=False, ca=False,
                         env={"MIDGE_LOG": "a.log", "MIDGE_HTTP": "2"})
        self.assertEqual(0, ran.code, ran)
        events = self.events()
        streams = [re.findall(r"on stream (\d+)", "\n".join(self.texts(number, events))) for number in (1, 2, 3)]
        self.assertEqual([["1"] * 2, ["3"] * 2, ["5"] * 2], streams)
        lines = self.log("--waterfall").text.splitlines()
        self.assertEqual(["HTTP/2 connection 1 to api.example.com, 3 streams", "  stream 1 /posts/1", "  stream 3 /posts/2",
                          "  stream 5 /posts/3"], [re.split(" {2,}(?=[|])| +[|]", line)[0].rstrip() for line in lines[:4]])
        entries = json.loads(self.log("--har", "-").out)["log"]["entries"]
        self.assertEqual({"HTTP/2"}, {entry[side]["httpVersion"] for entry in entries for side in ("request", "response")})

    def test_streams_of_the_log(self):
        """A stream by WAIT or by BODY; of a request that the log does not see end; none in older logs."""
        def requests(*streams):
            cells = [(12, 0, 1, 1, 300, 0)]
            for number, stream in enumerate(streams, 300):
                cells += [(8, 0, 0, 2, number, 1), b"GET http://a/", (4, 0, 1, 2, number, 0), (5, 0, 1, 2, number, stream),
                          (6, 0, 1, 2, number, stream), (9, 0, 1, 2, number, 200)]
            self.cells(*cells, (7, 0, 1, 9, 300, 5))
            return self.log("--waterfall").text.splitlines()
        self.assertEqual("HTTP/2 connection 1 to a, 2 streams", requests(1, 0xffffffff)[0])
        self.assertTrue(requests(1, 0xffffffff)[2].startswith("  stream 4294967295 /"))
        self.assertNotIn("stream", "".join(requests(0, 0)))
        self.assertIn("stream 7", "".join(requests(7, 0)))

    def test_refused(self):
        ran = self.program("fetch", "http://127.0.0.1:1/a")
        self.assertEqual(1, ran.code, ran)
        texts = self.texts(1, self.events())
        self.assertIn("trying 127.0.0.1:1", texts)
        self.assertEqual("ended: connection failed (111)", texts[-1])
        entry = json.loads(self.log("--har", "-").out)["log"]["entries"][0]
        self.assertEqual((0, "connection failed"), (entry["response"]["status"], entry["response"]["_error"]))

    def test_pictures(self):
        url = self.url("/posts/1")
        self.assertEqual(0, self.program("fetch", url, "--times", "3").code)
        ran = self.log("--waterfall=a.svg", "--har", "a.har")
        self.assertEqual(b"", ran.out)
        svg = (self.dir / "a.svg").read_text()
        self.assertEqual(3, len(re.findall(r">[\w.:]+/posts/1</text>", svg)), svg)
        for phase in ("tls", "wait"):
            self.assertIn(f"<title>{phase} ", svg)
        text = (self.dir / "a.har").read_text()
        entries = json.loads(text)["log"]["entries"]
        self.assertEqual([url] * 3, [entry["request"]["url"] for entry in entries])
        self.assertEqual([200] * 3, [entry["response"]["status"] for entry in entries])
        for entry in entries:
            self.assertIn(entry["serverIPAddress"], ("127.0.0.1", "::1"))
        if has_validator():
            done = subprocess.run([shutil.which("node"), "-e", VALIDATE], input=text.encode(), env=NODE,
                                  capture_output=True)
            self.assertEqual(b"", done.stdout)
        self.assertEqual(3, self.log("--waterfall").text.count("/posts/1"))

    def test_app(self):
        """midge app NAME --har FILE --waterfall, without a file of a log."""
        ran = self.midge("app", "posts", "--api", self.url(""), "--har", "a.har", "--cacert", self.ca, "--waterfall",
                         report=False, ca=False)
        self.assertEqual(0, ran.code, ran)
        self.assertEqual(6, ran.text.count("/posts/"))
        entries = json.loads((self.dir / "a.har").read_text())["log"]["entries"]
        self.assertEqual([self.url(f"/posts/{number}") for number in (1, 2, 3)] * 2,
                         [entry["request"]["url"] for entry in entries])
        self.assertEqual(["a.har"], self.files())
        self.assert_code(2, self.midge("app", "posts", "--har", "a.har", "--unknown", report=False, ca=False))
        self.assert_code(2, self.midge("app", "posts", "--har", report=False, ca=False))

    def test_redirect(self):
        """Of two hops, one with a repeat; the request that the log does not see end."""
        self.cells((8, 0, 0, 0, 300, 2), b"POST http://a.t", b"est/x", (12, 0, 1, 1, 300, 0),
                   (2, 0, 1, 1, 300, 0), (14, 6, 1, 2, 300, 443), b"\x20\x01\x0d\xb8" + bytes(11), b"\x02",
                   (4, 0, 1, 10, 300, 0), (5, 0, 1, 11, 300, 0), (6, 0, 1, 20, 300, 0), (9, 0, 1, 20, 300, 307),
                   (0, 0, 0, 22, 300, 0), (10, 1, 0, 22, 300, 2), b"GET http://b.te", b"st/", (4, 0, 1, 30, 300, 0),
                   (6, 0, 1, 50, 300, 0), (9, 0, 1, 50, 300, 200), (7, 0, 1, 60, 300, 5),
                   (8, 0, 0, 70, 45, 1), b"GET http://c/", (3, 0, 0, 75, 45, 0), (24, 0, 1, 100, 0, 0))
        entries = json.loads(self.log("--har", "-").out)["log"]["entries"]
        self.assertEqual([("POST", "http://a.test/x"), ("GET", "http://b.test/"), ("GET", "http://c/")],
                         [(entry["request"]["method"], entry["request"]["url"]) for entry in entries])
        self.assertEqual([307, 200, 0], [entry["response"]["status"] for entry in entries])
        self.assertEqual("2001:db8::2", entries[0]["serverIPAddress"])
        self.assertEqual([22, 38, 30], [entry["time"] for entry in entries])
        self.assertEqual({"blocked": 8, "dns": -1, "connect": -1, "ssl": -1, "send": 20, "wait": 0, "receive": 10},
                         entries[1]["timings"])
        self.assertEqual("2026-01-01T00:00:00.022Z", entries[1]["startedDateTime"])
        self.assertIn("ends before", entries[2]["response"]["_error"])
        self.assertIn("trying [2001:db8::2]:443", self.texts(1, self.events()))

    def test_overwritten(self):
        """The ring's oldest cell may be half written; the text at its beginning has lost its event."""
        cells = [b"est/old"] * 3 + [(24, 0, 1, 5, 0, 0)] * 29
        self.cells(*cells, written=64)
        ran = self.log()
        self.assertTrue(ran.out.startswith(b"29 events, 35 cells lost"), ran)
        self.assertEqual("", ran.text)

    # --- damaged logs ---

    def refused(self, data, words):
        (self.dir / "a.log").write_bytes(data)
        ran = self.log(code=26)
        self.assertEqual(b"", ran.out)
        self.assertIn(words, ran.text)

    def damaged(self, words):
        ran = self.log(code=26)
        self.assertIn("is damaged: " + words, ran.text)
        return ran.out.decode()

    def test_refused_logs(self):
        self.refused(b"", "no log of events")
        self.refused(b"MDGL" + bytes(27), "no log of events")
        self.refused(b"HTTP" + bytes(1000), "no log of events")
        for header, words in (((2, 16, 32), "version"), ((1, 12, 32), "header"), ((1, 16, 0), "header"),
                              ((1, 16, 33), "header"), ((1, 16, 1 << 25), "header")):
            self.cells(header=header)
            self.refused((self.dir / "a.log").read_bytes(), words)
        self.assertIn("can't read the log", self.log(code=26, path="none.log").text)
        for arguments in ((), ("a", "b"), ("a", "--unknown"), ("a", "--har")):
            ran = self.midge("log", *arguments, report=False, ca=False)
            self.assert_code(2, ran)

    def test_damaged_logs(self):
        good = [(8, 0, 0, 0, 1, 2), b"GET http://a.te", b"st/", (7, 0, 0, 9, 1, 0)]
        self.cells(*good, (25, 0, 0, 10, 1, 0), (24, 0, 1, 11, 0, 0))
        self.assertIn("closed", self.damaged("an event is of no known kind"))
        self.cells(*good, (24, 0, 1, 4, 0, 0))
        self.assertIn("0.009 s               connection 1   closed", self.damaged("time goes back"))
        self.cells((8, 0, 0, 0, 1, 200), b"GET http://a.te", (7, 0, 0, 9, 1, 0))
        self.assertIn("start GET http://a.te\n", self.damaged("a text is cut"))
        self.cells((8, 0, 0, 0, 1, 1), b"GET http://\x1b\n\x80", (7, 0, 0, 9, 1, 0))
        self.assertIn("start GET http://???\n", self.log().out.decode())
        self.cells(*good, written=4)
        whole = (self.dir / "a.log").read_bytes()
        for size in range(32, 96, 7):
            (self.dir / "a.log").write_bytes(whole[:size])
            self.damaged("the file is cut")
        (self.dir / "a.log").write_bytes(whole[:96])    # the cells that are not written yet may be missing
        self.assertIn("ended", self.log().out.decode())
        (self.dir / "a.log").write_bytes(b"x\r\n-----BEGIN MIDGE LOG-----\r\n" + base64.encodebytes(whole[:90]) + b"----")
        self.damaged("the file is cut")


class Keys(midge_test.Case):
    def test_file(self):
        """SSLKEYLOGFILE counts in debugging builds only; the build with sanitizers is one."""
        path = self.dir / "keys"
        ran = self.midge(self.url("/posts/1"), env={"SSLKEYLOGFILE": str(path)})
        self.assertEqual(0, ran.code, ran)
        if os.environ.get("MIDGE_SANITIZED") != "1":
            self.assertFalse(path.exists())
            self.assertEqual("", ran.text)
            return
        self.assertIn("WARNING: this is a debugging build, and the keys of all connections are written to", ran.text)
        self.assertEqual(0o600, path.stat().st_mode & 0o777)
        for line in path.read_text().splitlines():
            self.assertRegex(line, r"^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64}(?:[0-9a-f]{32})?$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
