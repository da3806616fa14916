#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Lines and branches of src that the suites unit, vectors, sim and net reach, by gcov.

    sh tests/run.sh coverage            builds preset coverage, runs these suites, prints this table
    coverage.py BUILD [--gaps FILE]     FILE: each line and branch that is not reached, with its reason
                                        from reasons.txt

All profiles of the build count together. Lines that assert our own invariants have no branches here:
their other side is a failure of midge itself. Exit 1: less than the bars.
"""
import argparse
import collections
import fnmatch
import gzip
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LINES, BRANCHES = 95.0, 90.0
INVARIANT = re.compile(r"MIDGE_ASSERT")


def reports(build):
    """gcov's JSON of each object file that ran."""
    notes = sorted(str(path.resolve()) for folder in ("CMakeFiles/midge*.dir/src", "tests/CMakeFiles/test_*.dir/unit")
                   for path in build.glob(f"{folder}/**/*.gcda"))    # some tests include a source file
    if not notes:
        sys.exit(f"coverage: {build} has no counts: sh tests/run.sh coverage")
    with tempfile.TemporaryDirectory() as folder:
        for note in notes:
            subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--hash-filenames", note],
                           cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path in pathlib.Path(folder).glob("*.gcov.json.gz"):
            yield json.loads(gzip.decompress(path.read_bytes()))


class File:
    def __init__(self, path):
        self.text = path.read_text("utf-8").splitlines()
        self.lines = collections.defaultdict(int)       # number: times
        self.branches = collections.defaultdict(int)    # (number, index): times

    def add(self, line):
        number = line["line_number"]
        if number > len(self.text):
            sys.exit("coverage: the counts are older than the sources: build and run again")
        self.lines[number] += line["count"]
        if not INVARIANT.search(self.text[number - 1]):
            for index, branch in enumerate(line["branches"]):
                if not branch.get("throw"):
                    self.branches[number, index] += branch["count"]

    def missed(self):
        """[(line, "line" or "branch")]"""
        lines = {number for number, count in self.lines.items() if count == 0}
        halves = {number for (number, _), count in self.branches.items() if count == 0} - lines
        return sorted([(number, "line") for number in lines] + [(number, "branch") for number in halves])


def read(build):
    files = {}
    for report in reports(build):
        base = pathlib.Path(report["current_working_directory"])
        for file in report["files"]:
            path = (base / file["file"]).resolve()
            if path.is_relative_to(ROOT / "src") and path.is_file():
                name = str(path.relative_to(ROOT))
                kept = files.setdefault(name, File(path))
                for line in file["lines"]:
                    kept.add(line)
    return files


def read_reasons():
    """[(files, pattern of the line, reason)]"""
    lines = (pathlib.Path(__file__).parent / "reasons.txt").read_text("utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line and line[0] != "#"]     # patterns have | without spaces
    return [(files.split(", "), re.compile(pattern.strip()), reason) for files, pattern, reason in rows]


def write_gaps(path, files):
    reasons, without = read_reasons(), 0
    with path.open("w", encoding="utf-8") as out:
        for name, file in sorted(files.items()):
            for number, kind in file.missed():
                text = file.text[number - 1].strip()
                found = [reason for globs, pattern, reason in reasons
                         if any(fnmatch.fnmatch(name, glob) for glob in globs) and pattern.search(text)]
                without += not found
                print(f"{name}:{number}: {kind}: {text}   <- {found[0] if found else 'no reason'}", file=out)
    print(f"coverage: what is not reached is in {path}; {without} of it has no reason there")


def share(counts):
    counts = list(counts)
    return sum(count > 0 for count in counts), len(counts)


def percent(part):
    return 100.0 * part[0] / part[1] if part[1] else 100.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--gaps", type=pathlib.Path)
    options = parser.parse_args()
    files = read(options.build.resolve())
    totals = [[0, 0], [0, 0]]
    print(f"{'file':36} {'lines':>16} {'branches':>16}")
    for name, file in sorted(files.items()):
        parts = share(file.lines.values()), share(file.branches.values())
        for total, part in zip(totals, parts):
            total[0] += part[0]
            total[1] += part[1]
        if any(percent(part) < 100 for part in parts):
            print(f"{name:36}" + "".join(f" {part[0]:5}/{part[1]:4} {percent(part):4.0f} %" for part in parts))
    print(f"{'all of src':36}" + "".join(f" {part[0]:5}/{part[1]:4} {percent(part):4.1f} %" for part in totals))
    if options.gaps:
        write_gaps(options.gaps, files)
    if percent(totals[0]) < LINES or percent(totals[1]) < BRANCHES:
        sys.exit(f"coverage: below {LINES} % of lines or {BRANCHES} % of branches")


if __name__ == "__main__":
    main()
