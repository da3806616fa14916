# SPDX-License-Identifier: MIT
"""What goes wrong on purpose: rules set from outside, and modifiers in a request's query."""
import asyncio
import dataclasses
import re
from dataclasses import dataclass, field
from typing import Optional

from wire import ENDS


@dataclass
class Fault:
    delay: Optional[float] = None       # seconds before the answer; None: the server's --delay
    together: Optional[int] = None      # held until so many such requests are here at once
    status: Optional[int] = None        # answered in place of the endpoint
    retry_after: object = None          # the header's value; without a status it means 429
    body: object = None                 # text, or JSON, in place of the endpoint's body
    headers: dict = field(default_factory=dict)     # added to the answer
    malformed_json: bool = False        # well framed, but the JSON is not whole
    cut: Optional[int] = None           # bytes of the body before the connection ends
    end: str = "fin"                    # how it ends then: one of ENDS
    reset: bool = False                 # RST in place of any answer
    encode: Optional[str] = None        # a Content-Encoding, right or wrong: coding.py
    drip: Optional[dict] = None         # {"bytes": at a time, "interval": seconds between}
    step: bool = False                  # each event or piece but the first one waits for a POST /step

    def __post_init__(self):
        if self.end not in ENDS:
            raise ValueError(f"end is one of {', '.join(ENDS)}")
        if self.retry_after is not None and self.status is None:
            self.status = 429


@dataclass
class Rule:
    match: str                          # regular expression, searched in "path?query\nbody", multi-line
    fault: Fault
    method: Optional[str] = None
    times: Optional[int] = None         # how often it still applies; None: for ever
    hits: int = 0

    def applies(self, method, subject):
        return (self.times != 0 and self.method in (None, method)
                and re.search(self.match, subject, re.MULTILINE) is not None)


class Gate:
    """Requests that are held until enough of them are here: proof, without a clock, that a client
    has them under way at once."""

    def __init__(self):
        self.held = []

    async def pass_with(self, number):
        here = asyncio.get_running_loop().create_future()
        self.held.append(here)
        if len(self.held) >= number:
            for one in self.held:
                one.set_result(None)
            self.held = []
        try:
            await here
        finally:
            if here in self.held:       # its client has gone
                self.held.remove(here)


class Steps:
    """Pieces of answers that are sent one by one on demand: proof, without a clock, that a client
    uses each one before the next has come."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.free = asyncio.Semaphore(0)

    async def take(self, transport):
        while transport is not None and not transport.is_closing():
            try:
                return await asyncio.wait_for(self.free.acquire(), 0.1)
            except asyncio.TimeoutError:
                continue        # is the client still there?
        raise ConnectionResetError("the client has gone")


FAULT_FIELDS = {each.name for each in dataclasses.fields(Fault)}


class Rules:
    def __init__(self):
        self.rules = []

    def add(self, given):
        """One rule or a list of them, as JSON gives them; ValueError when there is something unknown."""
        rules = []
        for one in given if isinstance(given, list) else [given]:
            if not isinstance(one, dict) or not isinstance(one.get("match"), str):
                raise ValueError("a rule is an object with a match")
            re.compile(one["match"])
            unknown = set(one) - FAULT_FIELDS - {"match", "method", "times"}
            if unknown:
                raise ValueError(f"unknown in a rule: {', '.join(sorted(unknown))}")
            fault = Fault(**{name: one[name] for name in FAULT_FIELDS & set(one)})
            rules.append(Rule(one["match"], fault, one.get("method"), one.get("times")))
        self.rules += rules

    def clear(self):
        self.rules.clear()

    def listed(self):
        return [{"match": rule.match, "method": rule.method, "times": rule.times, "hits": rule.hits}
                for rule in self.rules]

    def take(self, method, subject):
        """The fault of the first rule that applies, used up by one; an empty one when none does."""
        for rule in self.rules:
            if rule.applies(method, subject):
                rule.hits += 1
                if rule.times is not None:
                    rule.times -= 1
                return rule.fault
        return Fault()


MODIFIERS = {
    "_delay": ("delay", float),
    "_together": ("together", int),
    "_status": ("status", int),
    "_retry_after": ("retry_after", str),
    "_malformed": ("malformed_json", lambda text: text != "0"),
    "_cut": ("cut", int),
    "_end": ("end", str),
    "_encode": ("encode", str),
    "_reset": ("reset", lambda text: text != "0"),
    "_drip": ("drip", lambda text: dict(zip(("bytes", "interval"), map(float, text.split(","))))),
}


def modified(fault, query):
    """The fault as changed by the query's modifiers; ValueError when one can't be read."""
    changes = {name: read(query[key]) for key, (name, read) in MODIFIERS.items() if key in query}
    return dataclasses.replace(fault, **changes) if changes else fault
