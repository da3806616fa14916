#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""FreeRTOS, lwIP's sockets and midge in tasks: one boot for each kind of lwIP's locking."""
import re
import unittest

import board
from test_boards import BOARD, GUEST, Board
from test_chat import DONE, chunk

WORKERS, JOBS, ROOMY = 6, 16, 400000
IDLE_MS, TICKS = 500, 5
LEAST_STACK = 200   # bytes that no task has ever used


class FreeRtos(Board):
    def urls(self):
        nginx = self.servers.nginx
        return [self.url("/posts/1", "https_tls12", host=GUEST), self.url("/posts/2", "http", host=GUEST),
                self.url("/posts/3", "https_tls13", host=GUEST), self.url("/posts/4", "https_rsa", host=GUEST),
                self.url("/bytes/3000?chunked=1", "https", host=GUEST), f"https://{GUEST}:{nginx['https_4k']}/1",
                self.url("/echo?_drip=97,0.002", "https", host=GUEST), self.url("/posts/5", "https", host=GUEST)]

    def load(self):
        """96 requests in the least memory, some in much, then nothing but wakes."""
        return ["mixed", 0, WORKERS, JOBS, *self.urls(), "then", "mixed", ROOMY, WORKERS, 4, *self.urls(),
                "then", "mixed", 0, 0, IDLE_MS]

    def settings(self):
        return {"CA": self.ca_file(), "OPENAI_API_KEY": "key"}

    def check(self, ran, locking, programs, wakes_at_most, code=0):
        print("\n" + "\n".join(re.findall(r"^(?:mixed|stack left|memory|report|leak).*", ran.text, re.M)))
        self.assertEqual(code, ran.code, ran)
        self.assertNotRegex(ran.text, "fault|assert", ran)
        self.assertIn(f"core locking {locking}", ran.text)
        self.assertEqual(programs, ran.text.count("leak: none\n"), ran)
        self.check_stacks(ran)
        self.check_load(ran, wakes_at_most)

    def check_stacks(self, ran):
        told = re.findall(r"(\w+) (\d+)", " ".join(re.findall(r"^stack left:(.*)", ran.text, re.M)))
        for task, left in told:
            self.assertGreater(int(left), LEAST_STACK, task)
        for task in ("network", "lwip", "driver", "console", "worker", "interrupts", "main"):
            self.assertIn(task, dict(told))

    def check_load(self, ran, wakes_at_most):
        blocks = re.findall(r"block (\d+) of \d+ needed, least (\d+)", ran.text)
        self.assertEqual(blocks[0][0], blocks[0][1])
        oks = re.findall(r"mixed: (\d+) ok, 0 failed in (\d+) ms, (\d+) wakes", ran.text)
        self.assertEqual([WORKERS * JOBS, WORKERS * 4, 0], [int(ok) for ok, _, _ in oks][:3], ran)
        for _, took, wakes in oks:
            self.assertAlmostEqual(int(took) / TICKS, int(wakes), delta=2)
        ends = re.findall(r"live (\d+) at the end, (\d+) turns", ran.text)
        self.assertEqual({"0"}, {live for live, _ in ends})
        # Each wake ended a poll: the client had nothing else to do.
        self.assertGreaterEqual(int(ends[2][1]), int(oks[2][2]) - 2)
        self.assertLessEqual(int(ends[2][1]), wakes_at_most * int(oks[2][2]) + 10)

    def test_load_and_programs(self):
        api = ["--api", self.api()]
        self.rules({"match": "first\"}]}$", "body": chunk("partial") + chunk("never") + DONE, "step": True,
                    "drip": {"bytes": len(chunk("partial"))}, "times": 1})
        running = board.Running(BOARD, "full", [*self.load(), "then", "posts", *api, "then", "images", *api,
                                                "then", "chat", *api], cwd=self.dir, settings=self.settings())
        self.addCleanup(running.close)
        running.wait_for_next("\n> ")
        running.type("first\r")
        running.wait_for_next("partial")
        running.type("\x03")      # the console's task wakes the program's
        self.assertEqual("^C", running.wait_for_next("\n> "))
        running.type("Why?\r")
        self.assertIn("You said: “Why?”", running.wait_for_next("\n> "))
        running.type("\x04")
        ran = running.end()
        self.check(ran, 1, 6, 1)
        self.assertEqual(6, ran.text.count("Title: "), ran)
        self.take_pictures()

    def test_load_without_core_locking(self):
        bad = [self.url("/posts/1", host="missing.example"), self.url("/posts/1", "refused", host=GUEST),
               self.url("/posts/1", "expired", host=GUEST)]
        ran = board.run(BOARD, "full", [*self.load(), "then", "mixed", 0, 3, 2, *bad], cwd=self.dir,
                        elf=board.image(BOARD, "full", "-unlocked"), settings=self.settings(), timeout=300)
        # lwIP may end a second poll for a wake. What fails leaves nothing behind either.
        self.check(ran, 0, 4, 2, code=1)
        self.assertIn("mixed: 0 ok, 6 failed", ran.text)
        for error in ("RESOLVE", "CONNECT", "CERT"):
            self.assertEqual(2, ran.text.count(f": {error} 0\n"), ran)


if __name__ == "__main__":
    unittest.main(verbosity=2)
