#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""midge beside a bare mbedTLS loop (floor), mongoose, libcurl and aiohttp on the same work.

    sh tests/run.sh bench         builds what is needed, runs this, shows RESULTS.md
    bench.py [--build DIR]        DIR: a build with MIDGE_BENCH (build/bench)

Prints the table and writes it to RESULTS.md. Exit 1: some client did not do its work, or accepted a
server that it must refuse. A bar that is missed is no failure.

One nginx on loopback, TLS 1.2 with ECDHE over P-256 and AES-128-GCM only, an ECDSA certificate that
every client verifies, 100 bytes of body. Instructions and calls are callgrind's, as a slope between
two N, so that start-up and the connections' handshakes drop out. With 8 connections the answers to
the first of them are there when all have been asked; the calls of one connection are counted through
a relay, one round trip away, as on a network: on loopback its answer may or may not be there at once.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import resource
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "server")]

import callgrind            # noqa: E402
from relay import Relay     # noqa: E402
from report import Row, hundredths, markdown, size, tens    # noqa: E402

CLIENTS = ("midge", "floor", "mongoose", "curl", "aiohttp")
BODY = 100              # bytes
RTT = 0.05              # seconds; more than any client computes for a request
KEEP = (1000, 5000)     # the two N of a slope
KEEP_SLOW = (200, 800)  # aiohttp
MANY = (100, 10000, 60000)
LONGEST = 240           # seconds for one run
ORIGINS = (10, 1000)
OPEN = 300
PROBES = 10


class Clients:
    """Runs the drivers and holds them to equal work."""

    def __init__(self, build, server, ca):
        self.build, self.server, self.ca = build, server, ca
        self.versions = {}

    def url(self, port, path=f"/{BODY}"):
        scheme = "http" if port == "http" else "https"
        return f"{scheme}://127.0.0.1:{self.server.get(port, port)}{path}"

    def command(self, client, mode, n, k, url, ca=None):
        program = ["/usr/bin/python3", str(HERE / "peer_aiohttp.py")] if client == "aiohttp" else \
            [str(self.build / "bench" / f"bench-{client}")]
        return [*program, mode, str(n), str(k), url, ca or self.ca]

    def profile(self, client, mode, n, k, url, **options):
        say(f"{client} {mode} {n} {k}")
        profile, said = callgrind.run(self.command(client, mode, n, k, url), **options)
        self.check(client, mode, n, said)
        profile.said = said
        return profile

    def check(self, client, mode, n, said):
        wanted = {"failed": 0}
        if mode not in ("idle", "start", "queue"):
            wanted.update(done=n, bytes=n * BODY)
        if any(said[name] != value for name, value in wanted.items()):
            sys.exit(f"bench: {client} {mode} {n}: not the work that was asked for: {said}")
        self.versions.setdefault(client, said.get("version"))

    def heap(self, client, mode, n, k, url):
        """Bytes in use when all connections wait for an answer."""
        env = {**os.environ, "PYTHONMALLOC": "malloc"}
        done = subprocess.run(self.command(client, mode, n, k, url), stdout=subprocess.PIPE,
                              text=True, env=env, check=True)
        return json.loads(done.stdout)["heap"]

    def must_refuse(self, client):
        command = self.command(client, "keep", 1, 1, self.url("https_p256"),
                               self.ca.replace("ca.pem", "other-ca.pem"))
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            sys.exit(f"bench: {client} accepts a server that nobody trusts")


class Slope:
    """What one more unit costs: instructions by part, calls of a kind, the driver's own counts."""

    def __init__(self, first, second, units):
        self.first, self.second, self.units = first, second, units

    def part(self, *names):
        return sum(self.second.parts[n] - self.first.parts[n] for n in names) / self.units

    def all(self):
        return (self.second.total() - self.first.total()) / self.units

    def calls(self, functions):
        return (self.second.number(functions) - self.first.number(functions)) / self.units

    def said(self, name):
        return (self.second.said[name] - self.first.said[name]) / self.units


def slope(clients, client, mode, numbers, k, url):
    first, second = (clients.profile(client, mode, n, k, url) for n in numbers)
    return Slope(first, second, numbers[1] - numbers[0])


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


# --- rows, each of (clients) ---

