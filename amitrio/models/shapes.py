"""Shapes: the ways in which frames of one kind are laid out, compiled.

Asterisk sends an event of a kind with the same headers in the same order nearly every time. That
order, seen twice, becomes a regular expression that checks a frame and cuts it in one go, and a
plan that says which field takes which piece. What fits no shape is read header by header.

Law: a shape gives exactly what Layout.read gives, or declines. It declines repeated and numbered
headers, text that is not UTF-8, carriage returns inside values, and values that do not convert.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import attrs

from amitrio.headers import Headers
from amitrio.models.codecs import NULLS, TEXT
from amitrio.models.kinds import Spec
from amitrio.models.layout import GATHER, Layout, Place, empty_of

__all__ = ["Shape", "Shapes"]

Pieces = tuple[str, ...]
Setter = Callable[[object, Any], None]
Converter = Callable[[str], Any]

_MAX_SHAPES = 8
_MAX_SIGHTED = 32
_ENOUGH = 2


@attrs.frozen(eq=False)
class _Filler:
    """How the pieces of a frame become the fields of one object.

    Most fields are plain text: these are done in one loop, without a call for each.
    """

    text_puts: tuple[Setter, ...]
    text_pieces: Callable[[Pieces], Pieces]
    steps: tuple[tuple[int, Setter, Converter], ...]
    blanks: tuple[tuple[Setter, Any], ...]

    def fill(self, target: object, pieces: Pieces) -> None:
        """Set every field. Raises ValueError where a value does not convert."""
        nulls = NULLS
        for put, text in zip(self.text_puts, self.text_pieces(pieces), strict=True):
            put(target, None if text in nulls else text)
        for index, put, convert in self.steps:
            put(target, convert(pieces[index]))
        for put, empty in self.blanks:
            put(target, empty)


@attrs.frozen(eq=False)
class _Part:
    """A part that the shape holds."""

    cls: type
    put: Setter
    filler: _Filler


@attrs.frozen(eq=False)
class Shape:
    """One sequence of headers, and what becomes of each."""

    _match: Callable[[str], re.Match[str] | None]
    _filler: _Filler
    _parts: tuple[_Part, ...]
    _others: tuple[tuple[int, str], ...]

    def fill(self, message: object, text: str) -> tuple[tuple[str, str], ...] | None:
        """Set the fields; gives the headers that no field takes, or None: not of this shape.

        Raises ValueError where a value does not convert; some fields are set then.
        """
        match = self._match(text)
        if match is None:
            return None
        pieces: Pieces = match.groups()
        self._filler.fill(message, pieces)
        for part in self._parts:
            inner = _new(part.cls)
            part.filler.fill(inner, pieces)
            part.put(message, inner)
        return tuple((name, pieces[index]) for index, name in self._others)


@attrs.define(eq=False)
class Shapes:
    """The shapes of one class, learned from what comes."""

    layout: Layout
    ignored: frozenset[str]
    """The headers, in lower case, that are nobody's."""
    known: list[Shape] = attrs.field(factory=list)
    _sighted: dict[tuple[str, ...], int] = attrs.field(factory=dict)

    def learn(self, headers: Headers) -> None:
        """Take note of a frame that fitted none."""
        names = tuple(name for name, _ in headers.pairs)
        if len(self.known) >= _MAX_SHAPES or not self._is_regular(names):
            return
        if len(self._sighted) >= _MAX_SIGHTED:
            del self._sighted[next(iter(self._sighted))]  # the one that was seen longest ago
        seen = self._sighted[names] = self._sighted.pop(names, 0) + 1
        if seen == _ENOUGH:
            self.known.append(self._compiled(names))

    def _is_regular(self, names: tuple[str, ...]) -> bool:
        """Whether one expression can say it: each name once, and its end where it seems to be."""
        lowered = {name.lower() for name in names}
        free = bool(self.layout.numbered) or self.layout.free is not None
        return len(lowered) == len(names) and not free and all(map(_is_plain, lowered))

    def _compiled(self, names: tuple[str, ...]) -> Shape:
        lowered = [name.lower() for name in names]
        places = [self.layout.places.get(name) for name in lowered]
        lines = [
            f"{re.escape(name)}: " + ("[^\r]*+" if self._is_nobodys(place, low) else "([^\r]*+)")
            for name, low, place in zip(names, lowered, places, strict=True)
        ]
        taken = [
            (name, place)
            for name, low, place in zip(names, lowered, places, strict=True)
            if not self._is_nobodys(place, low)
        ]
        return self._planned(re.compile("\r\n".join(lines)).fullmatch, taken)

    def _is_nobodys(self, place: Place | None, name: str) -> bool:
        return place is None and name in self.ignored

    def _planned(
        self,
        match: Callable[[str], re.Match[str] | None],
        taken: list[tuple[str, Place | None]],
    ) -> Shape:
        own: dict[str, tuple[int, Spec]] = {}
        inside: dict[str, dict[str, tuple[int, Spec]]] = {}
        others: list[tuple[int, str]] = []
        for index, (name, place) in enumerate(taken):
            if place is None:
                others.append((index, name))
            elif place.inner is None:
                own[place.field] = (index, place.spec)
            else:
                inside.setdefault(place.field, {})[place.inner] = (index, place.spec)
        parts = tuple(
            _Part(part.cls, _setter(self.layout.cls, name), _filler(part, inside[name]))
            for name, part in self.layout.parts.items()
            if name in inside
        )
        return Shape(match, _filler(self.layout, own, leave=inside), parts, tuple(others))


def _filler(
    layout: Layout,
    taken: Mapping[str, tuple[int, Spec]],
    leave: Mapping[str, object] = MappingProxyType({}),
) -> _Filler:
    """What is done for the fields that have a piece, and for those that have none."""
    texts = {name: index for name, (index, spec) in taken.items() if spec.codec is TEXT}
    return _Filler(
        tuple(_setter(layout.cls, name) for name in texts),
        _chosen(tuple(texts.values())),
        tuple(
            (index, _setter(layout.cls, name), _converter(spec))
            for name, (index, spec) in taken.items()
            if name not in texts
        ),
        tuple(
            (_setter(layout.cls, name), empty_of(spec))
            for name, spec in layout.fields
            if name not in taken and name not in leave
        ),
    )


def _new(cls: type[object]) -> object:
    return cls.__new__(cls)


def _chosen(indices: tuple[int, ...]) -> Callable[[Pieces], Pieces]:
    """What picks these of the pieces; itemgetter gives no tuple for fewer than two."""
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda pieces: tuple(pieces[index] for index in indices)


def _setter(cls: type, name: str) -> Setter:
    """What sets a slot without asking the frozen class."""
    put: Setter = getattr(cls, name).__set__
    return put


def _converter(spec: Spec) -> Converter:
    nulls, read = spec.codec.nulls, spec.codec.read
    if spec.form != "one":
        gather = GATHER[spec.form]
        return lambda text: gather([text], spec)
    if read is str and not nulls:
        return str
    return lambda text: None if text in nulls else read(text)


def _is_plain(name: str) -> bool:
    """Whether the name ends where it seems to; `ChanVariable(` goes on to a later parenthesis."""
    return bool(name) and ("chanvariable(" not in name or name.endswith(")"))
