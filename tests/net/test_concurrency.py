#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many at once: what is shared, what waits, and that nobody hurts another. Ratios within a run only."""
import unittest

import midge_test

MANY = 50


class Case(midge_test.Case):
    def reset(self):
        self.servers.ask("POST", "/stats/reset", {})

    def stats(self):
        return self.servers.ask("GET", "/stats")

    def codes(self, ran):
        return [line["exit_code"] for line in ran]


class Together(Case):
    def test_posts(self):
        """One by one, and then so that no answer comes before all three are asked for."""
        urls = [self.url(f"/posts/{n}") for n in (1, 2, 3)]
        self.reset()
        sync = self.midge("--sync", *urls)
        self.assertEqual(1, self.stats()["requests_max"])
        self.rules({"match": "^/posts/", "together": 3})
        both = self.midge(*urls)
        self.assertEqual((0, 0), (sync.code, both.code), both)
        self.assertEqual(sync.out, both.out)
        self.assertEqual((1, 3), (sync.summary["connections"], both.summary["connections"]))

    def check_one_full_handshake(self, version, *options):
        self.reset()
        ran = self.midge("-s", "--per-host", MANY, *options, *sum(
            (["-o", "/dev/null", self.url(f"/echo?n={n}&_together={MANY}")] for n in range(MANY)), []))
        self.assert_code(0, ran)
        self.assertEqual({version}, {line["tls_version"] for line in ran})
        summary, stats = ran.summary, self.stats()
        self.assertEqual((1, MANY - 1, MANY, 0), tuple(summary[name] for name in (
            "handshakes_full", "handshakes_resumed", "peak_connections", "alloc_live")))
        self.assertEqual(({"https": 1}, {"https": MANY - 1}, MANY),
                         (stats["handshakes_full"], stats["handshakes_resumed"], stats["requests_max"]))
        self.assertEqual(1, sum(not line["resumed"] for line in ran))

    def test_one_full_handshake_tls_1_2(self):
        self.check_one_full_handshake("1.2", "--tlsv1.2", "--tls-max", "1.2")

    def test_one_full_handshake_tls_1_3(self):
        self.check_one_full_handshake("1.3")

    def test_one_for_each_origin(self):
        self.reset()
        ports = ("https", "https_tls12", "https_tls13", "https_rsa", "https_chain5k")
        ran = self.midge("-s", *[self.url(f"/delay/2?n={n}", port) for port in ports for n in range(4)])
        self.assert_code(0, ran)
        self.assertEqual((len(ports), 3 * len(ports)),
                         (ran.summary["handshakes_full"], ran.summary["handshakes_resumed"]))
        self.assertEqual(dict.fromkeys(ports, 1), self.stats()["handshakes_full"])

    def test_no_ticket_no_endless_wait(self):
        urls = [self.url(f"/delay/0.2?n={n}", "https_noticket") for n in range(5)]
        for options in ([], ["--tls-max", "1.2"]):
            ran = self.midge("-m", "20", *options, *urls)
            self.assert_code(0, ran)
            self.assertEqual(ran.summary["connections"],
                             ran.summary["handshakes_full"] + ran.summary["handshakes_resumed"])

    def test_a_first_connection_that_fails_is_not_waited_for(self):
        """It is reset in the place where the others wait for its ticket: they go on by themselves."""
        self.rules({"match": "n=0", "reset": True})
        ran = self.midge("-m", "20", *[self.url(f"/echo?n={n}") for n in range(5)])
        self.assertEqual([56, 0, 0, 0, 0], self.codes(ran), ran)


