"""The client's end of a session, fed any bytes.

Law: how a stream is cut decides nothing; only ProtocolError escapes; what is held is bounded.
The first two bytes of an input are no part of its stream: they say what the client waits for,
what it wants to hear, its limits, and how the stream is cut.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

import attrs

from amitrio.errors import ProtocolError
from amitrio.limits import Limits
from amitrio.models import shape_of
from amitrio.protocol import (
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
from amitrio.text import decode
from fuzz.messages import check_event, check_reply, forget_shapes

__all__ = ["ACTIONS", "client"]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
TIGHT = Limits(line=300, frame=600, banner=80, outbound_calls=2)
WIDE = Limits(line=100_000, frame=100_000, banner=80)

# What is asked before the stream: one of each way to be answered.
ACTIONS = (
    "Ping",
    "Command",
    "Originate",
    "Status",
    "QueueStatus",
    "CoreShowChannels",
    "IAXpeers",
    "WaitEvent",
    "Getvar",
    "GetConfig",
    "Login",
    "Logoff",
    "DBGet",
    "PJSIPShowEndpoints",
    "SKINNYdevices",
    "NoSuchAction",
)
_REPORT = ReplyShape(report="OriginateResponse")

# The answers in an input are to actions whose ids it brings itself: nobody guesses them.
_ACTION_ID = re.compile(rb"\r\nActionID: ([^\r\n\0]{1,64})")
_MOST_ASKED = 4

_HEARD: tuple[tuple[Callable[[str], bool], Limits], ...] = (
    (lambda _kind: True, TIGHT),
    (lambda kind: kind.startswith("Queue"), TIGHT),
    (lambda _kind: True, WIDE),
    (lambda _kind: False, WIDE),
)


@attrs.frozen
class _Scene:
    """What an input's first two bytes say, and its stream."""

    first: int
    banner: bool
    wanted: Callable[[str], bool]
    limits: Limits
    often: bool
    seed: int
    stream: bytes

    @classmethod
    def of(cls, data: bytes) -> _Scene:
        mode, seed = (*data[:2], 0, 0)[:2]
        wanted, limits = _HEARD[mode >> 5 & 3]
        return cls(
            first=mode & 15,
            banner=not mode & 16,
            wanted=wanted,
            limits=limits,
            often=bool(mode & 128),
            seed=seed,
            stream=data[2:],
        )

    def asked(self) -> list[tuple[str, str]]:
        """Names and ids of the actions that wait for an answer."""
        ids = dict.fromkeys(decode(one[1]) for one in _ACTION_ID.finditer(self.stream))
        sendable = [one for one in ids if one[0] > " "][:_MOST_ASKED]
        return [(ACTIONS[(self.first + k) % 16], one) for k, one in enumerate(sendable)]


def client(data: bytes) -> None:
    """The target: the stream whole, byte by byte and in random pieces; then each message read."""
    scene = _Scene.of(data)
    whole = _Hearing(scene, [scene.stream])
    bytewise = _Hearing(scene, _in_pieces(scene.stream, 1))
    rng = random.Random(scene.seed)
    largest = rng.choice((2, 5, 30, 400))
    pieces = _Hearing(scene, _in_pieces(scene.stream, largest, rng))
    assert whole.outcome == bytewise.outcome, (whole.outcome, bytewise.outcome)
    assert whole.outcome == pieces.outcome, (whole.outcome, pieces.outcome)
    _read_all(whole.received, often=scene.often)


def _in_pieces(data: bytes, largest: int, rng: random.Random | None = None) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = rng.randint(1, largest) if rng is not None else largest
        yield data[at : at + size]
        at += size


class _Hearing:
    """What one connection makes of the pieces of a stream."""

    def __init__(self, scene: _Scene, pieces: Iterator[bytes] | list[bytes]) -> None:
        self.connection = ClientConnection(limits=scene.limits, interest=scene.wanted)
        self.limits = scene.limits
        self.received: list[Received] = []
        self.refused = False
        if scene.banner:
            self.connection.receive(BANNER)
            self.asked = [self._ask(name, action_id) for name, action_id in scene.asked()]
        else:
            self.asked = []
        self._hear(pieces)
        self.outcome = self._outcome()

    def _ask(self, name: str, action_id: str) -> Exchange:
        shape = _REPORT if name == "Originate" else shape_of(name)
        exchange, _ = self.connection.send(name, [], action_id=action_id, shape=shape)
        return exchange

    def _hear(self, pieces: Iterator[bytes] | list[bytes]) -> None:
        connection, limits = self.connection, self.limits
        framer, greeting = connection._framer, connection._greeting
        for piece in pieces:
            try:
                self.received += connection.receive(piece)
            except ProtocolError:
                self.received += connection.rescued
                self.refused = True
                return
            assert len(framer._held) <= limits.frame + 3
            assert len(greeting._held) <= limits.banner
            assert connection._follows_size <= limits.frame

    def _outcome(self) -> object:
        connection, counts = self.connection, self.connection.counts
        settled = _settled(self.received)
        where = (connection.state, connection.torn) if not self.refused else ()
        left = connection.receive_eof()
        assert sorted(map(id, [*settled, *left])) == sorted(map(id, self.asked)), "settled once"
        assert connection.pending == 0
        return (
            [plain for one in self.received for plain in _plain(one)],
            [one.action_id for one in left],
            self.refused,
            where,
            (counts.frames, counts.junk, counts.unmatched),
        )


def _settled(received: list[Received]) -> list[Exchange]:
    """The exchanges that had their last word."""
    return [exchange for one in received for exchange in _settled_by(one)]


def _settled_by(received: Received) -> list[Exchange]:
    match received:
        case AnswersReceived(exchanges):
            return exchanges
        case Answered(exchange, final=True):
            return [exchange]
        case ListEnded(exchange) | Reported(exchange) | Failed(exchange):
            return [exchange]
        case _:
            return []


def _plain(received: Received) -> Iterator[tuple[object, ...]]:
    """What was received, so that it can be compared; how long runs are depends on the cuts."""
    sort = type(received).__name__
    match received:
        case EventsReceived(kinds, frames):
            yield from ((sort, *pair) for pair in zip(kinds, frames, strict=True))
        case ItemsReceived(exchange, kinds, frames):
            yield from ((sort, exchange.action_id, *p) for p in zip(kinds, frames, strict=True))
        case AnswersReceived(exchanges, frames):
            for exchange, frame in zip(exchanges, frames, strict=True):
                yield "Answered", exchange.action_id, frame, True
        case _:
            parts = [part.action_id if isinstance(part, Exchange) else part for part in received]
            yield sort, *parts


def _read_all(received: list[Received], *, often: bool) -> None:
    """Read every message as its user would; `often`, so that its shape is learned and used."""
    forget_shapes()
    for _ in range(3 if often else 1):
        for one in received:
            _read(one)


def _read(received: Received) -> None:
    match received:
        case EventsReceived(kinds, frames) | ItemsReceived(_, kinds, frames):
            for kind, frame in zip(kinds, frames, strict=True):
                check_event(frame, kind)
        case AnswersReceived(exchanges, frames):
            for exchange, frame in zip(exchanges, frames, strict=True):
                check_reply(frame, exchange.name)
        case ListEnded(_, kind, frame):
            check_event(frame, kind)
        case Reported(_, frame):
            check_event(frame, "OriginateResponse")
        case Answered(exchange, frame) | ListStarted(exchange, frame):
            check_reply(frame, exchange.name)
        case Unmatched(frame):
            check_reply(frame, "GetConfig")
        case Greeted() | Failed() | Junk():
            pass
