#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files for the flash of a W5500-EVB-Pico or Pico2, as a UF2 beside the firmware's.

    settings.py --family rp2040 -o settings.uf2 args='CA=ca.pem posts --api https://…' ca.pem=roots.pem

Each NAME=TEXT is a file of the board; NAME.pem=PATH and NAME=@PATH take a file of this machine.
"args" is the board's command line (boards/README.md). Files that the board wrote itself are gone.
"""
import argparse
import pathlib
import struct
import zlib

import uf2

# services.c; the layout is that of port/pico-sdk/store.h.
FLASH, SIZE, REGION, AREA, FILES = 0x10000000, 2 << 20, 1280 << 10, 128 << 10, 5
MAGIC, NAME_BYTES, PAGE = 0x3165646D, 48, 256


def area(name, data):
    if len(name) >= NAME_BYTES or len(data) > AREA - PAGE:
        raise SystemExit(f"settings: {name}: too long")
    head = struct.pack("<4I", MAGIC, 1, len(data), zlib.crc32(data)) + name.encode().ljust(NAME_BYTES, b"\0")
    return (head + struct.pack("<I", zlib.crc32(head))).ljust(PAGE, b"\xff") + data


def read(flash):
    """{name: content} of what a board's flash of SIZE bytes holds."""
    found = {}
    for at in range(SIZE - REGION, SIZE, AREA):
        magic, sequence, size, crc = struct.unpack_from("<4I", flash, at)
        name, head_crc = struct.unpack_from(f"<{NAME_BYTES}sI", flash, at + 16)
        data = flash[at + PAGE:at + PAGE + size]
        name = name.rstrip(b"\0").decode("ascii", "replace")
        if magic == MAGIC and head_crc == zlib.crc32(flash[at:at + 16 + NAME_BYTES]) and crc == zlib.crc32(data):
            found[name] = max(found.get(name, (0, b"")), (sequence, data))
    return {name: data for name, (_, data) in found.items()}


def content(name, text):
    if text.startswith("@") or name.endswith(".pem"):
        try:
            return pathlib.Path(text.removeprefix("@")).read_bytes()
        except OSError as error:
            raise SystemExit(f"settings: {name}: {error}") from error
    return text.encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=uf2.FAMILIES, required=True)
    parser.add_argument("-o", dest="out", type=pathlib.Path, required=True)
    parser.add_argument("files", nargs="*", metavar="NAME=TEXT")
    args = parser.parse_args()
    if len(args.files) > FILES:
        raise SystemExit(f"settings: {FILES} files at most")
    start = FLASH + SIZE - REGION
    # An erased page where each file could be: what was there before is gone.
    pieces = {start + i * AREA: b"\xff" * PAGE for i in range(2 * FILES)}
    for slot, one in enumerate(args.files):
        name, equals, text = one.partition("=")
        if not name or not equals:
            raise SystemExit(f"settings: '{one}' is not like NAME=TEXT")
        pieces[start + 2 * slot * AREA] = area(name, content(name, text))
    args.out.write_bytes(uf2.blocks(pieces, args.family))


if __name__ == "__main__":
    main()
