"""Asterisk's names as Python's: `CallerIDNum` is `caller_id_num`, `AOC-D` the class `AOCD`.

Law: a name is never guessed from its meaning. What reads badly is named in the overrides.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable

__all__ = ["ACTION_RESERVED", "EVENT_RESERVED", "REPLY_RESERVED", "class_name", "snake_case"]

EVENT_RESERVED = frozenset(
    {
        "about",
        "action_id",
        "from_frame",
        "headers",
        "kind",
        "other_headers",
        "privilege",
        "problems",
        "received",
        "server",
        "system_name",
        "timestamp",
        "to_dict",
        "to_json",
    }
)
"""What every event has already."""

REPLY_RESERVED = EVENT_RESERVED | {"message", "succeeded"}
"""What every reply has already."""

ACTION_RESERVED = frozenset({"about", "from_headers", "headers", "name", "plain", "privileges"})
"""What every action has already."""


def _as_word(found: re.Match[str]) -> str:
    return found[0].title()


_Spelling = str | Callable[[re.Match[str]], str]
_SPELLINGS: tuple[tuple[re.Pattern[str], _Spelling], ...] = (
    (re.compile(r"Unique(?:ID|Id)"), "Uniqueid"),  # one thing, spelled in three ways
    (re.compile(r"Linked(?:ID|Id)"), "Linkedid"),
    (re.compile(r"[A-Z]{2,}e?s(?![a-z])"), _as_word),  # FAXes, URIs
    (re.compile(r"(ID|IP)(?=[a-z]{3})"), r"\1_"),  # CallerIDnum, IPaddress
)
_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_LETTERS = re.compile(r"[^A-Za-z0-9]+")
_LEADING_DIGITS = re.compile(r"(\d+)_?(.*)")


def snake_case(header: str, reserved: frozenset[str] = frozenset()) -> str:
    """The field for a header; with an underscore behind it where the name is taken."""
    name = header
    for pattern, spelling in _SPELLINGS:
        name = pattern.sub(spelling, name)
    name = _BORDER.sub("_", name)
    name = _NO_LETTERS.sub("_", name).strip("_").lower()
    if digits := _LEADING_DIGITS.fullmatch(name):
        name = digits[2] + digits[1]
    return f"{name}_" if keyword.iskeyword(name) or name in reserved else name


def class_name(kind: str) -> str:
    """The class for an event or an action."""
    return _NO_LETTERS.sub("", kind)
