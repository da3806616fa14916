# SPDX-License-Identifier: MIT
"""Writes hpack_tables.c, the tables of RFC 7541: python3 hpack_tables.py > hpack_tables.c

Appendix A is a list of fields. The code of appendix B is canonical: it follows from the lengths of
the codes, which are all that stands here.
"""

# Appendix A: NAME|VALUE.
FIELDS = """\
:authority|
:method|GET
:method|POST
:path|/
:path|/index.html
:scheme|http
:scheme|https
:status|200
:status|204
:status|206
:status|304
:status|400
:status|404
:status|500
accept-charset|
accept-encoding|gzip, deflate
accept-language|
accept-ranges|
accept|
access-control-allow-origin|
age|
allow|
authorization|
cache-control|
content-disposition|
content-encoding|
content-language|
content-length|
content-location|
content-range|
content-type|
cookie|
date|
etag|
expect|
expires|
from|
host|
if-match|
if-modified-since|
if-none-match|
if-range|
if-unmodified-since|
last-modified|
link|
location|
max-forwards|
proxy-authenticate|
proxy-authorization|
range|
referer|
refresh|
retry-after|
server|
set-cookie|
strict-transport-security|
transfer-encoding|
user-agent|
vary|
via|
www-authenticate|
"""

# Appendix B: bits of the code of each byte, then of EOS.
LENGTHS = """
13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28
28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28
 6 10 10 12 13  6  8 11 10 10  8 11  8  6  6  6
 5  5  5  6  6  6  6  6  6  6  7  8 15  6 12 10
13  6  7  7  7  7  7  7  7  7  7  7  7  7  7  7
 7  7  7  7  7  7  7  7  8  7  8 13 19 13 14  6
15  5  6  5  6  5  6  6  6  5  7  7  6  6  6  5
 6  7  6  5  5  6  7  7  7  7  7 15 11 14 13 28
20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23
24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24
22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23
21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23
26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25
19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27
20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23
26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26
30
"""

ROW = 16  # numbers in a line


def static_table():
    """(entries, their offsets): each entry has the length of its name, 0 if the name is that of the
    entry before, the name and the value."""
    entries, offsets, before = [], [0], None
    for line in FIELDS.splitlines():
        name, value = line.split("|")
        shown = "" if name == before else name
        entries.append((shown, value))
        offsets.append(offsets[-1] + 1 + len(shown) + len(value))
        before = name
    return entries, offsets


def huffman():
    """(symbols by code, the number of codes of 8 bits, 9 and so on). The codes of 30 bits are left
    out: the decoder refuses them."""
    lengths = [int(bits) for bits in LENGTHS.split()]
    symbols = sorted((byte for byte in range(256) if lengths[byte] < 30), key=lambda byte: lengths[byte])
    counts = [lengths.count(bits) for bits in range(31)]
    assert sum(count << 30 >> bits for bits, count in enumerate(counts)) == 1 << 30  # it is complete
    return symbols, counts[8:29]


def array(declaration, values):
    lines = [", ".join(map(str, values[i:i + ROW])) for i in range(0, len(values), ROW)]
    return declaration + " = {\n    " + ",\n    ".join(lines) + "};\n"


def main():
    entries, offsets = static_table()
    symbols, counts = huffman()
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Written by hpack_tables.py. */")
    print('#include "codec/hpack_tables.h"\n')
    print("#if MIDGE_WITH_HTTP2\n")
    print("/* clang-format off */")
    print("const char midge__hpack_fields[] =")
    for name, value in entries:
        print(f'    "\\{len(name):03o}" "{name}" "{value}"')
    print(";\n")
    print(array("const uint8_t midge__hpack_places[]", [offset % 256 for offset in offsets]))
    print(array("const uint8_t midge__hpack_counts[]", counts))
    print(array("const uint8_t midge__hpack_symbols[]", symbols))
    print("/* clang-format on */\n")
    print("#endif")


if __name__ == "__main__":
    main()
