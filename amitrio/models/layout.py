"""Layout: which header goes into which field of a class, worked out once per class.

Reading takes the headers of a frame in their order. A header belongs to a plain field, to a field
of a part (`DestChannel` is `dest.channel`), to one that gathers repeated headers, or to one of
numbered headers; what belongs to none is handed back. Writing is the same way back.

Law: of a repeated header the first wins (except where all are gathered), names are found in any
case, and a value that does not convert is a Problem, never an exception.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from amitrio.credentials import Secret
from amitrio.models.assignments import assignment, assignments, told, told_as
from amitrio.models.kinds import NONE, Spec, spec_of
from amitrio.models.values import Variables

__all__ = ["GATHER", "Layout", "Place", "Problem", "Reading", "empty_of", "layout_of"]

Pair = tuple[str, str]
Written = tuple[str, str | Secret]
Cleaner = Callable[[str], str]


@attrs.frozen
class Problem:
    """A value that is not what its field promises: the text as it was sent."""

    field: str
    header: str
    text: str


@attrs.define(eq=False)
class Reading:
    """What was found in the headers of one message."""

    values: dict[str, Any]
    others: list[Pair] = attrs.field(factory=list)
    problems: list[Problem] = attrs.field(factory=list)


@attrs.frozen(eq=False)
class Place:
    """Where a header goes: a field, or with `inner` a field of the part that it holds."""

    field: str
    inner: str | None
    spec: Spec

    @property
    def path(self) -> str:
        """The field as one names it: `dest.channel`."""
        return self.field if self.inner is None else f"{self.field}.{self.inner}"


@attrs.frozen(eq=False)
class _Numbered:
    """A field of numbered headers: `matches` finds the number, and the name behind it."""

    field: str
    header: str
    layout: Layout
    matches: re.Pattern[str]

    def problem(self, index: int, inner: Problem) -> Problem:
        """The problem of one of the values, told as one of the message."""
        header = self.header.format(index=index, field=inner.header)
        return Problem(f"{self.field}.{inner.field}", header, inner.text)


Found = dict[Place, Any]
Indexed = dict[int, list[Pair]]


@attrs.frozen(eq=False)
class Layout:
    """The way between headers and the fields of one class."""

    cls: type
    fields: tuple[tuple[str, Spec], ...]
    places: Mapping[str, Place]
    numbered: tuple[_Numbered, ...]
    parts: Mapping[str, Layout]
    free: str | None
    """The field that takes whatever no other takes."""

    def read(self, pairs: Iterable[Pair], clean: Cleaner = str) -> Reading:
        """The fields' values. `clean` is applied to every text first."""
        reading = Reading({name: empty_of(spec) for name, spec in self.fields})
        found: Found = {}
        numbers: dict[str, Indexed] = {one.field: {} for one in self.numbered}
        for name, sent in pairs:
            place = self.places.get(name.lower())
            if place is None:
                if not self._is_numbered(name, sent, numbers):
                    reading.others.append((name, sent))
            elif place.spec.form != "one":
                found.setdefault(place, []).append(clean(sent))
            elif place not in found:
                found[place] = _converted(place, name, clean(sent), reading.problems)
        self._settle(found, reading.values)
        self._settle_numbered(numbers, reading, clean)
        if self.free is not None:
            reading.values[self.free] = Variables(reading.others)
            reading.others = []
        return reading

    def _settle(self, found: Found, values: dict[str, Any]) -> None:
        inside: dict[str, dict[str, Any]] = {}
        for place, value in found.items():
            form = place.spec.form
            gathered = value if form == "one" else GATHER[form](value, place.spec)
            if place.inner is None:
                values[place.field] = gathered
            else:
                inside.setdefault(place.field, {})[place.inner] = gathered
        for name, fields in inside.items():
            values[name] = self.parts[name].cls(**fields)

    def _is_numbered(self, name: str, sent: str, numbers: dict[str, Indexed]) -> bool:
        for one in self.numbered:
            if match := one.matches.fullmatch(name):
                pairs = numbers[one.field].setdefault(int(match["index"]), [])
                pairs.append((match["field"], sent))
                return True
        return False

    def _settle_numbered(
        self, numbers: dict[str, Indexed], reading: Reading, clean: Cleaner
    ) -> None:
        for one in self.numbered:
            made: list[object] = []
            for index, pairs in numbers[one.field].items():
                inner = one.layout.read(pairs, clean)
                made.append(one.layout.cls(**inner.values))
                reading.problems += [one.problem(index, problem) for problem in inner.problems]
            reading.values[one.field] = tuple(made)

    def write(self, value: object, prefix: str = "") -> Iterator[Written]:
        """The headers that say what the fields of `value` hold."""
        for name, spec in self.fields:
            held = getattr(value, name)
            if held is not None:
                yield from _written(held, spec, prefix)
            elif spec.snapshot_key is not None and getattr(value, spec.snapshot_key) is not None:
                yield prefix + spec.header, spec.spelled_null or ""


