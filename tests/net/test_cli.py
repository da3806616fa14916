#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The program's contract: options, exit codes, report, outputs (cli.md)."""
import hashlib
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import time
import unittest
import xml.etree.ElementTree

import midge_test
from midge_test import Case

FIELDS = {
    "url": str, "effective_url": str, "method": str, "status": int, "reason": str,
    "http_version": str, "stream_id": int, "headers": list, "trailers": list, "body_len": int,
    "body_sha256": str,
    "framing": str, "headers_skipped": bool, "complete": str, "error": str, "phase": str, "native_code": int,
    "message": str, "exit_code": int, "tls_version": str, "cipher": str, "verify_flags": int,
    "time_verified": bool, "connection_id": int, "connects": int, "reused": bool, "resumed": bool,
    "redirects": int, "retries": int, "t_queue_us": int, "t_dns_us": int, "t_connect_us": int,
    "t_tls_us": int, "t_send_us": int, "t_wait_us": int, "t_body_us": int, "t_total_us": int,
    "longest_step_us": int,
}
SUMMARY = ("wall_us turns requests failed connections handshakes_full handshakes_resumed "
           "peak_connections alloc_calls alloc_peak alloc_live longest_step_us "
           "longest_turn_us").split()
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class Usage(Case):
    def refused(self, *arguments, words=()):
        ran = self.midge(*arguments, report=False, ca=False)
        self.assert_code(2, ran, *words)
        self.assert_one_line(ran)
        self.assertEqual(b"", ran.out)

    def test_unknown_options(self):
        for option in ("--foo", "--foo=1", "-Q", "-sQ", "--silen", "--no-silent"):
            with self.subTest(option):
                self.refused(option, self.url(), words=["unknown option"])
        self.refused("--foo", "http://x/", words=["--foo"])

    def test_the_nearest_option(self):
        for typed, meant in (("--silen", "--silent"), ("--outptu", "--output"), ("--paralell-max", "--parallel-max"),
                             ("--cacerts", "--cacert"), ("--max_time=3", "--max-time"), ("--hedaer", "--header"),
                             ("--locaton", "--location"), ("--compresed", "--compressed"), ("-silent", "--silent"),
                             ("-globoff", "--globoff")):
            with self.subTest(typed):
                self.refused(typed, self.url(), words=[f"did you mean {meant}?"])
        for typed in ("--xyzzy", "--q", "-Q", "--no-such-thing-at-all", "--" + "x" * 5000):
            with self.subTest(typed[:30]):
                self.assertNotIn("did you mean", self.midge(typed, self.url(), report=False, ca=False).text)
        self.refused("-sQ", self.url(), words=["unknown option -Q in '-sQ'"])
        self.refused("-\u00f6", self.url(), words=["unknown option '-\u00f6'"])

    def test_globs(self):
        """What a pattern stands for, in curl's order, which is asked where it is installed."""
        for pattern, paths in (("{a,b}", "a b"), ("{a}", "a"), ("[1-3]", "1 2 3"), ("[c-e]", "c d e"), ("[5-5]", "5"),
                               ("[001-100:30]", "001 031 061 091"), ("[a-h:3]", "a d g"), ("[9-11]", "9 10 11"),
                               ("{a,b}[1-2]", "a1 a2 b1 b2"), ("[1-2]{a,}x", "1ax 1x 2ax 2x"),
                               (r"{\{a\},b\,c}", "{a} b,c"), (r"\[1-3\]", "[1-3]"), ("a?b=[1-2]", "a?b=1 a?b=2")):
            with self.subTest(pattern):
                ran = self.midge(self.url("/echo/") + pattern)
                self.assert_code(0, ran)
                self.assertEqual([self.url("/echo/" + path) for path in paths.split()],
                                 [line["url"] for line in ran.lines])
                if shutil.which("curl") and "\\" not in pattern:
                    theirs = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{url}\n", "--cacert", self.ca,
                                             self.url("/echo/") + pattern], capture_output=True, text=True, timeout=60)
                    self.assertEqual([line["url"] for line in ran.lines], theirs.stdout.split())
                self.assertEqual(1, len(self.midge("-g", self.url("/echo/") + pattern.replace("\\", ""))))
        for url in (self.url("/echo?a[]=1&b[0]=2&c[x]=3&d[from-to]&e[-1]"), self.url("/posts/1", host="[::1]")):
            self.assertEqual(1, len(self.midge(url)))

    def test_hosts_in_other_scripts(self):
        port = self.servers.ports["http"]
        for name, label in (("b\u00fccher", "xn--bcher-kva"), ("B\u00dcCHER", "xn--bcher-kva"), ("fa\u00df", "xn--fa-hia"),
                            ("\u65e5\u672c\u8a9e", "xn--wgv71a119e"), ("XN--BCHER-KVA", "xn--bcher-kva")):
            with self.subTest(name):
                ran = self.midge("--resolve", f"{label}.example:{port}:127.0.0.1", f"http://{name}.example:{port}/echo?\u00fc")
                self.assert_code(0, ran)
                self.assertEqual(f"{label}.example:{port}", dict(ran.json["headers"])["Host"])
                self.assertEqual(f"http://{label}.example:{port}/echo?%C3%BC", ran[0]["effective_url"])
        for name in ("a\u202eb.com", "-\u00fc.de", "\u00fc" * 70, "xn--\u00fc", "\u00fc..de"):
            with self.subTest(name):
                self.assert_code(3, self.midge(f"http://{name}/"), "is no host name: ")

    def test_malformed_globs(self):
        for path, words in (("/{", "not closed"), ("/a{b,c", "not closed"), ("/}", "without an opening"), ("/{}", "without a word"),
                            ("/{a{b}}", "inside of braces"), ("/[3-1]", "from high to low"), ("/[1-3:0]", "step 0"),
                            *((path, "not like [1-9]") for path in
                              ("/[1-", "/[1-3", "/[a-1]", "/[1-b]", "/[1-2:]", "/[1-2:x]", "/[1-9999999999]", "/[A-c]"))):
            with self.subTest(path):
                ran = self.midge(self.url(path), self.url("/posts/1"))
                self.assert_code(3, ran, "midge: (3) " + self.url(path), words, "-g ")
                self.assertEqual(["URL", ""], [line["error"] for line in ran.lines])
        self.refused(self.url("/[1-99999]{a,b}"), words=["more than 100000 URLs"])
        self.refused(self.url("/[1-999999999][1-999999999][1-999999999]"), words=["more than 100000 URLs"])
        self.refused("-o", "a", "-o", "b", self.url("/{a,b}"), words=["more -o and -O than URLs"])

    def test_names_by_globs(self):
        """Each URL of a pattern has the pattern's output, with the words of the pattern in it."""
        ran = self.midge("-o", "post_#1-#2.#3#", self.url("/{posts,echo}/[1-2]"), "-O", self.url("/posts/[3-4]"),
                         self.url("/posts/5"))
        self.assert_code(0, ran)
        self.assertEqual(["3", "4", "post_echo-1.#3#", "post_echo-2.#3#", "post_posts-1.#3#", "post_posts-2.#3#"],
                         sorted(path.name for path in self.dir.iterdir() if not path.name.startswith(".")))
        self.assertEqual(5, ran.json["id"])
        self.assertEqual(2, midge_test.json.loads((self.dir / "post_posts-2.#3#").read_bytes())["id"])
        self.assert_code(0, self.midge("-o", "#1", self.url("/posts/1")))
        self.assertTrue((self.dir / "#1").exists())

    def test_url_is_no_file(self):
        self.refused("--url", "@file", words=["--url", "@file"])

    def test_methods(self):
        for method in ("GE T", "GET/", "G\u00c9T", "GET\r\nX: y", "", "CONNECT"):
            with self.subTest(method):
                self.refused("-X", method, self.url(), words=["--request"])

    def test_headers_that_frame(self):
        url = self.url("/echo", "http")
        for headers, words in ((["Content-Length: 3", "Content-Length: 3"], "Content-Length is given twice"),
                               (["Host: a", "host: b"], "host is given twice"),
                               (["Transfer-Encoding: chunked"], "Transfer-Encoding can't be set")):
            with self.subTest(headers):
                self.refused("-d", "abc", *(part for one in headers for part in ("-H", one)), url, words=[words])
        self.assert_code(0, self.midge("-d", "abc", "-H", "Content-Length: 3", url))
        ran = self.midge("-d", "abc", "-H", "Content-Length: 5", url)
        self.assert_code(2, ran, "(2) ", "Content-Length")
        self.assert_one_line(ran)

    def test_unsupported_options_are_named(self):
        for option in ("--proto", "--limit-rate", "--limit-rate=3"):
            with self.subTest(option):
                self.refused(option, "x", self.url(), words=["not supported", option.split("=")[0]])

    def test_bad_values(self):
        for arguments in (["-m", "x"], ["-m", "-1"], ["-m", ""], ["-m", "1e3"], ["-m", "1."],
                          ["--parallel-max", "0"], ["--parallel-max", "1x"], ["--heap", "64K"],
                          ["--max-conns", "1001"], ["--now", "today"], ["--recv-slice", "0"],
                          ["--max-body", "99999999999999999999"], ["--tls-max", "1.1"],
                          ["--tlsv1.3", "--tls-max", "1.2"], ["-4", "-6"], ["-X", ""],
                          ["--resolve", "localhost:80"], ["--resolve", "a:80:name"],
                          ["--connect-to", "a:b"], ["-H", "no colon"], ["-H", ": x"],
                          ["-H", "A B: c"], ["-H", "Host:"], ["-H", "X: a\r\nY: b"],
                          ["-H", "@no-such-file"], ["-d", "x", "-T", "y"], ["-I", "-d", "x"],
                          ["-T", "a", "-T", "b"], ["-o", "a", "-o", "b"], ["--silent=1"],
                          ["-A", "a\nb"], ["--oauth2-bearer", "a\r\nX: y"], ["-H", "X: a\rb"],
                          ["-H", ""], ["-H", " X: a"], ["-H", "X : a"], ["-H", "Y;z"]):
            with self.subTest(arguments):
                self.refused(*arguments, self.url())

    def test_seconds(self):
        for option in ("--max-time", "--connect-timeout"):
            self.refused(option, "4294967", self.url(), words=["from 0 to 4294966"])
            self.assert_code(0, self.midge(option, "4294966", self.url("/posts/1")))

    def test_missing(self):
        self.refused(words=["no URL"])
        self.refused("-s", words=["no URL"])
        self.refused(self.url(), "-o", words=["needs a value"])
        self.refused(self.url(), "--output", words=["needs a value"])
        self.refused("--next", self.url(), words=["before --next"])
        self.refused(self.url(), "--next", words=["no URL"])
        self.refused("app", words=["posts itunes images tour compare fetch chat"])
        self.refused("app", "nonsense", words=["nonsense", "posts itunes images tour compare fetch chat"])
        self.refused("bench", "x", words=["not in this build"])

    def test_spellings(self):
        url = self.url("/echo")
        for arguments in (["-sS", "-XPUT"], ["-sSX", "PUT"], ["-sSXPUT"], ["--request=PUT"],
                          ["--request", "PUT"], ["-s", "--request=POST", "-X", "PUT"]):
            with self.subTest(arguments):
                ran = self.midge(*arguments, url)
                self.assert_code(0, ran)
                self.assertEqual("PUT", ran.json["method"])
        ran = self.midge("-ofile", "--", url)
        self.assertEqual((0, ["file"]), (ran.code, self.files()))
        ran = self.midge("--", "-s")
        self.assert_code(3, ran)

    def test_options_behind_urls(self):
        ran = self.midge(self.url("/echo"), "-X", "PUT", "--url", self.url("/echo"))
        self.assertEqual(["PUT", "PUT"], [line["method"] for line in ran])

    def test_help_and_version(self):
        ran = self.midge("--help", report=False, ca=False)
        self.assertEqual(0, ran.code)
        self.assertIn(b"--parallel-max", ran.out)
        self.assertIn(b"--proxy", ran.out)
        self.assertIn(b"posts itunes images tour compare fetch chat\n", ran.out)
        ran = self.midge("app", "--help", report=False, ca=False)
        self.assertEqual((0, b" posts itunes images tour compare fetch chat"), (ran.code, ran.out.splitlines()[-1]))
        ran = self.midge("--version", report=False, ca=False)
        self.assertEqual(0, ran.code)
        self.assertRegex(ran.out.decode(),
                         r"^midge \d+\.\d+\.\d+ \(profile \w+\) mbedTLS 3\.6\.\d+ c-ares [\d.]+\n$")

    def test_next(self):
        ran = self.midge("-X", "PUT", self.url("/echo"), "--next", "-d", "a", self.url("/echo"))
        self.assert_code(0, ran)
        self.assertEqual(["PUT", "POST"], [line["method"] for line in ran])


