#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The compiler's protections are in the host programs (port/hardening.cmake)."""
import platform
import re
import subprocess
import unittest

import midge_test

X86 = platform.machine() == "x86_64"


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Hardening(unittest.TestCase):
    def each(self, *command):
        return [output(*command, midge_test.of_profile(name)) for name in midge_test.PROFILES]

    def test_addresses_differ(self):
        for text in self.each("readelf", "-hdW"):
            self.assertRegex(text, r"Type:\s+DYN")
            self.assertRegex(text, r"FLAGS_1.*\bPIE\b")

    def test_tables_are_read_only(self):
        for text in self.each("readelf", "-ldW"):
            self.assertIn("GNU_RELRO", text)
            self.assertRegex(text, r"FLAGS_1.*\bNOW\b")

    def test_stack_holds_no_code(self):
        for text in self.each("readelf", "-lW"):
            self.assertRegex(text, r"GNU_STACK.*\bRW\b")

    def test_stack_is_protected(self):
        for text in self.each("nm", "-D"):
            self.assertIn("__stack_chk_fail", text)

    def test_libc_checks_sizes(self):
        for text in self.each("nm", "-D"):
            self.assertRegex(text, r"__(memcpy|snprintf|vsnprintf)_chk")

    @unittest.skipUnless(X86, "other processors have other instructions")
    def test_targets_of_jumps_are_marked(self):
        """In the program, the library and mbedTLS. (The whole file is marked only where libc is.)"""
        for text in self.each("objdump", "-d", "--no-show-raw-insn"):
            for name in ("main", "midge_open", "mbedtls_ssl_handshake"):
                self.assertRegex(text, rf"<{name}>:\n +[0-9a-f]+:\s+endbr64")

    @unittest.skipUnless(X86, "other processors have other instructions")
    def test_large_frames_touch_each_page(self):
        """A frame above a page is taken page by page: sub of 4096, then a write that changes nothing."""
        for text in self.each("objdump", "-d", "--no-show-raw-insn"):
            whole = re.findall(r"\bsub +\$0x([0-9a-f]+),%rsp\n.*?\t(\S+)", text)
            self.assertIn(("1000", "orq"), whole)
            self.assertFalse([size for size, _ in whole if int(size, 16) > 0x1000 and int(size, 16) < 1 << 31])


if __name__ == "__main__":
    unittest.main(verbosity=2)