def small_requests(clients):
    """A small keep-alive request: instructions and allocations."""
    cost = {c: slope(clients, c, "keep", KEEP_SLOW if c == "aiohttp" else KEEP, 8,
                     clients.url("https_p256")) for c in CLIENTS}
    prepared = slope(clients, "midge", "prepared", KEEP, 8, clients.url("https_p256"))
    yield Row("own instructions, small keep-alive request over TLS, 8 connections: started",
              10000, {c: s.part("own") for c, s in cost.items()})
    yield Row("the same, prepared", 5000, {"midge": prepared.part("own")})
    yield Row("all instructions, the same: started", 28000, {c: s.all() for c, s in cost.items()})
    yield Row("the same, prepared", 22000, {"midge": prepared.all()})
    yield Row("of it in the TLS library, started", None, {c: s.part("tls") for c, s in cost.items()})
    yield Row("of it in libc, started", None, {c: s.part("libc") for c, s in cost.items()})
    yield Row("allocations from the client's block", 1, {"midge": cost["midge"].said("alloc_calls")},
              show=tens)
    yield Row("the same, prepared", 0, {"midge": prepared.said("alloc_calls")}, show=tens)
    yield Row("allocations from libc", 0,
              {c: s.calls(callgrind.ALLOCS) for c, s in cost.items()}, show=tens)


    yield from system_calls("8 connections", cost, (1, 1.1, 0.3))


def streams(clients):
    """A small request over HTTP/2: 8 streams of one connection, nginx's heads of some 107 bytes."""
    cost = slope(clients, "midge", "streams", KEEP, 8, clients.url("h2"))
    yield Row("own instructions, small request over HTTP/2, TLS, 8 streams of one connection", 20000,
              {"midge": cost.part("own")})
    yield Row("all instructions, the same", 30000, {"midge": cost.all()})
    yield Row("of it in the TLS library", None, {"midge": cost.part("tls")})
    yield Row("of it in libc", None, {"midge": cost.part("libc")})
    yield Row("allocations from the client's block, the same", None,
              {"midge": cost.said("alloc_calls")}, show=tens)


def one_connection(clients):
    with Relay(clients.server["https_p256"], rtt=RTT) as relay:
        cost = {c: slope(clients, c, "keep", (10, 60), 1, clients.url(relay.port)) for c in CLIENTS}
    yield from system_calls("1 connection", cost, (1, 1.1, 1))


def system_calls(what, cost, bars):
    kinds = (("send", callgrind.SENDS), ("recv", callgrind.RECVS), ("poll", callgrind.POLLS))
    for (kind, names), bar in zip(kinds, bars):
        calls = {c: s.calls(names) for c, s in cost.items()}
        yield Row(f"calls of {kind}, {what}", bar, calls, show=hundredths)
    yield Row(f"calls of epoll_ctl, {what}", None,
              {c: s.calls({"epoll_ctl"}) for c, s in cost.items()}, show=hundredths)


def heap_of_connection(clients):
    few, many = 1, 17
    url = clients.url("https_p256", "/delay/2")
    each = {}
    for c in CLIENTS:
        say(f"{c} heap")
        each[c] = (clients.heap(c, "keep", many, many, url) -
                   clients.heap(c, "keep", few, few, url)) / (many - few)
    yield Row("heap a connection in flight, `full`, TLS 1.2", None, each, show=size)
    yield Row("the same over the floor", 1536, {c: each[c] - each["floor"] for c in CLIENTS
                                                if c != "floor"}, show=size)


def full_handshake(clients):
    cost = {c: slope(clients, c, "fresh", (5, 25), 1, clients.url("https_p256")) for c in CLIENTS}
    yield Row("full handshake + GET, new connection each, P-256", None,
              {c: s.all() for c, s in cost.items()},
              note="mongoose can't be told a TLS version and offers 1.3 too")
    floor = cost["floor"]
    yield Row("the same over the floor", 100000,
              {c: cost[c].all() - floor.all() for c in ("midge", "mongoose")})
    yield Row("of it outside the TLS library", None,
              {c: cost[c].part("own", "libc") - floor.part("own", "libc") for c in ("midge", "mongoose")})


