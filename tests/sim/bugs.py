# SPDX-License-Identifier: MIT
"""Puts one bug of each kind back into a copy of the sources, one after the other, and expects that
the suite's part for that kind fails, with the message that belongs to it. Not a part of any suite:
it takes some minutes.

    python3 tests/sim/bugs.py [KIND...]     all kinds, or those

The copy and its build are in build/bugs. First each part must pass without a bug. A program that
cannot be built, or that fails with another message, counts as an error of this list.
"""
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
COPY = os.path.join(ROOT, "build", "bugs")
BUILD = os.path.join(COPY, "build", "host")
TORTURE = ["tests/sim_torture"]
CERTS = ["/usr/bin/python3", os.path.join(COPY, "tests/certs/set.py"), "--all", "--run", "tests/certs"]

# kind, the bug, file, text, text with the bug, target, command, message of the failure, and of some
# a second text of the file and that with the bug
BUGS = [
    ("memory", "a failed allocation is not noticed", "src/core/buffers.c",
     "return client->send_buffer != NULL;", "return true;",
     "sim_torture", [*TORTURE, "allocs"], r"exception: Segmentation fault"),
    ("port", "recv's error is the end of the stream", "src/io/tcp.c",
     "    s->clean = false;\n", "    s->clean = false;\n    err = err == MIDGE_ERR_RECV ? MIDGE_ERR_EOF : err;\n",
     "sim_torture", [*TORTURE, "calls"], r"closing, call.*: success with a part"),
    ("spurious", "a socket that is called ready and has no bytes has ended", "src/io/tcp.c",
     "        tcp->drained = false;\n    }\n}",
     "        tcp->drained = false;\n    }\n    tcp->s.clean = (revents & MIDGE_POLL_IN) != 0;\n}",
     "sim_torture", [*TORTURE, "noise"], r"noise of seed.*: an error without a fault",
     "    s->clean = false;\n",
     "    err = err == MIDGE_ERR_AGAIN && s->clean ? MIDGE_ERR_EOF : err;\n    s->clean = false;\n"),
    ("cut", "a body that is cut is complete", "src/codec/h1_parse.c",
     'return cut(p, MIDGE_ERR_PARTIAL, MIDGE__RARE_TEXT("closed before the body\'s end"));',
     "p->complete = MIDGE__H1_COMPLETE_YES;\n        p->state = DONE;\n        return MIDGE_OK;",
     "sim_torture", [*TORTURE, "cuts"], r"fin at.*: success with a part"),
    ("reset", "a reset ends a body in order", "src/http/h1_recv.c",
     "    case MIDGE_ERR_EOF:\n", "    case MIDGE_ERR_RECV:\n    case MIDGE_ERR_EOF:\n",
     "sim_torture", [*TORTURE, "cuts"], r"closing, reset at.*: success with a part"),
    ("split", "the first bytes must come together", "src/codec/h1_line.c",
     "return n == MIDGE__H1_PREFIX_LEN || n == p->fill", "return n == MIDGE__H1_PREFIX_LEN",
     "sim_torture", [*TORTURE, "splits"], r"split at.*: an error without a fault"),
    ("slices", "a short send counts as a whole one", "src/io/tcp.c",
     "    return judge(tcp, err, MIDGE_ERR_SEND, native);",
     "    *n = err == MIDGE_OK ? len : 0;\n    return judge(tcp, err, MIDGE_ERR_SEND, native);",
     "sim_torture", [*TORTURE, "slices"], r"slices of.*: an error without a fault"),
    ("callback", "a close inside of a callback is done at once", "src/core/client.c",
     "    if (!client->busy) {\n        close_now(client);", "    if (client->closing) {\n        close_now(client);",
     "sim_torture", [*TORTURE, "callbacks"], r"exception: Segmentation fault|Assertion|double free|in callback"),
    ("lookup", "a lookup goes on after its request", "src/core/query.c",
     "        if (!conn->query->done) {", "        if (conn->query->done) {",
     "sim_torture", [*TORTURE, "turns"], r"after turn.*left open|Assertion|exception"),
    ("twice", "a lookup that has ended is answered once more when its time is out", "port/sim/name.c",
     "    sim->lookup_ended = true;\n    remove_lookup(lookup);", "    sim->lookup_ended = true;",
     "sim_torture", [*TORTURE, "names"], r"left open|an error without|exception"),
    ("clock", "times are compared as numbers", "src/base/timer_heap.c",
     "    return at_ms - heap->floor_ms + MIDGE__TIMER_PAST;", "    (void)heap;\n    return at_ms;",
     "sim_torture", [*TORTURE, "clocks"], r"wrap after.*: (a limit|an error)"),
    ("block", "the least block has no room for the record buffers", "src/core/limits.c",
     "return s->fixed + s->connection + layers_in(s) * s->pair + s->handshake +", "return s->fixed + s->connection +",
     "sim_torture", [*TORTURE, "blocks"], r"block of.*: (open fails|an error) without a fault"),
    ("hostile", "two lengths are one", "src/codec/h1_framing.c",
     "if (p->has_length && length != p->content_length) {", "if (p->has_length && p->minor > 9) {",
     "sim_hostile", ["tests/sim_hostile"], r"length.*OK.*allowed: PROTOCOL"),
    ("certificate", "a certificate is good for each name", "src/io/tls_verify.c",
     "    return at != NULL;\n", "    return at != NULL || crt != NULL;\n",
     "certs", CERTS, r"WRONG .*not CERT.*another host"),
    ("fuzz", "a chunk's size ends with CR and any byte", "src/codec/h1_chunk.c",
     "if (byte != (cr ? '\\r' : '\\n')) {", "if (byte != (cr ? '\\r' : '\\n') && !after_size) {",
     "fuzz_chunked", ["tests/fuzz_chunked", os.path.join(COPY, "tests/fuzz/corpus/chunked.txt")],
     r"not so|One:"),
    ("h2-padding", "padding gets no credit", "src/http/h2_recv.c",
     "    spend(h, padding);\n", "    (void)padding;\n",
     "test_h2", ["tests/test_h2"], r"FAILED.*padding_is_credited"),
    ("h2-credit", "the connection's window gets no credit for streams that are over", "src/http/h2_recv.c",
     "    h->recv_window -= (int32_t)n;\n", "    h->recv_window -= h->current != NULL ? (int32_t)n : 0;\n",
     "test_h2", ["tests/test_h2"], r"FAILED.*closed_is_credited"),
    ("h2-window", "SETTINGS do not change the windows of streams", "src/http/h2_recv.c",
     "    midge__h2_streams_each(h, shift_initial, change);\n", "    (void)change;\n    (void)shift_initial;\n",
     "sim_h2_worlds", ["tests/sim_h2_worlds"], r"h2_whims.h:.*error|does not end"),
    ("h2-leak", "a stream that was reset is not freed", "src/http/h2_send.c",
     "    midge__h2_stream_free(h, s);\n", "",
     "test_h2", ["tests/test_h2"], r"FAILED.*(refused|cancel)"),
    ("h2-length", "END_STREAM ends a body before its length", "src/http/h2_body.c",
     "s->left != MIDGE__H2_NO_LENGTH && s->left != 0) {", "s->left == 1 && s->x.waits == 255) {",
     "sim_h2_hostile", ["tests/sim_h2_hostile"], r"less than content-length:"),
    ("h2-cut", "FIN is the end of a body", "src/http/h2_end.c",
     "        midge__exchange_broken(&s->x, err != MIDGE_ERR_EOF",
     "        if (err == MIDGE_ERR_EOF && s->recv == MIDGE__H2_RECV_BODY) {\n"
     "            midge__exchange_ended(&s->x, MIDGE_COMPLETE_YES);\n            continue;\n        }\n"
     "        midge__exchange_broken(&s->x, err != MIDGE_ERR_EOF",
     "sim_h2_worlds", ["tests/sim_h2_worlds"], r"test_h2_worlds.c:.*error"),
    ("h2-goaway", "GOAWAY sends requests again that the server has processed", "src/http/h2_end.c",
     "    if (s->id == 0 || s->id > last) {\n        const bool begun",
     "    if (s->id == 0 || s->id >= last) {\n        const bool begun",
     "sim_h2_worlds", ["tests/sim_h2_worlds"], r"a POST was processed 2 times"),
    ("h2-begun", "GOAWAY sends a request again whose answer has begun", "src/http/h2_end.c",
     "const bool begun = s->x.transfer != NULL && s->x.got_any;", "const bool begun = s->x.transfer == NULL;",
     "test_h2", ["tests/test_h2"], r"FAILED.*goaway_in_an_answer"),
    ("h2-spin", "a socket that is not received from is polled for it", "src/http/h2.c",
     "!midge__h2_is_stuffed(h), midge__h2_busy(h));", "true, midge__h2_busy(h));",
     "sim_h2_hostile", ["tests/sim_h2_hostile"], r"turns < 100000"),
    ("h2-answer", "DATA go before the answers to SETTINGS whose windows they use", "src/http/h2_send.c",
     "        if (h->acks == 0) {", "        if (h->acks < 99) {",
     "sim_h2_worlds", ["tests/sim_h2_worlds"], r"h2_whims.h:.*error"),
    ("h2-hold", "a POST goes beside the first head", "src/http/h2_stream.c",
     "    if (h->trusted || (s->x", "    if (h->conn != NULL || (s->x",
     "test_h2", ["tests/test_h2"], r"FAILED.*table_is_replayed"),
    ("h2-opener", "the request that has opened a connection is not sent again", "src/http/h2_end.c",
     "replay_of(s, h->deaf || err == MIDGE_ERR_EOF));", "replay_of(s, h->deaf));",
     "test_h2", ["tests/test_h2"], r"FAILED.*closed_at_once"),
    ("h2-flood", "frames without progress are not counted", "src/http/h2_recv.c",
     "    if (h->calm > CALM_MAX) {", "    if (h->calm > 60 * CALM_MAX) {",
     "sim_h2_hostile", ["tests/sim_h2_hostile"], r"turns_alone|: OK|TIMEOUT|turns < 100000"),
]


