#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""map.py ROOT BUILD: src/README.md, the map of the code, is true.

Its lines "- `function` in `file`[ by `TABLE`]" are nested. The function is defined in src/file; the one
above it, with less indentation, calls it, or calls through a table, and TABLE in that folder has it. Those
below one function are called in this order: in its text each has a call behind one of the line before. A line without one
above it is a public function, or stands on the page before. The calls are the compiler's
(gcc -fcallgraph-info), of the files that the map names, without optimization."""
import collections
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

LINE = re.compile(r"( *)- `(\w+)` in `([\w/]+\.[ch])`(?: by `(\w+)`)?")
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]+)")?')
NODE = re.compile(r'node: \{ title: "([^"]+)" label: "(\w+)\\n([^:"]+):')
Line = collections.namedtuple("Line", "number depth name file table")


def read_map(text):
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = LINE.match(line)
        if match:
            found.append(Line(number, len(match[1]) // 2, *match.groups()[1:]))
        elif re.match(r" *- ", line):
            found.append(Line(number, 0, line, "", None))
    return found


def commands(root, build):
    """The compiler's words for each file of src in the library midge."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"]).resolve()
        if file.is_relative_to(root / "src") and "/midge.dir/" in entry["command"]:
            yield str(file.relative_to(root / "src")), entry["directory"], shlex.split(entry["command"])


def graph(words, directory, out):
    """Writes out.ci beside out.o: the calls of one file."""
    words = [word for word in words if not re.match(r"-O|-D_FORTIFY|-U_FORTIFY|-W|-M|.*ccache$", word)]
    words[words.index("-o") + 1] = out + ".o"
    subprocess.run([*words, "-O0", "-w", "-fcallgraph-info"], cwd=directory, check=True)
    return pathlib.Path(out + ".ci").read_text()


class Calls:
    """Who calls whom: by (file, function) a list of (line, name)."""

    def __init__(self, root, build, files):
        self.defined, self.of = set(), collections.defaultdict(list)
        with tempfile.TemporaryDirectory() as tmp, ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = {name: pool.submit(graph, words, directory, f"{tmp}/{number}")
                    for number, (name, directory, words) in enumerate(commands(root, build)) if name in files}
            for name, job in jobs.items():
                self.read(root, name, job.result())

    def read(self, root, name, text):
        def short(title): # a static function's title begins with its file
            return title.rsplit(":", 1)[-1]
        for line in text.split("\n"):
            node = NODE.match(line)
            if node:
                path = os.path.relpath(node[3], root / "src")
                if "ellipse" not in line: # that is a function of another file
                    self.defined.add((path, node[2]))
            edge = EDGE.match(line)
            if edge:
                place = int(edge[3].split(":")[1]) if edge[3] else 0
                self.of[name, short(edge[1])].append((place, short(edge[2])))


def in_table(root, line):
    """Is the function in that table of its file, or of its folder, if it is no static one?"""
    file = root / "src" / line.file
    files = file.parent.glob("*.c") if line.name.startswith("midge__") else [file]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    table = re.search(rf"\b{line.table}\b[^;=]*=\s*\{{(.*?)\}};", text, re.S)
    return table is not None and re.search(rf"\b{line.name}\b", table[1]) is not None


def places_of(calls, above, line):
    """The lines of such calls in the function above."""
    wanted = "__indirect_call" if line.table else line.name
    return sorted(place for place, name in calls.of[above.file, above.name] if name == wanted)


def check(root, lines, calls):
    public = set(re.findall(r"\b(midge_[a-z0-9_]+)\(", "".join(
        header.read_text(encoding="utf-8") for header in root.glob("include/midge/*.h"))))
    stack, before, last = [], set(), {}
    for line in lines:
        where = f"src/README.md:{line.number}: {line.name}"
        if not line.file:
            yield f"{where}: not of the form - `function` in `file`"
            continue
        del stack[line.depth:]
        if (line.file, line.name) not in calls.defined:
            yield f"{where} is not in src/{line.file}"
        if line.table and not in_table(root, line):
            yield f"{where} is not in a table {line.table}"
        if len(stack) < line.depth:
            yield f"{where}: no function above it calls it"
        elif line.depth > 0:
            above = stack[-1]
            places = places_of(calls, above, line)
            later = [place for place in places if place >= last.get(above.number, 0)]
            if not places:
                yield f"{where} is not called by {above.name}"
            elif not later:
                yield f"{where} is called by {above.name} before the one above it"
            else:
                last[above.number] = later[0]
        elif line.name not in public and (line.file, line.name) not in before:
            yield f"{where}: neither public nor on the page before"
        stack.append(line)
        before.add((line.file, line.name))


def main():
    root, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    lines = read_map((root / "src" / "README.md").read_text(encoding="utf-8"))
    files = {line.file for line in lines}
    found = list(check(root, lines, Calls(root, build, files)))
    if len(lines) < 50:
        found.append("src/README.md: the map is not there")
    print("\n".join(found) or f"map: {len(lines)} lines, in {len(files)} files, are as the compiler sees them")
    return bool(found)


sys.exit(main())
