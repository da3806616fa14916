#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The image for a NUCLEO-F767ZI, which no emulator here runs: where everything lies, and that
openocd can write it."""
import pathlib
import re
import shlex
import subprocess
import unittest

import board

BUILD = board.BUILD / "nucleo-f767zi"
IMAGE = BUILD / "nucleo-f767zi-full.elf"
DMA_RAM = range(0x20020000, 0x20080000)     # SRAM1 and SRAM2: DTCM is not the Ethernet's
DTCM = range(0x20000000, 0x20020000)
PROGRAM = range(0x08000000, 0x081C0000)     # the last sector holds the settings


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout


class Nucleo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lines = [line.split() for line in run("arm-none-eabi-nm", "-S", IMAGE).splitlines()]
        cls.symbols = {words[-1]: int(words[0], 16) for words in lines}
        cls.sizes = {words[-1]: int(words[1], 16) for words in lines if len(words) == 4}
        cls.vectors = (BUILD / "nucleo-f767zi-full.bin").read_bytes()[:64]

    def vector(self, number):
        return int.from_bytes(self.vectors[4 * number:4 * number + 4], "little")

    def test_starts(self):
        self.assertEqual(0x08000000, self.symbols["cortexm_vectors"])
        self.assertEqual(self.symbols["hw_stack_top"], self.vector(0))
        self.assertEqual(self.symbols["cortexm_reset"] | 1, self.vector(1))
        self.assertEqual(self.symbols["systick_interrupt"] | 1, self.vector(15))

    def test_the_stack_needs_no_cache(self):
        self.assertIn(self.symbols["hw_stack_bottom"], DTCM)
        self.assertIn(self.symbols["hw_stack_top"] - 1, DTCM)

    def test_the_dma_s_memory(self):
        """cache.c makes 1 KB from the descriptors on uncached; buffers are whole lines."""
        at = self.symbols["descriptors"]
        self.assertEqual(0, at % 1024)
        self.assertLessEqual(self.sizes["descriptors"], 1024)
        for name in "descriptors", "buffers":
            self.assertIn(self.symbols[name], DMA_RAM)
            self.assertIn(self.symbols[name] + self.sizes[name] - 1, DMA_RAM)
            self.assertGreaterEqual(self.symbols[name], self.symbols["cortexm_bss_end"])
        self.assertEqual(0, self.symbols["buffers"] % 32)
        self.assertEqual(0, self.sizes["buffers"] % 32)

    def test_no_other_data_is_uncached(self):
        at = self.symbols["descriptors"]
        self.assertEqual([], [name for name, other in self.symbols.items() if at < other < at + 1024])

    def test_fits(self):
        sections = re.findall(r"^\s*\d+ (\.\S+)\s+(\S+)\s+(\S+)\s+(\S+).*\n\s+(.*)",
                              run("arm-none-eabi-objdump", "-h", IMAGE), re.M)
        loaded = [(int(lma, 16), int(size, 16)) for _, size, _, lma, flags in sections
                  if "LOAD" in flags.split(", ") and int(size, 16) > 0]
        self.assertTrue(loaded)
        for at, size in loaded:
            self.assertIn(at, PROGRAM)
            self.assertIn(at + size - 1, PROGRAM)

    def test_no_semihosting(self):
        dump = run("arm-none-eabi-objdump", "-d", IMAGE)
        self.assertNotIn("bkpt", dump)
        self.assertIn("<main>:", dump)

    def test_openocd_writes_it(self):
        """Its configuration and commands, as far as they go without an adapter."""
        lines = run("ninja", "-C", BUILD, "-t", "commands", "flash-full").splitlines()
        words = shlex.split(lines[-1].split("&&", 1)[1])
        words = words[:words.index("&&")] if "&&" in words else words
        self.assertEqual("openocd", pathlib.Path(words[0]).name)
        self.assertRegex(words[words.index("-c") + 1], rf"^program \S*/{IMAGE.name} verify reset exit$")
        done = subprocess.run([words[0], "-f", words[words.index("-f") + 1],
                               "-c", "noinit; help program; echo [flash list]; shutdown"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("program <filename> [address]", done.stderr)
        self.assertIn("stm32f7x.flash", done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
