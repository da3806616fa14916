#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The set of certificates (tests/certs) on a board: the same verdicts as on the desktop. And the system's
roots in its flash, as a table (port/root_table.py)."""
import pathlib
import re
import subprocess
import tempfile
import unittest

import board
from test_boards import BOARD, Board

SET = board.ROOT / "tests" / "certs" / "set.py"


class Certs(unittest.TestCase):
    def test_set(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["/usr/bin/python3", SET, "--light", "--tables", pathlib.Path(folder, "set")], check=True)
            ran = board.run(BOARD, "full", ["certs", "set"], cwd=folder, elf=board.image(BOARD, "full", "-certs"),
                            icount=False)
        self.assertEqual(0, ran.code, ran)
        cases, wrong, mutants, accepted = map(int, re.search(
            r"(\d+) cases, (\d+) wrong; (\d+) mutants, (\d+) accepted", ran.text).groups())
        print(f"\n{BOARD}: {cases} cases, {mutants} mutants")
        self.assertEqual((0, 0), (wrong, accepted), ran)
        self.assertGreater(cases, 200)
        self.assertGreater(mutants, 1000)


class Roots(Board):
    """The app posts with a table in place of a CA file; the table is not in RAM."""

    SYSTEM = "/etc/ssl/certs/ca-certificates.crt"

    def posts(self, *files, **more):
        table = self.dir / "table"
        made = subprocess.run(["/usr/bin/python3", board.ROOT / "port" / "root_table.py", "-o", table, *files],
                              check=True, capture_output=True, text=True)
        ran = self.board("posts", "--api", self.api("https_tls12"), profile="full", partition=table,
                         elf=board.image(BOARD, "full", "-all"),
                         settings={"ROOTS": board.PARTITION, "CA": None}, **more)
        return ran, made.stderr.strip()

    def test_systems_roots_and_the_servers(self):
        least, _ = self.posts(self.ca)
        ran, size = self.posts(self.SYSTEM, self.ca)
        self.assertEqual((0, 0), (least.code, ran.code), ran)
        print(f"\n{BOARD}: {size}; heap {ran.heap_peak}, with the server's roots alone {least.heap_peak}")
        self.assertLess(ran.heap_peak, least.heap_peak + 600, ran)     # the order of packets differs

    def test_root_missing(self):
        ran, _ = self.posts(self.SYSTEM)
        self.assertEqual(1, ran.code, ran)
        self.assertIn("certificate not trusted", ran.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
