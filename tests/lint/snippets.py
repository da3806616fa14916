#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""snippets.py ROOT BUILD: each public function is called in an example that is compiled.

Examples are boards/examples, boards/apps and boards/common, as far as BUILD/compile_commands.json has
them, and the C blocks of pages that a test compiles or runs (tests/guides/guides.py). A call
in a unit test is none. README.md beside the examples names each of them. The snippets compile as C++20.

    snippets.py ROOT --functions    prints the public functions, for doc.sh"""
import json
import os
import pathlib
import re
import subprocess
import sys

EXAMPLES = ("boards/examples/", "boards/apps/", "boards/common/")
# lwIP's port is attached in each firmware; tests/boards and tests/lwip run it.
ELSEWHERE = {"midge_lwip_raw_attach": "boards/common/main.c",
             "midge_lwip_sockets_attach": "boards/examples/rtos_thread.c",
             "midge_lwip_sockets_detach": "boards/examples/rtos_thread.c"}


def functions(root):
    """Names of the functions that the headers declare or define, with all features."""
    found = set()
    for header in sorted(root.glob("include/midge/*.h")):
        text = subprocess.run([os.environ.get("CC", "cc"), "-E", "-P", "-Iinclude", "-DMIDGE_KEYLOG=1",
                               "-DMIDGE_WITH_FAULTS=1", str(header)], cwd=root, check=True,
                              capture_output=True, text=True).stdout
        depth, flat = 0, []
        for char in text: # only what is outside of braces
            depth += char == "{"
            flat.append(char if depth == 0 else ";" if char in "{}" else "")
            depth -= char == "}"
        found |= set(re.findall(r"\b(midge_[a-z0-9_]+)\s*\((?!\*)", re.sub(r"\btypedef\b[^;]*;", "", "".join(flat))))
    return {name for name in found if not name.startswith("midge__")}


def code(text):
    """C without comments and strings."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', " ", text, flags=re.S)


def blocks(text, marked):
    """The C blocks of a page; marked: only those that a comment above gives to guides.py."""
    return re.findall((r"<!-- (?:run|compile|as in)[^>]*-->\n" if marked else "") + r"```c\n(.*?)\n```", text, re.S)


def examples(root, build):
    """(name, its code) of each example."""
    compiled = json.loads((build / "compile_commands.json").read_text())
    for file in sorted({pathlib.Path(entry["file"]).resolve() for entry in compiled}):
        if file.is_relative_to(root) and str(file.relative_to(root)).startswith(EXAMPLES):
            yield str(file.relative_to(root)), code(file.read_text(encoding="utf-8"))
    for page in [root / "README.md", *sorted(root.glob("*/**/*.md"))]:
        if "build" not in page.relative_to(root).parts:
            for block in blocks(page.read_text(encoding="utf-8"), page.parent != root):
                yield str(page.relative_to(root)), code(block)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    public = functions(root)
    if sys.argv[2] == "--functions":
        print("\n".join(sorted(public)))
        return 0
    texts = list(examples(root, pathlib.Path(sys.argv[2]).resolve()))
    bad = [] if texts and public else ["snippets: no example, or no function, was found"]
    for name in sorted(public):
        call = re.compile(rf"(?<![\w.>]){name}\s*\(|(?<![\w.>]){name}(?=\s*[;,)])") # or given as a callback
        if name in ELSEWHERE:
            if not call.search(code((root / ELSEWHERE[name]).read_text(encoding="utf-8"))):
                bad.append(f"snippets: {ELSEWHERE[name]} does not call {name}")
        elif not any(call.search(text) for _, text in texts):
            bad.append(f"snippets: no example calls {name}: add one to boards/examples/snippets")
    for file in sorted(root.glob("boards/examples/snippets/*.c")): # fields that are not named are zero
        got = subprocess.run([os.environ.get("CXX", "c++"), "-x", "c++", "-std=c++20", "-Wall", "-Wextra", "-Werror",
                              "-Wno-missing-field-initializers", "-Iinclude", "-fsyntax-only", str(file)],
                             cwd=root, capture_output=True, text=True)
        bad += got.stderr.splitlines()[:5] if got.returncode else []
    for file in sorted(root.glob("boards/examples/**/*.c")):
        page = file.parent / "README.md"
        page = page if page.exists() else file.parent.parent / "README.md"
        if str(file.relative_to(page.parent)) not in page.read_text(encoding="utf-8"):
            bad.append(f"snippets: {page.relative_to(root)} does not name {file.name}")
    print("\n".join(bad) or f"snippets: {len(public)} functions are called in {len(texts)} examples")
    return bool(bad)


sys.exit(main())
