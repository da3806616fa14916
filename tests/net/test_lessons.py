#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""boards/examples/lessons: each program in C prints what its original in Python (aiohttp) prints, on the same
server, and the guide beside them shows these programs as they are."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import midge_test
from midge_test import Case

FOLDER = midge_test.ROOT / "boards" / "examples" / "lessons"
SECONDS = re.compile(r"\d+\.\d\d s$", re.MULTILINE)
NAMES = [f"robot_dog_journey_{number}.jpg" for number in (1, 2, 3)]


def program():
    folder = os.environ.get("MIDGE_CLIENTS", pathlib.Path(midge_test.BIN).parent / "tests")
    return midge_test.built(pathlib.Path(folder) / "lessons")


class Lessons(Case):
    def run_one(self, command, name, folder, key, model):
        done = subprocess.run(
            [*command, name, self.url("").rstrip("/"), *model], cwd=folder, capture_output=True, text=True,
            timeout=midge_test.TIMEOUT,
            env={**midge_test.environment(), "SSL_CERT_FILE": str(self.ca), "OPENAI_API_KEY": key,
                 "PYTHONPATH": str(FOLDER), "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual("", done.stderr)
        return SECONDS.sub("N s", done.stdout), {path.name: path.read_bytes() for path in folder.iterdir()}

    def both(self, name, key="secret", model=(), rules=()):
        """What both printed, and which files they wrote."""
        ran = []
        for command in ([sys.executable, FOLDER / "lessons.py"], [program()]):
            self.servers.ask("DELETE", "/rules")
            if rules:
                self.servers.ask("POST", "/rules", list(rules))
            with tempfile.TemporaryDirectory() as folder:
                ran.append(self.run_one(command, name, pathlib.Path(folder), key, model))
        self.servers.ask("DELETE", "/rules")
        (python, python_files), (c, c_files) = ran
        self.assertEqual(python, c)
        self.assertEqual(python_files, c_files)
        return c, c_files

    def test_posts(self):
        text, _ = self.both("posts")
        self.assertEqual(6, text.count("Title: "))
        self.assertIn("all at once: N s", text)

    def test_a_failing_post_hurts_no_other(self):
        text, _ = self.both("posts", rules=[{"match": "/posts/2", "status": 500}])
        self.assertEqual(4, text.count("Title: "))
        self.assertEqual(2, len(re.findall(r"^500 Server Error: .* for url: .*/posts/2$", text, re.MULTILINE)))

    def test_malformed_answer(self):
        text, _ = self.both("posts", rules=[{"match": "/posts/2", "malformed_json": True}])
        self.assertEqual(2, text.count("malformed JSON\n"))

    def test_itunes(self):
        text, _ = self.both("itunes")
        self.assertIn("Led Zeppelin\n    ", text)
        text, _ = self.both("itunes", rules=[{"match": "/search.*Queen", "status": 503}])
        self.assertIn("503 Server Error: Service Unavailable", text)
        self.assertIn("Pink Floyd\n    ", text)

    def test_images(self):
        for model in ("gpt-image-1", "dall-e-2"):   # b64_json, url
            text, files = self.both("images", model=[model])
            self.assertEqual(NAMES, sorted(files))
            self.assertIn("2 at once: N s", text)
        text, files = self.both("images", key="bad")
        self.assertEqual({}, files)
        self.assertEqual(6, text.count("401 Client Error: Unauthorized for url: "))

    def test_a_picture_that_is_missing(self):
        text, files = self.both("images", model=["dall-e-2"],
                                rules=[{"match": "/img/robot-dog-in.*", "status": 404}])
        self.assertEqual(NAMES[1:], sorted(files))
        self.assertEqual(2, text.count("404 Client Error"))

    def test_chat(self):
        text, _ = self.both("chat")
        self.assertIn("You said: “What are hops and streams?”", text)
        text, _ = self.both("chat", key="bad")
        self.assertTrue(text.startswith("401 Client Error: Unauthorized for url: "), text)

    def test_tour(self):
        text, _ = self.both("tour")
        lines = text.splitlines()
        self.assertEqual(["fast", "slow", "failed fast: malformed JSON", "first", "second", "third"], lines[:6])
        self.assertIn("cleaned up", lines)
        self.assertEqual(["200"] * 5, lines[-7:-2])
        self.assertEqual("and the program goes on", lines[-1])


if __name__ == "__main__":
    unittest.main()
