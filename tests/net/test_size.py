#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""midge size: its sums, its options; that it is what a client says it needs, and that a client with just this
memory works and takes no more, in all programs that are built: of 64 bits by profile, of 32 bits by board."""
import json
import pathlib
import re
import subprocess
import unittest

import midge_test

HOSTS = 6
URLS = [f"https://h{n % HOSTS}.test/" for n in range(3 * HOSTS)]
SPARE = 16   # awaitables that the program has beside those of its URLs (boards/host/cli/setup.c)
EXAMPLES = ([], ["--connections=1"], ["--connections", "3", "--no-sessions"], ["--connections=4", "--http2"])


def world(heads):
    """Servers with heads of some size and chunked answers of 20,000 bytes."""
    lines = ["latency 5", "jitter 3", "split 10%"]
    for n in range(HOSTS):
        lines += [f"host h{n}.test", "  tls 443 only-1.2" if n % 2 else "  tls 443", "  reply 443 /", "    fill 20000",
                  *[f'    header "X-{i}: {"y" * 90}"' for i in range(heads // 100)]]
    return "\n".join(lines) + "\n"


class Size(midge_test.Case):
    def size(self, *arguments, code=0):
        ran = self.midge("size", *arguments, report=False, ca=False)
        self.assert_code(code, ran)
        return ran

    def sizes(self, *arguments):
        return json.loads(self.size(*arguments, "--json").out)

    def test_sums(self):
        for arguments in EXAMPLES:
            size = self.sizes(*arguments)
            self.assertEqual(size["needed"], sum(line["bytes"] for line in size["lines"] if line["depth"] == 0))
            self.assertLess(size["least"], size["needed"])
            self.assertIn(f"{size['needed']:,}  midge_memory_needed", self.size(*arguments).out.decode())

    def test_options_count(self):
        """Each option changes the number."""
        base, (pem, key) = self.sizes()["needed"], (self.ca, self.dir / "key.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key],
                       check=True, capture_output=True)
        for more in (["--connections=40"], ["--handshakes=30"], ["--requests=10000"], ["--request-bytes=2000"], ["--http2"],
                     ["--max-header=1000000"], ["--proxy-tls"], ["--root-table"], ["--cacert", pem],
                     ["--cert", pem, "--key", key]):
            self.assertGreater(self.sizes(*more)["needed"], base, more)
        self.assertLess(self.sizes("--no-sessions")["needed"], base)
        self.assertLess(self.sizes("--queued=1")["needed"], base)
        self.assertGreater(self.sizes("--http2", "--transfers=2000")["needed"], self.sizes("--http2", "--transfers=20")["needed"])

    def test_http2(self):
        windows = [self.sizes("--http2", "--transfers=9", *more)["needed"] for more in
                   (["--no-pauses"], ["--http2-window=4096"], ["--http2-window=100000"])]
        self.assertGreater(windows[1] - windows[0], 9 * 4096)
        self.assertGreater(windows[2] - windows[1], 9 * 95000)

    def test_fits(self):
        fits = self.sizes("--requests=8", "--fits=1M")["fits"]
        self.assertEqual(1 << 20, fits["bytes"])
        n = fits["connections"]
        self.assertEqual(fits["needed"], self.sizes("--requests=8", f"--connections={n}")["needed"])
        self.assertLessEqual(fits["needed"], 1 << 20)
        self.assertGreater(self.sizes("--requests=8", f"--connections={n + 1}")["needed"], 1 << 20)
        self.assertIn("it is too little", self.size("--fits=1000").out.decode())

    def test_wrong(self):
        for arguments, words in (
                (["--connections=0"], "--connections is a number from 1 to 1000, not '0'"),
                (["--connections=18446744073709551617"], "--connections is a number from 1 to 1000"),
                (["--connections"], "--connections needs a value"),
                (["--fits=4096M"], "--fits is a number of bytes below 4096M"),
                (["--fits=K"], "--fits is a number of bytes"), (["--nonsense"], "unknown option --nonsense"),
                (["x"], "unknown word x"), (["--" + "x" * 5000], "unknown word --xxx"),
                (["--cacert", "/dev/null"], "there is no certificate in /dev/null"),
                (["--cert", self.ca], "--cert and --key belong together"),
                (["--profile=big"], "there is no profile 'big'"),
                (["--no-pauses"], "--http2-window and --no-pauses belong to --http2"),
                (["--http2", "--http2-window=2047"], "--http2-window is a number from 2048"),
                (["--device=lm3s"], "there is no device 'lm3s'"),
                (["--device=a", "--profile=tiny"], "--device names the profile too")):
            self.assertIn(words, self.size(*arguments, code=2).text)
        self.size("--cacert", self.dir / "none", code=26)

    def test_profiles(self):
        for profile in ("full", "small", "tiny"):
            midge_test.of_profile(profile)
            self.assertEqual(profile, self.sizes("--profile", profile)["profile"])
        self.assertGreater(self.sizes("--profile=full")["needed"], self.sizes("--profile=tiny")["needed"])

    def programs(self):
        """(words of midge size that choose it, the program, its most connections)"""
        folder = pathlib.Path(midge_test.BIN).parent
        chosen = [(["--profile", name], midge_test.of_profile(name), 1000) for name in midge_test.PROFILES]
        listed = self.midge("--device", "list", report=False, ca=False).out.decode().split("\n")[1:]
        for board, profile, _, connections in (line.split()[:4] for line in listed if line):
            name = board if board.endswith(profile) else f"{board}-{profile}"
            if (folder / f"midge-{name}").exists():
                chosen.append((["--device", name], folder / f"midge-{name}", int(connections)))
        return chosen

    def run_world(self, program, heads, heap, connections):
        """(exit codes and summary of the report, what was said), of requests to all hosts."""
        sim, report = self.dir / "world", self.dir / "report"
        sim.write_text(world(heads))
        report.unlink(missing_ok=True)
        done = subprocess.run([program, "--sim", sim, "-sS", "--heap", str(heap), "--max-conns", str(connections),
                               "--report", report, "-o", "/dev/null", *URLS], capture_output=True, check=False)
        lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
        return [line["exit_code"] for line in lines[:-1]], lines[-1]["summary"] if lines else {}, done.stderr.decode()

    def check_program(self, words, program, heads, connections):
        wide = "--device" not in words
        settings = [f"--connections={connections}", *([f"--requests={len(URLS) + SPARE}"] if wide else [])]
        size = self.sizes(*words, *settings)
        self.assertEqual(8 if wide else 4, size["pointer_bytes"])
        said = self.run_world(program, heads, 1, connections)[2]
        least, needed = map(int, re.search(r"too small: (\d+) are .*, (\d+) for everything", said).groups())
        # The world's root is in both of them, with its share of what is lost between pieces.
        self.assertAlmostEqual(needed - least, size["needed"] - size["least"], delta=1)
        self.assertIn(needed - size["needed"], range(1000, 4000))
        codes, summary, said = self.run_world(program, heads, needed, connections)
        self.assertEqual([0] * len(URLS), codes, (program, said))
        self.assertLessEqual(summary["alloc_peak"], needed, (program, settings))
        self.assertGreater(summary["alloc_peak"], needed // 32, (program, settings))

    def check_app(self, device):
        """A device whose program fetches by an app only: as its block is divided."""
        sim = self.dir / "world"
        sim.write_text(world(1900))
        size = self.sizes("--device", device)
        done = self.midge("app", "fetch", "--device", device, "--sim", sim, "--stats", "--times", "3",
                          *URLS[:HOSTS], report=False, ca=False)
        self.assert_code(0, done)
        peak, block = map(int, re.search(r"(\d+) of (\d+) bytes", done.text).groups())
        self.assertEqual(size["block"], block)
        self.assertLessEqual(peak, min(block, size["needed"]))
        self.assertLess(size["least"], block)

    def test_programs(self):
        for words, program, most in self.programs():
            if words[1] in ("lm3s6965evb-tiny", "riscv-virt-tiny", "mps2-an385-tiny"):
                self.check_app(words[1])    # tiny on boards has no redirects, which the program asks for
                continue
            for heads, connections in ((100, 1), (1900, 3)):
                self.check_program(words, program, heads, min(connections, most))


if __name__ == "__main__":
    unittest.main()
