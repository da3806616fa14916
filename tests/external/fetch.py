#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""fetch.py DIR PROGRAM...: each consumer by itself, then with a URL of the local HTTPS server."""
import json
import pathlib
import shutil
import subprocess
import sys
import time

SERVER = pathlib.Path(__file__).resolve().parent.parent / "server" / "server.py"


def main(directory, *programs):
    shutil.rmtree(directory, ignore_errors=True)
    pathlib.Path(directory).mkdir(parents=True)
    ready = pathlib.Path(directory) / "ports.json"
    server = subprocess.Popen([sys.executable, "-B", SERVER, "--dir", directory, "--exit-with-parent"])
    try:
        while not ready.exists():
            if server.poll() is not None:
                sys.exit("fetch.py: the server did not start")
            time.sleep(0.02)    # poll
        ports = json.loads(ready.read_text())
        url = f"https://localhost:{ports['https']}/posts/1"
        failed = [program for program in programs for arguments in ([], [url, ports["ca"]])
                  if run(program, arguments) != 0]
    finally:
        server.terminate()
        server.wait(10)
    return 1 if failed else 0


def run(program, arguments):
    print("$", pathlib.Path(program).name, *arguments, flush=True)
    return subprocess.run([program, *arguments], timeout=60).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
