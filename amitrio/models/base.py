"""What events and replies have in common: they are frames, read only as far as they are touched.

A message holds the bytes it came in; nothing is decoded, split or indexed before somebody asks. The
headers that a program reads again and again are cut out together (amitrio.models.cuts). Any other
costs two finds and a slice, in the frame in lower case between two line ends, which is made once.

Law: every header stays reachable as it was sent, known or not, and nothing unknown is an error.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import compress, repeat
from operator import call, countOf, not_
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self, TypeVar, cast

import attrs

from amitrio.headers import Headers, redacted
from amitrio.models.cuts import NEVER, Cuts, Fits, Match
from amitrio.models.habits import Habit, Way
from amitrio.models.moments import moment
from amitrio.models.plain import JSON, plain_headers
from amitrio.protocol.encoding import encode_frame
from amitrio.protocol.framing import CRLF
from amitrio.protocol.greeting import Banner
from amitrio.protocol.message import parse_headers
from amitrio.text import decode, printable, storable

__all__ = ["Chunk", "Event", "Message", "Server", "from_frames", "pairs_of"]

M = TypeVar("M", bound="Message")

HeaderSource = Mapping[str, str] | Iterable[tuple[str, str]]


@attrs.frozen
class Server:
    """Whose message it is: the name that the connection was given, and the server's banner."""

    name: str
    banner: Banner | None = None
    fallback_encoding: str = "latin-1"
    """How text of its that is not UTF-8 is read."""


class Chunk(NamedTuple):
    """Where and when bytes came in: one object for all the messages in them."""

    received: datetime
    server: Server
    at: float = 0.0
    """When they came in, in seconds on the event loop's clock."""


