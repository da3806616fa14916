#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""lm3s6965evb in its 64 KB of RAM and 256 KB of flash: what each profile can hold."""
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

import board
import midge_test
from test_boards import BOARD, GUEST, Board

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import tls12    # noqa: E402


@unittest.skipUnless(BOARD == "lm3s6965evb", "the 64 KB board's")
class Device(Board):
    def nginx(self, path, port="https_tls12"):
        return f"https://{GUEST}:{self.servers.nginx[port]}{path}"

    def fetch(self, profile, *words):
        return self.board("fetch", *words, profile=profile)

    def test_small_any_server(self):
        """Records of 16 KB, no max_fragment_length, a chain of 5 KB: one connection at a time."""
        api = self.api("https_chain5k")
        ran = self.board("posts", "--api", api, profile="small")
        self.assertEqual((0, 1), (ran.code, ran.connections_at_once), ran)
        self.assertIn("3 requests, 0 failed", ran.text, ran)
        ran = self.fetch("small", "--times", 3, f"{api}/bytes/100000")
        self.assertEqual(0, ran.code, ran)
        self.assertEqual(3, ran.text.count("200, 100000 bytes"), ran)

    def test_small_rsa(self):
        roots = re.findall(r"-----BEGIN.*?-----END[^\n]*\n", pathlib.Path(self.ca).read_text(), re.S)
        (self.dir / "rsa.pem").write_text(roots[1])
        ran = self.board("fetch", f"{self.api('https_rsa')}/posts/1", profile="small",
                         settings={"CA": "rsa.pem"})
        self.assertEqual(0, ran.code, ran)

    def test_tiny_ten_connections(self):
        """All open at once: no answer comes before all ten are asked for."""
        ran = self.fetch("tiny", "--times", 10, self.nginx("/posts/1?_together=10"))
        self.assertEqual((0, 10), (ran.code, ran.connections_at_once), ran)
        self.assertEqual((1, 9), ran.handshakes, ran)

    def test_tiny_server_ignores_fragment_length(self):
        """Its large records end in one error that names the profile; the others are unharmed, and
        so is the same server's small record."""
        server = tls12.Server(pathlib.Path(self.ca).parent / "certs" / "good.pem")
        self.addCleanup(server.close)
        deaf = f"https://{GUEST}:{server.port}"
        ran = self.board("fetch", f"{deaf}/bytes/20000", f"{deaf}/bytes/1000", self.nginx("/posts/1"),
                         profile="tiny")
        self.assertEqual({1}, set(server.asked))    # RFC 6066's code for 512
        self.assertEqual(1, ran.code, ran)
        self.assertRegex(ran.text, r"request 1: TLS error: .*profile tiny")
        self.assertIn("request 2: 200, 1000 bytes", ran.text, ran)
        self.assertIn("request 3: 200", ran.text, ran)

    def test_fifty_at_once(self):
        for profile in ("small", "tiny"):
            with self.subTest(profile):
                ran = self.fetch(profile, "--times", 50, self.nginx("/posts/1"))
                self.assertEqual(0, ran.code, ran)
                self.assertEqual(50, ran.text.count(": 200, "), ran)

    def test_images(self):
        here = self.host("images", "--api", self.nginx("").replace(GUEST, "localhost"))
        self.assertEqual(0, here.code, here)
        hosts = self.take_pictures()
        for profile in ("small", "tiny"):
            with self.subTest(profile):
                ran = self.board("images", "--api", self.nginx(""), profile=profile)
                self.assertEqual(0, ran.code, ran)
                self.assertEqual(hosts, self.take_pictures())

    def test_all_programs(self):
        many = ["itunes", *(f"Artist{number}" for number in range(12))]    # they wait for each other
        for profile in ("small", "tiny"):
            for words in (["posts"], ["itunes"], many, ["tour"], ["compare"]):
                with self.subTest(f"{profile} {words[0]}"):
                    ran = self.board(*words, "--api", self.nginx(""), profile=profile)
                    self.assertEqual(0, ran.code, ran)

    def hardware_image(self, *more):
        """What the hardware image says till its end."""
        line = board.command(BOARD, "tiny", [], elf=board.image(BOARD, "tiny", suffix=""))
        line = line[:line.index("-semihosting-config")] + ["-monitor", "none", *more]
        with subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as process:
            text = b""
            while b"ended with" not in text or not text.endswith(b"\n"):
                more = process.stdout.read1(4096)
                if not more:
                    break
                text += more
            process.kill()
        return text.decode()

    def assert_refuses_tls(self, text, why):
        self.assertIn(f"entropy: {why}", text)
        self.assertIn("midge: the client can't be opened: no entropy source", text)
        self.assertIn("ended with 1", text)

    def test_hardware_image_refuses_tls_without_a_seed(self):
        self.assert_refuses_tls(self.hardware_image(), "no seed in flash")

    def test_hardware_image_refuses_tls_with_a_seed_that_does_not_change(self):
        """QEMU has no flash that can be written."""
        provision = midge_test.ROOT / "boards" / "lm3s6965evb" / "provision.py"
        seed = self.dir / "seed.bin"
        subprocess.run(["/usr/bin/python3", provision, "--bin", seed], check=True, stdout=subprocess.DEVNULL)
        self.assert_refuses_tls(self.hardware_image("-device", f"loader,file={seed},addr=0x3f800"),
                                "the seed in flash can't be renewed")

    def test_flash_targets_are_openocd_s(self):
        """Its configuration and commands, as far as they go without an adapter."""
        for target, writes in (("flash-small", "lm3s6965evb-small.elf"), ("flash-tiny", "lm3s6965evb-tiny.elf")):
            lines = subprocess.run(["ninja", "-C", board.BUILD / BOARD, "-t", "commands", target], check=True,
                                   capture_output=True, text=True).stdout.splitlines()
            words = shlex.split(lines[-1].split("&&", 1)[1])
            words = words[:words.index("&&")] if "&&" in words else words
            self.assertEqual("openocd", pathlib.Path(words[0]).name)
            self.assertRegex(words[words.index("-c") + 1], rf"^program \S*/{writes} verify reset exit$")
            config = words[words.index("-f") + 1]
            done = subprocess.run([words[0], "-f", config, "-c", "noinit; help program; echo [flash list]; shutdown"],
                                  capture_output=True, text=True)
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertIn("program <filename> [address]", done.stderr)
            self.assertIn("stellaris", done.stderr + done.stdout)

    def test_hardware_images_have_no_semihosting(self):
        for profile in ("small", "tiny"):
            dump = subprocess.run(["arm-none-eabi-objdump", "-d", board.image(BOARD, profile, "")],
                                  capture_output=True, text=True, check=True).stdout
            self.assertNotIn("bkpt\t0x00ab", dump)
            self.assertIn("<main>:", dump)
            there = subprocess.run(["arm-none-eabi-objdump", "-d", board.image(BOARD, profile)],
                                   capture_output=True, text=True, check=True).stdout
            self.assertIn("bkpt\t0x00ab", there)


if __name__ == "__main__":
    unittest.main(verbosity=2)
