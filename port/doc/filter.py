#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""filter.py FILE: a public header as Doxygen wants it (Doxyfile.in's INPUT_FILTER).

The headers have plain comments, which are read in an editor. By their place it is known what they are
about, and here they become Doxygen's:

  - the comment on top, behind the licence line, is the file's;
  - a comment above declarations is about all of them up to the next empty line or comment;
  - a comment behind a declaration is about it, or about each of `int a, b;`;
  - a comment above an empty line or a condition stays plain: it is a heading.

Of an example (.c) only its name is given. Lines indented by 4 or more than the text are code. Anything that Doxygen would take for a command is
escaped. The number of lines stays."""
import re
import sys

SKIP = re.compile(r"\s*#\s*(if|ifdef|ifndef|else|elif|endif|include|undef)\b|\s*$|extern \"C\"|\s*[})]")


def escape(text):
    text = re.sub(r"([\\@#<>&%])", r"\\\1", text)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return text.replace("`", "\u02cb")  # half of a code span, or the character itself


def prose(lines):
    """The comment's lines with code marked as such and the rest escaped."""
    star = all(line.lstrip().startswith("*") or not line.strip() for line in lines[1:])
    body = [re.sub(r"^\s*\*? ?", "", line, count=1) if star else line for line in lines[1:]]
    indents = [len(line) - len(line.lstrip()) for line in body if line.strip()]
    base = min(indents, default=0)
    out, code = [escape(lines[0])], False
    for at, line in enumerate(body):
        indented = line[:base + 4].strip() == "" and line.strip() != ""
        if indented and not code and at > 0 and (not body[at - 1].strip()):
            code, out[-1] = True, out[-1] + "@code{.c}"
        elif code and line.strip() and not indented:
            code, line = False, "@endcode " + escape(line.strip())
            out.append(line)
            continue
        out.append(line[base:] if code else escape(line.strip()))
    if code:
        out[-1] += "@endcode"
    return out


def declares(lines, at):
    """Does a declaration that a comment can be about begin in this line? Also a macro's default value."""
    if at + 1 < len(lines) and re.match(r"#\s*if", lines[at]) and re.match(r"#\s*define", lines[at + 1]):
        return True
    return at < len(lines) and not SKIP.match(lines[at])


def split(code, text):
    """`int a, *b;` and the lines of a comment about both: a declaration for each."""
    match = re.fullmatch(r"(\s*(?:struct |enum |unsigned |const )*\w+\s)([*\w\[\]]+(?:, [*\w\[\]]+)+);\s*", code)
    if not match:
        return [code + text[0]] + text[1:]
    *others, last = match.group(2).split(", ")
    whole = " ".join(text)
    return [" ".join(f"{match.group(1)}{name}; {whole}" for name in others) + f" {match.group(1)}{last}; " + text[0]] + text[1:]


def example(path):
    """An example's page, to which the functions that it calls are linked."""
    folder, name = path.split("/")[-2:]
    return f"/** @example {name if folder == 'examples' else folder + '/' + name} */\n"


def main():
    if sys.argv[1].endswith(".c"):
        sys.stdout.write(example(sys.argv[1]))
        return
    lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
    out, at, first, open_group = [], 0, True, False
    while at < len(lines):
        line = lines[at]
        start = line.find("/*")
        if open_group and (not line.strip() or line.lstrip().startswith(("/*", "#if", "#endif", "}"))):
            out[-1] += " /**@}*/" if not out[-1].endswith("\\") else ""
            open_group = False
        if start < 0 or "SPDX" in line:
            out.append(line)
            at += 1
            continue
        end = at
        while "*/" not in lines[end][start if end == at else 0:]:
            end += 1
        comment = lines[at:end + 1]
        comment[0] = comment[0][start + 2:]
        comment[-1] = comment[-1][:comment[-1].index("*/")]
        rest = lines[end][lines[end].index("*/", start if end == at else 0) + 2:]
        text = prose(comment)
        code = line[:start]
        if first:
            first = False
            text[0] = "/** " + text[0].strip()
            text[-1] += " @file */"
        elif code.strip() and not rest.strip():
            text[0] = "/**< " + text[0].strip()
            text[-1] += " */"
            text = split(code, text)
        elif not code.strip() and declares(lines, end + 1) and not re.fullmatch(r"\s*---.*", comment[0]):
            text[0] = code + "/** " + text[0].strip()
            text[-1] += " */"
            text[-1] += " /**@{*/" if several(lines, end + 1) else ""
            open_group = text[-1].endswith("{*/")
        else:
            text = lines[at:end + 1]
        out.extend(text)
        at = end + 1
    sys.stdout.write("\n".join(out))


def several(lines, at):
    """Do two or more declarations follow, up to an empty line or the next comment above one?"""
    n, depth = 0, 0
    while at < len(lines) and lines[at].strip() and not lines[at].lstrip().startswith(("/*", "#if", "#endif", "}")):
        code = re.sub(r"/\*.*", "", lines[at])
        depth += len(re.findall(r"[{(]", code)) - len(re.findall(r"[})]", code))
        if code.startswith("#"): # Doxygen does not see comments behind a macro
            return False
        if depth == 0 and code.rstrip().endswith(";"):
            n += 1 if "(" in code else 1 + code.count(",")
        at += 1
    return n > 1


main()
