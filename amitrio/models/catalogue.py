"""The catalogue: what is known about the actions of Asterisk, found by their names.

Which events make up a list, which errors only mean "nothing to list", which privileges an action
wants, and how long it may take. The tables are generated (generated/index.py); the facts in them
were read from manager.c and its modules and captured from running servers, 16 and 22 alike.

Law: a name that is not here is an action like any other, and its answer is understood from what
it says of itself (EventList).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from amitrio.models.actions import Action
from amitrio.models.generated import index
from amitrio.protocol.exchange import SIMPLE, ReplyShape

__all__ = ["allowance_of", "listed_by", "privileges_of", "shape_of"]

# How the Message ends that opens a list.
_OPENING = "will follow"

# Seconds for what Asterisk itself may take long over, all of the session waiting.
_LONG = 300.0
# An Originate that is not asynchronous answers when the call does; Timeout is in milliseconds.
_ORIGINATE_TIMEOUT = 30.0


def shape_of(action: str) -> ReplyShape:
    """How the answer to the action of that name looks."""
    name = action.lower()
    return _shape(name) if name in index.LISTS else SIMPLE


@cache
def _shape(name: str) -> ReplyShape:
    items, complete = index.LISTS[name]
    return ReplyShape(
        items=frozenset(items),
        complete=complete,
        opening=index.OPENING.get(name, _OPENING),
        empty=index.EMPTY.get(name, ()),
        anonymous=name in index.ANONYMOUS,
        glued=name in index.GLUED,
        sometimes=name in index.SOMETIMES,
    )


def listed_by(kind: str) -> str | None:
    """An action whose answer has events of that name in it; None where none has."""
    name = kind.lower()
    for action, (items, complete) in index.LISTS.items():
        if name == complete.lower() or name in map(str.lower, items):
            return index.ACTIONS[action][1] if action in index.ACTIONS else None
    return None


def privileges_of(action: str) -> frozenset[str]:
    """The privileges of which the action wants one; empty where it wants none or is unknown."""
    return frozenset(index.PRIVILEGES.get(action.lower(), "").split())


def allowance_of(action: Action) -> float:
    """Seconds beyond the usual that Asterisk may take to answer; 0 for a quick action."""
    slow = _slow(action.name)
    return 0.0 if slow is None else slow(action)


@lru_cache(maxsize=1024)  # a program has few, and asks again and again
def _slow(name: str) -> Callable[[Action], float] | None:
    return _SLOW.get(name.lower())


def _originate_allowance(action: Action) -> float:
    if str(action.get("Async") or "").lower() in {"true", "yes", "y", "t", "1", "on"}:
        return 0.0
    return _seconds(action.get("Timeout"), _ORIGINATE_TIMEOUT * 1000) / 1000


def _seconds(value: object, default: float) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        return default
    return max(0.0, seconds) if math.isfinite(seconds) else default


_SLOW: Mapping[str, Callable[[Action], float]] = MappingProxyType(
    {
        "command": lambda _: _LONG,
        "moduleload": lambda _: _LONG,
        "originate": _originate_allowance,
        "reload": lambda _: _LONG,
        "waitevent": lambda action: _seconds(action.get("Timeout"), 0.0),
    }
)
