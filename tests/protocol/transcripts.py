"""What a connection hears, written so that a test reads like a transcript.

session.ask("Ping", "a1")
session.hear("Response: Success / ActionID: a1")  ->  ["a1 answered"]
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from amitrio.limits import DEFAULT_LIMITS, Limits
from amitrio.protocol import (
    SIMPLE,
    Answered,
    AnswersReceived,
    ClientConnection,
    EventsReceived,
    Exchange,
    Failed,
    Greeted,
    ItemsReceived,
    Junk,
    ListEnded,
    ListStarted,
    Received,
    ReplyShape,
    Reported,
    Unmatched,
)

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def frame(lines: str) -> bytes:
    """A frame from its lines, which ` / ` separates."""
    return lines.replace(" / ", "\r\n").encode("utf-8", "surrogateescape") + b"\r\n\r\n"


_WORDS: dict[type[Any], Callable[[Any], str]] = {
    Greeted: lambda one: f"greeted by {one.banner.line}",
    Answered: lambda one: f"{one.exchange.action_id} {'answered' if one.final else 'accepted'}",
    ListStarted: lambda one: f"{one.exchange.action_id} list",
    ListEnded: lambda one: f"{one.exchange.action_id} complete {one.kind}",
    Reported: lambda one: f"{one.exchange.action_id} reported",
    Failed: lambda one: f"{one.exchange.action_id} failed by {one.overtaker}",
    Unmatched: lambda _one: "unmatched",
    Junk: lambda one: f"junk {one.frame!r}",
}


def told(received: Received) -> list[str]:
    """One line for one value, and for each event of a run."""
    match received:
        case EventsReceived(kinds):
            return [f"event {kind}" for kind in kinds]
        case AnswersReceived(exchanges):
            return [f"{exchange.action_id} answered" for exchange in exchanges]
        case ItemsReceived(exchange, kinds):
            return [f"{exchange.action_id} item {kind}" for kind in kinds]
        case _:
            return [_WORDS[type(received)](received)]


def singly(received: Iterable[Received]) -> Iterator[Received]:
    """Each run taken apart: how long runs are says only how the bytes were cut."""
    for one in received:
        match one:
            case EventsReceived(kinds, frames, names):
                assert names == set(kinds)
                pairs = zip(kinds, frames, strict=True)
                yield from (EventsReceived([k], [f], {k}) for k, f in pairs)
            case AnswersReceived(exchanges, frames):
                yield from (Answered(e, f) for e, f in zip(exchanges, frames, strict=True))
            case ItemsReceived(exchange, kinds, frames):
                pairs = zip(kinds, frames, strict=True)
                yield from (ItemsReceived(exchange, [k], [f]) for k, f in pairs)
            case _:
                yield one


def told_all(received: Iterable[Received]) -> list[str]:
    """The lines for all of them."""
    return [line for one in received for line in told(one)]


class Session:
    """A connection that was greeted, and short words for what is done with it."""

    def __init__(
        self,
        *,
        limits: Limits = DEFAULT_LIMITS,
        interest: Callable[[str], bool] = lambda _kind: True,
    ) -> None:
        self.connection = ClientConnection(limits=limits, interest=interest)
        self.connection.receive(BANNER)

    def ask(self, name: str, action_id: str, shape: ReplyShape = SIMPLE) -> Exchange:
        exchange, _ = self.connection.send(name, [], action_id=action_id, shape=shape)
        return exchange

    def hear(self, *frames: str) -> list[str]:
        return self.hear_bytes(b"".join(map(frame, frames)))

    def hear_bytes(self, data: bytes) -> list[str]:
        return told_all(self.connection.receive(data))

    def lose(self) -> list[str]:
        """End the stream: the ActionIDs that got no answer."""
        return [exchange.action_id for exchange in self.connection.receive_eof()]


def settled_by(received: Received) -> Exchange | None:
    """The exchange that this value was the last word of."""
    match received:
        case ListEnded(exchange) | Reported(exchange) | Failed(exchange):
            return exchange
        case Answered(exchange, final=True):
            return exchange
        case _:
            return None


def cut(data: bytes, largest: int, rng: random.Random) -> Iterator[bytes]:
    """The data in pieces of random sizes."""
    at = 0
    while at < len(data):
        size = rng.randint(1, largest)
        yield data[at : at + size]
        at += size


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


def heard(connection: ClientConnection, pieces: Iterable[bytes]) -> list[Received]:
    """Everything that a connection makes of the pieces, one by one."""
    return [one for piece in pieces for one in singly(connection.receive(piece))]
