#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--etag-save and --etag-compare of the program."""
import unittest

from midge_test import Case


class ETags(Case):
    def ask(self, tag, *options):
        ran = self.midge("--etag-save", "tag", "--etag-compare", "tag", *options, self.url(f"/etag/{tag}", "http"))
        self.assert_code(0, ran)
        return ran[0]["status"]

    def tag(self):
        return (self.dir / "tag").read_text()

    def test_until_it_changes(self):
        """The body and its tag stay as they are until there are new ones."""
        for tag, status in (("a", 200), ("a", 304), ("b", 200), ("b", 304), ("a", 200)):
            self.assertEqual(status, self.ask(tag, "-o", "body"))
            self.assertIn(f'"etag": "{tag}"', (self.dir / "body").read_text())
            self.assertEqual(f'"{tag}"\n', self.tag())

    def test_without_a_file(self):
        """curl sends an empty tag, too."""
        ran = self.midge("--etag-compare", "none", self.url("/etag/a", "http"))
        self.assertEqual('""', ran.json["asked"])
        ran = self.midge("--etag-compare", "none", "-H", "If-None-Match: x", self.url("/etag/a", "http"))
        self.assertEqual("x", ran.json["asked"])

    def test_a_cut_body_has_no_tag(self):
        self.ask("a")
        ran = self.midge("--etag-save", "tag", self.url("/etag/b?_cut=5", "http"))
        self.assert_code(18, ran)
        self.assertEqual('"a"\n', self.tag())
        self.assert_code(0, self.midge("--etag-save", "tag", self.url("/etag/", "http")))
        self.assertEqual('"a"\n', self.tag())

    def test_a_condition_of_the_user(self):
        """304 leaves the file as it is and makes none, whoever wrote the condition."""
        (self.dir / "old").write_text("what is there")
        for name in ("old", "new"):
            ran = self.midge("-H", 'If-None-Match: "a"', "-o", name, self.url("/etag/a", "http"))
            self.assertEqual((0, 304), (ran.code, ran[0]["status"]))
        self.assertEqual((["old"], "what is there"), (self.files(), (self.dir / "old").read_text()))

    def test_refused(self):
        url = self.url("/etag/a", "http")
        self.assert_code(2, self.midge("--etag-save", "tag", url, url), "one URL")
        (self.dir / "tag").write_text('"a\x01"')
        self.assert_code(2, self.midge("--etag-compare", "tag", url), "control character")
        self.assert_code(23, self.midge("--etag-save", "no/tag", url), "no/tag")


if __name__ == "__main__":
    unittest.main()
