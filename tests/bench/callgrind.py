# SPDX-License-Identifier: MIT
"""One command under valgrind's callgrind: instructions by part, calls by function."""
import collections
import json
import pathlib
import re
import subprocess
import tempfile

SENDS = {"send", "sendto", "sendmsg", "write", "writev"}
RECVS = {"recv", "recvfrom", "recvmsg", "read", "readv"}
POLLS = {"poll", "ppoll", "select", "pselect", "epoll_wait", "epoll_pwait"}
ALLOCS = {"malloc", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign"}

NAME = re.compile(r"(c?)(ob|fl|fi|fe|fn)=(?:\((\d+)\))?\s*(.*)")
FILES = {"fi": "fl", "fe": "fl"}    # name tables that are shared


class Profile:
    """self.own, .tls, .libc: instructions; .calls: Counter by function; .inclusive: by (caller, callee)"""

    def __init__(self, path):
        self.parts, self.calls, self.inclusive = (collections.Counter() for _ in range(3))
        self.names = {"ob": {}, "fl": {}, "fn": {}}
        self.now, self.called, self.count = {"ob": "", "fl": "", "fn": ""}, "", 0
        with open(path) as file:
            for line in file:
                self.take(line.rstrip("\n"))

    def take(self, line):
        if line[:1].isdigit() or line[:1] in "+-*":
            words = line.split()
            self.take_cost(int(words[1]) if len(words) > 1 else 0)     # no cost is left out
            return
        named = NAME.match(line)
        if named:
            self.take_name(*named.groups())
        elif line.startswith("calls="):
            self.count = int(line[6:].split()[0])

    def take_name(self, is_called, kind, number, text):
        table = self.names[FILES.get(kind, kind)]
        if number and text:
            table[number] = text
        value = table.get(number, "") if number else text
        if is_called:
            if kind == "fn":
                self.called = plain(value)
        elif kind in self.now:      # where inlined code comes from does not matter
            self.now[kind] = value

    def take_cost(self, cost):
        if not self.count:
            self.parts[part_of(self.now["ob"], self.now["fl"])] += cost
            return
        caller = plain(self.now["fn"])
        if not (caller in ALLOCS and self.called in ALLOCS):
            self.calls[self.called] += self.count
        self.inclusive[caller, self.called] += cost
        self.count = 0

    def total(self):
        return sum(self.parts.values())

    def number(self, functions):
        return sum(self.calls[name] for name in functions)


def plain(function):
    """libc's aliases and callgrind's marks of recursion taken off."""
    name = re.sub(r"'\d+$", "", function)
    return re.sub(r"^(__libc_|__GI_+|_+)|@.*$", "", name)


def part_of(program, source):
    """The program itself (own), its TLS library, or the C library."""
    name = pathlib.Path(program).name
    if name.startswith(("libssl", "libcrypto")) or re.search("mbedtls/(library|include)/", source):
        return "tls"
    if name.startswith(("libc.so", "libc-", "ld-", "libm.so", "libpthread")):
        return "libc"
    return "host" if re.search("boards/(host|apps)/", source) else "own"


def run(command, **options):
    """(profile, what the command printed as JSON, or None)"""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        done = subprocess.run(["valgrind", "--tool=callgrind", "--quiet", "--dump-line=no",
                               f"--callgrind-out-file={out}", *command], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors="replace", **options)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
        lines = done.stdout.splitlines()
        return Profile(out), json.loads(lines[-1]) if lines and lines[-1].startswith("{") else None
