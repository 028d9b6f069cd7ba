"""Shapes: the ways in which frames of one kind are laid out, compiled.

Asterisk sends an event of a kind with the same headers in the same order nearly every time. That
order, seen twice, becomes a regular expression that checks a frame and cuts it in one go, and a
plan that says which field takes which piece. What fits no shape is read header by header.

Law: a shape gives exactly what Layout.read gives, or declines. It declines repeated and numbered
headers, text that is not UTF-8, carriage returns inside values, and values that do not convert.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from amitrio.headers import Headers
from amitrio.models.codecs import INTEGER, Codec
from amitrio.models.filling import Converter, Fill, Gathered, Match, Plan, filler
from amitrio.models.kinds import Spec
from amitrio.models.layout import GATHER, Layout, Place, empty_of
from amitrio.models.lines import LINE_END, VALUE, named, passed_over

__all__ = ["Shape", "Shapes"]

_MAX_SHAPES = 8
_MAX_SIGHTED = 32
_ENOUGH = 2

# Texts that are nobody's, and texts that mean None, make no piece: what is left of them is None.
_PIECE = f"({VALUE})"
_WHOLE_NUMBER = "([+-]?[0-9]{1,20})"


@attrs.frozen(eq=False)
class Shape:
    """One sequence of headers, and what becomes of each."""

    names: tuple[str, ...]
    cls: type
    fill: Fill
    """Raises ValueError where a value does not convert; nothing is set then."""

    def fill_one(self, message: object, field: str, text: str) -> bool:
        """Set this field alone, as `fill` would; whether the frame is of this shape."""
        other = _new(self.cls)
        if not self.fill(other, text):
            return False
        object.__setattr__(message, field, getattr(other, field))
        return True


@attrs.define(eq=False)
class Shapes:
    """The shapes of one class, learned from what comes."""

    layout: Layout
    ignored: frozenset[str]
    """The headers, in lower case, that are nobody's."""
    filled: frozenset[str] = frozenset()
    """The names of all that is set when a message is filled."""
    further: Mapping[str, object] = MappingProxyType({})
    """Slots beside the fields, and what they hold where a shape fits."""
    others: str = ""
    """The one of these that takes the headers that no field takes, where there are some."""
    known: list[Shape] = attrs.field(factory=list)
    fills: tuple[Fill, ...] = ()
    """What each of them does with a frame."""
    _sighted: dict[tuple[str, ...], int] = attrs.field(factory=dict)
    _specs: dict[str, Spec] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._specs = dict(self.layout.fields)

    def learn(self, headers: Headers) -> bool:
        """Take note of a frame that fitted none; whether its shape is known from now on."""
        names = tuple(name for name, _ in headers.pairs)
        if len(self.known) >= _MAX_SHAPES or not self._is_regular(names):
            return False
        if len(self._sighted) >= _MAX_SIGHTED:
            del self._sighted[next(iter(self._sighted))]  # the one that was seen longest ago
        seen = self._sighted[names] = self._sighted.pop(names, 0) + 1
        if seen == _ENOUGH:
            shape = self._compiled(names)
            self.known.append(shape)
            self.fills = (*self.fills, shape.fill)
        return seen == _ENOUGH

    def is_field(self, name: str) -> bool:
        """Whether it is one of the fields, and no slot beside them."""
        return name in self._specs

    def narrowed(self, fields: Collection[str]) -> list[Shape]:
        """The known shapes, for these fields alone."""
        return [self._compiled(shape.names, fields) for shape in self.known]

    def _is_regular(self, names: tuple[str, ...]) -> bool:
        """Whether one expression can say it: each name once, and its end where it seems to be."""
        lowered = {name.lower() for name in names}
        free = bool(self.layout.numbered) or self.layout.free is not None
        return len(lowered) == len(names) and not free and all(map(_is_plain, lowered))

    def _compiled(self, names: tuple[str, ...], only: Collection[str] | None = None) -> Shape:
        """The shape of that order of headers; `only` for these fields."""
        lowered = [name.lower() for name in names]
        places = [self.layout.places.get(name) for name in lowered]
        lines: list[str] = []
        taken: list[tuple[str, Place | None]] = []
        end = len(names) if only is None or self._takes_all(places, only) else 0
        wanted = [low for low, place in self.layout.places.items() if only and place.field in only]
        for name, low, place in zip(names, lowered, places, strict=True):
            if self._is_taken(place, low, only):
                lines.append(named(name, self._expression(place)))
                taken.append((name, place))
                end = max(end, len(lines))
            else:
                lines.append(named(name) if only is None else passed_over(name, wanted))
        whole = "\r\n".join(lines[:end]) + (LINE_END if end < len(names) else "\\Z")
        return self._planned(names, re.compile(whole).match, taken, only)

    def _takes_all(self, places: Sequence[Place | None], only: Collection[str]) -> bool:
        """Whether all headers must be known: one that is absent, repeated or of a part is read."""
        there = {place.field for place in places if place is not None}
        return any(name not in there or self._specs[name].form != "one" for name in only)

    def _is_taken(self, place: Place | None, name: str, only: Collection[str] | None) -> bool:
        if only is not None:
            return place is not None and place.field in only
        return place is not None or name not in self.ignored

    def _expression(self, place: Place | None) -> str:
        if place is None or place.spec.form != "one":
            return _PIECE
        codec = place.spec.codec
        return _expression_of(codec, _WHOLE_NUMBER if codec is INTEGER else _PIECE)

    def _planned(
        self,
        names: tuple[str, ...],
        match: Match,
        taken: list[tuple[str, Place | None]],
        only: Collection[str] | None,
    ) -> Shape:
        own: dict[str, int] = {}
        inside: dict[str, dict[str, int]] = {}
        others: list[tuple[str, int]] = []
        steps: dict[int, Converter] = {}
        for piece, (name, place) in enumerate(taken):
            if place is None:
                others.append((name, piece))
                continue
            if convert := _converter(place.spec):
                steps[piece] = convert
            fields = own if place.inner is None else inside.setdefault(place.field, {})
            fields[place.inner or place.field] = piece
        left = () if only is None else [name for name in self._specs if name not in only]
        parts = {
            name: _plan(part, inside[name])
            for name, part in self.layout.parts.items()
            if name in inside
        }
        further = dict(self.further) if only is None else {}
        gathered: dict[str, Gathered] = {}
        if others:
            gathered[self.others] = Gathered(Headers, others)
            further.pop(self.others)
        plan = _plan(self.layout, own, parts, left)
        plan = attrs.evolve(plan, blanks={**plan.blanks, **further}, gathered=gathered)
        return Shape(names, self.layout.cls, filler(match, len(taken), plan, steps))


