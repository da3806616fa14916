#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Certificates that a client must accept or refuse, each with its verdict.

    set.py FILE             writes the set, for judge.c
    set.py --list           one line a case: name, verdict, how it is made
    set.py --run PROGRAM…   writes the set, and runs PROGRAM… FILE; its exit code is the result

With --tables each case comes once more, its roots in a table (port/root_table.py), which must change no
verdict. With --all also the chains of tests/server/chains.py, which are about paths and name constraints; the
verdicts are those of profile full, or of --profile. With --light fewer bits are damaged, for a board.
"""
import argparse
import copy
import pathlib
import struct
import subprocess
import sys
import tempfile

from cryptography.hazmat.primitives.asymmetric import rsa

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "port")]
from make import NOW    # noqa: E402, finds chains too
import cases    # noqa: E402
import chains   # noqa: E402
import root_table   # noqa: E402

HEAD = b"midge certs 1\n"
ECDSA, RSA = 0xC02B, 0xC02F     # TLS_ECDHE_x_WITH_AES_128_GCM_SHA256
ANY_FLAGS = 0xFFFFFFFF


def text(value):
    value = value.encode()
    return bytes([len(value)]) + value


def packed(case):
    verdict = case.verdict
    is_rsa = case.chain and isinstance(case.chain[0].key, rsa.RSAPrivateKey)
    roots = case.table if case.table else b"".join(root.der for root in case.roots)
    out = text(case.name) + text(case.host)
    out += struct.pack(">qqHBB", case.now, case.floor, RSA if is_rsa else ECDSA, case.mutated, case.bits)
    out += text(verdict.error if verdict else "")
    out += struct.pack(">I", verdict.flags if verdict else 0) + text(verdict.text if verdict else "")
    out += struct.pack(">I", len(roots)) + roots + bytes([len(case.chain)])
    for one in case.chain:
        out += len(one.der).to_bytes(3, "big") + one.der
    return out


def other_cases():
    """Those of chains.py whose verdict is about the chain, not about the server's signature."""
    for case in chains.cases():
        if case.key is None and len(case.chain) < 256:
            verdict = cases.Verdict(ANY_FLAGS, case.words.strip("*")) if case.words else None
            # One more root: a client must know one that it can read.
            yield cases.Case(case.name, "see tests/server/chains.py", verdict, case.chain,
                             [cases.ROOT, *case.roots], case.host, now=NOW)


def with_table(case):
    """The case with a table; a root that is no certificate is not in it."""
    roots = []
    for root in case.roots:
        try:
            roots.append(root_table.Root(root.der))
        except root_table.Malformed:
            pass
    again = copy.copy(case)
    again.name, again.table, again.mutated = "table/" + case.name, root_table.make(roots), 255
    return again


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--profile", default="full", choices=cases.LESS)
    parser.add_argument("--run", nargs="+")
    parser.add_argument("file", nargs="?")
    options = parser.parse_args()
    rows = cases.cases(options.profile)
    if options.all:
        rows += other_cases()
    for case in rows if options.light else []:
        case.bits &= -case.bits     # the lowest
    if options.tables:
        rows += [with_table(case) for case in rows]
    if options.list:
        for case in rows:
            print(f"{case.name:24} {case.verdict.text if case.verdict else 'accepted':52} {case.how}")
        return 0
    packed_set = HEAD + struct.pack(">H", len(rows)) + b"".join(map(packed, rows))
    if options.file:
        pathlib.Path(options.file).write_bytes(packed_set)
        return 0
    with tempfile.NamedTemporaryFile() as file:
        file.write(packed_set)
        file.flush()
        return subprocess.run([*options.run, file.name], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
