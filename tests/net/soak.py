#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Thousands of requests while nginx is restarted and its connections are dropped, by chance.

SOAK_MINUTES (1) is how long; SOAK_SEED repeats the same choices. client_soak.c makes the requests. Memory
and descriptors must be the same after each round, and each request ends once.
"""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import unittest

import client_program
import midge_test

sys.path.insert(0, str(pathlib.Path(midge_test.ROOT) / "tests" / "server"))
import certs  # pylint: disable=wrong-import-position,import-error
import nginx  # pylint: disable=wrong-import-position,import-error

MINUTES = float(os.environ.get("SOAK_MINUTES", "1"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
PORTS = ("http", "https", "https_tls12", "https_tls13", "https_rsa")
SESSIONS = 16384        # bytes of tickets, of which there may be more or fewer
RSS = 2048              # kilobytes
EACH = (0.05, 0.8)      # seconds from one fault to the next


class Server:
    """An nginx that comes and goes, always on the same ports."""

    def __init__(self, servers, chance):
        self.binary = nginx.shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.directory, self.chance = certs.ensure(servers.dir), chance
        nginx.make_files(self.directory)
        self.process, self.ports = nginx.start(self.binary, self.directory)
        self.faults = {"restart": 0, "workers": 0, "reload": 0}
        self.over = threading.Event()

    def workers(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [int(pid) for pid in pathlib.Path(path).read_text().split()]

    def end(self):
        """At once, with all workers: killed hard, a worker that it had just begun would keep the ports."""
        signal_to(self.process.pid, signal.SIGTERM)
        self.process.wait()

    def begin(self):
        """The ports may be busy for a moment: nginx tries again for two seconds."""
        folder = self.directory / "nginx"
        self.process = subprocess.Popen([self.binary, "-p", folder, "-e", folder / "error.log", "-c",
                                         folder / "conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=nginx.end_with_parent)
        nginx.answers(self.process, self.ports["https"])

    def fault(self):
        kind = self.chance.choice(("restart", "workers", "workers", "reload"))
        self.faults[kind] += 1
        if kind == "restart":          # refused until it is back
            self.end()
            self.over.wait(self.chance.uniform(0, 0.3))
            self.begin()
        elif kind == "workers":     # its connections are dropped
            for pid in self.workers():
                signal_to(pid, signal.SIGKILL)
        else:                       # its connections are closed when they idle
            signal_to(self.process.pid, signal.SIGHUP)

    def run(self):
        while not self.over.wait(self.chance.uniform(*EACH)):
            self.fault()
            if self.process.poll() is not None:
                self.begin()


def signal_to(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Soak(midge_test.Case):
    def test_flat(self):
        server = Server(self.servers, random.Random(SEED))
        sizes = (0, 1, 100, 5000, 60000, 1 << 20)
        urls = [f"{'http' if p == 'http' else 'https'}://localhost:{server.ports[p]}{path}" for p in PORTS
                for path in (*(f"/bytes/{n}" for n in sizes), "/echo", "/100")]
        faults = threading.Thread(target=server.run)
        faults.start()
        try:
            ran = subprocess.run([client_program.program("soak"), self.servers.ca, str(int(MINUTES * 60)),
                                  str(SEED), *urls], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, timeout=MINUTES * 60 + 600, env=midge_test.environment(),
                                 check=False)
        finally:
            server.over.set()
            faults.join()
            server.end()
        rounds = [json.loads(line) for line in ran.stdout.splitlines()]
        print(f"soak, seed {SEED}: {len(rounds)} rounds, faults {server.faults}\n"
              f"first {rounds[0] if rounds else None}\nlast  {rounds[-1] if rounds else None}")
        self.assertEqual((0, ""), (ran.returncode, ran.stderr))
        self.check(rounds)

    def check(self, rounds):
        self.assertGreater(len(rounds), 1)
        last, steady = rounds[-1], rounds[len(rounds) // 4:]
        self.assertEqual(0, last["wrong"])
        self.assertGreater(last["ok"], 300)
        self.assertLess(last["ok"], last["requests"], "no fault was met")
        self.assertEqual({rounds[0]["fds"]}, {r["fds"] for r in rounds})
        live = [r["live"] for r in steady]
        self.assertLessEqual(max(live) - min(live), SESSIONS)
        self.assertLessEqual(last["rss_kb"] - steady[0]["rss_kb"], RSS)


if __name__ == "__main__":
    unittest.main()
