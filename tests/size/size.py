#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Flash and RAM of each firmware by part, from the linker's map, held against what is committed.

    size.py [--write] [--prices] [BOARD...]     --write renews tests/size/table.txt

Parts: midge; certificates (midge's checks of certificates that mbedTLS lacks); http2 (codec and carrier:
the files h2* and hpack*); mbedtls; lwip; port; cjson; libc; board (board.c, drivers, main); apps.

BOARD-PROFILE is the firmware: midge is linked with link-time optimization (LTO) and is one piece in
the map. The line table of the debug information says which bytes of its code are of certificates and of
http2, also where they are inlined elsewhere; the read-only data of http2 are those of its objects, before
the link shares texts.
BOARD-PROFILE-by-file is the same firmware without LTO, with rows midge/FILE. A firmware over its line
in budget.txt fails; a change against table.txt is shown.

--prices: also the list of the prices of features (prices.py), which stands in boards/README.md.
"""
import argparse
import collections
import os
import pathlib
import re
import subprocess
import sys

import prices

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("MIDGE_BOARDS", ROOT / "build"))
BOARDS = ["mps2-an385", "lm3s6965evb", "riscv-virt"]
PARTS = ["midge", "certificates", "http2", "mbedtls", "lwip", "port", "cjson", "libc", "board", "apps", "fill"]
MIDGE = {path.stem: path.parent.name for path in ROOT.glob("src/*/*.c")}
CERTIFICATES = ["cert_parse", "cert_path", "chain_search", "der", "name_constraints", "x509_name"]
HTTP2 = [name for name in MIDGE if re.match("h2|hpack", name)]
OBJDUMP = {"riscv-virt": "riscv64-unknown-elf-objdump"}

OUTPUT = re.compile(r"^(\.[\w.]+)(?:\s+0x[0-9a-f]+\s+0x[0-9a-f]+.*)?$")
PIECE = re.compile(r"^ (?:\S+)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (.+)$")
FILL = re.compile(r"^ \*fill\*\s+0x[0-9a-f]+\s+0x([0-9a-f]+)")


def part_of(path, section):
    """(part, file) of an object's path in the map and the name of its section."""
    member = re.search(r"([^/(]+)\.(?:c|S)\.o(?:bj)?\)?$", path)
    name = member[1] if member else ""
    if "libmidge-cjson" in path:
        return "cjson", name
    if re.search(r"libmidge-[\w-]+\.a\(", path):
        if name in MIDGE and "mbedtls_" not in section: # mbedTLS has a base64.c too
            return "certificates" if name in CERTIFICATES else "midge", f"{MIDGE[name]}/{name}"
        return "mbedtls", name
    if ".ltrans" in path:
        return "midge", ""
    for archive, part in (("libboard-lwip", "lwip"), ("libboard-port", "port")):
        if archive in path:
            return part, name
    if re.search("boards/(apps/|examples/|common/least)", path):
        return "apps", name
    if "CMakeFiles/" in path:
        return ("lwip", name) if "board-lwip.dir" in path else ("board", name)
    return "libc", name


def kind_of(section):
    """(takes flash, takes RAM)"""
    if "bss" in section or "stack" in section or "noinit" in section:
        return False, True
    if "data" in section and "rodata" not in section:
        return True, True
    return True, False


def read_map(path):
    """{(part, file): [flash, ram]}"""
    sizes = collections.defaultdict(lambda: [0, 0])
    section, begun, held = None, False, ""
    for line in path.read_text().splitlines():
        if line.startswith("Linker script and memory map"):
            begun = True
        if not begun:
            continue
        if line.startswith((".", "/DISCARD/")):
            found = OUTPUT.match(line)
            section = found[1] if found else None
            if section and re.match(r"\.(debug|comment|ARM\.attributes|riscv\.attributes|stab)", section):
                section = None
        if section is None:
            continue
        if re.match(r"^ \.\S+$", line):
            held = line
            continue
        joined = held + line if held else line
        held = ""
        filled = FILL.match(line)
        if filled:
            owner, size = ("fill", ""), int(filled[1], 16)
        else:
            piece = PIECE.match(joined)
            if not piece or int(piece[1], 16) == 0 and "COMMON" in joined:
                continue
            name = joined.split()[0]
            owner, size = part_of(piece[3].strip(), name), int(piece[2], 16)
        flash, ram = kind_of(section)
        sizes[owner][0] += size * flash
        sizes[owner][1] += size * ram
    return sizes


def objdump(board, option, path):
    return subprocess.run([OBJDUMP.get(board, "arm-none-eabi-objdump"), option, path], text=True,
                          check=True, stdout=subprocess.PIPE).stdout


def lines_of(board, elf, files):
    """Bytes of code that the debug information gives to these files, also where it is inlined."""
    text = objdump(board, "-WL", elf)
    found = re.findall(r"^(\S+)\.[ch] +(\d+|-) +0x([0-9a-f]+)", text, re.M)
    code = [(name, end != "-", int(address, 16)) for name, end, address in found]
    return sum(after[2] - name[2] for name, after in zip(code, code[1:])
               if name[0] in files and name[1] and after[2] > name[2])


