# SPDX-License-Identifier: MIT
"""The price of each feature: builds the least client of BOARD with each feature alone and with all,
runs each in QEMU against a local server, and measures them. size.py calls it.

features.txt has the rows; the list stands in boards/README.md between two marks, as does the table
of whole images. One row of PARTS is built and measured, others for each commit:
MIDGE_TORTURE, the commit's hash in run.sh, says which; without it, or with --write, all are.
"""
import base64
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BOARD = "mps2-an385"
BUILD = ROOT / "build" / "prices"
README = ROOT / "boards" / "README.md"
NM = "arm-none-eabi-nm"
PARTS = 8


def header(name):
    return (ROOT / "include" / "midge" / name).read_text().lower()


HEADER = header("features.h")
FEATURES = re.findall(r"^#define midge_with_(\w+) 1$", HEADER, re.M)
# "#if MIDGE_WITH_A && !MIDGE_WITH_B": A needs B.
NEEDS = re.findall(r"^#if midge_with_(\w+) && !midge_with_(\w+)$", HEADER, re.M)
# config.h, "#if MIDGE_WITH_A && (!MIDGE_WITH_B || !MIDGE_WITH_C)": A is off without one of them.
NEEDS += [(name, need) for name, rest in re.findall(r"^#if midge_with_(\w+) && \((!.+)\)$", header("config.h"), re.M)
          for need in re.findall(r"!midge_with_(\w+)", rest)]


def needs_of(feature):
    direct = [need for name, need in NEEDS if name == feature]
    return direct + [more for need in direct for more in needs_of(need)]


class Row:
    """One line of the list. A feature's price is the least client with it and with the functions,
    less the least client (with the features that this one needs)."""

    def __init__(self, word, functions):
        self.feature, _, self.part = word.partition("/")
        if self.feature not in FEATURES:
            sys.exit(f"features.txt: midge/features.h has no feature '{self.feature}'")
        self.functions = functions
        self.needs = needs_of(self.feature)
        self.features = [self.feature, *self.needs]
        self.name = word.replace("/", "-")
        self.base = "-".join(["least", *self.needs])
        self.title = f"`{self.feature}`" + (f", {self.part}" if self.part else "")
        self.title += f" (with {', '.join(self.needs)})" if self.needs else ""


def rows():
    lines = [line.split() for line in (HERE / "features.txt").read_text().splitlines()]
    lines = [line for line in lines if line and line[0] != "#"]
    found = []
    for feature in FEATURES:
        listed = [line for line in lines if line[0].partition("/")[0] == feature]
        found += [Row(word, functions) for word, *functions in listed or [[feature]]]
    return found


def part_of(listed, write):
    """The rows of this commit's part."""
    part = os.environ.get("MIDGE_TORTURE", "full")
    return listed if write or part == "full" else listed[int(part, 16) % PARTS::PARTS]


def variants(some, listed):
    """{image: (its features, the functions that it links)}, of some of the rows"""
    found = {"least": ([], [])}
    for row in some:
        found.setdefault(row.base, (row.needs, []))
        found[row.name] = (row.features, row.functions)
    every = [one for row in listed for one in row.functions]
    found["all"] = (sorted({row.feature for row in listed}), every)
    return found


def build(images):
    prices = [f"{name}:{','.join(features)}:{','.join(functions)}"
              for name, (features, functions) in images.items()]
    run = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "check": True}
    subprocess.run(["cmake", "--preset", BOARD, "-B", BUILD,
                    f"-DMIDGE_BOARD_PRICES={';'.join(prices)}"], **run)
    subprocess.run(["cmake", "--build", BUILD, "--", "--quiet"], **run)


def ram_of(name):
    """(bytes of a request, of a connection)"""
    path, = BUILD.glob(f"CMakeFiles/price-sizes-{name}.dir/**/sizes.c.obj")
    text = subprocess.run([NM, "-S", path], text=True, check=True, stdout=subprocess.PIPE).stdout
    return tuple(int(re.search(rf"^\w+ (\w+) \w midge_size_{what}$", text, re.M)[1], 16)
                 for what in ("request", "connection"))


