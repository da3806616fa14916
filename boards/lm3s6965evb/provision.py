#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the seed that an LM3S6965 needs once before it can do TLS: both pages of seed.h.

    provision.py --flash board/ek-lm3s6965.cfg    writes a new one by openocd, keeps no copy
    provision.py --bin FILE | --hex FILE          an image for address 0x3f800, for other tools

Each device gets its own. The image is as secret as all keys that the device will ever have:
delete it when it is in the device. Programming it again gives the device a new seed.
"""
import argparse
import hashlib
import os
import struct
import subprocess
import sys
import tempfile

ADDRESS = 0x3F800  # link.ld's lm3s_seed_pages
PAGE = 1024
MAGIC = 0x6D736431


def make_pages():
    """The first page holds the seed; the second is erased, whatever was there."""
    head = struct.pack("<II", MAGIC, 0) + os.urandom(32)
    check = hashlib.sha256(b"midge seed check" + head).digest()[:16]
    return (head + check).ljust(2 * PAGE, b"\xff")


def intel_hex(data, address):
    def record(kind, at, payload):
        line = struct.pack(">BHB", len(payload), at, kind) + payload
        return ":%s%02X\n" % (line.hex().upper(), -sum(line) & 0xFF)

    out = record(4, 0, struct.pack(">H", address >> 16))
    for i in range(0, len(data), 16):
        out += record(0, (address + i) & 0xFFFF, data[i:i + 16])
    return out + record(1, 0, b"")


def write_secret(path, data):
    """A new file, for its owner alone."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def flash(config):
    with tempfile.TemporaryDirectory() as folder:  # deleted at the end
        image = os.path.join(folder, "seed.bin")
        write_secret(image, make_pages())
        return subprocess.call(["openocd", "-f", config, "-c",
                                "program {%s} verify reset exit 0x%x" % (image, ADDRESS)])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--flash", metavar="CONFIG", help="openocd's file for the board")
    what.add_argument("--bin", metavar="FILE")
    what.add_argument("--hex", metavar="FILE")
    args = parser.parse_args()
    if args.flash:
        return flash(args.flash)
    data = make_pages()
    try:
        write_secret(args.bin or args.hex,
                     data if args.bin else intel_hex(data, ADDRESS).encode())
    except FileExistsError as error:
        sys.exit("provision: %s exists: each device has its own seed" % error.filename)
    return 0


if __name__ == "__main__":
    sys.exit(main())