class OneBadServer(Case):
    def test_hurts_only_its_own(self):
        good = self.url("/posts/1?_delay=0.5")
        alone = self.midge(good)
        # The good one with all its origin's handshakes to do by itself: no request helps it.
        ran = self.midge(
            "-m", "8", self.url("/posts/1", "wronghost"), self.url("/", "refused"),
            "https://no-such-name.invalid/", self.url("/drip?bytes=0&interval=0.05", "https_rsa"), good)
        self.assertEqual([60, 7, 6, 28, 0], self.codes(ran), ran)
        self.assertEqual(60, ran.code)
        self.assertEqual(["CERT", "CONNECT", "RESOLVE", "TIMEOUT", ""], [line["error"] for line in ran])
        self.assertEqual(["tls", "connect", "dns", "body", "done"], [line["phase"] for line in ran])
        self.assertEqual(4, ran.text.count("\n"), ran)
        self.assertEqual(ran[4]["body_sha256"], alone[0]["body_sha256"])
        self.assertEqual(alone.out, ran.out[-len(alone.out):])
        times = [line["t_total_us"] for line in ran]
        self.assertLess(2 * times[4], times[3])
        for n in (0, 1, 2):
            self.assertLess(2 * times[n], times[3])     # each ended when it was clear
        self.assertGreater(ran[3]["body_len"], 0)

    def test_bad_ones_of_all_kinds(self):
        bad = {
            self.url("/echo?_reset=1"): 56, self.url("/bytes/100?_cut=10"): 18, self.url("/", "refused"): 7,
            self.url("/", self.raw("garbage\r\n\r\n")): 8, self.tls_url(self.raw("", tls="1.2")): 52,
            self.tls_url(self.raw("plain", on="connect")): 35, self.url("/", "untrusted"): 60,
            "nothing": 3, "ftp://localhost/": 1,
        }
        urls, codes = [], []
        for url, code in bad.items():
            urls += [url, self.url(f"/bytes/{1000 + len(urls)}")]
            codes += [code, 0]
        ran = self.midge("-m", "20", *urls)
        self.assertEqual(codes, self.codes(ran), ran)
        self.assertEqual(len(bad), ran.summary["failed"])
        self.servers.ask("DELETE", "/raw")


class KeepAlive(Case):
    def sync(self, *arguments):
        return self.midge("--sync", "-m", "20", *arguments)

    def test_closed_while_idle(self):
        """The server ends each connection after an answer that did not say so."""
        answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        for tls, end in ((False, "fin"), (False, "rst"), ("1.2", "fin"), ("1.2", "close_notify"),
                         ("1.3", "close_notify"), ("1.3", "rst")):
            with self.subTest(tls=tls, end=end):
                port = self.raw(answer, tls=tls, end=end)
                url = self.tls_url(port) if tls else self.url("/", port)
                ran = self.sync(url, url, url)
                if end == "rst" and ran.code == 56:
                    continue    # the reset overtook the answer
                self.assertEqual(([0, 0, 0], b"okokok"), (self.codes(ran), ran.out), ran)
                self.assertEqual(3, self.servers.ask("GET", f"/raw?port={port}")["connections"])

    def test_stale_is_replayed_once(self):
        self.rules({"match": "second", "times": 1, "reset": True})
        ran = self.sync(self.url("/echo?first"), self.url("/echo?second"))
        self.assertEqual([0, 0], self.codes(ran), ran)
        self.assertEqual((1, 1, False), tuple(ran[1][name] for name in ("retries", "connects", "reused")))
        self.assertEqual(2, ran.summary["connections"])

    def test_a_fresh_connection_is_not_replayed(self):
        self.rules({"match": "only", "times": 1, "reset": True})
        ran = self.sync(self.url("/echo?only"))
        self.assertEqual(([56], 0), (self.codes(ran), ran[0]["retries"]), ran)

    def test_not_for_ever(self):
        self.rules({"match": "second", "reset": True})
        ran = self.sync(self.url("/echo?first"), self.url("/echo?second"))
        self.assertEqual(([0, 56], 1), (self.codes(ran), ran[1]["retries"]), ran)

    def test_what_is_not_idempotent_is_never_sent_twice(self):
        self.rules({"match": "second", "reset": True})
        self.reset()
        ran = self.sync(self.url("/echo?first"), "--next", "-m", "20", "-d", "x", self.url("/echo?second"))
        self.assertEqual(([0, 56], 0), (self.codes(ran), ran[1]["retries"]), ran)
        self.assertEqual(2, self.stats()["requests_total"])

    def test_not_after_the_answer_began(self):
        self.rules({"match": "second", "cut": 1, "end": "rst"})
        self.reset()
        ran = self.sync(self.url("/echo?first"), self.url("/echo?second"))
        self.assertEqual(([0, 56], 0), (self.codes(ran), ran[1]["retries"]), ran)
        self.assertEqual(2, self.stats()["requests_total"])


