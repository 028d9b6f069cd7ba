"""Typed messages: the frame of an event or a reply as a value with fields.

A message from the wire is made without its fields: when one of them is touched it is filled, and
with it those that the program usually reads, or all, in the task that touches it. A message made by
hand is the other way round: it has its fields, and its frame is written when the first header is
asked for. Both are the same class, and equal when their fields are.

Setting a frozen thing's slots is done by object.__setattr__, as attrs does it in `__init__`.

Law: what Asterisk sent is never lost and never raises. A header that no field takes is in
`other_headers`, a value that its field cannot hold is in `problems`, and both are in `headers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from amitrio.headers import Headers
from amitrio.models.base import Event, Message, pairs_of
from amitrio.models.layout import Problem, layout_of
from amitrio.models.narrow import Narrow
from amitrio.models.plain import JSON, plain
from amitrio.models.replies import Reply
from amitrio.models.shapes import Shapes
from amitrio.models.showing import shown
from amitrio.protocol.encoding import encode_frame
from amitrio.protocol.framing import CRLF
from amitrio.text import printable, storable

__all__ = ["About", "Typed", "TypedEvent", "TypedReply"]

# What every message may carry beside what it is about: how it came, not what it says.
_ENVELOPE = frozenset(
    {"event", "response", "privilege", "timestamp", "systemname", "actionid"}
    | {"eventlist", "listitems"}
    | {"sequencenumber", "file", "line", "func"}  # debug=yes in manager.conf
)
_NO_HEADERS = Headers()

_END = CRLF + CRLF

_set = object.__setattr__
_frame_of: Callable[[Message], bytes] = Message.__dict__["_frame"].__get__
_cleaned = partial(storable, fallback="latin-1")


@attrs.frozen
class About:
    """What is known of a class of messages.

    `kind` is Asterisk's name for it, `event_class` the class that a user must be allowed to read
    (None for items of lists). `since` is the first Asterisk that has it and `until` the first
    that has it no more, where that is known; `releases` are those of the measured ones (16 and
    22) that have it.
    """

    kind: str
    event_class: str | None = None
    since: str | None = None
    until: str | None = None
    releases: tuple[int, ...] = (16, 22)


class Typed(Message):
    """A message with fields. What events and replies have in common."""

    __slots__ = ("_problems",)

    __attrs_attrs__: ClassVar[tuple[attrs.Attribute[Any], ...]]
    about: ClassVar[About]
    other_headers: Headers

    _envelope: ClassVar[frozenset[str]] = _ENVELOPE
    _problems: tuple[Problem, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The values that their fields cannot hold, as they were sent."""
        return self._problems

    def to_dict(self) -> dict[str, JSON]:
        """The fields as plain values: text, numbers, truth, None, lists, dicts.

        Values that their fields cannot hold are under `problems`, as they were sent.
        """
        clean = self._clean()
        told: dict[str, JSON] = {"kind": self.about.kind}
        told |= {name: plain(getattr(self, name), clean) for name in _names(type(self))}
        if self.problems:
            told["problems"] = {one.field: clean(one.text) for one in self.problems}
        return told

    def _clean(self) -> Callable[[str], str]:
        return super()._clean() if _is_from_wire(self) else _cleaned

    def _compared(self) -> tuple[object, ...]:
        return (*(getattr(self, name) for name in _names(type(self))), self.problems)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Typed):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash((type(self), self._compared()))

    def __reduce__(self) -> tuple[object, ...]:
        if _is_from_wire(self):
            return super().__reduce__()
        return _by_hand, (type(self), {name: getattr(self, name) for name in _names(type(self))})

    def __repr__(self) -> str:
        return shown(self)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """What a message has not got yet: its fields, or the frame of one made by hand."""
            narrow = _NARROW.get(type(self)) or _narrow_of(type(self))
            if name not in narrow.shapes.filled:
                return self._written() if name == "_frame" else super().__getattr__(name)
            try:
                frame = _frame_of(self)
            except AttributeError:  # made by hand
                if name != "_problems":
                    raise AttributeError(f"{type(self).__name__} has no {name}") from None
                return ()
            self._fill(name, frame, narrow)
            return object.__getattribute__(self, name)

    def _fill(self, name: str, frame: bytes, narrow: Narrow) -> None:
        """Set that field, and others: cut from the frame by a known shape, or header by header."""
        try:
            if narrow.fill(self, name, frame.decode()):
                return
        except ValueError:  # not UTF-8, or a value that does not convert
            pass
        self._fill_slowly(narrow)

    def _fill_slowly(self, narrow: Narrow) -> None:
        reading = narrow.shapes.layout.read(self.headers.pairs[1:], self._clean())
        for name, value in reading.values.items():
            _set(self, name, value)
        others = [pair for pair in reading.others if pair[0].lower() not in self._envelope]
        _set(self, "other_headers", Headers(others) if others else _NO_HEADERS)
        _set(self, "_problems", tuple(reading.problems))
        narrow.learn(self.headers)

    def _written(self) -> bytes:
        """The frame of a message that was made by hand."""
        pairs = [self._first(), *layout_of(type(self)).write(self), *self.other_headers.pairs]
        return encode_frame(_checked(name, str(value)) for name, value in pairs)[: -len(_END)]

    def _first(self) -> tuple[str, str]:
        raise NotImplementedError


