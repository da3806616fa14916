# SPDX-License-Identifier: MIT
"""Many at once: what is shared, what waits, and that nobody hurts another. Ratios only within a run."""
import resource
import unittest

import midge_test


class ManyToOneOrigin(midge_test.Case):
    def many(self, n, *options, path="/delay/0.5?n={}"):
        return self.midge("-s", "--per-host", n, *options, *sum(
            (["-o", "/dev/null", self.url(path.format(i))] for i in range(n)), []))

    def check_one_full_handshake(self, version, *options):
        self.servers.ask("POST", "/stats/reset", {})
        ran = self.many(50, *options)
        self.assert_code(0, ran)
        self.assertEqual({version}, {line["tls_version"] for line in ran})
        self.assertEqual((1, 49, 50), (ran.summary["handshakes_full"],
                                       ran.summary["handshakes_resumed"],
                                       ran.summary["peak_connections"]))
        stats = self.servers.ask("GET", "/stats")
        self.assertEqual((1, 49), (stats["handshakes_full"]["https"],
                                   stats["handshakes_resumed"]["https"]))
        self.assertEqual(0, ran.summary["alloc_live"])
        waits = sum(line["t_wait_us"] for line in ran)
        self.assertGreater(waits, 10 * ran.summary["wall_us"])   # they waited together

    def test_tls_1_3(self):
        self.check_one_full_handshake("1.3")

    def test_tls_1_2(self):
        self.check_one_full_handshake("1.2", "--tls-max", "1.2")

    def test_without_tickets_nobody_waits_for_ever(self):
        ran = self.midge("--tls-max", "1.2", "-s", *sum(
            (["-o", "/dev/null", self.url(f"/delay/0.3?n={i}", "https_noticket")] for i in range(5)), []))
        self.assert_code(0, ran)
        self.assertEqual(5, ran.summary["handshakes_full"] + ran.summary["handshakes_resumed"])

    def test_a_small_block_makes_them_wait(self):
        ran = self.many(50, "--heap", "65536", path="/posts/{}")
        failed = [line for line in ran if line["exit_code"] != 0]
        self.assertEqual([], [line for line in failed if line["status"] not in (0, 404)], ran)
        self.assertEqual(["yes"] * 50, [line["complete"] for line in ran])
        self.assertLessEqual(ran.summary["alloc_peak"], 65536)
        self.assertEqual((1, 0), (ran.summary["peak_connections"], ran.summary["alloc_live"]))

    def test_the_least_block_works(self):
        small = self.midge("--heap", "20000", self.url("/posts/1"))
        self.assert_code(27, small, "too small")
        least = small.text.split("--heap ")[1].split(")")[0]
        for port in ("https", "https_rsa", "https_chain5k"):
            self.assert_code(0, self.midge("--heap", least, self.url("/posts/1", port)))


class OneBadServer(midge_test.Case):
    def test_hurts_only_its_own(self):
        alone = self.midge(self.url("/posts/1"))
        ran = self.midge(
            "-m", "2", self.url("/posts/1", "wronghost"), self.url("/", "refused"),
            "https://no-such-name.invalid/", self.url("/drip?bytes=0&interval=0.05"), self.url("/posts/1"))
        self.assertEqual([60, 7, 6, 28, 0], [line["exit_code"] for line in ran], ran)
        self.assertEqual(60, ran.code)
        self.assertEqual(["tls", "connect", "dns", "body", "done"], [line["phase"] for line in ran])
        self.assertEqual(ran[4]["body_sha256"], alone[0]["body_sha256"])
        self.assertLess(ran[4]["t_total_us"] * 3, ran[3]["t_total_us"])  # it did not wait for the drip

    def test_certificates(self):
        words = {"expired": "expired on 2024-05-01", "notyet": "not yet valid", "selfsigned": "self-signed",
                 "wronghost": "another host", "nosan": "subjectAltName", "untrusted": "not trusted"}
        for port, text in words.items():
            with self.subTest(port):
                ran = self.midge(self.url("/posts/1", port))
                self.assert_code(60, ran, text)
                self.assert_one_line(ran)
                self.assertNotEqual(0, ran[0]["verify_flags"])
                self.assert_code(0, self.midge("-k", self.url("/posts/1", port)))
        self.assert_code(0, self.midge("--now", "1711929600", self.url("/posts/1", "expired")))


    def test_unverified_connections_and_sessions_stay_apart(self):
        for options in ((), ("--tls-max", "1.2")):
            url = self.url("/posts/1", "selfsigned")
            ran = self.midge("--sync", *options, "-k", url, url, "--next", *options, url)
            self.assertEqual([0, 0, 60], [line["exit_code"] for line in ran], ran)
            self.assertEqual([False, True, False], [line["reused"] for line in ran])
            self.assertEqual(2, ran.summary["connections"])
            self.assertFalse(ran[2]["resumed"])

    def test_disk_full(self):
        ran = self.midge("-o", "/dev/full", self.url("/bytes/100000"), "-o", "good", self.url("/posts/1"))
        self.assertEqual([23, 0], [line["exit_code"] for line in ran], ran)
        self.assertEqual(["good"], self.files())


class LargeBodies(midge_test.Case):
    def test_memory_is_flat(self):
        size = 20_000_000 if midge_test.SANITIZED else 200_000_000
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        ran = self.midge("-o", "/dev/null", self.url(f"/bytes/{size}"))
        self.assert_code(0, ran)
        self.assertEqual(size, ran[0]["body_len"])
        self.assertLess(ran.summary["alloc_peak"], 100_000)
        if not midge_test.SANITIZED:
            after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            self.assertLess(after, max(before, 30_000))

    def test_a_reader_that_stops_stops_the_server(self):
        process = self.start(self.url("/bytes/500000000?stop", "http"), report=False)
        sent = self.steady()
        self.assertLess(sent, 20_000_000)
        process.stdout.read(1000)
        self.assertEqual(sent // 20_000_000, self.steady() // 20_000_000)

    def steady(self):
        """The server's count of bytes sent, once it has stopped moving for 50 reads."""
        value, same = 0, 0
        while same < 50:
            now = self.servers.ask("GET", "/stats")["bytes_sent"].get("/bytes/500000000", 0)
            value, same = now, same + 1 if now == value and now > 0 else 0
        return value


if __name__ == "__main__":
    unittest.main()
