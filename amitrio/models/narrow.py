"""Narrow: only the fields that a program reads are cut out of a frame.

A class has many fields, and a program reads few of them. So which ones it reads is watched for a
while; from then on these are set together, by expressions that pass over everything else. Whoever
touches another field gets all of them, and if that happens often, it is one of the few.

Law: what is set is what the whole shape would set; a field that is not set is not known to be
empty. Compiling costs more than it saves where much is read: then all fields are set, always.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from amitrio.headers import Headers
from amitrio.models.filling import Fill
from amitrio.models.habits import Habit, Way
from amitrio.models.shapes import Shapes

__all__ = ["Narrow"]

_FEW = 8
_ENOUGH = 32
_MOST_SETTLED = 4


Fills = tuple[Fill, ...]
"""By shape, what sets some fields. The first that does it is enough."""


def _fill_all(
    messages: Sequence[object],
    frames: Sequence[bytes],
    classes: Sequence[type],
    fills: Mapping[type, Fills],
) -> Iterable[type]:
    """What touching would do with each, but for those that must be read header by header."""
    left: list[type] = []
    for message, frame, cls in zip(messages, frames, classes, strict=True):
        usual = fills.get(cls)
        if usual is not None:
            try:
                text = frame.decode()
                if not (usual[0](message, text) or _fill(usual[1:], message, text)):
                    left.append(cls)
            except ValueError:
                left.append(cls)
    return left


_FIELDS = Way[Fills](_fill_all)


@attrs.define(eq=False)
class Narrow:
    """Which fields of a class are read, and how these alone are set."""

    shapes: Shapes
    fields: frozenset[str] = frozenset()
    """Those that are set together."""
    habit: Habit[Fills] = attrs.field(init=False)
    """Whether fields are read of nearly all messages of the class."""
    _few: Fills = ()
    """By shape, what sets these fields alone."""
    _read: set[str] = attrs.field(factory=set)
    _missed: int = 0

    def __attrs_post_init__(self) -> None:
        self.habit = Habit(self.shapes.layout.cls, _FIELDS)

    def fill(self, message: object, name: str, text: str) -> bool:
        """Set the field of that name, and others that are read; whether it was possible."""
        if name in self.fields:
            return self._touched(self._few, message, text)
        if self._is_watched(name):
            return any(shape.fill_one(message, name, text) for shape in self.shapes.known)
        if not self.fields:
            return self._touched(self.shapes.fills, message, text)
        return _fill(self.shapes.fills, message, text)

    def _touched(self, fills: Fills, message: object, text: str) -> bool:
        if fills:
            self.habit.touch(fills)
        return _fill(fills, message, text)

    def learn(self, headers: Headers) -> None:
        """Take note of a frame that fitted none."""
        if self.shapes.learn(headers):
            self._compile()

    def _is_watched(self, name: str) -> bool:
        """Take note of a field that is not among them; whether it is to be set alone for now."""
        if self._missed >= _ENOUGH * _MOST_SETTLED or not self.shapes.is_field(name):
            return False
        self._missed += 1
        self._read.add(name)
        if self._missed % _ENOUGH == 0:
            self.fields = frozenset(self._read if len(self._read) <= _FEW else ())
            self._compile()
        return self._missed < _ENOUGH

    def _compile(self) -> None:
        shapes = self.shapes.narrowed(self.fields) if self.fields else ()
        self._few = tuple(shape.fill for shape in shapes)


def _fill(fills: Fills, message: object, text: str) -> bool:
    for fill in fills:  # noqa: SIM110 - a generator expression costs as much again
        if fill(message, text):
            return True
    return False
