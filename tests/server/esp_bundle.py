#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""ESP-IDF's certificate bundle, in both of its formats (src/io/root_bundle.c describes them).

    esp_bundle.py counted|offsets FILE.pem OUT
"""
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "port"))
import root_table   # noqa: E402


def make(roots, offsets):
    order = "<" if offsets else ">"
    entries = [struct.pack(order + "HH", len(root.subject), len(root.key)) + root.subject + root.key
               for root in sorted(roots, key=lambda root: root.subject)]
    if not offsets:
        return struct.pack(">H", len(entries)) + b"".join(entries)
    at, index = 4 * len(entries), b""
    for entry in entries:
        index += struct.pack("<I", at)
        at += len(entry)
    return index + b"".join(entries)


def main():
    kind, source, target = sys.argv[1:]
    roots = [root_table.Root(der) for der in root_table.certificates(pathlib.Path(source).read_bytes())]
    pathlib.Path(target).write_bytes(make(roots, kind == "offsets"))


if __name__ == "__main__":
    main()
