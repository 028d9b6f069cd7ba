"""Cancelled anywhere, a supervised client leaves nothing; what it still is stays right."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ClassVar

import anyio
import pytest

from amitrio import Backoff, ConnectionLost, Link, SupervisedClient
from tests.client.cancelling import WAYS, How, When, cuts
from tests.client.peer import Peer
from tests.client.waiting import Beside, quiet
from tests.supervisor.site import Site, booted, told
from tests.supervisor.test_leaving import tasks_alive

pytestmark = pytest.mark.virtual_time

every_way = pytest.mark.parametrize(
    ("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"]
)


async def echo(client: SupervisedClient, text: str) -> None:
    assert (await client.send("Echo", Text=text))["Text"] == text


# A whole life ------------------------------------------------------------------------------------


# The clock that jumps stands still while ticks are counted, so no wait here is one of seconds.


async def sleep(_: float) -> None:
    await anyio.lowlevel.checkpoint()


AT_ONCE = Backoff(sleep=sleep)


async def come_and_go(site: Site) -> None:
    async with site.supervise(backoff=AT_ONCE) as client:
        await echo(client, "x")


async def come_when_it_opens(site: Site) -> None:
    async def sleep(_: float) -> None:
        await anyio.lowlevel.checkpoint()
        if len(site.tries) == 3:
            site.open_port()

    site.close_port()
    async with site.supervise(backoff=Backoff(sleep=sleep)) as client:
        await echo(client, "x")


async def come_at_once(site: Site) -> None:
    async with site.supervise(start="at_once", backoff=AT_ONCE) as client:
        await client.wait_connected()
        await echo(client, "x")


async def live_through_a_loss(site: Site) -> None:
    async with site.supervise(backoff=AT_ONCE) as client:
        await client.send("Filter", Operation="Add", Filter="x")
        with client.events("Newexten") as stream:
            await site.peer.cut()
            assert type(await stream.receive()).__name__ == "Disconnected"
            await client.wait_connected()
            await echo(client, "x")
            assert type(await stream.receive()).__name__ == "Reconnected"


class BootingPeer(Peer):
    """Asked to, it tells that it is booted a while after the login."""

    boots: ClassVar[bool]

    async def respond(self, request: Any) -> None:
        await super().respond(request)
        if request.action == "Ping" and BootingPeer.boots:
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            await self.send(booted(0))


async def live_through_a_boot(site: Site) -> None:
    site.kind, BootingPeer.boots = BootingPeer, False
    async with site.supervise(backoff=AT_ONCE) as client:
        with client.skipping_gaps.events("FullyBooted") as stream:
            await site.peer.send(booted(107))
            await stream.receive()
            await client.send("Filter", Operation="Add", Filter="x")
            await client.send("Filter", Operation="Add", Filter="y")
            BootingPeer.boots = True
            await site.peer.cut()
            await stream.receive()
            BootingPeer.boots = False
        await client.wait_connected()
        await echo(client, "x")


async def leave_while_down(site: Site) -> None:
    site.close_port()
    async with site.supervise(start="at_once", backoff=AT_ONCE):
        for _ in range(9):
            await anyio.lowlevel.checkpoint()


LIVES: list[Callable[[Site], Coroutine[Any, Any, None]]] = [
    come_and_go,
    come_when_it_opens,
    come_at_once,
    live_through_a_loss,
    live_through_a_boot,
    leave_while_down,
]


@every_way
@pytest.mark.parametrize("life", LIVES)
async def test_a_life_may_be_cancelled_anywhere(
    beside: Beside, how: How, when: When, life: Callable[[Site], Coroutine[Any, Any, None]]
) -> None:
    await quiet()
    before, rounds = tasks_alive(), 0
    async for cut in cuts(how, when):
        site = Site(beside)
        serving = beside(site.serve_all())
        await cut(life(site))
        rounds += 1
        tries = len(site.tries)
        assert all(peer.left for peer in site.peers)
        await serving.stop()
        await anyio.sleep(100)
        assert len(site.tries) == tries
        assert tasks_alive() == before
    assert rounds > 2


# While ticks are counted, or somebody cancels in each of them, the two seconds of a goodbye would
# not pass on a clock that jumps.
STEPPED = [way for way in WAYS if way[2] == "suspension" and way[1] != "stubborn"]


@pytest.mark.parametrize(("anyio_backend", "how", "when"), STEPPED, indirect=["anyio_backend"])
@pytest.mark.parametrize("start", ["at_once", "connected"])
async def test_leaving_a_server_that_says_nothing_may_be_cancelled_anywhere(
    beside: Beside, how: How, when: When, start: str
) -> None:
    """In the middle of a login, or after it."""

    async def serve() -> None:
        await (site.let_in() if start == "connected" else greet(site))
        served.set()

    async def come_and_go() -> None:
        async with site.supervise(start=start, backoff=AT_ONCE):
            await served.wait()

    await quiet()
    before = tasks_alive()
    async for cut in cuts(how, when):
        site, served = Site(beside), anyio.Event()
        serving = beside(serve())
        began = anyio.current_time()
        await cut(come_and_go())
        assert anyio.current_time() - began <= 2
        assert all(peer.left for peer in site.peers)
        await serving.stop()
        assert tasks_alive() == before


async def greet(site: Site) -> None:
    await site.greet(await site.come())


# What is asked of a client that lives on ---------------------------------------------------------


async def wait_connected(_: Site, client: SupervisedClient) -> None:
    await client.wait_connected()


async def wait_for_a_state(_: Site, client: SupervisedClient) -> None:
    async for state in client.states():
        if state is Link.CONNECTED:
            break


async def wait_for_an_event(_: Site, client: SupervisedClient) -> None:
    await client.skipping_gaps.wait_for("FullyBooted")


async def send(_: Site, client: SupervisedClient) -> None:
    while True:
        try:
            return await echo(client, "cancelled")
        except ConnectionLost:
            await client.wait_connected()


ASKS: list[Callable[[Site, SupervisedClient], Awaitable[None]]] = [
    wait_connected,
    wait_for_a_state,
    wait_for_an_event,
    send,
]

_texts = itertools.count()


@every_way
@pytest.mark.parametrize("ask", ASKS)
async def test_what_is_asked_while_down_may_be_cancelled_anywhere(
    beside: Beside, site: Site, how: How, when: When, ask: Callable[..., Coroutine[Any, Any, None]]
) -> None:
    beside.go(serve_booted(site))
    async with site.supervise(backoff=AT_ONCE) as client:
        async for cut in cuts(how, when):
            await site.peer.cut()
            await cut(ask(site, client))
            await quiet()
            await client.wait_connected()
            await echo(client, f"text {next(_texts)}")
            assert len(client._keeper.standing) == 0
            line = client._keeper.line
            assert line is not None
            assert len(line.session.ledger) == 0


async def serve_booted(site: Site) -> None:
    while True:
        peer = await site.let_in()
        site.beside.go(peer.attend())


@every_way
async def test_no_gap_and_no_event_is_lost_by_a_cancelled_receive(
    beside: Beside, site: Site, how: How, when: When
) -> None:
    received: list[str] = []

    async def receive(last: int) -> None:
        while len(received) < last:
            received.extend(told([await stream.receive()]))

    async def happen() -> None:
        await site.peer.event("Newexten", N="1")
        await site.peer.cut()
        await site.let_in()
        await site.peer.event("Newexten", N="2")

    async with site.client(backoff=AT_ONCE) as client:
        with client.events("Newexten") as stream:
            async for cut in cuts(how, when):
                received.clear()
                happening = beside(happen())
                await cut(receive(4))
                await receive(4)
                await happening
                assert received == ["1", "Disconnected", "Reconnected", "2"]


@every_way
@pytest.mark.parametrize("manner", ["skip", "raise"])
@pytest.mark.parametrize("most", [1, 3])
async def test_what_a_gap_does_is_done_once_however_often_one_is_cancelled(
    beside: Beside, site: Site, how: How, when: When, manner: str, most: int
) -> None:
    """By streams that have events alone, taken one by one and in batches."""
    received: list[str] = []
    expected = ["1", "2"] if manner == "skip" else ["1", "lost", "2"]

    async def receive() -> None:
        while len(received) < len(expected):
            try:
                batch = await stream.receive_batch(most, within=0)
            except ConnectionLost:
                received.append("lost")
            else:
                received.extend(told(list(batch)))

    async def happen() -> None:
        await site.peer.event("Newexten", N="1")
        await site.peer.cut()
        await site.let_in()
        await site.peer.event("Newexten", N="2")

    async with site.client(backoff=AT_ONCE) as client:
        source = client.skipping_gaps if manner == "skip" else client.raising_gaps
        with source.events("Newexten") as stream:
            async for cut in cuts(how, when):
                received.clear()
                happening = beside(happen())
                await cut(receive())
                await receive()
                await happening
                assert received == expected
