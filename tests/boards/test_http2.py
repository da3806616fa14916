#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""HTTP/2 on a board: the programs, and many requests at once on one connection (streams.c).

MIDGE_H2_SERVERS names the servers of the second ("haproxy caddy", or "all"); without it they are nginx and
nghttpd.
"""
import contextlib
import os
import pathlib
import re
import sys
import tempfile
import unittest

import board
import midge_test
from test_boards import BOARD, GUEST, Board, comparable
from test_chat import DONE, chunk

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import h2raw        # noqa: E402
import h2servers    # noqa: E402
import probe        # noqa: E402
import relay        # noqa: E402

SERVERS = os.environ.get("MIDGE_H2_SERVERS", "nginx nghttpd").split()
SERVERS = ["nginx", "apache", "haproxy", "caddy", "nghttpd"] if "all" in SERVERS else SERVERS
# Profiles with streams.c, and how many requests are in flight at once.
MANY = {"mps2-an385": {"full": 50, "small": 20, "tiny": 6}, "lm3s6965evb": {"small": 30}}.get(BOARD, {})
COST = {"full": 95, "small": 82}    # k instructions of midge and TLS for a small request, at most
MOST = {"apache": 6}    # it works on so many of a new connection at once
SLOT = re.compile(r"^streams: (\w+) (\d+) answers=(\d+) len=(\d+) fnv=(\w+) connection=(\d+) stream=(\d+); (.*)$", re.M)
ROUND = re.compile(r"^streams: round (\d+) answers, (\d+) in flight with (\d+) bytes of the block, (\d+) k instructions, (\d+) k of", re.M)


def content(size):
    return b"".join(probe.pattern_runs(size))


def fnv(data):
    """FNV-1a of 32 bits, as text."""
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xffffffff
    return f"{value:08x}"


class Http2(Board):
    @contextlib.contextmanager
    def server(self, kind):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.dir)) / kind
        pem = pathlib.Path(self.servers.dir) / "certs" / "good.pem"
        with h2servers.H2Server(kind, folder, self.ports["http"], pem) as server:
            yield server

    def at(self, port, path=""):
        return f"https://{GUEST}:{port}{path}"

    def assert_one_connection(self, ran):
        self.assertEqual((1, 1), (ran.number(r"failed, (\d+) connections"), ran.connections_at_once), ran)
        self.assertEqual((1, 0), ran.handshakes, ran)


@unittest.skipUnless(BOARD in ("mps2-an385", "riscv-virt"), "no image of the programs with HTTP/2")
class Programs(Http2):
    def setUp(self):
        super().setUp()
        self.nginx = self.servers.nginx["h2"]
        self.log = self.servers.dir / "nginx" / "h2.log"
        self.seen = len(self.log.read_text().splitlines()) if self.log.exists() else 0

    def app(self, *words, http="2", **more):
        return self.board(*words, profile="full", settings={"MIDGE_HTTP": http},
                          elf=board.image(BOARD, "full", "-http2"), **more)

    def assert_versions(self, requests, version="HTTP/2.0"):
        """nginx saw so many requests of the board, by this version only."""
        midge_test.until(lambda: len(self.log.read_text().splitlines()) >= self.seen + requests, "nginx's log")
        lines = self.log.read_text().splitlines()[self.seen:]
        self.assertEqual([version] * requests, [line.split()[0] for line in lines])

    @staticmethod
    def lines(text):
        return sorted(re.sub(r":\d+/", ":#/", comparable(text)).splitlines())

    def compare(self, *words):
        """The host by HTTP/1.1, the board by HTTP/2: the same lines."""
        here = self.host(*words, "--api", f"https://localhost:{self.servers.nginx['https']}")
        pictures = {path.name: path.read_bytes() for path in self.dir.glob("*.jpg")}
        for name in pictures:
            (self.dir / name).unlink()
        there = self.app(*words, "--api", self.at(self.nginx))
        self.assertEqual((0, 0), (here.code, there.code), there)
        self.assertEqual(self.lines(here.out.decode() + here.text), self.lines("\n".join(there.app_lines)), there)
        self.assertEqual(pictures, {path.name: path.read_bytes() for path in self.dir.glob("*.jpg")})
        return there

    def test_posts(self):
        self.assert_one_connection(self.compare("posts"))
        self.assert_versions(6)

    def test_itunes(self):
        self.assert_one_connection(self.compare("itunes"))
        self.assert_versions(5)

    def test_images(self):
        self.compare("images")
        self.assertEqual(3, len(list(self.dir.glob("*.jpg"))))
        self.assert_versions(3)

    def test_tour(self):
        self.compare("tour")

    def test_compare(self):
        self.compare("compare")

    def test_fetch(self):
        ran = self.app("fetch", "--times", 20, self.at(self.nginx, "/100"))
        self.assertEqual((0, 20), (ran.code, ran.text.count(": 200, 100 bytes")), ran)
        self.assert_one_connection(ran)
        self.assert_versions(20)

    def test_not_asked_for(self):
        """The same image without MIDGE_HTTP."""
        ran = self.app("fetch", self.at(self.nginx, "/100"), http=None)
        self.assertEqual(0, ran.code, ran)
        self.assert_versions(1, "HTTP/1.1")

    def test_chat(self):
        self.rules({"match": "^/v1/chat", "body": "".join([chunk("Guten"), chunk(" Tag"), chunk(reason="stop"), DONE])})
        ran = self.app("chat", "--api", self.at(self.nginx), "Why?")
        self.assertEqual(0, ran.code, ran)
        self.assertIn("Guten Tag\n", ran.text)
        self.assert_versions(1)

    def test_nghttpd(self):
        with self.server("nghttpd") as server:
            folder = server.dir / "www" / "posts"
            folder.mkdir()
            for number in range(1, 4):
                (folder / str(number)).write_bytes(self.midge(self.url(f"/posts/{number}", "http")).out)
            ran = self.app("posts", "--api", self.at(server.port))
            here = self.host("posts", "--api", self.url("", "https"))
            self.assertEqual(self.lines(here.out.decode()), self.lines("\n".join(ran.app_lines)), ran)
            self.assert_one_connection(ran)
            ran = self.app("fetch", "--times", 20, self.at(server.port, "/bytes/100000"))
            self.assertEqual(20, ran.text.count(": 200, 100000 bytes"), ran)
            self.assert_one_connection(ran)


class Slots(Http2):
    def streams(self, profile, *words):
        """(the run, its rounds: [(slots, ROUND's numbers)])"""
        ran = self.board("streams", *words, profile=profile, elf=board.image(BOARD, profile, "-streams"))
        self.assertEqual(0, ran.code, ran)
        rounds, slots = [], []
        for line in ran.text.splitlines():
            slots += SLOT.findall(line)
            for found in ROUND.findall(line):
                rounds.append((slots, [int(one) for one in found]))
                slots = []
        self.assertEqual(len(words) // 2, len(rounds), ran)
        return ran, rounds

    def assert_bodies(self, slots, body, times=1):
        self.assertEqual({("OK", "200", str(times), str(len(body) * times), fnv(body * times))},
                         {slot[:5] for slot in slots})
        self.assertNotIn("0", {slot[6] for slot in slots})      # HTTP/2


@unittest.skipUnless(BOARD == "mps2-an385", "a figure of one board is enough")
class Cost(Slots):
    def test_small_request(self):
        """Thousands of instructions of a Cortex-M3 for a GET of 100 bytes, 8 at once, over TLS; the first
        round makes the handshake."""
        url = self.at(self.servers.nginx["h2"], "/100")
        for profile, bar in COST.items():
            with self.subTest(profile):
                _, rounds = self.streams(profile, "8", url, "8x50", url)
                self.assert_bodies(rounds[1][0], content(100), 50)
                *_, all_k, port_k = rounds[1][1]
                print(f"{profile}: {all_k / 400:.1f} k instructions a request, {port_k / 400:.1f} k of them lwIP and "
                      "its driver", flush=True)
                self.assertLess((all_k - port_k) / 400, bar)


@unittest.skipUnless(MANY, "no image of streams.c")
class Streams(Slots):
    def held(self, kind, profile, many):
        """`many` requests whose answers come 2 s after the last of them, together. One goes before them, from
        whose head the record limiter knows how long the server's heads are."""
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(self.server(kind))
            port, path = server.port, f"/bytes/100?_together={many}&_delay=2"
            if kind == "nghttpd":
                port = stack.enter_context(relay.Relay(port, gather=2)).port
                path = "/bytes/100"
            ran, rounds = self.streams(profile, "1", self.at(port, "/bytes/100"), many, self.at(port, path))
        self.assertEqual(many, len(rounds[1][0]))
        self.assert_bodies(rounds[0][0] + rounds[1][0], content(100))
        self.assert_one_connection(ran)
        self.assertEqual(many, rounds[1][1][1], ran)
        return ran

    def test_held_and_released_together(self):
        for profile, many in MANY.items():
            for kind in SERVERS:
                with self.subTest(profile=profile, server=kind):
                    self.held(kind, profile, min(many, MOST.get(kind, many)))

    def test_large_bodies(self):
        """More than all windows, byte for byte."""
        with self.server("nginx") as server:
            for profile in MANY:
                with self.subTest(profile):
                    ran, rounds = self.streams(profile, 5, self.at(server.port, "/bytes/100000"))
                    self.assert_bodies(rounds[0][0], content(100000))
                    self.assert_one_connection(ran)

    def hostile(self, modes, words, check):
        """check(server, rounds, profile) of each profile: a round of so many requests for each of `words`."""
        pem = pathlib.Path(self.servers.dir) / "certs" / "good.pem"
        for profile in MANY:
            with self.subTest(profile, modes=modes), h2raw.Server(pem, modes) as server:
                url = self.at(server.port, "/")
                _, rounds = self.streams(profile, *[word for many in words for word in (many, url)])
                check(server, [slots for slots, _ in rounds], profile)

    def test_http1_behind_h2(self):
        """One clear error; then this server is asked by HTTP/1.1."""
        def check(_, rounds, __):
            self.assertEqual(("PROTOCOL", "HTTP/1 answer to HTTP/2"), (rounds[0][0][0], rounds[0][0][-1]))
            self.assertEqual({("OK", "200", "1", "5", fnv(b"hello"), "0")},
                             {(*slot[:5], slot[6]) for slot in rounds[1]}, rounds)
        self.hostile(["http1", "good"], (1, 4), check)

    def test_goaway(self):
        """What the server did not look at goes to a second connection; what it did look at is whole."""
        def check(server, rounds, _):
            self.assert_bodies(rounds[0], b"hello")
            self.assertEqual(2, server.connections)
        self.hostile(["goaway", "good"], (6,), check)

    def test_goaway_in_an_answer(self):
        """The answer that is cut is an error; the others are whole."""
        def check(server, rounds, _):
            self.assertEqual([(False, "2")] + [(True, "5")] * 5,
                             sorted((slot[0] == "OK", slot[3]) for slot in rounds[0]), rounds)
            self.assert_bodies(rounds[1], b"hello")
            self.assertEqual(2, server.connections)
        self.hostile(["cut", "good"], (6, 2), check)

    def test_long_heads(self):
        """Longer than the memory for a head, but within what it may have in all; and beyond that."""
        def whole(_, rounds, __):
            for slots in rounds:
                self.assert_bodies(slots, b"hello")

        def refused(_, rounds, profile):
            error, *_, detail = rounds[0][0]
            if error == "TLS_RECORD_SIZE":      # 16 KB in a buffer of 8 or 10
                self.assertEqual("small", profile)
                self.assertIn("larger than profile small's input buffer", detail)
            else:
                self.assertEqual(("PROTOCOL", "" if profile == "tiny" else "endless header block"), (error, detail))

        def repeated(server, rounds, profile):
            """A head in one record of 12 KB: small asks again, on a connection that keeps its large buffer."""
            whole(server, rounds, profile)
            self.assertEqual(2 if profile == "small" else 1, server.connections)

        def post(server, rounds, profile):
            """A POST is not: one clear error. The next one goes to the connection with the large buffer."""
            if profile == "small":
                error, *_, detail = rounds[0][0]
                self.assertEqual("TLS_RECORD_SIZE", error)
                self.assertIn("larger than profile small's input buffer", detail)
                del rounds[0]
            repeated(server, rounds, profile)

        self.hostile(["head=7000"], (1, 2), whole)
        self.hostile(["head=12000"], (1, 2), repeated)
        self.hostile(["head=12000"], ("1p", "1p"), post)
        self.hostile(["head=70000"], (1,), refused)


if __name__ == "__main__":
    unittest.main(verbosity=2)
