#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A device on the desk (`midge --device`) beside the same firmware in QEMU: the same program, the
same answers, on a network close by. Time within 15 %, heap peak within 5 % (UNSTEADY: 15 %).

    test_desk.py                    all boards and loads, as a test
    test_desk.py --table [BOARD…]   only the table

The device's speed is fitted to handshakes only (boards/host/device/speeds.h).
"""
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import board
import midge_test

DEVICES = [("mps2-an385", "full"), ("lm3s6965evb", "tiny"), ("riscv-virt", "tiny")]
TIME, HEAP = 0.15, 0.05
HOST = "api.example"
SIZES = pathlib.Path(__file__).with_name("desk_sizes.c")
FETCH = "https://{api}/posts/1"
# name: the app's words; {api} is the server.
LOADS = {
    "fetch 1": ["fetch", FETCH],
    "fetch 8": ["fetch", "--times", "8", FETCH],
    "fetch 20": ["fetch", "--times", "20", FETCH],
    "posts": ["posts", "--api", "https://{api}"],
    "itunes": ["itunes", "--api", "https://{api}"],
}
# Here QEMU's heap peak itself differs by up to a tenth from run to run: in real time, the server's
# answers come between other steps, and so another number of connections is open at once.
UNSTEADY = {(name, load) for name in ("lm3s6965evb", "riscv-virt") for load in ("fetch 20", "posts", "itunes")}
UNSTEADY.add(("mps2-an385", "posts"))
UNSTEADY_HEAP = 0.15


def quoted(data):
    """A text of a world file with these bytes."""
    return '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\' else f"\\x{b:02x}" for b in data) + '"'


class Desk:
    def __init__(self):
        self.servers = midge_test.servers()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="midge-desk-"))
        roots = re.findall(r"-----BEGIN.*?-----END[^\n]*\n", pathlib.Path(self.servers.ca).read_text(), re.S)
        (self.dir / "ca.pem").write_text(roots[0])
        (self.dir / "world").write_text(self.world())

    def reply(self, path, times):
        with urllib.request.urlopen(f"http://localhost:{self.servers.nginx['http']}{path}") as answer:
            body, fields = answer.read(), answer.headers.items()
        own = ("content-length", "transfer-encoding", "connection")    # the simulated server's
        heads = [f"    header {quoted(f'{name}: {value}'.encode())}" for name, value in fields if name.lower() not in own]
        return [f"  reply 443 {path.split('?')[0]}", *heads, f"    body {quoted(body)}",
                *(["    times 1"] if times else [])]

    def world(self):
        lines = ["latency 0.3", f"host {HOST}", "  tls 443 only-1.2"]
        for number in (1, 2, 3):
            lines += self.reply(f"/posts/{number}", False)
        for artist in ("Beyonce", "Drake", "Adele"):
            lines += self.reply(f"/search?term={artist}&limit=200&entity=album", artist != "Adele")
        return "\n".join(lines) + "\n"

    def in_qemu(self, name, profile, words):
        """(ms, bytes)"""
        api = f"{HOST}:{self.servers.nginx['https_tls12']}"
        ran = board.run(name, profile, [word.format(api=api) for word in words], settings={"CA": "ca.pem"},
                        cwd=self.dir)
        if ran.code != 0:
            raise AssertionError(str(ran))
        return ran.number(r"ended with 0 after (\d+) ms"), ran.heap_peak

    def on_desk(self, name, profile, words):
        """(ms, bytes): the trace's last line has the time."""
        words = [word.format(api=HOST) for word in words]
        done = subprocess.run([midge_test.BIN, "app", *words, "--device", f"{name}-{profile}", "--sim", "world",
                               "--stats"], cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300,
                              check=False)
        told = done.stderr.decode()
        if done.returncode != 0:
            raise AssertionError(f"{done.returncode}: {done.stdout.decode()}{told[-2000:]}")
        times = re.findall(r"^(\d+\.\d{6}) ", told, re.MULTILINE)
        return float(times[-1]) * 1000, int(re.findall(r"(\d+) of \d+ bytes at most", told)[-1])

    def compare(self, device, load):
        """(time of QEMU, of the desk, heap of both)"""
        there, here = self.in_qemu(*device, LOADS[load]), self.on_desk(*device, LOADS[load])
        return there[0], here[0], there[1], here[1]


def beyond(device, load, found):
    """What is further from QEMU than it may be."""
    time, heap = found[1] / found[0] - 1, found[3] / found[2] - 1
    most = UNSTEADY_HEAP if (device[0], load) in UNSTEADY else HEAP
    return [f"{name} {by:+.0%}" for name, by, bar in (("time", time, TIME), ("heap", heap, most)) if abs(by) > bar]


def row(device, load, found):
    time, heap = found[1] / found[0] - 1, found[3] / found[2] - 1
    return (f"| {device[0]} {device[1]} | {load} | {found[0]} ms | {found[1]:.0f} ms | {time:+.1%} "
            f"| {found[2]} | {found[3]} | {heap:+.1%} |")


def sizes(folder, target):
    """{object of desk_sizes.c: bytes} as that target of the build compiles it."""
    build = board.BUILD / folder
    made = next(one for one in json.loads((build / "compile_commands.json").read_text())
                if one["file"].endswith("/src/core/client.c") and f"/{target}.dir/" in one["command"])
    words = [word for word in shlex.split(made["command"]) if not word.startswith("-flto")]
    words = words[:words.index("-o")]
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([*words, "-o", f"{out}/sizes.o", "-c", SIZES], cwd=build, check=True)
        names = subprocess.run(["nm", "-S", "--format=posix", f"{out}/sizes.o"] if folder.startswith("host/") else
                               [f"{board_tools(words)}nm", "-S", "--format=posix", f"{out}/sizes.o"],
                               stdout=subprocess.PIPE, text=True, check=True).stdout
    return {line.split()[0]: int(line.split()[3], 16) for line in names.splitlines() if line.startswith("desk_")}


def board_tools(words):
    """/usr/bin/arm-none-eabi-"""
    return next(word for word in words if word.endswith("gcc"))[:-len("gcc")]


class Sizes(unittest.TestCase):
    def test_structs_are_the_boards(self):
        for name, profile in DEVICES:
            kind = "riscv" if name.startswith("riscv") else "arm"
            there = sizes(name, f"midge-{profile}")
            here = sizes(f"host/devices/{kind}", f"midge-{name}-{profile}")
            self.assertGreater(len(there), 10)
            here.pop("desk_config"), there.pop("desk_config")   # of the desk it has fail_alloc
            self.assertEqual(there, here, name)


class Judged(unittest.TestCase):
    def test_as_in_qemu(self):
        desk = Desk()
        for device in DEVICES:
            for load in LOADS:
                with self.subTest(device=device[0], load=load):
                    found = desk.compare(device, load)
                    print(row(device, load, found), flush=True)
                    self.assertEqual([], beyond(device, load, found))


def table(names):
    desk = Desk()
    print("| device | load | QEMU | desk | time | heap peak in QEMU | on the desk | heap |\n|---|---|---|---|---|---|---|---|")
    for device in DEVICES:
        for load in LOADS if not names or device[0] in names else ():
            try:
                print(row(device, load, desk.compare(device, load)), flush=True)
            except AssertionError as failed:
                print(f"| {device[0]} | {load} | failed: {str(failed)[-1500:]}")


if __name__ == "__main__":
    if "--table" in sys.argv:
        table([word for word in sys.argv[1:] if word != "--table"])
    else:
        unittest.main()
