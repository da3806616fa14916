#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Tables of costs in README and in the pages of boards, from the figures that the suites size and bench wrote:

    costs.py flash     tests/size/table.txt, lines of `sh tests/run.sh size`
    costs.py ram       the table of port/mbedtls/PROFILES.md, which `midge size` made
    costs.py work      tests/bench/RESULTS.md, of `sh tests/run.sh bench`, and the table of boards/README.md
    costs.py steps     tests/boards/guest_time.txt, of the suite boards
    costs.py board B   RAM and flash of board B by profile: tests/size/table.txt, boards/B/board.cmake

A figure that is not there is an error, not a gap.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PARTS = ("midge", "mbedtls", "lwip", "libc", "total")
IMAGES = {"mps2-an385-least": "a superloop that makes requests, no feature, tiny",
          "lm3s6965evb-tiny": "all model programs, tiny",
          "mps2-an385-full": "all model programs, full"}


def sizes_of(images):
    """{(image, part): (flash, RAM)} of tests/size/table.txt"""
    rows = map(str.split, (ROOT / "tests/size/table.txt").read_text().splitlines())
    return {(row[0], row[1]): (int(row[2]), int(row[3])) for row in rows if len(row) == 4 and row[0] in images}


def flash():
    found = {key: flash for key, (flash, _) in sizes_of(IMAGES).items()}
    yield "| bytes (Cortex-M3, -Os) | midge | mbedTLS | lwIP | libc | board, programs | whole image |"
    yield "|---|---|---|---|---|---|---|"
    for image, what in IMAGES.items():
        sizes = [found[image, part] for part in PARTS]
        sizes[0] += found[image, "certificates"]
        sizes.insert(-1, sizes[-1] - sum(sizes[:-1]))
        yield f"| {what} | " + " | ".join(f"{size:,}" for size in sizes) + " |"


def row(text, start):
    """The cells of the table's row whose first cell begins so."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0].startswith(start):
            return cells
    raise SystemExit(f"costs.py: no row '{start}'")


def ram():
    text = (ROOT / "port/mbedtls/PROFILES.md").read_text()
    rows = [[int(cell.replace(",", "")) for cell in row(text, start)[1:]]
            for start in ("RAM for one connection at a time", "RAM of one connection more")]
    yield "| bytes of the client's block | full | small | tiny |"
    yield "|---|---|---|---|"
    for name, sizes in zip(("least: one connection, one full handshake at a time", "each connection more, at most"), rows):
        yield f"| {name} | " + " | ".join(f"{size:,}" for size in sizes) + " |"
    for block, device in ((43520, "64 KB of RAM (lm3s6965evb)"), (200000, "256 KB of RAM")):
        counts = ["none" if block < first else f"{1 + (block - first) // more}" for first, more in zip(*rows)]
        yield f"| connections in {block:,} bytes, of {device} | " + " | ".join(counts) + " |"


def work():
    bench = (ROOT / "tests/bench/RESULTS.md").read_text()
    boards = (ROOT / "boards/README.md").read_text()
    heads = row(bench, "what")
    columns = [heads.index(name) for name in ("midge", "mongoose", "libcurl multi", "aiohttp")]
    yield "| on a desktop, x86-64 | midge | mongoose | libcurl | aiohttp |"
    yield "|---|---|---|---|---|"
    for start, name in (
            ("own instructions, small keep-alive request", "instructions of its own code, a small request over TLS"),
            ("all instructions, the same: started", "all instructions of it, TLS library and libc included"),
            ("allocations from libc", "its allocations from libc"),
            ("heap a connection in flight", "heap of a connection in flight, TLS 1.2"),
    ):
        cells = row(bench, start)
        yield f"| {name} | " + " | ".join(cells[column] for column in columns) + " |"
    yield ""
    yield "| on a Cortex-M3, lm3s6965evb, profile tiny | instructions |"
    yield "|---|---|"
    full = row(boards, "lm3s6965evb, tiny, one of P-256")
    resumed = re.search(r"\| \| resumed, TLS 1\.2 \| \*\*(.*?)\*\*", boards)
    yield f"| a full handshake of TLS 1.2, and the request | {full[2]} |"
    yield f"| a resumed one, after deep sleep too | {resumed[1]} |"


def steps():
    """The times are those of QEMU's 125 instructions a microsecond."""
    rows = map(str.split, (ROOT / "tests/boards/guest_time.txt").read_text().splitlines())
    ms = {row[1]: float(row[4]) * 125 / 100 for row in rows if row[0] == "mps2-an385"}
    yield "| longest step, ms, Cortex-M3 at 100 MHz | full | small | tiny |"
    yield "|---|---|---|---|"
    for name, cells in (("TLS 1.2 with ECDSA", ("full-tls12", "small-tls12", "tiny-tls12")),
                        ("TLS 1.3", ("full-tls13", None, None))):
        yield f"| {name} | " + " | ".join(f"{ms[cell]:.0f}" if cell else "–" for cell in cells) + " |"


def board(name):
    cmake = (ROOT / "boards" / name / "board.cmake").read_text()
    block, stack = (int(re.search(rf"set\(BOARD_{which} (\d+)\)", cmake)[1]) for which in ("BLOCK", "STACK"))
    profiles = re.search(r"set\(BOARD_PROFILES ([a-z ]+)\)", cmake)[1].split()
    found = sizes_of([f"{name}-{profile}" for profile in profiles])
    yield f"| bytes, image for hardware | {' | '.join(profiles)} |"
    yield "|---|" + "---|" * len(profiles)
    for what, parts, less in (
            ("midge's block (`BOARD_BLOCK`)", (), -block),
            ("stack (`BOARD_STACK`)", (), -stack),
            ("lwIP, its port", ("lwip", "port"), 0),
            ("midge, mbedTLS: AES tables, PSA's key store", ("midge", "certificates", "mbedtls", "cjson"), 0),
            ("drivers, trusted roots read from a file, programs, libc", ("board", "apps", "libc"), block),
            ("guards, alignment", ("fill",), stack),
            ("**RAM**", ("total",), 0)):
        cells = (sum(found[f"{name}-{profile}", part][1] for part in parts) - less for profile in profiles)
        yield f"| {what} | " + " | ".join(f"{cell:,}" for cell in cells) + " |"
    yield "| **flash** | " + " | ".join(f"{found[f'{name}-{profile}', 'total'][0]:,}" for profile in profiles) + " |"


if __name__ == "__main__":
    print("\n".join({"flash": flash, "ram": ram, "work": work, "steps": steps, "board": board}[sys.argv[1]](*sys.argv[2:])))
