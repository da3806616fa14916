#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The program chat as firmware in QEMU: questions typed on the board's console."""
import json
import re
import unittest

import board
from test_boards import BOARD, PROFILES, Board

DONE = "data: [DONE]\n\n"
WORDS = ["Eins", " zwei", " dräi", "\n", "🐕 vier", " fünf"]


def chunk(text=None, reason=None):
    delta = {} if text is None else {"content": text}
    value = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


class Chat(Board):
    def begin(self, *words, profile=PROFILES[0], key="key", settings=None):
        running = board.Running(BOARD, profile, ["chat", "--api", self.api(), *words], cwd=self.dir,
                                settings={"CA": self.ca_file(), "OPENAI_API_KEY": key, **(settings or {})})
        self.addCleanup(running.close)
        return running

    def end(self, running, code=0):
        ran = running.end()
        self.assertEqual(code, ran.code, ran)
        self.assertNotIn("fault", ran.text, ran)
        self.assertLess(ran.stack, 0.9 * ran.stack_size, ran)
        self.note("chat", ran)
        return ran

    def stream(self, *events, match="^/v1/chat", **rule):
        self.rules({"match": match, "body": "".join(events), "times": 1, **rule})

    def test_conversation(self):
        for profile in PROFILES:
            with self.subTest(profile):
                running = self.begin(profile=profile)
                running.wait_for_next("> ")
                running.type("Grüßx\x7fe, 🐕x\b\b\b!\r")
                self.assertRegex(running.wait_for_next("\n> "), r"You said: “Grüße,!”\. [a-z ]+\.")
                self.rules({"match": "Grüße,!.*You said.*again", "body": chunk("known") + DONE, "times": 1})
                running.type("again\r\n")
                self.assertRegex(running.wait_for_next("\n> "), "again\nknown$")
                running.type("\x04")
                ran = self.end(running)
                self.assertEqual(1, ran.connections_at_once)
                self.assertIn("2 requests, 0 failed, 1 connections", ran.text)

    def test_one_question(self):
        ran = self.board("chat", "--api", self.api(), "Why?")
        self.assertEqual(0, ran.code, ran)
        self.assertRegex("\n".join(ran.app_lines), r"^You said: “Why\?”\. [a-z ]+\.$")

    def test_by_address(self):
        """As lm3s6965evb/README.md has it: no name server, 192.0.2.2 in the certificate."""
        ran = self.board("chat", "--api", f"https://{board.HOST}:{self.servers.ports['https']}", "Why?",
                         settings={"DNS": None})
        self.assertEqual(0, ran.code, ran)

    def test_any_server(self):
        """A certificate chain of 5 KB and records of 16 KB, beside the history: the connection is kept."""
        profile = "small" if "small" in PROFILES else PROFILES[0]
        running = self.begin("--api", self.api("https_chain5k"), profile=profile)
        for question in ("first", "second", "third"):
            running.wait_for_next("> ")
            running.type(f"{question}\r")
            running.wait_for_next(f"You said: “{question}”.")
        running.wait_for_next("> ")
        running.type("\x04")
        self.assertIn("3 requests, 0 failed, 1 connections", self.end(running).text)

    def test_each_word_alone(self):
        """The next event is not sent before the word of the one before is on the console."""
        for profile in PROFILES:
            with self.subTest(profile):
                body = "".join(chunk(word) for word in WORDS) + chunk(reason="stop") + DONE
                self.stream(body, step=True, drip={"bytes": 16})
                running = self.begin("q", profile=profile)
                sent = 16
                for number, word in enumerate(WORDS):
                    size = len("".join(chunk(word) for word in WORDS[:number + 1]).encode())
                    while sent < size:
                        self.servers.ask("POST", "/step")
                        sent += 16
                    running.wait_for_next(word)
                while sent < len(body.encode()):
                    self.servers.ask("POST", "/step")
                    sent += 16
                self.assertIn("".join(WORDS) + "\n", self.end(running).text)

    def test_a_token_each_100_ms(self):
        """In order, each alone and with the board's own time; the memory at its peak."""
        self.stream(*map(chunk, map(str, range(10, 30))), chunk(reason="stop"), DONE,
                    drip={"bytes": len(chunk("10")), "interval": 0.1})
        running = self.begin("--times", "q")
        ran = self.end(running)
        lines = re.findall(r"^ *(\d+) ms: (.*)$", ran.text, re.M)
        self.assertEqual([str(number) for number in range(10, 30)], [text for _, text in lines])
        times = [int(ms) for ms, _ in lines]
        self.assertEqual(sorted(times), times)
        self.assertGreater(len(set(times)), 10, ran)    # the machine may be loaded, and QEMU late
        self.assertLess(ran.heap_peak, ran.heap)

    def test_cut_in_the_middle(self):
        """An error, the text so far stays, the next question works."""
        for profile, end in zip(PROFILES, ("fin", "rst", "close_notify")):
            with self.subTest(profile):
                half = chunk("half") + chunk(" of it")
                # A reset may take with it what came before, so it waits until the text is on the console.
                self.stream(half, chunk("lost"), DONE, end=end, step=True, drip={"bytes": len(half)}, cut=len(half) + 20)
                running = self.begin(profile=profile)
                running.wait_for_next("> ")
                running.type("first\r")
                self.assertEqual("first\n", running.wait_for_next("half of it"))
                self.servers.ask("POST", "/step")
                self.assertRegex(running.wait_for_next("\n> "), r"^\nchat: question 1: network error: [^\n]*$")
                self.rules({"match": "first.*half of it.*second", "body": chunk("known") + DONE, "times": 1})
                running.type("second\r")
                self.assertEqual("second\nknown", running.wait_for_next("\n> "))
                running.type("\x04")
                self.end(running, 1)

    def through(self, *words):
        """With the image that has all features: compressed answers, through a proxy that has looked the name up."""
        proxy = f"{board.HOST}:{self.servers.proxies['tinyproxy']}"
        running = board.Running(BOARD, "full", ["chat", "--api", self.url(""), "--compressed", *words], cwd=self.dir,
                                settings={"CA": self.ca_file(), "OPENAI_API_KEY": "key", "MIDGE_PROXY": proxy},
                                elf=board.image(BOARD, "full", "-all"))
        self.addCleanup(running.close)
        return running

    @unittest.skipIf(BOARD != "mps2-an385", "its image has all features")
    def test_each_word_alone_through_gzip_and_a_proxy(self):
        text = self.host("chat", "q", "--api", self.url("")).out.decode()
        self.rules({"match": "^/v1/chat", "encode": "gzip", "step": True, "times": 1})
        running = self.through("q")
        for word in text.split():
            self.servers.ask("POST", "/step")
            running.wait_for_next(word)
        for _ in range(3):      # the reason, [DONE], the checksum
            self.servers.ask("POST", "/step")
        self.assertIn(text.strip(), self.end(running).text)

    @unittest.skipIf(BOARD != "mps2-an385", "its image has all features")
    def test_cut_through_gzip_and_a_proxy(self):
        """Or with a wrong checksum: an error, then the next question works."""
        running = self.through()
        running.wait_for_next("> ")
        for rule in ({"cut": 400}, {"cut": 400, "end": "rst"}, {"cut": 400, "end": "close_notify"}, {"encode": "gzip.crc"}):
            self.rules({"match": "^/v1/chat.*\n?.*first", "encode": "gzip", "times": 1, **rule})
            running.type("first\r")
            self.assertRegex(running.wait_for_next("\n> "), "chat: question [0-9]+: (network|API|other) error: ")
        running.type("second\r")
        self.assertIn("You said: “second”. ", running.wait_for_next("\n> "))
        running.type("\x04")
        self.assertIn("5 requests, 4 failed", self.end(running, 1).text)

    def test_error_in_the_middle(self):
        self.stream(chunk("half"), 'data: {"error":{"message":"overloaded"}}\n\n', chunk("lost"))
        running = self.begin()
        running.wait_for_next("> ")
        running.type("first\r")
        self.assertRegex(running.wait_for_next("\n> "),
                         r"^first\nhalf\nchat: question 1: API error: overloaded, in the answer of https://[^\n]*$")
        running.type("\x03")
        self.end(running, 1)

    def test_interrupt(self):
        """Ctrl-C ends an answer, then the next question works; at the prompt it ends all."""
        for profile in PROFILES:
            with self.subTest(profile):
                self.stream(chunk("partial"), chunk("never"), DONE, match="first\"}]}$", step=True,
                            drip={"bytes": len(chunk("partial"))})
                running = self.begin(profile=profile)
                running.wait_for_next("> ")
                running.type("first\r")
                running.wait_for_next("partial")
                running.type("\x03")
                self.assertEqual("^C", running.wait_for_next("\n> "))
                self.rules({"match": "first.*partial.*second", "body": chunk("known") + DONE, "times": 1})
                running.type("second\r")
                self.assertEqual("second\nknown", running.wait_for_next("\n> "))
                running.type("\x03")
                ran = self.end(running)
                self.assertNotIn("never", ran.text)
                self.assertNotIn("error", ran.text)

    def test_refused_for_now(self):
        """Asked again where repeats are built in; else the answer says when to come back."""
        for profile in PROFILES:
            with self.subTest(profile):
                self.rules({"match": "^/v1/chat", "status": 429, "retry_after": 1, "times": 1})
                running = self.begin("q", profile=profile)
                if profile == "tiny":
                    self.assertIn("Too Many Requests", self.end(running, 1).text)
                else:
                    ran = self.end(running)
                    self.assertRegex(ran.text, r"chat: question 1: 429 Too Many Requests; asked again in 1\.\d s \(1 of 3\)")
                    self.assertIn("You said: “q”.", ran.text)

    def test_key_is_refused(self):
        running = self.begin("q", key="bad")
        ran = self.end(running, 1)
        self.assertIn("chat: question 1: API error: 401 Client Error: Unauthorized for url: https://", ran.text)
        self.assertIn("Incorrect API key provided: bad.", ran.text)

    def test_bounded_history(self):
        """More is said than the history holds: the oldest goes, and no memory is left behind."""
        self.rules({"match": "q9[^0-9].*q10[^0-9]", "body": chunk("ten") + DONE, "times": 1},
                   {"match": "q1[^0-9].*q9[^0-9]", "status": 500},
                   *({"match": f"q{number}[^0-9]", "body": chunk("a" * 100) + DONE, "times": 1}
                     for number in range(1, 10)))
        running = self.begin("--history", "512")
        running.wait_for_next("> ")
        for number in range(1, 10):
            running.type(f"q{number}\r")
            self.assertEqual(f"q{number}\n" + "a" * 100, running.wait_for_next("\n> "))
        running.type("q10\r")
        self.assertEqual("q10\nten", running.wait_for_next("\n> "))
        running.type("\x04")
        self.end(running)


if __name__ == "__main__":
    unittest.main(verbosity=2)
