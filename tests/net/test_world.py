#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The host program in a simulated world (--sim): no server runs, time is virtual."""
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree

import midge_test

FIND = midge_test.ROOT / "tests" / "sim" / "find_fault.py"
GUIDE = midge_test.ROOT / "port" / "sim" / "WORLD.md"
API = "http://api.example.com"
POSTS = "".join(f"""
  reply 80 /posts/{n}
    header "Content-Type: application/json"
    body "{{\\"userId\\":1,\\"id\\":{n},\\"title\\":\\"t{n}\\",\\"body\\":\\"b{n}\\"}}"
    delay 1000""" for n in (1, 2, 3))


class Case(midge_test.Case):
    @classmethod
    def setUpClass(cls):
        midge_test.built(midge_test.BIN)    # and no servers

    def command(self, arguments, report, ca):
        return super().command(arguments, report, False)

    def sim(self, world, *arguments, **settings):
        (self.dir / "world").write_text(world)
        return self.midge(*arguments, "--sim", "world", **settings)


class Http2(Case):
    def test_streams(self):
        """A hundred answers, each after a second, on one connection; and one that is cut."""
        world = """
host api.example.com
  tls 443 http2
  http2 80
  reply 443 /slow
    body "hello"
    delay 1000
  reply 80 /cut
    fill 5000
    end reset 100
"""
        ran = self.sim(world, "--http2", *["https://api.example.com/slow"] * 100)
        self.assert_code(0, ran)
        self.assertEqual(b"hello" * 100, ran.out)
        self.assertEqual({"2"}, {line["http_version"] for line in ran})
        self.assertEqual((1, 1), (ran.summary["connections"], ran.summary["handshakes_full"]))
        self.assertLess(ran.summary["wall_us"], 1_100_000)      # of virtual time
        ran = self.sim(world, "--http2-prior-knowledge", "http://api.example.com/cut")
        self.assert_code(18, ran)


class Guide(Case):
    def test_example(self):
        """The example of the guide does what its words say."""
        world = re.search(r"<<'EOF'\n(.*?)EOF\n", GUIDE.read_text(), re.S).group(1)
        paths = ("/posts/1", "/busy", "/busy", "/busy", "/cut")
        ran = self.sim(world, "-s", "--per-host", "1", *(API + path for path in paths))
        self.assert_code(56, ran)
        self.assertEqual([200, 429, 429, 200, 200], [line["status"] for line in ran.lines])
        self.assertTrue(ran.out.startswith(b'{"id": 1}\n'))
        self.assertIn(b"now there is room\n", ran.out)
        self.assertEqual(("RECV", "no"), (ran[4]["error"], ran[4]["complete"]))
        self.assertGreater(ran[0]["t_dns_us"], 100000)

    def test_every_word_is_explained(self):
        words = set()
        for source in (midge_test.ROOT / "boards" / "host").glob("world_*.c"):
            words |= set(re.findall(r'\{"([a-z-]+)", (?:set|add|begin|use)_\w+\}', source.read_text()))
        self.assertGreater(len(words), 35)
        guide = GUIDE.read_text()
        self.assertEqual([], sorted(word for word in words if not re.search(rf"`{word}\b", guide)))


