#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Searches the seeds of a world for a run that goes wrong, and prints how to see it again.

    find_fault.py [--seeds N] [--from N] [--midge PROGRAM] WORLD [midge's words ...]

A run goes wrong if the program ends by a signal, never ends, or ends with another exit code than
that of the first seed with --expect unset (--expect CODE: than that code). The seed that was found
is run again: its trace must be the same to the byte.

    find_fault.py --expect 0 tests/sim/lossy.world http://api.example.com/big
"""
import argparse
import hashlib
import shlex
import subprocess
import sys

TIMEOUT = 60    # seconds of one run; virtual hours take less


def run(options, seed):
    """(code, sha256 of the trace, its last lines)"""
    try:
        done = subprocess.run(command(options, seed), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return "no end", "", ""
    trace = done.stderr
    return done.returncode, hashlib.sha256(done.stdout + trace).hexdigest(), trace.decode("utf-8", "replace")[-1500:]


def command(options, seed):
    return [options.midge, *options.words, "--sim", options.world, "--seed", str(seed)]


def search(options):
    """The first seed whose run goes wrong; None: there is none."""
    for seed in range(options.first, options.first + options.seeds):
        code = run(options, seed)[0]
        if options.expect is None:
            options.expect = code
        if code != options.expect:
            return seed
    return None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--expect", type=int)
    parser.add_argument("--midge", default="build/host/midge")
    parser.add_argument("world")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    return parser.parse_args()


def main():
    options = arguments()
    seed = search(options)
    if seed is None:
        print(f"{options.seeds} seeds, each ended with {options.expect}")
        return 0
    (code, first, end), (_, again, _) = run(options, seed), run(options, seed)
    print(f"{end}\nseed {seed} of {options.seeds}: exit code {code}, not {options.expect}\n"
          f"sha256 of its trace: {first}\nrun again:           {again}\n"
          f"again: {shlex.join(command(options, seed))}")
    return 1 if first == again else 2


if __name__ == "__main__":
    sys.exit(main())
