#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The guides (*.md) do what they say: runs their commands, compiles their C, compares what they print.

    guides.py [GUIDE...]           checks these guides, or all
    guides.py --write [GUIDE...]   first renews the outputs in them

A comment on the line above a block of code says what is checked:

    <!-- run -->           sh: `sh -eu` runs the block; it must exit with 0
                           c: a whole program; it is compiled, linked with midge and midge::sim, and run
    <!-- output -->        text: all that the run block before it printed; --write renews it
    <!-- compile -->       c, cpp: a whole file; it compiles without a warning
    <!-- as in FILE -->    any: these lines stand in FILE too, one after another (a file that a test uses)
    <!-- not run: WHY -->  any: WHY it can't be, as "hardware", "the real network", "installs packages"

A part of a guide that a command writes, as Markdown; --write renews it:

    <!-- begin: COMMAND -->
    <!-- end -->

More words, each after a bar: <!-- run | exit 28 | with --sim $GUIDES/posts.world -->

    exit N         run: the exit code
    with WORDS     run: each `midge` in the block gets these words at its end
    server         run: the local API server runs; $API is its URL, and `midge` trusts it
    devices        run, begin: needs a build with MIDGE_DEVICES, else nothing is checked; `devices NAME`:
                   with the program midge-NAME
    in FUNCTION    compile: the block is the body of this function, as `in int f(struct midge_client *client)`
    given TEXT     compile: C that stands before it; \\n in it begins a new line
    with previous  compile: the C blocks before it in this guide belong to the same file

