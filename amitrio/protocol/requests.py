"""Requests: how Asterisk itself reads an action, rule for rule.

This is get_input() and do_message() of manager.c again: a buffer of 1,024 bytes, lines that end
in CR LF or LF, a NUL that ends a line silently, 128 lines a message, values found by the first
name that matches. It is what the simulator hears with, and what encoded actions are proven
against: what it reads is what a real server would have read, its splitting fault included.

Law: no rule here is kinder than Asterisk's.
"""

from __future__ import annotations

import attrs

from amitrio.protocol.encoding import MAX_LINES
from amitrio.text import decode, encode

__all__ = ["LINE_TOO_LONG", "TOO_MANY_LINES", "Request", "RequestReader"]

_BUFFER = 1024

LINE_TOO_LONG = "Failed to parse message: line too long"
TOO_MANY_LINES = "Too many lines in message or allocation failure"


@attrs.frozen
class Request:
    """One message as Asterisk holds it: its lines, and what was wrong with reading it."""

    lines: tuple[str, ...]
    fault: str | None = None

    def get(self, name: str, default: str = "") -> str:
        """The first value of that name, leading blanks skipped; `default` where there is none."""
        return next(iter(self.getall(name)), default)

    def getall(self, name: str) -> list[str]:
        """Every value of that name, in order."""
        wanted = _folded(name)
        return [value for header, value in self.pairs if _folded(header) == wanted]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """All lines that have a colon, as name and value."""
        cut = [line.partition(":") for line in self.lines]
        return [(name, _skip_blanks(value)) for name, colon, value in cut if colon]

    @property
    def action(self) -> str:
        """The action's name: of the Action lines, the first that is not empty."""
        return next((name for name in self.getall("Action") if name), "")

    @property
    def action_id(self) -> str:
        """The ActionID, empty where there is none."""
        return self.get("ActionID")


class RequestReader:
    """Bytes of a client in, requests out."""

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[str] = []
        self._too_many = False
        self._too_long = False

    def feed(self, data: bytes) -> list[Request]:
        """The requests that `data` completes. What it holds is bounded by Asterisk's own rules."""
        requests: list[Request] = []
        read = 0
        while read < len(data):
            more = data[read : read + _BUFFER - len(self._buffer)]
            self._buffer += more
            read += len(more)
            self._take_lines(requests)
            if len(self._buffer) >= _BUFFER:
                # "keep the last character in case we are in the middle of a CRLF"
                self._buffer = self._buffer[-1:]
                self._too_long = True
        return requests

    def _take_lines(self, requests: list[Request]) -> None:
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            self._take_line(line.removesuffix(b"\r").split(b"\0", 1)[0], requests)

    def _take_line(self, line: bytes, requests: list[Request]) -> None:
        if not line:
            requests.append(self._finished())
        elif len(self._lines) < MAX_LINES:
            self._lines.append(decode(line))
        else:
            self._too_many = True

    def _finished(self) -> Request:
        request = Request(tuple(self._lines), self._fault())
        self._lines = []
        return request

    def _fault(self) -> str | None:
        if self._too_many:
            self._too_many = False
            return TOO_MANY_LINES  # do_message() forgets here that a line was too long, too:
        if self._too_long:  # the next message pays for it
            self._too_long = False
            return LINE_TOO_LONG
        return None


def _folded(name: str) -> bytes:
    """strncasecmp() knows the case of ASCII letters only."""
    return encode(name).lower()


def _skip_blanks(value: str) -> str:
    start = 0
    while start < len(value) and value[start] <= " ":
        start += 1
    return value[start:]
