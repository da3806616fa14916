#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Options around a transfer: -w, -D, -K, -e, -H @FILE, --create-dirs, --fail-with-body."""
import json
import os
import re
import unittest

import midge_test

HEAD = b"HTTP/1.1 "


class Case(midge_test.Case):
    def wrong(self, *arguments, words=(), **settings):
        ran = self.midge(*arguments, **settings)
        self.assert_code(2, ran, *words)
        self.assert_one_line(ran)


class WriteOut(Case):
    def form(self, text, *arguments, code=0):
        ran = self.midge("-w", text, *arguments)
        self.assert_code(code, ran)
        return ran

    def test_variables(self):
        ran = self.form("\\n%{http_code}|%{response_code}|%{size_download}|%{num_redirects}|%{url_effective}|"
                        "%{errormsg}|%{exitcode}|%{method}|%{content_type}|%{scheme}|%header{etag}|100%%|%",
                        self.url("/posts/1"))
        body, _, line = ran.out.decode().rpartition("\n")
        self.assertEqual(f"200|200|{len(body)}|0|{self.url('/posts/1')}||0|GET|application/json; charset=utf-8|"
                         "https||100%|%", line)

    def test_times(self):
        ran = self.form("\\n%{time_connect} %{time_appconnect} %{time_starttransfer} %{time_total}",
                        self.url("/posts/1"))
        words = ran.out.decode().rpartition("\n")[2].split()
        for word in words:
            self.assertRegex(word, r"^\d+\.\d{6}$")
        times = [float(word) for word in words]
        self.assertEqual(sorted(times), times)
        self.assertGreater(times[0], 0)
        ran = self.form("%{time_connect} %{time_total}", self.url("/", "refused"), code=7)
        self.assertEqual("0.000000", ran.out.decode().split()[0])
        self.assertEqual("0.000000", self.form("\\n%{time_appconnect}", self.url("/posts/1", "http")).out[-8:].decode())

    def test_failures(self):
        ran = self.form("%{http_code} %{exitcode} %{errormsg}\\n", self.url("/", "refused"), code=7)
        self.assertRegex(ran.out.decode(), r"^000 7 .*connection failed.*\n$")
        ran = self.form("a%{onerror}b", self.url("/status/404"), self.url("/", "refused"), "-o", "x", "-o", "y", code=7)
        self.assertEqual(b"aab", ran.out)
        ran = self.form("%{http_code}", "-f", self.url("/status/404"), code=22)
        self.assertEqual(b"404", ran.out)
        ran = self.form("%{exitcode}", "http://[", code=3)
        self.assertEqual(b"3", ran.out)

    def test_order(self):
        """Each text stands behind its body, also when a later URL is faster, and for files too."""
        slow, fast = self.url("/delay/0.3"), self.url("/posts/1")
        bodies = [self.midge(url).out for url in (slow, fast)]
        ran = self.form("<%{urlnum}>", slow, fast)
        self.assertEqual(bodies[0] + b"<0>" + bodies[1] + b"<1>", ran.out)
        ran = self.form("<%{filename_effective}>", "-o", "f", slow, fast)
        self.assertEqual(b"<f>" + bodies[1] + b"<>", ran.out)

    def test_streams(self):
        ran = self.form("a%{stderr}b%{stdout}c%{nosuch}d", "-o", "x", self.url("/posts/1"))
        self.assertEqual(b"acd", ran.out)
        self.assertIn("nosuch", ran.text)
        self.assertTrue(ran.text.endswith("b"), ran)

    def test_upload_size(self):
        url = self.url("/echo", "http")
        self.assertEqual(b"3", self.form("%{size_upload}", "-o", "x", "-d", "abc", url).out)
        ran = self.midge("-w", "%{size_upload}", "-o", "x", "-T", "-", url, input=b"12345")
        self.assertEqual(b"5", ran.out, ran)

    def test_json(self):
        ran = self.form("%{json}", "-o", "x", self.url("/posts/1"))
        found = json.loads(ran.out)
        self.assertEqual((200, 0, "x"), (found["response_code"], found["exitcode"], found["filename_effective"]))
        self.assertGreater(found["time_total"], 0)

    def test_file(self):
        (self.dir / "format").write_text("%{http_code}\\n")
        self.assertEqual(b"200\n", self.form("@format", "-o", "x", self.url("/posts/1")).out)
        ran = self.midge("-w", "@-", "-o", "x", self.url("/posts/1"), input=b"[%{exitcode}]")
        self.assertEqual(b"[0]", ran.out)
        (self.dir / "format").write_bytes(b"a\r\n%{http_code}\n")
        self.assertEqual(b"a200", self.form("@format", "-o", "x", self.url("/posts/1")).out) # curl drops line ends
        self.wrong("-w", "@none", self.url("/"), words=["--write-out", "none"])


