"""Whole actions of any class, made up from what their fields say of themselves.

Law: whatever a field promises to carry is made up for it, and nothing that the encoder refuses.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast, get_args

import attrs
from hypothesis import strategies as st

from amitrio.models import codecs
from amitrio.models.kinds import Spec, spec_of
from amitrio.models.requests import TypedAction

__all__ = ["AnyAction", "fields_of", "instances", "spoiled", "too_many"]

AnyAction = TypedAction[Any]
Strategy = st.SearchStrategy[Any]
T = TypeVar("T")


def _once(make: Callable[[type[Any]], T]) -> Callable[[type[Any]], T]:
    """Make it once for a class: strategies are slow to build."""
    return cast("Callable[[type[Any]], T]", cache(make))


# Texts -------------------------------------------------------------------------------------------

# No line break and no NUL. Bytes that are no UTF-8 are letters too (surrogateescape).
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0")
_AWKWARD = st.sampled_from(" \t:=,\"'\\|&/%${}[]()<>;#")
# As few examples as there are, these must be among them.
_TRICKY = st.sampled_from(["a,b", 'say "a, b"', "\\", "(a,b]", "a=b: c", "x ", "é\u2028", "\udcff"])
_BYTES = st.sampled_from("\udc80\udcff")


def _may_begin(text: str) -> bool:
    return not text or text[0] > " "


# What can stand behind a colon, the empty text included.
_texts = _TRICKY | st.text(_LETTERS | _AWKWARD | _BYTES, max_size=12).filter(_may_begin)
# What can stand behind a variable's name: it may begin with blanks.
_values = _TRICKY | st.text(_LETTERS | _AWKWARD, max_size=12)

_words = st.text(_LETTERS, max_size=6).filter(
    lambda word: _may_begin(word) and "," not in word and word == word.strip()
)
_variables = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='=,"\\'), min_size=1
).filter(lambda name: _may_begin(name) and name == name.strip())
_headers = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=": "), min_size=1, max_size=8
)


# Fields ------------------------------------------------------------------------------------------

_BY_CODEC: Mapping[Callable[[Any], str], Strategy] = {
    codecs.TEXT.write: _texts,
    codecs.VERBATIM.write: _texts,
    codecs.INTEGER.write: st.integers(-(10**19), 10**19),
    codecs.NUMBER.write: st.floats(allow_nan=False, allow_infinity=False),
    codecs.FLAG.write: st.booleans(),
    codecs.TRUE_FALSE.write: st.booleans(),
    codecs.YES_NO.write: st.booleans(),
    codecs.ON_OFF.write: st.booleans(),
}


def _one(spec: Spec, hint: object) -> Strategy:
    members = [one for one in (hint, *get_args(hint)) if isinstance(one, type)]
    enum = next((one for one in members if issubclass(one, Enum)), None)
    values = _BY_CODEC[spec.codec.write] if enum is None else st.sampled_from(list(enum))
    return values.filter(lambda value: spec.codec.write(value) not in spec.codec.nulls)


def _several_words(spec: Spec, _hint: object) -> Strategy:
    some = st.lists(_words, max_size=3).map(tuple)
    return some.filter(lambda words: ",".join(words) not in spec.codec.nulls or not words)


def _several_values(spec: Spec, _hint: object) -> Strategy:
    return st.builds(
        lambda parts: tuple(spec.inner(**part) for part in parts),
        st.lists(_parts(spec.inner), max_size=3),
    )


def _parts(cls: type[Any]) -> Strategy:
    """The fields of one value that numbered headers make up; an empty one has no headers."""
    return fields_of(cls).filter(bool)


_BY_FORM: Mapping[str, Callable[[Spec, object], Strategy]] = {
    "one": _one,
    "words": _several_words,
    "many": lambda _spec, _hint: st.lists(_texts, max_size=3).map(tuple),
    "settings": lambda _spec, _hint: st.dictionaries(_variables, _values, max_size=3),
    "numbered": _several_values,
}


def _values_of(cls: type[Any], field: attrs.Attribute[Any]) -> Strategy:
    """What that field of the class may hold."""
    spec = spec_of(field)
    if spec.form == "headers":
        return st.dictionaries(_free_headers(cls), _texts, max_size=3)
    values = _BY_FORM[spec.form](spec, inspect.get_annotations(cls, eval_str=True)[field.name])
    needs_some = spec.form != "one" and field.default is attrs.NOTHING
    return values.filter(bool) if needs_some else values


def _free_headers(cls: type[Any]) -> Strategy:
    """Names of headers that are nobody's."""
    taken = {spec_of(field).header.lower() for field in attrs.fields(cls)}
    return _headers.filter(lambda name: name.lower() not in {*taken, "action", "actionid"})


