#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An event source on a board (events.c): streams that are cut go on behind the last event, 204 ends them."""
import re
import unittest

import board
from test_boards import BOARD, GUEST, PROFILES, Board


def expected(first, last):
    return [f"event {count}" + ("|and more" if count % 2 == 0 else "") for count in range(first, last + 1)]


class Events(Board):
    def listen(self, query, *words, port="https"):
        """The events, the losses and the end, and the last line."""
        ran = self.board("events", self.url(query, port, host=GUEST), *words, profile=PROFILES[0],
                         elf=board.image(BOARD, PROFILES[0], "-events"), timeout=300)
        self.assertEqual(0, ran.code, ran)
        lines = re.findall(r"^events: (.*?)\r?$", ran.text, re.M)
        print(f"\n{lines[-1]}")
        return ([line for line in lines[:-1] if line.startswith("event ")],
                [line for line in lines[:-1] if not line.startswith("event ")], lines[-1])

    def test_cut(self):
        """Two cuts in the middle of an event, an end in order, then 204."""
        for end, port in (("rst", "https"), ("fin", "http")):
            events, states, last = self.listen(f"/events?n=7&each=3&retry=20&end={end}", port=port)
            self.assertEqual(expected(1, 7), events)
            self.assertEqual("the stream is over", states[-1])
            # A reset may take with it what came before; then more requests than four are needed.
            self.assertTrue(len(states) == 4 or (end == "rst" and len(states) > 4), states)
            self.assertIn(f"last id 7, 7 events, {len(states)} requests", last)

    def test_goes_on(self):
        """A board that was restarted: the id is from the run before."""
        events, states, end = self.listen("/events?n=9&retry=20", "6")
        self.assertEqual(expected(7, 9), events)
        self.assertIn("last id 9, 3 events, 2 requests", end)

    def test_refused(self):
        events, states, end = self.listen("/nothing")
        self.assertEqual(([], 1), (events, len(states)))
        self.assertNotIn("over", states[0])
        self.assertIn("0 events, 1 requests", end)


if __name__ == "__main__":
    unittest.main(verbosity=2)
