#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Requests that start together to one origin: one full handshake at any distance, and none waits for a
connection that hangs. Judged by counts: what waited for the one that hangs would time out with it."""
import sys
import unittest

import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
from relay import Relay     # noqa: E402

MANY = 8
LIMIT = 20      # seconds for each request, the queue included; a hanging connection takes them all


class Case(midge_test.Case):
    def burst(self, version, rtt=0.0, silent=None, options=()):
        with Relay(self.ports[f"https_tls{version}"], rtt, silent) as relay:
            urls = [self.tls_url(relay.port, f"/bytes/5?{n}") for n in range(MANY)]
            ran = self.midge("-s", "-m", LIMIT, *options, *urls)
            return ran, relay.accepted


class Distance(Case):
    def check(self, version, rtt):
        ran, _ = self.burst(version, rtt)
        self.assert_code(0, ran)
        self.assertEqual(1, ran.summary["handshakes_full"], ran)
        kept = sum(line["reused"] for line in ran)
        self.assertEqual(MANY - 1 - kept, ran.summary["handshakes_resumed"], ran)

    def test_200_ms_tls_1_2(self):
        self.check(12, 0.2)

    def test_200_ms_tls_1_3(self):
        self.check(13, 0.2)

    def test_800_ms_tls_1_2(self):
        self.check(12, 0.8)

    def test_800_ms_tls_1_3(self):
        self.check(13, 0.8)


class Hangs(Case):
    def check(self, version, silent, options=()):
        ran, accepted = self.burst(version, 0.02, silent, options)
        self.assert_code(0, ran)
        self.assertEqual(1, ran.summary["handshakes_full"], ran)
        self.assertGreater(accepted, len(silent))

    def test_before_any_byte(self):
        for version in (12, 13):
            with self.subTest(version=version):
                self.check(version, {0: 0})

    def test_after_some_bytes(self):
        for version in (12, 13):
            with self.subTest(version=version):
                self.check(version, {0: 100})

    def test_the_second_too(self):
        self.check(13, {0: 100, 1: 0})

    def test_with_a_connect_timeout(self):
        """Of the connect and the handshake."""
        self.check(13, {0: 0}, ("--connect-timeout", LIMIT))

    def test_the_first_with_a_short_limit(self):
        """It ends alone: the others go on with one full handshake."""
        with Relay(self.ports["https_tls13"], 0.02, {0: 0}) as relay:
            urls = [self.tls_url(relay.port, f"/bytes/5?{n}") for n in range(MANY)]
            ran = self.midge("-s", "-m", "0.2", urls[0], "--next", "-m", LIMIT, *urls[1:])
        self.assertEqual([28] + [0] * (MANY - 1), [line["exit_code"] for line in ran], ran)
        self.assertEqual(1, ran.summary["handshakes_full"], ran)


class Kept(midge_test.Case):
    def connections(self, *hints):
        answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + "".join(
            f"Keep-Alive: {hint}\r\n" for hint in hints) + "\r\nok"
        url = self.url(port=self.raw(answer, end="open"))
        ran = self.midge("--sync", url, url, url)
        self.assert_code(0, ran)
        return ran.summary["connections"]

    def test_keep_alive_hints(self):
        for hints, connections in (((), 1), (("timeout=1000",), 1), (("timeout=1000, max=50",), 1),
                                   (("timeout=1",), 3), (("max=0",), 3), (("max=1",), 2),
                                   (("timeout=1000", "timeout=\"1\""), 3), (("timeout=x, max",), 1)):
            with self.subTest(hints=hints):
                self.assertEqual(connections, self.connections(*hints))


if __name__ == "__main__":
    unittest.main()