class DumpHeader(Case):
    def test_file(self):
        ran = self.midge("-D", "heads", self.url("/delay/0.2"), self.url("/status/404"))
        self.assert_code(0, ran)
        heads = (self.dir / "heads").read_bytes()
        self.assertTrue(heads.startswith(b"HTTP/1.1 200 OK\r\n"), heads)
        self.assertIn(b"\r\n\r\nHTTP/1.1 404 Not Found\r\n", heads)
        self.assertTrue(heads.endswith(b"\r\n\r\n"))
        self.assertNotIn(HEAD, ran.out)

    def test_stdout(self):
        ran = self.midge("-D", "-", self.url("/posts/1"))
        head, _, body = ran.out.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(HEAD), ran.out)
        self.assertEqual(self.midge(self.url("/posts/1")).out, body)
        ran = self.midge("-D", "-", "-o", "x", self.url("/posts/1"))
        self.assertEqual(head.split(b"\r\n")[0], ran.out.split(b"\r\n")[0])
        self.assertEqual(body, (self.dir / "x").read_bytes())

    def test_groups_share_a_file(self):
        ran = self.midge("-D", "h", self.url("/posts/1"), "-o", "a", "--next", "-D", "h", self.url("/status/404"), "-o", "b")
        self.assert_code(0, ran)
        self.assertEqual(2, (self.dir / "h").read_bytes().count(HEAD))

    def test_no_answer(self):
        self.assert_code(7, self.midge("-D", "h", self.url("/", "refused")))
        self.assertEqual(b"", (self.dir / "h").read_bytes())

    def test_trailers(self):
        """They come behind the body, with -i too."""
        port = self.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 5\r\n\r\n")
        url = self.url("/", port)
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertEqual(b"abc", self.midge("-D", "h", url).out)
        self.assertEqual(head + b"X-Sum: 5\r\n", (self.dir / "h").read_bytes())
        self.assertEqual(head + b"abcX-Sum: 5\r\n", self.midge("-i", url).out)
        self.assertEqual(head + b"abcX-Sum: 5\r\n", self.midge("-D", "-", url).out)
        self.assertEqual(head + b"X-Sum: 5\r\n", self.midge("-D", "-", "-o", "x", url).out)
        self.assertEqual(b"abc", (self.dir / "x").read_bytes())

    def test_bad_path(self):
        ran = self.midge("-D", "no/such/h", self.url("/posts/1"))
        self.assert_code(23, ran, "no/such/h", "No such file")
        self.assertEqual(b"", ran.out)
        self.assert_code(0, self.midge("--create-dirs", "-D", "no/such/h", self.url("/posts/1")))
        self.assertTrue((self.dir / "no/such/h").read_bytes().startswith(HEAD))


class Config(Case):
    def config(self, text, *arguments, code=0, words=()):
        (self.dir / "c").write_text(text)
        ran = self.midge("-K", "c", *arguments)
        self.assert_code(code, ran, *words)
        return ran

    def test_forms(self):
        seen = self.config(f"""
# a comment
url = "{self.url('/echo')}"   # another
--header "X-Quote: \\"q\\"\\\\"
-H "X-Tab: a\\tb"
user-agent: me
-X PUT
data=abc
\tsilent
""").json
        headers = {name.lower(): value for name, value in seen["headers"]}
        self.assertEqual(('"q"\\', "a\tb", "me"), (headers["x-quote"], headers["x-tab"], headers["user-agent"]))
        self.assertEqual(("PUT", "abc"), (seen["method"], seen["body"]))

    def test_groups(self):
        ran = self.config(f"url {self.url('/posts/1')}\noutput = \"a b\"\nnext\nurl = {self.url('/posts/2')}\n")
        self.assertEqual(1, json.loads((self.dir / "a b").read_text())["id"])
        self.assertEqual(2, ran.json["id"])

    def test_stdin_and_others(self):
        ran = self.midge("-o", "x", "-K", "-", input=f"url={self.url('/posts/1')}".encode())
        self.assert_code(0, ran)
        (self.dir / "inner").write_text(f"url {self.url('/posts/1')}\r\n")
        self.assertEqual(1, self.config("config inner").json["id"])
        seen = self.config("user-agent = \"\"\n", self.url("/echo")).json
        self.assertNotIn("user-agent", [name.lower() for name, _ in seen["headers"]])

    def test_wrong(self):
        for text, words in (("url \"abc", ["c, line 1"]), ("\nurl \"a\" b", ["c, line 2"]), ("url a b", ["line 1"]),
                            ("no-such-option", ["no-such-option"]), ("silent = yes", ["--silent"]),
                            ("output", ["--output"]), ("config = c", ["8 files"]), ("proto = x", ["not supported"])):
            with self.subTest(text):
                self.config(text, self.url("/"), code=2, words=words)
        self.config("user-agent =\nsilent\n", self.url("/"), code=2, words=["--user-agent needs a value"])
        self.config("-A\n-s\n", self.url("/"), code=2, words=["-A needs a value"])
        self.assert_code(26, self.midge("-K", "none"), "--config", "none")
        (self.dir / "nul").write_bytes(b"url a\0b\n")
        self.wrong("-K", "nul", words=["NUL"])


