# SPDX-License-Identifier: MIT
"""Runs a board's firmware in QEMU, with a name server of our own on loopback.

    ran = board.run("mps2-an385", "tiny", ["posts", "--api", url], settings={"CA": ca}, cwd=folder)
    ran.code, ran.text, ran.app_lines

In the guest 192.0.2.2 is this machine's 127.0.0.1, and 2001:db8::2 its ::1. The name server answers
every name that ends in ".example" with them, "v6only.example" with the second, "silent.example"
never, and others with NXDOMAIN.
"""
import os
import pathlib
import re
import select
import socket
import struct
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "net"))     # midge_test
BUILD = pathlib.Path(os.environ.get("MIDGE_BOARDS", ROOT / "build"))
HOST = "192.0.2.2"      # this machine's loopback, seen from the guest
PARTITION = "0x00300000"    # of mps2-an385, behind the firmware
HOST6 = "2001:db8::2"
NET = "net=192.0.2.0/24,host=192.0.2.2,dns=192.0.2.3"
TIMEOUT = 500    # seconds of a run; only a board that hangs takes so long

ARM = ["qemu-system-arm", "-nic", f"user,id=n0,{NET}"]
RISCV = ["qemu-system-riscv32", "-bios", "none", "-netdev", f"user,id=n0,{NET}",
         "-device", "virtio-net-device,netdev=n0,id=nic0"]
MACHINES = {
    "mps2-an385": ARM, "mps2-an385-freertos": ARM, "mps2-an386": ARM, "mps2-an500": ARM, "mps2-an505": ARM,
    "mps3-an547": ARM, "lm3s6965evb": ARM, "riscv-virt": RISCV,
}
NAMES = {"riscv-virt": "virt", "mps2-an385-freertos": "mps2-an385"}   # QEMU's, where it is another
# The profiles that run.sh builds for a board; the first is its default.
PROFILES = {"mps2-an385": ["full", "small", "tiny"], "riscv-virt": ["full", "small", "tiny"],
            "lm3s6965evb": ["tiny", "small"]}


class Ran:
    def __init__(self, command, code, out):
        self.command, self.code = command, code
        self.out = out
        self.text = out.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def app_lines(self):
        """What the program itself said: neither the board's lines nor times."""
        own = re.compile(r"^(report|network|trust|entropy|[a-z0-9-]+: (midge|ended)\b)")
        return [line for line in self.text.splitlines() if not own.match(line)]

    def number(self, pattern):
        """The number in the last report line that fits, group 1."""
        found = re.findall(pattern, self.text)
        if not found:
            raise AssertionError(f"{pattern!r} not in:\n{self}")
        return int(found[-1])

    @property
    def heap_peak(self):
        return self.number(r"heap peak (\d+) of")

    @property
    def heap(self):
        return self.number(r"heap peak \d+ of (\d+)")

    @property
    def stack(self):
        return self.number(r"stack (\d+) of")

    @property
    def stack_size(self):
        return self.number(r"stack \d+ of (\d+)")

    @property
    def longest_step_us(self):
        return self.number(r"longest step (\d+) us")

    @property
    def longest_turn_us(self):
        return self.number(r"longest turn (\d+) us")

    @property
    def connections_at_once(self):
        return self.number(r"connections \((\d+) at once\)")

    @property
    def lwip(self):
        """[(used at most, of, how often none was left)] of PCBs, buffers and bytes; None: not told"""
        found = re.search(r"report: lwIP: (\d+) of (\d+) PCBs, (\d+) of (\d+) buffers, (\d+) of (\d+) bytes"
                          r" of its heap; refused (\d+), (\d+), (\d+)", self.text)
        if found is None:
            return None
        told = [int(one) for one in found.groups()]
        return list(zip(told[0:6:2], told[1:6:2], told[6:]))

    @property
    def handshakes(self):
        """(full, resumed)"""
        return (self.number(r"(\d+) full and"), self.number(r"full and (\d+)\s+resumed"))

    def __repr__(self):
        return f"{' '.join(map(str, self.command))}\n-> {self.code}\n{self.text}"


class NameServer:
    """Types A and AAAA for *.example: HOST and HOST6. Counts what it was asked."""

    RECORDS = {1: socket.inet_aton(HOST), 28: socket.inet_pton(socket.AF_INET6, HOST6)}

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, peer = self.socket.recvfrom(512)
            answer = self.answer(query)
            if answer:
                self.socket.sendto(answer, peer)

    def answer(self, query):
        labels, at = [], 12
        while at < len(query) and query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
            at += 1 + query[at]
        question = query[12:at + 5]
        name = ".".join(labels).lower()
        self.asked.append(name)
        if re.fullmatch(r"silent\d*\.example", name):
            return None
        found = name.endswith(".example") and name != "missing.example"
        kind = struct.unpack(">H", question[-4:-2])[0]
        address = self.RECORDS.get(kind) if name != "v6only.example" or kind == 28 else None
        if not found or address is None:
            return query[:2] + struct.pack(">HHHHH", 0x8180 if found else 0x8183, 1, 0, 0, 0) + question
        record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(address)) + address
        return query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + question + record


_name_server = None


def name_server():
    global _name_server
    if _name_server is None:
        _name_server = NameServer()
    return _name_server


