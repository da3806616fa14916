#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What goes wrong on a board: each failure named by its class, the others unharmed, and the next
round as good as the first."""
import re
import unittest

import board
import midge_test
from test_boards import BOARD, DEFAULT, GUEST, PROFILES, PROGRAMS, Board


@unittest.skipIf(PROGRAMS == ["posts"], "the family's main board runs these")
class Faults(Board):
    def at(self, path, port="https", host=GUEST):
        return self.url(path, port, host=host)

    def good(self, path="/posts/1"):
        return self.at(path, "https_tls12")

    def failure(self, ran, number):
        """(class, text) told of that request."""
        told = re.findall(rf"^fetch: request {number}: (\w+) error: (.*)$", ran.text, re.MULTILINE)
        self.assertEqual(1, len(told), ran)
        return told[0]

    def assert_only_first_failed(self, ran, error_class, *words):
        self.assertEqual(1, ran.code, ran)
        told = self.failure(ran, 1)
        self.assertEqual(error_class, told[0], ran)
        for word in words:
            self.assertIn(word, told[1], ran)
        self.assertIn("request 2: 200", ran.text, ran)

    def test_server_cuts(self):
        for fault in ({"cut": 20}, {"cut": 20, "end": "close_notify"}, {"reset": True}):
            with self.subTest(fault):
                self.servers.ask("DELETE", "/rules")
                self.rules({"match": "^/posts/2", **fault})
                ran = self.board("fetch", self.good("/posts/2"), self.good())
                self.assert_only_first_failed(ran, "network")

    def test_certificates(self):
        for port, words in (("wronghost", "host"), ("untrusted", "trust"), ("selfsigned", "self-signed"),
                            ("expired", "expired"), ("notyet", "not yet"), ("nosan", "subjectAltName")):
            with self.subTest(port):
                ran = self.board("fetch", self.at("/posts/1", port), self.good())
                self.assert_only_first_failed(ran, "TLS", words)

    def test_nobody_there(self):
        ran = self.board("fetch", self.at("/", "refused"), self.good())
        self.assert_only_first_failed(ran, "network", "connect")

    def test_no_such_name(self):
        ran = self.board("fetch", self.at("/", host="missing.example"), self.good())
        self.assert_only_first_failed(ran, "network", "resolve")

    def test_name_server_is_silent(self):
        ran = self.board("fetch", "--dns-timeout", 1500, self.at("/", host="silent.example"), self.good())
        self.assert_only_first_failed(ran, "network", "timed out")

    def test_name_server_is_silent_again_and_again(self):
        """lwIP goes on with what was given up: nobody else has less for it."""
        for profile in PROFILES:
            with self.subTest(profile):
                ran = self.board("fetch", "--sync", "--dns-timeout", 500, *[self.at("/", host="silent.example")] * 12,
                                 self.good(), profile=profile)
                self.assertEqual(12, ran.text.count("network error: timed out (dns after"), ran)
                self.assertIn("request 13: 200", ran.text, ran)

    def test_name_server_is_silent_for_many(self):
        for profile in PROFILES:
            with self.subTest(profile):
                ran = self.board("fetch", "--timeout", 1500,
                                 *[self.at("/", host=f"silent{i}.example") for i in range(20)], profile=profile)
                self.assertEqual(20, ran.text.count("network error: timed out"), ran)

    def test_cable_pulled(self):
        """And in again: what runs meanwhile fails in time, what comes after is well again."""
        running = board.Running(
            BOARD, DEFAULT, ["fetch", "--rounds", 40, "--pause", 100, "--timeout", 2000, self.good()],
            settings={"CA": self.ca_file()}, cwd=self.dir)
        self.addCleanup(running.close)
        running.wait_for("round 2:")
        running.monitor(f"set_link {board.link(BOARD)} off")
        running.wait_for("request 1: network error")
        running.monitor(f"set_link {board.link(BOARD)} on")
        ran = running.end()
        failed = [at for at, line in enumerate(ran.app_lines) if "network error" in line]
        self.assertTrue(0 < len(failed) < 10, ran)
        self.assertEqual(1, ran.code, ran)
        self.assertRegex(ran.text, rf"40 requests, {len(failed)} failed")

    def test_no_leak(self):
        """60 rounds of good ones and all that fails soon: the block is as it was after the second."""
        self.rules({"match": "^/posts/2", "cut": 20})
        ran = self.board("fetch", "--rounds", 60, self.good("/posts/2"), self.at("/", "refused"),
                         self.at("/posts/1", "http"), self.at("/posts/1", "wronghost"),
                         self.at("/posts/1", "expired"), self.at("/", host="missing.example"), self.good())
        self.assert_no_leak(ran, 420, 300)

    def test_no_leak_when_time_is_out(self):
        ran = self.board("fetch", "--rounds", 6, "--timeout", 4000, self.at("/", host="silent.example"),
                         self.at("/drip?bytes=0&interval=0.05", "http"), self.at("/delay/60"), self.good())
        self.assert_no_leak(ran, 24, 18)

    def assert_no_leak(self, ran, requests, failed):
        self.assertIn(f"{requests} requests, {failed} failed", ran.text, ran)
        live = [int(one) for one in re.findall(r"round \d+: (\d+) bytes live", ran.text)]
        self.assertGreaterEqual(len(live), 2, ran)
        self.assertLessEqual(live[-1], max(live[:2]), ran)

    def test_connections_come_and_go(self):
        """More of them than there are control blocks, one after another and at once."""
        ran = self.board("fetch", "--no-reuse", "--times", 40, self.at("/posts/1", "http"))
        self.assertEqual(0, ran.code, ran)
        # One that finds no control block waits, and counts as another connection.
        connections = re.search(r"40 requests, 0 failed, (\d+) connections", ran.text)
        self.assertIsNotNone(connections, ran)
        self.assertGreaterEqual(int(connections[1]), 40)
        if ran.lwip:
            most, there_are = ran.lwip[0][:2]
            self.assertEqual(there_are, most, ran)      # they did run out, and closed ones gave way

    def test_received_data_is_more_than_buffers(self):
        ran = self.board("fetch", "--times", 8, self.at("/bytes/200000", "http"))
        self.assertEqual(0, ran.code, ran)
        self.assertEqual(8, ran.text.count("200, 200000 bytes"), ran)
        if ran.lwip:
            most, there_are, refused = ran.lwip[1]
            self.assertLessEqual(most, there_are, ran)
            self.assertGreater(most, there_are / 2, ran)
            self.assertEqual(0, refused, ran)           # a window for each is in the pool

    def test_numbers_of_all_lengths(self):
        """They need no memory: the boards have no malloc."""
        numbers = ["1", "1e-308", "9.99999999999999999999999999950168278370572329168172348494e-366",
                   "-9999999.99999999999999999973337663237510129416933e-7", "99999999999999.999999999e-14",
                   "1.33280561331962349999999999999999999999999999999999999e-377", "1.7976931348623157e308",
                   "4.9406564584124654e-324", "9" * 60, "0." + "0" * 50 + "123456", "123456789e-330"]
        for some in (numbers[:6], numbers[6:]):
            body = f'{{"title":"x","body":"y","n":[{",".join(some)}]}}'
            answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            with self.subTest(some):
                ran = self.board("posts", "--api", f"http://{GUEST}:{self.raw(answer)}")
                self.assertEqual(0, ran.code, ran)

    def test_no_roots_no_tls(self):
        ran = self.board("fetch", self.good(), self.at("/posts/1", "http"), settings={"CA": None})
        self.assert_only_first_failed(ran, "TLS")


if __name__ == "__main__":
    unittest.main(verbosity=2)
