#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Name and password of the program: -u with --basic, --digest and --anyauth, beside curl."""
import shutil
import subprocess
import unittest

from midge_test import Case

CURL = shutil.which("curl")


class Auth(Case):
    def at(self, kind, query="", port="http"):
        return self.url(f"/auth/{kind}{'?' if query else ''}{query}", port)

    def scheme(self, *arguments):
        ran = self.midge("-u", "me:secret", *arguments)
        self.assert_code(0, ran)
        return ran.json.get("scheme"), ran[0]["status"]

    def both(self, url, *options):
        """The same answer as with curl."""
        ran = self.midge(*options, url)
        if CURL is None:
            return ran
        theirs = subprocess.run([CURL, "-sSw", "%{http_code}", "-o", "/dev/null", *options, url],
                                capture_output=True, cwd=self.dir, timeout=60, check=True)
        self.assertEqual(theirs.stdout.decode(), str(ran[0]["status"]), options)
        return ran

    def test_basic(self):
        self.assertEqual(("Basic", 200), self.scheme(self.at("basic")))
        self.assertEqual(("Basic", 200), self.scheme("--basic", self.at("any")))
        self.assertEqual((None, 401), self.scheme("--basic", self.at("digest")))

    def test_digest(self):
        for query in ("", "algorithm=MD5-sess", "qop=", "qop=auth", "uses=1"):
            with self.subTest(query):
                self.assertEqual(("Digest", 200), self.scheme("--digest", self.at("digest", query)))
        for query in ("algorithm=SHA-256", "algorithm=SHA-256-sess", "userhash=true&algorithm=SHA-256"):
            with self.subTest(query):
                self.assertEqual(("Digest", 200), self.scheme("--digest", self.at("digest", query)))
        self.assertEqual((None, 401), self.scheme("--digest", self.at("digest", "qop=auth-int")))
        self.assertEqual((None, 401), self.scheme("--digest", self.at("basic")))

    def test_user_in_the_url(self):
        """It is taken out of the URL before anything can show it."""
        url = self.at("basic").replace("http://", "http://me:s%65cret@")
        for options in (["-v"], ["--har", "har"], ["-w", "%{url} %{url_effective} %{json}"], ["-f", "--digest"]):
            with self.subTest(options):
                ran = self.midge(*options, url)
                shown = ran.text + str(ran.lines) + ran.out.decode()
                shown += (self.dir / "har").read_text() if "har" in options else ""
                self.assertNotRegex(shown, "s%65cret|bWU6c2VjcmV0|me:")
                self.assertEqual(401 if "-f" in options else 200, ran[0]["status"])
        for user, words in (("a@b:c", "%40"), ("a%0a:b", "control"), ("a:b%00", "control"), ("a%3ab:c", "':'"),
                            ("[:x", "%5B"), ("a\\b:c", "%5C")):
            with self.subTest(user):
                ran = self.midge(f"http://{user}@localhost:1/")
                self.assert_code(3, ran, words)
                self.assertNotIn(f"{user}@", ran.text)
                self.assert_one_line(ran)

    def test_anyauth(self):
        self.assertEqual(("Digest", 200), self.scheme("--anyauth", self.at("any")))
        self.assertEqual(("Digest", 200), self.scheme("--anyauth", self.at("any", "also=Negotiate+YII/a=")))
        self.assertEqual(("Digest", 200), self.scheme("--anyauth", self.at("any", "also=Digest+realm")))
        self.assertEqual(("Digest", 200), self.scheme("--basic", "--digest", self.at("any")))
        self.assertEqual(("Basic", 200), self.scheme("--anyauth", self.at("basic")))
        self.assertEqual(("Basic", 200), self.scheme("--anyauth", self.at("any", "algorithm=ODD")))

    def test_stale_for_ever(self):
        self.assertEqual((None, 401), self.scheme("--digest", self.at("digest", "uses=0")))

    def test_uploads(self):
        """The body is sent again; from stdin it cannot, and 401 is the answer."""
        (self.dir / "file").write_bytes(b"x" * 100000)
        self.assertEqual(("Digest", 200), self.scheme("--digest", "-d", "a=b", self.at("digest")))
        self.assertEqual(("Digest", 200), self.scheme("--digest", "-T", "file", self.at("digest")))

    def test_beside_curl(self):
        for options in (["-u", "me:secret"], ["-u", "me:wrong"], ["-u", "me:"], []):
            for how in ([], ["--basic"], ["--digest"], ["--anyauth"]):
                for kind in ("basic", "digest", "any"):
                    if options or not how:
                        self.both(self.at(kind), *options, *how)

    def test_other_origins(self):
        """Only with --location-trusted."""
        to = self.url("/redirect/1?to=" + self.at("any"), "https")
        for how in ([], ["--digest"]):
            ran = self.midge("-L", "--proto-redir", "+http", "-u", "me:secret", *how, to)
            self.assertEqual(401, ran[0]["status"], ran)
            ran = self.midge("-L", "--proto-redir", "+http", "--location-trusted", "-u", "me:secret",
                             *how, to)
            self.assertEqual(200, ran[0]["status"], ran)
        here = self.url("/redirect/2?to=" + self.at("any"), "http")
        self.assertEqual(("Basic", 200), self.scheme("-L", here))

    def test_own_header_stays(self):
        ran = self.midge("-u", "me:secret", "-H", "Authorization: mine", self.url("/echo", "http"))
        self.assertEqual(["mine"], [value for name, value in ran.json["headers"] if name == "Authorization"])

    def test_never_in_a_log(self):
        for how in ("--basic", "--digest"):
            ran = self.midge("-v", "-u", "me:secret", how, self.at("any"))
            self.assertEqual(200, ran[0]["status"])
            for secret in (b"secret", b"bWU6c2VjcmV0", b"response="):
                self.assertNotIn(secret, ran.err)

    def test_netrc(self):
        """Beside curl; -u wins."""
        path = self.dir / ".netrc"
        for text, status in (("machine localhost login me password secret", 200),
                             ("machine other login a password b\nmachine LOCALHOST\n login me\n password secret\n", 200),
                             ("machine x login me password secret\ndefault login me password secret", 200),
                             ("machine localhost login me account z password \"s\\ecret\"", 200),
                             ("# machine localhost login a\nmachine localhost login me password secret #", 200),
                             ("macdef init\nmachine localhost login a\n\nmachine localhost login me password secret", 200),
                             ("machine localhost login me password wrong", 401),
                             ("machine other login me password secret", 401),
                             ("machine", 401), ("", 401), ("machine localhost password secret", 401)):
            with self.subTest(text):
                path.write_text(text)
                self.assertEqual(status, self.both(self.at("any"), "--netrc-file", ".netrc")[0]["status"])
                ran = self.midge("-n", "--digest", self.at("any"), env={"HOME": str(self.dir)})
                self.assertEqual(status, ran[0]["status"])
                self.assertEqual(200, self.midge("-n", "-u", "me:secret", self.at("any"))[0]["status"])
        self.both(self.at("any"), "--netrc-file", "none")
        path.write_text('machine localhost login me password "a\\nb"')
        for scheme in ("--basic", "--digest", "--anyauth"):
            ran = self.midge(scheme, "--netrc-file", ".netrc", self.at("any"))
            self.assert_code(2, ran, "control character in the user or password")

    def test_refused(self):
        for arguments, words in ((["-u", "me"], "no ':'"), (["-u", "a:b\n"], "control character"),
                                 (["-u", "a:b", "--oauth2-bearer", "x"], "don't go together")):
            ran = self.midge(*arguments, self.url("/", "http"))
            self.assert_code(2, ran, words)
            self.assert_one_line(ran)


if __name__ == "__main__":
    unittest.main()
