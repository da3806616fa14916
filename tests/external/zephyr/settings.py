#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads port/zephyr's Kconfig with Debian's kconfiglib, as Zephyr's build does.

    settings.py MODULE write OUT CONF…   a configuration of these files: OUT/autoconf.h, OUT/config.cmake
    settings.py MODULE check             each macro of midge's headers follows its symbol, and no
                                         symbol is without a macro
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import kconfiglib

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parent.parent.parent / "include"
# Of config.h and features.h, but not settings: guards, and for debugging or other ports only.
NO_SYMBOL = {"CONFIG_H", "FEATURES_H", "PROFILE_FULL", "PROFILE_SMALL", "PROFILE_TINY", "KEYLOG",
             "WITH_RESOLVER"}
# Symbols of the port, which have no macro of midge's.
PORT_ONLY = re.compile(r"MIDGE$|MIDGE_ZEPHYR_|MIDGE_PROFILE|MIDGE_TLS_CA_CALLBACK")


def load(module, files):
    os.environ["MODULE"] = str(module)
    os.environ.setdefault("SERIES", "4")
    kconf = kconfiglib.Kconfig(str(HERE / "Kconfig"), warn_to_stderr=False)
    kconf.warn_assign_undef = True
    kconf.warn_assign_override = kconf.warn_assign_redun = False
    for number, path in enumerate(files):
        kconf.load_config(str(path), replace=number == 0)
    # As Zephyr's build: what was assigned must have taken effect.
    for symbol in kconf.unique_defined_syms:
        if symbol.user_value is None:
            continue
        wanted = symbol.user_value
        wanted = kconfiglib.TRI_TO_STR[wanted] if symbol.orig_type == kconfiglib.BOOL else str(wanted)
        if wanted != symbol.str_value:
            kconf.warnings.append(f"{symbol.name} was set to {wanted} and is {symbol.str_value}")
    if kconf.warnings:
        sys.exit("settings.py: " + "\n".join(kconf.warnings))
    return kconf


def write(module, out, files):
    kconf = load(module, files)
    out.mkdir(parents=True, exist_ok=True)
    kconf.write_autoconf(str(out / "autoconf.h"))
    lines = [f'set(CONFIG_{symbol.name} "{symbol.str_value}")' for symbol in kconf.unique_defined_syms
             if symbol.config_string and symbol.str_value != "n"]
    (out / "config.cmake").write_text("\n".join(lines) + "\n")


def macros(names, autoconf, module):
    """{name: its value as the compiler sees it}"""
    text = "#include <midge/config.h>\n" + "".join(f"@{name}=MIDGE_{name}\n" for name in names)
    out = subprocess.run(
        ["cc", "-E", "-P", "-I", INCLUDE, "-I", module, "-include", autoconf, "-DMIDGE_TLS_EXTERNAL=1",
         '-DMIDGE_CONFIG_FILE="midge_kconfig.h"', "-"], input=text, text=True, check=True,
        stdout=subprocess.PIPE).stdout
    return dict(re.findall(r"@(\w+)=(.+)", out))


def base_conf():
    return "".join(f"CONFIG_{name}=y\n" for name in ("NETWORKING", "NET_SOCKETS", "NET_TCP", "MBEDTLS", "MIDGE",
                                                      "MIDGE_TLS_CA_CALLBACK"))


def setting(kconf, module, folder, change):
    """Autoconf of a configuration in which change(symbol) gives the values that differ."""
    conf = folder / "conf"
    lines = base_conf()
    for symbol in kconf.unique_defined_syms:
        value = change(symbol)
        lines += f"CONFIG_{symbol.name}={value}\n" if value is not None else ""
    conf.write_text(lines)
    changed = load(module, [conf])
    changed.write_autoconf(str(folder / "autoconf.h"))
    return changed


def is_limit(symbol):
    return symbol.name.startswith("MIDGE_") and not PORT_ONLY.match(symbol.name)


def numbers(kconf, module, folder):
    """Each limit set to a value of its own."""
    def other(symbol):
        if symbol.orig_type != kconfiglib.INT or not is_limit(symbol):
            return None
        low, high = (int(bound.str_value) for bound in symbol.ranges[0][:2])
        return 512 if symbol.name == "MIDGE_MAX_FRAGMENT" else min(high, max(low, 0) + len(symbol.name))

    changed = setting(kconf, module, folder, other)
    return {symbol.name.removeprefix("MIDGE_"): symbol.str_value for symbol in changed.unique_defined_syms
            if symbol.orig_type == kconfiglib.INT and is_limit(symbol)}


def booleans(kconf, module, folder, value, record):
    def same(symbol):
        if symbol.name == "MIDGE_HTTP2_RECORD":
            return record
        if symbol.orig_type == kconfiglib.BOOL and symbol.name.startswith("MIDGE_WITH_"):
            return value
        return None

    changed = setting(kconf, module, folder, same)
    return {symbol.name.removeprefix("MIDGE_"): "1" if symbol.str_value == "y" else "0"
            for symbol in changed.unique_defined_syms
            if symbol.orig_type == kconfiglib.BOOL and same(symbol) is not None}


def compare(wanted, folder, module, what):
    found = macros(wanted, folder / "autoconf.h", module)
    wrong = [f"{name}: {value} in Kconfig, {found.get(name)} in C" for name, value in wanted.items()
             if found.get(name) != value]
    if wrong:
        sys.exit(f"settings.py: {what}\n" + "\n".join(wrong))


def check(module):
    headers = "".join((INCLUDE / "midge" / name).read_text() for name in ("config.h", "features.h"))
    defined = set(re.findall(r"(?m)^#ifndef MIDGE_([A-Z0-9_]+)$", headers)) - NO_SYMBOL
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        (folder / "conf").write_text(base_conf())
        kconf = load(module, [folder / "conf"])
        symbols = {symbol.name for symbol in kconf.unique_defined_syms if symbol.name.startswith("MIDGE")}
        symbols = {name.removeprefix("MIDGE_") for name in symbols if not PORT_ONLY.match(name)}
        if symbols != defined:
            sys.exit(f"settings.py: only in Kconfig: {sorted(symbols - defined)}, only in midge's headers: "
                     f"{sorted(defined - symbols)}")
        for symbol in kconf.unique_defined_syms:
            if symbol.name.startswith("MIDGE_") and symbol.orig_type == kconfiglib.INT and not symbol.ranges:
                sys.exit(f"settings.py: {symbol.name} has no range")
            if symbol.name.startswith("MIDGE") and not any(node.help for node in symbol.nodes) \
                    and not symbol.name.startswith("MIDGE_PROFILE"):
                sys.exit(f"settings.py: {symbol.name} has no help")
        compare(numbers(kconf, module, folder), folder, module, "limits")
        compare(booleans(kconf, module, folder, "y", 0), folder, module, "all features")
        compare(booleans(kconf, module, folder, "n", 0), folder, module, "no feature")
        # HTTP/2 that gives its large record buffers back keeps none apart, whatever was asked for.
        lent = booleans(kconf, module, folder, "y", 8192)
        compare(lent | {"WITH_RECORD_SLOTS": "0", "WITH_SMALL_RECORDS": "0"}, folder, module, "lent buffers")
    print(f"settings: {len(defined)} macros follow their symbols")


def main(args):
    module = Path(args[0]).resolve()
    if args[1] == "check":
        check(module)
    else:
        write(module, Path(args[2]), args[3:])


main(sys.argv[1:])
