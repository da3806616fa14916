#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the work costs on a Cortex-M3, in guest time: QEMU's -icount shift=3 makes it a count of
instructions, 125 a microsecond, that no load of this machine changes.

    guest_time.py [--write] [BOARD]      a table for each profile; --write renews guest_time.txt

The longest step and turn are computing and nothing else, the same in each run: they may take a
tenth more than that file says. A handshake waits for the server too and is only shown.
"""
import argparse
import pathlib
import re
import sys

import board
import midge_test

MIPS = 125
MORE = 1.1
JUDGED = ("step", "turn")
TABLE = pathlib.Path(__file__).with_name("guest_time.txt")


class Bench:
    def __init__(self, name):
        self.name = name
        self.servers = midge_test.servers()
        self.ca = self.servers.ca

    def fetch(self, profile, port, *words):
        url = f"https://api.example:{self.servers.nginx[port]}/posts/1"
        ran = board.run(self.name, profile, ["fetch", *words, url], settings={"CA": self.ca})
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

    def measure(self, profile, port):
        """{name: ms}, and what is shown beside it."""
        apart = self.fetch(profile, port, "--sync", "--no-reuse", "--times", "2")
        shakes = self.handshakes(apart)
        eight = self.fetch(profile, port, "--times", "8")
        one = self.fetch(profile, port, "--times", "8", "--per-host", "1")
        found = {"full": shakes[False], "resumed": shakes[True],
                 "step": max(apart.longest_step_us, eight.longest_step_us),
                 "turn": max(apart.longest_turn_us, eight.longest_turn_us)}
        shown = [f"{self.elapsed(ran)} s on {ran.connections_at_once}" for ran in (eight, one)]
        return {name: us / 1000 for name, us in found.items()}, shown


def rows(name):
    """(profile and version, measured, shown)"""
    bench = Bench(name)
    for profile in board.profiles(name):
        for port in ("https_tls12", "https_tls13") if profile == "full" else ("https_tls12",):
            yield f"{profile}-{port[6:]}", *bench.measure(profile, port)


def committed(name):
    """{profile and version: {name: ms}}"""
    lines = [line.split() for line in TABLE.read_text().splitlines()] if TABLE.exists() else []
    return {line[1]: dict(zip(("full", "resumed", "step", "turn"), map(float, line[2:])))
            for line in lines if line and line[0] == name}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("board", nargs="?", default="mps2-an385")
    options = parser.parse_args()
    bars, slow, lines = committed(options.board), [], ["# board profile: ms of a full handshake, a "
                                                      "resumed one, the longest step, the longest turn"]
    print(f"{options.board}, guest time at {MIPS} instructions a microsecond\n")
    print("| profile | full handshake | resumed | longest step | longest turn | 8 requests | the same |")
    print("|---|---|---|---|---|---|---|")
    for which, found, shown in rows(options.board):
        cells = [f"{found[name]:.1f} ms, {found[name] * MIPS / 1000:.1f} M" for name in ("full", "resumed")]
        cells += [f"{found[name]:.1f} ms" for name in ("step", "turn")] + shown
        print(f"| {which} | " + " | ".join(cells) + " |", flush=True)
        lines.append(" ".join([options.board, which, *(f"{ms:.1f}" for ms in found.values())]))
        slow += [f"{which}: {name} takes {ms:.1f} ms, more than {MORE} times {bars[which][name]}"
                 for name, ms in found.items() if name in JUDGED and not options.write and ms > MORE * bars[which][name]]
    if options.write:
        TABLE.write_text("\n".join(lines) + "\n")
    print("\n".join(slow))
    return len(slow) > 0


if __name__ == "__main__":
    sys.exit(main())
