#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The programs of boards/apps as firmware in QEMU: the same results as on the host.

BOARD names the board, BOARD_PROGRAMS=posts runs only that program (a family's other members),
BOARD_PROFILES="full tiny" says which profiles are built (the first is used where one is enough);
BOARD_REPORTS a file to which each run's report is added.
"""
import os
import pathlib
import re
import ssl
import unittest

import board
import midge_test

BOARD = os.environ.get("BOARD", "mps2-an385")
PROFILES = board.profiles(BOARD)
DEFAULT = PROFILES[0]
PROGRAMS = os.environ.get("BOARD_PROGRAMS", "posts itunes images tour compare").split()
GUEST = "api.example"       # the API server's name for the guest


def comparable(text):
    """Without what differs from run to run and from system to system: times, errno, names, charts."""
    text = text.replace(GUEST, "localhost")
    text = re.sub(r"\d+\.\d\d s", "# s", text)
    text = re.sub(r"both in \d+ ms", "both in # ms", text)
    text = re.sub(r"ratio \d+\.\d", "ratio #", text)
    text = re.sub(r"\|[^|\n]*\|", "|#|", text)      # the waterfall's bars
    text = re.sub(r"# s +$", "# s", text, flags=re.MULTILINE)
    text = re.sub(r"\d+\.\d{3} s *$", "# s", text, flags=re.MULTILINE)
    text = re.sub(r", (errno \d+|lwIP -\d+ ERR_[A-Z]+)\)", ", errno #)", text)
    return re.sub(r"in \d+ chunks", "in # chunks", text)


class Board(midge_test.Case):
    """A board against the local API server."""

    def api(self, port="https"):
        return self.url("", port, host=GUEST)

    def ca_file(self):
        """Relative to the run's folder: the name is shown in messages. On the 64 KB board only the
        root that is needed."""
        path = self.dir / "ca.pem"
        if not path.exists():
            roots = re.findall(r"-----BEGIN.*?-----END[^\n]*\n", pathlib.Path(self.ca).read_text(), re.S)
            path.write_text("".join(roots[:1] if BOARD == "lm3s6965evb" else roots))
        return "ca.pem"

    def board(self, *words, profile=DEFAULT, settings=None, **more):
        settings = {"CA": self.ca_file(), "OPENAI_API_KEY": "key", **(settings or {})}
        ran = board.run(BOARD, profile, words, settings=settings, cwd=self.dir, **more)
        self.assertNotIn("fault", ran.text, ran)
        if "report: " in ran.text:
            self.note(words[0], ran)
            self.assertLess(ran.stack, 0.9 * ran.stack_size, ran)
        return ran

    def note(self, program, ran):
        if "BOARD_REPORTS" in os.environ:
            took = re.findall(r" ended with \d+ after (\d+ ms)", ran.text)
            with open(os.environ["BOARD_REPORTS"], "a", encoding="ascii") as file:
                print(f"{BOARD} {program}: {' '.join(took)};", "; ".join(re.findall(r"report: (.*)", ran.text)),
                      file=file)

    def host(self, *words):
        return self.midge("app", *words, "--cacert", self.ca, report=False, ca=False,
                          env={"OPENAI_API_KEY": "key"})

    def program(self, name, *words, between=lambda: None, **more):
        """On both; their lines must be the same."""
        if name not in PROGRAMS:
            self.skipTest(f"{BOARD} runs only {PROGRAMS}")
        here = self.host(name, *words, "--api", self.url("", "https"))
        between()
        there = self.board(name, *words, "--api", self.api(), **more)
        self.assertEqual(here.code, there.code, there)
        # Sorted: the host has two streams, and the order among many is not promised.
        self.assertEqual(sorted(comparable(here.out.decode() + here.text).splitlines()),
                         sorted(comparable("\n".join(there.app_lines)).splitlines()), there)
        return there

    def take_pictures(self):
        """What was saved, which is there no more."""
        pictures = {path.name: path.read_bytes() for path in self.dir.glob("*.jpg")}
        for name in pictures:
            (self.dir / name).unlink()
        self.assertEqual([f"robot_dog_journey_{i}.jpg" for i in (1, 2, 3)], sorted(pictures))
        return pictures


class Programs(Board):
    def test_posts(self):
        self.program("posts")

    def test_posts_one_fails(self):
        self.rules({"match": "^/posts/2", "status": 500})
        ran = self.program("posts")
        self.assertEqual(1, ran.code)
        self.assertIn("post 2: API error: 500", ran.text)

    def test_posts_by_dhcp_and_each_profile(self):
        for profile in PROFILES:
            with self.subTest(profile):
                ran = self.board("posts", "--api", self.api("https_tls12"), profile=profile,
                                 settings={"IP": None, "GATEWAY": None})
                self.assertEqual(0, ran.code, ran)
                self.assertIn("by DHCP", ran.text)
                self.assertIn(f"report: {profile}, 3 requests, 0 failed", ran.text)

    def test_itunes(self):
        self.program("itunes")

    def test_images(self):
        hosts = []
        self.program("images", between=lambda: hosts.append(self.take_pictures()))
        self.assertEqual(hosts[0], self.take_pictures())
        self.assertEqual(["ca.pem"], self.files())

    def test_images_one_is_cut(self):
        if "images" not in PROGRAMS:
            self.skipTest("posts only")
        self.rules({"match": "^/img/robot-dog-exploring", "cut": 1000})
        ran = self.board("images", "--api", self.api(), "--model", "dall-e-2", "--size", "256x256")
        self.assertEqual(1, ran.code, ran)
        self.assertIn("images: prompt 2: network error", ran.text)
        self.assertEqual(["ca.pem", "robot_dog_journey_1.jpg", "robot_dog_journey_3.jpg"], self.files())

    def test_images_redirected_and_refused_for_now(self):
        """Each POST and each picture is behind a redirect; the API refuses two, and one server is busy."""
        if set(PROFILES) == {"tiny"}:
            self.skipTest("tiny is without both")
        again = {"Location": "/again{path}"}

        def spoil():
            self.servers.ask("DELETE", "/rules")
            self.rules({"match": "^/again/v1/images", "status": 429, "retry_after": 1, "times": 2},
                       {"match": "^/again/img/", "status": 503, "times": 1},
                       {"match": "^/v1/images", "status": 307, "headers": again},
                       {"match": "^/img/", "status": 302, "headers": again})

        def between():
            self.take_pictures()
            spoil()
        spoil()
        self.program("images", "--model", "dall-e-2", "--size", "256x256", between=between,
                     profile=next(profile for profile in PROFILES if profile != "tiny"))
        self.take_pictures()

    def test_tour(self):
        self.program("tour")

    def test_compare(self):
        self.program("compare")


@unittest.skipIf(PROGRAMS == ["posts"], "the family's main board runs it")
class Least(Board):
    """What can be left out is left out (MIDGE_WITHOUT=all)."""

    def superloop(self, *paths):
        """The root is DER: texts of certificates are left out, too."""
        urls = [self.api("https_tls12") + path for path in paths]
        root = ssl.PEM_cert_to_DER_cert((self.dir / self.ca_file()).read_text().partition("-----END")[0]
                                        + ssl.PEM_FOOTER)
        (self.dir / "ca.der").write_bytes(root)
        return self.board("superloop", *urls, profile="least", settings={"CA": "ca.der"})

    def test_several_at_once(self):
        ran = self.superloop("/posts/1", "/posts/2", "/posts/3")
        self.assertEqual(0, ran.code, ran)
        self.assertIn("superloop: 3 ended, 0 failed, error 0", ran.text)

    def test_a_failure_is_one(self):
        self.rules({"match": "^/posts/2", "cut": 40})
        ran = self.superloop("/posts/1", "/posts/2", "/posts/3")
        self.assertEqual(1, ran.code, ran)
        self.assertIn("superloop: 3 ended, 1 failed, error 0", ran.text)

    def test_a_url_is_not_mended(self):
        ran = self.superloop("/posts/1", "/posts/2|3")
        self.assertEqual(1, ran.code, ran)
        self.assertIn("superloop: 1 ended, 0 failed, error -12", ran.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
