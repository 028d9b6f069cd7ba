"""The client on anyio: a connection, its reader and writer tasks, replies, event streams, lists.

Law: only this layer and those above it do I/O, and it runs on trio and asyncio alike.
"""

from __future__ import annotations

from amitrio.client.client import Client
from amitrio.client.connect import Connection, connect, connect_over
from amitrio.client.gaps import Disconnected, EventsDropped, Gap, Reconnected
from amitrio.client.lists import ListStream
from amitrio.client.naming import UnknownEventWarning
from amitrio.client.opening import CleartextWarning
from amitrio.client.outbound import OutboundCall
from amitrio.client.settings import Options
from amitrio.client.statistics import ClientStatistics, StreamStatistics
from amitrio.client.streams import EventStream

__all__ = [
    "CleartextWarning",
    "Client",
    "ClientStatistics",
    "Connection",
    "Disconnected",
    "EventStream",
    "EventsDropped",
    "Gap",
    "ListStream",
    "Options",
    "OutboundCall",
    "Reconnected",
    "StreamStatistics",
    "UnknownEventWarning",
    "connect",
    "connect_over",
]
