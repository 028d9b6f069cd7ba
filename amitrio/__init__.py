"""amitrio: the Asterisk Manager Interface for structured concurrency.

    import amitrio as ami

    async with ami.connect("pbx.example.com", username="crm", secret=secret) as client:
        async for event in client.events("Hangup"):
            print(event.channel, event.cause)

Every event of Asterisk is a class here (`ami.Hangup`), so is every enumeration
(`ami.HangupCause`), and every action is one in `ami.actions`.

Law: this module is the public face and nothing else. Whatever it names is loaded when it is first
named.
"""

from __future__ import annotations

from collections.abc import Mapping as _Mapping
from typing import TYPE_CHECKING

from amitrio.lazy import lazily as _lazily

if TYPE_CHECKING:
    from amitrio import actions as actions
    from amitrio.client import (
        CleartextWarning,
        Client,
        ClientStatistics,
        Disconnected,
        EventsDropped,
        EventStream,
        Gap,
        ListStream,
        Options,
        OutboundCall,
        Reconnected,
        StreamStatistics,
        UnknownEventWarning,
    )
    from amitrio.client.answers import Answer, Answers
    from amitrio.client.connect import Connection, connect, connect_over
    from amitrio.credentials import Secret
    from amitrio.errors import (
        ActionError,
        AMIError,
        AuthenticationFailed,
        ConnectionClosed,
        ConnectionFailed,
        ConnectionLost,
        FeatureMissing,
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
    from amitrio.models import About as About
    from amitrio.models import (
        Action,
        Address,
        Category,
        CommandReply,
        ConfigReply,
        Event,
        ListReply,
        Reply,
        Server,
        Variables,
    )
    from amitrio.models import ActionAbout as ActionAbout
    from amitrio.models import BridgedChannelEvent as BridgedChannelEvent
    from amitrio.models import BridgeEvent as BridgeEvent
    from amitrio.models import BridgeSnapshot as BridgeSnapshot
    from amitrio.models import ChannelEvent as ChannelEvent
    from amitrio.models import ChannelSnapshot as ChannelSnapshot
    from amitrio.models import HasBridge as HasBridge
    from amitrio.models import HasChannel as HasChannel
    from amitrio.models import Problem as Problem
    from amitrio.models import TypedAction as TypedAction
    from amitrio.models import TypedEvent as TypedEvent
    from amitrio.models import TypedReply as TypedReply
    from amitrio.models.generated.enums import *  # noqa: F403
    from amitrio.models.generated.events import *  # noqa: F403
    from amitrio.models.generated.groups import *  # noqa: F403
    from amitrio.protocol import Banner, State
    from amitrio.supervisor import Backoff, Link, SupervisedClient
    from amitrio.supervisor.supervise import Supervision, supervise, supervise_over

__all__ = [
    "AMIError",
    "Action",
    "ActionError",
    "Address",
    "Answer",
    "Answers",
    "AuthenticationFailed",
    "Backoff",
    "Banner",
    "Category",
    "CleartextWarning",
    "Client",
    "ClientStatistics",
    "CommandReply",
    "ConfigReply",
    "Connection",
    "ConnectionClosed",
    "ConnectionFailed",
    "ConnectionLost",
    "Disconnected",
    "Event",
    "EventStream",
    "EventsDropped",
    "FeatureMissing",
    "Gap",
    "Headers",
    "Limits",
    "Link",
    "ListReply",
    "ListStream",
    "ListTooLong",
    "Options",
    "OriginateFailed",
    "OutboundCall",
    "PermissionDenied",
    "ProtocolError",
    "Reconnected",
    "Reply",
    "ResponseMissing",
    "ResponseTimeout",
    "Secret",
    "Server",
    "State",
    "StreamStatistics",
    "SubscriberTooSlow",
    "SupervisedClient",
    "Supervision",
    "UnknownAction",
    "UnknownEventWarning",
    "Variables",
    "connect",
    "connect_over",
    "supervise",
    "supervise_over",
]

__version__ = "0.1.0"

_FACES = {
    "amitrio.client": (
        "CleartextWarning",
        "Client",
        "ClientStatistics",
        "Connection",
        "Disconnected",
        "EventsDropped",
        "EventStream",
        "Gap",
        "ListStream",
        "Options",
        "OutboundCall",
        "Reconnected",
        "StreamStatistics",
        "UnknownEventWarning",
        "connect",
        "connect_over",
    ),
    "amitrio.client.answers": ("Answer", "Answers"),
    "amitrio.credentials": ("Secret",),
    "amitrio.errors": (
        "ActionError",
        "AMIError",
        "AuthenticationFailed",
        "ConnectionClosed",
        "ConnectionFailed",
        "ConnectionLost",
        "FeatureMissing",
        "ListTooLong",
        "OriginateFailed",
        "PermissionDenied",
        "ProtocolError",
        "ResponseMissing",
        "ResponseTimeout",
        "SubscriberTooSlow",
        "UnknownAction",
    ),
    "amitrio.headers": ("Headers",),
    "amitrio.limits": ("Limits",),
    "amitrio.models": (
        "Action",
        "Address",
        "Category",
        "CommandReply",
        "ConfigReply",
        "Event",
        "ListReply",
        "Reply",
        "Server",
        "Variables",
    ),
    "amitrio.protocol": ("Banner", "State"),
    "amitrio.supervisor": (
        "Backoff",
        "Link",
        "SupervisedClient",
        "Supervision",
        "supervise",
        "supervise_over",
    ),
}
"""The packages that the public names are from; a type checker reads it above."""

_SUBMODULES = (
    "actions",
    "client",
    "credentials",
    "errors",
    "headers",
    "limits",
    "models",
    "protocol",
    "supervisor",
    "text",
)


def _own() -> _Mapping[str, str]:
    return {name: module for module, names in _FACES.items() for name in names}


def _models() -> _Mapping[str, str]:
    from amitrio.models.lazy import event_places  # noqa: PLC0415 - it brings the models' base

    return event_places()


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _own, _models, submodules=_SUBMODULES)
