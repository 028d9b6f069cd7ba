"""A crowd: many tasks ask, list, listen and are cancelled at random, over one connection.

The dice are seeded. Whatever was not cancelled has its own right answer, and at the end nothing
is left over.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import anyio
import pytest

from amitrio import Client, ConnectionLost
from amitrio.limits import Limits
from tests.client.peer import GONE, Peer, frame
from tests.client.streams import memory_pair, nowait_pair
from tests.client.test_cancellation import (
    ask_many,
    call,
    echoed,
    nothing_left,
    read_items,
    read_one_item,
    take_one_of_many,
)
from tests.client.waiting import Beside, quiet


class ChoppingPeer(Peer):
    """Sends what it has to say in pieces of random sizes, with events in between."""

    dice = random.Random(0)
    events = 0

    async def send(self, data: bytes) -> None:
        while data:
            size = self.dice.randint(1, 2 * len(data))
            await self.own.send(data[:size])
            data = data[size:]

    async def respond(self, request: Any) -> None:
        for _ in range(self.dice.randint(0, 2)):
            await self.send(frame(f"Event: Tick / N: {self.events}"))
            self.events += 1
        await super().respond(request)


TRANSPORTS: dict[str, Callable[[], Any]] = {
    "memory": memory_pair,
    "narrow": lambda: memory_pair(room=1),
    "a part at once": lambda: nowait_pair(takes=5),
}


async def worker(client: Client, dice: random.Random, done: list[str]) -> None:
    for turn in range(12):
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                if dice.random() < 0.5:
                    tasks.start_soon(cancel_after, dice.randint(0, 15), scope)
                await act(client, dice, f"{id(dice)}-{turn}")
                done.append("whole")
                tasks.cancel_scope.cancel()


async def cancel_after(ticks: int, scope: anyio.CancelScope) -> None:
    for _ in range(ticks):
        await anyio.lowlevel.checkpoint()
    scope.cancel()


async def whole_list(client: Client) -> None:
    assert len(await client.send("CoreShowChannels")) == 3


async def listen_meanwhile(client: Client, text: str) -> None:
    with client.events("Tick", buffer=3, overflow="drop_oldest"):
        await echoed(client, text)


ACTS: dict[str, Callable[[Client, str], Awaitable[object]]] = {
    "echo": echoed,
    "echo again": echoed,
    "list": lambda client, _: whole_list(client),
    "items": lambda client, _: read_items(client),
    "some items": lambda client, _: read_one_item(client),
    "call": lambda client, _: call(client),
    "listen": listen_meanwhile,
    "many": lambda client, _: ask_many(client),
    "one of many": lambda client, _: take_one_of_many(client),
}


async def act(client: Client, dice: random.Random, text: str) -> None:
    await ACTS[dice.choice(list(ACTS))](client, text)


async def listen(client: Client, heard: list[int]) -> None:
    with client.events("Tick") as stream:
        async for event in stream:
            heard.append(int(event["N"]))  # noqa: PERF401 - the loop may raise


@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
@pytest.mark.parametrize("seed", range(8))
async def test_a_crowd_is_served_each_rightly(
    beside: Beside, transport: Callable[[], Any], seed: int
) -> None:
    peer = ChoppingPeer(beside, transport())
    peer.dice = random.Random(seed)
    done: list[str] = []
    heard: list[int] = []
    async with peer.accept(limits=Limits(pending_actions=1 + seed % 5)) as client:
        beside.go(peer.attend())
        listening = beside(listen(client, heard))
        await quiet()
        async with anyio.create_task_group() as tasks:
            for n in range(6):
                tasks.start_soon(worker, client, random.Random(100 * seed + n), done)
        await echoed(client, "last")
        await quiet()
        await listening.stop()
        nothing_left(client)
    await peer.expect_end()
    assert done
    assert heard == list(range(peer.events))


@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
@pytest.mark.parametrize("seed", range(8))
async def test_a_crowd_whose_line_is_cut_is_told_so(
    beside: Beside, transport: Callable[[], Any], seed: int
) -> None:
    async def work_on(dice: random.Random) -> None:
        while True:
            await worker(client, dice, [])

    peer = ChoppingPeer(beside, transport())
    peer.dice = random.Random(seed)
    heard: list[int] = []
    async with peer.accept() as client:
        beside.go(attend_for_a_while(peer, 20 + 5 * seed))
        listening = beside(listen(client, heard))
        working = [beside(work_on(random.Random(100 * seed + n))) for n in range(6)]
        for one in working:
            assert only_losses(await one.error())
        assert type(await listening.error()) is ConnectionLost
        assert type(await client.wait_closed()) is ConnectionLost
        session = client._session
        assert len(session.ledger) == session.connection.pending == len(session.subscriptions) == 0
        assert session.ledger.room.value == session.limits.pending_actions
    assert heard == list(range(len(heard)))


def only_losses(error: BaseException) -> bool:
    """Whether the error, or each in the group, is a loss."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(only_losses, error.exceptions))
    return type(error) is ConnectionLost


async def attend_for_a_while(peer: Peer, requests: int) -> None:
    with suppress(*GONE):
        for _ in range(requests):
            await peer.respond(await peer.hear())
    await peer.cut()
