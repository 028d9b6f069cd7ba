"""Narrow: only the fields that a program reads are cut out of a frame.

A class has many fields, and a program reads few of them. So which ones it reads is watched for a
while; from then on these are set together, by expressions that pass over everything else. Whoever
touches another field gets all of them, and if that happens often, it is one of the few.

Law: what is set is what the whole shape would set; a field that is not set is not known to be
empty. Compiling costs more than it saves where much is read: then all fields are set, always.
"""

from __future__ import annotations

import attrs

from amitrio.models.shapes import Shape, Shapes

__all__ = ["Narrow"]

_FEW = 8
_ENOUGH = 32
_MOST_SETTLED = 4


@attrs.define(eq=False)
class Narrow:
    """Which fields of a class are read, and how these alone are set."""

    shapes: Shapes
    fields: frozenset[str] = frozenset()
    """Those that are set together."""
    _known: tuple[Shape, ...] = ()
    _learned_from: int = 0
    _read: set[str] = attrs.field(factory=set)
    _missed: int = 0

    def fill(self, message: object, name: str, text: str) -> bool:
        """Set the field of that name, and others that are read; whether it was possible."""
        if name not in self.fields:
            return self._miss(message, name, text)
        if self._learned_from != len(self.shapes.known):
            self._compile()
        for shape in self._known:  # noqa: SIM110 - a generator expression costs as much again
            if shape.fill(message, text) is not None:
                return True
        return False

    def _miss(self, message: object, name: str, text: str) -> bool:
        """A field that is not among them; while it is watched, it is set alone."""
        if self._missed >= _ENOUGH * _MOST_SETTLED or not self.shapes.is_field(name):
            return False
        self._missed += 1
        self._read.add(name)
        watching = self._missed < _ENOUGH
        if self._missed % _ENOUGH == 0:
            self.fields = frozenset(self._read if len(self._read) <= _FEW else ())
            self._compile()
        return watching and any(s.fill_one(message, name, text) for s in self.shapes.known)

    def _compile(self) -> None:
        self._learned_from = len(self.shapes.known)
        self._known = tuple(self.shapes.narrowed(self.fields)) if self.fields else ()
