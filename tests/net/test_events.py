#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An event source (client_events.c) against streams that are cut, silent, slow or refused."""
import unittest

import client_program
from midge_test import Case


class Events(Case):
    def events(self, query, port="https", silence=30000, most=0):
        """Its events, its states, and how it ended."""
        lines = client_program.run("events", self.url(f"/events?{query}", port), self.servers.ca, silence, most)
        self.assertIn("end", lines[-1])
        return ([line for line in lines if "event" in line], [line for line in lines if "state" in line], lines[-1])

    def assert_events(self, number, events):
        self.assertEqual([(str(count), f"event {count}" + ("\nand more" if count % 2 == 0 else ""),
                           "tick" if count % 3 == 0 else "message") for count in range(1, number + 1)],
                         [(one["id"], one["data"], one["event"]) for one in events])

    def assert_whole(self, number, query, **settings):
        events, states, end = self.events(f"n={number}&{query}", **settings)
        self.assert_events(number, events)
        self.assertEqual(("", 204, str(number)), (end["end"], end["status"], end["last_id"]))
        self.assertEqual(end["connects"] - 1, sum(one["state"] == "connecting" for one in states))
        return states, end

    def test_once(self):
        states, end = self.assert_whole(5, "")
        self.assertEqual(["open", "waiting", "connecting"], [one["state"] for one in states])
        self.assertEqual(("EOF", 2), (states[1]["error"], end["connects"]))

    def test_forms(self):
        for ends in ("lf", "cr", "crlf", "mixed"):
            for more in ("", "&bom&comments", "&framing=close", "&_drip=1,0", "&bom&comments&_drip=1,0"):
                with self.subTest(ends=ends, more=more):
                    self.assert_whole(7, f"ends={ends}{more}", port="http")

    def test_cut(self):
        errors = {"fin": {"PARTIAL", "TLS", "RECV"}, "close_notify": {"PARTIAL", "RECV"}, "rst": {"RECV", "PARTIAL"}}
        for end, expected in errors.items():
            for port in ("http", "https"):
                with self.subTest(end=end, port=port):
                    states, result = self.assert_whole(7, f"each=2&end={end}", port=port)
                    self.assertEqual(5, result["connects"])
                    seen = {one["error"] for one in states if one["state"] == "waiting"}
                    self.assertLessEqual(seen - {"EOF"}, expected)

    def test_in_order(self):
        states, end = self.assert_whole(6, "each=2")
        self.assertEqual(4, end["connects"])
        self.assertEqual({"EOF"}, {one["error"] for one in states if one["state"] == "waiting"})

    def test_a_little_further(self):
        """A server that gets a little further each time: the head and 50 bytes."""
        self.assert_whole(9, "_cut=50&_end=fin", port="http", most=20)

    def test_silence(self):
        states, end = self.assert_whole(3, "each=1&end=silence", silence=100)
        self.assertEqual((4, ["TIMEOUT", "TIMEOUT", "EOF"]),
                         (end["connects"], [one["error"] for one in states if one["state"] == "waiting"]))

    def test_retry_field(self):
        states, _ = self.assert_whole(3, "each=1&retry=7")
        self.assertEqual([7, 7, 7], [one["wait_ms"] for one in states if one["state"] == "waiting"])

    def test_busy(self):
        self.rules({"match": "^/events", "times": 3, "status": 503})
        states, end = self.assert_whole(2, "")
        self.assertEqual((5, ["HTTP_STATUS"] * 3 + ["EOF"]),
                         (end["connects"], [one["error"] for one in states if one["state"] == "waiting"]))

    def test_refused(self):
        for status in (400, 401, 404):
            self.rules({"match": "^/events", "times": 1, "status": status})
            events, _, end = self.events("")
            self.assertEqual(([], "HTTP_STATUS", status, 1), (events, end["end"], end["status"], end["connects"]))

    def test_no_stream(self):
        lines = client_program.run("events", self.url("/posts/1"), self.servers.ca, 1000, 0)
        self.assertEqual([{"end": "HTTP_STATUS", "status": 200, "connects": 1, "last_id": ""}], lines)

    def test_no_server(self):
        events, states, end = self.events("", port="refused", most=3)
        self.assertEqual(([], "CONNECT", 4), (events, end["end"], end["connects"]))
        self.assertEqual(["CONNECT"] * 3, [one["error"] for one in states if one["state"] == "waiting"])

    def test_redirected(self):
        path = "/redirect/2?to=/events%3Fn%3D4%26each%3D2"
        lines = client_program.run("events", self.url(path), self.servers.ca, 30000, 0)
        self.assert_events(4, [line for line in lines if "event" in line])
        self.assertEqual(("", 204, 3), (lines[-1]["end"], lines[-1]["status"], lines[-1]["connects"]))


if __name__ == "__main__":
    unittest.main()