class ParseUrl(Case):
    def parse(self, *arguments):
        return self.midge("parse-url", *arguments, report=False, ca=False)

    def test_normalises(self):
        ran = self.parse("HTTPS://Example.COM:443/a/../b?x=%7e")
        self.assertEqual((0, b"https://example.com/b?x="), (ran.code, ran.out[:24]), ran)

    def test_resolves(self):
        ran = self.parse("../c?q", "--base", "https://h/a/b/d")
        self.assertEqual((0, b"https://h/a/c?q\n"), (ran.code, ran.out), ran)

    def test_refuses(self):
        for url in ("", "x", "http://", "http://a b/", "http://h:99999/", "http://u:p@h/", "ftp://h/"):
            with self.subTest(url):
                ran = self.parse(url)
                self.assertEqual((3, b""), (ran.code, ran.out), ran)
                self.assert_one_line(ran)
        self.assertEqual(2, self.parse().code)
        self.assertEqual(2, self.parse("http://a/", "http://b/").code)
        self.assertEqual(2, self.parse("--foo", "http://a/").code)


class Report(Case):
    def test_fields(self):
        url = self.url("/posts/1")
        ran = self.midge(url)
        self.assert_code(0, ran)
        line = ran[0]
        self.assertEqual(list(FIELDS), list(line))
        for name, kind in FIELDS.items():
            self.assertIs(kind, type(line[name]), name)
        self.assertEqual(list(SUMMARY), list(ran.summary))
        expected = {
            "url": url, "effective_url": url, "method": "GET", "status": 200, "reason": "OK",
            "http_version": "1.1", "body_len": len(ran.out), "framing": "length",
            "body_sha256": hashlib.sha256(ran.out).hexdigest(), "complete": "yes", "error": "",
            "phase": "done", "native_code": 0, "message": "", "exit_code": 0, "trailers": [],
            "verify_flags": 0, "time_verified": True, "connection_id": 1, "connects": 1,
            "reused": False, "resumed": False, "redirects": 0, "retries": 0}
        self.assertEqual(expected, {name: line[name] for name in expected})
        self.assertIn(line["tls_version"], ("1.2", "1.3"))
        self.assertNotEqual("", line["cipher"])
        self.assertIn(["Content-Length", str(len(ran.out))], line["headers"])
        phases = sum(line[name] for name in FIELDS if name.startswith("t_") and name != "t_total_us")
        self.assertLessEqual(phases, line["t_total_us"] * 1.01 + 1000)
        self.assertGreater(line["t_tls_us"], 0)

    def test_summary(self):
        ran = self.midge(self.url("/posts/1"), self.url("/posts/2", "refused"), self.url("/posts/3"))
        self.assertEqual(7, ran.code)
        self.assertEqual((3, 1), (ran.summary["requests"], ran.summary["failed"]))
        self.assertGreater(ran.summary["alloc_peak"], 0)
        self.assertGreater(ran.summary["turns"], 0)

    def test_stdout_behind_the_bodies(self):
        ran = self.midge("--report", "-", self.url("/bytes/4"), report=False)
        self.assert_code(0, ran)
        lines = ran.out[4:].decode().splitlines()
        self.assertEqual(4, json.loads(lines[0])["body_len"])
        self.assertIn("summary", json.loads(lines[1]))

    def test_over_a_file(self):
        """What stdout is is not opened again, from its start: bodies stay before the report."""
        for path in ("/dev/stdout", "/dev/fd/1", "-"):
            with self.subTest(path):
                with open(self.dir / "out", "wb") as out:
                    subprocess.run(self.command(["--report", path, self.url("/bytes/4")], False, True), stdout=out,
                                   timeout=60, check=True)
                text = (self.dir / "out").read_bytes()
                self.assertEqual(4, json.loads(text[4:].splitlines()[0])["body_len"])

    def test_nonblocking_stdout(self):
        """A reader that is slow is waited for."""
        ours, theirs = os.pipe()
        os.set_blocking(theirs, False)
        process = self.start("--report", "-", self.url("/bytes/1000000"), report=False, stdout=theirs)
        os.close(theirs)
        self.assertTrue(select.select([ours], [], [], 60)[0])
        with open(ours, "rb") as out:
            text = out.read()
        self.assertEqual(0, process.wait(60), process.stderr.read())
        self.assertEqual(1000000, json.loads(text[1000000:].splitlines()[0])["body_len"])

    def test_cannot_be_written(self):
        ran = self.midge("--report", "/nonexistent/r", self.url(), report=False)
        self.assert_code(23, ran, "/nonexistent/r")
        ran = self.midge("--report", "/dev/full", self.url("/posts/1"), report=False)
        self.assert_code(23, ran, "No space left")

    def test_latin1(self):
        port = self.raw(b"HTTP/1.1 200 H\xe9\r\nX-Name: caf\xe9 \"q\" \\\r\nContent-Length: 0\r\n\r\n")
        ran = self.midge(self.url("/", port))
        self.assert_code(0, ran)
        self.assertEqual("Hé", ran[0]["reason"])
        self.assertIn(["X-Name", 'café "q" \\'], ran[0]["headers"])

    def test_names_as_received_in_order(self):
        port = self.raw("HTTP/1.0 200\r\nb: 1\r\nA: 2\r\nb: 3\r\nContent-Length: 0\r\n\r\n")
        ran = self.midge(self.url("/", port))
        self.assertEqual([["b", "1"], ["A", "2"], ["b", "3"], ["Content-Length", "0"]],
                         ran[0]["headers"])
        self.assertEqual(("1.0", ""), (ran[0]["http_version"], ran[0]["reason"]))

    def test_chunked_with_trailers(self):
        port = self.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\nX-Two: z\r\n\r\n")
        ran = self.midge(self.url("/", port))
        self.assertEqual((0, b"abcde"), (ran.code, ran.out), ran)
        self.assertEqual(("chunked", [["X-Sum", "5"], ["X-Two", "z"]]),
                         (ran[0]["framing"], ran[0]["trailers"]))

    def test_effective_url_is_what_was_asked(self):
        ran = self.midge("HTTPS://LOCALHOST:%d/a/../posts/1" % self.ports["https"])
        self.assert_code(0, ran)
        self.assertEqual(self.url("/posts/1"), ran[0]["effective_url"])
        self.assertTrue(ran[0]["url"].startswith("HTTPS://LOCALHOST"))

    def test_of_what_was_never_started(self):
        ran = self.midge("nothing", self.url("/posts/1"))
        self.assertEqual(3, ran.code)
        self.assertEqual(("URL", "nothing", 3, 0, "queue", "none", "no", EMPTY_SHA256),
                         tuple(ran[0][name] for name in ("error", "url", "exit_code", "status",
                               "phase", "framing", "complete", "body_sha256")))
        self.assertEqual(ran[0]["message"] + "\n", ran.text)
        self.assertEqual(200, ran[1]["status"])

    def test_utf8_in_the_url(self):
        ran = self.midge(self.url("/echo/ä"))
        self.assert_code(0, ran)
        self.assertEqual(self.url("/echo/ä"), ran[0]["url"])
        self.assertEqual(self.url("/echo/%C3%A4"), ran[0]["effective_url"])


