# SPDX-License-Identifier: MIT
"""Runs the programs made of client_*.c: what only the API can ask for."""
import json
import os
import pathlib
import subprocess

import midge_test


def program(name):
    """The path of client_NAME, where the build puts it."""
    folder = os.environ.get("MIDGE_CLIENTS", pathlib.Path(midge_test.BIN).parent / "tests")
    return midge_test.built(pathlib.Path(folder) / f"client_{name}")


def run(name, *arguments):
    """Its output: a JSON object a line."""
    done = subprocess.run([program(name), *map(str, arguments)], capture_output=True, text=True,
                          timeout=midge_test.TIMEOUT, env=midge_test.environment())
    if done.returncode != 0:
        raise AssertionError(f"client_{name} {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]
