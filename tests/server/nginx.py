#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs an nginx of its own on free ports, with server.py's certificates, everything inside --dir."""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import certs
import probe
from process import add_lifetime_options, apply_lifetime_options, end_with_parent, write_json

HERE = pathlib.Path(__file__).parent
PORTS = ("http", "h2", "h2c", "https", "https_tls12", "https_tls13", "https_4k", "https_rsa", "https_p256",
         "https_client", "https_maybe_client")
FILES = {"0": 0, "1": 1, "100": 100, "1M": 1 << 20}    # the same bytes as server.py's /bytes/N
SPARSE = {"2G": 2 << 30}                                # zeros that take no room
PROXIED = "posts|search|v1|img|echo|bytes|delay|status"
ATTEMPTS = 5        # a port found free may be taken before nginx binds it


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", required=True, help="server.py's; nginx.json and all else goes there")
    add_lifetime_options(parser)
    options = parser.parse_args()
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not binary:
        sys.exit("nginx.py: no nginx: Debian's package is nginx-light")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    apply_lifetime_options(options)
    directory = certs.ensure(pathlib.Path(options.dir).resolve())
    make_files(directory)
    process, ports = start(binary, directory)
    try:
        write_json(directory / "nginx.json", {**ports, "pid": os.getpid(), "nginx_pid": process.pid,
                                              "ca": str(directory / "ca.pem")})
        print(f"nginx.py: ready, {directory / 'nginx.json'}", flush=True)
        sys.exit(process.wait())
    except KeyboardInterrupt:
        pass
    finally:
        (directory / "nginx.json").unlink(missing_ok=True)
        process.terminate()
        process.wait()


def make_files(directory):
    www = directory / "www"
    for folder in (www, directory / "nginx"):
        folder.mkdir(exist_ok=True)
    for name, size in FILES.items():
        (www / name).write_bytes(b"".join(probe.pattern_runs(size)))
    for name, size in SPARSE.items():
        with open(www / name, "wb") as file:
            file.truncate(size)


def start(binary, directory):
    """A running nginx and its ports."""
    for _ in range(ATTEMPTS):
        ports = free_ports()
        (directory / "nginx" / "conf").write_text(configuration(directory, ports))
        (directory / "nginx" / "locations").write_text(locations())
        process = subprocess.Popen(
            [binary, "-p", directory / "nginx", "-e", directory / "nginx" / "error.log",
             "-c", directory / "nginx" / "conf"], stdin=subprocess.DEVNULL, preexec_fn=end_with_parent)
        if is_ready(process, directory / "nginx" / "pid") and answers(process, ports["https"]):
            return process, ports
        process.terminate()
        process.wait()
    sys.exit(f"nginx.py: nginx does not start:\n{(directory / 'nginx' / 'error.log').read_text()}")


def free_ports():
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORTS]
        return {name: sock.getsockname()[1] for name, sock in zip(PORTS, sockets)}


def is_ready(process, pid):
    """nginx writes this file when it has bound all its ports: another nginx may answer on one of them."""
    for _ in range(500):
        if process.poll() is not None:
            return False
        with contextlib.suppress(OSError):
            if pid.read_text().strip() == str(process.pid):
                return True
        time.sleep(0.02)    # between looks at whether it is ready
    return False


def answers(process, port):
    for _ in range(200):
        if process.poll() is not None:
            return False
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.02)    # between looks at whether it is ready
    return False


def configuration(directory, ports):
    def listening(match):
        options = {"http": "", "h2": " ssl http2", "h2c": " http2"}.get(match[1], " ssl")
        port = ports[match[1]]
        both = [f"listen 127.0.0.1:{port}{options};"]
        if has_ipv6():
            both.append(f"listen [::1]:{port}{options};")
        return " ".join(both)
    text = (HERE / "nginx.conf.in").read_text()
    text = text.replace("@DIR@", str(directory)).replace("@CERTS@", str(directory / "certs"))
    text = text.replace("@API@", str(api_port(directory)))
    text = text.replace("@USER@", "user root;" if os.geteuid() == 0 else "")    # DIR may be closed to others
    return re.sub(r"@LISTEN:(\w+)@", listening, text)


def locations():
    return (f"location ~ ^/({PROXIED})(/|$) {{ proxy_pass http://api; }}\n"
            "location /delay1/ { proxy_pass http://api/delay/1?; }\n")


def api_port(directory):
    """server.py's plain port; without that server, proxied locations answer 502."""
    try:
        return json.loads((directory / "ports.json").read_text())["http"]
    except (OSError, ValueError):
        return 9


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
