"""Snapshots: which base class an event has, and which of its headers that class reads.

An event says `channel`, `bridge`, `channel:Dest`: without a prefix the snapshot is flat and comes
from the base class, with one it is a part.

Law: a header of a snapshot is never a field of the event as well.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from .naming import EVENT_RESERVED, snake_case

__all__ = ["Base", "Part", "base_of"]

_CHANNEL = """
    Channel ChannelState ChannelStateDesc CallerIDNum CallerIDName ConnectedLineNum
    ConnectedLineName Language AccountCode Context Exten Priority Uniqueid Linkedid Tenantid
    ChanVariable
"""
_BRIDGE = """
    BridgeUniqueid BridgeType BridgeTechnology BridgeCreator BridgeName BridgeNumChannels
    BridgeVideoSourceMode BridgeVideoSource
"""
_HEADERS = {"channel": _CHANNEL.split(), "bridge": _BRIDGE.split()}
_CLASSES = {
    frozenset[str](): "TypedEvent",
    frozenset({"channel"}): "ChannelEvent",
    frozenset({"bridge"}): "BridgeEvent",
    frozenset({"channel", "bridge"}): "BridgedChannelEvent",
}


@attrs.frozen
class Part:
    """A snapshot with a prefix."""

    kind: str
    prefix: str

    @property
    def name(self) -> str:
        """The field that it is."""
        return snake_case(self.prefix, EVENT_RESERVED)


@attrs.frozen
class Base:
    """What an event has before any field of its own."""

    class_name: str
    parts: tuple[Part, ...]
    headers: frozenset[str]
    """The headers that the class and the parts read, in lower case."""
    names: frozenset[str]
    """The fields that the class and the parts are."""


def base_of(snapshots: Iterable[str]) -> Base:
    """The base for an event with these snapshots."""
    said = [snapshot.partition(":") for snapshot in snapshots]
    flat = frozenset(kind for kind, _, prefix in said if not prefix)
    parts = tuple(Part(kind, prefix) for kind, _, prefix in said if prefix)
    names = [snake_case(header) for kind in flat for header in _HEADERS[kind]]
    return Base(
        _CLASSES[flat],
        parts,
        frozenset(f"{p}{header}".lower() for k, _, p in said for header in _HEADERS[k]),
        frozenset([*names, *(part.name for part in parts)]),
    )
