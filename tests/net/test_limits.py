#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is scarce: the block, the turn, the reader's patience, the disk. Waiting is right, failing is not.

The block's tests run once for each profile's program beside MIDGE_BIN.
"""
import errno
import hashlib
import itertools
import json
import os
import pathlib
import re
import resource
import stat
import subprocess
import unittest

import client_program
import midge_test

# A small device's 64 KB; and, since pointers are of 64 bits here, the list of addresses that a handshake
# may keep for another try (core/race.c), which boards leave out.
BLOCK = 65536 + 256
MANY = 50
MB = 1 << 20
LARGE = (20 if midge_test.SANITIZED else 200) * MB
PIECE = 65536           # of server.py's bytes_sent: it counts one ahead (its README)


class Case(midge_test.Case):
    def nginx_url(self, path, port="https"):
        scheme = "http" if port == "http" else "https"
        return f"{scheme}://localhost:{self.servers.nginx[port]}{path}"

    def reset(self):
        self.servers.ask("POST", "/stats/reset", {})

    def stats(self):
        return self.servers.ask("GET", "/stats")


# ---- the block


class Block:
    """One profile: its class names it and what differs."""
    refuses_5k = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = midge_test.of_profile(cls.profile)

    def command(self, arguments, report, ca):
        return [str(self.program)] + super().command(arguments, report, ca)[1:]

    def five(self):
        """URLs by number, each after the next of five TLS origins."""
        origins = [self.url("", port) for port in ("https", "https_tls12", "https_rsa", "https_noticket")]
        origins.append(self.nginx_url(""))
        return [f"{origin}/posts/{n}" for n, origin in zip(range(1, MANY + 1), itertools.cycle(origins))]

    def one(self):
        return [self.url(f"/posts/{n}") for n in range(1, MANY + 1)]

    def least(self, *arguments):
        """What the error line of a much too small block says it takes."""
        ran = self.midge("--heap", "3000", *arguments)
        self.assert_code(27, ran)
        self.assert_one_line(ran)
        said = re.search(r" a block of 3000 bytes is too small: (\d+) are needed at least \(--heap (\d+)\), ",
                         ran.text)
        self.assertIsNotNone(said, ran)
        self.assertEqual(said[1], said[2])
        return int(said[1])

    def in_block(self, size, *arguments):
        """All well, in a block of that size."""
        ran = self.midge("--heap", size, *arguments)
        self.assert_code(0, ran)
        self.assertEqual({200}, {line["status"] for line in ran})
        self.assertEqual((0, 0), (ran.summary["failed"], ran.summary["alloc_live"]))
        self.assertLessEqual(ran.summary["alloc_peak"], size)
        self.assertGreater(ran.summary["alloc_peak"], size // 8)    # it is the block that is counted
        return ran

    def check_queue(self, urls, origins):
        """In a small block they wait for each other, and what comes is what comes without one."""
        options = ("--per-host", MANY, "--max-conns", MANY)
        self.reset()
        tight = self.in_block(BLOCK, *options, *urls)
        stats = self.stats()
        roomy = self.midge(*options, *urls)
        self.assert_code(0, roomy)
        self.assertEqual(roomy.out, tight.out)
        self.assertEqual([line["body_sha256"] for line in roomy], [line["body_sha256"] for line in tight])
        self.assertEqual(MANY, stats["requests_total"])
        self.assertLessEqual(stats["requests_max"], tight.summary["peak_connections"])
        most = 16 if self.profile == "tiny" else 8
        self.assertLess(tight.summary["peak_connections"], most)    # more have no room
        self.assertGreaterEqual(tight.summary["handshakes_full"], origins)

    def test_posts(self):
        urls = [self.url(f"/posts/{n}") for n in (1, 2, 3)]
        tight, roomy = self.in_block(BLOCK, *urls), self.midge(*urls)
        self.assertEqual(roomy.out, tight.out)

    def test_fifty_to_one_origin(self):
        self.check_queue(self.one(), 1)

    def test_fifty_over_five_origins(self):
        self.check_queue(self.five(), 5)

    def test_the_least_block_is_named_and_enough(self):
        ports = ["https", "https_rsa"] + ([] if self.refuses_5k else ["https_chain5k"])
        sets = [self.one(), self.five()]
        sets += [[self.url("/posts/1", port)] for port in ports]
        sets += [[self.url(f"/bytes/{100000 + n}", port) for port in ports for n in range(4)]]
        for urls in sets:
            with self.subTest(urls[0], n=len(urls)):
                least = self.least(*urls)
                self.assertLessEqual(least, BLOCK)
                ran = self.midge("--heap", least - 1, *urls)
                self.assert_code(27, ran, f"a block of {least - 1} bytes is too small: {least} are needed at least")
                self.assertEqual({("NO_MEMORY", "queue", 0)},
                                 {(line["error"], line["phase"], line["connects"]) for line in ran})
                self.in_block(least, *urls)

    def test_the_least_block_stays_enough(self):
        """When sessions, waiting requests and long chains have cut it to pieces."""
        ports = [] if self.refuses_5k else ["https_chain5k"]
        ports += ["https_rsa", "https_tls12", "https_noticket", "https"]
        ports += ["https_tls13"] if self.profile == "full" else []
        urls = [self.url(f"/posts/{n}", port) for n, port in zip(range(1, 81), itertools.cycle(ports))]
        least = self.least(*urls)
        for _ in range(6):      # what comes first differs
            self.in_block(least, *urls)

    def test_the_app_in_its_least_block(self):
        """The programs of boards/apps say it too, and show what they took."""
        app = ["app", "posts", "--api", self.url(""), "--cacert", self.ca]
        settings = {"report": False, "ca": False}
        ran = self.midge(*app, "--heap", "3000", **settings)
        self.assert_code(1, ran)
        self.assert_one_line(ran)
        least = int(re.search(r"too small: (\d+) are needed at least", ran.text)[1])
        if self.profile != "full":        # profile full: a client that may hold 256 things at once
            self.assertLessEqual(least, BLOCK)
        for size in {least, max(least, BLOCK)}:
            ran = self.midge(*app, "--heap", size, "--stats", **settings)
            self.assert_code(0, ran, "3 requests, 0 failed")
            self.assertEqual(6, len(re.findall(rb"^Title: .", ran.out, re.MULTILINE)), ran)
            for peak, block in re.findall(r"(\d+) of (\d+) bytes at most", ran.text):
                self.assertEqual(size, int(block))
                self.assertLessEqual(int(peak), size)

    def crowd(self, extra, connections, *options, rounds=1):
        """A hundred requests of all kinds, in a block of so many bytes above the least."""
        ports = ["http", "https", "https_tls12", "https_noticket"]
        ports.append("https_tls13" if self.profile == "full" else "https_rsa")
        paths = ["/bytes/500", "/bytes/40000", "/bytes/3000?chunked=1", "/delay/0.02", "/echo", "/echo",
                 "/headers/10?size=100"]
        program = "crowd" if self.profile == "full" else f"crowd-{self.profile}"
        ran = client_program.run(program, self.ca, extra, connections, rounds, extra + 1, *options,
                                 *(self.url(path, port) for port in ports for path in paths))[0]
        told = {name: ran[name] for name in ("ended", "requests", "ok", "no_memory", "others", "stuck", "leaked")}
        n = 100 * rounds
        self.assertEqual({"ended": True, "requests": n, "ok": n, "no_memory": 0, "others": 0, "stuck": 0,
                          "leaked": 0}, told, ran)

    def test_a_crowd_in_blocks_of_many_sizes(self):
        for extra, connections in ((0, 6), (2000, 3), (9000, 6), (40000, 6), (120000, 6)):
            with self.subTest(extra):
                self.crowd(extra, connections)

    def test_a_crowd_and_what_else_takes_memory(self):
        for extra, options in ((1777, ["+sleeps"]), (17770, ["+copies"]), (24878, ["+origins"]),
                               (35540, ["+sleeps", "+copies", "+origins"])):
            with self.subTest(extra, options=options):
                self.crowd(extra, 6, *options)

    def test_rsa(self):
        self.in_block(BLOCK, self.url("/posts/1", "https_rsa"))
        self.in_block(BLOCK, self.nginx_url("/100", "https_rsa"))

    def test_a_chain_of_5_kb(self):
        url, other = self.url("/posts/1", "https_chain5k"), self.url("/posts/2")
        if not self.refuses_5k:
            self.in_block(BLOCK, url, other)
            return
        for options in (("--heap", BLOCK), ()):
            ran = self.midge(*options, url, other)      # and no other request is hurt
            self.assert_code(35, ran, "certificate chain larger", f"profile {self.profile}")
            self.assert_one_line(ran)
            self.assertEqual([("TLS_RECORD_SIZE", "tls", 0), ("", "done", 200)],
                             [(line["error"], line["phase"], line["status"]) for line in ran])

    def peaks(self, port, size):
        """Of a body that is longer than every buffer, and of one of that size."""
        medium = self.midge("-o", "/dev/null", self.nginx_url("/1M", port))
        large = self.midge("-o", "/dev/null", "-H", f"Range: bytes=0-{size - 1}", self.nginx_url("/2G", port))
        self.assertEqual((0, 0), (medium.code, large.code), large)
        self.assertEqual([(200, MB, "yes"), (206, size, "yes")], [
            (line["status"], line["body_len"], line["complete"]) for line in (medium[0], large[0])])
        self.assertEqual(hashlib.sha256(bytes(size)).hexdigest(), large[0]["body_sha256"])
        return medium.summary["alloc_peak"], large.summary["alloc_peak"]

    def test_a_large_body_takes_no_more(self):
        medium, large = self.peaks("http", 32 * MB)
        self.assertEqual(medium, large)
        # The peak is the handshake's, which differs a little by how its records come in.
        medium, large = self.peaks("https_4k" if self.refuses_5k else "https", LARGE)
        self.assertLessEqual(abs(medium - large), 1024)


class Full(Block, Case):
    profile = "full"


class Small(Block, Case):
    profile = "small"


class Tiny(Block, Case):
    profile = "tiny"
    refuses_5k = True


# ---- the reader's patience, the turn


def buffered_at_most():
    """Bytes that a connection's two sockets may hold."""
    kernel = pathlib.Path("/proc/sys/net/ipv4")
    return sum(int((kernel / name).read_text().split()[2]) for name in ("tcp_rmem", "tcp_wmem"))


