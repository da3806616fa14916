#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes Kconfig's view of midge's settings from the headers that define them.

    kconfig.py FOLDER            writes FOLDER/Kconfig.midge and FOLDER/midge_kconfig.h
    kconfig.py --check FOLDER    fails if they differ from what would be written

include/midge/config.h has limits with their defaults for each profile, features.h has features; the
comment above each macro becomes its help text. Kconfig.midge has a symbol MIDGE_X for each of them,
midge_kconfig.h (the build's MIDGE_CONFIG_FILE) makes MIDGE_X of CONFIG_MIDGE_X. RANGES below is all
that is written by hand. Run it after a change of these headers: a test compares.
"""
import re
import sys
import textwrap
from pathlib import Path

INCLUDE = Path(__file__).resolve().parent.parent / "include" / "midge"
DAYS_24 = 2147483647  # the longest time, ms

# Least and greatest value, ANY if it is not here. NONE: -1 means no such limit, and is the default.
NONE, ANY = "none", (0, DAYS_24)
RANGES = {
    "MAX_CONNECTIONS": (1, 1000), "MAX_PER_ORIGIN": (1, 1000), "MAX_HANDSHAKES": (1, 1000),
    "MAX_AWAITABLES": (1, 65000), "MAX_HEADER": (256, 1048576), "MAX_HEAD_TOTAL": (256, 1073741824),
    "RECV_BUFFER": (64, 65535), "SEND_BUFFER": (64, 65535), "MAX_FRAGMENT": (0, 4096),
    "MAX_FULL_RECORDS": (1, 1000), "READ_AHEAD": (64, 65535), "MAX_SESSIONS": (1, 1000),
    "MAX_TICKET": (64, 65535), "MAX_NAMES": (0, 1000), "NAME_MAX_S": (1, 1000000),
    "NAME_NEGATIVE_S": (1, 1000000), "MAX_CHAIN": (256, 65535), "TURN_CRYPTO": (1, 1073741824),
    "TURN_BYTES": (512, 1073741824), "TURN_STEPS": (1, 1073741824), "ECP_MAX_OPS": (1, 1000000),
    "QUEUE_MS": NONE, "DNS_MS": (1, DAYS_24), "CONNECT_MS": (1, DAYS_24), "TLS_MS": (1, DAYS_24),
    "FIRST_BYTE_MS": (1, DAYS_24), "IDLE_MS": (1, DAYS_24), "TOTAL_MS": NONE,
    "LEAD_MS": (1, 1073741824), "TICKET_WAIT_MS": (1, 1073741824),
    "CONNECT_SHARE_MS": (1, DAYS_24), "ATTEMPT_DELAY_MS": (100, 2000), "MAX_ATTEMPTS": (2, 8),
    "KEEP_ALIVE_MS": (1, 1073741824), "REDIRECT_BODY": (0, 1073741824),
    "EARLY_ANSWER_MS": (1, DAYS_24), "CLOSE_MS": (1, DAYS_24), "TIME_FLOOR": (1767225600, DAYS_24),
}
ACRONYMS = {"PSK", "TLS", "DNS", "JSON", "ECP", "SSE", "PEM", "ID"}
PROFILES = ("FULL", "SMALL", "TINY")
# Of the lwIP ports, the TLS profiles or the tests: not a choice of a home.
NOT_HERE = {"WITH_RESOLVER"}
# Sources that midge's tree does not have: off unless the project around it says where they are.
BROUGHT = {"WITH_JSON": "cJSON: MIDGE_CJSON_DIR", "WITH_GUNZIP": "zlib: MIDGE_ZLIB_DIR"}


def plain(comment):
    """The words of a C comment."""
    lines = [re.sub(r"^\s*\*? ?", "", line) for line in comment.strip("/*").split("\n")]
    return " ".join(" ".join(lines).split()).strip("*/ ")


def definitions(header):
    """(name, value, comment) of each macro that a build may set. A comment explains the macros that
    follow it, up to the next comment."""
    text = (INCLUDE / header).read_text()
    token = re.compile(r"(?P<comment>/\*.*?\*/)|#ifndef MIDGE_(?P<name>[A-Z0-9_]+)\n"
                       r"#define MIDGE_(?P=name) (?P<value>[^\n]+)\n", re.S)
    comment, found = "", []
    for match in token.finditer(text):
        if match["comment"]:
            comment = plain(match["comment"])
        else:
            found.append((match["name"], match["value"].split("/*")[0].strip(), comment))
    return found


def needs(header):
    """{feature: Kconfig's expressions that must hold, or it is off or an error}"""
    found = {}
    text = (INCLUDE / header).read_text()
    for name, condition in re.findall(r"(?m)^#if MIDGE_(WITH_\w+) && (.+)$", text):
        unless = re.findall(r"!defined\((\w+)\)", condition)
        if "defined(MIDGE_TLS_EXTERNAL)" in condition:
            found.setdefault(name, []).extend(unless or ["!MIDGE_TLS_EXTERNAL"])
        found.setdefault(name, []).extend(re.findall(r"!(MIDGE_WITH_\w+)", condition))
    return found


def features():
    """(name, default, help, needs); those that only a mbedTLS of midge's own can have are left out,
    and MIDGE_KEYLOG, which is for debugging only."""
    needed = needs("features.h")
    owned = {name for name, all_needs in needed.items() if "!MIDGE_TLS_EXTERNAL" in all_needs}
    owned |= {name for name, all_needs in needed.items() if {f"MIDGE_{o}" for o in owned} & set(all_needs)}
    return [(name, int(value), text, needed.get(name, []))
            for name, value, text in definitions("features.h")
            if name.startswith("WITH_") and name not in owned | NOT_HERE]


def limits():
    """(name, [default of each profile], help)"""
    found = []
    for name, value, text in definitions("config.h"):
        if name.startswith("PROFILE_"):
            continue
        pick = re.fullmatch(r"MIDGE__PICK\((\d+), (\d+), (\d+)\)", value)
        values = [int(v) for v in pick.groups()] if pick else value
        if not pick:
            values = [-1 if RANGES.get(name) == NONE else int(value)] * 3
        found.append((name, values, text))
    gone = set(RANGES) - {name for name, _, _ in found}
    if gone:
        sys.exit(f"kconfig.py: RANGES has {', '.join(sorted(gone))}, but config.h has not")
    return found


def title(name):
    """The words of the macro's name; of a limit in milliseconds or seconds with the unit."""
    words = [word if word in ACRONYMS else word.lower() for word in name.removeprefix("WITH_").split("_")]
    unit = {"ms": ", ms", "s": ", s"}.get(words[-1], "")
    text = " ".join(words[:-1] if unit else words)
    return text[0].upper() + text[1:] + unit


def help_text(text):
    return ["\thelp"] + ["\t  " + line for line in textwrap.wrap(text, 78)]


def kconfig():
    out = ["# SPDX-License-Identifier: MIT",
           "# Written by port/kconfig.py from include/midge/config.h and features.h: do not edit.", "",
           'menu "midge: limits"', ""]
    for name, values, text in limits():
        limited = RANGES.get(name, ANY)
        least, most = (-1, DAYS_24) if limited == NONE else limited
        out += [f"config MIDGE_{name}", f'\tint "{title(name)}"']
        if len(set(values)) > 1:
            out += [f"\tdefault {value} if MIDGE_PROFILE_{profile}"
                    for value, profile in zip(values, PROFILES)]
        else:
            out.append(f"\tdefault {values[0]}")
        out.append(f"\trange {least} {most}")
        out += help_text(text + (" -1: no limit." if limited == NONE else "")) + [""]
    out += ["endmenu", "", 'menu "midge: features"', ""]
    for name, value, text, needed in features():
        brought = f" Needs the sources of {BROUGHT[name]}." if name in BROUGHT else ""
        default = "y" if value and not brought else "n"
        out += [f"config MIDGE_{name}", f'\tbool "{title(name)}"', f"\tdefault {default}"]
        out += [f"\tdepends on {need}" for need in needed]
        out += help_text(text + brought) + [""]
    return "\n".join(out + ["endmenu", ""])


def header():
    out = ["/* SPDX-License-Identifier: MIT */",
           "/* Written by port/kconfig.py from include/midge/config.h and features.h: do not edit. The",
           "   build's MIDGE_CONFIG_FILE: Kconfig's values of midge's settings. */",
           "#ifndef MIDGE_KCONFIG_H", "#define MIDGE_KCONFIG_H", ""]
    for name in [f"PROFILE_{profile}" for profile in PROFILES] + ["TLS_CA_CALLBACK"]:
        out += [f"#ifdef CONFIG_MIDGE_{name}", f"#define MIDGE_{name} 1", "#endif"]
    names = [name for name, _, _ in limits()]
    bounded = [name for name in names if RANGES.get(name) != NONE]
    width = max(map(len, bounded))
    out += [""] + [f"#define MIDGE_{name:{width}} CONFIG_MIDGE_{name}" for name in bounded]
    for name in names:
        if RANGES.get(name) == NONE:
            out += [f"#if CONFIG_MIDGE_{name} >= 0", f"#define MIDGE_{name} CONFIG_MIDGE_{name}", "#endif"]
    out.append("")
    for name, value, _, _ in features():
        out += [f"#if{'n' if value else ''}def CONFIG_MIDGE_{name}",
                f"#define MIDGE_{name} {1 - value}", "#endif"]
    return "\n".join(out + ["", "#endif", ""])


def main(args):
    check = args[:1] == ["--check"]
    if len(args) != 1 + check:
        sys.exit(__doc__)
    stale = []
    for name, text in ("Kconfig.midge", kconfig()), ("midge_kconfig.h", header()):
        path = Path(args[-1]) / name
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
    if stale:
        sys.exit(f"kconfig.py: {', '.join(stale)} differs from the headers: run port/kconfig.py "
                 f"{args[-1]}")


main(sys.argv[1:])
