"""The captured lists again, this time with somebody who asked for them."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import takewhile

import attrs
import pytest

from amitrio.protocol import (
    SIMPLE,
    ClientConnection,
    Exchange,
    Failed,
    Received,
    ReplyShape,
)
from amitrio.protocol.encoding import MAX_ACTION_ID
from tests.corpus import STREAMS, Capture
from tests.protocol import reference
from tests.protocol.reference import Frame
from tests.protocol.shapes import BY_COMPLETE, LISTS, ORIGINATE
from tests.protocol.transcripts import cut, heard, settled_by


@attrs.frozen
class Asked:
    """An action that the captured session must have sent."""

    action_id: str
    shape: ReplyShape
    items: int | None = None
    """What the Complete event says of their number."""


def asked_for(frames: list[Frame]) -> Iterator[Asked]:
    """The actions, in the order of their answers, told apart by what came behind each."""
    ours: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        if frame.action_id and frame.name != "UserEvent":
            ours[frame.action_id].append(frame)
    for response in frames:
        if response.sort == "response" and response.action_id:
            _, *later = ours[response.action_id]
            events = list(takewhile(lambda frame: frame.sort == "event", later))
            ours[response.action_id] = later[len(events) :]  # the same ActionID, asked again
            yield Asked(response.action_id, *told_by(response, events))


def told_by(response: Frame, events: list[Frame]) -> tuple[ReplyShape, int | None]:
    ends = [event for event in events if event.name in BY_COMPLETE]
    if response.values("EventList"):
        return BY_COMPLETE[ends[0].name], int(ends[0].values("ListItems")[0])
    if ends:
        return BY_COMPLETE[ends[0].name], None
    if any(event.name == "OriginateResponse" for event in events):
        return ORIGINATE, None
    return SIMPLE, None


# Left out here, and looked at in test_hostile: forged frames, ActionIDs longer than any of ours.
REPLAYED = [one for one in STREAMS if not one.hostile and "truncation" not in one.name]
SESSIONS = {one.name: list(asked_for(reference.read(one.read()).frames)) for one in REPLAYED}
WITH_LISTS = [one for one in REPLAYED if any(a.items is not None for a in SESSIONS[one.name])]

# Asterisk 16 counts one item of this DBGetTree and sends two.
MISCOUNTED = {("16-db-config.bin", "5"): 2}


def once(asked: list[Asked]) -> bool:
    """Whether no ActionID was used again, so that all can be asked before the first answer."""
    return max(Counter(one.action_id for one in asked).values(), default=0) < 2


PIPELINED = [one for one in REPLAYED if SESSIONS[one.name] and once(SESSIONS[one.name])]
LOCKSTEP = [one for one in REPLAYED if SESSIONS[one.name]]


def ask(connection: ClientConnection, asked: Asked) -> Exchange:
    assert len(asked.action_id) <= MAX_ACTION_ID
    return connection.send("X", [], action_id=asked.action_id, shape=asked.shape)[0]


def check(captured: Capture, exchanges: list[Exchange], received: list[Received]) -> None:
    """Everything was settled, once, by its own answer, and lists are as long as they say."""
    assert not any(isinstance(one, Failed) for one in received)
    settled = [exchange for exchange in map(settled_by, received) if exchange is not None]
    assert sorted(map(id, settled)) == sorted(map(id, exchanges))
    for asked, exchange in zip(SESSIONS[captured.name], exchanges, strict=True):
        assert exchange.settled
        if asked.items is not None:
            counted = MISCOUNTED.get((captured.name, asked.action_id), asked.items)
            assert exchange.items == counted


@pytest.mark.parametrize("captured", PIPELINED, ids=repr)
@pytest.mark.parametrize("how", ["whole", "pieces"])
def test_everything_is_asked_at_once_and_answered_in_order(captured: Capture, how: str) -> None:
    asked = SESSIONS[captured.name]
    banner, rest = captured.read().split(b"\r\n", 1)
    connection = ClientConnection()
    connection.receive(banner + b"\r\n")
    exchanges = [ask(connection, one) for one in asked]
    pieces = [rest] if how == "whole" else cut(rest, 4000, random.Random(captured.name))
    check(captured, exchanges, heard(connection, pieces))
    assert connection.receive_eof() == []


@pytest.mark.parametrize("captured", LOCKSTEP, ids=repr)
def test_one_is_asked_after_the_other(captured: Capture) -> None:
    asked = SESSIONS[captured.name]
    transcript = reference.read(captured.read())
    connection = ClientConnection()
    connection.receive(transcript.banner.encode() + b"\r\n")
    received: list[Received] = []
    exchanges: list[Exchange] = []
    for frame in transcript.frames:
        if frame.sort == "response" and frame.action_id:
            exchanges.append(ask(connection, asked[len(exchanges)]))
        received += connection.receive(frame.raw + b"\r\n\r\n")
    check(captured, exchanges, received)
    assert connection.receive_eof() == []


# EventList says enough where the action is unknown, unless its items have no ActionID.
@pytest.mark.parametrize("captured", [one for one in WITH_LISTS if one in PIPELINED], ids=repr)
def test_lists_are_read_without_knowing_their_shapes(captured: Capture) -> None:
    asked = [
        attrs.evolve(one, shape=SIMPLE)
        if one.items is not None and not one.shape.anonymous
        else one
        for one in SESSIONS[captured.name]
    ]
    banner, rest = captured.read().split(b"\r\n", 1)
    connection = ClientConnection()
    connection.receive(banner + b"\r\n")
    exchanges = [ask(connection, one) for one in asked]
    check(captured, exchanges, connection.receive(rest))


def test_the_corpus_has_enough_lists() -> None:
    lists = [one for asked in SESSIONS.values() for one in asked if one.items is not None]
    kinds = {one.shape.complete for one in lists}
    assert len(lists) > 100
    assert len(kinds) > 30
    assert len(kinds) <= len({shape.complete for shape in LISTS.values()})