class BackPressure(Case):
    def sent(self, path):
        """What the server sent, once it sends no more: it had its turn between any two answers."""
        counts = [-1]
        while len(counts) < 20 or len(set(counts[-20:])) > 1:
            counts.append(self.stats()["bytes_sent"].get(path, 0))
        return counts[-1]

    def check_pause(self, port, at):
        size = at + 2 * buffered_at_most() + 4 * PIECE
        path = f"/bytes/{size}"
        self.reset()
        process = subprocess.Popen(
            [client_program.program("pause"), self.url(path, port), self.url("/posts/1", port), self.ca, str(at)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=midge_test.environment())
        self.addCleanup(self.end, process)
        said = [json.loads(process.stdout.readline()) for _ in range(2)]
        self.assertEqual(["paused", "other"], [line["what"] for line in said])
        seen = said[0]["sink_len"]
        self.assertGreaterEqual(seen, at)
        self.assertLess(seen, at + PIECE)
        self.assertEqual(("", True, seen), (said[1]["error"], said[1]["body_len"] > 0, said[1]["sink_len"]))

        sent = self.sent(path)
        self.assertGreaterEqual(sent, seen)
        self.assertLess(sent, seen + buffered_at_most() + 2 * PIECE)    # far from all

        out, error = process.communicate(b"\n", timeout=midge_test.TIMEOUT)
        self.assertEqual((0, b""), (process.returncode, error))
        ended = json.loads(out)
        self.assertEqual(("ended", "", size, size),
                         tuple(ended[name] for name in ("what", "error", "body_len", "sink_len")))
        self.assertEqual(size, self.sent(path))
        self.assertLess(ended["turns"], ended["ms"] + 20)   # what is paused does not wake the loop

    def test_a_paused_sink_stops_the_server(self):
        for port in ("http", "https", "https_tls12"):
            with self.subTest(port):
                self.check_pause(port, 100000)

    def test_paused_by_its_first_bytes(self):
        self.check_pause("https", 1)


class Turn(Case):
    def test_eight_downloads_keep_to_the_budget(self):
        size = MB if midge_test.SANITIZED else 4 * MB
        for port, budget in (("http", 1000), ("http", 8192), ("http", 65536), ("https", 8192), ("https", 65536)):
            with self.subTest(port, budget=budget):
                ran = client_program.run("budget", self.url(f"/bytes/{size}", port), self.ca, 8, budget)[0]
                self.assertEqual((0, 8 * size), (ran["failed"], ran["bytes"]))
                self.assertLessEqual(ran["sinks_peak"], budget)
                # TLS sends a request's head as one record: the last one of a turn may stand out.
                self.assertLessEqual(ran["turn_bytes_peak"], budget + (0 if port == "http" else 128))
                self.assertGreaterEqual(ran["turns"], 8 * size // budget)
                # The budget it was that ended turns, and none waited till another was done (0 would be left).
                self.assertGreaterEqual(ran["sinks_peak"], min(budget, 2 * ran["recv_buffer"]))
                self.assertGreater(ran["least_at_first_end"], size // 32)


# ---- the disk


class Descriptors(Case):
    """A process that may open few: answers wait, none is lost."""

    def few(self, number, *arguments):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))
        command = self.command(["-s", "-S", "--per-host", "100", *arguments], True, True)
        done = subprocess.run(command, capture_output=True, timeout=midge_test.TIMEOUT, cwd=self.dir, preexec_fn=limit)
        self.assertEqual((0, b""), (done.returncode, done.stderr))
        return done.stdout

    def test_files(self):
        for number in (16, 40):
            with self.subTest(number):
                self.few(number, *sum((["-o", f"{n}", self.url(f"/bytes/{n}")] for n in range(60)), []))
                self.assertEqual(list(range(60)), [(self.dir / f"{n}").stat().st_size for n in range(60)])

    def test_bodies_that_wait_for_their_turn(self):
        self.rules({"match": "^/echo.n=0$", "delay": 1})
        out = self.few(40, *[self.url(f"/echo?n={n}", "http") for n in range(100)])
        self.assertEqual([str(n) for n in range(100)], re.findall(r'"query": "n=(\d+)"', out.decode()))


class Disk(Case):
    def full(self, options):
        """A small file system of its own, at self.dir/full."""
        folder = self.dir / "full"
        folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True,
                                 text=True)
        if mounted.returncode != 0:
            self.skipTest(f"no file system of our own without root: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        return folder

    def assert_no_room(self, line, phase="body"):
        self.assertEqual((23, "WRITE", phase, errno.ENOSPC, "no"), tuple(
            line[name] for name in ("exit_code", "error", "phase", "native_code", "complete")))
        self.assertIn("No space left on device", line["message"])

    def size_of(self, name):
        return (self.dir / name).stat().st_size

    def test_one_file_finds_no_room(self):
        folder = self.full("size=256k")
        ran = self.midge("-o", "a", self.url("/bytes/1000000?n=1"), "-o", folder / "big", self.url("/bytes/1000000"),
                         "-o", "b", self.url("/bytes/1000000?n=2"))
        self.assert_code(23, ran, str(folder / "big"), "No space left")
        self.assert_one_line(ran)
        self.assert_no_room(ran[1])
        self.assertEqual([], os.listdir(folder))
        self.assertEqual(["a", "b", "full"], self.files())
        for line, name in ((ran[0], "a"), (ran[2], "b")):
            body = (self.dir / name).read_bytes()
            self.assertEqual((0, 1000000, line["body_sha256"]),
                             (line["exit_code"], len(body), hashlib.sha256(body).hexdigest()))

    def test_its_room_is_given_back(self):
        folder = self.full("size=256k")
        ran = self.midge("--sync", "-o", folder / "big", self.url("/bytes/1000000"),
                         "-o", folder / "fits", self.url("/bytes/200000"))
        self.assertEqual([23, 0], [line["exit_code"] for line in ran], ran)
        self.assertEqual(["fits"], os.listdir(folder))
        self.assertEqual(200000, self.size_of("full/fits"))

    def test_the_old_file_stays(self):
        folder = self.full("size=256k")
        (folder / "old").write_text("as it was")
        ran = self.midge("-o", folder / "old", self.url("/bytes/1000000"))
        self.assert_code(23, ran)
        self.assert_no_room(ran[0])
        self.assertEqual((["old"], "as it was"), (os.listdir(folder), (folder / "old").read_text()))

    def test_no_file_can_be_made(self):
        folder = self.full("size=256k,nr_inodes=1")
        ran = self.midge("-o", folder / "one", self.url("/bytes/10"), "-o", "b", self.url("/bytes/10"),
                         "-o", folder / "empty", self.url("/bytes/0"))
        self.assertEqual([23, 0, 23], [line["exit_code"] for line in ran], ran)
        self.assertEqual([errno.ENOSPC, 0, errno.ENOSPC], [line["native_code"] for line in ran])
        self.assertEqual(([], 10), (os.listdir(folder), self.size_of("b")))

    def test_bodies_that_wait_for_their_turn(self):
        """The temporary files of standard output: the first in order needs none."""
        folder = self.full("size=256k")
        ran = self.midge("-o", "b", self.url("/bytes/1000000"), self.url("/bytes/1000?_delay=2"),
                         self.url("/bytes/2000000"), env={"TMPDIR": str(folder)})
        self.assertEqual([0, 0, 23], [line["exit_code"] for line in ran], ran)
        self.assert_no_room(ran[2])
        self.assertEqual(ran[1]["body_sha256"], hashlib.sha256(ran.out[:1000]).hexdigest())
        self.assertLessEqual(len(ran.out), 1000 + 256 * 1024)
        self.assertEqual(([], 1000000), (os.listdir(folder), self.size_of("b")))

    def test_a_device_without_room(self):
        ran = self.midge("-o", "/dev/full", self.url("/bytes/100000"), "-o", "b", self.url("/bytes/100000?n=2"),
                         "-o", "/dev/full", self.url("/bytes/0"))
        self.assertEqual([23, 0, 0], [line["exit_code"] for line in ran], ran)
        self.assert_no_room(ran[0])
        self.assertEqual((["b"], 100000), (self.files(), self.size_of("b")))
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/full").st_mode))

    def test_standard_output_without_room(self):
        with open("/dev/full", "wb") as full:
            process = self.start("-o", "a", self.url("/bytes/100000"), self.url("/bytes/100000?n=2"), stdout=full)
            error = process.communicate(timeout=midge_test.TIMEOUT)[1]
        lines = [json.loads(line) for line in (self.dir / ".report").read_text().splitlines()]
        self.assertEqual((23, 1), (process.returncode, error.count(b"\n")), error)
        self.assertEqual(0, lines[0]["exit_code"])
        self.assert_no_room(lines[1])
        self.assertEqual((["a"], 100000), (self.files(), self.size_of("a")))

    def test_words_behind_a_file_without_room(self):
        """-w and -D - go to stdout, so it is stdout that is named, not the file."""
        for words in (["-w", "%{http_code}"], ["-D", "-"]):
            with self.subTest(words), open("/dev/full", "wb") as full:
                process = self.start("-o", "a", *words, self.url("/bytes/3"), stdout=full)
                error = process.communicate(timeout=midge_test.TIMEOUT)[1]
                self.assertEqual(23, process.returncode)
                self.assertIn(b": can't write to stdout: No space left", error)
                self.assertEqual(3, self.size_of("a"))


if __name__ == "__main__":
    unittest.main()
