#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""NUCLEO-F767ZI, of which QEMU has no model: where everything lies in its image, and that openocd
can write it; and its start on another chip's model (nucleo_start.c), with each register that it
writes."""
import pathlib
import re
import shlex
import subprocess
import tempfile
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


class Start(unittest.TestCase):
    """The values are those of boards/nucleo-f767zi/REGISTERS.md; all registers read as 0 there."""
    MPU_AND_CACHES = [
        (0xE000ED9C, 0x1FFF8010), (0xE000EDA0, 0x1000001D),     # 32 KB below the stack
        (0xE000ED9C, 0x00000011), (0xE000EDA0, 0x1000000B),     # null pointers
        (0xE000ED94, 5), (0xE000ED08, 0x08000000), (0xE000ED14, 0x210),
        (0xE000ED94, 0),
        (0xE000ED9C, 0x00000012), (0xE000EDA0, 0x1000873F),     # external memory
        (0xE000ED9C, 0x2006D013), (0xE000EDA0, 0x130C0013),     # descriptors
        (0xE000ED94, 5),
        (0xE000EF50, 0), (0xE000ED14, 0x20210),                 # instructions
        (0xE000ED84, 0), (0xE000EF60, 0), (0xE000ED14, 0x10210)]    # data: one line in this model
    CLOCK = [
        (0x40023840, 1 << 28), (0x40007000, 0xC000),
        (0x40023800, 1 << 18), (0x40023800, 1 << 16), (0x40023800, 0),     # HSE, which does not come
        (0x40023804, 2 << 28 | 9 << 24 | 216 << 6 | 8), (0x40023800, 1 << 24),
        (0x40007000, 1 << 16),                                  # over-drive, which does not come
        (0x40023808, 0), (0x40007000, 0), (0x40007000, 0), (0x40023800, 0)]
    CYCLES = [(0xE000EDFC, 1 << 24), (0xE0001FB0, 0xC5ACCE55), (0xE0001004, 0), (0xE0001000, 1)]
    ETHERNET = ["A1", "A2", "A7", "B13", "C1", "C4", "C5", "G11", "G13"]
    CONSOLE = ["D8", "D9"]
    LEDS = ["B0", "B7", "B14"]

    @staticmethod
    def pin(name, mode, speed, function):
        base, number = 0x40020000 + 0x400 * (ord(name[0]) - ord("A")), int(name[1:])
        return [(base + 0x20 + 4 * (number // 8), function << 4 * (number % 8)),
                (base + 0x08, speed << 2 * number), (base, mode << 2 * number)]

    def start(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            trace = pathlib.Path(folder, "trace")
            config = ",".join(["enable=on", "target=native", "arg=start", *(f"arg={word}" for word in words)])
            ran = subprocess.run(
                ["qemu-system-arm", "-M", "netduinoplus2", "-display", "none", "-monitor", "none",
                 "-serial", "null", "-kernel", BUILD / "nucleo-f767zi-start.elf",
                 "-semihosting-config", config, "-trace", f"memory_region_ops_write,file={trace}"],
                capture_output=True, text=True, timeout=60)
            self.writes = [(int(address, 16), int(value, 16)) for address, value in
                           re.findall(r" addr (0x\w{8}) value (\S+) size 4 ", trace.read_text())]
        self.text = (ran.stdout + ran.stderr).replace("\r\n", "\n")
        return ran.returncode

    def test_registers(self):
        self.assertEqual(0, self.start(), "it ends")
        pins = sum([self.pin(name, 2, 3, 11) for name in self.ETHERNET]
                   + [self.pin(name, 2, 0, 7) for name in self.CONSOLE]
                   + [self.pin(name, 1, 0, 0) for name in self.LEDS], [])
        usart = [(0x40004800 + offset, value) for offset, value in
                 ((0, 0), (4, 0), (8, 0), (0xC, 139), (0, 0xD))]
        expected = self.MPU_AND_CACHES + self.CLOCK + self.CYCLES + [(0x40023830, 0x4F)] + pins \
            + [(0x40023840, 1 << 18)] + usart \
            + [(0xE000E014, 15999), (0xE000E018, 0), (0xE000E010, 7)] \
            + [(0x40020418, 1 << 0), (0x40020418, 1 << 14)]     # green, red
        self.assertEqual([f"{a:#x}={v:#x}" for a, v in expected],
                         [f"{a:#x}={v:#x}" for a, v in self.writes[:len(expected)]])

    def test_it_says_what_is_missing(self):
        self.assertEqual(0, self.start())
        self.assertIn("clock: the PLL or the supply does not start: 16 MHz, no Ethernet, no TLS\n", self.text)
        self.assertIn("entropy: the RNG gives no words\nno entropy, zeros\n", self.text)
        self.assertIn("3 ms\n", self.text)

    def test_memory_that_is_not_there_faults(self):
        for address in (0, 0x3C, 0x1FFF8000, 0x1FFFFFFC, 0x60000000, 0xA0000000, 0xDFFFFFFC):
            with self.subTest(hex(address)):
                self.assertEqual(3, self.start(f"touch={address:x}"))
                self.assertRegex(self.text, rf"fault: hard .* address={address:#010x}\n")
        for address in (0x20000000, 0x08000000):
            self.assertEqual(0, self.start(f"touch={address:x}"))
            self.assertIn("touched\n", self.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