Each block in sh, c, cpp, cmake or console needs such a comment; every block names its language (text: none).
The commands of one guide run in one empty folder, in which the folders of the tree are visible, `midge` is
on the PATH and in build/host, $HERE is the guide's folder and $GUIDES tests/guides. Nothing reaches a real
network: what a URL answers is said by `with --sim FILE` (port/sim/WORLD.md) or `server`.
"""
import atexit
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GUIDES = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("MIDGE_BIN", ROOT / "build" / "host" / "midge")).resolve()
CODE = {"sh", "c", "cpp", "cmake", "console"}
WORDS = {"exit", "with", "server", "devices", "in", "given"}
LANGUAGES = {"run": {"sh", "c"}, "compile": {"c", "cpp"}, "output": {"text", "json"}}
SECONDS = 600    # of one command that hangs

MARK = re.compile(r"<!-- (run|output|compile|as in|not run:|begin:)(.*?) *-->$")
PRELUDE = """#include <midge/midge.h>
#include <midge/port_posix.h>
#include <midge/sim.h>
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
"""
WARNINGS = ["-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Werror"]


class Stale(Exception):
    """The guide is wrong at this place."""


class Block:
    """A block of code, or a part that a command writes: the lines first..last of the guide, from 0."""

    def __init__(self, kind, value, words, language, first, last, lines):
        self.kind, self.value, self.language, self.first, self.last = kind, value, language, first, last
        self.text = "".join(line + "\n" for line in lines[first:last])
        self.words = dict(word.strip().partition(" ")[::2] for word in words)
        unknown = [*(set(self.words) - WORDS), *([value] if value and kind in LANGUAGES else [])]
        if unknown or language not in LANGUAGES.get(kind, {language}):
            raise Stale(f"line {first}: {kind} does not know '{unknown[0] if unknown else language}'")

    @property
    def line(self):
        return self.first


def mark_of(line):
    """(kind, value, further words) of a comment; kind is None for other lines."""
    found = MARK.match(line.strip())
    if not found:
        return None, "", []
    value, *words = found[2].split("|")
    while found[1] == "begin:" and words and words[0].split()[:1] not in [[word] for word in WORDS]:
        value += "|" + words.pop(0)    # a bar of the command's own
    return found[1], value.strip(), words


def written_part(lines, at, mark):
    for end in range(at + 1, len(lines)):
        if lines[end].strip() == "<!-- end -->":
            return Block(*mark, "", at + 1, end, lines), end + 1
    raise Stale(f"line {at + 1}: no <!-- end --> after it")


def fenced(lines, at):
    """The line that ends the block that begins in line `at`."""
    fence = lines[at].strip()[:3]
    for end in range(at + 1, len(lines)):
        if lines[end].strip() == fence:
            return end
    raise Stale(f"line {at + 1}: the block has no end")


def blocks_of(lines):
    """All blocks, in order. Code without a comment has kind None."""
    found, at, mark = [], 0, (None, "", [])
    while at < len(lines):
        line = lines[at].strip()
        if line.startswith("```"):
            end = fenced(lines, at)
            found.append(Block(*mark, line[3:].strip(), at + 1, end, lines))
            at, mark = end + 1, (None, "", [])
            continue
        mark = mark_of(lines[at])
        if mark[0] == "begin:":
            block, at = written_part(lines, at, mark)
            found.append(block)
            mark = (None, "", [])
            continue
        at += 1
    return found


class Server:
    """tests/server/server.py, from its first use to the end of this program."""
    ports = None

    @classmethod
    def get(cls):
        if cls.ports is None:
            sys.path.insert(0, str(ROOT / "tests" / "net"))
            import midge_test    # what it starts ends with this program
            cls.ports = midge_test.servers().ports
        return cls.ports


class Place:
    """The folder in which the commands of one guide run."""

    def __init__(self, guide):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="midge-guide-"))
        atexit.register(shutil.rmtree, self.dir, ignore_errors=True)
        self.printed, self.skipped = None, False
        self.env = {"PATH": f"{self.dir}/build/host:{os.environ['PATH']}", "HOME": str(self.dir), "LC_ALL": "C",
                    "HERE": str(guide.parent), "GUIDES": str(GUIDES), "PYTHONDONTWRITEBYTECODE": "1"}
        for entry in ROOT.iterdir():
            if entry.name not in ("build", ".git", ".cache"):
                (self.dir / entry.name).symlink_to(entry)
        (self.dir / "build" / "host").mkdir(parents=True)

    def programs(self, more):
        """build/host has the built programs; they get these words at their end."""
        for program in BIN.parent.glob("midge*"):
            if program.is_file() and os.access(program, os.X_OK):
                script = self.dir / "build" / "host" / program.name
                script.write_text(f'#!/bin/sh\nexec "{program}" "$@" {more}\n')
                script.chmod(0o755)

    def run(self, command, words, stderr):
        env, more = dict(self.env), words.get("with", "")
        if "server" in words:
            ports = Server.get()
            env["API"] = f"https://localhost:{ports['https']}"
            more += f" --cacert '{ports['ca']}'"
        self.programs(more)
        return subprocess.run(["sh", "-euc", command], cwd=self.dir, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=stderr, timeout=SECONDS, check=False)


def text_of(data):
    return data.decode("utf-8", "replace")


def run_shell(place, block):
    place.printed = None    # of a command that fails, nothing gets into the guide
    done = place.run(block.text, block.words, subprocess.STDOUT)
    wanted = int(block.words.get("exit", "0"))
    if done.returncode != wanted:
        raise Stale(f"exit code {done.returncode}, not {wanted}:\n{block.text}{text_of(done.stdout)}")
    place.printed = text_of(done.stdout)


def compiler(cpp):
    name = os.environ.get("CXX", "c++") if cpp else os.environ.get("CC", "cc")
    return [*name.split(), "-std=c++20" if cpp else "-std=c11", "-D_GNU_SOURCE", *WARNINGS, f"-I{ROOT}/include"]


def source_of(block, before):
    """The file that a block stands for."""
    text = block.text
    if "in" in block.words:
        tops = [line for line in text.splitlines() if line.startswith(("#include", "#define"))]
        rest = [line for line in text.splitlines() if line not in tops]
        text = "\n".join([*tops, block.words["in"], "{", *rest, "}", ""])
    if block.words.get("with") == "previous":
        text = before + text
    whole = text.startswith("#include") and "in" not in block.words
    return ("" if whole else PRELUDE) + block.words.get("given", "").replace("\\n", "\n") + "\n" + text


def must_work(command, source):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise Stale(f"it does not compile:\n{source}{text_of(done.stdout)}")


def compile_block(place, block, before):
    cpp = block.language == "cpp"
    source = source_of(block, before)
    path = place.dir / ("block.cpp" if cpp else "block.c")
    path.write_text(source)
    loose = ["-Wno-unused", "-Wno-return-type"] if "in" in block.words else []
    must_work([*compiler(cpp), *loose, "-fsyntax-only", str(path)], source)


def run_program(place, block, before):
    compile_block(place, block, before)
    libraries = [str(BIN.parent / f"libmidge{name}.a") for name in ("-sim", "", "-cjson")]
    program = place.dir / "program"
    must_work([*compiler(False), "-DMIDGE_PROFILE_FULL=1", str(place.dir / "block.c"), "-o", str(program),
               *libraries, "-lm", "-lcares"], block.text)
    words = [f"{key} {value}" for key, value in block.words.items()]
    run_shell(place, Block("run", "", words, "sh", 0, 1, ["./program"]))


def lines_in(text):
    """Its lines, without what comments and white space make of them."""
    bare = (re.sub(r"\s+# .*", "", line).strip() for line in text.splitlines())
    return [line for line in bare if line and not line.startswith("#")]


def check_same(block):
    path = ROOT / block.value
    if not path.is_file():
        raise Stale(f"there is no file {block.value}")
    there, at = lines_in(path.read_text()), 0
    for line in lines_in(block.text):
        if line not in there[at:]:
            raise Stale(f"{block.value} has no line '{line}' (in this order)")
        at = there.index(line, at) + 1


def renewed(place, block):
    """The lines that belong into the block now."""
    if block.kind == "output":
        if place.printed is None:
            raise Stale("no run block stands before it")
        return place.printed.rstrip("\n").split("\n")
    done = place.run(block.value, block.words, subprocess.PIPE)
    if done.returncode != 0:
        raise Stale(f"`{block.value}` exits with {done.returncode}: {text_of(done.stderr)}")
    return text_of(done.stdout).rstrip("\n").split("\n")


def has_devices(name):
    return any(BIN.parent.glob("midge-" + (name or "lm3s6965evb-*")))


def check_block(place, block, before):
    """Returns the lines that it should have, or None."""
    if block.kind != "output":
        place.skipped = "devices" in block.words and not has_devices(block.words["devices"])
    if place.skipped:
        return None
    if block.kind in ("output", "begin:"):
        return renewed(place, block)
    if block.kind == "run" and block.language == "c":
        run_program(place, block, before)
    elif block.kind == "run":
        run_shell(place, block)
    elif block.kind == "compile":
        compile_block(place, block, before)
    elif block.kind == "as in":
        check_same(block)
    elif block.kind == "not run:" and not block.value:
        raise Stale("<!-- not run: --> does not say why")
    elif block.kind is None and block.language in CODE:
        raise Stale("no comment above it says how it is checked (tests/guides/guides.py)")
    elif not block.language:
        raise Stale("the block does not name its language (text: none)")
    return None


def check_guide(guide, write):
    """Returns what is wrong, as lines."""
    lines, wrong, changes = guide.read_text().split("\n"), [], []
    place, before = Place(guide), ""
    try:
        blocks = blocks_of(lines)
    except Stale as stale:
        return [f"{guide}: {stale}"]
    for block in blocks:
        try:
            wanted = check_block(place, block, before)
            if wanted is not None and wanted != lines[block.first:block.last]:
                changes.append((block, wanted))
                if not write:
                    raise Stale("stale: guides.py --write renews it\n" + difference(block, wanted))
        except Stale as stale:
            wrong.append(f"{guide}:{block.line}: {stale}")
        if block.language == "c" and "in" not in block.words:
            before += block.text
    if write and changes:
        for block, wanted in reversed(changes):
            lines[block.first:block.last] = wanted
        guide.write_text("\n".join(lines))
        print(f"{guide}: {len(changes)} blocks renewed")
    return wrong


def difference(block, wanted):
    import difflib
    return "\n".join(difflib.unified_diff(block.text.splitlines(), wanted, "in the guide", "now", "", n=1))


def all_guides(root):
    return sorted(path for path in root.rglob("*.md") if not {"build", ".cache", ".git", ".github"} & set(path.parts))


def main(arguments):
    write = "--write" in arguments
    guides = [pathlib.Path(name).resolve() for name in arguments if name != "--write"] or all_guides(ROOT)
    wrong = [line for guide in guides for line in check_guide(guide, write)]
    print("\n".join([*wrong, f"guides: {len(guides)} read, {len(wrong)} places are wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
