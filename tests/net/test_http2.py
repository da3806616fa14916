#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""HTTP/2 against nginx and nghttpd: many requests on one connection, over TLS (ALPN) and plain (prior
knowledge); uploads, cancels, a server that speaks HTTP/1.1 only."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import unittest

import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
import h2raw

NGHTTPD = shutil.which("nghttpd") or "/usr/sbin/nghttpd"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


class Http2(midge_test.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not os.path.exists(NGHTTPD):
            raise RuntimeError("no nghttpd: Debian's package is nghttp2-server")
        cls.www = pathlib.Path(cls.servers.dir) / "h2www"
        cls.www.mkdir()
        (cls.www / "small").write_bytes(b"hello")
        (cls.www / "middle").write_bytes(os.urandom(100_000))
        (cls.www / "big").write_bytes(os.urandom(3_000_000))
        pem = pathlib.Path(cls.servers.dir) / "certs" / "good.pem"
        cls.h2 = cls.nghttpd(pem, pem)
        cls.h2c = cls.nghttpd()

    @classmethod
    def nghttpd(cls, *certificate, options=()):
        """Its port; plain without the files of key and certificate."""
        port = free_port()
        process = subprocess.Popen(
            [NGHTTPD, "-d", cls.www, "--echo-upload", "--trailer", "x-test: after", *options,
             *([] if certificate else ["--no-tls"]), str(port), *certificate],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(process.wait, 10)
        cls.addClassCleanup(process.terminate)
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return port
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("nghttpd did not start")
            time.sleep(0.02)    # until it listens

    def servers_of_all(self):
        """(option, base URL) of each nghttpd."""
        return (("--http2", f"https://localhost:{self.h2}"),
                ("--http2-prior-knowledge", f"http://127.0.0.1:{self.h2c}"))

    def nginx_of_all(self):
        """The same of nginx."""
        nginx = self.servers.nginx
        return (("--http2", f"https://localhost:{nginx['h2']}"),
                ("--http2-prior-knowledge", f"http://127.0.0.1:{nginx['h2c']}"))

    def test_many_on_one_connection(self):
        for option, base in self.servers_of_all():
            with self.subTest(option=option):
                ran = self.midge(option, *[f"{base}/small"] * 40)
                self.assert_code(0, ran)
                self.assertEqual(b"hello" * 40, ran.out)
                self.assertEqual(["2"] * 40, [line["http_version"] for line in ran])
                self.assertEqual([2 * i + 1 for i in range(40)],
                                 sorted(line["stream_id"] for line in ran))
                self.assertEqual(["stream"] * 40, [line["framing"] for line in ran])
                self.assertEqual(1, ran.summary["connections"])
                self.assertEqual(0, ran.summary["alloc_live"])
                self.assertEqual([["x-test", "after"]], ran[0]["trailers"])

    def test_large_bodies_at_once(self):
        big = (self.www / "big").read_bytes()
        for option, base in self.servers_of_all():
            with self.subTest(option=option):
                ran = self.midge(option, *[word for i in range(8)
                                           for word in ("-o", f"f{i}", f"{base}/big")])
                self.assert_code(0, ran)
                for i in range(8):
                    self.assertEqual(big, (self.dir / f"f{i}").read_bytes())
                self.assertEqual(1, ran.summary["connections"])

    def test_upload(self):
        body = os.urandom(1_000_000)
        (self.dir / "up").write_bytes(body)
        for option, base in self.servers_of_all():
            with self.subTest(option=option):
                ran = self.midge(option, "--data-binary", "@up", f"{base}/echo", "--next", option,
                                 "-T", "-", f"{base}/echo", input=body)
                self.assert_code(0, ran)
                self.assertEqual(body * 2, ran.out)
                self.assertEqual(1, ran.summary["connections"])

    def test_through_nginx(self):
        """Its api, redirects, HEAD, statuses."""
        for option, base in self.nginx_of_all():
            with self.subTest(option=option):
                ran = self.midge(option, f"{base}/posts/1", f"{base}/status/204",
                                 f"{base}/status/404", f"{base}/1M", "-o", "/dev/null", "-o",
                                 "/dev/null", "-o", "/dev/null", "-o", "/dev/null")
                self.assertEqual([200, 204, 404, 200], [line["status"] for line in ran])
                self.assertEqual(1 << 20, ran[3]["body_len"])
                self.assertEqual(1, ran.summary["connections"])
                ran = self.midge(option, "-I", f"{base}/1M")
                self.assertTrue(ran.out.startswith(b"HTTP/2 200 \r\n"), ran)
                self.assertEqual(0, ran[0]["body_len"])

    def test_answers_delayed_together(self):
        """Twenty requests that wait one second each: all at once on one connection."""
        base = f"https://localhost:{self.servers.nginx['h2']}"
        ran = self.midge("--http2", *[f"{base}/delay1/{i}" for i in range(20)])
        self.assert_code(0, ran)
        self.assertEqual(1, ran.summary["connections"])
        self.assertEqual(1, ran.summary["handshakes_full"])

    def test_one_is_cancelled(self):
        """A limit of one body, and of one time: the others end well on the same connection."""
        base = f"https://localhost:{self.servers.nginx['h2']}"
        ran = self.midge("--http2", *[f"{base}/posts/1"] * 5, "--next", "--http2", "--max-body",
                         "1000", "-o", "x", f"{base}/1M")
        self.assertEqual([200] * 6, [line["status"] for line in ran])
        self.assertEqual("TOO_LARGE", ran[5]["error"])
        self.assertEqual(1, ran.summary["connections"])

    def test_http1_servers(self):
        """ALPN falls back; the others resume the first one's session, or follow on its connection."""
        base = self.url("/posts/1", "https")
        ran = self.midge("--http2", *[base] * 3)
        self.assert_code(0, ran)
        self.assertEqual(["1.1"] * 3, [line["http_version"] for line in ran])
        self.assertEqual([0] * 3, [line["stream_id"] for line in ran])
        self.assertEqual(1, ran.summary["handshakes_full"])
        ran = self.midge("--http2-prior-knowledge", self.url("/posts/1", "http"))
        self.assert_code(8, ran, "HTTP/1 answer to HTTP/2 (wait, HTTP/2 code 13)")

    def test_http1_by_default(self):
        base = f"https://localhost:{self.servers.nginx['h2']}"
        for options in ((), ("--http1.1",)):
            ran = self.midge(*options, f"{base}/posts/1")
            self.assertEqual("1.1", ran[0]["http_version"])

    def preface(self, *arguments):
        """The first bytes that a server gets, all with that of the first request."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(midge_test.TIMEOUT)
            process = self.start("--http2-prior-knowledge", *arguments,
                                 f"http://127.0.0.1:{listening.getsockname()[1]}/")
            with listening.accept()[0] as link:
                seen = b""
                while b"\1\5" not in seen[57:]:     # HEADERS, END_STREAM | END_HEADERS
                    more = link.recv(4096)
                    self.assertTrue(more, seen)
                    seen += more
        self.end(process)
        return seen

    def test_no_table(self):
        """A server that allows no dynamic table."""
        port = self.nghttpd(options=["--header-table-size=0"])
        ran = self.midge("--http2-prior-knowledge", "--parallel-max", "1", "-d", "x=1",
                         *[f"http://127.0.0.1:{port}/echo"] * 4)
        self.assert_code(0, ran)
        self.assertEqual([1, 3, 5, 7], [line["stream_id"] for line in ran])

    def test_few_streams(self):
        """A server that allows one stream; the requests are taken before its SETTINGS come."""
        port = self.nghttpd(options=["--max-concurrent-streams=1"])
        ran = self.midge("--http2-prior-knowledge", "-d", "x=1", "-H", "x-long: " + "x" * 1500,
                         *[f"http://127.0.0.1:{port}/echo"] * 12)
        self.assert_code(0, ran)
        self.assertEqual(1, ran.summary["connections"])

    def test_exit_codes(self):
        """Those of curl: 92 for a stream, 16 for a connection."""
        pem = pathlib.Path(self.servers.dir) / "certs" / "good.pem"
        for mode, code, words in (("reset", 92, "stream reset by the server (wait)"),
                                  ("upper", 92, "bad character in header name (wait)"),
                                  ("push", 16, "frame out of place (wait, HTTP/2 code 1)")):
            with self.subTest(mode=mode), h2raw.Server(pem, [mode]) as server:
                ran = self.midge("--http2", f"https://localhost:{server.port}/")
                self.assert_code(code, ran, words)

    def test_windows(self):
        """The settings of the preface, and the credit behind them."""
        for arguments, window, more in (((), 65536, (1 << 20) - 65535), (("--http2-window", 2048), 2048, (1 << 20) - 65535),
                                        (("--http2-window", 1 << 21), 1 << 21, (1 << 21) - 65535),
                                        (("--http2-conn-window", 100000), 65536, 100000 - 65535)):
            with self.subTest(arguments=arguments):
                seen = self.preface(*arguments)
                self.assertTrue(seen.startswith(b"PRI * HTTP/2.0"), seen)
                self.assertIn(b"\0\4" + window.to_bytes(4, "big"), seen)
                self.assertIn(b"\0\0\4\10\0\0\0\0\0" + more.to_bytes(4, "big"), seen)
        for arguments in (("--http2-window", 2047), ("--http2-conn-window", 65534),
                          ("--http2-window", (1 << 30) + 1)):
            ran = self.midge("--http2", *arguments, self.url("/posts/1"))
            self.assert_code(2, ran, arguments[0])

    def test_sessions(self):
        """A session that was stored is resumed, and HTTP/2 is spoken again."""
        (self.dir / "key").write_bytes(b"k" * 32)
        for option in ("--http2", "--http2-prior-knowledge"):
            for resumed in (False, True):
                ran = self.midge(option, "--ssl-sessions", option, "--session-key", "key",
                                 f"https://localhost:{self.servers.nginx['h2']}/posts/1")
                self.assertEqual((resumed, "2"), (ran[0]["resumed"], ran[0]["http_version"]))

    def test_through_a_tunnel(self):
        """A proxy's tunnel has TLS in it, and ALPN chooses; to the proxy HTTP/1.1 is spoken."""
        proxy = f"127.0.0.1:{self.servers.proxies['tinyproxy']}"
        ran = self.midge("--http2-prior-knowledge", "-x", proxy,
                         f"https://localhost:{self.servers.nginx['h2']}/posts/1",
                         self.url("/posts/1", "http", "127.0.0.1"))
        self.assert_code(0, ran)
        self.assertEqual(["2", "1.1"], [line["http_version"] for line in ran])

    def test_tls_1_2(self):
        base = f"https://localhost:{self.h2}"
        ran = self.midge("--http2", "--tls-max", "1.2", *[f"{base}/small"] * 3)
        self.assertEqual(["1.2"] * 3, [line["tls_version"] for line in ran])
        self.assertEqual(["2"] * 3, [line["http_version"] for line in ran])
        self.assertEqual(1, ran.summary["connections"])

    def test_padded_heads(self):
        """Padding counts as a part of a head: 20 of them must fit into one record of 4 KB."""
        pem = pathlib.Path(self.servers.dir) / "certs" / "good.pem"
        port = self.nghttpd(pem, pem, options=["--padding=255"])
        files = [word for i in range(20) for word in ("-o", f"f{i}", f"https://localhost:{port}/middle")]
        done = subprocess.run([midge_test.of_profile("small"), "--http2", "--cacert", self.ca, "--report", "report",
                               *files], cwd=self.dir, capture_output=True, timeout=60)
        self.assertEqual((0, b""), (done.returncode, done.stderr))
        lines = (self.dir / "report").read_text().splitlines()
        self.assertEqual(1, json.loads(lines[-1])["summary"]["connections"])

    def test_small_input_buffer(self):
        """The profile tiny has 4 KB for a record, and nghttpd puts all that it may send into one."""
        tiny = midge_test.of_profile("tiny")
        want = (self.www / "middle").read_bytes()
        for n in (1, 4, 8, 30):
            files = [word for i in range(n)
                     for word in ("-o", f"f{i}", f"https://localhost:{self.h2}/middle")]
            done = subprocess.run([tiny, "--http2", "--cacert", self.ca, *files], cwd=self.dir,
                                  capture_output=True, timeout=60)
            self.assertEqual((0, b""), (done.returncode, done.stderr))
            for i in range(n):
                self.assertEqual(want, (self.dir / f"f{i}").read_bytes())


if __name__ == "__main__":
    unittest.main()
