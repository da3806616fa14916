# SPDX-License-Identifier: MIT
"""The table of bench.py."""
from dataclasses import dataclass, field
from typing import Callable

TITLES = {"midge": "midge", "floor": "floor", "mongoose": "mongoose", "curl": "libcurl multi",
          "aiohttp": "aiohttp"}


def thousands(value):
    """Instructions."""
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:.{2 if unit == 1e6 else 1}f} {name}"
    return f"{value:.0f}"


def size(value):
    return f"{value / 1024:.1f} KB" if abs(value) >= 1024 else f"{value:.0f} B"


def tens(value):
    return f"{round(value, 1) + 0.0:.1f}"     # no -0.0


def hundredths(value):
    return f"{round(value, 2) + 0.0:.2f}"


@dataclass
class Row:
    """bar: midge's must not be above; None: there is none. values: by client, numbers or text."""
    what: str
    bar: float | None
    values: dict
    show: Callable = field(default=thousands)
    note: str = ""

    def text(self, value):
        return "–" if value is None else value if isinstance(value, str) else self.show(value)

    def judged(self):
        """midge against the bar: a ratio, or that it is met where the bar is zero."""
        value = self.values.get("midge")
        if self.bar is None or value is None or isinstance(value, str):
            return "–"
        if self.bar == 0:
            return "met" if value < 0.05 else "missed"
        return f"{value / self.bar:.2f}"


def markdown(rows, clients, date, machine, versions):
    titles = [TITLES[client] for client in clients]
    lines = [
        "# Results of tests/bench",
        "",
        "Written by `sh tests/run.sh bench`, not by hand. A ratio above 1 misses the bar. Columns:",
        "own code is all that is neither TLS library nor libc; floor is a bare mbedTLS loop that parses",
        "nothing; floor and mongoose run on midge's mbedTLS objects, libcurl and aiohttp on OpenSSL,",
        "so that only their own code compares. k and M are instructions.",
        "",
        f"{date}, {machine}.",
        "",
        f"{versions}.",
        "",
        f"| what | bar | midge | midge / bar | {' | '.join(titles[1:])} |",
        "|---" * (len(clients) + 3) + "|",
    ]
    for row in rows:
        bar = "–" if row.bar is None else f"≤ {row.show(row.bar)}"
        values = [row.text(row.values.get(client)) for client in clients]
        what = f"{row.what} ({row.note})" if row.note else row.what
        lines.append(f"| {what} | {bar} | {values[0]} | {row.judged()} | {' | '.join(values[1:])} |")
    return "\n".join(lines) + "\n"
