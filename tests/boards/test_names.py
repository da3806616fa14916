#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""midge's resolver on a board, with a name server that answers well and badly (tests/net/name_server.py)."""
import re
import sys
import unittest

import board
import midge_test
from test_boards import BOARD, Board

sys.path.insert(0, str(midge_test.ROOT / "tests" / "net"))
import name_server

NATIVES = {"missing": 4, "servfail": 3, "refused": 6, "loop": 10, "pointers": 1, "cut": 11}
GOOD = ["good", "truncated", "large", "forged", "letters", "aliases", "many", "zero", "huge", "good"]


@unittest.skipIf(BOARD != "mps2-an385", "its image has all features")
class Names(Board):
    def test_answers_of_a_name_server(self):
        """One boot: each good name's address is the right one, each bad one has its code. Each name is asked once
        in two rounds, unless its time is 0 or it does not exist without a SOA."""
        server = name_server.NameServer(board.HOST)
        urls = [self.url("/posts/1", "http", host=f"{label}.example") for label in [*GOOD, *NATIVES]]
        ran = self.board("fetch", "--rounds", 2, *urls, profile="full", elf=board.image(BOARD, "full", "-all"),
                         settings={"DNS": f"{board.HOST}:{server.port}"})
        self.assertEqual(1, ran.code, ran)
        for number, label in enumerate([*GOOD, *NATIVES], 1):
            if label in NATIVES:
                told = re.findall(rf"^fetch: request {number}: network error: [^\n]*resolve[^\n]*"
                                  rf"resolver {NATIVES[label]}\b", ran.text, re.MULTILINE)
                self.assertEqual(2, len(told), (label, ran))
            else:
                self.assertIn(f"request {number}: 200", ran.text, label)    # only the first round tells
        self.assertIn(f"{2 * len([*GOOD, *NATIVES])} requests, {2 * len(NATIVES)} failed", ran.text, ran)
        for label in ("good", "large", "aliases", "many"):
            self.assertEqual(1, server.asked["udp"].count(f"{label}.example"), label)
        self.assertEqual(2, server.asked["udp"].count("missing.example"))


if __name__ == "__main__":
    unittest.main()
