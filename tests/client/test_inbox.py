"""The inbox: whatever is put and taken in whatever order, all is accounted for."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio import EventsDropped, SubscriberTooSlow
from amitrio.client.inbox import Inbox

Item = int | EventsDropped
LIMIT = 4

# A number puts so many items; None takes what one take may take.
steps = st.lists(st.one_of(st.none(), st.integers(1, 7)), max_size=40)


def too_slow() -> SubscriberTooSlow:
    return SubscriberTooSlow("too slow", buffer=LIMIT)


def inbox(gap: Callable[[int], Item] | None = None) -> Inbox[Item]:
    return Inbox[Item](LIMIT, overflowed=too_slow, gap=gap)


def play(box: Inbox[Item], script: list[int | None], most: int) -> tuple[list[Item], int]:
    """What was taken, and how many items were put."""
    taken: list[Item] = []
    put = 0
    for step in script:
        if step is None:
            taken += take(box, most)
        for _ in range(step or 0):
            box.put(put)
            put += 1
    return taken, put


def take(box: Inbox[Item], most: int) -> list[Item]:
    try:
        return box.take_nowait(most)
    except (anyio.WouldBlock, anyio.EndOfStream, SubscriberTooSlow):
        return []


def rest(box: Inbox[Item], most: int) -> list[Item]:
    taken: list[Item] = []
    while batch := take(box, most):
        taken += batch
    return taken


@given(steps, st.integers(1, 5))
def test_items_and_gaps_together_are_what_was_put(script: list[int | None], most: int) -> None:
    box = inbox(EventsDropped)
    taken, put = play(box, script, most)
    taken += rest(box, most)
    expected = 0
    for one in taken:
        if isinstance(one, EventsDropped):
            assert one.count > 0
            expected += one.count
        else:
            assert one == expected
            expected += 1
    assert expected == put
    assert box.dropped == sum(one.count for one in taken if isinstance(one, EventsDropped))
    assert box.delivered == put - box.dropped
    box.close()


@given(steps, st.integers(1, 5))
def test_without_gaps_nothing_is_missing_up_to_the_error(
    script: list[int | None], most: int
) -> None:
    box = inbox()
    taken, put = play(box, script, most)
    overflowed = box.ended
    taken += rest(box, most)
    assert taken == list(range(len(taken)))
    assert overflowed == (len(taken) < put)
    assert box.dropped == overflowed
    if overflowed:
        with pytest.raises(SubscriberTooSlow):
            box.take_nowait(most)
    box.close()


@given(steps, st.integers(1, 5))
def test_the_bound_is_kept_at_every_moment(script: list[int | None], most: int) -> None:
    for box in (inbox(), inbox(EventsDropped)):
        for step in script:
            play(box, [step], most)
            assert len(box) <= LIMIT
        box.close()


@given(steps)
def test_what_was_buffered_comes_out_before_the_end(script: list[int | None]) -> None:
    box = inbox(EventsDropped)
    play(box, script, LIMIT)
    waiting = len(box)
    box.end(too_slow)
    box.put(99)
    assert len([one for one in rest(box, 2) if not isinstance(one, EventsDropped)]) == waiting
    with pytest.raises(SubscriberTooSlow):
        box.take_nowait(1)
    box.close()


def test_the_first_end_counts() -> None:
    box = inbox()
    box.end(too_slow)
    box.end()
    with pytest.raises(SubscriberTooSlow):
        box.take_nowait(1)
    box.close()


def test_closing_drops_what_is_there() -> None:
    box = inbox(EventsDropped)
    play(box, [9], 1)
    box.close()
    box.close()
    with pytest.raises(anyio.EndOfStream):
        box.take_nowait(1)
