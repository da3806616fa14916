#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A board that wakes by a reset, posts once and sleeps (wake.c): the first wake pays a full handshake, the
next ones resume the session that the sleep kept, and a damaged block costs a full one again."""
import pathlib
import re
import unittest

import board
from test_boards import BOARD, GUEST, PROFILES, Board

END = "-----END CERTIFICATE-----\n"
MOST_K = 1000    # thousands of instructions of a wake that resumes TLS 1.2
LINE = re.compile(r"wake (\d+): OK, status 201, TLS (\d+) (\w+); (\d+) k instructions .*?(\d+) bytes sent, "
                  r"(\d+) received, (\d+) us")


class Wake(Board):
    def ca_file(self):
        """The one root that is needed; a second one, of RSA, takes 160 k instructions more."""
        path = self.dir / "ca.pem"
        path.write_text(pathlib.Path(self.ca).read_text().partition("-----END")[0] + END)
        return "ca.pem"

    def wakes(self, port, times):
        """[(full or resumed, thousands of instructions)]; nginx takes the cipher that the client prefers."""
        ran = self.board("wake", f"https://{GUEST}:{self.servers.nginx[port]}/posts", times, profile=PROFILES[0],
                         elf=board.image(BOARD, PROFILES[0], "-wake"), timeout=300)
        self.assertEqual(0, ran.code, ran)
        found = LINE.findall(ran.text)
        self.assertEqual(times, len(found), ran)
        for wake, version, kind, count, sent, received, us in found:
            print(f"\n{BOARD} {PROFILES[0]}, TLS {version}, wake {wake}: {kind}, {count} k instructions, {sent} + "
                  f"{received} bytes, {int(us) / 1000:.1f} ms", end="")
        return [(kind, int(count)) for _, _, kind, count, *_ in found]

    def test_tls12(self):
        wakes = self.wakes("https_tls12", 4)
        self.assertEqual(["full", "resumed", "resumed", "full"], [kind for kind, _ in wakes])
        for kind, count in wakes:
            if kind == "resumed":
                self.assertLess(count, MOST_K)

    @unittest.skipUnless(PROFILES[0] == "full", "the profile has no TLS 1.3")
    def test_tls13(self):
        wakes = self.wakes("https_tls13", 3)
        self.assertEqual(["full", "resumed", "full"], [kind for kind, _ in wakes])
        self.assertLess(wakes[1][1], wakes[0][1] / 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
