#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs tinyproxy and squid on free ports; PORTS has what each of them is for. Their files are in --dir.

Two of the ports want USER with PASSWORD. All connect to any port of this machine.
"""
import argparse
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time

import certs
from process import add_lifetime_options, apply_lifetime_options, end_with_parent, write_json

PLAIN = ("tinyproxy", "tinyproxy_auth", "squid", "squid_auth")
TLS_PORTS = {"squid_tls": "good", "squid_expired": "expired", "squid_wronghost": "wronghost", "squid_untrusted": "untrusted"}
PORTS = (*PLAIN, *TLS_PORTS)    # the others of TLS_PORTS: https to the proxy, with that certificate
USER, PASSWORD = "user", "secret"
ATTEMPTS = 5        # a port found free may be taken before a proxy binds it

TINYPROXY = """\
Port {port}
Listen 127.0.0.1
Allow 127.0.0.1
LogFile "{dir}/tinyproxy-{port}.log"
MaxClients 200
{auth}
"""

SQUID = """\
http_port 127.0.0.1:{squid}
http_port 127.0.0.1:{squid_auth} name=auth
auth_param basic program /bin/sh {dir}/known
auth_param basic realm proxy
auth_param basic children 1 startup=1 idle=1
acl wants_auth myportname auth
acl known proxy_auth REQUIRED
http_access allow wants_auth known
http_access deny wants_auth
http_access allow localhost
cache deny all
dns_v4_first on
access_log stdio:{dir}/squid-access.log
cache_log {dir}/squid.log
pid_filename none
coredump_dir {dir}
shutdown_lifetime 0 seconds
visible_hostname localhost
pinger_enable off
netdb_filename none
"""

KNOWN = """while read -r name password; do
    if [ "$name $password" = "{user} {password}" ]; then echo OK; else echo ERR; fi
done
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", required=True, help="proxies.json goes there")
    add_lifetime_options(parser)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    apply_lifetime_options(options)
    directory = pathlib.Path(options.dir).resolve() / "proxies"
    make_files(directory, certs.ensure(options.dir) / "certs")
    processes, ports = start(directory)
    try:
        write_json(pathlib.Path(options.dir) / "proxies.json", {**ports, "user": USER, "password": PASSWORD})
        sys.exit(processes[0].wait())
    finally:
        end(processes)


def make_files(directory, from_directory):
    """squid does not run as root: its folder, and the way there, are open to its own user."""
    directory.mkdir(exist_ok=True)
    for name in TLS_PORTS.values():
        shutil.copy(from_directory / f"{name}.pem", directory)
    (directory / "known").write_text(KNOWN.format(user=USER, password=PASSWORD))
    if os.geteuid() == 0:
        directory.parent.chmod(0o711)
        os.chown(directory, pwd.getpwnam("proxy").pw_uid, -1)


def program(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if not found:
        sys.exit(f"proxies.py: no {name}: Debian's packages are tinyproxy-bin and squid")
    return found


def start(directory):
    for _ in range(ATTEMPTS):
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORTS]
            ports = {name: sock.getsockname()[1] for name, sock in zip(PORTS, sockets)}
        processes = [start_tinyproxy(directory, ports["tinyproxy"], ""),
                     start_tinyproxy(directory, ports["tinyproxy_auth"], f"BasicAuth {USER} {PASSWORD}"),
                     start_squid(directory, ports)]
        if all(answers(processes, port) for port in ports.values()):
            return processes, ports
        end(processes)
    sys.exit(f"proxies.py: a proxy does not start; see {directory}")


def start_tinyproxy(directory, port, auth):
    conf = directory / f"tinyproxy-{port}.conf"
    conf.write_text(TINYPROXY.format(port=port, dir=directory, auth=auth))
    return launch(program("tinyproxy"), "-d", "-c", conf)


def start_squid(directory, ports):
    conf = directory / "squid.conf"
    secure = [f"https_port 127.0.0.1:{ports[name]} tls-cert={directory}/{cert}.pem" for name, cert in TLS_PORTS.items()]
    conf.write_text(SQUID.format(dir=directory, **ports) + "\n".join(secure) + "\n")
    return launch(program("squid"), "-N", "-n", f"midge{os.getpid()}", "-f", conf)


def launch(*command):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, preexec_fn=end_with_parent)


def answers(processes, port):
    for _ in range(1000):
        if any(process.poll() is not None for process in processes):
            return False
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.02)    # between looks at whether it is ready
    return False


def end(processes):
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()


if __name__ == "__main__":
    main()
