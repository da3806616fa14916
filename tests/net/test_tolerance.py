#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers that all others take: what midge tolerates in an answer, and heads longer than the buffer,
in all three profiles. The fences are in test_framing.py (Malformed, Endless, Reuse) and in
tests/vectors/h1."""
import unittest

import midge_test

HEAD = "HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n"
TOLERATED = {
    "chunk sizes padded": CHUNKED + "5   \r\nhello\r\n0   \r\n\r\n",
    "white space before an extension": CHUNKED + "5 \t;a=b\r\nhello\r\n0;c\r\n\r\n",
    "many extensions": CHUNKED + "".join(f"1;{1000 * 'x'}\r\n{c}\r\n" for c in "hello") + "0\r\n\r\n",
    "identity": HEAD + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
    "identity until close": HEAD + "Transfer-Encoding: Identity\r\n\r\nhello",
    "identity in HTTP/1.0": "HTTP/1.0 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
    "folded": HEAD + "X-F: a\r\n b\r\nContent-Length: 5\r\n\r\nhello",
    "folded by tabs, twice": HEAD + "X-F: a \r\n\t \tb\r\n  c\r\nContent-Length: 5\r\n\r\nhello",
    "21 interim heads": 20 * "HTTP/1.1 102 Processing\r\n\r\n" + "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                        + HEAD + "Content-Length: 5\r\n\r\nhello",
    "2,000 interim heads": 2000 * "HTTP/1.1 102 Processing\r\n\r\n" + HEAD + "Content-Length: 5\r\n\r\nhello",
}


def github(location_at=2, location=1000):
    """A head of some 5 KB, as large sites send it."""
    fields = ["Server: s", "Content-Type: text/html", "ETag: W/\"1\"", "X-Frame-Options: deny",
              "Set-Cookie: " + 400 * "c", "Content-Security-Policy: " + 3000 * "p", "Vary: A", "Set-Cookie: x=y",
              "Content-Length: 0"]
    fields.insert(location_at, "Location: /" + location * "l")
    return "HTTP/1.1 302 Found\r\n" + "".join(f + "\r\n" for f in fields) + "\r\n"


class Tolerated(midge_test.Case):
    def check(self, tls, *options):
        for name, answer in TOLERATED.items():
            with self.subTest(name, tls=tls):
                port = self.servers.raw(answer, tls=tls, end="close_notify" if tls else "fin")
                ran = self.midge(*options, self.tls_url(port) if tls else self.url("/", port))
                self.assertEqual((0, b"hello", ""), (ran.code, ran.out, ran.text), ran)
                self.assertIn(ran[0]["complete"], ("yes", "unverified"))
                self.assertFalse(ran[0]["headers_skipped"])

    def test_plain(self):
        self.check(False)

    def test_by_single_bytes(self):
        self.check(False, "--recv-slice", "1")

    def test_tls(self):
        self.check("1.3")

    def test_a_fold_is_one_space(self):
        ran = self.midge(self.url("/", self.servers.raw(TOLERATED["folded by tabs, twice"])))
        self.assertIn(["X-F", "a b c"], ran[0]["headers"])


class Skipped(midge_test.Case):
    """The program built for each profile, and --max-header in the large one."""
    profile, options = "full", ("--max-header", "2048")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = midge_test.of_profile(cls.profile)

    def command(self, arguments, report, ca):
        return [str(self.program), *self.options, *super().command(arguments, report, ca)[1:]]

    def get(self, answer, *options):
        return self.midge(*options, self.url("/", self.servers.raw(answer)))

    def test_location_comes_first_or_last(self):
        for at in (0, 2, 5, 6, 9, 10):
            with self.subTest(at=at):
                ran = self.get(github(at))
                self.assert_code(0, ran)
                self.assertEqual((302, True), (ran[0]["status"], ran[0]["headers_skipped"]))
                names = [name for name, _ in ran[0]["headers"]]
                self.assertIn(["Location", "/" + 1000 * "l"], ran[0]["headers"])
                self.assertIn(["Content-Length", "0"], ran[0]["headers"])
                self.assertNotIn("Content-Security-Policy", names)

    def test_needed_but_too_long(self):
        ran = self.get(github(location=5000))
        self.assert_code(63, ran)
        self.assertIn("response head exceeds max_header", ran.text)

    def test_in_sum(self):
        ran = self.get(HEAD + 700 * ("X-More: " + 100 * "x" + "\r\n") + "Content-Length: 0\r\n\r\n")
        self.assert_code(63, ran)
        self.assertIn("response heads exceed max_head_total", ran.text)

    def test_framing_behind_what_is_skipped(self):
        many = 50 * ("X-More: " + 100 * "x" + "\r\n")
        ran = self.get(HEAD + many + "Transfer-Encoding: chunked\r\n" + many + "\r\n5\r\nhello\r\n0\r\n\r\n")
        self.assertEqual((0, b"hello", "chunked"), (ran.code, ran.out, ran[0]["framing"]), ran)
        ran = self.get(HEAD + "Content-Length: 5\r\n" + many + "Content-Length: 6\r\n\r\nhello!")
        self.assert_code(8, ran)
        ran = self.get(HEAD + "Content-Length: 5\r\n" + many + "Content-Length : 6\r\n\r\nhello!")
        self.assert_code(8, ran)

    def test_trailers_have_room(self):
        ran = self.get(github().replace("Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n")
                       + "0\r\nSum: " + 1500 * "1" + "\r\n\r\n")
        self.assert_code(0, ran)
        self.assertEqual([["Sum", 1500 * "1"]], ran[0]["trailers"])

    def test_it_is_said_where_the_head_is_shown(self):
        for option, told in (("-v", 1), ("-i", 1), ("-I", 1), ("-f", 0)):
            with self.subTest(option):
                ran = self.get(github(), option)
                self.assertEqual(told, ran.text.count("headers beyond --max-header were skipped"), ran)

    def test_not_when_all_fits(self):
        ran = self.get(HEAD + "X: " + 1500 * "x" + "\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual((0, False), (ran.code, ran[0]["headers_skipped"]))


class SkippedSmall(Skipped):
    profile, options = "small", ()


class SkippedTiny(Skipped):
    profile, options = "tiny", ()


if __name__ == "__main__":
    unittest.main()
