"""Waiting for one thing: woken once, cancelled exactly, and a checkpoint always."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import anyio
import pytest
import sniffio

from amitrio.client.eventloop import Waiter, this_event_loop
from amitrio.client.on_trio_woken import WOKEN
from amitrio.client.pending import asked_on
from amitrio.client.room import Room
from tests.client.waiting import Beside, quiet

Make = Callable[[], Waiter]

on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)


@pytest.fixture(params=["alone", "as a part"])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes a waiter, or something else that inherits from one and has room for it."""
    return _alone if request.param == "alone" else _as_a_part


def _alone() -> Waiter:
    return this_event_loop().waiter()


def _as_a_part() -> Waiter:
    names = {"__slots__": ("asleep", "done")}
    something: Any = type("Something", (this_event_loop().awaited,), names)()
    something.asleep, something.done = None, False
    waiter: Waiter = something
    return waiter


async def test_all_sessions_of_a_loop_wait_by_the_same_classes() -> None:
    """They are made once: not for each connection, let alone for each action of many of them."""
    one, other = this_event_loop(), this_event_loop()
    assert one.awaited is other.awaited
    assert type(one.waiter()) is type(other.waiter())
    assert asked_on(one.awaited) is asked_on(other.awaited)
    assert not hasattr(one.waiter(), "__dict__")
    assert not hasattr(asked_on(one.awaited)("Ask"), "__dict__")


@pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
async def test_what_all_who_are_woken_are_told_is_nothing() -> None:
    """As by the Value(None) that trio would make for each, which can be told once only."""
    told: list[None] = []

    def hear() -> Generator[None, None, None]:
        told.append((yield))
        told.append((yield))

    async def hear_too() -> AsyncGenerator[None, None]:
        told.append((yield))
        told.append((yield))

    generator, other = hear(), hear_too()
    next(generator)
    await anext(other)
    for _ in range(2):
        WOKEN.unwrap()
    WOKEN.send(generator)
    await WOKEN.asend(other)
    assert told == [None, None]
    await other.aclose()


async def test_who_waits_goes_on_when_it_is_woken(make: Make, beside: Beside) -> None:
    waiter = make()
    waiting = beside(waited(waiter))
    await quiet()
    assert not waiting.over
    waiter.wake()
    assert await waiting == "woken"


async def test_who_comes_later_need_not_wait(make: Make) -> None:
    waiter = make()
    waiter.wake()
    waiter.wake()  # harmless
    assert await waited(waiter) == "woken"


async def test_who_comes_later_passes_a_checkpoint_and_can_be_cancelled_there(make: Make) -> None:
    waiter = make()
    waiter.wake()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await waiter.wait()
    assert scope.cancelled_caught


async def test_who_was_cancelled_is_not_woken_any_more(make: Make, beside: Beside) -> None:
    waiter = make()
    waiting = beside(waited(waiter))
    await quiet()
    await waiting.stop()
    waiter.wake()
    assert waiting.cancelled


async def test_a_cancellation_lasts_as_long_as_its_scope(make: Make) -> None:
    """Level by level: whoever waits again in a cancelled scope is cancelled again."""
    cancelled = 0
    with anyio.CancelScope() as scope:
        scope.cancel()
        for _ in range(2):
            try:
                await make().wait()
            except anyio.get_cancelled_exc_class():
                cancelled += 1
        await make().wait()
    assert (cancelled, scope.cancelled_caught) == (2, True)


async def test_woken_and_cancelled_in_one_tick_it_is_what_the_loop_says(
    make: Make, beside: Beside
) -> None:
    waiter = make()
    waiting = beside(waited(waiter))
    await quiet()
    waiter.wake()
    waiting.scope.cancel()
    await quiet()
    assert waiting.over
    assert waiting.cancelled or await waiting == "woken"


async def test_cancelled_and_woken_in_one_tick_it_is_cancelled(make: Make, beside: Beside) -> None:
    waiter = make()
    waiting = beside(waited(waiter))
    await quiet()
    waiting.scope.cancel()
    waiter.wake()
    await quiet()
    assert waiting.over
    # asyncio's scopes cancel a tick later: whoever is woken before goes on.
    assert waiting.cancelled or sniffio.current_async_library() == "asyncio"


@on_asyncio
@pytest.mark.parametrize("woken_first", [False, True])
async def test_the_tasks_own_cancel_wins(make: Make, woken_first: bool) -> None:  # noqa: FBT001
    waiter = make()
    task = asyncio.create_task(waited(waiter))
    await quiet()
    if woken_first:
        waiter.wake()
    task.cancel()
    waiter.wake()
    await asyncio.wait([task])
    assert task.cancelled()


# Room --------------------------------------------------------------------------------------------


async def test_whoever_waits_longest_for_room_goes_first(beside: Beside) -> None:
    room, order = Room(1, this_event_loop()), list[str]()
    await room.take()
    for name in "abc":
        beside.go(taking(room, name, order))
        await quiet()
    for turn in (["a"], ["a", "b"], ["a", "b", "c"]):
        room.give()
        assert not room.take_nowait()  # it is that one's already
        await quiet()
        assert order == turn
    room.give()
    assert room.value == 1
    assert room.take_nowait()
    assert room.value == 0


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
async def test_much_room_goes_to_as_many_as_wait(beside: Beside, count: int) -> None:
    room, order = Room(4, this_event_loop()), list[str]()
    for _ in range(4):
        assert room.take_nowait()
    for name in "abc":
        beside.go(taking(room, name, order))
        await quiet()
    room.give(count)
    await quiet()
    assert sorted(order) == ["a", "b", "c"][:count]
    assert room.value == max(0, count - 3)
    room.give(4)  # whoever waits still is to go on
    await quiet()


async def test_room_is_not_lost_by_who_is_cancelled_as_its_turn_comes(beside: Beside) -> None:
    room, order = Room(1, this_event_loop()), list[str]()
    await room.take()
    first = beside(taking(room, "first", order))
    second = beside(taking(room, "second", order))
    await quiet()
    room.give()
    first.scope.cancel()
    await quiet()
    if first.cancelled:
        assert order == ["second"]
    else:
        assert order == ["first"]
        room.give()
    await second
    room.give()
    assert room.value == 1


@on_asyncio
async def test_the_tasks_own_cancel_hands_the_room_on(beside: Beside) -> None:
    room, order = Room(1, this_event_loop()), list[str]()
    await room.take()
    task = asyncio.create_task(taking(room, "first", order))
    await quiet()
    second = beside(taking(room, "second", order))
    await quiet()
    room.give()
    task.cancel()
    await second
    assert task.cancelled()
    assert order == ["second"]


async def test_who_waits_for_room_and_is_cancelled_leaves_the_queue(beside: Beside) -> None:
    room = Room(1, this_event_loop())
    await room.take()
    waiting = beside(room.take())
    await quiet()
    await waiting.stop()
    room.give()
    assert room.value == 1


async def test_nobody_takes_room_in_a_cancelled_scope() -> None:
    room = Room(1, this_event_loop())
    with anyio.CancelScope() as scope:
        scope.cancel()
        await room.take()
    assert scope.cancelled_caught
    assert room.value == 1


# Helpers -----------------------------------------------------------------------------------------


async def waited(waiter: Waiter) -> str:
    await waiter.wait()
    return "woken"


async def taking(room: Room, name: str, order: list[str]) -> None:
    await room.take()
    order.append(name)
