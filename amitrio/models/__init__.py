"""What goes over the wire, as Python values: events, replies, actions, and what is known of them.

Law: pure. Values are made from bytes and from nothing else.
"""

from __future__ import annotations

from amitrio.models.actions import Action, FieldSource, FieldValue, action_of
from amitrio.models.base import Chunk, Event, Message, Server
from amitrio.models.catalogue import (
    ListAction,
    allowance_of,
    privileges_of,
    reply_class_of,
    shape_of,
)
from amitrio.models.config import Category, ConfigReply
from amitrio.models.replies import CommandReply, ListReply, Reply

__all__ = [
    "Action",
    "Category",
    "Chunk",
    "CommandReply",
    "ConfigReply",
    "Event",
    "FieldSource",
    "FieldValue",
    "ListAction",
    "ListReply",
    "Message",
    "Reply",
    "Server",
    "action_of",
    "allowance_of",
    "privileges_of",
    "reply_class_of",
    "shape_of",
]
