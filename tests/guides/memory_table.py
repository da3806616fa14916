#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The table of include/midge/MEMORY.md: what each setting changes, by `midge size` on the PATH."""
import json
import subprocess
import sys

SETTINGS = (
    ("a connection more", ["--connections=3"]), ("a handshake more at once", ["--handshakes=2", "--connections=3"]),
    ("a waiting request more", ["--queued=9"]), ("an awaitable more (sleep, task, gather)", ["--requests=9"]),
    ("`max_header` 1,024 more", ["--max-header=3072"]), ("`no_sessions`", ["--no-sessions"]),
)
BOARDS = ("lm3s6965evb", "mps2-an385-small", "mps2-an385")
BASE = {"--connections": "2", "--handshakes": "1", "--requests": "8", "--queued": "8", "--max-header": "2048"}


def needed(board, changes):
    settings = dict(BASE, **dict(change.split("=") for change in changes if "=" in change))
    words = [f"{name}={value}" for name, value in settings.items()] + [change for change in changes if "=" not in change]
    done = subprocess.run(["midge", "size", "--json", "--device", board, *words], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)["needed"]


def main():
    print("| bytes | tiny | small | full |\n|---|---|---|---|")
    bases = [needed(board, []) for board in BOARDS]
    print("| two connections, one handshake at once, eight requests | " + " | ".join(f"{n:,}" for n in bases) + " |")
    for text, changes in SETTINGS:
        more = [needed(board, changes) for board in BOARDS]
        before = [needed(board, ["--connections=3"]) for board in BOARDS] if len(changes) > 1 else bases
        print(f"| {text} | " + " | ".join(f"{n - b:+,}" for n, b in zip(more, before)) + " |")


if __name__ == "__main__":
    sys.exit(main())
