# SPDX-License-Identifier: MIT
"""How the local servers say that they are ready, and how they end with whoever started them."""
import ctypes
import json
import os
import signal
import threading

PR_SET_PDEATHSIG = 1


def write_json(path, value):
    """Written beside and renamed: the file's existence means that it is whole."""
    beside = f"{path}.{os.getpid()}"
    with open(beside, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")
    os.replace(beside, path)


def end_with_parent():
    """SIGTERM when the parent dies (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_with_stdin():
    """SIGTERM when standard input ends: a pipe's other side has closed, by will or by death."""
    def watch():
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Thread(target=watch, daemon=True).start()


def add_lifetime_options(parser):
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input does")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when the parent process does")


def apply_lifetime_options(options):
    if options.exit_with_parent:
        end_with_parent()
    if options.exit_with_stdin:
        end_with_stdin()
