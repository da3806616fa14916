#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Waterfall, memory, page and live view of the program: what they show, that they fit, and that nothing from
outside gets into them unescaped."""
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import unittest
import xml.etree.ElementTree

import midge_test
from test_world import Case as World

SVG = "{http://www.w3.org/2000/svg}"
HTML = "{http://www.w3.org/1999/xhtml}"
O = "https://old.example.com"
WORLD = f"""
seed 3
date 2026-11-28
latency 20
host api.example.com
  tls 443 http2
  reply 443 /h2/*
    fill 3000
    delay 300
host old.example.com
  tls 443
  reply 443 /a
    status 302
    header "Location: {O}/b"
  reply 443 /b
    status 301
    header "Location: /c"
  reply 443 /c
    body "here"
    delay 100
  reply 443 /busy
    status 503
    header "Retry-After: 1"
    times 2
  reply 443 /busy
    body "now"
  reply 443 /silent
    delay 100000
  reply 443 /cut
    fill 50000
    end reset 20000
  reply 443 /page*
    fill 200000
    rate 400000
host *.long.test
  tls 443 http2
  reply 443 /*
    fill 10
host bad.example.com
  tls 443 until 2020-01-01
host none.example.com
  name fails 4
"""
HOSTILE = "http://a\033[31m\u202eb&<script>alert(1)</script>\"'\u4e2d\u6587/x y"
STREAMS = [f"https://api.example.com/h2/{n}" for n in range(1, 21)]
OTHERS = [f"{O}/a", f"{O}/busy", f"{O}/silent", f"{O}/cut", "https://bad.example.com/",
          "https://none.example.com/x", HOSTILE, f"{O}/page"]
LONG = f"{O}/page?" + "long" * 60
LONGEST = [f"https://{'.'.join(['a' * 60] * 3)}.long.test/{n}{'b' * 3000}" for n in (1, 2)]
OPTIONS = ("--http2", "-L", "--retry", "2", "-m", "3", "-s")
WORDS = {f"{O}/a": "200, 2 redirects", f"{O}/busy": "200, 2 retries",
         f"{O}/silent": "FAILED: TIMEOUT in wait (28), 2 retries",
         f"{O}/cut": "FAILED: RECV in body (56), 200, 2 retries",
         "https://bad.example.com/": "FAILED: CERT in tls (60)", HOSTILE: "not started, FAILED: URL (3)",
         "https://none.example.com/x": "FAILED: RESOLVE in dns (6), 2 retries"}


def contrast(one, other):
    """WCAG 2.1's ratio of two colours #rrggbb or #rgb."""
    def light(colour):
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[at:at + 2], 16) / 255 for at in (0, 2, 4)]
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def colours(style):
    """{class: colour} of the light page, and of the dark one."""
    light, dark = style.split("@media(prefers-color-scheme:dark){")[-2:]
    light = style if style.count("@media(prefers-color-scheme") == 1 else light
    found = []
    for part in (light.split("@media")[0], dark):
        found.append({name: rule[1] for rule in re.findall(r"([^{}]+)\{(?:[^}]*;)?fill:(#\w+)", part)
                      for name in re.findall(r"\.(\w+)", rule[0])})
    return found[0], {**found[0], **found[1]}


class Sim(World):
    def many(self, *options, urls=(*STREAMS, *OTHERS), **settings):
        outputs = [word for n in range(len(urls)) for word in ("-o", f"out{n}")]
        return self.sim(WORLD, *OPTIONS, *options, *outputs, *urls, **settings)

    def texts(self, root):
        return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]

    def assert_harmless(self, text):
        """Nothing in it is a program, or is fetched."""
        root = xml.etree.ElementTree.fromstring(text)
        for element in root.iter():
            self.assertNotIn(element.tag.split("}")[1], ("script", "a", "image", "img", "iframe", "link", "object",
                                                         "foreignObject", "use"))
            for name in element.attrib:
                self.assertNotRegex(name, r"^(on|.*href|src|style)", element.tag)
        self.assertNotRegex(text, r"(?i)<script|javascript:|url\(|@import")
        self.assertIsNone(re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text))
        return root


class Waterfall(Sim):
    def rows(self, columns):
        """The lines on a terminal so wide, and the bars in them."""
        ran = self.many("--waterfall", env={"COLUMNS": str(columns)})
        self.assert_code(28, ran)
        self.assertIsNone(re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]", ran.text))
        lines = ran.text.splitlines()
        self.assertEqual([], [line for line in lines if len(line) + line.count("\u4e2d") + line.count("\u6587") > columns])
        return lines, [found[1] for found in (re.search(r"\|([^|]*)\| *[\d-]", line) for line in lines) if found]

    def test_widths(self):
        for columns in (60, 80, 120, 300):
            with self.subTest(columns):
                lines, bars = self.rows(columns)
                self.assertEqual("HTTP/2 connection 1 to api.example.com, 20 streams", lines[0])
                self.assertEqual([f"stream {2 * n + 1} " for n in range(20)],
                                 [re.match(r"  (stream \d+ )", line)[1] for line in lines[1:21]])
                self.assertEqual(28, len(bars))
                self.assertEqual(1, len(set(map(len, bars))))
                self.assertEqual(["> redirect  ! repeated",
                                  ". queue  : dns  c connect  t tls  s send  - wait  # body"], lines[-2:])
                for words in WORDS.values():
                    self.assertIn(words, "\n".join(lines))

    def test_narrow(self):
        """The bar keeps ten columns."""
        ran = self.many("--waterfall", env={"COLUMNS": "20"})
        self.assertEqual(28, len(re.findall(r"\|.{10}\|", ran.text)))

    def test_hops_are_in_order(self):
        """A bar goes through the phases again behind the mark of a redirect or a repeat."""
        _, bars = self.rows(300)
        for bar in bars[:20]:
            self.assertRegex(bar, r"^[.:ct]*s?-+#? *$")
        self.assertRegex(bars[20], r"^[^>!]+>+[^>!]+$")
        self.assertRegex(bars[21], r"^[^>!]+![^>!]+![^>!]+$")
        self.assertRegex(bars[22], r"^[^>!]*-+![^>!]*-+![^>!]*-+$")

    def test_attempts_that_were_not_sent(self):
        """Their repeats are marked too: before an attempt that is sent, and behind a redirect."""
        world = WORLD.replace("latency 20", "latency 20\nfail connect 1 ECONNREFUSED") + """
host gone.example.com
  tls 443
  reply 443 /a
    status 302
    header "Location: https://dead.example.com/y"
host dead.example.com
  address 10.9.9.9 refuses
"""
        urls = ("https://none.example.com/x", "https://gone.example.com/a", f"{O}/b")
        ran = self.sim(world, *OPTIONS, "--sync", "-o", "1", "-o", "2", "-o", "3", "--waterfall=w.svg",
                       "--report-html", "p.html", *urls)
        self.assertEqual([2, 2, 0], [line["retries"] for line in ran.lines], ran)
        root = xml.etree.ElementTree.parse(self.dir / "w.svg").getroot()
        marks = [one.find(f"{SVG}title") for one in root.iter(f"{SVG}path")]
        self.assertEqual(["again", "again", "again", "redirect", "again", "redirect"],
                         [title.text.split(":")[0] for title in marks if title is not None])
        at = [float(re.search(r"M([\d.]+)", one.get("d"))[1]) for one in root.iter(f"{SVG}path") if len(one)]
        self.assertEqual(sorted(at[:2]) + sorted(at[2:5]), at[:5])
        page = xml.etree.ElementTree.parse(self.dir / "p.html").getroot()
        self.assertEqual(6, len([one for one in page.iter(f"{HTML}line")]))
        ran = self.sim(world, *OPTIONS, "--sync", "-o", "1", "-o", "2", "-o", "3", "--waterfall", *urls,
                       env={"COLUMNS": "300"})
        bars = re.findall(r"\|([^|]*)\| *[\d-]", ran.text)
        self.assertEqual(["!!", "!>!", ">"], [re.sub("[^>!]", "", bar) for bar in bars])

    def test_picture(self):
        ran = self.many("--waterfall=w.svg", urls=(*STREAMS, *OTHERS, LONG))
        self.assert_code(28, ran)
        text = (self.dir / "w.svg").read_text()
        root = self.assert_harmless(text)
        shown = self.texts(root)
        for n in range(20):
            self.assertEqual(1, shown.count(f"stream {2 * n + 1} /h2/{n + 1}"))
        for url in OTHERS:
            if url != HOSTILE:
                self.assertEqual(1, shown.count(url[8:]), url)
        joined = " ".join(shown).replace("  ", " ")
        for words in WORDS.values():
            self.assertIn(words, joined)
        titles = [one.text for one in root.iter(f"{SVG}title")]
        self.assertEqual(2, sum(title.startswith("redirect: ") for title in titles))
        self.assertEqual(8, sum(title.startswith("again: ") for title in titles))
        self.assert_fits(root)
        self.many("--waterfall=v.svg", urls=(*STREAMS, *OTHERS, LONG))
        self.assertEqual(text, (self.dir / "v.svg").read_text())

    def assert_fits(self, root):
        """No text leaves the picture, and none in one line overlaps another one."""
        width = float(root.attrib["width"])
        lines = {}
        for one in root.iter(f"{SVG}text"):
            x, size = float(one.attrib["x"]), 6.62 * len("".join(one.itertext()))
            kinds = one.attrib["class"].split()
            x -= size if "e" in kinds else size / 2 if "h" in kinds else 0
            self.assertGreaterEqual(x, 0)
            self.assertLessEqual(x + size, width + 0.5, one.text)
            lines.setdefault(one.attrib["y"], []).append((x, x + size))
        for spans in lines.values():
            spans.sort()
            for before, after in zip(spans, spans[1:]):
                self.assertLessEqual(before[1], after[0] + 0.5)

    def test_contrast(self):
        """Texts on the ground, and names of phases in their boxes, in both schemes."""
        self.many("--waterfall=w.svg")
        style = xml.etree.ElementTree.parse(self.dir / "w.svg").getroot().find(f"{SVG}style").text
        for scheme in colours(style):
            for text in "tmx":
                self.assertGreaterEqual(contrast(scheme[text], scheme["g"]), 4.5, text)
            for phase in range(7):
                self.assertGreaterEqual(contrast(scheme[f"q{phase}"], scheme[f"p{phase}"]), 4.5, phase)

    def test_long(self):
        """A host of 190 letters, in its own row and in the heading of its streams; a URL without a host."""
        self.assert_code(3, self.many("--waterfall=w.svg", urls=("http://", *LONGEST)))
        root = self.assert_harmless((self.dir / "w.svg").read_text())
        self.assert_fits(root)
        self.assertIn("http://", self.texts(root))

    def test_cannot_be_written(self):
        ran = self.many("--waterfall=no/w.svg", urls=STREAMS[:1])
        self.assert_code(23, ran, "can't write the waterfall no/w.svg")
        self.assertEqual(1, len(ran.lines))


class Memory(Sim):
    def test_peak_is_the_allocators(self):
        ran = self.many("--memory=m.svg")
        text = (self.dir / "m.svg").read_text()
        shown = self.texts(self.assert_harmless(text))
        peak = ran.summary["alloc_peak"]
        self.assertIn(f"most in use: {peak} bytes", shown)
        lines = [re.search(r"^(.*): small blocks (\d+) bytes at most(?:, TLS records (\d+))?$", line) for line in shown]
        owners = {line[1]: int(line[2]) + int(line[3] or 0) for line in lines if line}
        self.assertIn("the client", owners)
        self.assertIn("connection place 1", owners)
        self.assertLessEqual(max(owners.values()), peak)
        self.assertGreaterEqual(sum(owners.values()), 0.9 * peak)   # all together at once, or nearly
        records = {int(line[3]) for line in lines if line and line[3]}
        self.assertEqual(1, len({size for size in records if size < 30000}), records)   # one size of buffers
        self.many("--memory=n.svg")
        self.assertEqual(text, (self.dir / "n.svg").read_text())

    def test_small_block_is_in_the_picture(self):
        ran = self.many("--memory=m.svg", "--heap", "120000", urls=STREAMS)
        self.assert_code(0, ran)
        self.assertIn("the block: 120000 bytes", self.texts(xml.etree.ElementTree.parse(self.dir / "m.svg").getroot()))

    def test_same_run_with_and_without(self):
        """Looking takes no virtual time."""
        self.assertEqual(self.many("--memory=m.svg").lines, self.many().lines)

    def test_no_client(self):
        ran = self.many("--memory=m.svg", "--heap", "500", "-S")
        self.assert_code(27, ran)
        self.assertIn("no client was opened: there is no memory to draw",
                      self.texts(xml.etree.ElementTree.parse(self.dir / "m.svg").getroot()))

    def test_cannot_be_written(self):
        ran = self.many("--memory", "no/m.svg", "--report-html", "p.html", urls=STREAMS[:1])
        self.assert_code(23, ran, "can't write the picture of memory no/m.svg")
        self.assertTrue((self.dir / "p.html").exists())


class Page(Sim):
    def page(self, name="p.html"):
        return self.assert_harmless((self.dir / name).read_text())

    def test_everything_is_there(self):
        ran = self.many("--report-html", "p.html", urls=(*STREAMS, *OTHERS, LONG))
        self.assert_code(28, ran)
        root = self.page()
        rows = [[("".join(cell.itertext())) for cell in row] for row in root.iter(f"{HTML}tr")]
        rows = [row for row in rows if len(row) > 3]
        self.assertEqual(1 + 29, len(rows))
        self.assertTrue(all(len(row) == len(rows[0]) for row in rows))
        for line, row in zip(ran.lines, rows[1:]):
            if HOSTILE not in line["url"]:
                self.assertEqual(f"GET {line['url']}", row[1])
            self.assertEqual([line["http_version"], *(str(line[name] or "") for name in ("connection_id", "stream_id")),
                              line["tls_version"], str(line["body_len"])], row[3:8])
            self.assertAlmostEqual(line["t_total_us"] / 1000, float(row[15]), delta=0.02)
        names = ["".join(one.itertext()) for one in root.iter(f"{HTML}span") if one.get("class") == "name"]
        self.assertEqual(29, len(names))
        self.assertEqual(29, len(set(names)))
        text = (self.dir / "p.html").read_text()
        for words in WORDS.values():
            self.assertIn(words, text)
        self.assertIn("29, of them 5 failed", text)
        self.assertIn("&#60;script&#62;", text)
        self.assertIn("default-src 'none'", text)
        self.assertTrue(all(row.get("scope") for row in root.iter(f"{HTML}th")))
        self.assertEqual("en", root.get("lang"))
        for message in (line["message"] for line in ran.lines if line["message"] and HOSTILE not in line["url"]):
            self.assertIn(message, "".join(root.itertext()))
        self.many("--report-html", "q.html", urls=(*STREAMS, *OTHERS, LONG))
        self.assertEqual(text, (self.dir / "q.html").read_text())

    def test_long(self):
        self.assert_code(0, self.many("--report-html", "p.html", urls=LONGEST))
        texts = [text.strip() for text in self.page().itertext()]
        self.assertEqual(300, max(map(len, (text for text in texts if "bbb" in text))))
        self.assertEqual(2, sum(text.startswith("GET https://aaa") for text in texts))

    def test_contrast(self):
        self.many("--report-html", "p.html", urls=STREAMS[:2])
        style = self.page().find(f".//{HTML}style").text
        pairs = re.findall(r"background:(#\w+);\s*color:(#\w+)", style)
        self.assertEqual(2, len(pairs), style)
        reds = re.findall(r"dd\.x\{color:(#\w+)", style)
        greys = re.findall(r"\.ends\{[^}]*color:(#\w+)", style)
        for (ground, text), red, grey in zip(pairs, reds, greys):
            for colour in (text, red, grey):
                self.assertGreaterEqual(contrast(ground, colour), 4.5)

    def test_cannot_be_written(self):
        """The rest is written, and the page that was there stays."""
        (self.dir / "there").mkdir()
        ran = self.many("--report-html", "there", "--memory=m.svg", urls=STREAMS[:1])
        self.assert_code(23, ran, "can't write the page there: ")
        self.assertTrue((self.dir / "m.svg").exists())
        self.assertEqual(3000, (self.dir / "out0").stat().st_size)
        self.assertEqual(1, len(ran.lines))
        self.assertEqual([], [name for name in self.files() if ".html" in name or name.startswith("there.")])

    def test_no_client(self):
        self.assert_code(27, self.many("--report-html", "p.html", "--heap", "500", "-S"))
        text = "".join(self.page().itertext())
        self.assertIn("No client was opened", text)
        self.assertIn("28, of them 28 failed", text)


class Live(midge_test.Case):
    """On a terminal of a size, against a server that takes its time."""

    def terminal(self, columns, rows, *arguments, act=None):
        """All that is written to it; act(process, terminal, so far) is called for each piece."""
        try:
            ours, theirs = pty.openpty()
        except OSError as error:    # a chroot without /dev/pts
            self.skipTest(f"no terminal: {error}")
        self.addCleanup(os.close, ours)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = self.start(*arguments, stderr=theirs, stdout=subprocess.DEVNULL,
                             env=midge_test.environment(TERM="xterm"))
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:     # the other side is gone
                break
            shown += piece
            if act is not None:
                act(process, ours, shown)
        process.wait(midge_test.TIMEOUT)
        return process.returncode, shown.decode()

    def urls(self, n):
        return [word for i in range(n) for word in ("-o", os.devnull, self.url(f"/drip?bytes=12&interval=0.1&i={i}", "http"))]

    def frames(self, shown):
        return [frame for frame in shown.replace("\r\n", "\n").split("\033[J") if "\033[K" in frame]

    def assert_frames(self, shown, columns, rows):
        frames = self.frames(shown)
        self.assertGreater(len(frames), 2)
        for frame in frames:
            lines = re.sub(r"\r?\033\[\d+A", "", frame).split("\n")
            self.assertLess(len(lines) - 1, rows, frame)
            for line in lines:
                self.assertLess(len(line.replace("\033[K", "")), columns, frame)
        self.assertEqual(set(), set(re.findall(r"\033\[[^AJK]*[^\dAJK]", shown)))    # no mode is changed
        return frames

    def test_more_transfers_than_rows(self):
        for columns, rows in ((80, 6), (60, 24), (40, 3)):
            with self.subTest((columns, rows)):
                code, shown = self.terminal(columns, rows, *self.urls(9), "--per-host", "9")
                self.assertEqual(0, code, shown)
                frames = self.assert_frames(shown, columns, rows)
                self.assertTrue(any("0/9 done, 0 failed" in frame for frame in frames))
                if rows == 6:
                    self.assertTrue(any(re.search(r"  and [67] more", frame) for frame in frames), shown)
                if rows == 24:
                    self.assertTrue(any(frame.count(" http://") == 9 for frame in frames), shown)
                self.assertTrue(shown.endswith("\033[J"))

    def test_device(self):
        code, shown = self.terminal(80, 24, *self.urls(2), "--device", "mps2-an385")
        self.assertEqual(0, code, shown)
        self.assertRegex(shown, r"memory [\d.]+ K?B/[\d.]+ MB  longest step \d+\.\d ms  at most ")

    def test_interrupted(self):
        """The screen is clean before the messages, and the page tells what was cut off."""
        def interrupt(process, _, shown):
            if b"0/2 done" in shown and not self.sent:
                self.sent = True
                process.send_signal(signal.SIGINT)
        self.sent = False
        code, shown = self.terminal(80, 24, *self.urls(1), "--report-html", "p.html", "-o", os.devnull,
                                    self.url("/delay/100", "http"), act=interrupt)
        self.assertEqual(42, code, shown)
        self.assertIn("\033[J", shown)
        self.assertNotIn("\033", shown[shown.rindex("\033[J") + 3:])
        self.assertIn("midge: (42)", shown)
        root = xml.etree.ElementTree.parse(self.dir / "p.html").getroot()
        text = "".join(root.itertext())
        self.assertIn("ENDED EARLY", text)
        self.assertIn("2, of them 2 failed", text)
        self.assertEqual(4, text.count("FAILED: CANCELED"))     # in the waterfall and in the table

    def test_resized(self):
        """A frame that is drawn after the terminal became narrow goes up the rows that its lines now take."""
        def shrink(_, terminal, shown):
            if shown.count(b"\033[J") == 3:
                fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 30, 0, 0))
        code, shown = self.terminal(80, 24, *self.urls(3), "--per-host", "3", act=shrink)
        self.assertEqual(0, code, shown)
        frames = self.frames(shown)
        ups = [int(up) for up in re.findall(r"\033\[(\d+)A", shown)]
        self.assertGreater(max(ups), 4, shown)  # 4 lines in 80 columns
        self.assertLess(max(map(len, frames[-1].split("\n"))), 30 + len("\r\033[99A\033[K"))


if __name__ == "__main__":
    unittest.main()
