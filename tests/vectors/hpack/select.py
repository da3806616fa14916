# SPDX-License-Identifier: MIT
"""select.py FOLDER > captured.txt: a few header blocks of the set hpack-test-case as vectors.

FOLDER is test-hpack/hpack-test-case of Debian's source package haskell-http2. Its encodings without
a dynamic table are taken in turn. Left out are blocks with cookies, and long ones.
"""
import json
import pathlib
import sys

ENCODINGS = ["haskell-http2-static-huffman", "haskell-http2-naive", "haskell-http2-static",
             "haskell-http2-naive-huffman"]
EVERY, SKIPPED, MOST = 5, 40, 700  # stories, blocks between two that are taken; bytes of a block
LINE = 88  # hex digits


def blocks(folder, number):
    """The blocks of a story that qualify, as (bytes in hex, [(name, value)])."""
    story = json.loads((folder / f"story_{number:02}.json").read_text())
    for case in story["cases"]:
        fields = [pair for header in case["headers"] for pair in header.items()]
        has_cookie = any(name in ("cookie", "set-cookie") for name, _ in fields)
        if not has_cookie and len(case["wire"]) <= 2 * MOST:
            yield case["seqno"], case["wire"], fields


def escaped(text):
    return text.replace("\\", "\\\\")


def main():
    root = pathlib.Path(sys.argv[1])
    print("# Requests and answers of real sites, by select.py from the set hpack-test-case (MIT licence,")
    print("# (c) 2013 http2jp) as Debian's source package haskell-http2 has it.")
    taken = 0
    for number in range(0, 32):
        folder = root / ENCODINGS[number % len(ENCODINGS)]
        for seqno, wire, fields in list(blocks(folder, number))[number % EVERY::SKIPPED][:3]:
            taken += 1
            print(f"\ncase: story {number}, block {seqno}, {folder.name.removeprefix('haskell-http2-')}")
            for at in range(0, len(wire), LINE):
                print("hex:", wire[at:at + LINE])
            for name, value in fields:
                print(f"> {name}:{' ' + escaped(value) if value else ''}")
    print(taken, "blocks", file=sys.stderr)


if __name__ == "__main__":
    main()
