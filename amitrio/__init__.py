"""amitrio: the Asterisk Manager Interface for structured concurrency.

    import amitrio as ami

    async with ami.connect("pbx.example.com", username="crm", secret=secret) as client:
        async for event in client.events("Hangup"):
            print(event.channel, event.cause)

Every event of Asterisk is a class here (`ami.Hangup`), so is every enumeration
(`ami.HangupCause`), and every action is one in `ami.actions`. They are loaded when they are
first named.

Law: this module is the public face and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitrio.client import (
    CleartextWarning,
    Client,
    Connection,
    EventsDropped,
    EventStream,
    Gap,
    ListStream,
    OutboundCall,
    StreamStatistics,
    UnknownEventWarning,
    connect,
    connect_over,
)
from amitrio.credentials import Secret
from amitrio.errors import (
    ActionError,
    AMIError,
    AuthenticationFailed,
    ConnectionClosed,
    ConnectionFailed,
    ConnectionLost,
    ListTooLong,
    OriginateFailed,
    PermissionDenied,
    ProtocolError,
    ResponseMissing,
    ResponseTimeout,
    SubscriberTooSlow,
    UnknownAction,
)
from amitrio.headers import Headers
from amitrio.limits import Limits
from amitrio.models import (
    About,
    Action,
    ActionAbout,
    Address,
    BridgedChannelEvent,
    BridgeEvent,
    BridgeSnapshot,
    Category,
    ChannelEvent,
    ChannelSnapshot,
    CommandReply,
    ConfigReply,
    Event,
    HasBridge,
    HasChannel,
    ListReply,
    Problem,
    Reply,
    Server,
    TypedAction,
    TypedEvent,
    TypedReply,
    Variables,
)
from amitrio.models.lazy import event_places, lazily
from amitrio.protocol import Banner, State

if TYPE_CHECKING:
    from amitrio import actions as actions
    from amitrio.models.generated.enums import *  # noqa: F403
    from amitrio.models.generated.events import *  # noqa: F403
    from amitrio.models.generated.groups import *  # noqa: F403

__all__ = [
    "AMIError",
    "About",
    "Action",
    "ActionAbout",
    "ActionError",
    "Address",
    "AuthenticationFailed",
    "Banner",
    "BridgeEvent",
    "BridgeSnapshot",
    "BridgedChannelEvent",
    "Category",
    "ChannelEvent",
    "ChannelSnapshot",
    "CleartextWarning",
    "Client",
    "CommandReply",
    "ConfigReply",
    "Connection",
    "ConnectionClosed",
    "ConnectionFailed",
    "ConnectionLost",
    "Event",
    "EventStream",
    "EventsDropped",
    "Gap",
    "HasBridge",
    "HasChannel",
    "Headers",
    "Limits",
    "ListReply",
    "ListStream",
    "ListTooLong",
    "OriginateFailed",
    "OutboundCall",
    "PermissionDenied",
    "Problem",
    "ProtocolError",
    "Reply",
    "ResponseMissing",
    "ResponseTimeout",
    "Secret",
    "Server",
    "State",
    "StreamStatistics",
    "SubscriberTooSlow",
    "TypedAction",
    "TypedEvent",
    "TypedReply",
    "UnknownAction",
    "UnknownEventWarning",
    "Variables",
    "connect",
    "connect_over",
]

__version__ = "0.1.0"

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, event_places, submodules=("actions",))
