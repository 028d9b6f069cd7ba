"""Typed messages: the frame of an event or a reply as a value with fields.

A message from the wire is made without its fields: they are filled, all at once, when the first
of them is touched, in the task that touches it. A message made by hand is the other way round:
it has its fields, and its frame is written when the first header is asked for. Both are the same
class, and equal when their fields are.

Law: what Asterisk sent is never lost and never raises. A header that no field takes is in
`other_headers`, a value that its field cannot hold is in `problems`, and both are in `headers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from amitrio.headers import Headers
from amitrio.models.base import Event, Message, pairs_of
from amitrio.models.layout import Problem, layout_of
from amitrio.models.plain import JSON, plain
from amitrio.models.replies import Reply
from amitrio.models.shapes import Shapes
from amitrio.models.showing import shown
from amitrio.protocol.encoding import encode_frame
from amitrio.protocol.framing import CRLF

__all__ = ["About", "Typed", "TypedEvent", "TypedReply"]

# What every message may carry beside what it is about: how it came, not what it says.
_ENVELOPE = frozenset(
    {"event", "response", "privilege", "timestamp", "systemname", "actionid"}
    | {"eventlist", "listitems"}
    | {"sequencenumber", "file", "line", "func"}  # debug=yes in manager.conf
)
_NO_HEADERS = Headers()

_set = object.__setattr__


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

    _problems: tuple[Problem, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The values that their fields cannot hold, as they were sent."""
        return self._problems

    def to_dict(self) -> dict[str, JSON]:
        """The fields as plain values: text, numbers, truth, None, lists, dicts."""
        kind: dict[str, JSON] = {"kind": self.about.kind}
        clean = self._clean()
        return kind | {name: plain(getattr(self, name), clean) for name in _names(type(self))}

    def _compared(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in _names(type(self)))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Typed):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash((type(self), self._compared()))

    def __repr__(self) -> str:
        return shown(self)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """What a message has not got yet: its fields, or the frame of one made by hand."""
            if name == "_frame":
                _set(self, "_frame", self._written())
            elif name == "_problems" and not _has(self, "_frame"):
                _set(self, "_problems", ())
            elif name == "_problems" or name in _names(type(self)):
                if not _has(self, "_frame"):
                    raise AttributeError(name)
                self._fill()
            else:
                return super().__getattr__(name)
            return object.__getattribute__(self, name)

    def _fill(self) -> None:
        """Set every field from the frame: cut by a known shape, else header by header."""
        shapes = _shapes_of(type(self))
        try:
            text = self._frame.decode()
            for shape in shapes.known:
                others = shape.fill(self, text)
                if others is not None:
                    _set(self, "other_headers", Headers(others) if others else _NO_HEADERS)
                    _set(self, "_problems", ())
                    return
        except ValueError:  # not UTF-8, or a value that does not convert
            pass
        self._fill_slowly(shapes)

    def _fill_slowly(self, shapes: Shapes) -> None:
        reading = shapes.layout.read(self.headers.pairs[1:], self._clean())
        for name, value in reading.values.items():
            _set(self, name, value)
        others = [pair for pair in reading.others if pair[0].lower() not in _ENVELOPE]
        _set(self, "other_headers", Headers(others) if others else _NO_HEADERS)
        _set(self, "_problems", tuple(reading.problems))
        shapes.learn(self.headers)

    def _written(self) -> bytes:
        """The frame of a message that was made by hand."""
        pairs = [self._first(), *layout_of(type(self)).write(self), *self.other_headers.pairs]
        return encode_frame(pairs).removesuffix(CRLF + CRLF)

    def _first(self) -> tuple[str, str]:
        raise NotImplementedError


def _headers_of(given: Headers | Mapping[str, str]) -> Headers:
    return given if isinstance(given, Headers) else Headers(pairs_of(given))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TypedEvent(Typed, Event):
    """An event of a known kind."""

    other_headers: Headers = attrs.field(default=_NO_HEADERS, converter=_headers_of)
    """The headers that no field takes, beside those of the envelope."""

    def _first(self) -> tuple[str, str]:
        return "Event", self.about.kind


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TypedReply(Typed, Reply):
    """A reply of a known kind."""

    other_headers: Headers = attrs.field(default=_NO_HEADERS, converter=_headers_of)
    """The headers that no field takes, `Message` included."""

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


_SHAPES: dict[type, Shapes] = {}


def _shapes_of(cls: type[Typed]) -> Shapes:
    """What was learned of how frames of the class look."""
    shapes = _SHAPES.get(cls)
    if shapes is None:
        shapes = _SHAPES[cls] = Shapes(layout_of(cls), _ENVELOPE)
    return shapes


def _has(message: Message, name: str) -> bool:
    try:
        object.__getattribute__(message, name)
    except AttributeError:
        return False
    return True
