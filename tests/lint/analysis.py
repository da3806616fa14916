#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""gcc -fanalyzer, clang-tidy and cppcheck over src, port/posix and boards' programs.

    analysis.py BUILD [TOOL...]     BUILD: a configured build of the host program (compile_commands.json)

A finding fails, unless analysis.txt has it as an exception with its reason; an exception that nothing
needs any more is named. All take some 10 minutes of CPU. clang's own analyzer takes 3 s a file,
and gcc's 0.1 s, so it looks only at the files that parse bytes from outside. One file in PARTS is read,
others for each commit: MIDGE_TORTURE, the commit's hash in run.sh, says which; without it, or "full", all are.
"""
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PARTS = 6
FOLDERS = ("src/", "port/posix/", "boards/host/", "boards/apps/")
PARSERS = ("src/codec/*", "src/io/der.c", "src/io/x509_name.c", "src/io/name_constraints.c")
TIDY = "-*,bugprone-*,cert-*,misc-*,performance-*,portability-*"
ANALYZER = ("-*,clang-analyzer-core.*,clang-analyzer-unix.*,clang-analyzer-security.*,"
            "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling")
FINDING = re.compile(r"^([^\s:]+):(\d+):(?:\d+:)? (?:warning|error): (.*?) \[((?:CWE-\d+\] \[)?[^\]]+)\]$")


def commands(build):
    """{file below ROOT: its compiler's words} of the profile full."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = os.path.relpath(os.path.realpath(entry["file"]), ROOT)
        words = shlex.split(entry["command"])
        target = words[words.index("-o") + 1]
        if path.startswith(FOLDERS) and re.match(r"CMakeFiles/midge(-program)?\.dir/", target):
            found[path] = [word for word in words if "ccache" not in word]
    return found


def findings(text):
    """[(file, check, line of text)]"""
    for line in text.splitlines():
        match = FINDING.match(line)
        if match:
            path = os.path.relpath(os.path.realpath(match[1]), ROOT)
            yield path, match[4].split("[")[-1].split(",")[0].removeprefix("-W"), f"{path}:{match[2]}: {match[3]}"


def part_of(sources):
    """Those of this commit's part, one file in PARTS."""
    part = os.environ.get("MIDGE_TORTURE", "full")
    return sources if part == "full" else {
        path: words for path, words in sources.items() if (zlib.crc32(path.encode()) - int(part, 16)) % PARTS == 0}


def run(words, cwd):
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd)
    return done.stdout + done.stderr


def gcc(build, words):
    words = [word for word in words if word != "-Werror"]
    words[words.index("-o") + 1] = "/dev/null"
    return run(["gcc", "-fanalyzer", *words[1:]], build)


def without(prefix, exceptions):
    """The checks that are off everywhere."""
    return prefix + "".join(f",-{check}" for tool, check, path, _ in exceptions if tool == "clang-tidy" and path == "*")


def tidy(build, path, exceptions):
    text = run(["clang-tidy", "-quiet", "-p", build, f"--checks={without(TIDY, exceptions)}", ROOT / path], build)
    if any(fnmatch.fnmatch(path, one) for one in PARSERS):
        text += run(["clang-tidy", "-quiet", "-p", build, f"--checks={ANALYZER}", ROOT / path], build)
    return text


def cppcheck(build, sources):
    """It does not read headers of -isystem, and misses mbedTLS's macros then."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as project:
        json.dump([{"directory": str(build), "file": str(ROOT / path),
                    "command": shlex.join("-I" if word == "-isystem" else word for word in words)}
                   for path, words in sources.items()], project)
        project.flush()
        return run(["cppcheck", "-q", f"--project={project.name}", "--enable=warning,portability,performance",
                    "--suppress=*:*/.cache/*", "--template={file}:{line}: warning: {message} [{id}]"], build)


def read_exceptions():
    """[[tool, check, file, reason]]"""
    lines = (HERE / "analysis.txt").read_text(encoding="utf-8").splitlines()
    return [line.split(None, 3) for line in lines if line and line[0] != "#"]


def analyze(build, tools, exceptions):
    sources = commands(build)
    if not sources:
        sys.exit(f"analysis: {build} has no commands of the host program")
    sources = part_of(sources)
    jobs = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if "cppcheck" in tools:
            jobs[pool.submit(cppcheck, build, sources)] = "cppcheck"
        for path in sorted(sources, key=lambda path: not path.startswith("src/codec/")):    # the longest first
            if "clang-tidy" in tools:
                jobs[pool.submit(tidy, build, path, exceptions)] = "clang-tidy"
            if "gcc" in tools:
                jobs[pool.submit(gcc, build, sources[path])] = "gcc"
    return sources, {(jobs[job], *one) for job in jobs for one in findings(job.result())}


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    tools = sys.argv[2:] or ["gcc", "clang-tidy", "cppcheck"]
    exceptions = read_exceptions()
    sources, found = analyze(build, tools, exceptions)
    used, bad = set(), []
    for tool, path, check, line in sorted(found):
        fits = [i for i, (t, c, p, _) in enumerate(exceptions)
                if (t, c) == (tool, check) and fnmatch.fnmatch(path, p)]
        used.update(fits)
        if not fits:
            bad.append(f"{line} [{tool}: {check}]")
    for i, (tool, check, path, _) in enumerate(exceptions):
        needs_all = tool == "clang-tidy" and path == "*" or os.environ.get("MIDGE_TORTURE", "full") != "full"
        if tool in tools and i not in used and not needs_all:
            print(f"analysis.txt: nothing needs '{tool} {check} {path}' any more: delete it", file=sys.stderr)
    if bad:
        sys.exit("\n".join(bad))
    print(f"analysis: {len(sources)} files without a finding of {', '.join(tools)}; {len(exceptions)} exceptions")


if __name__ == "__main__":
    main()