def _plan(
    layout: Layout,
    pieces: Mapping[str, int],
    parts: Mapping[str, Plan] = MappingProxyType({}),
    left: Collection[str] = (),
) -> Plan:
    """What is done for the fields that have a piece, and for those that have none."""
    there = {*pieces, *parts, *left}
    blanks = {name: empty_of(spec) for name, spec in layout.fields if name not in there}
    return Plan(layout.cls, pieces, blanks, parts)


def _new(cls: type[object]) -> object:
    return cls.__new__(cls)


def _expression_of(codec: Codec[Any], piece: str) -> str:
    """The value, which is no piece where it means None. Atomic: there is one way to read it."""
    if not codec.nulls:
        return piece
    nulls = "|".join(map(re.escape, sorted(codec.nulls)))
    return f"(?>(?:{nulls})(?=\r|\\Z)|{piece})"


def _converter(spec: Spec) -> Converter | None:
    """What makes the value of the piece; None where the piece is the value."""
    read = spec.codec.read
    if spec.form != "one":
        gather = GATHER[spec.form]
        return lambda text: gather([text], spec)
    if spec.codec is INTEGER:
        return int  # the expression has checked it
    return None if read is str else read


def _is_plain(name: str) -> bool:
    """Whether the name ends where it seems to; `ChanVariable(` goes on to a later parenthesis."""
    return bool(name) and ("chanvariable(" not in name or name.endswith(")"))