def started_at_once(clients, mode, n, k):
    """Instructions of each of n requests started at once, or what to write in their place."""
    url = clients.url("http")
    try:
        return Slope(clients.profile("midge", "idle", n, k, url),
                     clients.profile("midge", mode, n, k, url, timeout=LONGEST), n).all()
    except subprocess.TimeoutExpired:
        return f"not counted: {cpu_seconds(clients.command('midge', mode, n, k, url)):.1f} s of CPU"


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def at_once(clients):
    costs = [started_at_once(clients, "burst", n, 8) for n in MANY]
    yield from spread([f"plain, a request of {n:,} started at once on 8 connections" for n in MANY], costs)


def origins(clients):
    costs = [started_at_once(clients, "origins", n, 100) for n in ORIGINS]
    yield from spread([f"plain, a request of {n:,} to {n:,} origins, 100 connections" for n in ORIGINS],
                      costs)


def spread(names, costs):
    """A row for each, and how far they are apart."""
    for name, cost in zip(names, costs):
        yield Row(name, None, {"midge": cost})
    counted = [cost for cost in costs if not isinstance(cost, str)]
    note = "" if len(counted) == len(costs) else "of those that were counted: it is more"
    yield Row("the most against the least of these", 1.3, {"midge": max(counted) / min(counted)},
              show=hundredths, note=note)


def host_program(clients):
    url = clients.url("http")
    numbers = (100, 500)
    runs = []
    for n in numbers:
        say(f"host program, {n} URLs")
        runs.append(callgrind.run([str(clients.build / "midge"), "--silent", *[url] * n])[0])
    cost = Slope(*runs, numbers[1] - numbers[0])
    yield Row("the host program with the library, plain, a URL of 500", 20000, {"midge": cost.all()})
    yield Row("of it in boards/", None, {"midge": cost.part("host")})


def start_when_open(clients):
    profile = clients.profile("midge", "start", PROBES, OPEN, clients.url("https_p256", "/delay/30"))
    yield Row(f"`midge_start` with {OPEN} connections open", 12000,
              {"midge": profile.inclusive["probe_start", "midge_start"] / PROBES})


def queued_request(clients):
    url = clients.url("http")
    few, many = (clients.heap("midge", "queue", n, 1, url) for n in (100, 1100))
    yield Row("RAM of a queued request, 64-bit", None, {"midge": (many - few) / 1000}, show=size,
              note="the bar, 250 bytes, is for 32 bits")


GROUPS = (small_requests, streams, one_connection, heap_of_connection, full_handshake, at_once, origins,
          host_program, start_when_open, queued_request)


# --- the run ---

def start_server(script, directory, ready):
    process = subprocess.Popen(["/usr/bin/python3", str(HERE.parent / "server" / script), "--dir",
                                str(directory), "--exit-with-parent"], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "ready" in line:
            return process, json.loads((directory / ready).read_text())
    sys.exit(f"bench: {script} does not start")


def machine():
    model = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{model[0] if model else platform.machine()}, {os.cpu_count()} CPUs, {system}"


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    return done.stdout.strip()


def versions(clients):
    measured = ("--", "include", "src", "port/posix", "port/mbedtls", "boards/host")
    changed = output("git", "status", "--porcelain", *measured)
    commit = output("git", "log", "-1", "--format=%h", *measured)
    found = [output(str(clients.build / "midge"), "--version").replace("\n", ", "),
             f"commit {commit}{' and changes' if changed else ''}",
             clients.versions["mongoose"], " ".join(clients.versions["curl"].split()[:2]),
             clients.versions["aiohttp"],
             output("valgrind", "--version"), output("cc", "--version").split("\n")[0]]
    return "; ".join(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        api, _ = start_server("server.py", directory, "ports.json")
        nginx, server = start_server("nginx.py", directory, "nginx.json")
        try:
            clients = Clients(options.build.resolve(), server, server["ca"])
            for client in CLIENTS:
                clients.must_refuse(client)
            rows = [row for group in GROUPS for row in group(clients)]
            text = markdown(rows, CLIENTS, datetime.date.today(), machine(), versions(clients))
        finally:
            for process in (nginx, api):
                process.terminate()
                process.wait()
    (HERE / "RESULTS.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
