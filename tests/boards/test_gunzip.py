#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compressed JSON on a board (gunzip.c): whole, broken, and a body that is not compressed."""
import re
import unittest

import board
from test_boards import BOARD, GUEST

import midge_test

LINE = re.compile(r"^gunzip: (\w*), (\d+), (\d+) bytes of (\d+), (\d+) values, \"(.*)\"$", re.M)


class Gunzip(unittest.TestCase):
    def ask(self, *hows):
        servers = midge_test.servers()
        urls = [f"https://{GUEST}:{servers.ports['https']}/posts{how and '?_encode='}{how}" for how in hows]
        ran = board.run(BOARD, "full", ["gunzip", *urls], settings={"CA": servers.ca},
                        elf=board.image(BOARD, "full", "-gunzip"), timeout=300)
        print(f"\n{ran.text}")
        return ran, [(error, int(status), int(size), int(got), int(values), why)
                     for error, status, size, got, values, why in LINE.findall(ran.text)]

    def test_good(self):
        ran, lines = self.ask("", "gzip", "deflate", "raw", "zlib9", "gzip.parts", "gzip.members")
        self.assertEqual(0, ran.code, ran)
        self.assertEqual(7, len(lines), ran)
        size = lines[0][2]
        for line in lines:
            self.assertEqual(("", 200, size, 100, ""), (*line[:3], *line[4:]), ran)
        self.assertEqual(size, lines[0][3], ran)
        self.assertLess(lines[1][3], size // 2, ran)

    def test_bad(self):
        ran, lines = self.ask("gzip.crc", "gzip.cut", "deflate.behind", "gzip.block", "gzip")
        self.assertEqual(1, ran.code, ran)
        self.assertEqual(["ENCODING", "PARTIAL", "ENCODING", "ENCODING", ""], [line[0] for line in lines], ran)


if __name__ == "__main__":
    unittest.main(verbosity=2)
