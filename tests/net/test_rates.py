#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""--rate: when each request is sent. In a simulated world to the millisecond, as time is virtual;
against the local server only how long a request waited at least."""
import json
import unittest

import midge_test

HOST = "http://api.example.com"
WORLD = """seed 1
host api.example.com
  reply 80 /from
    status 302
    header "Location: /to"
  reply 80 /busy
    status 429
    header "Retry-After: 30"
    times 1
  reply 80 /busy
    body "ok"
  reply 80 /*
    body "ok"
"""
MOST_MS = 4294967   # a duration of the report saturates


class Virtual(midge_test.Case):
    @classmethod
    def setUpClass(cls):
        midge_test.built(midge_test.BIN)    # and no servers

    def command(self, arguments, report, ca):
        return super().command(arguments, report, False)

    def sim(self, *arguments):
        (self.dir / "world").write_text(WORLD)
        ran = self.midge("-s", "-S", *arguments, "--sim", "world")
        self.assert_code(0, ran)
        return ran

    def waited(self, ran):
        """Milliseconds in the queue, of each URL in order."""
        return [round(line["t_queue_us"] / 1000) for line in ran.lines]

    def test_evenly(self):
        for rate, ms in (("10/s", 100), ("60/m", 1000), ("10/h", 360000), ("10", 360000), ("24/d", 3600000),
                         ("5/15s", 3000), ("3/2m", 40000), ("1000/s", 1)):
            with self.subTest(rate):
                ran = self.sim("--rate", rate, f"{HOST}/[1-50]")
                for k, queued in enumerate(self.waited(ran)):
                    self.assertAlmostEqual(min(ms * k, MOST_MS), queued, delta=1)

    def test_off(self):
        self.assertLess(max(self.waited(self.sim(f"{HOST}/[1-8]"))), 2)

    def test_the_last_one_counts(self):
        ran = self.sim("--rate", "1/d", "--rate", "2/s", f"{HOST}/[1-3]")
        self.assertEqual([0, 500, 1000], self.waited(ran))

    def test_redirects_and_repeats_count(self):
        ran = self.sim("-L", "--rate", "1/s", f"{HOST}/from", f"{HOST}/a", f"{HOST}/b")
        self.assertEqual([1, 0, 0], [line["redirects"] for line in ran.lines])
        for ms, line in zip((1000, 2000, 3000), ran.lines):     # the hop comes before the others
            self.assertAlmostEqual(ms, line["t_total_us"] / 1000, delta=2)

    def test_retry_after_holds_all(self):
        ran = self.sim("--rate", "10/s", "--retry", "1", f"{HOST}/[1-9]", f"{HOST}/busy", f"{HOST}/[10-20]")
        waited = self.waited(ran)
        self.assertEqual(1, ran[9]["retries"])
        self.assertEqual([100 * k for k in range(9)], waited[:9])
        self.assertGreaterEqual(min(waited[9:]), 30900)
        self.assertLess(max(waited), 30900 + 3000 + 12 * 100)

    def test_without_retry_nothing_is_held(self):
        ran = self.sim("--per-host", "1", f"{HOST}/busy", f"{HOST}/1")
        self.assertEqual([429, 200], [line["status"] for line in ran.lines])
        self.assertLess(max(self.waited(ran)), 10)

    def test_timeout_in_the_queue(self):
        """-m counts from when the request leaves the queue, as without a rate."""
        ran = self.sim("--rate", "1/m", "-m", "5", f"{HOST}/[1-3]")
        self.assertEqual([0, 60000, 120000], self.waited(ran))

    def test_values(self):
        for value in ("", "0", "0/s", "-1/s", "x", "1/", "1/x", "1/0s", "1/-1s", "/s", "1.5/s", "1/s/s", "1/25d",
                      "1 /s", "4294967296/s", "1/99999999999999999999s", "1/1", "1/ms"):
            with self.subTest(value):
                ran = self.midge("--rate", value, f"{HOST}/")
                self.assert_code(2, ran, "--rate", repr(value))
                self.assert_one_line(ran)


class Local(midge_test.Case):
    def test_a_server_is_asked_slowly(self):
        ran = self.midge("--rate", "50/s", *(self.url(f"/posts/{n}") for n in range(1, 11)))
        self.assert_code(0, ran)
        for k, line in enumerate(ran.lines):
            self.assertGreaterEqual(line["t_queue_us"], 20000 * k - 2000)

    def test_none_is_asked_during_the_hold(self):
        """The server's count: one 429, and each request once more or once."""
        self.rules({"match": "^/echo", "times": 1, "status": 429, "retry_after": 1})
        urls = [self.url(f"/echo/{n}") for n in range(20)]
        ran = self.midge("--retry", "2", "--per-host", "1", *urls)
        self.assert_code(0, ran)
        self.assertEqual([1] + 19 * [0], [line["retries"] for line in ran.lines])
        for line in ran.lines[1:]:
            self.assertGreaterEqual(line["t_queue_us"], 1_000_000)

    def test_rates_hops_and_failures_together(self):
        """Fifty requests behind redirects, some of them refused for now: all are right, each is asked
        as often as it was redirected or refused, and once more."""
        self.rules({"match": "^/posts", "times": 2, "status": 429, "retry_after": 1})
        before = self.servers.ask("GET", "/stats")["requests"]
        urls = []
        for n in range(1, 51):
            urls += ["-o", f"f{n}", self.url(f"/redirect/1?to=/posts/{n}")]
        ran = self.midge("-L", "--retry", "9", "--retry-delay", "0.001", "--rate", "500/s", *urls)
        self.assert_code(0, ran)
        after = self.servers.ask("GET", "/stats")["requests"]
        asked = {path: after[path] - before.get(path, 0) for path in after}
        posts = sum(n for path, n in asked.items() if path.startswith("/posts/"))
        hops = sum(n for path, n in asked.items() if path.startswith("/redirect/"))
        retries = sum(line["retries"] for line in ran.lines)
        self.assertEqual((2, 50 + 2), (retries, posts))
        self.assertEqual(50, hops)
        for n in range(1, 51):
            self.assertEqual(n, json.loads((self.dir / f"f{n}").read_bytes())["id"])


if __name__ == "__main__":
    unittest.main()