class Requests(Case):
    def headers(self, *arguments):
        return {name.lower(): value for name, value in self.midge(*arguments, self.url("/echo")).json["headers"]}

    def test_referer(self):
        self.assertEqual("https://a/b", self.headers("-e", "https://a/b")["referer"])
        self.assertEqual("c", self.headers("-e", "https://a/b", "-H", "Referer: c")["referer"])
        self.assertNotIn("referer", self.headers("-e", ""))
        self.wrong("-e", "a\nb", self.url("/"), words=["--referer"])

    def referer(self, *arguments, to=None):
        """The one that /echo sees after a redirect to it."""
        url = self.url(f"/redirect/1?to={to or self.url('/echo')}#here")
        ran = self.midge("-L", *arguments, url)
        self.assert_code(0, ran)
        return {name.lower(): value for name, value in ran.json["headers"]}.get("referer")

    def test_referer_of_redirects(self):
        """The URL before, without fragment; a Referer of -H stays; none from https to http."""
        first = self.url(f"/redirect/1?to={self.url('/echo')}")
        self.assertEqual(first, self.referer("-e", ";auto"))
        self.assertEqual(first, self.referer("-e", "https://a/b;auto"))
        self.assertEqual("https://a/b", self.referer("-e", "https://a/b"))
        self.assertIsNone(self.referer())
        self.assertEqual("c", self.referer("-e", ";auto", "-H", "Referer: c"))
        self.assertIsNone(self.referer("-e", ";auto", "-H", "Referer:"))
        self.assertIsNone(self.referer("-e", "https://a/;auto", "--proto-redir", "+http", to=self.url("/echo", "http")))
        self.assertEqual("a", self.headers("-e", "a;auto")["referer"])
        ran = self.midge("-L", "-e", "a;auto", "-w", "%{referer}", "-o", "x", first)
        self.assertEqual(first.encode(), ran.out)

    def test_header_file(self):
        (self.dir / "h").write_text("X-One: 1\r\n\nAccept: text/x\nUser-Agent:\n")
        seen = self.headers("-H", "@h", "-H", "X-Two: 2")
        self.assertEqual(("1", "2", "text/x"), (seen["x-one"], seen["x-two"], seen["accept"]))
        self.assertNotIn("user-agent", seen)
        ran = self.midge("-H", "@-", self.url("/echo"), input=b"X-In: 3")
        self.assertIn(["X-In", "3"], ran.json["headers"])
        self.wrong("-H", "@none", self.url("/"), words=["--header", "none"])
        (self.dir / "h").write_text("no colon\n")
        self.wrong("-H", "@h", self.url("/"), words=["no colon"])

    def test_create_dirs(self):
        ran = self.midge("--create-dirs", "-o", "a/b/c", self.url("/posts/1"))
        self.assert_code(0, ran)
        self.assertEqual(1, json.loads((self.dir / "a/b/c").read_text())["id"])
        self.assert_code(0, self.midge("--create-dirs", "--output-dir", "d/e", "-O", self.url("/posts/1")))
        self.assertTrue((self.dir / "d/e/1").is_file())
        self.assertEqual(0o750, (self.dir / "d").stat().st_mode & 0o777)
        self.assert_code(23, self.midge("-o", "x/y", self.url("/posts/1")), "x/y")
        (self.dir / "file").write_text("")
        self.assert_code(23, self.midge("--create-dirs", "-o", "file/y", self.url("/posts/1")), "file/y")

    def test_no_folder_for_a_failure(self):
        self.assert_code(7, self.midge("--create-dirs", "-o", "a/b", self.url("/", "refused")))
        self.assertFalse((self.dir / "a").exists())

    def test_fail_with_body(self):
        plain = self.midge(self.url("/status/404"))
        ran = self.midge("--fail-with-body", self.url("/status/404"))
        self.assert_code(22, ran, "404")
        self.assertEqual(plain.out, ran.out)
        self.assertEqual(("HTTP_STATUS", "yes"), (ran[0]["error"], ran[0]["complete"]))
        self.assert_code(0, self.midge("--fail-with-body", self.url("/posts/1")))
        self.assert_code(22, self.midge("--fail-with-body", "-o", "x", self.url("/status/500")))
        self.assertTrue((self.dir / "x").exists())
        self.wrong("-f", "--fail-with-body", self.url("/"), words=["--fail-with-body"])

    def test_progress_bar(self):
        self.assert_code(0, self.midge("-#", "-o", os.devnull, self.url("/posts/1")))


if __name__ == "__main__":
    unittest.main()