def profiles(board):
    """Those that must be built for it, by name; BOARD_PROFILES="tiny small" asks for others."""
    if board not in MACHINES:
        raise SystemExit(f"no board {board!r}; there are: {' '.join(MACHINES)}")
    return os.environ["BOARD_PROFILES"].split() if "BOARD_PROFILES" in os.environ else PROFILES.get(board, ["full"])


def image(board, profile, suffix="-qemu"):
    """The firmware's path. A firmware that is missing is an error: its tests were asked for."""
    path = BUILD / board / f"{board}-{profile}{suffix}.elf"
    if not path.exists():
        raise SystemExit(f"no firmware at {path}: cmake --preset {board} && cmake --build --preset {board}")
    return path


def link(board):
    """What set_link calls the board's cable."""
    return "nic0" if MACHINES[board] is RISCV else "n0"


def escape(word):
    return str(word).replace(",", ",,")


def command(board, profile, words, settings=None, monitor=None, elf=None, frames=None, icount=True,
            partition=None):
    """QEMU's command line. settings: KEY=VALUE for the board (main.c). frames: a pcap file of all
    Ethernet frames. partition: a file that lies at PARTITION in the guest's flash. The guest's clock counts instructions (125 a microsecond) and, while it sleeps,
    real time: a loaded machine computes no slower for it. Without icount it is real time."""
    settings = {"IP": "192.0.2.15", "GATEWAY": HOST, "DNS": f"{HOST}:{name_server().port}",
                **(settings or {})}
    words = [f"{key}={value}" for key, value in settings.items() if value is not None] + list(words)
    semihosting = "enable=on,target=native,arg=fw" + "".join(f",arg={escape(one)}" for one in words)
    line = [*MACHINES[board], "-M", NAMES.get(board, board), "-display", "none", "-serial", "stdio",
            "-kernel", elf or image(board, profile), "-semihosting-config", semihosting]
    line += ["-monitor", f"unix:{monitor},server=on,wait=off"] if monitor else ["-monitor", "none"]
    line += ["-object", f"filter-dump,id=frames,netdev=n0,file={frames}"] if frames else []
    line += ["-device", f"loader,file={partition},addr={PARTITION},force-raw=on"] if partition else []
    return line + (["-icount", "shift=3"] if icount else [])


def run(board, profile, words, settings=None, cwd=None, timeout=TIMEOUT, elf=None, **more):
    line = command(board, profile, words, settings, elf=elf, **more)
    try:
        done = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, cwd=cwd, timeout=timeout)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"no end after {timeout} s: {Ran(line, None, late.stdout or b'')}")
    return Ran(line, done.returncode, done.stdout)


class Running:
    """A board that runs while the test does something to it; with waits, from monitor("cont") on."""

    def __init__(self, board, profile, words, settings=None, cwd=None, waits=False, elf=None):
        self.monitor_path = pathlib.Path(cwd) / "monitor"
        self.line = command(board, profile, words, settings, monitor=self.monitor_path, elf=elf)
        self.line += ["-S", "-name", "fw,debug-threads=on"] if waits else []
        self.process = subprocess.Popen(self.line, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, cwd=cwd)
        self.link = None
        self.seen = b""
        self.said = 0       # of `seen`, what wait_for_next has passed

    def close(self):
        if self.link is not None:
            self.link.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def monitor(self, order):
        """One order to QEMU's monitor, "set_link n0 off"; returns once it was carried out."""
        if self.link is None:
            self.link = self.connect()
            self.read_prompt()
        self.link.sendall(order.encode() + b"\n")
        self.read_prompt()

    def connect(self):
        """QEMU makes the monitor's socket a little after its start."""
        for left in range(200, -1, -1):
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(20)
            try:
                link.connect(str(self.monitor_path))
                return link
            except OSError:
                link.close()
                if left == 0:
                    raise
                time.sleep(0.02)  # QEMU is another process: its socket appears when it has begun

    def read_prompt(self):
        text = b""
        while not text.endswith(b"(qemu) "):
            more = self.link.recv(4096)
            if not more:
                raise AssertionError(f"QEMU's monitor closed: {text!r}")
            text += more

    def read_some(self, words):
        fd = self.process.stdout.fileno()
        more = os.read(fd, 4096) if select.select([fd], [], [], TIMEOUT)[0] else b""
        if not more:
            raise AssertionError(f"{words!r} never came: {Ran(self.line, None, self.seen)}")
        return more

    def wait_for(self, words):
        """Reads the console until these words came."""
        while words.encode() not in self.seen:
            self.seen += self.read_some(words)

    def wait_for_next(self, words):
        """The same, behind what the call before has waited for; returns what came before the words."""
        words = words.encode().replace(b"\n", b"\r\n")
        while words not in self.seen[self.said:]:
            self.seen += self.read_some(words)
        start, at = self.said, self.seen.index(words, self.said)
        self.said = at + len(words)
        return self.seen[start:at].decode().replace("\r\n", "\n")

    def type(self, text):
        """On the board's console."""
        os.write(self.process.stdin.fileno(), text.encode())

    def end(self, timeout=TIMEOUT):
        try:
            rest, _ = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            rest, _ = self.process.communicate()
            raise AssertionError(f"no end: {Ran(self.line, None, self.seen + rest)}")
        return Ran(self.line, self.process.returncode, self.seen + rest)
