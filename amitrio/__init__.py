"""amitrio: the Asterisk Manager Interface for structured concurrency.

    import amitrio as ami

    async with ami.connect("pbx.example.com", username="crm", secret=secret) as client:
        async for event in client.events("Hangup"):
            print(event["Channel"], event["Cause-txt"])

Law: this module is the public face and nothing else.
"""

from __future__ import annotations

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
    Action,
    Category,
    CommandReply,
    ConfigReply,
    Event,
    ListReply,
    Reply,
    Server,
)
from amitrio.protocol import Banner, State

__all__ = [
    "AMIError",
    "Action",
    "ActionError",
    "AuthenticationFailed",
    "Banner",
    "Category",
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
    "Headers",
    "Limits",
    "ListReply",
    "ListStream",
    "ListTooLong",
    "OriginateFailed",
    "OutboundCall",
    "PermissionDenied",
    "ProtocolError",
    "Reply",
    "ResponseMissing",
    "ResponseTimeout",
    "Secret",
    "Server",
    "State",
    "StreamStatistics",
    "SubscriberTooSlow",
    "UnknownAction",
    "connect",
    "connect_over",
]

__version__ = "0.1.0"
