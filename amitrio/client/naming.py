"""Naming: what a program may call the events that it wants.

By class (`ami.Hangup`), by name in any case (`"Hangup"`), by pattern (`"Queue*"`).

Law: a name that Asterisk does not have is believed, since modules of others send events too, but
it is not passed over: a warning says which name is nearest. So it is with the items of lists, for
which one would wait for ever.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from amitrio.models import Event, event_class, is_known, listed_by, nearest_kind, read_class

__all__ = ["UnknownEventWarning", "is_wild", "patterns_of"]

_ALL = "*"
_WILD = frozenset("*?[")


class UnknownEventWarning(UserWarning):
    """Asterisk sends no event of that name by itself; if a module of yours does, all is well."""


def patterns_of(kinds: Sequence[str | type[Event]], *, stacklevel: int = 3) -> list[str]:
    """The names and patterns that these stand for; without any, the pattern of all.

    Raises TypeError for what is neither. Warns with UnknownEventWarning of strange names, at
    the caller that `stacklevel` says.
    """
    patterns = [_pattern(kind) for kind in kinds]
    for pattern in patterns:
        doubt = _doubt(pattern)
        if doubt is not None:
            warnings.warn(doubt, UnknownEventWarning, stacklevel=stacklevel)
    return patterns or [_ALL]


def is_wild(pattern: str) -> bool:
    """Whether it describes names, instead of being one."""
    return not _WILD.isdisjoint(pattern)


def _pattern(kind: object) -> str:
    if isinstance(kind, str):
        return kind
    if kind is Event:
        return _ALL
    if not isinstance(kind, type) or not issubclass(kind, Event):
        raise TypeError(
            f"{kind!r} is neither the name of an event, a pattern, nor the class of one"
        )
    about = getattr(kind, "about", None)
    if about is not None and event_class(about.kind) is kind:
        return str(about.kind)
    raise TypeError(
        f"{kind.__name__} is not the class of one kind of event: name the kinds that you want, or"
        " choose among all of them with where="
    )


def _doubt(kind: str) -> str | None:
    if is_known(kind):
        return _doubt_of_item(kind)
    if is_wild(kind):
        return f"Asterisk documents no event that {kind!r} matches"
    near = nearest_kind(kind)
    hint = f": did you mean {near!r}?" if near is not None else ""
    return f"Asterisk documents no event {kind!r}{hint}"


def _doubt_of_item(kind: str) -> str | None:
    action = listed_by(kind)
    if action is None or read_class(kind) is not None:
        return None
    return f"{kind} is sent in answer to {action} only: ask with client.send(actions.{action}(...))"