def measure(name, read_map):
    """(flash of midge, of all else, RAM of a request, of a connection)"""
    sizes = read_map(BUILD / f"price-{name}.map")
    flash = [0, 0]
    for (part, _), size in sizes.items():
        flash[part not in ("midge", "certificates")] += size[0] * (part != "fill")
    return (*flash, *ram_of(name))


def run_all(images):
    """[a sentence about the images that fail]: three requests, one of them over TLS, in QEMU."""
    sys.path.insert(0, str(ROOT / "tests" / "boards"))
    import board
    import midge_test
    servers = midge_test.servers()
    with tempfile.TemporaryDirectory() as folder:
        # The first root, which signed the server's certificate; as DER, since PEM is a feature.
        pem = re.search(r"-----BEGIN CERTIFICATE-----(.*?)-----END", pathlib.Path(servers.ca).read_text(), re.S)
        (pathlib.Path(folder) / "ca.der").write_bytes(base64.b64decode(pem[1]))
        urls = [f"{scheme}://api.example:{servers.ports[port]}{path}" for scheme, port, path in (
            ("https", "https_tls12", "/posts/1"), ("http", "http", "/posts/2"), ("http", "http", "/posts"))]

        def passes(name):
            ran = board.run(BOARD, "least", ["superloop", *urls], settings={"CA": "ca.der"}, cwd=folder,
                            elf=BUILD / f"price-{name}.elf", timeout=120)
            good = ran.code == 0 and "superloop: 3 ended, 0 failed, error 0" in ran.text
            return None if good else ran

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            failed = [(name, ran) for name, ran in zip(images, pool.map(passes, images)) if ran]
        names = ", ".join(name for name, _ in failed)
        return [f"the least client fails with {names}; with the first of them:\n{failed[0][1]}"] if failed else []


def table(listed, sizes):
    """The lines of the list."""
    def line(name, size):
        return f"| {name} | " + " | ".join(f"{value:,}" if value else "" for value in size) + " |"

    lines = ["| feature | flash of midge | flash of libraries for it | RAM of a request | RAM of a connection |",
             "|---|---|---|---|---|",
             line("least: no feature", (sizes["least"][0], 0, *sizes["least"][2:]))]
    for row in listed:
        size = [after - before for after, before in zip(sizes[row.name], sizes[row.base])]
        lines.append(line(row.title, size))
    every = [after - before for after, before in zip(sizes["all"], sizes["least"])]
    return lines + [line("all of them", every)]


def numbers(lines):
    """{first cell: the other cells as numbers}"""
    cells = [line.strip().strip("|").split("|") for line in lines]
    return {row[0].strip(): [int(cell.replace(",", "") or 0) for cell in map(str.strip, row[1:])]
            for row in cells if len(row) > 1 and not set(row[1].strip()) - set("0123456789, ")}


def stale(now, before, names=()):
    """Rows of the list that are missing, left over or off by more than a twentieth and 32 bytes. `names`
    are in the list, and not all in this build."""
    now, before = numbers(now), numbers(before)
    found = [f"boards/README.md: '{name}' is in only one of the list and this build"
             for name in {*now, *names} ^ before.keys()]
    for name in now.keys() & before.keys():
        if any(abs(a - b) > 32 + abs(b) / 20 for a, b in zip(now[name], before[name])):
            found.append(f"boards/README.md: the price of {name} was {before[name]}, is {now[name]}")
    return found


def section(name, lines, write, names=()):
    """Renews a generated table of boards/README.md, or returns what is stale in it."""
    begin, end = f"<!-- {name}: by tests/size/size.py --write -->", f"<!-- end of {name} -->"
    before, rest = README.read_text().split(begin)
    old, after = rest.split(end)
    if write:
        README.write_text("\n".join([before + begin, *lines, end + after]))
        return []
    return stale(lines, old.splitlines(), names)


def prices(read_map, write):
    """Builds, runs and measures; renews the list or says what is wrong with it."""
    listed = rows()
    some = part_of(listed, write)
    images = variants(some, listed)
    build(images)
    failed = run_all(images)
    lines = table(some, {name: measure(name, read_map) for name in images})
    print(*lines, sep="\n")
    return failed + section("prices", lines, write, [row.title for row in listed])
