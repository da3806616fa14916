#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The set of certificates (tests/certs) on a board: the same verdicts as on the desktop."""
import pathlib
import re
import subprocess
import tempfile
import unittest

import board
from test_boards import BOARD

SET = board.ROOT / "tests" / "certs" / "set.py"


class Certs(unittest.TestCase):
    def test_set(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["/usr/bin/python3", SET, "--light", pathlib.Path(folder, "set")], check=True)
            ran = board.run(BOARD, "full", ["certs", "set"], cwd=folder, elf=board.image(BOARD, "full", "-certs"),
                            icount=False)
        self.assertEqual(0, ran.code, ran)
        cases, wrong, mutants, accepted = map(int, re.search(
            r"(\d+) cases, (\d+) wrong; (\d+) mutants, (\d+) accepted", ran.text).groups())
        print(f"\n{BOARD}: {cases} cases, {mutants} mutants")
        self.assertEqual((0, 0), (wrong, accepted), ran)
        self.assertGreater(cases, 200)
        self.assertGreater(mutants, 1000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
