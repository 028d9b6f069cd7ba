"""The protocol without I/O: framing, messages, states, correlation; the client's and the
server's end.

Law: bytes in, values out. Nothing in here opens a socket, reads a clock, draws a random number
or logs; time, tokens and the shapes of replies are passed in.
"""

from __future__ import annotations

from amitrio.protocol.connection import ClientConnection, Counts
from amitrio.protocol.encoding import HeaderValue, action_id_line, encode_action, encode_frame
from amitrio.protocol.exchange import SIMPLE, Exchange, ReplyShape
from amitrio.protocol.greeting import Banner
from amitrio.protocol.message import IdLine
from amitrio.protocol.received import (
    Answered,
    AnswersReceived,
    EventsReceived,
    Failed,
    Greeted,
    ItemsReceived,
    Junk,
    ListEnded,
    ListStarted,
    Received,
    Reported,
    Unmatched,
)
from amitrio.protocol.requests import Request
from amitrio.protocol.server import ServerConnection
from amitrio.protocol.states import State

__all__ = [
    "SIMPLE",
    "Answered",
    "AnswersReceived",
    "Banner",
    "ClientConnection",
    "Counts",
    "EventsReceived",
    "Exchange",
    "Failed",
    "Greeted",
    "HeaderValue",
    "IdLine",
    "ItemsReceived",
    "Junk",
    "ListEnded",
    "ListStarted",
    "Received",
    "ReplyShape",
    "Reported",
    "Request",
    "ServerConnection",
    "State",
    "Unmatched",
    "action_id_line",
    "encode_action",
    "encode_frame",
]
