"""What goes over the wire, as Python values: events, replies, actions, and what is known of them.

Law: pure. Values are made from bytes and from nothing else.
"""

from __future__ import annotations

from amitrio.models.actions import Action, FieldSource, FieldValue
from amitrio.models.assignments import assignment
from amitrio.models.base import Chunk, Event, Message, Server
from amitrio.models.catalogue import (
    allowance_of,
    privileges_of,
    shape_of,
)
from amitrio.models.config import Category, ConfigReply
from amitrio.models.layout import Problem
from amitrio.models.protocols import HasBridge, HasChannel
from amitrio.models.registry import (
    event_class,
    event_from,
    event_kinds,
    is_known,
    nearest_kind,
    reply_class_of,
)
from amitrio.models.replies import CommandReply, ListReply, Reply
from amitrio.models.requests import ActionAbout, TypedAction, action_of
from amitrio.models.snapshots import (
    BridgedChannelEvent,
    BridgeEvent,
    BridgeSnapshot,
    ChannelEvent,
    ChannelSnapshot,
)
from amitrio.models.typed import About, TypedEvent, TypedReply
from amitrio.models.values import Address, Variables

__all__ = [
    "About",
    "Action",
    "ActionAbout",
    "Address",
    "BridgeEvent",
    "BridgeSnapshot",
    "BridgedChannelEvent",
    "Category",
    "ChannelEvent",
    "ChannelSnapshot",
    "Chunk",
    "CommandReply",
    "ConfigReply",
    "Event",
    "FieldSource",
    "FieldValue",
    "HasBridge",
    "HasChannel",
    "ListReply",
    "Message",
    "Problem",
    "Reply",
    "Server",
    "TypedAction",
    "TypedEvent",
    "TypedReply",
    "Variables",
    "action_of",
    "allowance_of",
    "assignment",
    "event_class",
    "event_from",
    "event_kinds",
    "is_known",
    "nearest_kind",
    "privileges_of",
    "reply_class_of",
    "shape_of",
]
