#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The conformance program (tests/conformance) on a board: each promise of port.h, kept by lwip_raw
(FreeRTOS: lwip_sockets) on the board's own Ethernet driver."""
import re
import subprocess
import tempfile
import unittest

import board
import test_boards
from test_boards import BOARD, PROGRAMS

PEER = board.ROOT / "tests" / "conformance" / "peer.py"
ALLOWED = {"interest is NULL", "nothing to wake from"}    # of promises not looked at
if BOARD == "mps2-an385-freertos":    # single bytes: lwIP's sockets keep each segment as it came
    ALLOWED = {"a known weakness of this port"}
# Elsewhere only lwIP's sizes differ by profile.
PROFILES = test_boards.PROFILES if BOARD == "lm3s6965evb" else test_boards.PROFILES[:1]


@unittest.skipIf(PROGRAMS == ["posts"], "the family's main board runs it")
class Conformance(unittest.TestCase):
    def test_all_promises(self):
        for profile in PROFILES:
            with self.subTest(profile):
                self.check(profile)

    def check(self, profile):
        with tempfile.TemporaryDirectory() as folder, \
                subprocess.Popen(["/usr/bin/python3", PEER, "--answer", board.HOST],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as peer:
            self.addCleanup(peer.kill)
            port = int(peer.stdout.readline())
            ran = board.run(BOARD, profile, ["conformance", board.HOST, port, "conformance.file"],
                            settings={"DNS": f"{board.HOST}:{port + 11}"}, cwd=folder,
                            elf=board.image(BOARD, profile, "-conformance"))
            peer.terminate()
        self.assertEqual(0, ran.code, ran)
        self.assertNotIn("BROKEN", ran.text)
        skipped = re.findall(r"^skipped .*: ([^:\n]*)$", ran.text, re.MULTILINE)
        print(f"\n{BOARD} {profile}: skipped {skipped}")
        self.assertLessEqual(set(skipped), ALLOWED, ran)
        self.assertGreater(len(re.findall(r"^ok ", ran.text, re.MULTILINE)), 40, ran)


if __name__ == "__main__":
    unittest.main(verbosity=2)
