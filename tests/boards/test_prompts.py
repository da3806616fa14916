#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""images with more prompts than a board has room for at once: each waits for its turn, and is paid for once.

BOARD names the board; each of its profiles that was built is tried.
"""
import base64
import hashlib
import unittest

from test_boards import BOARD, Board

PROFILES = ("small", "tiny") if BOARD == "lm3s6965evb" else ("full", "small", "tiny")
URLS = ("--model", "dall-e-2", "--size", "64x64")    # 12 KB each, by a second request


class Prompts(Board):
    def assert_all_come(self, profile, n, *arguments):
        (self.dir / "prompts").write_text("".join(f"cat number {number}\n" for number in range(1, n + 1)))
        self.servers.ask("POST", "/stats/reset")
        ran = self.board("images", "--api", self.api("https_tls12"), "--prompts", "prompts", *arguments,
                         profile=profile, timeout=300)
        self.assertEqual(0, ran.code, ran)
        self.assertIn(f"{n} prompts in ", ran.text)
        requests = self.servers.ask("GET", "/stats")["requests"]
        self.assertEqual(n, requests["/v1/images/generations"], ran)
        names = [f"robot_dog_journey_{number}.jpg" for number in range(1, n + 1)]
        self.assertEqual(sorted(["ca.pem", "prompts", *names]), self.files())
        kind = ".png?size=64x64" if arguments else ".jpg?size=1024x1024"
        for number in (1, n):
            self.assertEqual(self.served(f"cat number {number}", kind), (self.dir / names[number - 1]).read_bytes())
        for name in names:
            (self.dir / name).unlink()

    def served(self, prompt, kind):
        """The server's picture for it."""
        name = prompt.replace(" ", "-") + "-" + hashlib.sha256(f"{prompt} 0".encode()).hexdigest()[:8]
        return self.midge(self.url(f"/img/{name}{kind}", "http"), report=False, ca=False).out

    def test_pictures_in_the_answers(self):
        for profile in PROFILES:
            for n in (14, 50):
                with self.subTest(f"{profile} {n}"):
                    self.assert_all_come(profile, n)

    def test_pictures_by_url(self):
        for profile in PROFILES:
            for n in (14, 50):
                with self.subTest(f"{profile} {n}"):
                    self.assert_all_come(profile, n, *URLS)

    def test_long_prompts(self):
        """Of some KB each: fewer are in work at once."""
        (self.dir / "prompts").write_text("".join(f"cat {number} \t\"{'x' * (number % 7 * 600)}\n" for number in range(20)))
        for profile in PROFILES:
            with self.subTest(profile):
                self.servers.ask("POST", "/stats/reset")
                ran = self.board("images", "--api", self.api("https_tls12"), "--prompts", "prompts", profile=profile)
                self.assertEqual(0, ran.code, ran)
                self.assertEqual(20, self.servers.ask("GET", "/stats")["requests"]["/v1/images/generations"])

    def test_a_large_picture_in_the_answer(self):
        """1.5 MB of base64, more than most boards' memory."""
        picture = bytes(range(256)) * 4400
        self.rules({"match": "^/v1/images", "body": {"data": [{"b64_json": base64.b64encode(picture).decode()}]}})
        for profile in PROFILES:
            with self.subTest(profile):
                ran = self.board("images", "--api", self.api("https_tls12"), "--limit", "1", profile=profile)
                self.assertEqual(0, ran.code, ran)
                for number in (1, 2, 3):
                    self.assertEqual(picture, (self.dir / f"robot_dog_journey_{number}.jpg").read_bytes())


if __name__ == "__main__":
    unittest.main(verbosity=2)