class Beside(Case):
    """--beside: two runs of the same work in one picture."""
    NAME = midge_test.ROOT / "boards" / "host" / "compare.svg"
    WORLD = midge_test.ROOT / "boards" / "host" / "compare.world"

    def draw(self, world, name):
        ran = self.midge("app", "compare", "--sim", world, "--api", "https://api.example.com", "--beside", name,
                         report=False)
        return ran, (self.dir / name).read_text()

    def test_picture_of_the_readme(self):
        """The picture in the tree is what its command makes; the command stands in the world."""
        ran, svg = self.draw(self.WORLD, "a.svg")
        self.assertEqual(0, ran.code, ran)
        self.assertEqual(self.NAME.read_text(), svg, "make it anew, by the command in boards/host/compare.world")
        self.assertIn("app compare --sim boards/host/compare.world --api https://api.example.com",
                      self.WORLD.read_text())

    def test_times_are_those_of_the_program(self):
        ran, svg = self.draw(self.WORLD, "a.svg")
        sync, at_once, ratio = re.search(rb"all: ([\d.]+) s .*, ([\d.]+) s .*, ratio ([\d.]+)", ran.out).groups()
        shown = re.search(r">one after another: ([\d.]+) s<.*>all at once: ([\d.]+) s<", svg, re.S)
        self.assertAlmostEqual(float(sync), float(shown[1]), delta=0.03)    # the program's end after each work
        self.assertAlmostEqual(float(at_once), float(shown[2]), delta=0.03)
        self.assertEqual(2 * 14, svg.count("<title>wait "))
        texts = [one.text for one in xml.etree.ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
        self.assertEqual(14, len([text for text in texts if text.startswith("/")]))
        self.assertAlmostEqual(float(ratio), float(re.search(r": ([\d.]+) times as fast", svg)[1]), delta=0.01)

    def test_failures_are_told(self):
        world = self.WORLD.read_text().replace("delay 400", "end reset 30")
        (self.dir / "world").write_text(world)
        ran, svg = self.draw("world", "a.svg")
        self.assertEqual(1, ran.code, ran)
        self.assertIn(">FAILED<", svg)
        self.assertNotIn("times as fast", svg)

    def test_cannot_be_written(self):
        ran = self.midge("app", "posts", "--sim", self.WORLD, "--api", "https://api.example.com",
                         "--beside", "none/a.svg", report=False)
        self.assert_code(23, ran, "none/a.svg")


class Run(Case):
    WORLD = "seed 5\nlatency 10\njitter 30\nloss 5%\nsplit 20%\nwould-block 10%\nhost api.example.com\n" + POSTS

    def test_same_seed_same_trace(self):
        urls = [f"{API}/posts/{n}" for n in (1, 2, 3)]
        runs = [self.sim(self.WORLD, *urls, *seed) for seed in ([], [], ["--seed", "5"], ["--seed", "6"])]
        sums = [hashlib.sha256(ran.err).hexdigest() for ran in runs]
        self.assertEqual(sums[0], sums[1])
        self.assertEqual(sums[0], sums[2])
        self.assertNotEqual(sums[0], sums[3])
        for ran in runs:
            self.assert_code(0, ran)
            self.assertEqual(runs[0].out, ran.out)
        self.assertEqual(runs[0].lines, runs[1].lines)

    def test_fault_is_found_by_its_seed(self):
        """Of a world where few connections break, a search finds the seed; the seed alone shows it again."""
        world = "latency 10\nloss 30%\nhost api.example.com\n  reply 80 /\n    fill 60000\n"
        (self.dir / "world").write_text(world)
        search = [sys.executable, str(FIND), "--midge", midge_test.BIN, "--expect", "0", "--seeds", "500"]
        words = ["world", API + "/", "-o", "/dev/null"]
        found = subprocess.run(search + words, cwd=self.dir, stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual(1, found.returncode, found.stdout)
        seed = re.search(r"^seed (\d+) of 500: exit code (\d+), not 0$", found.stdout, re.MULTILINE)
        sums = re.findall(r"[0-9a-f]{64}$", found.stdout, re.MULTILINE)
        self.assertEqual(2, len(sums))
        self.assertEqual(sums[0], sums[1])
        self.assert_code(int(seed[2]), self.sim(world, API + "/", "--seed", seed[1]))

    def test_virtual_time(self):
        ran = self.sim("host api.example.com\n reply 80 /\n  delay 36000000\n", "-s", "-S", f"{API}/")
        self.assert_code(28, ran, "timed out")
        self.assertGreater(ran[0]["t_wait_us"], 60_000_000)

    def test_forever(self):
        """An answer without an end takes virtual time, and a limit of time ends it."""
        world = 'host api.example.com\nreply 80 /\n  raw "HTTP/1.1 200 OK\\r\\n\\r\\n"\n  forever "ab"\n'
        ran = self.sim(world, "-o", "out", "--max-time", "10", API)
        self.assert_code(28, ran)
        self.assertTrue(9_000_000 < ran[0]["body_len"] < 11_000_000, ran[0]["body_len"])

    def test_app(self):
        (self.dir / "world").write_text("host api.example.com\n" + POSTS)
        ran = self.midge("app", "posts", "--api", API, "--sim", "world", report=False)
        self.assert_code(0, ran)
        times = re.findall(rb"([0-9.]+) s", ran.out)
        self.assertTrue(times, ran.out)
        self.assertIn(b"t3", ran.out)

    def test_files_are_real(self):
        ran = self.sim("host a\n reply 80 /\n  body \"x\\0y\"\n", "-s", "-o", "out", "http://a/")
        self.assert_code(0, ran)
        self.assertEqual(b"x\0y", (self.dir / "out").read_bytes())

    def test_upload(self):
        ran = self.sim("host a\n reply 80 /\n  method PUT\n  status 201\n", "-s", "-T", "-", "http://a/",
                       input=b"x" * 100000)
        self.assert_code(0, ran)
        self.assertEqual(201, ran[0]["status"])

    def test_no_socket(self):
        """The names of the world are its own, and no name of the machine exists in it."""
        self.assert_code(6, self.sim("host a\n", "-s", "-S", "http://example.com/"))
        world = "host localhost\n address 127.0.0.1\n reply 80 /\n  body mine\n"
        self.assertEqual(b"mine", self.sim(world, "-s", "http://localhost/").out)
        env = {"http_proxy": "http://p/"}
        self.assertEqual(b"mine", self.sim(world, "-s", "http://localhost/", env=env).out)


class Tls(Case):
    URL = "https://api.example.com/posts/1"

    def world(self, words):
        return f"date 2026-11-28\nlatency 20\nhost api.example.com\n tls 443 {words}\n" + POSTS.replace(" 80 ", " 443 ")

    def test_get(self):
        for words, version, resumed in (("", "1.3", True), ("only-1.2", "1.2", True), ("only-1.2 rsa", "1.2", True),
                                        ("only-1.3 no-tickets", "1.3", False)):
            with self.subTest(words):
                runs = [self.sim(self.world(words), "--per-host", "4", *[self.URL] * 4) for _ in range(2)]
                self.assert_code(0, runs[0])
                self.assertEqual([version] * 4, [line["tls_version"] for line in runs[0].lines])
                self.assertEqual(resumed, runs[0][3]["resumed"] or runs[0][3]["reused"])
                self.assertEqual(runs[0].err, runs[1].err)  # keys and times are the seed's too

    def test_verification(self):
        for words, options, error in (("names other.example.com", [], "CERT"), ("until 2026-11-27", [], "CERT"),
                                      ("names other.example.com", ["-k"], ""), ("until 2026-11-29", [], ""),
                                      ("only-1.3", ["--tls-max", "1.2"], "TLS")):
            with self.subTest(words):
                ran = self.sim(self.world(words), "-s", "-S", *options, self.URL)
                self.assertEqual(error, ran[0]["error"], ran)

    def test_app(self):
        (self.dir / "world").write_text(self.world(""))
        ran = self.midge("app", "posts", "--api", "https://api.example.com", "--sim", "world", report=False)
        self.assert_code(0, ran)

    def test_wrong(self):
        self.assert_code(2, self.sim(self.world("odd"), self.URL), "world:4", "odd")
        self.assert_code(2, self.sim(self.world("until tomorrow"), self.URL), "tomorrow")


class Pace(Case):
    """Answers that take their time."""

    def test_small_window(self):
        """With a rate, to a client whose window is smaller than what the server has sent."""
        world = """latency 20
recv-buffer 1220
host api.example.com
  tls 443
  http2 80
  reply 443 /
    fill 100000
    rate 400000
  reply 443 /chunks
    fill 100000
    chunk 500
    rate 400000
  reply 80 /
    fill 100000
    rate 400000
"""
        for words in (["https://api.example.com/"], ["https://api.example.com/chunks"],
                      ["--http2-prior-knowledge", "http://api.example.com/"]):
            with self.subTest(words):
                ran = self.sim(world, "-s", "-o", "out", *words)
                self.assert_code(0, ran)
                self.assertEqual(100000, ran[0]["body_len"])
                self.assertGreater(ran[0]["t_body_us"], 3_000_000)     # 1,220 bytes in 40 ms

    def test_next_request(self):
        """The next request may come as soon as all bytes of the answer before are there; a POST is not sent again."""
        world = "host a\n reply 80 /\n  fill 1000\n  rate 50000\n reply 80 /none\n  fill 0\n  body-delay 100\n"
        for path in ("/", "/none"):
            with self.subTest(path):
                ran = self.sim(world, "-s", "--max-conns", "1", "-d", "x", *[f"http://a{path}"] * 3)
                self.assert_code(0, ran)
                self.assertEqual([False, True, True], [line["reused"] for line in ran.lines])

    def test_pace_counts(self):
        """The client's window is wide, so the rate decides."""
        ran = self.sim("host a\n reply 80 /\n  fill 100000\n  rate 20000\n", "-s", "-o", "out", "http://a/")
        self.assert_code(0, ran)
        self.assertAlmostEqual(5_000_000, ran[0]["t_body_us"], delta=100_000)


class Faults(Case):
    def outcome(self, lines, code, error, *words, path="/", **settings):
        ran = self.sim(lines, "-s", "-S", f"http://a{path}", **settings)
        self.assert_code(code, ran, *words)
        self.assertEqual(error, ran[0]["error"])
        self.assertEqual(code == 0, ran[0]["complete"] != "no", ran)
        return ran

    def test_each(self):
        reply = " reply 80 /\n  fill 1000\n"
        for lines, code, error in (
                ("host a\n name silent\n" + reply, 28, "TIMEOUT"), ("host a\n name fails 4\n" + reply, 6, "RESOLVE"),
                ("host a\n name in-call\n" + reply, 0, ""), ("host a\n name slow 3000\n" + reply, 0, ""),
                ("host a\n address 192.0.2.9 refuses\n" + reply, 7, "CONNECT"),
                ("host a\n address 192.0.2.9 silent\n" + reply, 28, "TIMEOUT"),
                ("host a\n address 192.0.2.9 unreachable\n" + reply, 7, "CONNECT"),
                ("host a\n address 192.0.2.9 refuses\n address 2001:db8::1\n" + reply, 0, ""),
                ("host a\n cut reset 500\n" + reply, 56, "RECV"), ("host a\n cut fin 500\n" + reply, 18, "PARTIAL"),
                ("host a\n cut stall 500\n" + reply, 28, "TIMEOUT"), ("host a\n cut reset 500 nth 2\n" + reply, 0, ""),
                ("host a\n cut reset 10 from-client\n" + reply, 56, "RECV"),
                ("fail connect 1 ENETUNREACH\nhost a\n" + reply, 7, "CONNECT"),
                ("fail connect 1 EMFILE\nhost a\n" + reply, 0, ""),
                ("fail send 1 EPIPE\nhost a\n" + reply, 55, "SEND"),
                ("fail recv 1 ECONNRESET sticky\nhost a\n" + reply, 56, "RECV"),
                ("fail resolve 1 EIO\nhost a\n" + reply, 6, "RESOLVE"),
                ("at 0 link down\nhost a\n" + reply, 28, "TIMEOUT"),
                ("latency 50\nat 80 link down\nat 5000 link up\nhost a\n" + reply, 0, ""),
                ("host a\n" + reply + "  end fin 900\n", 18, "PARTIAL"),
                ("host a\n" + reply + "  end stall 900\n", 28, "TIMEOUT"),
                ("host a\n" + reply + "  chunk 7\n  rate 500\n", 0, ""),
                ("host a\n" + reply + "  until-close\n", 0, ""),
                ("host a\n reply 80 /\n  raw \"SSH-2.0-x\\r\\n\"\n", 8, "PROTOCOL"),
                ("recv-most 1\nsend-most 1\nspurious 30%\ninterrupted 30%\nshort 50%\nhost a\n" + reply, 0, ""),
                ("clock 4294967290\nlatency 3\nhost a\n" + reply, 0, ""), ("sockets 1\nhost a\n" + reply, 0, "")):
            with self.subTest(lines):
                self.outcome(lines, code, error)

    def test_moved(self):
        world = "host a\n address 192.0.2.1 refuses\n at 100 address 192.0.2.2\n name slow 500\n reply 80 /\n"
        self.outcome(world, 0, "")


class Wrong(Case):
    def test_lines(self):
        for lines, words in (
                ("foo 1", ["world:1", "foo"]), ("\nhost", ["world:2", "host is missing"]), ("host a b", ["'b'"]),
                ("reply 80 /", ["which host"]), ("address 1.2.3.4", ["address"]), ("host a\naddress x", ["'x'"]),
                ("host a\nseed 1", ["world:2", "seed"]), ("host a\nreply 70000 /", ["port"]), ("seed -1", ["seed"]),
                ("latency x", ["latency"]), ("loss 3", ["1.5%"]), ("loss 101%", ["loss"]), ("date 2026", ["date"]),
                ("host a\nreply 80 /\nbody \"x", ["quotes"]), ("host a\nreply 80 /\nbody \"\\q\"", ["quotes"]),
                ("host a\nreply 80 /\nbody \"\\x1\"", ["quotes"]), ("host a\nreply 80 /\nend now", ["now"]),
                ("at 5 link sideways", ["sideways"]), ("at 5 address 1.2.3.4", ["which host"]), ("at x link up", ["at"]),
                ("fail recv 0 EIO", ["fail"]), ("fail recv 1 EWHAT", ["fail"]), ("fail read 1 EIO", ["read"]),
                ("host a\nname odd", ["odd"]), ("host a\ncut reset", ["cut"]), ("x " * 30, ["too many words"]),
                ("host \"a\\0b\"", ["NUL"])):
            with self.subTest(lines):
                ran = self.sim(lines, "http://a/", report=False)
                self.assert_code(2, ran, *words)
                self.assert_one_line(ran)
                self.assert_code(2, self.midge("app", "posts", "--sim", "world", report=False), *words)

    def test_options(self):
        self.assert_code(2, self.midge("--sim", "none", "http://a/"), "none", "No such file")
        self.assert_code(2, self.midge("--sim", ".", "http://a/"), "Is a directory")
        self.assert_code(2, self.midge("--seed", "1", "http://a/"), "--sim")
        self.assert_code(6, self.sim("", "-s", "http://a/"))
        ran = self.midge("app", "posts", "--seed", "x", "--sim", "world", report=False)
        self.assert_code(2, ran, "--seed")


if __name__ == "__main__":
    unittest.main()
