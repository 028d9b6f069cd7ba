"""Law 6: cancellation is safe at every await.

Each operation is cancelled at each of its suspensions and in each tick of its life, by a scope
and by asyncio's own `task.cancel()`. Afterwards the next action is answered rightly, nothing is
pending, no task is left, and the peer has heard whole requests only.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest
import sniffio
import trio

from amitrio import Action, Client, ConnectionClosed, Event, OutboundCall, State
from amitrio.limits import Limits
from tests.client.cancelling import WAYS, How, When, cuts
from tests.client.peer import Peer
from tests.client.streams import memory_pair, nowait_pair
from tests.client.waiting import Begun, Beside, quiet

every_way = pytest.mark.parametrize(
    ("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"]
)

TRANSPORTS: dict[str, Callable[[], Any]] = {
    "memory": memory_pair,
    "waits for the peer": lambda: memory_pair(room=0),
    "takes all at once": lambda: nowait_pair(takes=10_000),
    "takes a part at once": lambda: nowait_pair(takes=9),
}

_texts = itertools.count()


def tasks_alive() -> int:
    if sniffio.current_async_library() == "trio":
        return trio.lowlevel.current_statistics().tasks_living
    return len(asyncio.all_tasks())


async def still_right(client: Client) -> None:
    """The next answer is that to the next action, and nothing is left of the one before."""
    text = f"text {next(_texts)}"
    reply = await client.send("Echo", Text=text)
    assert reply["Text"] == text
    await quiet()
    nothing_left(client)


def nothing_left(client: Client) -> None:
    session = client._session
    assert len(session.ledger) == 0
    assert session.connection.pending == 0
    assert len(session.subscriptions) == 0
    assert session.ledger.room.value == session.limits.pending_actions
    assert not session._outbox._letters
    assert client.statistics().unmatched == 0


async def read_items(client: Client) -> None:
    async with client.items("CoreShowChannels") as items:
        assert [item["Channel"] async for item in items] == [f"Local/{n}" for n in range(3)]


async def read_one_item(client: Client) -> None:
    async with client.items("CoreShowChannels") as items:
        await anext(items)


async def call(client: Client) -> None:
    call = await client.originate("PJSIP/1", context="default", exten="1")
    assert (await call.wait_answered())["Reason"] == "4"


async def listen(client: Client) -> None:
    with client.events("Echoed") as stream:
        await client.send("Echo", Text="x")
        await stream.receive()
        await stream.receive_batch(2, within=60)


async def wait_for(client: Client) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.wait_for, "Echoed")
        await client.send("Echo", Text="x")


async def ask_thrice(client: Client) -> None:
    async with anyio.create_task_group() as tasks:
        for text in "abc":
            tasks.start_soon(echoed, client, text)


async def echoed(client: Client, text: str) -> None:
    assert (await client.send("Echo", Text=text))["Text"] == text


async def ask_many(client: Client) -> None:
    texts = [f"{number}" for number in range(5)]
    actions = [Action("Echo", {"Text": text}) for text in texts]
    with client.send_many(actions, at_once=2) as answers:
        assert [answer.reply["Text"] async for answer in answers] == texts


async def take_one_of_many(client: Client) -> None:
    async for answer in client.send_many([Action("Echo", {"Text": "x"})] * 5, at_once=3):
        assert answer.reply["Text"] == "x"
        break


OPERATIONS: dict[str, Callable[[Client], Coroutine[Any, Any, object]]] = {
    "send": lambda client: client.send("Echo", Text="cancelled"),
    "a list": lambda client: client.send("CoreShowChannels"),
    "command": lambda client: client.command("core show uptime"),
    "items": read_items,
    "items left early": read_one_item,
    "a call": call,
    "events": listen,
    "wait_for": wait_for,
    "several": ask_thrice,
    "many": ask_many,
    "many left early": take_one_of_many,
}


class EchoingPeer(Peer):
    """Answers everything; an Echo is followed by three events."""

    async def respond(self, request: Any) -> None:
        await super().respond(request)
        if request.action == "Echo":
            await self.say(*["Event: Echoed"] * 3)


@every_way
@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
async def test_an_operation_may_be_cancelled_anywhere(
    beside: Beside,
    how: How,
    when: When,
    transport: Callable[[], Any],
    operation: Callable[[Client], Coroutine[Any, Any, object]],
) -> None:
    peer = EchoingPeer(beside, transport())
    async with peer.accept() as client:
        beside.go(peer.attend())
        await quiet()
        before, rounds = tasks_alive(), 0
        async for cut in cuts(how, when):
            await cut(operation(client))
            await still_right(client)
            assert tasks_alive() == before
            rounds += 1
        assert rounds > 1
    await peer.expect_end()


@pytest.mark.parametrize("others", [0, 1], ids=["alone", "behind another"])
@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
async def test_who_was_cancelled_before_it_asked_has_asked_nothing(
    beside: Beside, transport: Callable[[], Any], others: int
) -> None:
    peer = Peer(beside, transport())
    async with peer.accept() as client:
        asked = [(beside(client.send("First")), await peer.expect("First")) for _ in range(others)]
        for _ in range(20):  # whoever of them runs first
            with anyio.CancelScope() as scope:
                scope.cancel()
                await client.send("Never")
            assert scope.cancelled_caught
        for waiting, request in asked:
            await peer.answer(request)
            await waiting
        last = beside(client.send("Last"))
        await peer.answer(await peer.expect("Last"))
        await last
        nothing_left(client)


async def test_a_cancelled_action_that_is_still_queued_is_never_sent(beside: Beside) -> None:
    peer = Peer(beside, memory_pair(room=0))
    async with peer.accept() as client:
        first = beside(client.send("First"))
        await quiet()  # the writer holds it out to a peer that does not read
        cancelled: list[Begun[object]] = [
            beside(client.send("Never")),
            beside(read_items(client)),
        ]
        await quiet()
        for one in cancelled:
            await one.stop()
        second = beside(client.send("Second"))
        for action in ("First", "Second"):
            await peer.answer(await peer.expect(action), N=action)
        assert [(await one)["N"] for one in (first, second)] == ["First", "Second"]
        nothing_left(client)


async def test_a_cancelled_action_that_has_begun_to_leave_is_sent_whole(beside: Beside) -> None:
    peer = Peer(beside, nowait_pair(takes=9, room=1))
    async with peer.accept() as client:
        first = beside(client.send("First", Text="cancelled"))
        await quiet()
        await first.stop()
        second = beside(client.send("Echo", Text="mine"))
        await peer.answer(await peer.expect("First", Text="cancelled"), Text="too late")
        await peer.answer(await peer.expect("Echo"), Text="mine")
        assert (await second)["Text"] == "mine"
        nothing_left(client)


@every_way
async def test_waiting_for_room_may_be_cancelled(beside: Beside, how: How, when: When) -> None:
    peer = EchoingPeer(beside)
    async with peer.accept(limits=Limits(pending_actions=1)) as client:
        beside.go(peer.attend())
        async for cut in cuts(how, when):
            first = beside(client.send("Echo", Text="first"))
            await cut(client.send("Echo", Text="cancelled"))
            assert (await first)["Text"] == "first"
            await still_right(client)


class MutePeer(Peer):
    """Places calls, and reports on none: to a user without read=call no report comes, ever."""

    async def respond(self, request: Any) -> None:
        if request.action == "Originate":
            await self.answer(request, Message="Originate successfully queued")
        else:
            await super().respond(request)


@every_way
async def test_a_cancelled_call_of_which_nothing_is_reported_leaves_nothing(
    beside: Beside, how: How, when: When
) -> None:
    async def place() -> None:
        placed.append(await client.originate("PJSIP/1", context="default", exten="1"))

    peer, rounds = MutePeer(beside), 0
    placed: list[OutboundCall] = []
    async with peer.accept() as client:
        beside.go(peer.attend())
        async for cut in cuts(how, when):
            await cut(place())
            await client.ping()
            assert client._session.connection.pending == len(placed)
            assert len(client._session.ledger) == len(placed)
            rounds += 1
        assert rounds > len(placed)


@every_way
async def test_no_event_is_lost_by_a_cancelled_receive(
    peer: Peer, beside: Beside, how: How, when: When
) -> None:
    received: list[int] = []

    async def receive(stream: Any, last: int) -> None:
        while len(received) < last:
            received.append(int((await stream.receive())["N"]))

    await receives(peer, beside, how, when, receive, received)


@every_way
async def test_no_event_is_lost_by_a_cancelled_batch(
    peer: Peer, beside: Beside, how: How, when: When
) -> None:
    received: list[int] = []

    async def receive(stream: Any, last: int) -> None:
        while len(received) < last:
            most = min(5, last - len(received))
            batch: list[Event] = await stream.receive_batch(most, within=60)
            received.extend(int(event["N"]) for event in batch)

    await receives(peer, beside, how, when, receive, received)


async def receives(
    peer: Peer,
    beside: Beside,
    how: How,
    when: When,
    receive: Callable[[Any, int], Coroutine[Any, Any, None]],
    received: list[int],
) -> None:
    """Twelve more events each round, in bursts; a receiver that is cut, and another after it."""

    async def burst() -> None:
        for size in (1, 4, 2, 5):
            numbers = [next(sent) for _ in range(size)]
            await peer.say(*[f"Event: Newexten / N: {n}" for n in numbers])
            await anyio.lowlevel.checkpoint()

    sent = itertools.count()
    async with peer.accept() as client:
        with client.events("Newexten") as stream:
            last = 0
            async for cut in cuts(how, when):
                last += 12
                beside.go(burst())
                await cut(receive(stream, last))
                await receive(stream, last)
                assert received == list(range(last))


@every_way
async def test_wait_closed_may_be_cancelled(beside: Beside, how: How, when: When) -> None:
    async def cut_later(peer: Peer) -> None:
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        await peer.cut()

    async for cut in cuts(how, when):
        peer = Peer(beside)
        async with peer.accept() as client:
            beside.go(cut_later(peer))
            await cut(client.wait_closed())
            assert "closed the connection" in str(await client.wait_closed())


@every_way
@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
async def test_closing_may_be_cancelled_and_is_done_all_the_same(
    beside: Beside, how: How, when: When, transport: Callable[[], Any]
) -> None:
    async for cut in cuts(how, when):
        peer = Peer(beside, transport())
        async with peer.accept() as client:
            waiting = beside(client.wait_for("Hangup"))
            await quiet()
            beside.go(peer.attend())
            await cut(client.aclose())
            assert client.state is State.CLOSED
            assert type(await client.wait_closed()) is ConnectionClosed
            assert type(await waiting.error()) is ConnectionClosed
            assert peer.left


@every_way
@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
async def test_connecting_may_be_cancelled_anywhere(
    beside: Beside, how: How, when: When, transport: Callable[[], Any]
) -> None:
    async def come_and_go() -> None:
        async with connection as client:
            await echoed(client, "x")

    await quiet()
    before = tasks_alive()
    async for cut in cuts(how, when):
        peer = EchoingPeer(beside, transport())
        connection = peer.dial()
        serving = beside(peer.serve())
        await cut(come_and_go())
        begun = connection.state is not State.NEW
        if begun:
            assert connection.state is State.CLOSED
            assert peer.left
            await serving
        serving.scope.cancel()
        await quiet()
        assert tasks_alive() == before
