"""Event masks: which classes of events a session asks for.

Asterisk takes words of truth, `all`, `none`, lower-case class names between commas, or digits as
the bits themselves (get_eventmask in manager.c); what it does not know it takes for nothing at
all, and says Success.

Law: a mask that would silently mean "no events" is refused here.
"""

from __future__ import annotations

from amitrio.protocol.privileges import ALL, PRIVILEGES, event_mask, is_false, is_true

__all__ = ["check_mask", "hears", "in_force"]

_WORDS = frozenset({*PRIVILEGES, "all", "none", ""})


def check_mask(mask: str) -> None:
    """Raise ValueError for a mask that Asterisk would take for none without a word."""
    if is_true(mask) or is_false(mask) or (mask.isascii() and mask.isdecimal()):
        return
    unknown = [word for word in mask.split(",") if word not in _WORDS]
    if unknown:
        raise ValueError(
            f"the event mask {mask!r} names no class {unknown[0]!r}: give on, off, or classes in"
            " lower case between commas without blanks, such as call,agent"
        )


def in_force(mask: str) -> str:
    """What Asterisk makes of a mask that it takes: the words that it does not know are nothing."""
    if "," not in mask:
        return mask
    return ",".join(word for word in mask.split(",") if word in _WORDS)


def hears(mask: str, name: str) -> bool:
    """Whether events of that class pass the mask."""
    bits = event_mask(mask)
    return bool((ALL if bits is None else bits) & PRIVILEGES[name])
