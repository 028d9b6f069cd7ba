"""What goes over the wire, as Python values: events, replies, actions, and what is known of them.

Law: pure. Values are made from bytes and from nothing else. What only typed messages need is
loaded with the first of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitrio.lazy import lazily as _lazily
from amitrio.models.actions import Action, ActionLike, FieldSource, FieldValue, action_of
from amitrio.models.assignments import assignment
from amitrio.models.base import Chunk, Event, Message, Server
from amitrio.models.catalogue import allowance_of, listed_by, privileges_of, shape_of
from amitrio.models.lazy import CONFIG as _CONFIG
from amitrio.models.lazy import TYPED as _TYPED
from amitrio.models.registry import (
    event_class,
    event_from,
    event_kinds,
    is_known,
    nearest_kind,
    read_class,
    reply_class_of,
)
from amitrio.models.replies import CommandReply, ListReply, Reply
from amitrio.models.values import Address, Variables

if TYPE_CHECKING:
    from amitrio.models.config import Category as Category
    from amitrio.models.config import ConfigReply as ConfigReply
    from amitrio.models.layout import Problem as Problem
    from amitrio.models.protocols import HasBridge as HasBridge
    from amitrio.models.protocols import HasChannel as HasChannel
    from amitrio.models.requests import ActionAbout as ActionAbout
    from amitrio.models.requests import TypedAction as TypedAction
    from amitrio.models.snapshots import BridgedChannelEvent as BridgedChannelEvent
    from amitrio.models.snapshots import BridgeEvent as BridgeEvent
    from amitrio.models.snapshots import BridgeSnapshot as BridgeSnapshot
    from amitrio.models.snapshots import ChannelEvent as ChannelEvent
    from amitrio.models.snapshots import ChannelSnapshot as ChannelSnapshot
    from amitrio.models.typed import About as About
    from amitrio.models.typed import TypedEvent as TypedEvent
    from amitrio.models.typed import TypedReply as TypedReply

__all__ = [
    "Action",
    "ActionLike",
    "Address",
    "Chunk",
    "CommandReply",
    "Event",
    "FieldSource",
    "FieldValue",
    "ListReply",
    "Message",
    "Reply",
    "Server",
    "Variables",
    "action_of",
    "allowance_of",
    "assignment",
    "event_class",
    "event_from",
    "event_kinds",
    "is_known",
    "listed_by",
    "nearest_kind",
    "privileges_of",
    "read_class",
    "reply_class_of",
    "shape_of",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, lambda: _TYPED, lambda: _CONFIG)
