#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""HTTP/2's speed against nginx: the figures of HTTP2.md. No test: it prints, and judges nothing.

    /usr/bin/python3 tests/net/h2_flow.py [RUNS]    # each figure is the best of RUNS (5)

A relay makes nginx distant. It takes all that nginx sends at once, so HTTP/1.1 has no window on it; its
own work is in all times: on a busy machine run it by `chrt -f 10`. window / RTT uses the round trip of a
small request on the same connection.
"""
import contextlib
import os
import pathlib
import sys

import client_program
import midge_test

sys.path.insert(0, str(midge_test.ROOT / "tests" / "server"))
from relay import Relay     # noqa: E402  pylint: disable=wrong-import-position,import-error

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
RTT = 0.02
MB = 1 << 20
WINDOW = 65536      # MIDGE_HTTP2_WINDOW of full


class Flow(midge_test.Case):
    """Its midge() only."""

    def runTest(self):
        """unittest asks for it."""


def report(what, figures):
    print(f"{what:<72} {figures}", flush=True)


def times(flow, port, file, *options):
    """ms of a download after a small request on its connection, and of that one: the round trip."""
    base = f"https://localhost:{port}"
    ran = flow.midge("--sync", *options, "-o", os.devnull, "-o", os.devnull, "-o", os.devnull, f"{base}/100",
                     f"{base}/100", f"{base}/{file}")
    assert [200] * 3 == [line["status"] for line in ran] and ran.summary["connections"] == 1, ran
    return [(line["t_send_us"] + line["t_wait_us"] + line["t_body_us"]) / 1000 for line in ran[1:3]][::-1]


def download(flow, name, file, size, rate, *options):
    """HTTP/1.1 and HTTP/2 in turn, through one relay each."""
    nginx, results = flow.servers.nginx, {"HTTP/1.1": [], "HTTP/2": []}
    with Relay(nginx["https"], RTT, rate=rate) as one, Relay(nginx["h2"], RTT, rate=rate) as two:
        for _ in range(RUNS):
            results["HTTP/1.1"].append(times(flow, one.port, file)[0])
            results["HTTP/2"].append(times(flow, two.port, file, "--http2", *options)[0])
    h1, h2 = min(results["HTTP/1.1"]), min(results["HTTP/2"])
    report(name, f"HTTP/1.1 {h1:.0f} ms, HTTP/2 {h2:.0f} ms: {h2 / h1:.2f}")


def window_rate(flow, name, file, size, window, *options):
    """The rate as a part of window / RTT, the round trip measured in the same run."""
    with Relay(flow.servers.nginx["h2"], RTT) as relay:
        parts = []
        for _ in range(RUNS):
            ms, rtt = times(flow, relay.port, file, "--http2", *options)
            parts.append((size / ms) / (window / rtt))
    report(name, " ".join(f"{part:.2f}" for part in sorted(parts)) + " x window / RTT")


def others(flow):
    """18 downloads alone, and beside one that is canceled and one that pauses."""
    results = {(): [], ("without",): []}
    with Relay(flow.servers.nginx["h2"], RTT, rate=5e6) as relay:
        for _ in range(RUNS):
            for how, each in results.items():
                ran = client_program.run("streams", f"https://localhost:{relay.port}/300k", 20, flow.ca, *how)
                assert {line["connection"] for line in ran} == {1}, ran
                each.append(max(line["ms"] for line in ran if line["index"] > 1))
    beside, alone = (min(each) for each in results.values())
    report("18 x 300 KB, 5 MB/s: beside a canceled and a paused one; alone",
           f"{beside} ms; {alone} ms: {beside / alone:.2f}")


def delayed(flow, option):
    """100 requests that the server answers after one second each."""
    port, results = flow.servers.nginx["h2"], []
    for _ in range(RUNS):
        ran = flow.midge(*option, *[word for i in range(100) for word in
                                    ("-o", os.devnull, f"https://localhost:{port}/delay1/{i}")])
        assert [200] * 100 == [line["status"] for line in ran], ran
        results.append((ran.summary["wall_us"] / 1e6, ran.summary["handshakes_full"],
                        ran.summary["connections"]))
    seconds, handshakes, connections = min(results)
    report("100 GETs, delayed by 1 s", f"{seconds:.3f} s, {handshakes} handshake, {connections} connection")


def upload(flow):
    """nginx's window is 64 KB; HTTP/1.1 has none on the relay."""
    results = {"https": [], "h2": []}
    (flow.dir / "up").write_bytes(os.urandom(2 * MB))
    with contextlib.ExitStack() as stack:
        relays = {name: stack.enter_context(Relay(flow.servers.nginx[name], RTT, rate=2e6)) for name in results}
        for _ in range(RUNS):
            for name, option in (("https", ()), ("h2", ("--http2",))):
                ran = flow.midge(*option, "-o", os.devnull, "--data-binary", "@up",
                                 f"https://localhost:{relays[name].port}/echo")
                assert ran[0]["status"] == 200, ran
                results[name].append((ran[0]["t_send_us"] + ran[0]["t_wait_us"]) / 1000)
    one, two = (min(each) for each in results.values())
    report("2 MB up, 2 MB/s", f"HTTP/1.1 {one:.0f} ms, HTTP/2 {two:.0f} ms: {two / one:.2f}")


def main():
    Flow.setUpClass()
    flow = Flow()
    flow.setUp()
    www = pathlib.Path(flow.servers.dir) / "www"
    flow.servers.nginx      # it makes the folder
    for name, size in (("16M", 16 * MB), ("300k", 300_000)):
        (www / name).write_bytes(os.urandom(size))
    windows = ("--http2-window", MB, "--http2-conn-window", MB)
    try:
        delayed(flow, ("--http2",))
        download(flow, "16 MB, 20 MB/s, windows of 1 MB", "16M", 16 * MB, 20e6, *windows)
        download(flow, "16 MB, no limit of bandwidth, windows of 16 MB", "16M", 16 * MB, 0,
                 "--http2-window", 16 * MB)
        window_rate(flow, "16 MB, no limit of bandwidth, windows of 1 MB", "16M", 16 * MB, MB, *windows)
        window_rate(flow, "1 MB, default windows", "1M", MB, WINDOW)
        others(flow)
        upload(flow)
    finally:
        flow.doCleanups()
        Flow.doClassCleanups()


if __name__ == "__main__":
    main()
