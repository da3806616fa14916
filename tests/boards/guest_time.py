#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the work costs on a Cortex-M3, in guest time: QEMU's -icount shift=3 makes it a count of
instructions, 125 a microsecond, that no load of this machine changes.

    guest_time.py [BOARD]      a table for each profile; nothing is judged
"""
import re
import sys

import board
import midge_test

MIPS = 125


class Bench:
    def __init__(self, name):
        self.name = name
        self.servers = midge_test.servers()
        self.ca = self.servers.ca

    def fetch(self, profile, port, *words):
        url = f"https://api.example:{self.servers.nginx[port]}/posts/1"
        ran = board.run(self.name, profile, ["fetch", *words, url], settings={"CA": self.ca},
                        icount=True)
        if ran.code != 0:
            raise SystemExit(f"guest_time: {ran}")
        return ran

    @staticmethod
    def handshakes(ran):
        """{resumed: us} of the requests that made one."""
        found = re.findall(r"handshake (\d+) us(, resumed)?", ran.text)
        return {bool(resumed): int(us) for us, resumed in found if int(us) > 0}

    @staticmethod
    def elapsed(ran):
        return re.search(r"requests in (\d+\.\d\d) s", ran.text)[1]

    def row(self, profile, port):
        apart = self.fetch(profile, port, "--sync", "--no-reuse", "--times", "2")
        shakes = self.handshakes(apart)
        eight = self.fetch(profile, port, "--times", "8")
        one = self.fetch(profile, port, "--times", "8", "--per-host", "1")
        print(f"| {profile} {port[6:]} | {shakes[False] / 1000:.1f} ms, {shakes[False] * MIPS / 1e6:.1f} M "
              f"| {shakes[True] / 1000:.1f} ms, {shakes[True] * MIPS / 1e6:.1f} M "
              f"| {apart.longest_step_us / 1000:.1f} ms | {apart.longest_turn_us / 1000:.1f} ms "
              f"| {self.elapsed(eight)} s on {eight.connections_at_once} | {self.elapsed(one)} s on "
              f"{one.connections_at_once} |", flush=True)


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "mps2-an385"
    bench = Bench(name)
    print(f"{name}, guest time at {MIPS} instructions a microsecond\n")
    print("| profile | full handshake | resumed | longest step | longest turn | 8 requests | the same |")
    print("|---|---|---|---|---|---|---|")
    for profile in ("full", "small", "tiny"):
        if board.image(name, profile).exists():
            for port in ("https_tls12", "https_tls13") if profile == "full" else ("https_tls12",):
                bench.row(profile, port)


if __name__ == "__main__":
    main()
