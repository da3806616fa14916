#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""guides.py finds each kind of defect in a guide, and writes what has changed."""
import contextlib
import io
import pathlib
import tempfile
import unittest
import unittest.mock

import guides


class Guides(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.guide = pathlib.Path(self.dir.name) / "guide.md"

    def wrong(self, text, write=False):
        self.guide.write_text(text)
        with contextlib.redirect_stdout(io.StringIO()):
            return "\n".join(guides.check_guide(self.guide, write))

    def block(self, mark, language, text, more=""):
        return f"{mark}\n```{language}\n{text}\n```\n{more}"

    def assert_right(self, *arguments):
        self.assertEqual("", self.wrong(self.block(*arguments)))

    def assert_wrong(self, part, *arguments):
        self.assertIn(part, self.wrong(self.block(*arguments)))

    def test_comments(self):
        self.assert_wrong("no comment above it", "", "sh", "true")
        self.assert_wrong("no comment above it", "<!-- run -->\n", "c", "int x;")
        self.assert_wrong("does not name its language", "", "", "true")
        self.assert_wrong("does not say why", "<!-- not run: -->", "sh", "false")
        self.assert_wrong("does not know 'exits'", "<!-- run | exits 1 -->", "sh", "false")
        self.assert_wrong("does not know 'twice'", "<!-- run twice -->", "sh", "true")
        self.assert_wrong("does not know 'text'", "<!-- run -->", "text", "true")
        self.assert_right("<!-- not run: hardware -->", "sh", "false")
        self.assert_right("", "text", "anything")
        self.assertIn("has no end", self.wrong("```sh\ntrue\n"))

    def test_commands(self):
        self.assert_right("<!-- run -->", "sh", 'test -f include/midge/err.h && midge --version >"$HOME/a"')
        self.assert_wrong("exit code 1, not 0", "<!-- run -->", "sh", "false\ntrue")
        self.assert_wrong("exit code 2, not 3", "<!-- run | exit 3 -->", "sh", "midge --nonsense")
        self.assert_right("<!-- run | exit 2 -->", "sh", "build/host/midge --nonsense")
        self.assert_right("<!-- run | with --version -->", "sh", "midge | grep ^midge")

    def test_devices(self):
        with unittest.mock.patch.object(guides, "BIN", pathlib.Path(self.dir.name, "midge")):
            for name in ("devices", "devices lm3s6965evb-x"):
                self.assert_right(f"<!-- run | {name} -->", "sh", "false")
            pathlib.Path(self.dir.name, "midge-lm3s6965evb-x").touch()
            for name in ("devices", "devices lm3s6965evb-x"):
                self.assert_wrong("exit code 1", f"<!-- run | {name} -->", "sh", "false")
            self.assert_right("<!-- run | devices lm3s6965evb-y -->", "sh", "false")

    def test_outputs(self):
        run = self.block("<!-- run -->", "sh", "seq 2")
        self.assertEqual("", self.wrong(self.block(run + "<!-- output -->", "text", "1\n2")))
        stale = self.block(run + "<!-- output -->", "text", "1\n3")
        self.assertIn("-3\n+2", self.wrong(stale))
        self.assertEqual("", self.wrong(stale, write=True))
        self.assertEqual(stale.replace("3", "2"), self.guide.read_text())
        self.assert_wrong("no run block", "<!-- output -->", "text", "1")
        fails = self.block("<!-- run -->", "sh", "echo 2\nfalse", self.block("<!-- output -->", "text", "1"))
        self.assertIn("exit code 1", self.wrong(fails, write=True))
        self.assertEqual(fails, self.guide.read_text())

    def test_written_parts(self):
        part = "a\n<!-- begin: echo '| x |' -->\n{}<!-- end -->\nb\n"
        self.assertEqual("", self.wrong(part.format("| x |\n")))
        self.assertIn("stale", self.wrong(part.format("")))
        self.assertEqual("", self.wrong(part.format("| y |\n"), write=True))
        self.assertEqual(part.format("| x |\n"), self.guide.read_text())
        self.assertEqual("", self.wrong("<!-- begin: seq 3 | tail -n 1 | devices -->\n" + "3\n<!-- end -->"))
        self.assertIn("exits with 1", self.wrong("<!-- begin: false -->\n<!-- end -->\n"))
        self.assertIn("no <!-- end -->", self.wrong("<!-- begin: true -->\n"))

    def test_c(self):
        self.assert_right("<!-- compile -->", "c", "#include <midge/err.h>\nint f(void);\nint f(void)\n{\n    return MIDGE_OK;\n}")
        self.assert_wrong("does not compile", "<!-- compile -->", "c", "int f(void) { return y; }")
        self.assert_right("<!-- compile | in void f(int x) -->", "c", '#include <errno.h>\nprintf("%d", x);')
        self.assert_right("<!-- compile | given extern int y; -->", "c", "int f(void) { return y; }")
        self.assert_right(r"<!-- compile | given #define Y 1\nextern int y; -->", "c", "int f(void) { return Y + y; }")
        self.assert_right("<!-- compile -->", "cpp", "template <class T> T twice(T x) { return x + x; }")
        first = self.block("<!-- compile -->", "c", "static inline int g(void) { return 1; }")
        self.assert_right(first + "<!-- compile | with previous -->", "c", "int f(void) { return g(); }")

    def test_programs(self):
        program = '#include <midge/midge.h>\n#include <stdio.h>\nint main(void)\n{\n    return puts(midge_err_name(%s)) < 0;\n}'
        run = self.block("<!-- run -->", "c", program % "MIDGE_ERR_URL")
        self.assertEqual("", self.wrong(self.block(run + "<!-- output -->", "text", "URL")))
        self.assert_wrong("exit code 1", "<!-- run -->", "c", "int main(void)\n{\n    return 1;\n}")

    def test_as_in(self):
        self.assert_right("<!-- as in tests/guides/guides.py -->", "text", "import atexit   # why\nimport sys")
        self.assert_wrong("has no line 'import os'", "<!-- as in tests/guides/guides.py -->", "text",
                          "import sys\nimport os")
        self.assert_wrong("there is no file", "<!-- as in gone -->", "text", "x")


if __name__ == "__main__":
    unittest.main()
