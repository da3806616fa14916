#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Redirects of the program: -L and the options about it, beside curl where that is installed."""
import json
import shutil
import subprocess
import unittest
import urllib.parse

from midge_test import Case

CURL = shutil.which("curl")


class Redirects(Case):
    def at(self, hops, query="", port="https", **settings):
        return self.url(f"/redirect/{hops}{'?' if query else ''}{query}", port, **settings)

    def to_echo(self, status=302, hops=1, **settings):
        return self.at(hops, f"to=/echo&status={status}", **settings)

    def curl(self, *arguments, input=b""):
        if CURL is None:
            self.skipTest("no curl")
        return subprocess.run([CURL, "-sS", "--cacert", self.ca, *arguments], capture_output=True,
                              input=input, cwd=self.dir, timeout=60)

    def headers(self, ran):
        return {name.lower(): value for name, value in json.loads(ran.out)["headers"]}

    def wrong(self, *arguments, words):
        ran = self.midge(*arguments, self.url("/"))
        self.assert_code(2, ran, *words)
        self.assert_one_line(ran)

    def test_follows(self):
        ran = self.midge("-L", self.at(3))
        self.assert_code(0, ran)
        self.assertEqual({"redirects": "done"}, ran.json)
        self.assertEqual((3, 1, self.url("/redirect/0")),
                         (ran[0]["redirects"], ran[0]["connects"], ran[0]["effective_url"]))
        ran = self.midge(self.at(3))
        self.assertEqual((0, 302, 0, b""), (ran.code, ran[0]["status"], ran[0]["redirects"], ran.out))

    def test_stale_connections(self):
        """A server that closes after each answer, and does not say so: each hop may meet it once."""
        port = self.raw("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
        ran = self.midge("-L", "--max-redirs", "4", self.url("/", port))
        self.assert_code(47, ran, "more than 4 redirects")
        self.assertEqual(4, ran[0]["redirects"])

    def test_to_another_origin(self):
        target = self.url("/posts/1", "http")
        ran = self.midge("-L", "--proto-redir", "+http", self.at(2, f"to={target}"))
        self.assert_code(0, ran)
        self.assertEqual((1, 2, target), (ran.json["id"], ran[0]["redirects"], ran[0]["effective_url"]))
        up = self.midge("-L", self.at(1, f"to={self.url('/posts/1')}", "http"))
        self.assert_code(0, up)
        self.assertEqual("1.3", up[0]["tls_version"])

    def test_https_to_http_is_refused(self):
        url = self.at(1, f"to={self.url('/posts/1', 'http')}")
        for options in ([], ["--proto-redir", "=https"], ["--proto-redir", "https"], ["--proto-redir", "-http"]):
            with self.subTest(options):
                ran = self.midge("-L", *options, url)
                self.assert_code(1, ran, "(1) ", "not allowed")
                self.assert_one_line(ran)
        for value in ("http", "=http,https", "+all", "-all,+https,http"):
            with self.subTest(value):
                self.assert_code(0, self.midge("-L", "--proto-redir", value, url))

    def test_limit(self):
        for most, code in ((0, 47), (1, 47), (2, 47), (3, 0), (255, 0), (-1, 0)):
            with self.subTest(most):
                ran = self.midge("-L", "--max-redirs", most, "-w", "\n%{num_redirects} %{http_code}\n", self.at(3))
                self.assert_code(code, ran, *(["(47) ", f"more than {most} redirects"] if code else []))
                self.assertEqual([str(min(most, 3) if code else 3), "302" if code else "200"],
                                 ran.out.decode().split()[-2:])
                if CURL is not None:
                    curl = self.curl("-L", "--max-redirs", str(most), "-w", "\n%{num_redirects} %{http_code}\n",
                                     self.at(3))
                    self.assertEqual((curl.returncode, curl.stdout.split()[-2:]), (code, ran.out.split()[-2:]))

    def test_default_limit(self):
        self.assert_code(0, self.midge("-L", self.at(50)))
        self.assert_code(47, self.midge("-L", self.at(51)), "more than 50 redirects")

    def test_methods(self):
        for status in (301, 302, 303, 307, 308):
            for options in ([], ["-d", "a=1"], ["-I"], ["-d", "a=1", "--post301"], ["-d", "a=1", "--post302"],
                            ["-d", "a=1", "--post303"], ["-X", "DELETE"]):
                with self.subTest((status, options)):
                    ran = self.midge("-L", *options, self.to_echo(status))
                    self.assert_code(0, ran)
                    if "-I" in options or CURL is None or (options[:1] == ["-X"] and status == 303):
                        continue  # -X is for each hop with curl, even after a 303
                    curl = json.loads(self.curl("-L", *options, self.to_echo(status)).stdout)
                    self.assertEqual([curl[name] for name in ("method", "body", "body_sha256") if name in curl],
                                     [ran.json[name] for name in ("method", "body", "body_sha256") if name in curl])

    def test_uploads(self):
        (self.dir / "file").write_bytes(b"x" * 100000)
        ran = self.midge("-L", "-T", "file", self.to_echo(307))
        self.assert_code(0, ran)
        self.assertEqual(("PUT", "100000"), (ran.json["method"], self.headers(ran)["content-length"]))
        ran = self.midge("-L", "-T", "-", self.to_echo(307), input=b"from a pipe")
        self.assert_code(65, ran, "(65) ", "cannot be sent again")
        self.assert_one_line(ran)
        ran = self.midge("-L", "-T", "-", self.to_echo(303), input=b"from a pipe")
        self.assert_code(0, ran)
        self.assertEqual("GET", ran.json["method"])

    def test_credentials(self):
        given = ["-H", "Authorization: Basic abc", "-H", "Cookie: a=b", "-H", "X-Other: c"]
        here = self.headers(self.midge("-L", *given, self.to_echo()))
        self.assertEqual(("Basic abc", "a=b", "c"), (here["authorization"], here["cookie"], here["x-other"]))
        away = self.at(1, f"to={self.url('/echo', 'https_rsa')}")
        there = self.headers(self.midge("-L", *given, away))
        self.assertNotIn("authorization", there)
        self.assertNotIn("cookie", there)
        self.assertEqual("c", there["x-other"])
        trusted = self.headers(self.midge("--location-trusted", *given, away))
        self.assertEqual(("Basic abc", "a=b"), (trusted["authorization"], trusted["cookie"]))
        self.assertNotIn("authorization", self.headers(self.midge("-L", "--oauth2-bearer", "abc", away)))

    def test_heads(self):
        """-i, -D and -v show the heads of all answers, as curl does."""
        for option in (["-i"], ["-D", "-"], ["-I"]):
            for most in ("50", "1"):
                with self.subTest((option, most)):
                    ran = self.midge("-L", "--max-redirs", most, *option, self.at(2))
                    lines = [line for line in ran.out.decode().splitlines() if line.startswith("HTTP/")]
                    self.assertEqual(3 if most == "50" else 2, len(lines), ran)
                    if CURL is not None:
                        curl = self.curl("-L", "--http1.1", "--max-redirs", most, *option, self.at(2))
                        self.assertEqual(ran.code, curl.returncode)
                        self.assertEqual([line for line in curl.stdout.decode().splitlines()
                                          if line.startswith("HTTP/")], lines)
        ran = self.midge("-vL", "-d", "secret", "-H", "Cookie: a=b",
                         self.at(1, f"to={self.url('/echo', 'https_rsa')}"))
        asked = ran.text.partition("> POST")[2].partition("> GET")[2].partition("\n>\n")[0]
        self.assertIn(f"Host: localhost:{self.ports['https_rsa']}", asked)
        self.assertNotIn("Cookie", asked)
        self.assertNotIn("Content-", asked)

    def test_write_out(self):
        form = "%{num_redirects} %{url_effective} %{redirect_url}\n"
        ran = self.midge("-w", form, self.at(2))
        self.assertEqual(f"0 {self.at(2)} {self.at(1)}", ran.out.decode().strip().splitlines()[-1])
        ran = self.midge("-Lw", form, "-o", "x", self.at(2))
        self.assertEqual(f"2 {self.at(0)} \n", ran.out.decode())
        if CURL is not None:
            self.assertEqual(ran.out, self.curl("-Lw", form, "-o", "x", self.at(2)).stdout)
            self.assertEqual(self.midge("-w", form, self.at(2)).out, self.curl("-w", form, self.at(2)).stdout)

    def test_mended_targets(self):
        """A space becomes %20 (curl: '+' in a query), a '%' of its own %25 (curl sends it as it is)."""
        for target, query in (("/echo?a=%20b%20c", "a=%20b%20c"), ("/echo?100%25", "100%25"),
                              (self.url("/echo?%20%25zz"), "%20%25zz")):
            for location in (target.replace("%25", "%").replace("%20", " "), target):
                with self.subTest(location):
                    url = self.at(1, f"to={urllib.parse.quote(location, safe='')}")
                    ran = self.midge("-L", url)
                    self.assert_code(0, ran)
                    self.assertEqual((query, query), (ran.json["query"], ran[0]["effective_url"].partition("?")[2]))
                    ran = self.midge("-w", "%{redirect_url}", url)
                    self.assertTrue(ran.out.decode().endswith(f"localhost:{self.ports['https']}/echo?{query}"), ran)

    def test_bad_targets(self):
        for target, code in (("ftp://localhost/", 1), ("http://me:pw@localhost/", 3), ("http://", 3), ("http://a%20b/", 3), ("/a%09b", 3),
                             ("https://no-such-host.invalid/", 6), (self.url("/", "refused"), 7)):
            with self.subTest(target):
                options = ["--proto-redir", "+http"]
                ran = self.midge("-L", *options, self.at(1, f"to={target}"))
                self.assert_code(code, ran, f"({code}) ")
                self.assert_one_line(ran)
                self.assertEqual(b"", ran.out)

    def test_addresses(self):
        """--resolve and --connect-to hold for each hop's own host."""
        port = self.ports["https"]
        ran = self.midge("-kL", "--resolve", f"b.test:{port}:127.0.0.1", self.at(1, f"to=https://b.test:{port}/echo"))
        self.assert_code(0, ran)
        self.assertEqual(f"b.test:{port}", self.headers(ran)["host"])
        ran = self.midge("-kL", "--connect-to", f"b.test:{port}:localhost:{port}",
                         self.at(1, f"to=https://b.test:{port}/echo"))
        self.assert_code(0, ran)

    def test_time(self):
        """-m holds for all hops together."""
        ran = self.midge("-L", "-m", "1", self.at(1, "to=/delay/20"))
        self.assert_code(28, ran)

    def test_many(self):
        """More redirects at once than connections."""
        urls = [self.at(n % 4) for n in range(40)]
        ran = self.midge("-L", "--max-conns", "3", *[part for url in urls for part in ("-o", "/dev/null", url)])
        self.assert_code(0, ran)
        self.assertEqual([n % 4 for n in range(40)], [line["redirects"] for line in ran.lines])

    def test_values(self):
        for value in ("256", "-2", "x", ""):
            self.wrong("-L", "--max-redirs", value, words=["--max-redirs", "0 to 255"])
        self.wrong("-L", "--proto-redir", "gopher", words=["--proto-redir", "gopher"])
        self.wrong("-L", "--proto-redir", "=http", words=["--proto-redir", "no https"])


if __name__ == "__main__":
    unittest.main()
