"""Naming: what a program may call the events that it wants.

By class (`ami.Hangup`), by name in any case (`"Hangup"`), by pattern (`"Queue*"`).

Law: a name that Asterisk does not have is believed, since modules of others send events too, but
it is not passed over: a warning says which name is nearest.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from amitrio.models import Event, event_class, is_known, nearest_kind

__all__ = ["UnknownEventWarning", "patterns_of"]

_ALL = "*"


class UnknownEventWarning(UserWarning):
    """Asterisk has no event of that name; if a module of yours sends it, all is well."""


def patterns_of(kinds: Sequence[str | type[Event]], *, stacklevel: int = 3) -> list[str]:
    """The names and patterns that these stand for; without any, the pattern of all.

    Raises TypeError for what is neither. Warns with UnknownEventWarning of strange names, at
    the caller that `stacklevel` says.
    """
    patterns = [_pattern(kind) for kind in kinds]
    for kind in kinds:
        if isinstance(kind, str) and not is_known(kind):
            warnings.warn(_doubt(kind), UnknownEventWarning, stacklevel=stacklevel)
    return patterns or [_ALL]


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


def _doubt(kind: str) -> str:
    if any(letter in kind for letter in "*?["):
        return f"Asterisk documents no event that {kind!r} matches"
    near = nearest_kind(kind)
    hint = f": did you mean {near!r}?" if near is not None else ""
    return f"Asterisk documents no event {kind!r}{hint}"
