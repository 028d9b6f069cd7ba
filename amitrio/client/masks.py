"""Event masks: which classes of events a session asks for.

Asterisk takes words of truth, `all`, `none`, lower-case class names between commas, or digits as
the bits themselves (get_eventmask in manager.c); what it does not know it takes for nothing at
all, and says Success.

Law: a mask that would silently mean "no events" is refused here.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["check_mask", "hears"]

# EVENT_FLAG_* of include/asterisk/manager.h.
_CLASSES = MappingProxyType(
    {
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
        "message": 1 << 19,
    }
)
_EVERYTHING = frozenset({"on", "yes", "true", "y", "t", "all", ""})
_NOTHING = frozenset({"off", "no", "false", "none"})


def check_mask(mask: str) -> None:
    """Raise ValueError for a mask that Asterisk would take for none without a word."""
    if mask in _EVERYTHING or mask in _NOTHING or (mask.isascii() and mask.isdecimal()):
        return
    unknown = [word for word in mask.split(",") if word not in _CLASSES and word != "all"]
    if unknown:
        raise ValueError(
            f"the event mask {mask!r} names no class {unknown[0]!r}: give on, off, or classes in"
            " lower case between commas without blanks, such as call,agent"
        )


def hears(mask: str, name: str) -> bool:
    """Whether events of that class pass the mask."""
    if mask.isascii() and mask.isdecimal():
        return bool(int(mask) & _CLASSES[name])
    return mask in _EVERYTHING or not {"all", name}.isdisjoint(mask.split(","))
