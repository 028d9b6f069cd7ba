"""What events and replies have in common: they are frames, read only as far as they are touched.

A message holds the bytes it came in. Looking up a header costs two finds and a slice; nothing is
decoded, split or indexed before somebody asks.

Law: every header stays reachable as it was sent, known or not, and nothing unknown is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Self, cast

import attrs

from amitrio.headers import Headers, redacted
from amitrio.protocol.encoding import encode_frame
from amitrio.protocol.framing import CRLF
from amitrio.protocol.greeting import Banner
from amitrio.protocol.message import find, parse_headers
from amitrio.text import decode, printable

__all__ = ["Chunk", "Event", "Message", "Server", "pairs_of"]

HeaderSource = Mapping[str, str] | Iterable[tuple[str, str]]


@attrs.frozen
class Server:
    """Whose message it is: the name that the connection was given, and the server's banner."""

    name: str
    banner: Banner | None = None


@attrs.frozen
class Chunk:
    """Where and when bytes came in: one object for all the messages in them."""

    received: datetime
    server: Server


class Message:
    """A frame. `message["Header"]` is the first value of that name, in any case, as it was sent."""

    __slots__ = ("_chunk", "_frame", "_headers", "_lowered")

    _frame: bytes
    _chunk: Chunk | None
    _headers: Headers | None
    _lowered: bytes | None

    @classmethod
    def from_frame(cls, frame: bytes, chunk: Chunk | None = None) -> Self:
        """The message that these bytes are, without the empty line that ends them."""
        self = cls.__new__(cls)
        self._frame = frame
        self._chunk = chunk
        self._headers = None
        self._lowered = None
        return self

    @property
    def headers(self) -> Headers:
        """All headers in order, repeated ones included."""
        if self._headers is None:
            self._headers = parse_headers(self._frame)
        return self._headers

    @property
    def received(self) -> datetime | None:
        """When its bytes came; None for one that was made by hand."""
        return None if self._chunk is None else self._chunk.received

    @property
    def server(self) -> Server | None:
        """Whose it is; None for one that was made by hand."""
        return None if self._chunk is None else self._chunk.server

    def _get(self, name: str) -> str | None:
        """The first value of that name, or None."""
        if not name or "(" in name or ":" in name or not name.isascii():
            return self.headers.get(name)
        if self._lowered is None:
            self._lowered = self._frame.lower()
        found = find(self._frame, self._lowered, name.lower().encode("ascii"))
        return None if found is None else decode(found)

    def __getitem__(self, name: str) -> str:
        value = self._get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._get(name) is not None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return type(self) is type(other) and self._frame == other._frame

    def __hash__(self) -> int:
        return hash(self._frame)

    def _parts(self) -> tuple[bytes, Chunk | None]:
        return self._frame, self._chunk

    def __reduce__(self) -> tuple[object, ...]:
        return type(self).from_frame, self._parts()

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{printable(name)}={redacted(name, value)!r}" for name, value in self.headers.pairs[1:]
        )
        return f"<{type(self).__name__} {printable(self.headers.pairs[0][1])} {shown}>"


class Event(Message):
    """Something that happened, or an item of a list. `event.kind` is Asterisk's name for it."""

    __slots__ = ()

    def __init__(self, kind: str, headers: HeaderSource = ()) -> None:
        """An event made by hand, for tests and simulators."""
        frame = encode_frame([("Event", kind), *pairs_of(headers)])
        self._frame = frame.removesuffix(CRLF + CRLF)
        self._chunk = None
        self._headers = None
        self._lowered = None

    @property
    def kind(self) -> str:
        """The event's name, such as `Hangup`."""
        return decode(self._frame[len(b"Event: ") :].split(CRLF, 1)[0])


def pairs_of(headers: HeaderSource) -> list[tuple[str, str]]:
    """Headers given as a mapping or as pairs, as pairs."""
    if isinstance(headers, Headers):
        return list(headers.pairs)
    if isinstance(headers, Mapping):
        return list(cast("Mapping[str, str]", headers).items())
    return list(headers)