@_once
def fields_of(cls: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Values for the fields of a class: of what is required always, of the rest now and then."""
    fields = attrs.fields(cls)
    values = {field.name: _values_of(cls, field) for field in fields}
    needed = {field.name for field in fields if field.default is attrs.NOTHING}
    return st.fixed_dictionaries(
        {name: values[name] for name in values if name in needed},
        optional={name: values[name] for name in values if name not in needed},
    )


@_once
def instances(cls: type[AnyAction]) -> st.SearchStrategy[AnyAction]:
    """Actions of that class."""
    return fields_of(cls).map(lambda fields: cls(**fields))


# What must be refused ----------------------------------------------------------------------------

_TOO_LONG = "x" * 1023


def _broken(text: str) -> Strategy:
    """The text with something inside that would end its line."""
    return st.builds(
        lambda at, end: text[:at] + end + text[at:],
        st.integers(0, len(text)),
        st.sampled_from(["\r", "\n", "\0", "\r\n", "\r\nAction: Logoff"]),
    )


_torn = _values.flatmap(_broken) | st.just(_TOO_LONG)
_spoiled_text = _torn | st.builds("{}{}".format, st.sampled_from(" \t\v\x01\x1f"), _values)
_spoiled_header = st.sampled_from(["", "a b", "a:b", "a\r\nb", "a\0", " a", "Action", "ACTIONID"])

_SPOILED: Mapping[str, Callable[[Spec], Strategy | None]] = {
    "one": lambda spec: _spoiled_text if spec.codec.write is str else None,
    "words": lambda _spec: _spoiled_text.map(lambda word: (word,)),
    "many": lambda _spec: _spoiled_text.map(lambda text: ("fine", text)),
    "settings": lambda _spec: _torn.map(lambda text: {"A": "fine", "B": text}),
    "headers": lambda _spec: (
        _spoiled_text.map(lambda text: {"A": "fine", "B": text})
        | _spoiled_header.map(lambda name: {name: "fine"})
    ),
    "numbered": lambda spec: _spoiled_part(spec.inner),
}


def _spoiled_part(cls: type[Any]) -> Strategy | None:
    bad = spoiled(cls)
    return None if bad is None else bad.map(lambda fields: (cls(**fields),))


def _named(name: str, values: Strategy) -> Strategy:
    return values.map(lambda value: {name: value})


@_once
def spoiled(cls: type[Any]) -> st.SearchStrategy[dict[str, Any]] | None:
    """Fields of which one holds what Asterisk would misread; None where no field can."""
    bad = {field.name: _SPOILED[spec_of(field).form](spec_of(field)) for field in attrs.fields(cls)}
    spoils = [_named(name, values) for name, values in bad.items() if values is not None]
    if not spoils:
        return None
    return st.builds(lambda fields, spoil: fields | spoil, fields_of(cls), st.one_of(spoils))


_LINES = {f"V{number}": "x" for number in range(127)}
_MANY: Mapping[str, object] = {"many": list(_LINES), "settings": _LINES, "headers": _LINES}


def too_many(cls: type[Any]) -> dict[str, Any] | None:
    """Fields that make more lines than Asterisk takes; None where no field can."""
    forms = {field.name: spec_of(field).form for field in attrs.fields(cls)}
    return {name: _MANY[form] for name, form in forms.items() if form in _MANY} or None