def data_of(board, path, files):
    """Bytes of read-only data in the objects of these files, in the library that the map names."""
    library, = re.findall(r"^LOAD (libmidge-(?!cjson)\S+\.a)$", path.read_text(), re.M)
    owner, total = "", 0
    for line in objdump(board, "-h", path.with_name(library)).splitlines():
        member = re.match(r"(\w+)\.c\.o(?:bj)?:", line)
        section = re.match(r" *\d+ \.rodata\S* +([0-9a-f]+) ", line)
        owner = member[1] if member else owner
        total += int(section[1], 16) if section and owner in files else 0
    return total


def read_firmware(board, path):
    """{(part, file): [flash, ram]} with certificates and http2 taken out of the piece that LTO made."""
    sizes = read_map(path)
    if ("midge", "") in sizes:
        elf = path.with_suffix(".elf")
        certificates, http2 = (lines_of(board, elf, files) for files in (CERTIFICATES, HTTP2))
        http2 += data_of(board, path, HTTP2) if http2 else 0
        sizes["midge", ""][0] -= certificates + http2
        sizes["certificates", ""] = [certificates, 0]
        sizes["http2", ""] = [http2, 0]
    return sizes


TESTS = {"qemu", "conformance", "certs", "torture", "bodies", "all", "events", "update"}


def firmware(boards):
    """[(name, board, map path)] of hardware images; programs of tests are none."""
    found = []
    for board in boards:
        for path in sorted((BUILD / board).glob(f"{board}-*.map")):
            if not set(path.stem.split("-")) & TESTS:
                found.append((path.stem, board, path))
    return found


def rows_of(name, sizes):
    """{"name part": (flash, ram)}"""
    rows = {}
    for part in PARTS:
        owned = [size for (own, _), size in sizes.items() if own == part]
        rows[f"{name} {part}"] = tuple(map(sum, zip(*owned))) if owned else (0, 0)
    rows[f"{name} total"] = tuple(map(sum, zip(*sizes.values())))
    for (part, file), size in sorted(sizes.items()):
        if part in ("midge", "certificates") and file:
            rows[f"{name} midge/{file}"] = tuple(size)
    return rows


def read_table(path):
    rows = {}
    if path.exists():
        for line in path.read_text().splitlines():
            words = line.split()
            if len(words) == 4 and not line.startswith("#"):
                rows[f"{words[0]} {words[1]}"] = (int(words[2]), int(words[3]))
    return rows


def show(rows, before):
    for key, (flash, ram) in rows.items():
        old = before.get(key)
        change = "" if old == (flash, ram) else "  new" if old is None else \
            f"  {flash - old[0]:+d} {ram - old[1]:+d}"
        print(f"{key:<52}{flash:>8}{ram:>8}{change}")


def over_budget(rows):
    """Lines of budget.txt: firmware part flash ram; "-" is no limit."""
    failed = []
    for line in (HERE / "budget.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, part, *limits = line.split()
        if f"{name} {part}" not in rows:
            failed.append(f"{name} {part} has a budget and was not built")
            continue
        for what, size, limit in zip(("flash", "RAM"), rows[f"{name} {part}"], limits):
            if limit != "-" and size > int(limit):
                failed.append(f"{name} {part}: {size} bytes of {what}, budget {limit}")
    return failed


def summary(rows):
    """The table of boards/README.md: a few images of one board."""
    images = [("least", "least"), ("all programs, tiny", "tiny"), ("all programs, full", "full")]
    lines = ["| bytes | " + " | ".join(name for name, _ in images) + " |", "|---" * 4 + "|"]
    for part, name in (("midge", "midge"), ("certificates", "midge's checks of certificates"),
                       ("mbedtls", "mbedTLS"), ("lwip", "lwIP"), ("libc", "libc"),
                       ("total", "the whole image")):
        sizes = [rows[f"{prices.BOARD}-{profile} {part}"][0] for _, profile in images]
        lines.append(f"| {name} | " + " | ".join(f"{size:,}" for size in sizes) + " |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="renew table.txt (and boards/README.md)")
    parser.add_argument("--prices", action="store_true", help="the list of features, too")
    parser.add_argument("boards", nargs="*", default=BOARDS)
    options = parser.parse_args()
    rows = {}
    for name, board, path in firmware(options.boards):
        rows.update(rows_of(name, read_firmware(board, path)))
    if not rows:
        sys.exit(f"size: no firmware in {BUILD}")
    table = HERE / "table.txt"
    print(f"{'firmware part':<52}{'flash':>8}{'RAM':>8}")
    show(rows, read_table(table))
    if options.write:
        lines = ["# firmware part flash RAM (bytes), by tests/size/size.py --write. BOARD-PROFILE: the firmware,",
                 "# midge with LTO; -by-file: the same without LTO. certificates and http2 are not in midge's row."]
        lines += [f"{key} {flash} {ram}" for key, (flash, ram) in rows.items()]
        table.write_text("\n".join(lines) + "\n")
    failed = over_budget(rows)
    if options.prices:
        failed += prices.section("flash", summary(rows), options.write)
        failed += prices.prices(read_map, options.write)
    print(*failed, sep="\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
