#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A page that is asked for again (boards/examples/page.c), from our server and from nginx."""
import json
import subprocess
import unittest

import client_program
import midge_test


class Page(midge_test.Case):
    def begin(self, url):
        self.process = subprocess.Popen([client_program.program("page"), self.ca, url], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=midge_test.environment())
        self.addCleanup(self.process.communicate)

    def ask(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline())
        return found["error"], found["status"], found["not_modified"], bytes.fromhex(found["hex"]).decode("latin-1")

    def test_changes(self):
        """A failure leaves the old page and its validators."""
        page, weak = "^/etag/page$", {"ETag": 'W/"2"'}
        self.begin(self.url("/etag/page"))
        self.rules({"match": page, "status": 200, "body": "one", "headers": {"ETag": '"page"'}, "times": 1})
        self.assertEqual(("", 200, 0, "one"), self.ask())
        self.assertEqual(("", 304, 1, "one"), self.ask())
        self.rules({"match": page, "status": 503, "times": 1})
        self.assertEqual(("HTTP_STATUS", 503, 0, "one"), self.ask())
        self.rules({"match": page, "status": 200, "body": "two", "headers": weak, "cut": 2, "times": 1})
        self.assertEqual(("PARTIAL", 200, 0, "one"), self.ask())
        self.assertEqual(("", 304, 1, "one"), self.ask())
        self.rules({"match": page, "status": 200, "body": "two", "headers": weak, "times": 1})
        self.assertEqual(("", 200, 0, "two"), self.ask())
        self.rules({"match": page, "status": 200, "body": "three", "times": 1})
        self.assertEqual(("", 200, 0, "three"), self.ask())
        self.rules({"match": page, "status": 200, "body": "four", "times": 1})
        self.assertEqual(("", 200, 0, "four"), self.ask())

    def test_nginx(self):
        """With both validators."""
        self.begin(f"https://localhost:{self.servers.nginx['https']}/100")
        first = self.ask()
        self.assertEqual(("", 200, 0), first[:3])
        self.assertEqual(("", 304, 1, first[3]), self.ask())


if __name__ == "__main__":
    unittest.main()
