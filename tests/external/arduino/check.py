#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py LIBRARY: the manifests of an unpacked Arduino library have the fields that Arduino's
library specification 1.5 and PlatformIO's library.json require, and its files are where they look."""
import json
import re
import sys
from pathlib import Path

REQUIRED = ("name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url",
            "architectures")
OPTIONAL = {"depends", "dot_a_linkage", "includes", "precompiled", "ldflags"}
CATEGORIES = {"Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing",
              "Data Storage", "Data Processing", "Other"}
SEMVER = re.compile(r"\d+\.\d+\.\d+$")


def need(condition, sentence):
    if not condition:
        sys.exit(f"check.py: {sentence}")


def properties(root):
    fields = {}
    for line in (root / "library.properties").read_text().splitlines():
        key, equals, value = line.partition("=")
        need(equals and key not in fields, f"library.properties: {line}")
        fields[key] = value
    for key in REQUIRED:
        need(fields.get(key), f"library.properties has no {key}")
    need(set(fields) <= set(REQUIRED) | OPTIONAL, "library.properties: unknown fields")
    need(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_ .-]*", fields["name"]), "name")
    need(SEMVER.match(fields["version"]), "version")
    need(fields["category"] in CATEGORIES, "category")
    need(re.match(r"https?://\S+\.\S+$", fields["url"]), "url")
    for header in fields["includes"].split(","):
        need((root / "src" / header).is_file(), f"includes: {header}")
    return fields


def manifest(root, fields):
    library = json.loads((root / "library.json").read_text())
    for key in "name", "version":
        need(library[key] == fields[key], f"library.json and library.properties differ in {key}")
    need(library["license"] == "MIT" and (root / "LICENSE").is_file(), "license")
    for header in library["headers"]:
        need((root / library["build"]["includeDir"] / header).is_file(), f"headers: {header}")
    need((root / library["build"]["srcDir"]).is_dir(), "srcDir")


def files(root):
    need(not (root / "utility").exists(), "utility/ beside src/ is not compiled")
    names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    need(not [name for name in names if "test" in name.lower()], "files of tests")
    folded = [name.lower() for name in names]
    need(len(folded) == len(set(folded)), "names that differ in case only")
    for line in (root / "keywords.txt").read_text().splitlines():
        need(line.startswith("#") or re.fullmatch(r"\w+\t(KEYWORD[123]|LITERAL1)", line), f"keywords: {line}")
    sketches = [path for path in root.glob("examples/*/*.ino")]
    need(sketches and all(path.stem == path.parent.name for path in sketches), "a sketch is called as its folder")
    return len(names), len(sketches)


def main(args):
    root = Path(args[0])
    manifest(root, properties(root))
    print("check: {} files, {} sketches".format(*files(root)))


main(sys.argv[1:])