class Message:
    """A frame. `message["Header"]` is the first value of that name, in any case, as it was sent."""

    __slots__ = ("_chunk", "_frame", "_headers", "_lowered", "_match")

    _frame: bytes
    _chunk: Chunk | None
    _headers: Headers
    _lowered: bytes
    _match: Match | None
    """The headers that are known to be read, cut out; None before the first is asked for."""

    _cuts: ClassVar[Cuts]
    _habit: ClassVar[Habit[Fits]]
    """Whether headers are read of nearly all messages of the class."""

    def __init_subclass__(cls) -> None:
        cls._learn_anew()

    @classmethod
    def _learn_anew(cls) -> None:
        """Nothing is known of how its frames look and of what is read of them."""
        cls._cuts = Cuts()
        cls._habit = Habit(cls, _HEADERS)

    @classmethod
    def from_frame(cls, frame: bytes, chunk: Chunk | None = None) -> Self:
        """The message that these bytes are, without the empty line that ends them."""
        self = cls.__new__(cls)
        _set_frame(self, frame)
        _set_chunk(self, chunk)
        _set_match(self, None)
        return self

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """A slot that is still empty is filled when it is first touched."""
            make = _ON_TOUCH.get(name)
            if make is None:
                raise AttributeError(f"{type(self).__name__} has no {name}")
            value = make(self)
            object.__setattr__(self, name, value)
            return value

    @property
    def headers(self) -> Headers:
        """All headers in order, repeated ones included."""
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
        try:
            return self._sent(name)
        except KeyError:
            return None

    def _sent(self, name: str) -> str:
        """The first value of that name. Raises KeyError."""
        match = self._match
        if match is None:
            match = self._cut()
        try:
            return match[name]
        except IndexError:  # it has no group of that name
            self._cuts.missed(name, self)
            return self._searched(name)

    def _cut(self) -> Match:
        cuts = self._cuts
        match = cuts.match(self._frame)
        _set_match(self, match)
        if cuts.latest is not NEVER:
            self._habit.touch(cuts.latest)
        return match

    def _searched(self, name: str) -> str:
        mark = _MARKS[name]
        if not mark:
            return self.headers[name]
        lowered = _lowered(self)
        at = lowered.find(mark)
        if at < 0:
            raise KeyError(name)
        start = at + len(mark)
        if lowered[start] == _BLANK:
            start += 1
        # Offsets agree but for the line end in front: bytes.lower() touches ASCII only.
        value = self._frame[start - 2 : lowered.find(CRLF, start) - 2]
        return value.decode("utf-8", "surrogateescape")

    __getitem__ = _sent

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._get(name) is not None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return type(self) is type(other) and self._frame == other._frame

    def __hash__(self) -> int:
        return hash(self._frame)

    def to_dict(self) -> dict[str, JSON]:
        """The message as plain values: text, and lists of text where a header is repeated."""
        return {"headers": plain_headers(self.headers, self._clean())}

    def to_json(self) -> str:
        """`to_dict()` as JSON text, which never holds a lone surrogate."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def _clean(self) -> Callable[[str], str]:
        """What makes text of this message storable."""
        if self._frame.isascii():
            return str
        fallback = _FALLBACK if self.server is None else self.server.fallback_encoding
        return partial(storable, fallback=fallback)

    def _parts(self) -> tuple[bytes, Chunk | None]:
        return self._frame, self._chunk

    def __reduce__(self) -> tuple[object, ...]:
        return type(self).from_frame, self._parts()

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{printable(name)}={redacted(name, value)!r}" for name, value in self.headers.pairs[1:]
        )
        return f"<{type(self).__name__} {printable(self.headers.pairs[0][1])} {shown}>"


_set_frame: Callable[[Message, bytes], None] = Message.__dict__["_frame"].__set__
_set_chunk: Callable[[Message, Chunk | None], None] = Message.__dict__["_chunk"].__set__
_set_match: Callable[[Message, Match | None], None] = Message.__dict__["_match"].__set__
_get_lowered: Callable[[Message], bytes] = Message.__dict__["_lowered"].__get__

# Takes all of an iterator, in C.
_run: Callable[[Iterable[object]], None] = deque[object](maxlen=0).extend
_call = cast("Callable[[Fits, str], Match | None]", call)


def _cut_all(
    messages: Sequence[Message],
    frames: Sequence[bytes],
    classes: Sequence[type[Message]],
    fits: Mapping[type, Fits],
) -> Iterable[type]:
    """What `_cut` does with each, in C."""
    try:
        ways = list(map(fits.__getitem__, classes))
        texts = list(map(bytes.decode, frames))
    except KeyError:  # some are not read as a rule
        chosen = list(map(fits.__contains__, classes))
        return _cut_some(chosen, messages, frames, classes, fits)
    except UnicodeDecodeError:
        chosen = list(map(_is_text, frames))
        left = compress(classes, map(not_, chosen))
        return [*left, *_cut_some(chosen, messages, frames, classes, fits)]
    matches = list(map(_call, ways, texts))
    _run(map(_set_match, messages, matches))
    return () if all(matches) else _cut_strays(messages, classes, texts, matches)


def _cut_some(
    chosen: Sequence[bool],
    messages: Sequence[Message],
    frames: Sequence[bytes],
    classes: Sequence[type[Message]],
    fits: Mapping[type, Fits],
) -> Iterable[type]:
    """The same with those that are chosen; the others are left to be touched."""
    _cut_none(messages)
    some, of = list(compress(messages, chosen)), list(compress(classes, chosen))
    return _cut_all(some, list(compress(frames, chosen)), of, fits)


def _cut_strays(
    messages: Sequence[Message],
    classes: Sequence[type[Message]],
    texts: Sequence[str],
    matches: Sequence[Match | None],
) -> Iterable[type]:
    """Those that are laid out otherwise than most of their class; the classes of what fits none.

    They come one by one, and are no reason to take most to be like them: a server that gives
    itself a name in asterisk.conf says SystemName, and the one beside it does not.
    """
    left: list[type] = []
    strays: dict[type[Message], list[Fits]] = {}
    for at in (at for at, match in enumerate(matches) if match is None):
        cls = classes[at]
        found = cls._cuts.other(texts[at])
        if found is None:
            left.append(cls)
        else:
            other, match = found
            _set_match(messages[at], match)
            strays.setdefault(cls, []).append(other)
    for cls, others in strays.items():
        usual = cls._cuts.strayed(others, partial(countOf, classes, cls))
        if usual is not None:
            _HEADERS.kept[cls] = usual
    return left


def _is_text(frame: bytes) -> bool:
    try:
        frame.decode()
    except UnicodeDecodeError:
        return False
    return True


def _cut_none(messages: Sequence[Message]) -> None:
    _run(map(_set_match, messages, repeat(None)))


_HEADERS = Way[Fits](_cut_all, _cut_none)

Message._learn_anew()


class Event(Message):
    """Something that happened, or an item of a list. `event.kind` is Asterisk's name for it."""

    __slots__ = ()

    def __init__(self, kind: str, headers: HeaderSource = ()) -> None:
        """An event made by hand, for tests and simulators."""
        frame = encode_frame([("Event", kind), *pairs_of(headers)])
        _set_frame(self, frame.removesuffix(CRLF + CRLF))

    @property
    def kind(self) -> str:
        """The event's name, such as `Hangup`."""
        return decode(self._frame[len(b"Event: ") :].split(CRLF, 1)[0])

    @property
    def privilege(self) -> str | None:
        """The classes of which a user must be allowed to read one, as sent: `call,all`."""
        return self._get("Privilege")

    @property
    def action_id(self) -> str | None:
        """The ActionID of an item of a list, or of an event that reports on an action."""
        return self._get("ActionID")

    @property
    def timestamp(self) -> datetime | None:
        """When Asterisk sent it, where manager.conf says timestampevents=yes."""
        sent = self._get("Timestamp")
        try:
            return None if sent is None else moment(sent)
        except ValueError:
            return None

    @property
    def system_name(self) -> str | None:
        """The server's own name, where asterisk.conf gives it one."""
        return self._get("SystemName")

    def to_dict(self) -> dict[str, JSON]:
        """The event as plain values: its kind and its headers."""
        return {"kind": self._clean()(self.kind), **super().to_dict()}


