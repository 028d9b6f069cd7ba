"""Pace: who is quick takes many events in one go, who is slow often lets others have their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import anyio
import attrs
import pytest
import sniffio
import trio.lowlevel
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from amitrio import Event
from amitrio.client.eventloop import this_event_loop
from amitrio.client.pace import _MOST, _TURN, LEAST, Pace
from amitrio.client.streams import EventStream
from tests.client.peer import Peer
from tests.client.waiting import Beside, quiet
from tests.virtual_time import VirtualLoop

QUICK, SO_SO, SLOW = 0.0004, 0.0007, 0.0011


def work(pace: Pace, seconds: float, count: int | None = None) -> int:
    """Take as many as it may, or so many, and be done with them after a while."""
    pace.took(pace.most if count is None else count, 1000.0)
    pace.worked_off(1000.0 + seconds)
    return pace.most


# How many ----------------------------------------------------------------------------------------


def test_it_begins_with_the_least() -> None:
    assert Pace().most == LEAST == 32


def test_who_is_quick_takes_twice_as_many_up_to_a_bound() -> None:
    pace = Pace()
    assert [work(pace, QUICK) for _ in range(6)] == [64, 128, 256, 256, 256, 256]


def test_who_is_slow_takes_half_as_many_down_to_the_least() -> None:
    pace = Pace(_MOST)
    assert [work(pace, SLOW) for _ in range(5)] == [128, 64, 32, 32, 32]


def test_who_is_neither_goes_on_like_that() -> None:
    for most in (32, 64, 256):
        pace = Pace(most)
        assert {work(pace, SO_SO) for _ in range(5)} == {most}


def test_quick_is_half_a_turn_and_slow_more_than_one() -> None:
    for seconds, expected in {
        0.0: 128,
        _TURN * 0.49: 128,
        _TURN * 0.51: 64,
        _TURN * 0.99: 64,
        _TURN * 1.01: 32,
        3600.0: 32,
    }.items():
        assert work(Pace(64), seconds) == expected


def test_who_took_fewer_than_he_might_takes_no_more_the_next_time() -> None:
    pace = Pace()
    assert [work(pace, QUICK, count) for count in (1, 16, 31, 32, 63, 64)] == [32] * 3 + [
        64
    ] * 2 + [128]


def test_who_took_more_than_he_might_counts_as_one_who_took_all() -> None:
    assert work(Pace(), QUICK, LEAST + 1) == 64  # gaps come beside


def test_who_took_few_and_was_slow_takes_fewer() -> None:
    assert work(Pace(_MOST), SLOW, 1) == 128


def test_nothing_taken_yet_says_nothing() -> None:
    for now in (0.0, 0.0001, 1000.0):
        pace = Pace()
        pace.worked_off(now)
        assert pace.most == LEAST


@pytest.mark.parametrize("seconds", [0.0, QUICK, SLOW, 3600.0])
def test_what_is_worked_off_counts_once(seconds: float) -> None:
    pace = Pace()
    assert work(pace, QUICK) == 2 * LEAST
    for _ in range(3):
        pace.worked_off(1000.0 + QUICK + seconds)
        assert pace.most == 2 * LEAST
    assert work(pace, QUICK) == 4 * LEAST


def test_the_time_is_that_since_the_last_were_taken() -> None:
    pace = Pace()
    pace.took(LEAST, 10.0)
    pace.took(LEAST, 20.0)
    pace.worked_off(20.0 + QUICK)
    assert pace.most == 2 * LEAST


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0, 0.01) | st.floats(0, 1e6))))
def test_whatever_is_taken_the_bounds_are_kept(script: list[tuple[int, float]]) -> None:
    pace, now, most = Pace(), 0.0, LEAST
    for count, seconds in script:
        pace.took(count, now)
        pace.worked_off(now + seconds)
        assert LEAST <= pace.most <= _MOST
        assert pace.most in {most // 2, most, most * 2}
        assert pace.most <= most or count >= most
        now, most = now + seconds, pace.most


# Of a stream -------------------------------------------------------------------------------------


def spend(seconds: float) -> None:
    """Time goes by in which nobody else runs."""
    if sniffio.current_async_library() == "trio":
        clock = trio.lowlevel.current_clock()
        assert isinstance(clock, trio.testing.MockClock)
        clock.jump(seconds)
    else:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.now += seconds


async def happened(peer: Peer, number: int) -> None:
    """So many events came, and wait."""
    for first in range(0, number, 500):
        events = range(first, min(first + 500, number))
        await peer.say(*(f"Event: Hangup / N: {n}" for n in events))
    await quiet()


async def listened(stream: EventStream[Event], *, seconds: Iterable[float]) -> list[int]:
    """How many events it took between checkpoints, by one who spends so long on each."""
    taken, loop = [0], this_event_loop()

    async def checkpoint() -> None:
        taken.append(0)
        await loop.checkpoint()

    stream._inbox._loop = attrs.evolve(loop, checkpoint=checkpoint)
    for each in seconds:
        await anext(stream)
        taken[-1] += 1
        spend(each)
    return [number for number in taken if number]


virtual = pytest.mark.virtual_time


@virtual
async def test_who_takes_long_passes_a_checkpoint_after_the_least(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=4000) as stream:
            await happened(peer, 1000)
            steps = await listened(stream, seconds=[0.005] * 1000)
            assert sum(steps) == 1000
            assert max(steps) == LEAST


@virtual
async def test_who_is_quick_passes_fewer_checkpoints_but_some(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=4000) as stream:
            await happened(peer, 4000)
            steps = await listened(stream, seconds=[0.0] * 4000)
            assert steps[:3] == [32, 64, 128]
            assert max(steps) == _MOST
            assert len(steps) < 30


@virtual
async def test_who_was_quick_and_takes_long_soon_passes_them_often(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=4000) as stream:
            await happened(peer, 4000)
            assert max(await listened(stream, seconds=[0.0] * 2000)) == _MOST
            steps = await listened(stream, seconds=[0.005] * 2000)
            assert sum(steps[:4]) <= 2 * _MOST
            assert max(steps[4:]) == LEAST


@virtual
async def test_who_took_long_and_is_quick_passes_fewer_again(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=4000) as stream:
            await happened(peer, 4000)
            assert max(await listened(stream, seconds=[0.005] * 1000)) == LEAST
            assert max(await listened(stream, seconds=[0.0] * 3000)) == _MOST


@virtual
async def test_who_waits_for_events_does_not_take_long(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=4000) as stream:
            await happened(peer, 1000)
            await listened(stream, seconds=[0.0] * 1000)
            listening = beside(listened(stream, seconds=[0.0] * 10))
            for _ in range(10):
                await anyio.sleep(2)
                await happened(peer, 1)
            assert sum(await listening) == 10
            assert stream._inbox._pace.most == _MOST


@virtual
async def test_who_gives_up_waiting_does_not_take_long(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=4000) as stream:
            await happened(peer, 1000)
            await listened(stream, seconds=[0.0] * 1000)
            for _ in range(10):
                with anyio.move_on_after(0.1) as scope:
                    await anext(stream)
                assert scope.cancelled_caught
                assert stream._inbox._pace.most == _MOST
            await happened(peer, 1000)
            assert (await listened(stream, seconds=[0.0] * 1000))[0] == _MOST


@virtual
async def test_who_gives_up_taking_what_is_there_does_not_take_long(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=4000) as stream:
            await happened(peer, 2000)
            await listened(stream, seconds=[0.0] * 500)
            for _ in range(10):
                with anyio.CancelScope() as scope:
                    scope.cancel()
                    await anext(stream)
                assert scope.cancelled_caught
                spend(2)
            assert (await listened(stream, seconds=[0.0] * 1000))[0] == _MOST


@virtual
async def test_who_is_quick_can_be_cancelled(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=4000) as stream:
            await happened(peer, 4000)
            taken = 0
            with anyio.CancelScope() as scope:
                async for _ in stream:
                    taken += 1
                    if taken == 2000:
                        scope.cancel()
            assert scope.cancelled_caught
            assert taken < 2000 + 256
            assert (await stream.receive())["N"] == str(taken)


@virtual
async def test_who_takes_long_can_be_cancelled_sooner(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=4000) as stream:
            await happened(peer, 1000)
            taken = 0
            with anyio.move_on_after(1) as scope:
                async for _ in stream:
                    taken += 1
                    spend(0.01)
            assert scope.cancelled_caught
            assert taken <= 100 + 2 * LEAST  # asyncio sees the time at one, and ends it at the next
            assert (await stream.receive())["N"] == str(taken)


@virtual
async def test_two_who_listen_have_each_their_own_pace(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as quick, client.events("Hangup") as slow:
            await happened(peer, 1000)
            assert max(await listened(quick, seconds=[0.0] * 1000)) == _MOST
            assert max(await listened(slow, seconds=[0.005] * 1000)) == LEAST
