"""Batches: many events handed on at once are the same as each of them alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import anyio
import pytest

from amitrio.client.batches import Batch
from amitrio.client.gaps import Disconnected, EventsDropped, Gap
from amitrio.client.inbox import Inbox
from amitrio.client.pace import LEAST
from amitrio.client.subscriptions import Subscriptions
from amitrio.errors import SubscriberTooSlow
from amitrio.models import Chunk, Event, Server
from amitrio.protocol import EventsReceived

CHUNK = Chunk(datetime.now(UTC), Server("test"))
LOST = Disconnected(datetime.now(UTC), "lost")

Box = Inbox[Event | Gap]
OPEN: list[Inbox[Any]] = []

Put = Callable[[Box, Batch], None]


@pytest.fixture(autouse=True)
def _all_are_closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def batch(first: int, count: int) -> Batch:
    numbers = range(first, first + count)
    return Batch(["X"] * count, [b"Event: X\r\nN: %d" % number for number in numbers], CHUNK)


def told(items: list[Event | Gap]) -> list[object]:
    return [item["N"] if isinstance(item, Event) else item for item in items]


def box(limit: int, *, drops: bool) -> Box:
    inbox: Box = Inbox(
        limit,
        overflowed=lambda: SubscriberTooSlow("slow", buffer=limit),
        gap=EventsDropped if drops else None,
    )
    OPEN.append(inbox)
    return inbox


def subscribed(subscriptions: Subscriptions, pattern: str) -> Box:
    inbox = box(100, drops=False)
    subscriptions.add([pattern], cast("Inbox[Event]", inbox))
    return inbox


def at_once(inbox: Box, events: Batch) -> None:
    inbox.put_batch(events)


def one_by_one(inbox: Box, events: Batch) -> None:
    for event in events.made():
        inbox.put(event)


def transcript(seed: int, limit: int, put: Put, *, drops: bool) -> list[object]:
    """What comes out of an inbox, taken until it is empty after each few steps, and its figures."""
    chance, inbox, number = random.Random(seed), box(limit, drops=drops), 0
    out: list[object] = []
    for _ in range(60):
        step = chance.random()
        if step < 0.6:
            count = chance.randint(1, LEAST)
            put(inbox, batch(number, count))
            number += count
        elif step < 0.7:
            inbox.put_gap(LOST)
        else:
            out += taken(inbox, chance.randint(2, LEAST))
        out += [len(inbox), inbox.dropped, inbox.ended]
    return out


def taken(inbox: Box, most: int) -> list[object]:
    out: list[object] = []
    try:
        while True:
            out += told(inbox.take_nowait(most))
    except (anyio.WouldBlock, SubscriberTooSlow) as end:
        return [*out, type(end), inbox.delivered]


@pytest.mark.parametrize("drops", [True, False])
@pytest.mark.parametrize("limit", [1, 5, 40, 1000])
def test_a_batch_is_its_events(limit: int, drops: bool) -> None:  # noqa: FBT001 - parametrized
    for seed in range(30):
        alone = transcript(seed, limit, one_by_one, drops=drops)
        assert transcript(seed, limit, at_once, drops=drops) == alone


def test_what_is_made_is_the_same_for_all() -> None:
    subscriptions = Subscriptions()
    boxes = [subscribed(subscriptions, "x") for _ in "ab"]
    frames = [b"Event: X\r\nN: %d" % number for number in range(50)]
    subscriptions.deliver_all(EventsReceived(["X"] * 50, frames, {"X"}), CHUNK)
    first, second = ([*one.take_nowait(LEAST), *one.take_nowait(LEAST)] for one in boxes)
    assert told(first) == [str(number) for number in range(50)]
    assert all(one is other for one, other in zip(first, second, strict=True))


def test_what_goes_different_ways_keeps_its_order() -> None:
    subscriptions = Subscriptions()
    every, some = subscribed(subscriptions, "*"), subscribed(subscriptions, "y")
    kinds = [*"XXXXXYYYYYXYXYY"]
    frames = [f"Event: {kind}\r\nN: {n}".encode() for n, kind in enumerate(kinds)]
    subscriptions.deliver_all(EventsReceived(kinds, frames, set(kinds)), CHUNK)
    assert told(every.take_nowait(LEAST)) == [str(n) for n in range(len(kinds))]
    wanted = [str(n) for n, kind in enumerate(kinds) if kind == "Y"]
    assert told(some.take_nowait(LEAST)) == wanted


def test_few_taken_of_a_batch_leave_the_rest() -> None:
    inbox = box(100, drops=False)
    inbox.put_batch(batch(0, 10))
    assert told(inbox.take_nowait(3)) == ["0", "1", "2"]
    assert len(inbox) == 7
    assert isinstance(inbox.oldest, Event)
    assert inbox.oldest["N"] == "3"
    assert told(inbox.take_nowait(LEAST)) == [str(number) for number in range(3, 10)]
