"""Received: everything that bytes from a server can mean to a client.

Law: these are plain values in the order of their frames; none of them acts. Events and items of
lists, of which there are thousands, are told in runs: as many as came one behind another; and so
are the answers of a chunk that begins with nothing else.
"""

from __future__ import annotations

from typing import NamedTuple

from amitrio.protocol.exchange import Exchange
from amitrio.protocol.greeting import Banner

__all__ = [
    "Answered",
    "AnswersReceived",
    "EventsReceived",
    "Failed",
    "Greeted",
    "ItemsReceived",
    "Junk",
    "ListEnded",
    "ListStarted",
    "Received",
    "Reported",
    "Unmatched",
]


class Greeted(NamedTuple):
    """The server's banner."""

    banner: Banner


class EventsReceived(NamedTuple):
    """Events that belong to no list, of kinds that somebody asked for: the name of each."""

    kinds: list[str]
    frames: list[bytes]
    names: set[str]
    """Each of the kinds once: of hundreds of events they are few."""


class AnswersReceived(NamedTuple):
    """Answers that came together: a success, and the whole answer, to each of these exchanges."""

    exchanges: list[Exchange]
    frames: list[bytes]


class Answered(NamedTuple):
    """A response. `final` unless a report is still due for its exchange.

    It says so itself: the values of one chunk are read when the exchange may be further already.
    """

    exchange: Exchange
    frame: bytes
    final: bool = True


class ListStarted(NamedTuple):
    """A response that opens a list; items follow."""

    exchange: Exchange
    frame: bytes


class ItemsReceived(NamedTuple):
    """Items of the open list."""

    exchange: Exchange
    kinds: list[str]
    frames: list[bytes]


class ListEnded(NamedTuple):
    """The event that completes the list."""

    exchange: Exchange
    kind: str
    frame: bytes


class Reported(NamedTuple):
    """The late event of an exchange (OriginateResponse)."""

    exchange: Exchange
    frame: bytes


class Failed(NamedTuple):
    """The answer will never come, or the list never end: `overtaker` was answered first."""

    exchange: Exchange
    overtaker: str


class Unmatched(NamedTuple):
    """A response that no pending action explains: late, duplicate, forged, or without an id."""

    frame: bytes


class Junk(NamedTuple):
    """A frame that is neither event nor response, or text in front of one."""

    frame: bytes


Received = (
    Greeted
    | EventsReceived
    | AnswersReceived
    | Answered
    | ListStarted
    | ItemsReceived
    | ListEnded
    | Reported
    | Failed
    | Unmatched
    | Junk
)