def call(command, seconds=900, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=seconds, check=False, **more)
    return done.returncode, done.stdout


def prepare():
    code, files = call(["git", "-C", ROOT, "ls-files"])
    if code != 0:
        sys.exit("no list of files: " + files)
    for name in files.split("\n"):
        source, target = os.path.join(ROOT, name), os.path.join(COPY, name)
        if os.path.isfile(source) and (not os.path.exists(target) or read(source) != read(target)):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)
    code, text = call(["cmake", "--preset", "host", "-DMIDGE_TESTS=ON", "-DMIDGE_ALL_PROFILES=OFF"], cwd=COPY)
    if code != 0:
        sys.exit(text)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, text):
    with open(path, "wb") as f:
        f.write(text)


def build(target):
    code, text = call(["ninja", "-C", BUILD, target])
    return text[-3000:] if code != 0 else ""


def run(command):
    try:
        return call(command, cwd=BUILD)
    except subprocess.TimeoutExpired:
        return 1, "no end"


def passes(bug):
    error = build(bug[5])
    code, text = (1, error) if error else run(bug[6])
    if code != 0:
        print(f"{bug[0]}: fails without a bug\n{text[-2000:]}")
    return code == 0


def found(bug):
    kind, name, file, text, wrong, target, command, message, *more = bug
    path = os.path.join(COPY, file)
    good = bad = read(path)
    for old, new in [(text, wrong), *zip(more[::2], more[1::2])]:
        if bad.count(old.encode()) != 1:
            print(f"{kind}: {file} has not this text once: {old}")
            return False
        bad = bad.replace(old.encode(), new.encode())
    write(path, bad)
    try:
        error = build(target)
        code, output = (0, error) if error else run(command)
    finally:
        write(path, good)
    line = next((s for s in output.split("\n") if re.search(message, s)), "")
    ok = not error and code != 0 and line != ""
    print(f"{kind}: {name} ({file}): {'found: ' + line.strip()[:100] if ok else 'NOT FOUND'}", flush=True)
    if not ok:
        print(f"exit {code}\n{output[-1500:]}")
    return ok


def main(kinds):
    bugs = [b for b in BUGS if not kinds or b[0] in kinds]
    prepare()
    seen = {}
    for bug in bugs:
        if str(bug[6]) not in seen:
            seen[str(bug[6])] = passes(bug)
    good = sum(seen[str(b[6])] and found(b) for b in bugs)
    print(f"{good} of {len(bugs)} bugs found")
    return 0 if good == len(bugs) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
