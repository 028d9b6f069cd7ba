"""Lazy: the names of all models that are loaded when they are first asked for, and their modules.

Law: to know where a class is takes the index, and loads no class.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from amitrio.models.generated import index

__all__ = ["CONFIG", "TYPED", "action_places", "event_places"]

_GENERATED = "amitrio.models.generated"

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

CONFIG: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("Category", "ConfigReply"), "amitrio.models.config")
)
"""What is made by hand, and few programs need."""


def event_places() -> dict[str, str]:
    """Every class of events, enumeration and group, what they are made of, and their modules."""
    places = dict(TYPED)
    places |= {name: f"{_GENERATED}.events.{family}" for family, name in index.EVENTS.values()}
    places |= {name: f"{_GENERATED}.enums.{family}" for name, family in index.ENUMS.items()}
    return places | dict.fromkeys(index.GROUPS, f"{_GENERATED}.groups")


def action_places() -> dict[str, str]:
    """The class of every action and of every reply, and the module of each."""
    named = [*index.ACTIONS.values(), *index.REPLIES.values()]
    return {name: f"{_GENERATED}.actions.{family}" for family, name in named}
