"""Tally: what a consumer touched, summed up so that every client must come to the same.

Each event adds the lengths of three of its headers, and every 61st adds their bytes: cheap beside
the work that is measured, and wrong as soon as an event is missed, doubled or misread.

Law: the tally says nothing of time, and the figures nothing without the tally.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from benchmarks.traffic import WANTED, block, list_items

__all__ = ["HEADERS", "SAMPLED", "Tally", "expected"]

HEADERS = ("Channel", "Uniqueid", "Exten")
"""The headers that are read as text."""

SAMPLED = 61


@attrs.define
class Tally:
    """The sum so far."""

    count: int = 0
    total: int = 0

    def texts(self, channel: str, uniqueid: str, exten: str) -> None:
        """An event whose three headers were read as text."""
        self.count += 1
        self.total += len(channel) + len(uniqueid) + len(exten)
        if self.count % SAMPLED == 0:
            self.total += sum((channel + uniqueid + exten).encode())

    def values(self, channel: str, state: int, priority: int) -> None:
        """An event of which a text and two numbers were read."""
        self.count += 1
        self.total += len(channel) + state + priority

    def untouched(self) -> None:
        """An event that only came."""
        self.count += 1


def expected(work: str, count: int) -> Tally:
    """What a client must come to that was sent `count` events, or a list of as many items."""
    frames = list_items() if work == "list" else block().frames
    tally = Tally()
    for number in range(count):
        headers = _headers(frames[number % len(frames)])
        if work in {"typed", "list"}:
            state, priority = int(headers["ChannelState"]), int(headers["Priority"])
            tally.values(headers["Channel"], state, priority)
        elif work == "headers" or headers["Event"] == WANTED:
            tally.texts(*(headers[name] for name in HEADERS))
    return tally


def _headers(frame: bytes) -> dict[str, str]:
    lines: Iterable[str] = frame.decode().split("\r\n")
    return {name: value for name, _, value in (line.partition(": ") for line in lines)}