class ExitCodes(Case):
    def failed(self, code, error, *arguments, words=(), **settings):
        ran = self.midge(*arguments, **settings)
        self.assert_code(code, ran, f"midge: ({code}) ", *words)
        self.assertEqual((error, code), (ran[0]["error"], ran[0]["exit_code"]))
        self.assert_one_line(ran)
        return ran

    def test_1_scheme(self):
        for url in ("ftp://localhost/x", "file:///etc/passwd", "ws://localhost/"):
            with self.subTest(url):
                self.failed(1, "SCHEME", url, words=[url])

    def test_3_url(self):
        for url in ("localhost/x", "localhost", "localhost:80/x", "", "http://", "https:///x",
                    "http://h:0/", "http://h:70000/", "http://[::1/", "http://a b/",
                    "http://user@secret@localhost/"):
            with self.subTest(url):
                self.failed(3, "URL", url)
        self.failed(3, "URL", "localhost/x", words=["no scheme"])

    def test_what_is_wrong_with_a_url(self):
        for url, words in (
                ("https:/host", "write https://host"), ("https:host", "write https://host"),
                ("http//host/x", "write http://host/x"), ("HTTP:\\\\host", "write HTTP://host"),
                ("\u2013head", "a dash"), ("localhost/?u=http://x", "no scheme"), ("://x", "no scheme"), ("", "empty"),
                ("http://", "no host"), ("https:///x", "no host"), ("http://:80/", "no host"),
                ("http://h:99999/", "'99999' is no port"), ("http://h:0/", "'0' is no port"),
                ("http://h:8a", "'8a' is no port"), ("http://h:-1?", "'-1' is no port"),
                ("http://[::1]:x/", "'x' is no port"), ("http://a b/", "space"), ("http://h/a b", "space"),
                ("http://h/a\tb", "control character"), ("http://h/%zz", "%25"), ("http://h/%", "%25"),
                ("http://h$/", "no host name"), ("http://a..b/", "no host name"),
                (f"http://{'a' * 64}/", "no host name"), ("http://127.1/", "no IPv4 address"),
                ("http://256.0.0.1/", "no IPv4 address"), ("http://::1/", "in brackets: http://[::1]/"),
                ("http://[::1/", "no ']'"), ("http://[::g]/", "no IPv6 address"),
                ("http://[2001:db8::1%25eth0]/", "link-local"), ("http://[fe80::1%25]/", "link-local"),
                (f"http://h/{'x' * 9000}", "too long")):
            with self.subTest(url[:80]):
                self.failed(3, "URL", url, words=["malformed URL: ", words])
                ran = self.midge("parse-url", url, report=False, ca=False)
                self.assert_code(3, ran, words)
                self.assert_one_line(ran)
        for url, words in (("htp://x/", "did you mean http?"), ("htttps://x/", "did you mean https?"),
                           ("ftp://x/", "'ftp' is not supported"), ("sth://x/", "'sth' is not supported")):
            with self.subTest(url):
                self.failed(1, "SCHEME", url, words=[words])
        self.assert_code(0, self.midge(self.url("/bytes/1").replace("https", "HTTPS")))

    def test_6_name(self):
        self.failed(6, "RESOLVE", "https://no-such-host.invalid/")

    def test_7_refused(self):
        ran = self.failed(7, "CONNECT", self.url("/", "refused"), words=["refused"])
        self.assertEqual("connect", ran[0]["phase"])
        self.assertGreater(ran[0]["native_code"], 0)

    def test_8_weird(self):
        for answer in ("garbage\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n",
                       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
            with self.subTest(answer):
                self.failed(8, "PROTOCOL", self.url("/", self.raw(answer)))

    def test_18_cut(self):
        ran = self.failed(18, "PARTIAL", self.url("/bytes/1000?_cut=100", "http"))
        self.assertEqual(("no", 100, "length"),
                         tuple(ran[0][name] for name in ("complete", "body_len", "framing")))
        self.failed(18, "PARTIAL", self.url("/bytes/1000?_cut=100"))

    def test_22_status(self):
        ran = self.failed(22, "HTTP_STATUS", "-f", self.url("/status/404"), words=["404"])
        self.assertEqual((404, b""), (ran[0]["status"], ran.out))
        ran = self.midge(self.url("/status/404"))
        self.assertEqual((0, "", 404), (ran.code, ran[0]["error"], ran[0]["status"]))
        self.midge("-f", "-o", "file", self.url("/status/500"))
        self.assertEqual([], self.files())

    def test_23_write(self):
        url = self.url("/bytes/100000")
        self.failed(23, "WRITE", "-o", "/dev/full", url, words=["/dev/full", "No space left"])
        self.failed(23, "WRITE", "-o", "missing/file", url, words=["No such file"])
        self.failed(23, "WRITE", "-O", self.url("/"), words=["-o FILE"])
        with open("/dev/full", "wb") as full:
            done = subprocess.run([midge_test.BIN, "--cacert", self.ca, url], stdout=full,
                                  stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(23, done.returncode, done.stderr)
        self.assertIn(b"No space left", done.stderr)

    def test_23_words_about_the_program(self):
        for words in (["--help"], ["--version"], ["--explain", "28"], ["--device", "list"], ["size"], ["size", "--help"],
                      ["app", "--help"], ["app", "posts", "--device", "list"], ["parse-url", "http://a/"]):
            with self.subTest(words), open("/dev/full", "wb") as full:
                done = subprocess.run([midge_test.BIN, *words], stdout=full, stderr=subprocess.PIPE, timeout=60)
                self.assertEqual(23, done.returncode, done.stderr)

    def test_23_stdout_closed(self):
        process = self.start(self.url("/bytes/10000000"))
        process.stdout.close()
        process.stdout = None
        error = process.communicate(timeout=60)[1]
        self.assertEqual(23, process.returncode, error)
        self.assertIn(b"Broken pipe", error)

    def test_26_read(self):
        url = self.url("/echo")
        for arguments in (["-d", "@missing"], ["--data-binary", "@missing"], ["-T", "missing"],
                          ["--data-urlencode", "n@missing"], ["--json", "@missing"]):
            with self.subTest(arguments):
                self.failed(26, "READ", *arguments, url, words=["missing", "No such file"])

    def test_27_heap(self):
        ran = self.failed(27, "NO_MEMORY", "--heap", "3000", self.url("/posts/1"),
                          words=["3000 bytes is too small", "--heap "])
        least = ran.text.split("--heap ")[1].split(")")[0]
        ran = self.midge("--heap", least, self.url("/posts/1"))
        self.assert_code(0, ran)
        self.assertLessEqual(ran.summary["alloc_peak"], int(least))

    def test_one_line_for_all(self):
        """Without a client nothing can be asked: that is said once, and reported for each."""
        ran = self.midge("--heap", "3000", self.url("/1"), "nothing", self.url("/2"))
        self.assertEqual([27, 3, 27], [line["exit_code"] for line in ran])
        self.assertEqual((27, 2), (ran.code, ran.text.count("\n")), ran)
        self.assertIn(self.url("/2"), ran[2]["message"])

    def test_28_time(self):
        ran = self.failed(28, "TIMEOUT", "-m", "5", self.url("/delay/30"))
        self.assertEqual("wait", ran[0]["phase"])
        self.failed(28, "TIMEOUT", "-m", ".9", self.url("/drip?interval=0.05&piece=1"))

    def test_28_connect_timeout(self):
        quiet = self.raw("", on="connect", end="open")
        ran = self.failed(28, "TIMEOUT", "--connect-timeout", "1.5", self.tls_url(quiet))
        self.assertEqual("tls", ran[0]["phase"])

    def test_35_tls(self):
        self.failed(35, "TLS", "https://localhost:%d/" % self.ports["http"])

    def test_42_interrupted(self):
        process = self.start("-o", "file", self.url("/drip?interval=0.05&piece=100"))
        self.wait_for(lambda: len(self.files()) > 0)
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=60)[1]
        self.assertEqual(42, process.returncode, error)
        self.assertEqual([], self.files())

    def test_42_hung_up(self):
        process = self.start("-o", "file", self.url("/drip?interval=0.05&piece=100"))
        self.wait_for(lambda: len(self.files()) > 0)
        process.send_signal(signal.SIGHUP)
        self.assertEqual((42, []), (process.wait(60), self.files()))

    def test_an_ignored_signal_stays_ignored(self):
        process = self.start("-o", "file", self.url("/drip?bytes=2000&interval=0.05&piece=100"),
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for(lambda: len(self.files()) > 0)
        process.send_signal(signal.SIGHUP)
        self.assertEqual((0, ["file"]), (process.wait(60), self.files()))

    def closed(self, *closed, arguments):
        """The exit code with these of 0, 1, 2 closed, and what was written."""
        words = " ".join(f"{fd}{'<' if fd == 0 else '>'}&-" for fd in closed)
        done = subprocess.run(["sh", "-c", f'exec "$@" {words}', "sh", *self.command(arguments, True, True)],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, cwd=self.dir)
        return done.returncode, done.stdout

    def test_closed_descriptors_are_no_sockets(self):
        self.assertEqual((23, b""), self.closed(0, 1, arguments=[self.url("/bytes/1000")]))
        self.assertEqual((0, b""), self.closed(1, arguments=["-o", "file", self.url("/bytes/1000")]))
        self.assertEqual(1000, (self.dir / "file").stat().st_size)
        self.assertEqual(26, self.closed(0, arguments=["-T", "-", self.url("/echo")])[0])
        code, out = self.closed(2, arguments=[self.url("/bytes/10"), self.url("/", "refused")])
        self.assertEqual((7, 10), (code, len(out)))
        for line in (self.dir / ".report").read_text().splitlines():
            json.loads(line)

    def test_one_set_of_roots(self):
        other = self.dir / "other.pem"
        other.write_text(pathlib.Path(self.ca).read_text())
        ran = self.midge(self.url("/"), "--next", "--cacert", other, self.url("/"))
        self.assert_code(2, ran, "--cacert")
        self.assert_code(0, self.midge(self.url("/bytes/1"), "--next", "--cacert", self.ca, self.url("/bytes/1")))

    def test_an_address_of_the_other_family(self):
        self.failed(7, "CONNECT", "-6", self.url("/", "http", host="127.0.0.1"))
        self.assert_code(0, self.midge("-4", self.url("/bytes/1", "http", host="127.0.0.1")))

    def test_resolve_of_this_host_before_any(self):
        port = self.ports["http"]
        ran = self.midge("--resolve", f"h.example:{port}:127.0.0.1", "--resolve", f"*:{port}:127.0.0.9",
                         self.url("/bytes/1", "http", host="h.example"))
        self.assert_code(0, ran)

    def test_no_folder_is_here(self):
        self.assert_code(0, self.midge("--output-dir", "", "-o", "here", self.url("/bytes/3")))
        self.assertEqual(["here"], self.files())

    def wait_for(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)    # until the first bytes have come

    def test_52_empty(self):
        self.failed(52, "EMPTY_REPLY", self.url("/", self.raw("")))

    def test_60_certificates(self):
        for port, words in (("expired", "expired"), ("notyet", ""), ("selfsigned", ""),
                            ("untrusted", ""), ("wronghost", ""), ("nosan", "")):
            with self.subTest(port):
                ran = self.failed(60, "CERT", self.url("/posts/1", port), words=[words])
                self.assertEqual("tls", ran[0]["phase"])
                ran = self.midge("-k", self.url("/posts/1", port))
                self.assert_code(0, ran)

    def test_60_by_date(self):
        self.failed(60, "CERT", "--now", "4000000000", self.url("/posts/1"), words=["expired"])
        ran = self.failed(60, "CERT", "--now", "1577836800", self.url("/posts/1"),
                          words=["not yet valid", "the clock says 2020-01-01"])
        ran = self.midge("--now", "0", self.url("/posts/1"))
        self.assert_code(0, ran, "midge: warning: the clock is in the past")
        self.assert_one_line(ran)
        self.assertEqual("", self.midge("-s", "--now", "0", self.url("/posts/1")).text)
        ran = self.midge("--now", "1700000000", self.url("/posts/1", "expired"))
        self.assertIn(ran.code, (0, 60))    # before the floor the clock is none

    def test_63_size(self):
        self.failed(63, "TOO_LARGE", "--max-body", "99", self.url("/bytes/100"))
        self.assert_code(0, self.midge("--max-body", "100", self.url("/bytes/100")))
        self.failed(63, "TOO_LARGE", "--max-header", "2000", self.url("/headers/700?size=100"))

    def test_77_ca(self):
        (self.dir / "garbage").write_text("no certificate")
        (self.dir / "empty").write_text("")
        for name, words in (("missing", "No such file"), ("garbage", "garbage"), ("empty", "empty")):
            with self.subTest(name):
                self.failed(77, "CA", "--cacert", name, self.url("/posts/1"), words=[words], ca=False)

    def test_a_server_cannot_forge_a_line(self):
        port = self.raw("HTTP/1.1 500 a\u202eb\u2028c\u0085d\u2066e\r\n\r\n".encode())
        self.failed(22, "HTTP_STATUS", "-f", self.url("/", port), words=["HTTP error 500 a???b???c??d???e"])

    def test_first_failure_in_order(self):
        ran = self.midge(self.url("/delay/0.1"), self.url("/delay/30"), self.url("/", "refused"),
                         "-m", "6")
        self.assertEqual([0, 28, 7], [line["exit_code"] for line in ran], ran)
        self.assertEqual(28, ran.code)
        self.assertEqual(2, ran.text.count("midge: ("))

    def test_silent(self):
        url = self.url("/", "refused")
        self.assertEqual("", self.midge("-s", url).text)
        self.assertIn("midge: (7)", self.midge("-sS", url).text)
        self.assertNotEqual("", self.midge("-s", url)[0]["message"])


class Requests(Case):
    def echo(self, *arguments, path="/echo", **settings):
        ran = self.midge(*arguments, self.url(path), **settings)
        self.assert_code(0, ran)
        return ran.json

    def header(self, echo, name):
        return [value for key, value in echo["headers"] if key.lower() == name.lower()]

    def test_get(self):
        echo = self.echo()
        self.assertEqual(("GET", 0), (echo["method"], echo["body_len"]))
        self.assertEqual(["*/*"], self.header(echo, "Accept"))
        self.assertRegex(self.header(echo, "User-Agent")[0], r"^midge/\d")
        self.assertEqual(["localhost:%d" % self.ports["https"]], self.header(echo, "Host"))

    def test_header_forms(self):
        echo = self.echo("-H", "X-A: 1", "-H", "x-b:2", "-H", "X-Empty;", "-H", "Accept:",
                         "-H", "User-Agent: me", "-H", "X-A: 3")
        self.assertEqual(["1", "3"], self.header(echo, "X-A"))
        self.assertEqual(["2"], self.header(echo, "X-B"))
        self.assertEqual([""], self.header(echo, "X-Empty"))
        self.assertEqual([], self.header(echo, "Accept"))
        self.assertEqual(["me"], self.header(echo, "User-Agent"))
        self.assertEqual(["h.example"], self.header(self.echo("-H", "Host: h.example"), "Host"))

    def test_agent_and_bearer(self):
        echo = self.echo("-A", "me/2", "--oauth2-bearer", "abc")
        self.assertEqual(["me/2"], self.header(echo, "User-Agent"))
        self.assertEqual(["Bearer abc"], self.header(echo, "Authorization"))
        self.assertEqual([], self.header(self.echo("-A", ""), "User-Agent"))

    def test_data(self):
        echo = self.echo("-d", "a=1", "-d", "b=2 &c")
        self.assertEqual(("POST", "a=1&b=2 &c"), (echo["method"], echo["body"]))
        self.assertEqual(["application/x-www-form-urlencoded"], self.header(echo, "Content-Type"))
        self.assertEqual("PATCH", self.echo("-d", "a", "-X", "PATCH")["method"])
        echo = self.echo("-d", "a", "-H", "content-type: text/plain")
        self.assertEqual(["text/plain"], self.header(echo, "Content-Type"))
        self.assertEqual([], self.header(self.echo("-d", "a", "-H", "Content-Type:"), "Content-Type"))
        echo = self.echo("-d", "")
        self.assertEqual(("POST", ["0"]), (echo["method"], self.header(echo, "Content-Length")))

    def test_data_of_files(self):
        (self.dir / "f").write_bytes(b"one\r\ntwo\n")
        self.assertEqual("onetwo&x", self.echo("-d", "@f", "-d", "x")["body"])
        self.assertEqual("one\r\ntwo\n", self.echo("--data-binary", "@f")["body"])
        self.assertEqual("@f", self.echo("--data-raw", "@f")["body"])
        self.assertEqual("in", self.echo("-d", "@-", input=b"in\n")["body"])
        blob = bytes(range(256)) * 1000
        (self.dir / "blob").write_bytes(blob)
        self.assertEqual(hashlib.sha256(blob).hexdigest(),
                         self.echo("--data-binary", "@blob")["body_sha256"])

    def test_data_of_a_nonblocking_stdin(self):
        theirs, ours = os.pipe()
        os.set_blocking(theirs, False)
        process = self.start("--data-binary", "@-", self.url("/echo"), stdin=theirs)
        os.close(theirs)
        self.wait_until_it_reads(process)
        with open(ours, "wb") as pipe:
            pipe.write(b"late")
        out, error = process.communicate(timeout=60)
        self.assertEqual(0, process.returncode, error)
        self.assertEqual("late", json.loads(out)["body"])

    def wait_until_it_reads(self, process):
        """It sleeps: what it can only do for its input."""
        deadline = time.monotonic() + 30
        while pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)    # until it sleeps

    def test_urlencode(self):
        (self.dir / "f").write_bytes(b"x y\xff")
        for argument, body in (("a b&c", "a%20b%26c"), ("=a=b", "a%3Db"), ("n=a b", "n=a%20b"),
                               ("@f", "x%20y%FF"), ("n@f", "n=x%20y%FF"), ("n=", "n="), ("-._~", "-._~")):
            with self.subTest(argument):
                self.assertEqual(body, self.echo("--data-urlencode", argument)["body"])

    def test_json(self):
        echo = self.echo("--json", '{"a":', "--json", "1}")
        self.assertEqual(("POST", '{"a":1}'), (echo["method"], echo["body"]))
        self.assertEqual((["application/json"], ["application/json"]),
                         (self.header(echo, "Content-Type"), self.header(echo, "Accept")))
        echo = self.echo("--json", "[]", "-H", "Accept: x/y")
        self.assertEqual(["x/y"], self.header(echo, "Accept"))

    def test_get_with_data(self):
        for path in ("/echo", "/echo?z=0", "/echo#top"):
            with self.subTest(path):
                ran = self.midge("-G", "-d", "a=1", "--data-urlencode", "b=x y", self.url(path))
                echo = ran.json
                query = "z=0&" if "?" in path else ""
                self.assertEqual(("GET", 0), (echo["method"], echo["body_len"]))
                self.assertIn(f"?{query}a=1&b=x%20y", ran[0]["effective_url"])
                self.assertEqual([], self.header(echo, "Content-Type"))
        self.assertEqual("HEAD", self.midge("-G", "-I", "-d", "a", self.url("/echo"))[0]["method"])

    def test_upload(self):
        blob = os.urandom(300000)
        (self.dir / "blob").write_bytes(blob)
        echo = self.echo("-T", "blob")
        self.assertEqual(("PUT", len(blob), hashlib.sha256(blob).hexdigest()),
                         (echo["method"], echo["body_len"], echo["body_sha256"]))
        self.assertEqual([str(len(blob))], self.header(echo, "Content-Length"))
        self.assertEqual("/echo/blob", self.echo("-T", "blob", path="/echo/")["path"])
        for path, sent in (("", "/a%20b"), ("/", "/a%20b"), ("/x", "/x"), ("?q", "/?q")):
            (self.dir / "a b").write_bytes(b"x")
            ran = self.midge("-T", "a b", self.url(path, self.raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")))
            self.assertTrue(ran[0]["effective_url"].endswith(sent), ran[0]["effective_url"])
        (self.dir / "empty").write_bytes(b"")
        echo = self.echo("-T", "empty")
        self.assertEqual((0, ["0"]), (echo["body_len"], self.header(echo, "Content-Length")))

    def test_upload_of_stdin(self):
        echo = self.echo("-T", "-", input=b"x" * 100000)
        self.assertEqual((100000, ["chunked"]),
                         (echo["body_len"], self.header(echo, "Transfer-Encoding")))

    def test_upload_of_a_slow_stdin(self):
        """Others go on while stdin has nothing."""
        process = self.start("-T", "-", self.url("/echo"), stdin=subprocess.PIPE)
        for piece in (b"one", b"two"):
            process.stdin.write(piece)
            process.stdin.flush()
            time.sleep(0.2)     # an interval in the input is what is tested
        out, error = process.communicate(timeout=60)
        self.assertEqual(0, process.returncode, error)
        self.assertEqual("onetwo", json.loads(out)["body"])

    def test_upload_to_several(self):
        (self.dir / "f").write_bytes(b"abc")
        ran = self.midge("-T", "f", self.url("/echo/1"), self.url("/echo/2"), "-o", "1", "-o", "2")
        self.assert_code(0, ran)
        for name in "12":
            self.assertEqual("abc", json.loads((self.dir / name).read_text())["body"])

    def test_stdin_to_several(self):
        """Each would get a part of it, so it is refused, also for the other name of stdin and for several groups."""
        urls = [self.url("/echo/1"), self.url("/echo/2")]
        for words in (["-T", "-", *urls], ["-T", ".", *urls], ["-T", "-", urls[0], "--next", "-T", ".", urls[1]]):
            ran = self.midge(*words, input=b"x" * 100000, report=False)
            self.assert_code(2, ran, "one URL only")
        ran = self.midge("-T", ".", urls[0], "--next", urls[1], input=b"abc", report=False)
        self.assert_code(0, ran)

    def test_resolve_and_connect_to(self):
        port = self.ports["https"]
        url = f"https://api.example:{port}/posts/1"
        self.assert_code(0, self.midge("--resolve", f"api.example:{port}:127.0.0.1", url))
        self.assert_code(0, self.midge("--resolve", f"*:{port}:[::1]", url))
        self.assert_code(0, self.midge("--connect-to", f"api.example:{port}:localhost:{port}", url))
        self.assert_code(0, self.midge("--connect-to", f"::localhost:{port}", "https://api.example/posts/1"))
        self.assert_code(0, self.midge("--connect-to", f":443::{port}", "https://localhost/posts/1"))
        ran = self.midge("--connect-to", f"other:{port}:localhost:{port}", "--resolve",
                         f"api.example:{port + 1}:127.0.0.1", "--resolve",
                         f"api.example:{port}:127.0.0.1", url)
        self.assert_code(0, ran)

    def test_resolve_with_several_addresses(self):
        """The next address is tried when one refuses; -4 and -6 choose among them."""
        port = self.ports["https"]
        url = f"https://api.example:{port}/posts/1"
        for addresses in ("127.9.9.9,127.0.0.1", "127.9.9.9,[::1]", "::1,127.0.0.1"):
            self.assert_code(0, self.midge("--resolve", f"api.example:{port}:{addresses}", url))
        self.assert_code(0, self.midge("-4", "--resolve", f"api.example:{port}:::1,127.0.0.1", url))
        ran = self.midge("-6", "--resolve", f"api.example:{port}:127.0.0.1,127.0.0.2", url)
        self.assert_code(6, ran)
        self.assert_code(7, self.midge("--resolve", f"api.example:{port}:127.9.9.9,127.9.9.8", url))
        nine = ",".join(f"127.0.0.{n}" for n in range(1, 10))
        for wrong in ("127.0.0.1,", ",127.0.0.1", "127.0.0.1,,::1", "127.0.0.1,name", "[127.0.0.1],::1",
                      "::1%lo,::1", nine):
            ran = self.midge("--resolve", f"api.example:{port}:{wrong}", url)
            self.assert_code(2, ran)
            self.assertIn(b"option --resolve", ran.err)

    def zoned_addresses(self):
        """(address, zone) of this machine: the loopback one, and a link-local one if there is any."""
        yield "::1", "lo"
        for line in pathlib.Path("/proc/net/if_inet6").read_text("ascii").splitlines():
            digits, _index, _prefix, _scope, _flags, name = line.split()
            if digits.startswith("fe80"):
                yield socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)), name
                return

    def answer_once(self, address, zone, urls):
        """The head of the one request that a server on this address gets."""
        with socket.socket(socket.AF_INET6) as listener:
            listener.bind((address, 0, 0, socket.if_nametoindex(zone)))
            listener.listen()
            port = listener.getsockname()[1]
            client = self.start(*urls(port))
            link, _peer = listener.accept()
            with link:
                head = link.recv(65536)
                link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            out, error = client.communicate(timeout=60)
        self.assertEqual((0, b"ok"), (client.returncode, out), error)
        return head.decode().replace(str(port), "PORT")

    def test_zones(self):
        for address, zone in self.zoned_addresses():
            for percent in ("%", "%25"):
                with self.subTest(address=address, percent=percent):
                    head = self.answer_once(address, zone, lambda port: (
                        f"http://[{address}{percent}{zone}]:{port}/",))
                    self.assertIn(f"Host: [{address}]:PORT\r\n", head)
                    self.assertNotIn(zone, head)
            for option, words in (("--resolve", "a.test:{port}:[{address}%{zone}]"),
                                  ("--resolve", "a.test:{port}:{address}%{zone}"),
                                  ("--connect-to", "::[{address}%{zone}]:{port}")):
                with self.subTest(option=option, words=words):
                    head = self.answer_once(address, zone, lambda port: (
                        option, words.format(port=port, address=address, zone=zone), f"http://a.test:{port}/"))
                    self.assertIn("Host: a.test:PORT\r\n", head)

    def test_zone_is_not_verified(self):
        self.assert_code(0, self.midge(self.url("/posts/1", host="[::1%25lo]")))

    def test_unknown_zone(self):
        words = "unknown network interface"
        for arguments in (["http://[fe80::1%25nope0]/"], ["http://[::1%25nope0]/"],
                          ["--resolve", "a.test:80:fe80::1%nope0", "http://a.test/"]):
            with self.subTest(arguments):
                ran = self.midge(*arguments)
                self.assert_code(6, ran, words)
                self.assert_one_line(ran)
        self.assert_code(2, self.midge("--resolve", "a.test:80:192.0.2.1%lo", "http://a.test/"))
        self.assert_code(2, self.midge("--resolve", "a.test:80:fe80::1%", "http://a.test/"))
        self.assert_code(3, self.midge("http://[2001:db8::1%25lo]/"))

    def test_servername(self):
        self.assert_code(0, self.midge("--servername", "api.example", self.url("/posts/1")))
        self.assert_code(60, self.midge("--servername", "other.example", self.url("/posts/1")))

    def test_tls_versions(self):
        if b"(profile full)" not in self.midge("--version", report=False, ca=False).out:
            self.skipTest("TLS 1.2 only")
        for arguments, version in ((["--tls-max", "1.2"], "1.2"), (["--tlsv1.3"], "1.3"),
                                   (["--tlsv1.2", "--tls-max", "1.3"], "1.3")):
            with self.subTest(arguments):
                self.assertEqual(version, self.midge(*arguments, self.url("/posts/1"))[0]["tls_version"])
        self.assert_code(35, self.midge("--tlsv1.3", self.url("/posts/1", "https_tls12")))
        self.assert_code(35, self.midge("--tls-max", "1.2", self.url("/posts/1", "https_tls13")))

    def test_families(self):
        for option in ("-4", "-6"):
            self.assert_code(0, self.midge(option, self.url("/posts/1")))
        self.assert_code(0, self.midge(self.url("/posts/1", host="[::1]")))
        self.assert_code(0, self.midge(self.url("/posts/1", host="127.0.0.1")))

    def test_slices(self):
        plain = self.midge(self.url("/bytes/20000"))
        sliced = self.midge("--recv-slice", "7", "--send-slice", "3", self.url("/bytes/20000"))
        self.assert_code(0, sliced)
        self.assertEqual(plain[0]["body_sha256"], sliced[0]["body_sha256"])

    def test_accepted(self):
        self.assert_code(0, self.midge("-N", "--http1.1", self.url("/posts/1")))


class Outputs(Case):
    def test_order_on_stdout(self):
        urls = [self.url(f"/delay/{delay}?n={n}") for n, delay in enumerate((0.6, 0.3, 0))]
        urls.append(self.url("/bytes/300000?_delay=0.1"))
        ran = self.midge(*urls)
        self.assert_code(0, ran)
        one_by_one = self.midge("--sync", *urls)
        self.assertEqual([line["body_sha256"] for line in one_by_one],
                         [line["body_sha256"] for line in ran])
        at = 0
        for line in ran:
            body = ran.out[at:at + line["body_len"]]
            self.assertEqual(line["body_sha256"], hashlib.sha256(body).hexdigest())
            at += line["body_len"]
        self.assertEqual(len(ran.out), at)
        self.assertLess(ran.summary["wall_us"], one_by_one.summary["wall_us"])

    def test_a_failure_in_the_order(self):
        ran = self.midge(self.url("/bytes/3?_delay=0.3"), self.url("/", "refused"),
                         self.url("/bytes/5"))
        self.assertEqual((7, 8), (ran.code, len(ran.out)), ran)

    def test_pairs(self):
        urls = [self.url("/bytes/1"), self.url("/img/pic.png?size=2x2"), self.url("/bytes/2"),
                self.url("/bytes/4")]
        ran = self.midge("-o", "one", *urls[:2], "-O", *urls[2:], "-o", "-")
        self.assertEqual((0, ["one", "pic.png"], 6), (ran.code, self.files(), len(ran.out)), ran)

    def test_remote_names(self):
        for path, name in (("/echo/a%2Fb", "a%2Fb"), ("/echo/x?/y", "x"), ("/echo#/z", "echo")):
            with self.subTest(path):
                self.assert_code(0, self.midge("-O", self.url(path)))
                self.assertIn(name, self.files())
        for path in ("", "/", "/echo/", "/echo/..", "/echo/."):
            with self.subTest(path):
                self.assert_code(23, self.midge("-O", self.url(path)))

    def test_output_dir(self):
        (self.dir / "sub").mkdir()
        self.assert_code(0, self.midge("--output-dir", "sub", "-O", self.url("/bytes/9")))
        self.assertEqual(9, (self.dir / "sub" / "9").stat().st_size)
        self.assert_code(23, self.midge("--output-dir", "none", "-O", self.url("/bytes/9")))

    def test_incomplete_files_go(self):
        (self.dir / "old").write_bytes(b"old")
        for name in ("new", "old"):
            self.assert_code(18, self.midge("-o", name, self.url("/bytes/100000?_cut=5000")))
        self.assertEqual((["old"], b"old"), (self.files(), (self.dir / "old").read_bytes()))

    def test_empty_body_makes_a_file(self):
        port = self.raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.assert_code(0, self.midge("-o", "empty", self.url("/", port)))
        self.assertEqual(["empty"], self.files())

    def test_device(self):
        self.assert_code(0, self.midge("-o", "/dev/null", self.url("/bytes/100000")))

    def test_include_and_head(self):
        ran = self.midge("-i", self.url("/bytes/3"))
        head, body = ran.out.split(b"\r\n\r\n")
        self.assertEqual((b"HTTP/1.1 200 OK", 3), (head.split(b"\r\n")[0], len(body)))
        self.assertEqual(3, ran[0]["body_len"])
        ran = self.midge("-I", self.url("/bytes/3"))
        self.assertEqual(("HEAD", "none", 0), tuple(ran[0][k] for k in ("method", "framing", "body_len")))
        self.assertTrue(ran.out.startswith(b"HTTP/1.1 200 OK\r\n"), ran.out)
        self.assertTrue(ran.out.endswith(b"\r\n\r\n"), ran.out)
        self.assert_code(0, self.midge("-i", "-o", "file", self.url("/bytes/3")))
        self.assertTrue((self.dir / "file").read_bytes().startswith(b"HTTP/1.1 200"))

    def test_output_is_stdout(self):
        with open(self.dir / "out", "wb") as out:
            out.write(b"before")
            out.flush()
            subprocess.run(self.command(["-o", "/dev/stdout", self.url("/bytes/4")], False, True), stdout=out,
                           timeout=60, check=True)
        self.assertEqual((b"before", 10), ((self.dir / "out").read_bytes()[:6], (self.dir / "out").stat().st_size))

    def test_head_by_another_method(self):
        ran = self.midge("-I", "-X", "GET", self.url("/bytes/3"))
        self.assertEqual((0, "GET", 0), (ran.code, ran[0]["method"], ran[0]["body_len"]))
        self.assertTrue(ran.out.endswith(b"\r\n\r\n"), ran.out)

    def test_interim_heads(self):
        heads = (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
                 b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        for options, expected in (([], b"hi"), (["-i"], b"".join(heads) + b"hi"), (["-v"], b"hi"),
                                  (["-I", "-X", "GET"], b"".join(heads))):
            ran = self.midge(*options, self.url("/", self.raw(b"".join(heads) + b"hi")))
            self.assertEqual((0, expected), (ran.code, ran.out), ran)
            self.assertEqual([["Content-Length", "2"]], ran[0]["headers"])
        ran = self.midge("-v", self.url("/", self.raw(b"".join(heads) + b"hi")))
        self.assertIn("< HTTP/1.1 103 Early Hints\n< Link: </a>\n<\n< HTTP/1.1 200 OK\n", ran.text)

    def test_credentials_are_not_told(self):
        """Neither with -v nor in the report, nor where the request fails."""
        headers = ("Authorization: Basic", "Proxy-Authorization: Basic", "Cookie: id=", "x-api-key:", "X-Auth-Token:")
        words = [word for header in headers for word in ("-H", f"{header} s3cr3t")]
        for url in (self.url("/status/401"), self.url("/", "refused"), self.url("/", "wronghost")):
            ran = self.midge("-v", *words, url)
            self.assertIn("> Cookie: ...\n" if "status" in url else "*", ran.text, ran)
            self.assertNotIn("s3cr3t", ran.text)
            self.assertNotIn("s3cr3t", str(ran.lines) + str(ran.summary))

    def test_verbose_of_a_connection(self):
        port = self.ports["https"]
        ran = self.midge("-v", "-d", "abc", "--oauth2-bearer", "secret", self.url("/echo"))
        self.assert_code(0, ran, f"> Host: localhost:{port}\n> Content-Length: 3\n", "> Authorization: ...\n",
                         "*   subject: CN=localhost\n", "*   issuer: CN=", "*   start date: 20", "*   expire date: 20",
                         "*   subjectAltName: DNS:localhost, ", 'host "localhost" matched cert\'s "localhost"\n')
        self.assertNotIn("secret", ran.text)
        self.assertRegex(ran.text, rf"\* connection 1: connected to localhost \((127\.0\.0\.1|::1)\) port {port}\n")
        self.assertRegex(ran.text, rf"\* connection 1: TLS {ran[0]['tls_version']}, {ran[0]['cipher']}, "
                                   "full handshake, certificate verified\n")
        for host in ("127.0.0.1", "[::1]"):
            ran = self.midge("-v", self.url("/bytes/1", host=host))
            self.assert_code(0, ran, f"> Host: {host}:{port}\n", f'host "{host.strip("[]")}" matched cert\'s "')
        self.assert_code(60, self.midge("-v", self.url("/", "wronghost")), "is not among the certificate's names")
        self.assert_code(0, self.midge("-v", "-k", self.url("/bytes/1")), "certificate not verified (-k)")
        ran = self.midge("-v", "--sync", "--tls-max", "1.2", self.url("/bytes/1"), "--next", "-H", "Connection: close",
                         self.url("/bytes/1"))
        self.assert_code(0, ran)
        ran = self.midge("-v", "--per-host", "2", self.url("/delay/0.2?a"), self.url("/delay/0.2?b"))
        self.assert_code(0, ran, "connection 2: TLS", "resumed session, certificate verified")
        ran = self.midge("-v", "-H", "Host: h.example", self.url("/bytes/1", "http"))
        self.assert_code(0, ran, "> Host: h.example\n")
        self.assertNotIn("TLS", ran.text)

    def test_verbose(self):
        ran = self.midge("-v", "-d", "x", "-H", "Accept:", self.url("/echo?a=b"))
        self.assertNotIn("Accept", ran.text)
        self.assert_code(0, ran, "> POST /echo?a=b HTTP/1.1\n", "< HTTP/1.1 200 OK\n", "* ")

    def test_no_progress_without_a_terminal(self):
        self.assertEqual(b"", self.midge(self.url("/delay/0.5"), "-o", "x").err)


class Many(Case):
    def test_concurrent_against_sync(self):
        urls = [self.url(f"/echo?n={n}") for n in range(4)]
        sync = self.midge("--sync", *urls)
        self.rules({"match": "^/echo", "together": 4})
        both = self.midge("--per-host", "4", *urls)
        self.assertEqual((0, 0), (sync.code, both.code))
        self.assertEqual((1, 1), (sync.summary["peak_connections"], sync.summary["connections"]))
        self.assertEqual([False, True, True, True], [line["reused"] for line in sync])
        self.assertEqual(4, both.summary["peak_connections"])

    def test_parallel_max(self):
        urls = [self.url(f"/delay/0.1?n={n}", "http") for n in range(8)]
        ran = self.midge("--parallel-max", "2", *urls)
        self.assert_code(0, ran)
        self.assertEqual(2, ran.summary["peak_connections"])
        self.assertGreater(ran[7]["t_queue_us"], ran[7]["t_wait_us"])

    def test_max_time_begins_behind_the_queue(self):
        urls = [self.url(f"/delay/0.8?n={n}", "http") for n in range(5)]
        ran = self.midge("--max-conns", "1", "-m", "3", *urls)
        self.assert_code(0, ran)
        self.assertGreater(ran.summary["wall_us"], 3000000)

    def test_connection_limits(self):
        urls = [self.url(f"/echo?n={n}&_together=3") for n in range(6)]
        for options in (["--max-conns", "3", "--per-host", "6"], ["--per-host", "3"]):
            with self.subTest(options):
                ran = self.midge(*options, *urls)
                self.assert_code(0, ran)
                self.assertEqual(3, ran.summary["peak_connections"])

    def test_per_host_raises_the_connections(self):
        urls = [self.url(f"/echo?n={n}&_together=40") for n in range(40)]
        ran = self.midge("--per-host", "40", *urls)
        self.assert_code(0, ran)
        self.assertEqual((40, 1), (ran.summary["peak_connections"], ran.summary["handshakes_full"]))

    def test_one_bad_of_five(self):
        urls = [self.url("/posts/1", "wronghost"), self.url("/", "refused"),
                "https://no-such-host.invalid/", self.url("/drip?interval=0.05&piece=1"),
                self.url("/posts/1")]
        ran = self.midge("-m", "8", *urls)
        self.assertEqual([60, 7, 6, 28, 0], [line["exit_code"] for line in ran], ran)
        self.assertEqual(60, ran.code)
        self.assertLess(ran[4]["t_total_us"] * 2, ran[3]["t_total_us"])


class Pictures(Case):
    def test_waterfall(self):
        ran = self.midge("--waterfall", self.url("/delay/0.2"), self.url("/", "refused"),
                         env={"COLUMNS": "80"})
        lines = ran.text.splitlines()
        self.assertIn("---", ran.text)
        self.assertIn("(7)", ran.text)
        self.assertIn("queue", lines[-1])
        self.assertNotIn("\033", ran.text)
        self.assertTrue(all(len(line) <= 80 for line in lines if not line.startswith("midge:")), ran)

    def test_waterfall_picture(self):
        ran = self.midge("--waterfall=w.svg", self.url("/echo?a=1&b=<"), "nothing")
        self.assertEqual(3, ran.code)
        root = xml.etree.ElementTree.parse(self.dir / "w.svg").getroot()
        self.assertTrue(root.tag.endswith("svg"))
        titles = [one.text for one in root.iter("{http://www.w3.org/2000/svg}title")]
        self.assertTrue(any(title.startswith("tls ") for title in titles), titles)
        self.assert_code(23, self.midge("--waterfall=none/w.svg", self.url("/posts/1")))

    def on_terminal(self, *arguments, env=None, **settings):
        """What it writes to a terminal as its standard error."""
        try:
            ours, theirs = pty.openpty()
        except OSError as error:    # a chroot without /dev/pts
            self.skipTest(f"no terminal: {error}")
        process = self.start(*arguments, stderr=theirs, env=midge_test.environment(**(env or {})), **settings)
        os.close(theirs)
        shown = b""
        while True:
            if not select.select([ours], [], [], 60)[0]:
                break
            try:
                piece = os.read(ours, 4096)
            except OSError:     # the other side is gone
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        self.assertEqual(0, process.wait(60), shown)
        return shown

    def test_progress(self):
        term = {"TERM": "xterm"}
        shown = self.on_terminal("-o", "x", self.url("/delay/0.5"), env=term)
        self.assertIn(b"0/1 done", shown)
        self.assertTrue(shown.endswith(b"\033[J"), shown)
        self.assertEqual(b"", self.on_terminal("-s", "-o", "x", self.url("/delay/0.3"), env=term))
        for dumb in ("dumb", "", None):
            self.assertEqual(b"", self.on_terminal("-o", "x", self.url("/delay/0.3"), env={"TERM": dumb}))

    def test_progress_of_an_app(self):
        api = self.url("").replace("https", "http").replace(str(self.ports["https"]), str(self.ports["http"]))
        self.rules({"match": "^/posts/", "delay": 0.4})
        app = ["app", "posts", "--sync", "--api", api]
        shown = self.on_terminal(*app, env={"TERM": "xterm"}, report=False, ca=False)
        self.assertRegex(shown, rb"\rposts: \d requests, 0 failed, 1 connections, [\d.]+ K?B received, \d+\.\d s\033\[K")
        self.assertTrue(shown.endswith(b"\r\033[K"), shown)
        self.assertEqual(b"", self.on_terminal(*app, env={"TERM": "dumb"}, report=False, ca=False))

    def test_colour(self):
        url = self.url("/delay/0.1")
        shown = self.on_terminal("-s", "--waterfall", url, env={"NO_COLOR": None, "TERM": "xterm"})
        self.assertIn(b"\033[30;47m-", shown)      # text and ground: readable whatever the terminal's are
        self.assertEqual([], re.findall(rb"\033\[(?!0m|\d\d;\d\dm)", shown))
        for env in ({"NO_COLOR": "1", "TERM": "xterm"}, {"NO_COLOR": None, "TERM": "dumb"}):
            self.assertNotIn(b"\033", self.on_terminal("-s", "--waterfall", url, env=env))


if __name__ == "__main__":
    unittest.main()
