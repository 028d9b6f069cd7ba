"""Messages: how one frame is read, its first line and its headers.

Law: the first header alone says what a frame is. Everything behind it may have been written by a
stranger: a UserEvent carries any header, and a caller's name can hold a whole forged reply.
"""

from __future__ import annotations

import re
from typing import NewType

from amitrio.headers import Headers
from amitrio.protocol.framing import CRLF
from amitrio.text import decode

__all__ = [
    "ID",
    "SUCCESS",
    "IdLine",
    "event_kind",
    "find",
    "id_line_in",
    "id_of",
    "parse_headers",
    "split_line",
]

ID = b"ActionID: "
SUCCESS = b"Response: Success\r\n"
"""How nearly every response begins."""

IdLine = NewType("IdLine", bytes)
"""The line of an ActionID that may be sent: what amitrio.protocol.encoding makes."""

_EVENT = b"Event: "
_SUCCESS_WITH_ID = SUCCESS + ID

# A channel's name may hold a colon and a blank: `ChanVariable(Local/12:34 5@h2-1;1): FOO=a: b`.
# The name ends at the first parenthesis that a colon follows.
_CHANNEL_VARIABLE = re.compile(rb"\w*ChanVariable\(.*?\)(?=:)", re.DOTALL)


def event_kind(first_line: bytes) -> str | None:
    """The event's name if this first line begins an event."""
    return decode(first_line[len(_EVENT) :]) if first_line.startswith(_EVENT) else None


def split_line(line: bytes) -> tuple[bytes, bytes]:
    """Name and value of a line. Exactly one blank separates them; further ones are data.

    A line without a colon is all value, under an empty name.
    """
    match = _CHANNEL_VARIABLE.match(line)
    name, colon, value = line.partition(b":") if match is None else _cut(line, match.end())
    if not colon:
        return b"", line
    return name, value[1:] if value.startswith(b" ") else value


def _cut(line: bytes, at: int) -> tuple[bytes, bytes, bytes]:
    return line[:at], line[at : at + 1], line[at + 1 :]


def parse_headers(frame: bytes) -> Headers:
    """All headers of a frame, in order, as text that loses no byte."""
    if not frame:
        return Headers()
    return Headers(
        (decode(name), decode(value)) for name, value in map(split_line, frame.split(CRLF))
    )


def find(frame: bytes, lowered: bytes, name: bytes) -> bytes | None:
    """The value of the first header of that (lower-case) name.

    `lowered` is `frame.lower()`, made once by whoever asks more than once: bytes.lower() touches
    ASCII only, so offsets agree. Two finds and a slice; a `ChanVariable(...)` name, which may
    hold a colon, is for `parse_headers`.
    """
    if lowered.startswith(name + b":"):
        start = len(name) + 1
    else:
        at = lowered.find(b"\r\n" + name + b":")
        if at < 0:
            return None
        start = at + len(name) + 3
    if frame.startswith(b" ", start):
        start += 1
    end = frame.find(CRLF, start)
    return frame[start:] if end < 0 else frame[start:end]


def id_line_in(frame: bytes) -> bytes | None:
    """The line of the frame's first ActionID: by that line an action is known.

    Asterisk gives it back as it was sent, and in nearly every response it is the second
    (astman_send_response_full in manager.c).
    """
    if frame.startswith(_SUCCESS_WITH_ID):
        end = frame.find(CRLF, len(_SUCCESS_WITH_ID))
        return frame[len(SUCCESS) : end + len(CRLF)] if end >= 0 else frame[len(SUCCESS) :] + CRLF
    raw = find(frame, frame.lower(), b"actionid")
    return None if raw is None else ID + raw + CRLF


def id_of(line: bytes) -> str:
    """The ActionID in its line."""
    return decode(line[len(ID) : -len(CRLF)])
