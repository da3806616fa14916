#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""midge --explain: an entry for each error, exit code, alert and reason that the sources know, and misspellings."""
import re
import subprocess
import unittest

import midge_test

SOURCES = {name: (midge_test.ROOT / name).read_text() for name in (
    "include/midge/err.h", "boards/host/cli/failure.h", "src/io/tls_text.c", "src/io/tls_error.c")}


def run(*arguments):
    return subprocess.run([midge_test.BIN, *arguments], capture_output=True, check=False, text=True)


class Explain(unittest.TestCase):
    def explain(self, name):
        done = run("--explain", name)
        self.assertEqual((0, ""), (done.returncode, done.stderr), name)
        return done.stdout

    def test_errors(self):
        """By name in all spellings, and by value."""
        errors = re.findall(r"X\((\w+), (-\d+), \"(.*?)\"\)", SOURCES["include/midge/err.h"])
        self.assertGreater(len(errors), 50)
        for name, value, text in errors:
            said = self.explain(name)
            self.assertIn(f"MIDGE_ERR_{name} ({value}): {text}\n", said)
            for label in ("When", "Acted on", "Try", "Exit code"):
                self.assertRegex(said, rf"(?m)^{label} +\S")
            self.assertLess(max(map(len, said.splitlines()[1:])), 80)
            for spelling in (name.lower(), f"MIDGE_ERR_{name}", name.replace("_", "-"), value):
                self.assertEqual(said, self.explain(spelling))

    def test_exit_codes(self):
        codes = re.findall(r"^ +EXIT_\w+ = (\d+)", SOURCES["boards/host/cli/failure.h"], re.M)
        self.assertGreater(len(codes), 25)
        for code in codes:
            self.assertIn(f"Exit code {code} of midge: ", self.explain(code))
        self.assertIn("TIMEOUT, timed out", self.explain("28"))
        self.assertRegex(self.explain("TLS"), r"Exit code +7, 6, 35, 55, 56 by the phase")
        self.assertRegex(self.explain("AGAIN"), r"Exit code +none: ")
        self.assertEqual(["TLS", "ENTROPY", "TLS_RECORD_SIZE", "PORT"],
                         re.findall(r"(?m)^(?:Errors)? +([A-Z_]+), ", self.explain("35")))

    def test_alerts(self):
        """Each that midge names, under its number."""
        alerts = re.findall(r'"\\(\d+)" +ALERT "(\w+)', SOURCES["src/io/tls_text.c"])
        self.assertGreater(len(alerts), 30)
        for number, name in alerts:
            line = f"TLS alert {name} ({int(number, 8)}), sent by the server:"
            for spelling in (name, f"TLS alert {name}", name.upper()):
                self.assertIn(line, self.explain(spelling))

    def test_reasons(self):
        """Each text about a certificate or the protocol."""
        source = SOURCES["src/io/tls_text.c"]
        texts = re.findall(r'return "([^"]+)"', source)
        texts += re.findall(r'(?:X\([^"]*|[?:] |NOT_ACCEPTED )"([^"\\]+)"', source[source.index("--- certificates"):])
        texts += re.findall(r'"((?:server|certificate)[^"%]+)"', SOURCES["src/io/tls_error.c"])
        self.assertIn("certificate is for another host", texts)
        self.assertIn("server does not speak TLS", texts)
        self.assertGreater(len(texts), 25)
        for text in texts:
            self.assertIn(text + ":\n", self.explain(text))

    def test_both(self):
        """An alert and a reason of the same words."""
        self.assertRegex(self.explain("certificate expired"), r"(?s)^TLS alert .*\ncertificate expired:")
        self.assertNotIn("\ncertificate expired:", self.explain("TLS alert certificate_expired"))

    def test_unknown(self):
        for name, words in (("TIMEUOT", "'TIMEUOT'; do you mean 'TIMEOUT'?"), ("unknown_cs", "do you mean 'unknown_ca'?"),
                            ("99", "there is no '99'; it takes"), ("-99", "there is no '-99'"), ("", "there is no ''"),
                            ("9" * 400, "there is no '999"), ("x" * 5000, "there is no 'xxx"), ("1e3", "there is no '1e3'"),
                            ("\x1b[31m", "there is no '?[31m'")):
            done = run(f"--explain={name}")
            self.assertEqual((2, ""), (done.returncode, done.stdout))
            self.assertIn(words, done.stderr)
        self.assertEqual(2, run("--explain").returncode)


if __name__ == "__main__":
    unittest.main()