def _converted(place: Place, name: str, sent: str, problems: list[Problem]) -> object:
    codec = place.spec.codec
    if sent in codec.nulls:
        return None
    try:
        return codec.read(sent)
    except ValueError:
        problems.append(Problem(place.path, name, sent))
        return None


# How repeated headers are gathered -------------------------------------------------------------


def _as_many(sent: list[str], _spec: Spec) -> tuple[str, ...]:
    return tuple(sent)


def _as_words(sent: list[str], spec: Spec) -> tuple[str, ...]:
    codec = spec.codec
    return () if sent[0] in codec.nulls else codec.read(sent[0])


def _as_variables(sent: list[str], spec: Spec) -> Variables:
    pairs = [told(one) for one in sent]
    return Variables((name, spec.codec.read(value)) for name, value in pairs)


def _as_settings(sent: list[str], _spec: Spec) -> Variables:
    """Of a variable that is set twice the first wins: Originate hands them on in reverse."""
    variables: dict[str, str] = {}
    for one in sent:
        for name, value in assignments(one):
            variables.setdefault(name, value)
    return Variables(variables)


# Only forms whose codecs read any text; so gathering never raises.
GATHER: Mapping[str, Callable[[list[str], Spec], Any]] = MappingProxyType(
    {"many": _as_many, "words": _as_words, "variables": _as_variables, "settings": _as_settings}
)


_EMPTY: Mapping[str, Any] = MappingProxyType(
    {"many": (), "words": (), "variables": NONE, "settings": NONE, "numbered": (), "headers": NONE}
)


def empty_of(spec: Spec) -> Any:
    """What a field holds whose header is absent."""
    return _EMPTY.get(spec.form)


# How values are written ------------------------------------------------------------------------


def _written(value: Any, spec: Spec, prefix: str) -> Iterator[Written]:
    header = prefix + spec.header
    if spec.form == "one" or (spec.form == "words" and value):
        yield header, value if isinstance(value, Secret) else spec.codec.write(value)
    elif spec.form == "part":
        yield from layout_of(_class_of(value)).write(value, header)
    elif spec.form == "numbered":
        yield from _written_numbered(value, spec)
    elif spec.form == "many":
        yield from ((header, one) for one in value)
    elif spec.form == "variables":
        yield from ((header, told_as(name, spec.codec.write(one))) for name, one in value.items())
    elif spec.form == "settings":
        yield from ((header, assignment(name, one)) for name, one in value.items())
    elif spec.form == "headers":
        yield from value.items()


def _written_numbered(values: Iterable[Any], spec: Spec) -> Iterator[Written]:
    for index, one in enumerate(values):
        for field, text in layout_of(_class_of(one)).write(one):
            yield spec.header.format(index=index, field=field), text


def _class_of(value: object) -> type:
    return type(value)


# How a layout is made --------------------------------------------------------------------------


_LAYOUTS: dict[type, Layout] = {}


def layout_of(cls: type) -> Layout:
    """The layout of an attrs class whose fields are declared with `kinds`."""
    layout = _LAYOUTS.get(cls)
    if layout is None:
        layout = _LAYOUTS[cls] = _laid_out(cls)
    return layout


def _laid_out(cls: type) -> Layout:
    fields = [(field.name, spec_of(field)) for field in attrs.fields(cls) if field.metadata]
    parts = {name: layout_of(spec.inner) for name, spec in fields if spec.form == "part"}
    places = {
        spec.header.lower(): Place(name, None, spec)
        for name, spec in fields
        if spec.form not in {"part", "numbered", "headers"}
    }
    for name, spec in fields:
        if spec.form == "part":
            for inner, inner_spec in parts[name].fields:
                header = (spec.header + inner_spec.header).lower()
                places.setdefault(header, Place(name, inner, inner_spec))
    return Layout(
        cls,
        tuple(fields),
        places,
        tuple(_numbered(name, spec) for name, spec in fields if spec.form == "numbered"),
        parts,
        next((name for name, spec in fields if spec.form == "headers"), None),
    )


def _numbered(name: str, spec: Spec) -> _Numbered:
    layout = layout_of(spec.inner)
    names = "|".join(re.escape(inner.header) for _, inner in layout.fields)
    pattern = re.escape(spec.header)
    pattern = re.sub(r"\\\{index[^}]*\\\}", r"(?P<index>[0-9]{1,9})", pattern)
    pattern = pattern.replace(r"\{field\}", f"(?P<field>{names})")
    return _Numbered(name, spec.header, layout, re.compile(pattern, re.IGNORECASE))
