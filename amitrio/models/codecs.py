r"""Codecs: the text of one header as a Python value, and the value as text.

A codec reads what Asterisk's C code prints, in every spelling that it has, and writes one of
them. What it cannot read raises ValueError; whoever asked keeps the text.

Law: certain or not at all. `write(read(text))` says the same as `text`, and
`read(write(value)) == value`; a value that cannot be said so is refused with a ValueError.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Generic, TypeVar
from urllib.parse import quote, unquote_to_bytes

import attrs

from amitrio.models.moments import moment, written_moment
from amitrio.models.values import Address

__all__ = [
    "ADDRESS",
    "CLOCK",
    "EPOCH",
    "ESCAPED",
    "ESCAPED_NAME",
    "FLAG",
    "HEXADECIMAL",
    "INTEGER",
    "ISO",
    "LOCAL_TIME",
    "NULLS",
    "NUMBER",
    "ON_OFF",
    "PERCENT",
    "TEXT",
    "TRUE_FALSE",
    "VERBATIM",
    "WORDS",
    "YES_NO",
    "Codec",
    "enumeration",
    "escape",
    "unescape",
]

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

# How Asterisk writes that it has no value: S_OR(x, "<unknown>"), a NULL given to printf, and what
# single modules chose.
NULLS = frozenset({"<unknown>", "(null)", "<none>", "-none-"})
_NULLS_AND_EMPTY = NULLS | {""}


@attrs.frozen
class Codec(Generic[T]):
    """How one kind of header is read and written. `nulls` are the texts that mean None."""

    read: Callable[[str], T]
    write: Callable[[T], str]
    nulls: frozenset[str] = _NULLS_AND_EMPTY


# Text ------------------------------------------------------------------------------------------

# ast_escape_c() in utils.c.
_LETTERS = MappingProxyType(
    {
        "\a": "a",
        "\b": "b",
        "\f": "f",
        "\n": "n",
        "\r": "r",
        "\t": "t",
        "\v": "v",
        "\\": "\\",
        "'": "'",
        '"': '"',
        "?": "?",
    }
)
_UNESCAPED = MappingProxyType({letter: real for real, letter in _LETTERS.items()})
_ESCAPED = str.maketrans({real: "\\" + letter for real, letter in _LETTERS.items()})
_ESCAPE = re.compile(r"\\([abfnrtv\\'\"?])")


def unescape(text: str) -> str:
    """The text before Asterisk escaped it in C's manner."""
    return _ESCAPE.sub(lambda found: _UNESCAPED[found[1]], text) if "\\" in text else text


def escape(text: str) -> str:
    """The text as VarSet and the names of a channel snapshot carry it."""
    return text.translate(_ESCAPED)


def _unquoted(text: str) -> str:
    raw = unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


TEXT = Codec(str, str, NULLS)
VERBATIM = Codec(str, str, frozenset())
ESCAPED = Codec(unescape, escape, frozenset())
ESCAPED_NAME = Codec(unescape, escape, NULLS)
# ast_uri_encode() with its default set, as res_agi.c calls it.
PERCENT = Codec(_unquoted, lambda text: quote(text, safe="-_.!~*'()"), frozenset())


# Numbers ---------------------------------------------------------------------------------------

_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}")
_FLOAT = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?")
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,16}")
_CLOCK = re.compile(r"([0-9]{1,6}):([0-5][0-9]):([0-5][0-9])")


def _checked(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _clock(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])


def _as_clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _finite(text: str) -> float:
    value = float(_checked(_FLOAT, text))
    if not math.isfinite(value):
        raise ValueError(text)
    return value


INTEGER = Codec(
    lambda text: int(_checked(_DECIMAL, text)),
    lambda value: _checked(_DECIMAL, str(int(value))),
)
# "%4.1f" puts blanks before it.
NUMBER = Codec(
    lambda text: _finite(text.lstrip(" ")),
    lambda value: _checked(_FLOAT, repr(float(value))),
)
HEXADECIMAL = Codec(
    lambda text: int(_checked(_HEXADECIMAL, text), 16),
    lambda value: _checked(_HEXADECIMAL, f"0x{value:08x}"),
)
CLOCK = Codec(_clock, lambda seconds: _checked(_CLOCK, _as_clock(seconds)))


# Truth -----------------------------------------------------------------------------------------

_TRUE = ("true", "yes", "on", "1", "y", "t", "enabled")
_FALSE = ("false", "no", "off", "0", "n", "f", "disabled")
_TRUTH: Mapping[str, bool] = MappingProxyType(
    {word: word in _TRUE for words in (_TRUE, _FALSE) for word in words}
)


def _truth(text: str) -> bool:
    try:
        return _TRUTH[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def _boolean(yes: str, no: str) -> Codec[bool]:
    return Codec(_truth, lambda value: yes if value else no)


FLAG = _boolean("1", "0")
TRUE_FALSE = _boolean("true", "false")
YES_NO = _boolean("yes", "no")
ON_OFF = _boolean("on", "off")


# Time ------------------------------------------------------------------------------------------

_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.([0-9]{3}|[0-9]{6})[+-][0-9]{4}"
)
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


def _as_iso(when: datetime) -> str:
    """security_events.c writes milliseconds, and the zone without a colon."""
    text = when.isoformat(timespec="microseconds" if when.microsecond % 1000 else "milliseconds")
    return _checked(_ISO, text[:-3] + text[-2:] if text[-3] == ":" else text)


# The time of something that never happened is 0.
EPOCH = Codec(moment, written_moment, _NULLS_AND_EMPTY | {"0", "0.000000"})
ISO = Codec(lambda text: datetime.fromisoformat(_checked(_ISO, text)), _as_iso)
LOCAL_TIME = Codec(
    lambda text: datetime.fromisoformat(_checked(_LOCAL_TIME, text)),
    lambda when: _checked(_LOCAL_TIME, when.isoformat(" ")),
)


# Compounds -------------------------------------------------------------------------------------


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


def _as_words(words: tuple[str, ...]) -> str:
    for word in words:
        if "," in word or word != word.strip():
            raise ValueError(f"{word!r} cannot stand in a list that commas separate")
    text = ",".join(words)
    if text in _NULLS_AND_EMPTY:
        raise ValueError(f"{text!r} would mean that there are no words")
    return text


def _as_address(address: Address) -> str:
    text = str(address)
    if Address.parse(text) != address:
        raise ValueError(f"{address!r} cannot be written")
    return text


ADDRESS = Codec(Address.parse, _as_address)
WORDS = Codec(_words, _as_words)


def enumeration(members: type[E]) -> Codec[E]:
    """The codec of an enumeration: of numbers, or of words in any case."""
    usual = _Usual(members, {str(one.value): one for one in members})
    return Codec(usual.__getitem__, lambda one: str(members(one).value))


class _Usual(dict[str, E]):
    """The members by their usual spellings; another one is understood each time."""

    def __init__(self, members: type[E], usual: Mapping[str, E]) -> None:
        super().__init__(usual)
        self._members = members
        self._numbers = int in members.__mro__

    def __missing__(self, text: str) -> E:
        return self._members(int(_checked(_DECIMAL, text)) if self._numbers else text)
