#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""links.py [ROOT]: each link of each *.md leads to a file, and to a heading of it if it has an anchor;
each path of the tree in backticks is there. Addresses of the web are not asked.

Links are [text](target), [text]: target, src="target" and href="target", outside of code. A path in
backticks is one with a folder and an extension, as seen from the page, from ROOT, or from one of BASES."""
import os
import re
import subprocess
import sys

BASES = ["src", "boards", "port", "tests", "include"]
# Paths that pages name and this tree does not have: made by a build, or of the reader's or another tree.
ELSEWHERE = re.compile(r"^(build|contrib|arch|main|MB|src/netif|src/midge_arduino_config\.h|src/roots\.h)(/|$)")
PATH = re.compile(r"^(?:[\w.-]+/)+[\w-]+\.(?:c|h|py|sh|md|cmake|json|yml|conf|ld|in|ino|txt)$")


def pages(root):
    """The *.md of git's index, or of the folder if it is no repository."""
    got = subprocess.run(["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                         capture_output=True, text=True)
    names = got.stdout.split("\n") if got.returncode == 0 else []
    if not any(names):
        names = [os.path.relpath(os.path.join(folder, name), root)
                 for folder, _, files in os.walk(root) for name in files if name.endswith(".md")]
    return sorted(name for name in names if name and os.path.exists(os.path.join(root, name)))


def without_blocks(text):
    """The text with fenced blocks and comments blanked; the lines stay."""
    text = re.sub(r"<!--.*?-->", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    out, fence = [], None
    for line in text.split("\n"):
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        if fence is None and mark:
            fence = mark.group(1)
            out.append("")
        elif fence is not None:
            out.append("")
            if mark and mark.group(1).startswith(fence):
                fence = None
        else:
            out.append(line)
    return out


def slug(heading):
    """The anchor that GitHub gives a heading."""
    heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path, cache={}):
    if path not in cache:
        found, count = set(), {}
        for line in without_blocks(open(path, encoding="utf-8").read()):
            heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
            if heading:
                name = slug(heading.group(1))
                n = count[name] = count.get(name, -1) + 1
                found.add(name if n == 0 else f"{name}-{n}")
            found.update(re.findall(r"<a\s[^>]*(?:id|name)=\"([^\"]+)\"", line))
        cache[path] = found
    return cache[path]


def links(line):
    line = re.sub(r"``[^`]*``|`[^`]*`", "", line)
    yield from re.findall(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)", line)
    yield from re.findall(r"^\s*\[[^]]+\]:\s+<?(\S+?)>?(?:\s|$)", line)
    yield from re.findall(r"\b(?:src|srcset|href)=\"([^\"]+)\"", line)


def broken(root, page, target):
    """Why a link leads nowhere, or None."""
    if re.match(r"(https?|mailto):", target):
        return None
    name, _, anchor = target.partition("#")
    path = os.path.normpath(os.path.join(root, os.path.dirname(page), name)) if name else os.path.join(root, page)
    if not os.path.exists(path):
        return f"no file {name}"
    if os.path.relpath(path, root).startswith(".."):
        return f"{name} lies outside of the tree"
    if not anchor:
        return None
    if not path.endswith(".md"):
        return None if re.fullmatch(r"L\d+(-L\d+)?", anchor) else f"no anchors in {name}"
    return None if anchor in anchors(path) else f"no heading #{anchor} in {name or 'this page'}"


def missing(root, page, word):
    """Is word a path of the tree that is not there?"""
    if not PATH.match(word) or ELSEWHERE.match(word) or re.search(r"NAME|BOARD|PROFILE|FILE|FOLDER", word):
        return False
    here = os.path.dirname(page)
    while True: # folders above a page count too: port/esp-idf/README.md names examples/common/…
        if os.path.exists(os.path.join(root, here, word)):
            return False
        if not here:
            break
        here = os.path.dirname(here)
    return not any(os.path.exists(os.path.join(root, base, word)) for base in BASES)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "..")
    found, n_links, n_paths = [], 0, 0
    names = pages(root)
    for page in names:
        text = open(os.path.join(root, page), encoding="utf-8").read()
        for number, line in enumerate(without_blocks(text), 1):
            for target in links(line):
                n_links += 1
                why = broken(root, page, target)
                if why:
                    found.append(f"{page}:{number}: {why}")
            for word in re.findall(r"`([^`\s]+)`", line):
                n_paths += bool(PATH.match(word))
                if missing(root, page, word):
                    found.append(f"{page}:{number}: no file {word}")
    print("\n".join(found) or f"links: {n_links} links and {n_paths} paths in {len(names)} pages lead somewhere")
    sys.exit(bool(found))


main()
