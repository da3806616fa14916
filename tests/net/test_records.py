#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Records without data: before an answer, and on a kept connection, where nothing that comes unasked
may be taken for the next request's answer."""
import json
import pathlib
import subprocess
import sys
import unittest

import client_program
import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import records    # noqa: E402

TICKETS = (1, 7, 8, 9, 15, 16, 17, 24, 60, 120)
EMPTY = (1, 3, 4, 20, 100)


class Case(midge_test.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pem = pathlib.Path(cls.ca).parent / "certs" / "good.pem"
        cls.by_version = {version: records.Server(pem, version) for version in (12, 13)}

    @classmethod
    def tearDownClass(cls):
        for server in cls.by_version.values():
            server.close()

    def get(self, version, *paths):
        port = self.by_version[version].port
        ran = self.midge("--sync", "-s", "-m", 20, *[self.tls_url(port, f"/{path}") for path in paths])
        self.assert_code(0, ran)
        self.assertEqual(b"hello" * len(paths), ran.out)
        return ran


class Before(Case):
    """An answer behind any number of them comes at once."""

    def test_tls_1_3(self):
        self.get(13, *[f"T{n}R" for n in TICKETS], *[f"E{n}R" for n in EMPTY],
                 "M3R", "S9R", "W100R", "C40R", "M3S8T9E20C7W3R")

    def test_tls_1_2(self):
        self.get(12, *[f"E{n}R" for n in EMPTY], "W8R", "W100R", "E3W3E3R")


class Behind(Case):
    """Behind an answer, on the connection that is kept."""

    def check(self, version, paths, reused):
        for path in paths:
            ran = self.get(version, path, "R")
            self.assertEqual((reused, 0), (ran[1]["reused"], ran[1]["retries"]), path)

    def test_nothing_else_is_reused(self):
        self.check(13, ["R", *[f"RT{n}" for n in TICKETS], "RE3", "RE100", "RM2", "RW3C9T20"], True)
        self.check(12, ["R", "RW20", "RE3", "RE100"], True)

    def test_a_second_answer_is_not_taken(self):
        self.check(13, ["RR", *[f"RT{n}R" for n in TICKETS], "RE100R", "RM2R", "RW3C9T20R"], False)
        self.check(12, ["RR", "RW20R", "RE3R", "RE100R"], False)

    def test_nor_half_of_one(self):
        for version in (12, 13):
            self.check(version, ["RH", "RE20H"], False)


class Paused(Case):
    def test_the_rest_was_read_ahead(self):
        """All of the answer is in TLS's hands when its sink pauses: to go on needs no socket event."""
        for version, server in self.by_version.items():
            url = self.tls_url(server.port)
            done = subprocess.run(
                [client_program.program("pause"), url + "L", url + "R", self.ca, "5"], input=b"go on",
                capture_output=True, timeout=midge_test.TIMEOUT, check=True)
            paused, _, ended = map(json.loads, done.stdout.splitlines())
            self.assertEqual((5, "", 20), (paused["sink_len"], ended["error"], ended["body_len"]), version)


if __name__ == "__main__":
    unittest.main()
