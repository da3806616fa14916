#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The table of port/mbedtls/PROFILES.md: flash from tests/size/table.txt (size.py keeps it), RAM by `midge size` on
the PATH, on 32 bits."""
import json
import pathlib
import subprocess
import sys

BOARDS = {"full": "mps2-an385", "small": "mps2-an385-small", "tiny": "lm3s6965evb"}
TABLE = pathlib.Path(__file__).resolve().parent.parent / "size" / "table.txt"
SETTINGS = ["--handshakes=1", "--requests=8", "--queued=8", "--max-header=2048"]


def flash(profile):
    for line in TABLE.read_text().splitlines():
        words = line.split()
        if words[:2] == [f"mps2-an385-{profile}", "mbedtls"]:
            return int(words[2])
    raise ValueError(f"no mbedtls of mps2-an385-{profile} in {TABLE}")


def size(board, *more):
    done = subprocess.run(["midge", "size", "--json", "--device", board, *SETTINGS, *more], check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def line(profile, name):
    return next(one["each"] for one in size(BOARDS[profile], "--connections=2")["lines"] if one["name"].startswith(name))


def main():
    rows = (
        ("flash of mbedTLS", flash),
        ("RAM for one connection at a time (`midge_memory_least`)", lambda p: size(BOARDS[p], "--connections=1")["least"]),
        ("of it, the two record buffers", lambda p: line(p, "record buffers")),
        ("peak of a handshake beside its connection, worst case", lambda p: line(p, "handshakes")),
        ("RAM of one connection more, all that it may need", lambda p: (
            size(BOARDS[p], "--connections=3")["needed"] - size(BOARDS[p], "--connections=2")["needed"])),
    )
    print(f"| bytes, on 32 bits | {' | '.join(BOARDS)} |\n|---|---|---|---|")
    for text, value in rows:
        print(f"| {text} | " + " | ".join(f"{value(profile):,}" for profile in BOARDS) + " |")


if __name__ == "__main__":
    sys.exit(main())