_ON_TOUCH: Mapping[str, Callable[[Message], object]] = MappingProxyType(
    {
        "_headers": lambda message: parse_headers(message._frame),
        "_match": lambda _: None,
        "_chunk": lambda _: None,
    }
)

_FALLBACK = "latin-1"

_BLANK = ord(" ")
_MAX_MARKS = 4096


class _Marks(dict[str, bytes]):
    """What stands in front of a header's value in the lowered frame, by the header's name.

    Empty for a name that may stand elsewhere, too: `ChanVariable(...)` can hold a colon, and what
    is not ASCII has no one lower case.
    """

    def __missing__(self, name: str) -> bytes:
        plain = name and "(" not in name and ":" not in name and name.isascii()
        mark = b"\r\n" + name.lower().encode("ascii") + b":" if plain else b""
        if len(self) < _MAX_MARKS:
            self[name] = mark
        return mark


_MARKS = _Marks()


def _lowered(message: Message) -> bytes:
    """The frame in lower case between two line ends, from the first time on at hand."""
    try:
        return _get_lowered(message)
    except AttributeError:
        lowered = CRLF + message._frame.lower() + CRLF
        object.__setattr__(message, "_lowered", lowered)
        return lowered


def from_frames(
    classes: Iterable[type[M]], frames: Sequence[bytes], chunk: Chunk | None, *, bare: bool = False
) -> list[M]:
    """What `from_frame` of each class makes of each frame, at a third of the cost.

    `bare`: what `prepare` sets is left to it, or to the first touch.
    """
    made: list[M] = list(map(object.__new__, classes))
    _run(map(_set_frame, made, frames))
    _run(map(_set_chunk, made, repeat(chunk)))
    if not bare:
        _cut_none(made)
    return made


def pairs_of(headers: HeaderSource) -> list[tuple[str, str]]:
    """Headers given as a mapping or as pairs, as pairs."""
    if isinstance(headers, Headers):
        return list(headers.pairs)
    if isinstance(headers, Mapping):
        return list(cast("Mapping[str, str]", headers).items())
    return list(headers)
