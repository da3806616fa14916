# SPDX-License-Identifier: MIT
"""Runs the fuzz targets, and keeps their corpora.

    fuzz.py run BINARY                 runs on top of its corpus: as often as RUNS says, each time
                                       on the same inputs; with FUZZ_SECONDS so long and by chance.
                                       Prints executions and coverage; a crash: the input and how to
                                       run it again, exit 1
    fuzz.py merge BINARY [DIR...]      the corpus becomes the fewest inputs, of its own and of DIR,
                                       that cover the same
    fuzz.py add NAME FILE...           adds inputs as they are, such as a crash that is mended
    fuzz.py seed NAME                  prints the first inputs of a corpus, made of tests/vectors

A corpus is corpus/NAME.txt, one input a line, with the escapes \\r \\n \\t \\0 \\\\ \\xNN, or as "#x" and
hexadecimal digits. "# " begins a comment.
FUZZ_DIR keeps what a run finds (build/fuzz beside the binary).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(HERE, "..", "vectors")
ESCAPES = {0x0D: "\\r", 0x0A: "\\n", 0x09: "\\t", 0x00: "\\0", 0x5C: "\\\\"}
BACK = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
LARGEST = 2048  # bytes of an input that is tried
# of one that is kept; others 400
KEPT = {"certs": 2048, "roots": 2048, "client_sim": 2048, "credential_sim": 1024}
CORPUS = {"certs": 60000, "client_sim": 30000}  # of a corpus file; others 22000
# Executions of a run without FUZZ_SECONDS: some 4 s of an x86-64 each; others 10,000.
RUNS = {
    "certs": 50000, "challenge": 400000, "chunked": 100000, "client_sim": 30, "client_tls": 3000,
    "cookies": 50000, "credential_sim": 30000, "dns": 35000, "fields": 250000, "framing": 200000,
    "gunzip": 22500, "h2": 70000, "head": 22500, "hpack": 12000,
    "json": 90000, "json_write": 55000, "log": 22500,
    "multipart": 27500, "names": 550000, "proxy": 275000, "redirect": 1250000, "roots": 300000,
    "sessions_sim": 1250, "sse": 65000, "tunnel": 150000, "update": 55000, "url": 450000,
}


def escape(data):
    if sum(b < 0x20 or b > 0x7E for b in data) * 3 > len(data):
        return "#x" + data.hex()
    line = "".join(ESCAPES.get(b) or (chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}") for b in data)
    return "\\x23" + line[1:] if line.startswith("#") else line


def unescape(line):
    if line.startswith("#x"):
        return bytes.fromhex(line[2:])
    out = re.sub(r"\\(x([0-9a-fA-F]{2})|.)",
                 lambda m: chr(int(m[2], 16)) if m[2] else BACK[m[1]], line)
    return out.encode("latin-1")


def corpus_file(name):
    return os.path.join(HERE, "corpus", name + ".txt")


def corpus(name):
    if not os.path.exists(corpus_file(name)):
        return []
    with open(corpus_file(name), encoding="ascii") as f:
        return [unescape(line) for line in f.read().split("\n")[:-1] if not line.startswith("# ")]


def write_corpus(name, inputs, comment=()):
    lines = sorted({escape(i) for i in inputs}, key=lambda s: (len(s), s))
    room = CORPUS.get(name, 22000)
    kept = []
    while lines:    # the shortest and the longest by turns, as long as there is room
        line = lines.pop(-(len(kept) % 2))
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    lines = sorted(kept, key=lambda s: (len(s), s))
    with open(corpus_file(name), "w", encoding="ascii") as f:
        f.write("\n".join([*comment, *lines]) + "\n")


def unpack(inputs, directory):
    os.makedirs(directory, exist_ok=True)
    for i, data in enumerate(inputs):
        with open(os.path.join(directory, f"kept-{i:04}"), "wb") as f:
            f.write(data)


def target_of(binary):
    return os.path.basename(binary).removeprefix("fuzz_")


def dictionary(name):
    path = os.path.join(HERE, "dict", name + ".dict")
    return [f"-dict={path}"] if os.path.exists(path) else []


def stat(text, key):
    found = re.findall(rf"{key}:?\s+(\d+)", text)
    return int(found[-1]) if found else 0


def length(name, binary):
    """The command in front of libFuzzer's options, and those that say how long it runs. The same
    inputs each time need the same addresses, too: it traces comparisons of pointers."""
    seconds = os.environ.get("FUZZ_SECONDS")
    if seconds:
        return [binary, f"-max_total_time={seconds}"]
    fixed = ["setarch", "-R"]
    if subprocess.run([*fixed, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        fixed = []  # a container that forbids it
    return [*fixed, binary, "-seed=1", f"-runs={RUNS.get(name, 10000)}"]


def run(binary):
    name = target_of(binary)
    base = os.environ.get("FUZZ_DIR") or os.path.join(os.path.dirname(binary), "fuzz")
    found, kept = os.path.join(base, name), os.path.join(base, name + ".kept")
    shutil.rmtree(kept, ignore_errors=True)
    unpack(corpus(name), kept)
    if not os.environ.get("FUZZ_SECONDS"):
        shutil.rmtree(found, ignore_errors=True)    # what an earlier run found would be the next one's beginning
    os.makedirs(found, exist_ok=True)
    command = [*length(name, binary), f"-max_len={LARGEST}", "-timeout=25", "-rss_limit_mb=2048",
               "-print_final_stats=1", "-verbosity=1",
               f"-artifact_prefix={base}/{name}-", *dictionary(name), found, kept]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False)
    text = done.stdout
    coverage = re.findall(r"cov: (\d+) ft: (\d+)", text)
    edges, features = coverage[-1] if coverage else ("0", "0")
    line = (f"fuzz {name}: {stat(text, 'stat::number_of_executed_units')} executions, "
            f"{edges} edges, {features} features, {len(corpus(name))} inputs kept in corpus/{name}.txt")
    print(line)
    report = os.environ.get("FUZZ_REPORT")
    if report:
        with open(report, "a", encoding="ascii") as f:
            f.write(line + ("" if done.returncode == 0 else " FAILED") + "\n")
    if done.returncode != 0:
        print(text[-6000:])
        artifact = re.findall(r"Test unit written to (\S+)", text)
        print(f"To run it again: {binary} {artifact[-1] if artifact else '(no input was written)'}")
    return 1 if done.returncode != 0 else 0


def merge(binary, extra):
    name = target_of(binary)
    with tempfile.TemporaryDirectory() as tmp:
        old, new = os.path.join(tmp, "old"), os.path.join(tmp, "new")
        os.makedirs(new)
        unpack(corpus(name), old)
        longest = KEPT.get(name, 400)
        subprocess.run([binary, "-set_cover_merge=1", f"-max_len={longest}", new, old, *extra],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        inputs = []
        for file in os.listdir(new):
            with open(os.path.join(new, file), "rb") as f:
                inputs.append(f.read())
    write_corpus(name, inputs)
    print(f"{name}: {len(corpus(name))} inputs, {os.path.getsize(corpus_file(name))} bytes")


def add(name, files):
    inputs = corpus(name)
    for file in files:
        with open(file, "rb") as f:
            inputs.append(f.read())
    write_corpus(name, inputs)


# --- the first inputs ---

def vector_text(s):
    """The notation of tests/vectors: repeats too."""
    while True:
        m = re.search(r"\\\{(\d+)\*([^{}]*)\}", s)
        if not m:
            return unescape(s)
        s = s[:m.start()] + m[2] * min(int(m[1]), 300) + s[m.end():]


def vector_lines(folder):
    for file in sorted(os.listdir(os.path.join(VECTORS, folder))):
        if file.endswith(".txt"):
            with open(os.path.join(VECTORS, folder, file), encoding="utf-8") as f:
                yield from (line.rstrip("\n") for line in f if not line.startswith("#"))


def h1_inputs():
    text = b""
    for line in [*vector_lines("h1"), "case:"]:
        if line.startswith("case:") and text:
            yield text
            text = b""
        elif line.startswith("in: "):
            text += vector_text(line[4:].encode("utf-8").decode("latin-1"))


H2_TYPES = ("DATA HEADERS PRIORITY RST_STREAM SETTINGS PUSH PING GOAWAY WINDOW_UPDATE "
            "CONTINUATION").split()
H2_FLAGS = {"S": 1, "A": 1, "H": 4, "P": 8, "R": 32, "-": 0}


def h2_bytes(text):
    """Pairs of hexadecimal digits, and texts in quotes."""
    parts = re.findall(r'"([^"]*)"|([0-9a-f]+)', text)
    return b"".join(bytes.fromhex(digits) if digits else vector_text(quoted)
                    for quoted, digits in parts)


def h2_frame(line):
    kind, flags, stream, *payload = line.split(" ", 3)
    data = h2_bytes("".join(payload))
    kind = H2_TYPES.index(kind) if kind in H2_TYPES else int(kind)
    flags = sum(H2_FLAGS[letter] for letter in flags)
    return len(data).to_bytes(3, "big") + bytes([kind, flags]) + int(stream).to_bytes(4, "big") + data


def h2_inputs(folder):
    text = b""
    for line in [*vector_lines(folder), "case:"]:
        key, _, value = line.partition(": ")
        if line.startswith("case:") and text:
            yield text
            text = b""
        elif key == "hex":
            text += h2_bytes(value)
        elif key == "frame":
            text += h2_frame(value)
        elif key == "frames":
            text += 3 * h2_frame(value.split(" ", 1)[1])


def certificates(name):
    """Of the chains that tests/server serves; without signatures that matter."""
    sys.path.insert(0, os.path.join(HERE, "..", "server"))
    import chains  # pylint: disable=import-outside-toplevel,import-error
    c = chains
    if name == "names":
        parts = [(c.constraints([c.dns("test"), c.address("10.0.0.0/255.0.0.0")], [c.dns("evil.test")]),
                  c.seq(c.dns("good.test"), c.address("10.1.2.3"))),
                 (c.constraints([c.directory("O=Acme")], [c.email("x.test")]),
                  c.seq(c.email("a@b.test"), c.directory("O=ACME,CN=x"))),
                 (c.constraints([c.address("10.0.0.0/255.0.0.0"), c.address("20010db8" + "0" * 24 + "f" * 8 + "0" * 24)]),
                  c.seq(c.address("20010db8" + "1" * 24), c.dns("*.x.test"))),
                 (c.constraints([c.dns(""), c.address("0.0.0.0/0.0.0.0")]), c.seq(c.address("1" * 32))),
                 (c.constraints(None, [c.uri(".x.test"), c.dns("")]), c.seq(c.uri("https://x.test/")))]
        out = [a + b + c.name("O=Acme,CN=x") + bytes([200]) for a, b in parts]
        return [*out, c.pem(c.issue("CN=x"))]
    root = c.issue("CN=r")
    ca = c.issue("O=ca", root, c.restrict(c.constraints([c.dns("chain.test")])), c.usage(c.SERVER))
    cross, other = c.issue("O=ca", c.issue("CN=s"), key=ca.key), c.issue("O=ca", root)
    names = c.names(c.dns("a.chain.test"), c.address("10.1.2.3"), c.dns("*.chain.test"))
    leaf = c.issue("CN=x", ca, names, c.usage(c.SERVER), ca=False)
    chains_of = [[leaf, ca, root], [leaf, cross, other, ca, root], [leaf, root], [root, leaf, ca, root]]
    return [b"".join(entity.der for entity in chain) for chain in chains_of]


def seeds(name):
    if name == "head":
        return [t + bytes([2, 0, 3, 0, 0, 0]) for t in h1_inputs()]
    if name == "chunked":
        bodies = [t.split(b"\r\n\r\n", 1)[1] for t in h1_inputs() if b"chunked\r\n\r\n" in t]
        return [b + bytes([1, 2, 0, 3]) for b in bodies]
    if name == "framing":
        ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        return [t + ok + bytes([4, 1, 0]) for t in h1_inputs()]
    if name == "h2":
        return [t + bytes([3, 0, 2, 3, 0, 0]) for t in h2_inputs("h2")]
    if name == "hpack":
        return [t + bytes([3, 0, 2]) for t in h2_inputs("hpack")]
    if name == "url":
        lines = [line.split(" => ") for line in vector_lines("url") if line]
        return [b"\n".join(vector_text(p.encode("utf-8").decode("latin-1")) for p in parts[:2])
                + bytes([200, 0]) for parts in lines]
    if name == "json":
        texts = [re.match(r"(?:good|bad \d+|in): ?(.*)", line) for line in vector_lines("json")]
        return [vector_text(t[1].encode("utf-8").decode("latin-1")) + bytes([2, 4, 2, 9, 100, i % 8])
                for i, t in enumerate(texts) if t]
    if name in ("client", "client_tls", "client_sim"):
        answers = list(h1_inputs())
        return [b"\x01".join(answers[i:i + 3]) + bytes([17] * 30) + bytes([i % 256, 0, 9, 3, 0, 2, 64, 0])
                for i in range(0, len(answers), 2)]
    if name == "roots":
        return tables()
    if name in ("names", "certs"):
        return certificates(name)
    if name == "proxy":
        urls = [b"http://user:p%40ss@proxy.test:8080/", b"https://[::1]", b"u@h:1", b"socks5://h"]
        lists = [b"api.test\n.test, other", b"10.1.2.3\n10.0.0.0/8", b"::1\n[::]/127 ::1", b"a\n*"]
        return [t + b"\0" for t in urls] + [t + b"\1" for t in lists] + [b"\xaa\x8a\2", b"\x84\x04\2"]
    if name == "json_write":
        return [bytes([20, 0, 4, 1, 0x61, 2, 7, 1, 5, 9, 25, 6, 2, 0x62, 0x63, 3, 1]),
                bytes([9, 8, 8, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F])]
    return [line.encode() + b"\0" for line in (
        "YWJj", "YQ==", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "timeout=5, max=100", "120\nSun, 06 Nov 1994 08:49:37 GMT",
        "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "Content-Length", "Transfer-Encoding")]


def tables():
    """Tables and bundles of small roots."""
    tests = os.path.dirname(HERE)
    sys.path[:0] = [os.path.join(tests, "certs"), os.path.join(tests, "server")]
    import esp_bundle   # pylint: disable=import-outside-toplevel
    import make         # pylint: disable=import-outside-toplevel
    roots = [esp_bundle.root_table.Root(make.certificate(f"CN={name}", None, extensions).der)
             for name, extensions in (("a", [make.basic()]), ("B", []), ("b", [make.basic(), make.uses("keyCertSign")]))]
    found = []
    for some in (roots[:1], roots):
        found += [esp_bundle.root_table.make(some), esp_bundle.root_table.make(some, whole=True),
                  esp_bundle.make(some, False), esp_bundle.make(some, True)]
    return found


def main(arguments):
    if len(arguments) >= 2 and arguments[0] == "run":
        return run(arguments[1])
    if len(arguments) >= 2 and arguments[0] == "merge":
        return merge(arguments[1], arguments[2:])
    if len(arguments) >= 3 and arguments[0] == "add":
        return add(arguments[1], arguments[2:])
    if len(arguments) == 2 and arguments[0] == "seed":
        print("\n".join(escape(s) for s in seeds(arguments[1])))
        return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
