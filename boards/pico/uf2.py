#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""uf2.py --family NAME --address N IMAGE.bin OUT.uf2: what the boot ROM's USB drive takes.

The format: github.com/microsoft/uf2. One block of 512 bytes for each 256 bytes of flash.
"""
import argparse
import pathlib
import struct

FAMILIES = {"rp2040": 0xE48BFF56, "rp2350-arm-s": 0xE48BFF59}
PAGE = 256
MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
HAS_FAMILY = 0x2000


def blocks(pieces, family):
    """pieces: {address: bytes}, addresses of pages. The boot ROM erases each sector that a page is in."""
    pages = {}
    for start, data in pieces.items():
        if start % PAGE:
            raise ValueError(f"{start:#x} is no page")
        for at in range(0, len(data), PAGE):
            pages[start + at] = data[at:at + PAGE].ljust(PAGE, b"\xff")
    out = b""
    for number, (address, page) in enumerate(sorted(pages.items())):
        head = struct.pack("<8I", MAGIC[0], MAGIC[1], HAS_FAMILY, address, PAGE, number, len(pages),
                           FAMILIES[family])
        out += head + page.ljust(476, b"\0") + struct.pack("<I", MAGIC[2])
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=FAMILIES, required=True)
    parser.add_argument("--address", type=lambda text: int(text, 0), required=True)
    parser.add_argument("image", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    args.out.write_bytes(blocks({args.address: args.image.read_bytes()}, args.family))


if __name__ == "__main__":
    main()
