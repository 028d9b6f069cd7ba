"""Only: the kinds of events that a program will ever ask for, said to Asterisk.

Twice: by the event mask of the login, from the classes of these kinds, and by a filter on their
names, where this user may set filters and one line holds it. Asterisk then spares itself the rest.

Law: more may come than was named, never less. So where a class or a spelling is not known for
certain, all of it comes; and what was not named cannot be subscribed to, since it would never come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

import attrs

from amitrio.client.naming import is_wild, patterns_of
from amitrio.models import Action, Event, event_kinds, read_class
from amitrio.protocol.privileges import PRIVILEGES
from amitrio.text import excerpt

__all__ = ["Only"]

# The first release whose classes are known from its source. Asterisk 13 sends Newexten as `call`,
# 16 as `dialplan`; who knows what else.
_OLDEST_KNOWN = 16
# What amitrio itself listens to, and so is asked for always.
_HEARD_CLASS = "system"
_HEARD = ("FullyBooted", "Shutdown")
# What it waits for where a call is placed. The class of this one, `call`, is the busiest of all,
# and is not asked for on its account.
_REPORT = "OriginateResponse"

# Frames from patterns_of() to who calls connect() or supervise(): these, and the settings.
_CALLER = 6

# Bytes of an expression: a line may have 1,022 with its name. That is some 60 names.
_MOST = 1000

_PLAIN = re.compile(r"[A-Za-z0-9_-]*")


@attrs.frozen
class Only:
    """Names and patterns of events, as `events()` takes them."""

    patterns: tuple[str, ...]

    @classmethod
    def of(cls, kinds: Iterable[str | type[Event]]) -> Only:
        """These kinds. Raises TypeError for one that is none; warns as `events()` does."""
        if isinstance(kinds, (str, type)):
            raise TypeError(f"only= takes a list of kinds of events, such as [{kinds!r}]")
        kinds = list(kinds)
        return cls(tuple(patterns_of(kinds, stacklevel=_CALLER)) if kinds else ())

    def check(self, patterns: Iterable[str]) -> None:
        """Raise ValueError for a subscription to which nothing would ever come."""
        for pattern in patterns:
            if not self.covers(pattern):
                raise ValueError(
                    f"{excerpt(pattern)!r} was not asked for and would never come: add it to only="
                )

    def covers(self, pattern: str) -> bool:
        """Whether all that the pattern means was asked for; `*` means whatever comes."""
        wanted = pattern.lower()
        if wanted == "*":
            return True
        asked = [one.lower() for one in (*self.patterns, *_HEARD)]
        if is_wild(wanted):  # a `*` stands for letters that only another `*` takes
            asked = [one for one in asked if one == wanted or not set("?[") & set(one)]
        return any(one == wanted or fnmatchcase(wanted, one) for one in asked)

    def mask(self, release: int | None) -> str:
        """The event mask for an Asterisk of that release: the classes of these kinds."""
        if release is None or release < _OLDEST_KNOWN:
            return "on"
        wanted = {_HEARD_CLASS}
        for pattern in self.patterns:
            classes = _classes(pattern)
            if classes is None:
                return "on"
            wanted |= classes
        return ",".join(name for name in PRIVILEGES if name in wanted)

    def filter(self) -> Action | None:
        """The filter that lets these kinds pass, and at least those; None where one cannot.

        There is one or none: of two, the first would hide what only the second lets through.
        """
        beginnings = sorted({*_HEARD, _REPORT, *map(_beginning, self.patterns)})
        expression = f"^Event: ({'|'.join(beginnings)})"
        if "" in beginnings or len(expression) > _MOST:
            return None
        return Action("Filter", {"Operation": "Add", "Filter": expression})


def _classes(pattern: str) -> set[str] | None:
    """The classes of what the pattern means; None where they are not known."""
    if pattern == "*":
        return None
    wanted = pattern.lower()
    found = [kind for kind in event_kinds() if fnmatchcase(kind.lower(), wanted)]
    # What comes in answers only, and so has no class, passes any mask.
    return {name for name in map(read_class, found) if name is not None} if found else None


def _beginning(pattern: str) -> str:
    """How an event's name must begin, as an extended POSIX expression; the shorter the more."""
    known = next((kind for kind in event_kinds() if kind.lower() == pattern.lower()), None)
    if known is not None:
        return known
    plain = _PLAIN.match(pattern)
    letters = "" if plain is None else plain[0]
    # Asterisk compares case by case, and who names an event may not know its case.
    return "".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else c for c in letters)
