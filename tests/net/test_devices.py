#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""--device: the board's limits. The programs of 32 bits are compared with the boards in tests/boards/test_desk.py."""
import pathlib
import re
import shutil
import subprocess
import unittest

import midge_test


class Devices(midge_test.Case):
    def test_list(self):
        ran = self.midge("--device", "list", report=False)
        self.assert_code(0, ran)
        lines = [line.split() for line in ran.out.decode().splitlines()]
        self.assertIn(["lm3s6965evb", "tiny", "43520", "10", "536", "536"], lines)
        self.assertEqual(ran.out, self.midge("app", "posts", "--device=list", report=False, ca=False).out)

    def test_unknown(self):
        for words in (["http://localhost/"], ["--sim", "/dev/null", "http://localhost/"]):
            ran = self.midge("--device", "lm3s", *words, report=False)
            self.assert_code(2, ran)
            self.assertIn("there is no device 'lm3s'; --device list shows them", ran.text)

    def test_real_sockets(self):
        """The program of the profile, with the board's connections and its block, wider."""
        midge_test.of_profile("tiny")
        for name in ("lm3s6965evb", "lm3s6965evb-tiny"):
            ran = self.midge("--device", name, *[self.url("/posts/1", "http")] * 20)
            self.assert_code(0, ran)
            self.assertIn("56576 bytes", ran.text)
            self.assertEqual(20, len(ran.lines))
            self.assertLessEqual(ran.summary["peak_connections"], 10)
            self.assertLessEqual(ran.summary["alloc_peak"], 56576)

    def test_family(self):
        """Members of a family share one program."""
        midge_test.of_profile("tiny")
        ran = self.midge("--device", "mps3-an547-tiny", self.url("/posts/1", "http"))
        self.assert_code(0, ran)
        self.assertIn("mps2-an385-tiny", ran.text)

    def test_missing_program(self):
        """Says how to build it."""
        alone = shutil.copy(midge_test.BIN, self.dir / "midge")
        done = subprocess.run([alone, "--device", "riscv-virt", "--sim", "/dev/null", "http://a/"],
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn(b"-DMIDGE_DEVICES=ON", done.stderr)
        done = subprocess.run([alone, "--device", "lm3s6965evb", "http://a/"], stderr=subprocess.PIPE, check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn(b"-DMIDGE_ALL_PROFILES=ON\n", done.stderr)     # the usual program of that profile
        self.assertNotIn(b"DEVICES", done.stderr)

    def test_missing_program_with_http2(self):
        """Says how to build it, whoever asks for HTTP/2."""
        api = "https://api.example"
        for words in (["--sim", "/dev/null", "--http2", api], ["--sim", "/dev/null", "--http2-prior-knowledge", api],
                      ["app", "posts", "--sim", "/dev/null", "--api", api], ["size", "--http2"]):
            ran = self.midge(*words, "--device", "lm3s6965evb-tiny", report=False, ca=False, env={"MIDGE_HTTP": "2"})
            self.assertEqual(2, ran.code, ran)
            self.assertIn("-DMIDGE_DEVICES=ON -DMIDGE_DEVICES_HTTP2=lm3s6965evb-tiny (", ran.text)


BLOCK = 50688   # of lm3s6965evb's image with HTTP/2
HOST = "https://api.example"
WORLD = f"""latency 20
host api.example
  tls 443 http2
  http2 80
  reply 80 /posts/1
    body "hello"
  reply 443 /posts*
    delay 2000
    body "{{\\"userId\\": 1, \\"id\\": 1, \\"title\\": \\"a title\\", \\"body\\": \\"a text\\"}}"
  reply 443 /first
    body "first"
  reply 443 /big
    fill 100000
  reply 443 /long
    header "X: {'a' * 20000}"
    body "long"
  reply 443 /cut
    fill 100000
    end reset 5000
"""


@unittest.skipUnless(pathlib.Path(f"{midge_test.BIN}-lm3s6965evb-small").exists(), "a build without MIDGE_DEVICES")
class Simulated(midge_test.Case):
    def setUp(self):
        super().setUp()
        (self.dir / "world").write_text(WORLD)


class Http2(Simulated):
    """HTTP/2 in the memory of lm3s6965evb."""

    def device(self, *words, http2="--http2", **more):
        return self.midge("--device", "lm3s6965evb-small", "--sim", "world", "-sS", http2, *words, ca=False, **more)

    def test_many_at_once(self):
        """30 are sent before the first of their answers comes, on one connection. Before its first head the record
        limiter lets 13 begin, which are answered at once here; from their heads it knows how long heads are."""
        ran = self.device(*[f"{HOST}/first"] * 13, *[f"{HOST}/posts/{i}" for i in range(30)])
        self.assertEqual(13, [line["body_len"] for line in ran.lines].count(5))
        del ran.lines[:13]
        self.assert_code(0, ran)
        self.assertEqual({("2", 1, 60, "")}, {(line["http_version"], line["connection_id"], line["body_len"], line["error"])
                                              for line in ran.lines})
        self.assertEqual((30, 30), (len(ran), len({line["stream_id"] for line in ran.lines})))
        self.assertEqual((1, 1), (ran.summary["connections"], ran.summary["handshakes_full"]))
        sent = [sum(line[f"t_{phase}_us"] for phase in ("queue", "dns", "connect", "tls", "send")) for line in ran.lines]
        self.assertLess(max(sent), min(line["t_total_us"] - line["t_body_us"] for line in ran.lines))
        self.assertLessEqual(ran.summary["alloc_peak"], BLOCK)
        print(f"30 requests at once: {ran.summary['alloc_peak']} of {BLOCK} bytes at most", flush=True)

    def test_more_than_fit(self):
        """The others wait for memory."""
        ran = self.device(*[f"{HOST}/posts/{i}" for i in range(150)])
        self.assert_code(0, ran)
        self.assertEqual({("2", "")}, {(line["http_version"], line["error"]) for line in ran.lines})
        self.assertLessEqual(ran.summary["alloc_peak"], BLOCK)

    def test_without_tls(self):
        ran = self.device("http://api.example/posts/1", http2="--http2-prior-knowledge")
        self.assert_code(0, ran)
        self.assertEqual(("2", b"hello"), (ran[0]["http_version"], ran.out))

    def test_app(self):
        """Its environment asks for HTTP/2."""
        ran = self.midge("app", "posts", "--device", "lm3s6965evb-small", "--sim", "world", "--api", HOST, "--stats",
                         report=False, ca=False, env={"MIDGE_HTTP": "2"})
        self.assertEqual(0, ran.code, ran)
        self.assertEqual(2, ran.text.count("3 requests, 0 failed, 1 connections, 1 full"), ran)
        self.assertIn(f" of {BLOCK} bytes at most", ran.text)

    def test_size(self):
        ran = self.midge("size", "--device", "lm3s6965evb-small", "--http2", report=False, ca=False)
        self.assertEqual(0, ran.code, ran)
        self.assertIn("TLS configurations for HTTP/2", ran.out.decode())

    def test_hostile(self):
        """A head above all buffers, a stream that is reset, and more than all windows, beside each other."""
        ran = self.device(f"{HOST}/long", f"{HOST}/cut", f"{HOST}/big", f"{HOST}/posts/1")
        self.assertEqual(["", "PARTIAL", "", ""], [line["error"] for line in ran.lines], ran)
        self.assertEqual([4, 100000, 60], [ran[i]["body_len"] for i in (0, 2, 3)])
        self.assertLessEqual(ran.summary["alloc_peak"], BLOCK)

    def test_no_memory(self):
        ran = self.device("--heap", "20000", f"{HOST}/posts/1", report=False)
        self.assert_code(27, ran, "a block of 20000 bytes is too small")

    def test_not_asked_for(self):
        """The program without HTTP/2 can't be that server."""
        ran = self.midge("--device", "lm3s6965evb-small", "--sim", "world", f"{HOST}/posts/1", report=False, ca=False)
        self.assert_code(2, ran)
        self.assertIn("world:3: http2: this program has no HTTP/2; with --device, --http2 starts the one", ran.text)


class Plain(Simulated):
    """The devices' usual programs."""

    def test_every_device(self):
        """A plain GET goes on each, also where redirects and repeats are left out; those are refused there."""
        (self.dir / "plain").write_text(WORLD.replace("  http2 80\n", "").replace(" http2", ""))
        listed = self.midge("--device", "list", report=False).out.decode()
        names = re.findall(r"^(\S+) +(full|small|tiny) ", listed, re.M)
        self.assertEqual(8, len(names), listed)
        for name, profile in names:
            device = ["--device", name, "--sim", "plain", "-sS"]
            with self.subTest(name):
                ran = self.midge(*device, f"{HOST}/first", ca=False)
                self.assert_code(0, ran)
                self.assertEqual(b"first", ran.out)
                ran = self.midge(*device, "--retry", "1", f"{HOST}/first", ca=False)
                self.assert_code(2 if profile == "tiny" else 0, ran)

    def test_left_out(self):
        """An option of which the device's program lacks the feature is refused by its name."""
        (self.dir / "plain").write_text(WORLD.replace("  http2 80\n", "").replace(" http2", ""))
        on_all = [["--resolve", "a:80:127.0.0.1"], ["--connect-to", "a:1:b:2"], ["--servername", "a"], ["--insecure"],
                  ["--tls-max", "1.2"], ["--pinnedpubkey", "sha256//" + 43 * "A" + "="], ["--proxy", "a:1"], ["--rate", "1/s"],
                  ["--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"], ["--header", "Expect: 100-continue"], ["--form", "a=b"],
                  ["--compressed"]]
        for name, options in (("mps2-an385", on_all + [["--tlsv1.3"]]), ("lm3s6965evb-small", on_all),
                              ("lm3s6965evb", on_all + [["--location"], ["--retry", "1"]])):
            for words in options:
                with self.subTest((name, words)):
                    ran = self.midge("--device", name, "--sim", "plain", *words, f"{HOST}/first", report=False, ca=False)
                    self.assert_code(2, ran, words[0])
                    self.assert_one_line(ran)
            ran = self.midge("--device", name, "--sim", "plain", "-s", "--tlsv1.2", "--retry", "0", "--proxy", "",
                             "--max-redirs", "3", f"{HOST}/first", ca=False)
            self.assert_code(0, ran)     # these ask for nothing


if __name__ == "__main__":
    unittest.main()
