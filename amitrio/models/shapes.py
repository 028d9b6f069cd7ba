"""Shapes: the ways in which frames of one kind are laid out, compiled.

Asterisk sends an event of a kind with the same headers in the same order nearly every time. That
order, seen twice, becomes a regular expression that checks a frame and cuts it in one go, and a
plan that says which field takes which piece. What fits no shape is read header by header.

Law: a shape gives exactly what Layout.read gives, or declines. It declines repeated and numbered
headers, text that is not UTF-8, carriage returns inside values, and values that do not convert.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import attrs

from amitrio.headers import Headers
from amitrio.models.assigning import Assigner, assigner
from amitrio.models.codecs import ESCAPED, ESCAPED_NAME, INTEGER, Codec
from amitrio.models.kinds import Spec
from amitrio.models.layout import GATHER, Layout, Place, empty_of

__all__ = ["Shape", "Shapes"]

Setter = Callable[[object, Any], None]
Converter = Callable[[str], Any]
Steps = tuple[tuple[int, Converter], ...]

_MAX_SHAPES = 8
_MAX_SIGHTED = 32
_ENOUGH = 2

# Texts that are nobody's, and texts that mean None, make no piece: what is left of them is None.
_PASSED_OVER = "[^\r]*+"
_PIECE = f"({_PASSED_OVER})"
_WHOLE_NUMBER = "([+-]?[0-9]{1,20})"
_LINE_END = "(?=\r\n|\\Z)"


@attrs.frozen(eq=False)
class _Filler:
    """Which pieces go into the fields of one object."""

    indices: Mapping[str, int]
    assign: Assigner
    pick: Callable[[Sequence[Any]], Sequence[Any]]

    def fill(self, target: object, pieces: Sequence[Any]) -> None:
        """Set every field."""
        self.assign(target, self.pick(pieces))


@attrs.frozen(eq=False)
class _Part:
    """A part that the shape holds."""

    name: str
    cls: type
    put: Setter
    filler: _Filler

    def fill(self, message: object, pieces: Sequence[Any]) -> None:
        """Make it, and set it."""
        inner = _new(self.cls)
        self.filler.fill(inner, pieces)
        self.put(message, inner)


@attrs.frozen(eq=False)
class Shape:
    """One sequence of headers, and what becomes of each."""

    names: tuple[str, ...]
    _match: Callable[[str], re.Match[str] | None]
    _steps: Steps
    """The pieces that are more than text, and what converts them."""
    _unescaped: Steps
    """The same where nothing in the frame is escaped."""
    _blanks: tuple[Any, ...]
    """What goes into the fields for which there is no piece: behind the pieces."""
    _filler: _Filler
    _parts: tuple[_Part, ...]
    _others: tuple[tuple[int, str], ...]

    def fill(self, message: object, text: str) -> tuple[tuple[str, str], ...] | None:
        """Set the fields; gives the headers that no field takes, or None: not of this shape.

        Raises ValueError where a value does not convert; nothing is set then.
        """
        pieces = self._cut(text)
        if pieces is None:
            return None
        self._filler.fill(message, pieces)
        for part in self._parts:
            part.fill(message, pieces)
        if not self._others:
            return ()
        return tuple((name, pieces[index]) for index, name in self._others)

    def fill_one(self, message: object, field: str, text: str) -> bool:
        """Set this field alone, as `fill` would; whether the frame is of this shape."""
        pieces = self._cut(text)
        if pieces is None:
            return False
        for part in self._parts:
            if part.name == field:
                part.fill(message, pieces)
                return True
        object.__setattr__(message, field, pieces[self._filler.indices[field]])
        return True

    def _cut(self, text: str) -> list[Any] | None:
        match = self._match(text)
        if match is None:
            return None
        pieces: list[Any] = [*match.groups(), *self._blanks]
        for index, convert in self._steps if "\\" in text else self._unescaped:
            piece = pieces[index]
            if piece is not None:
                pieces[index] = convert(piece)
        return pieces


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
    known: list[Shape] = attrs.field(factory=list)
    _sighted: dict[tuple[str, ...], int] = attrs.field(factory=dict)
    _specs: dict[str, Spec] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._specs = dict(self.layout.fields)

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
        for name, low, place in zip(names, lowered, places, strict=True):
            is_taken = self._is_taken(place, low, only)
            expression = self._expression(place) if is_taken else _PASSED_OVER
            lines.append(f"{re.escape(name)}: {expression}")
            if is_taken:
                taken.append((name, place))
                end = max(end, len(lines))
        whole = "\r\n".join(lines[:end]) + (_LINE_END if end < len(names) else "\\Z")
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
        match: Callable[[str], re.Match[str] | None],
        taken: list[tuple[str, Place | None]],
        only: Collection[str] | None,
    ) -> Shape:
        own: dict[str, int] = {}
        inside: dict[str, dict[str, int]] = {}
        others: list[tuple[int, str]] = []
        specs: dict[int, Spec] = {}
        for index, (name, place) in enumerate(taken):
            if place is None:
                others.append((index, name))
                continue
            specs[index] = place.spec
            if place.inner is None:
                own[place.field] = index
            else:
                inside.setdefault(place.field, {})[place.inner] = index
        blanks = _Blanks(len(taken))
        left = [] if only is None else [name for name in self._specs if name not in only]
        further: Mapping[str, object] = self.further if only is None else {}
        filler = _filler(self.layout, own, blanks, leave={*inside, *left}, further=further)
        parts = tuple(
            _Part(
                name, part.cls, _setter(self.layout.cls, name), _filler(part, inside[name], blanks)
            )
            for name, part in self.layout.parts.items()
            if name in inside
        )
        steps = tuple(
            (index, convert) for index, spec in specs.items() if (convert := _converter(spec))
        )
        unescaped = tuple(one for one in steps if not _only_unescapes(specs[one[0]]))
        values = tuple(blanks.values)
        return Shape(names, match, steps, unescaped, values, filler, parts, tuple(others))


@attrs.define
class _Blanks:
    """Values that stand behind the pieces of every frame."""

    behind: int
    values: list[Any] = attrs.field(factory=list)

    def add(self, value: object) -> int:
        """The index that the value has among the pieces."""
        self.values.append(value)
        return self.behind + len(self.values) - 1


def _filler(
    layout: Layout,
    taken: Mapping[str, int],
    blanks: _Blanks,
    leave: Collection[str] = (),
    further: Mapping[str, object] = MappingProxyType({}),
) -> _Filler:
    """What is done for the fields that have a piece, and for those that have none."""
    indices = dict(taken)
    for name, spec in layout.fields:
        if name not in taken and name not in leave:
            indices[name] = blanks.add(empty_of(spec))
    for name, value in further.items():
        indices[name] = blanks.add(value)
    names, chosen = tuple(indices), _chosen(tuple(indices.values()))
    return _Filler(indices, assigner(layout.cls, names), chosen)


def _new(cls: type[object]) -> object:
    return cls.__new__(cls)


def _chosen(indices: tuple[int, ...]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """What picks these of the pieces; itemgetter gives no tuple for fewer than two."""
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda pieces: tuple(pieces[index] for index in indices)


def _setter(cls: type, name: str) -> Setter:
    """What sets a slot without asking the frozen class."""
    put: Setter = getattr(cls, name).__set__
    return put


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


def _only_unescapes(spec: Spec) -> bool:
    return spec.form == "one" and (spec.codec is ESCAPED or spec.codec is ESCAPED_NAME)


def _is_plain(name: str) -> bool:
    """Whether the name ends where it seems to; `ChanVariable(` goes on to a later parenthesis."""
    return bool(name) and ("chanvariable(" not in name or name.endswith(")"))
