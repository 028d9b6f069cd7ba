"""The reference: the stream read line by line, slowly, with nothing of amitrio in it.

It knows the wire and no more: every line ends in CR LF, an empty line ends a frame, the first
line says what a frame is. What the fast path makes of a stream must be what stands here.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

Sort = Literal["event", "response", "junk"]


@dataclasses.dataclass(frozen=True)
class Frame:
    """One frame; `name` is the event's name or the kind of response."""

    sort: Sort
    name: str
    lines: tuple[bytes, ...]

    @property
    def raw(self) -> bytes:
        return b"\r\n".join(self.lines)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [header(line) for line in self.lines]

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known.lower() == name.lower()]

    @property
    def action_id(self) -> str | None:
        return next(iter(self.values("ActionID")), None)


@dataclasses.dataclass(frozen=True)
class Transcript:
    """A whole stream: its banner, its frames, and what an unfinished frame left behind."""

    banner: str
    frames: list[Frame]
    surplus: int
    unfinished: list[bytes]

    def named(self, sort: Sort) -> list[Frame]:
        return [frame for frame in self.frames if frame.sort == sort]


def read(stream: bytes, commands: frozenset[str] = frozenset()) -> Transcript:
    """Read a stream. `commands` are the ActionIDs of Commands that wait for an answer."""
    lines = stream.split(b"\r\n")
    banner = lines.pop(0)
    assert b"Call Manager" in banner, "this is no AMI stream"
    rest = lines.pop()  # behind the last CR LF; a line only once its own CR LF comes
    frames: list[Frame] = []
    surplus = 0
    current: list[bytes] = []
    for line in lines:
        if current and is_command_output(current, commands):
            if line == b"" and current[-1].endswith(b"--END COMMAND--"):
                frames.append(frame(current))
                current = []
            else:
                current.append(line)
        elif line == b"" and not current:
            surplus += 1
        elif line == b"":
            frames.append(frame(current))
            current = []
        elif current and sort_of(current[0]) == "junk" and sort_of(line) != "junk":
            frames.append(frame(current))  # raw text that no empty line ended
            current = [line]
        else:
            current.append(line)
    if rest:
        current.append(rest)
    return Transcript(banner.decode("latin-1"), frames, surplus, current)


def frame(lines: list[bytes]) -> Frame:
    sort = sort_of(lines[0])
    name = "" if sort == "junk" else header(lines[0])[1]
    return Frame(sort, name, tuple(lines))


def sort_of(first_line: bytes) -> Sort:
    if first_line.startswith(b"Event: "):
        return "event"
    if first_line.startswith(b"Response: "):
        return "response"
    return "junk"


def is_command_output(lines: list[bytes], commands: frozenset[str]) -> bool:
    """Whether these lines begin the raw answer of Asterisk 13 to one of our Commands."""
    if not lines[0].startswith(b"Response: Follows"):
        return False
    ids = [value for name, value in map(header, lines) if name.lower() == "actionid"]
    return bool(ids) and ids[0] in commands


def header(line: bytes) -> tuple[str, str]:
    """Name and value. One blank separates them; a line without a colon has no name."""
    at = line.find(b":")
    opening = line.find(b"ChanVariable(")
    if opening >= 0 and is_word(line[:opening]) and line.find(b"):", opening) >= 0:
        at = line.find(b"):", opening) + 1  # a channel's name may hold a colon
    if at < 0:
        return "", text(line)
    name, value = line[:at], line[at + 1 :]
    if value[:1] == b" ":
        value = value[1:]
    return text(name), text(value)


def is_word(raw: bytes) -> bool:
    letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
    return all(byte in letters for byte in raw)


def text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="surrogateescape")
