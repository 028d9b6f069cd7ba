"""Privileges: the classes of events and actions, as bit masks and as Asterisk writes them.

Law: the bits, the labels and their order are those of `perms[]` in manager.c; the odd readings of
an event mask (digits, truth words, unknown names) are strings_to_mask()'s.
"""

from __future__ import annotations

__all__ = [
    "ALL",
    "PRIVILEGES",
    "event_mask",
    "is_false",
    "is_true",
    "permissions",
    "privilege_text",
]

# The bits of include/asterisk/manager.h, in the order of perms[]. Bit 14 belongs to hooks inside.
PRIVILEGES = {
    "system": 1 << 0,
    "call": 1 << 1,
    "log": 1 << 2,
    "verbose": 1 << 3,
    "command": 1 << 4,
    "agent": 1 << 5,
    "user": 1 << 6,
    "config": 1 << 7,
    "dtmf": 1 << 8,
    "reporting": 1 << 9,
    "cdr": 1 << 10,
    "dialplan": 1 << 11,
    "originate": 1 << 12,
    "agi": 1 << 13,
    "cc": 1 << 15,
    "aoc": 1 << 16,
    "test": 1 << 17,
    "security": 1 << 18,
    "message": 1 << 30,
}
ALL = 2**31 - 1

_TRUE = frozenset({"yes", "true", "y", "t", "1", "on"})
_FALSE = frozenset({"no", "false", "n", "f", "0", "off"})


def is_true(text: str) -> bool:
    """Whether Asterisk takes the text for yes (ast_true)."""
    return text.lower() in _TRUE


def is_false(text: str) -> bool:
    """Whether Asterisk takes the text for no (ast_false)."""
    return text.lower() in _FALSE


def permissions(text: str) -> int:
    """The mask of a comma-separated list of classes; other names and blanks match nothing."""
    names = text.split(",")
    mask = sum(bit for label, bit in PRIVILEGES.items() if label in names)
    return ALL if "all" in names else mask


def event_mask(text: str) -> int | None:
    """What an event mask asks for; None for the empty one, which is no mask at all."""
    if not text:
        return None
    if text.isdecimal() and text.isascii():
        return int(text) & ALL
    if is_false(text):
        return 0
    return ALL if is_true(text) else permissions(text)


def privilege_text(mask: int) -> str:
    """The classes of a mask as in `Privilege: system,all`; `<none>` where it names none."""
    names = [label for label, bit in PRIVILEGES.items() if mask & bit]
    return ",".join([*names, "all"]) if names else "<none>"