class Limits(Case):
    """What the server saw at once: most, and no answer comes before as many are there."""

    def at_once(self, most, *options, n=12, port="https"):
        before = self.stats()["open_now"]
        self.reset()
        ran = self.midge("-s", *options, *[self.url(f"/echo?n={i}&_together={most}", port) for i in range(n)])
        self.assert_code(0, ran)
        stats = self.stats()
        self.assertEqual(most, stats["requests_max"])
        self.assertEqual(n, stats["requests_total"])
        self.assertLessEqual(stats["open_max"] - before, ran.summary["peak_connections"] + 1)  # ours, for /stats
        return ran

    def test_transfers(self):
        for n in (1, 3, 12):
            ran = self.at_once(n, "--parallel-max", n, "--per-host", "12")
            self.assertEqual(n, ran.summary["peak_connections"])

    def test_connections(self):
        for n in (1, 4):
            ran = self.at_once(n, "--max-conns", n, "--per-host", "12")
            self.assertEqual((n, n), (ran.summary["peak_connections"], ran.summary["connections"]))

    def test_connections_to_one_origin(self):
        ran = self.at_once(3, "--per-host", "3")
        self.assertEqual(3, ran.summary["connections"])     # kept and used again
        # Those of another origin do not wait for them.
        self.reset()
        ran = self.midge("--per-host", "1", self.url("/echo?n=1&_together=2"), self.url("/echo?n=2"),
                         self.url("/posts/1?_together=2", "https_rsa"))
        self.assert_code(0, ran)
        self.assertEqual(2, self.stats()["requests_max"])

    def test_idle_connections_make_room(self):
        ports = ("https", "https_rsa", "https_tls12", "https_tls13")
        ran = self.midge("--max-conns", "1", *[self.url("/posts/1", port) for port in ports * 2])
        self.assert_code(0, ran)
        self.assertEqual(1, ran.summary["peak_connections"])

    def test_sync_keeps_the_order(self):
        port = self.raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", end="open")
        self.assert_code(0, self.midge("--sync", *[self.url(f"/{n}", port) for n in range(20)]))
        asked = [request.split()[1] for request in self.servers.raw_seen(port)]
        self.assertEqual([b"/%d" % n for n in range(20)], asked)
        ran = self.at_once(1, "--sync")
        self.assertEqual(1, ran.summary["connections"])

    def test_bodies_in_order_whatever_comes_first(self):
        urls = [self.url(f"/bytes/{size}?_delay={delay}")
                for size, delay in ((3, 0.4), (70000, 0), (5, 0.2), (1 << 20, 0.1), (0, 0))]
        both, sync = self.midge(*urls), self.midge("--sync", *urls)
        self.assertEqual((0, 0), (both.code, sync.code))
        self.assertEqual(sync.out, both.out)
        self.assertEqual(3 + 70000 + 5 + (1 << 20), len(both.out))

    def test_five_hundred_small_ones(self):
        n = 50 if midge_test.SANITIZED else 500
        ran = self.midge(*[self.url(f"/bytes/{i}") for i in range(n)])
        self.assert_code(0, ran)
        self.assertEqual(list(range(n)), [line["body_len"] for line in ran])
        self.assertEqual((1, 0), (ran.summary["handshakes_full"], ran.summary["alloc_live"]))


if __name__ == "__main__":
    unittest.main()
