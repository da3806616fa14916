#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The log of events of a board (MIDGE_LOG): as text, waterfall and archive, beside what the board printed."""
import json
import os
import re
import subprocess
import unittest

import board
from test_boards import BOARD, PROFILES, Board
from test_har import NODE, VALIDATE

MIDGE = os.environ.get("MIDGE_BIN") or str(board.ROOT / "build" / "host" / "midge")


class Log(Board):
    def posts(self, log):
        ran = self.board("posts", "--api", self.api(), profile=PROFILES[0], settings={"MIDGE_LOG": log},
                         elf=board.image(BOARD, PROFILES[0], "-log"))
        self.assertEqual(0, ran.code, ran)
        return ran

    def log(self, path, *arguments):
        ran = subprocess.run([MIDGE, "log", path, *arguments], capture_output=True, cwd=self.dir, timeout=60)
        self.assertEqual((0, b""), (ran.returncode, ran.stderr), ran)
        return ran.stdout.decode()

    def test_file(self):
        """posts: three one after another, then three at once."""
        ran = self.posts("a.log")
        text = self.log("a.log")
        print("\n" + text.splitlines()[0])
        events = [(round(float(ms) * 1000), int(request or 0), what) for ms, request, what in
                  re.findall(r"^ +(\d+\.\d{3}) s  (?:request (\d+))? +(?:connection \d+)? +(.*)$", text, re.M)]
        starts = {request: ms for ms, request, what in events if what.startswith("start ")}
        ends = {request: ms for ms, request, what in events if what.startswith("ended: ")}
        self.assertEqual([1, 2, 3, 4, 5, 6], sorted(starts))
        self.assertEqual([1, 2, 3, 4, 5, 6], sorted(ends))
        printed = [float(seconds) * 1000 for seconds in re.findall(r"3 posts in (\d+\.\d\d) s", ran.text)]
        for numbers, ms in (((1, 2, 3), printed[0]), ((4, 5, 6), printed[1])):
            logged = max(ends[number] for number in numbers) - min(starts[number] for number in numbers)
            print(f"logged {logged} ms, printed {ms:.0f} ms")
            self.assertLessEqual(abs(logged - ms), 12 + ms / 20)
        self.assertIn("secure: TLS 1.", text)
        self.assertIn("session", text)
        self.pictures(starts, ends)

    def pictures(self, starts, ends):
        self.log("a.log", "--waterfall=a.svg", "--har", "a.har")
        svg = (self.dir / "a.svg").read_text()
        self.assertIn("<title>tls ", svg)
        self.assertEqual(6, svg.count("/posts/"))
        text = (self.dir / "a.har").read_text()
        entries = json.loads(text)["log"]["entries"]
        self.assertEqual([200] * 6, [entry["response"]["status"] for entry in entries])
        for number, entry in enumerate(entries, 1):
            self.assertEqual(ends[number] - starts[number], entry["time"])
            self.assertEqual(board.HOST, entry["serverIPAddress"])
        done = subprocess.run(["node", "-e", VALIDATE], input=text.encode(), capture_output=True, env=NODE, timeout=60)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_console(self):
        """A board without files prints its log."""
        ran = self.posts("-")
        (self.dir / "console.txt").write_bytes(ran.out)
        text = self.log("console.txt")
        self.assertEqual(6, len(re.findall(r" start GET https://.*/posts/\d$", text, re.M)))
        self.assertEqual(6, len(re.findall(r" ended: \d+ bytes of body$", text, re.M)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
