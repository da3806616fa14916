#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""midge on lwIP, with threads (port/lwip_sockets) and without (port/lwip_raw), and the two examples
of firmware: real requests through lwIP on libslirp to the local servers. See tests/lwip."""
import errno
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import unittest

import midge_test
import name_server

sys.path.insert(0, str(midge_test.ROOT / "tests" / "boards"))
import board    # its name server: every name in .example is 192.0.2.2, this machine seen from lwIP

GUEST = "api.example"
FOLDER = pathlib.Path(os.environ.get("MIDGE_CLIENTS", pathlib.Path(midge_test.BIN).parent / "tests"))


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def fnv1a(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return f"{value:016x}"


class Case(midge_test.Case):
    @classmethod
    def setUpClass(cls):    # without the host program
        cls.servers = midge_test.servers()
        cls.ports, cls.ca = cls.servers.ports, cls.servers.ca

    def at(self, path, port="https", host=GUEST):
        return self.url(path, port, host=host)

    def lines(self, name, *arguments):
        """Runs a program of tests/lwip: its lines of JSON."""
        done = subprocess.run([midge_test.built(FOLDER / name), *map(str, arguments)], capture_output=True, text=True,
                              timeout=midge_test.TIMEOUT, env=midge_test.environment())
        self.assertEqual((0, ""), (done.returncode, done.stderr), f"{arguments}\n{done.stdout}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def body(self, path):
        link = http.client.HTTPConnection("127.0.0.1", self.ports["http"], timeout=30)
        self.addCleanup(link.close)
        link.request("GET", path)
        return link.getresponse().read()


class Client:
    """The same for both ports."""
    NAME = REFUSED = None
    names = board.name_server()

    def fetch(self, *arguments):
        """A result for each URL; options first."""
        options = [one for one in arguments if not str(one).startswith("http")]
        urls = [one for one in arguments if str(one).startswith("http")]
        *results, self.use = self.lines(f"lwip_client-{self.NAME}", *options, self.ca, self.names.port, *urls)
        self.assertEqual(urls, [one["url"] for one in results])
        return results

    def assert_whole(self, result, path):
        self.assertEqual(("", 200, 2), tuple(result[name] for name in ("error", "status", "complete")))
        self.assertEqual(fnv1a(self.body(path)), result["hash"], path)

    def test_all_at_once(self):
        asked = [("/posts/1", "https"), ("/posts/2", "https"), ("/bytes/300000", "https"),
                 ("/bytes/100001?chunked=1", "https_rsa"), ("/bytes/0", "https_tls12"),
                 ("/bytes/70000", "https_tls13"), ("/posts/3", "https_chain5k"),
                 ("/bytes/200000?close=1", "https"), ("/bytes/150000", "http")]
        results = self.fetch(*[self.at(path, port) for path, port in asked])
        for result, (path, _) in zip(results, asked):
            self.assert_whole(result, path)

    def test_one_fails_the_others_do_not(self):
        """Cut by each kind of end, reset, refused, unknown, not trusted: in one go."""
        urls = [self.at(f"/bytes/70000?_cut=1000&_end={end}") for end in ("rst", "fin", "close_notify")]
        urls += [self.at("/bytes/70000?_cut=1000&_end=rst", "http"),
                 self.at("/bytes/70000?_cut=1000&_end=fin", "http"), self.at("/posts/1?_reset=1"),
                 self.at("/", "refused"), self.at("/", host="missing.example"),
                 self.at("/", "untrusted")]
        good = "/bytes/50000"
        results = self.fetch(*urls, self.at(good))
        self.assert_whole(results.pop(), good)
        # slirp may make a FIN of a reset; the conformance program tells resets by name.
        expected = ["RECV PARTIAL", "PARTIAL", "PARTIAL", "RECV PARTIAL", "PARTIAL",
                    "RECV EMPTY_REPLY", "CONNECT", "RESOLVE", "CERT"]
        for result, errors in zip(results, expected):
            self.assertIn(result["error"], errors.split(), result)
            self.assertEqual(0, result["complete"], result)
        self.assertEqual(self.REFUSED, results[6]["native"])

    @unittest.skipUnless(has_ipv6(), "this machine has no ::1")
    def test_ipv6(self):
        """By name and as a literal; cut and refused as with IPv4."""
        whole = ["/posts/1", "/bytes/300000", "/bytes/100001?chunked=1"]
        literal = self.at("/posts/2", "http", f"[{board.HOST6}]")
        results = self.fetch("--family", 6, *map(self.at, whole), literal,
                             self.at("/bytes/70000?_cut=1000&_end=fin"), self.at("/", "refused"))
        for result, path in zip(results, [*whole, "/posts/2"]):
            self.assert_whole(result, path)
        self.assertEqual(["PARTIAL", "CONNECT"], [one["error"] for one in results[4:]])
        for use in self.use.values():
            use.pop("semaphores")
        self.assertEqual(self.use["before"], self.use["after"])

    def test_more_names_than_lwip_asks_at_once(self):
        path = "/posts/7"
        for result in self.fetch(*[self.at(path, "http", f"n{n}.example") for n in range(12)]):
            self.assert_whole(result, path)

    def test_name_server_is_silent(self):
        silent, good = self.fetch("--dns-ms", 1500, self.at("/", host="silent.example"),
                                  self.at("/posts/1"))
        self.assertEqual("TIMEOUT", silent["error"])
        self.assert_whole(good, "/posts/1")

    def resolve(self, *labels, options=()):
        """The results of requests to LABEL.example, whose names a server answers well or badly."""
        self.names = name_server.NameServer(board.HOST)
        return self.fetch(*options, *[self.at("/posts/1", "http", f"{label}.example") for label in labels])

    def test_name_servers_answers(self):
        """Long, late, forged, in any order: the address is the right one."""
        labels = ["good", "truncated", "large", "forged", "letters", "aliases", "late", "many", "zero", "huge"]
        for result in self.resolve(*labels, *[f"forged{n}" for n in range(9)]):
            self.assert_whole(result, "/posts/1")
        self.assertEqual({"truncated.example", "large.example", "letters.example"}, set(self.names.asked["tcp"]))
        late = self.names.asked["udp"].count("late.example") // (1 + self.names_have_ipv6())
        self.assertGreaterEqual(late, 2)    # a busy machine makes it more

    def names_have_ipv6(self):
        """Are both families asked for?"""
        return self.names.asked["udp"].count("good.example") == 2

    def test_name_servers_failures(self):
        """Each with its code, those of c-ares."""
        expected = {"missing": 4, "servfail": 3, "refused": 6, "loop": 10, "pointers": 1, "cut": 11}
        results = self.resolve(*expected, "good")
        self.assert_whole(results.pop(), "/posts/1")
        for result, (label, native) in zip(results, expected.items()):
            self.assertEqual(("RESOLVE", native), (result["error"], result["native"]), label)
        for use in self.use.values():
            use.pop("semaphores")
        self.assertEqual(self.use["before"], self.use["after"])

    def test_wake(self):
        """2000 jobs from another thread. None may be seen late: the port may sleep a second."""
        wakes, _ = self.lines(f"lwip_client-{self.NAME}", "--wakes", 2000, self.ca, 53)
        self.assertEqual(2000, wakes["wakes"])
        self.assertLessEqual(wakes["late"], 5)      # some may be this machine's, when it is busy

    def test_no_leak(self):
        rounds = 40 if midge_test.SANITIZED else 200
        self.fetch("--no-reuse", "--rounds", rounds, self.at("/posts/1"), self.at("/bytes/30000", "http"),
                   self.at("/bytes/70000?_cut=1000&_end=rst"), self.at("/", "refused"),
                   self.at("/", "http", "missing.example"))
        for use in self.use.values():
            use.pop("semaphores")   # lwIP keeps one for each thread
        self.assertEqual(self.use["before"], self.use["after"])


class Sockets(Client, Case):
    NAME, REFUSED = "sockets", errno.ECONNREFUSED


class Raw(Client, Case):
    NAME, REFUSED = "raw", -14      # lwIP's ERR_RST


class Examples(Case):
    """boards/examples"""

    def test_rtos_thread(self):
        """8 threads with 20 jobs each, more than wait in its mailbox, by one network thread."""
        urls = [self.at("/posts/1"), self.at("/bytes/60000"), self.at("/posts/2", "http"),
                self.at("/", host="missing.example")]
        jobs = self.lines("lwip_rtos-sockets", 8, 20, self.ca, board.name_server().port, *urls)
        self.assertEqual(8 * 20, len(jobs))
        for job in jobs:
            self.assertEqual("RESOLVE" if "missing" in job["url"] else "", job["error"], job)
            if "/bytes/" in job["url"]:
                self.assertEqual((200, 60000), (job["status"], job["len"]))

    def test_superloop(self):
        urls = [self.at("/posts/1"), self.at("/bytes/60000"), self.at("/delay/0.2", "http"),
                self.at("/", host="missing.example")]
        report, = self.lines("lwip_superloop-raw", self.ca, board.name_server().port, *urls)
        self.assertEqual(("", 4, 1), tuple(report[name] for name in ("error", "ended", "failed")))
        self.assertEqual(report["laps"], report["blinks"])
        self.assertGreater(report["blinks"], 100)    # it went on while they waited


if __name__ == "__main__":
    unittest.main()
