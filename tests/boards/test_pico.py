#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The .uf2 of W5500-EVB-Pico in rp2040js, an emulator of the RP2040, with a W5500 modelled beside it (tests/boards/pico)
and QEMU's user network behind that. The same lines as on the host.

PICO_MORE=1 adds other programs; PICO_RP2040JS names a folder with the package.
"""
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

import board
os.environ.pop("BOARD", None)       # that of ctest is none of QEMU's
import test_boards  # noqa: E402
from test_boards import GUEST   # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent / "pico"
sys.path.insert(0, str(HERE))
import fetch    # noqa: E402
import images    # noqa: E402
sys.path.insert(0, str(board.ROOT / "boards" / "pico"))
import settings    # noqa: E402

NAME = "w5500_evb_pico"
SECONDS = 300   # of a run; only a board that hangs takes so long
test_boards.BOARD = "w5500-evb-pico"


def cache():
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "midge"
    return pathlib.Path(os.environ.get("MIDGE_CACHE", home))


class Pico(test_boards.Board):
    emulator = os.environ.get("PICO_RP2040JS") or fetch.fetch(cache())

    def network(self):
        """QEMU without a machine: its user network on a socket."""
        path = self.dir / "network"
        command = ["qemu-system-arm", "-M", "none", "-nodefaults", "-display", "none", "-monitor", "none",
                   "-netdev", f"user,id=user,{board.NET}", "-netdev", "hubport,id=a,hubid=0,netdev=user",
                   "-netdev", f"stream,id=out,server=on,addr.type=unix,addr.path={path}",
                   "-netdev", "hubport,id=b,hubid=0,netdev=out"]
        qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(qemu.communicate)
        self.addCleanup(qemu.terminate)
        for _ in range(1000):
            if path.exists():
                return path
            self.assertIsNone(qemu.poll(), "QEMU ended")
            time.sleep(0.02)    # QEMU is another process: its socket appears when it has begun
        raise AssertionError("QEMU made no socket")

    def settings_file(self, words, settings):
        settings = {"IP": "192.0.2.15", "GATEWAY": board.HOST,
                    "DNS": f"{board.HOST}:{board.name_server().port}", **settings}
        line = [f"{key}={value}" for key, value in settings.items() if value is not None] + list(words)
        files = [f"args={' '.join(map(str, line))}", f"ca.pem={self.ca_file()}"]
        subprocess.run([sys.executable, board.ROOT / "boards/pico/settings.py", "--family", "rp2040", "-o",
                        "settings.uf2", *files], cwd=self.dir, check=True)
        return "settings.uf2"

    def board(self, *words, settings=None, options=("--mhz", "20"), image=NAME, typed=b""):
        uf2 = board.BUILD / NAME / f"{image}.uf2"
        if not uf2.exists():
            raise SystemExit(f"no firmware at {uf2}: boards/pico/README.md")
        line = ["node", HERE / "run.mjs", self.emulator, self.network(), *options, uf2,
                self.settings_file(words, {"CA": "ca.pem", "OPENAI_API_KEY": "key", **(settings or {})})]
        done = subprocess.run(line, input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.dir,
                              timeout=SECONDS)
        ran = board.Ran(line, done.returncode, done.stdout)
        print(*re.findall(r"^emulator: .*", ran.text, re.M), sep="\n")
        if "report: " in ran.text:
            self.note(words[0], ran)
            self.assertLess(ran.stack, 0.9 * ran.stack_size, ran)
        return ran

    def same(self, name, *words, port="http", **more):
        """On both; their lines must be the same."""
        here = self.host(name, *words, "--api", self.url("", port))
        there = self.board(name, *words, "--api", self.api(port), **more)
        self.assertEqual(here.code, there.code, there)
        lines = [line for line in there.app_lines if not line.startswith("emulator: ")]
        self.assertEqual(sorted(test_boards.comparable(here.out.decode() + here.text).splitlines()),
                         sorted(filter(None, test_boards.comparable("\n".join(lines)).splitlines())), there)
        return there


MORE = unittest.skipUnless("PICO_MORE" in os.environ, "takes a minute: PICO_MORE=1")


class Images(unittest.TestCase):
    def test_both(self):
        for name, family in ((NAME, "rp2040"), (f"{NAME}2", "rp2350-arm-s")):
            images.check(board.BUILD / name / name, family)
            symbols = subprocess.run(["arm-none-eabi-nm", board.BUILD / name / f"{name}.elf"], capture_output=True,
                                     check=True, text=True).stdout
            self.assertIn("midge_pico_entropy", symbols)
            self.assertNotIn("get_rand_", symbols)      # pico-sdk's software generator


class Programs(Pico):
    def test_posts_over_tls(self):
        """One full handshake, 200 M instructions, and resumed ones."""
        ran = self.same("posts", port="https_tls12", options=("--mhz", "60"),
                        settings={"IP": None, "GATEWAY": None})
        self.assertIn("by DHCP", ran.text)
        self.assertIn("report: small, 3 requests, 0 failed", ran.text)
        self.assertEqual(1, ran.handshakes[0], ran)

    def test_a_stuck_ring_oscillator(self):
        """No connection without entropy: lwIP has no sequence numbers, TLS no keys."""
        ran = self.board("posts", "--api", self.api("http"), options=("--mhz", "20", "--noise", "stuck"))
        self.assertEqual(1, ran.code, ran)
        self.assertIn("no entropy", ran.text)

    @MORE
    def test_posts(self):
        self.same("posts")

    @MORE
    def test_itunes(self):
        self.same("itunes")

    @MORE
    def test_images(self):
        """The pictures go to flash."""
        here = self.host("images", "--api", self.url("", "http"))
        there = self.board("images", "--api", self.api("http"), options=("--mhz", "20", "--flash", "flash"))
        self.assertEqual((0, 0), (here.code, there.code), there)
        files = settings.read((self.dir / "flash").read_bytes())
        pictures = self.take_pictures()
        self.assertEqual(pictures, {name: files[name] for name in pictures})

    @MORE
    def test_chat(self):
        """A question typed on the UART, and the end of the conversation."""
        ran = self.board("chat", "--api", self.api("http"), typed=b"Why?\r\x04")
        self.assertEqual(0, ran.code, ran)
        self.assertIn("You said: “Why?”", ran.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
