"""Lazy: names of a module that are loaded when they are first asked for (PEP 562).

All models together cost more to load than most programs want to wait for, and no program wants
all of them.

Law: a name that is there can be imported, listed by `dir` and completed, loaded or not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from amitrio.models.generated import index

__all__ = ["TYPED", "action_places", "event_places", "lazily"]

_GENERATED = "amitrio.models.generated"

Places = Callable[[], Mapping[str, str]]


TYPED: Mapping[str, str] = MappingProxyType(
    {
        "About": "amitrio.models.typed",
        "ActionAbout": "amitrio.models.requests",
        "BridgeEvent": "amitrio.models.snapshots",
        "BridgeSnapshot": "amitrio.models.snapshots",
        "BridgedChannelEvent": "amitrio.models.snapshots",
        "ChannelEvent": "amitrio.models.snapshots",
        "ChannelSnapshot": "amitrio.models.snapshots",
        "HasBridge": "amitrio.models.protocols",
        "HasChannel": "amitrio.models.protocols",
        "Problem": "amitrio.models.layout",
        "TypedAction": "amitrio.models.requests",
        "TypedEvent": "amitrio.models.typed",
        "TypedReply": "amitrio.models.typed",
    }
)
"""What generated classes are made of, and the module of each."""


def event_places() -> dict[str, str]:
    """Every class of events, enumeration and group, what they are made of, and their modules."""
    places = dict(TYPED)
    places |= {name: f"{_GENERATED}.events.{family}" for family, name in index.EVENTS.values()}
    places |= dict.fromkeys(index.ENUMS, f"{_GENERATED}.enums")
    return places | dict.fromkeys(index.GROUPS, f"{_GENERATED}.groups")


def action_places() -> dict[str, str]:
    """The class of every action and of every reply, and the module of each."""
    named = [*index.ACTIONS.values(), *index.REPLIES.values()]
    return {name: f"{_GENERATED}.actions.{family}" for family, name in named}


def lazily(
    module: str, places: Places, submodules: tuple[str, ...] = ()
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The `__getattr__` and the `__dir__` of a module that has these names lazily."""
    known: dict[str, str] = {}

    def all_places() -> Mapping[str, str]:
        if not known:
            known.update(places())
        return known

    def getter(name: str) -> object:
        if name in submodules:
            return import_module(f"{module}.{name}")  # which sets it here, too
        place = None if name.startswith("__") else all_places().get(name)
        if place is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value: object = getattr(import_module(place), name)
        setattr(sys.modules[module], name, value)
        return value

    def lister() -> list[str]:
        return sorted({*vars(sys.modules[module]), *all_places(), *submodules})

    return getter, lister
