#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""midge in an application's own poll loop (boards/examples/poll_loop.c)."""
import json
import subprocess
import unittest

import client_program
import midge_test
from midge_test import Case


class Loop(Case):
    def start(self, *paths):
        urls = [self.url(path, port="http") for path in paths]
        return subprocess.Popen([client_program.program("loop"), *urls], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, env=midge_test.environment())

    def read(self, process):
        return json.loads(process.stdout.readline())

    def test_input_is_answered_while_requests_wait(self):
        process = self.start("/posts/1?_together=3", "/posts/2?_together=3")
        try:
            for length in (3, 7):   # the server answers nothing until the third request has come
                process.stdin.write(b"x" * (length - 1) + b"\n")
                process.stdin.flush()
                self.assertEqual({"line": length}, self.read(process))
            ran = self.midge(self.url("/posts/3?_together=3", port="http"), ca=False)
            self.assertEqual(0, ran.code, ran)
            process.stdin.close()
            lines = [json.loads(line) for line in process.stdout]
        finally:
            process.kill()
            process.wait()
        self.assertEqual([{"status": 200}] * 2, lines[:2])

    def test_it_waits_and_does_not_spin(self):
        process = self.start("/posts/1?_delay=1")
        process.stdin.close()
        lines = [json.loads(line) for line in process.stdout]
        process.wait()
        self.assertEqual({"status": 200}, lines[0])
        self.assertLess(lines[1]["rounds"], 40)


if __name__ == "__main__":
    unittest.main()