def _headers_of(given: Headers | Mapping[str, str]) -> Headers:
    return given if isinstance(given, Headers) else Headers(pairs_of(given))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TypedEvent(Typed, Event):
    """An event of a known kind."""

    other_headers: Headers = attrs.field(default=_NO_HEADERS, converter=_headers_of)
    """The headers that no field takes, beside those of the envelope."""

    @property
    def kind(self) -> str:
        """The event's name, such as `Hangup`."""
        return self.about.kind

    def _first(self) -> tuple[str, str]:
        return "Event", self.about.kind


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TypedReply(Typed, Reply):
    """A reply of a known kind."""

    other_headers: Headers = attrs.field(default=_NO_HEADERS, converter=_headers_of)
    """The headers that no field takes; Asterisk's sentence is `message`."""

    _envelope: ClassVar[frozenset[str]] = _ENVELOPE | {"message"}

    def to_dict(self) -> dict[str, JSON]:
        """The fields as plain values, and Asterisk's sentence."""
        return {**super().to_dict(), "message": self._clean()(self.message)}

    def _first(self) -> tuple[str, str]:
        return "Response", "Success"


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(cls: type[Typed]) -> tuple[str, ...]:
    """The names of the class's fields, what no field takes last."""
    names = _NAMES.get(cls)
    if names is None:
        own = [field.name for field in attrs.fields(cls) if field.metadata]
        names = _NAMES[cls] = (*own, "other_headers")
    return names


# What a shape sets beside the fields.
_FURTHER = MappingProxyType({"other_headers": _NO_HEADERS, "_problems": ()})


_NARROW: dict[type, Narrow] = {}


def _narrow_of(cls: type[Typed]) -> Narrow:
    """What was learned of how frames of the class look, and what is read of them."""
    filled = frozenset((*_names(cls), "_problems"))
    shapes = Shapes(layout_of(cls), cls._envelope, filled, _FURTHER, "other_headers")
    return _NARROW.setdefault(cls, Narrow(shapes))


def _is_from_wire(message: Message) -> bool:
    """Whether it was made from a frame: one made by hand never keeps the frame it is written as."""
    try:
        _frame_of(message)
    except AttributeError:
        return False
    return True


def _by_hand(cls: type[Typed], fields: dict[str, object]) -> Typed:
    """The message that was made by hand, made again."""
    return cls(**fields)


def _checked(name: str, value: str) -> tuple[str, str]:
    if "\r\n" in value or "\r" in name or "\n" in name:
        raise ValueError(f"{printable(name)} holds a line break: it would be several headers")
    # The name of a channel may stand in the header's own: ChanVariable(Local/12:34@x-1;1).
    if ":" in name and not ("ChanVariable(" in name and name.endswith(")")):
        raise ValueError(f"{printable(name)} holds a colon: another header would be read")
    return name, value
