"""How many actions end: answered, lost, broken off, closed, left, and forgotten."""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import anyio
import pytest

from amitrio import Action, Answers, Client, ConnectionClosed, ConnectionLost, Reply
from amitrio.client.pending import Pending
from amitrio.limits import Limits
from tests.client.peer import Peer
from tests.client.streams import memory_pair, nowait_pair
from tests.client.test_answers import NARROW, asks, each, told
from tests.client.test_cancellation import nothing_left
from tests.client.waiting import Beside, quiet


async def last_is_next(peer: Peer, client: Client, beside: Beside) -> None:
    """Nothing that was asked before leaves any more."""
    last = beside(client.send("Last"))
    await peer.answer(await peer.expect("Last"))
    await last
    nothing_left(client)


async def still_asks(peer: Peer, client: Client, beside: Beside) -> None:
    """What had begun to leave is heard; then comes the next action."""
    last = beside(client.send("Last"))
    while (request := await peer.hear()).action != "Last":
        await peer.answer(request)
    await peer.answer(request)
    await last


# Lost ---------------------------------------------------------------------------------------------


async def test_a_loss_is_the_answer_to_what_was_drawn_and_then_raised(
    peer: Peer, beside: Beside
) -> None:
    def endless() -> Iterator[Action]:
        while True:
            drawn.append(Action("Ask", {"N": str(len(drawn))}))
            yield drawn[-1]

    async def take(answers: Answers[Reply]) -> None:
        async for answer in answers:
            answered.append(answer.action)
            errors.append(answer.error)

    drawn: list[Action] = []
    answered: list[object] = []
    errors: list[Exception | None] = []
    async with peer.accept() as client:
        answers = client.send_many(endless(), at_once=2)
        taking = beside(take(answers))
        await peer.answer(await peer.expect("Ask"), N="0")
        await peer.expect("Ask")
        await peer.expect("Ask")
        await peer.cut()
        assert isinstance(await taking.error(), ConnectionLost)
        assert answered == drawn
        assert [getattr(error, "executed", None) for error in errors] == [
            None,
            "maybe",
            "maybe",
            "no",
        ]
        with pytest.raises(ConnectionLost):
            await anext(answers)
        assert answered == drawn


async def test_a_loss_after_the_last_action_is_no_loss(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        answers = client.send_many(asks(1))
        asked = beside(anext(answers))
        await peer.answer(await peer.expect("Ask"), N="0")
        assert (await asked).reply["N"] == "0"
        await peer.cut()
        await client.wait_closed()
        assert await told(answers) == []


async def test_without_a_connection_there_is_nobody_to_ask(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        beside.go(peer.attend())
        answers = client.send_many(asks(2))
    answer = await anext(answers)
    assert isinstance(answer.error, ConnectionClosed)
    with pytest.raises(ConnectionClosed):
        await anext(answers)
    with pytest.raises(ConnectionClosed):
        client.send_many(asks(1))


# Broken off ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [LookupError, ValueError, ConnectionError])
async def test_what_the_iterable_raises_is_raised_once_behind_the_answers(
    peer: Peer, beside: Beside, error: type[Exception]
) -> None:
    def broken() -> Iterator[Action]:
        yield from asks(2)
        raise error

    async with peer.accept() as client:
        beside.go(peer.attend())
        answers = client.send_many(broken())
        assert [(await anext(answers)).reply["N"] for _ in range(2)] == ["0", "1"]
        with pytest.raises(error):
            await anext(answers)
        assert await told(answers) == []


async def test_a_loop_left_after_the_iterable_raised_is_found_by_the_collector(
    peer: Peer, beside: Beside
) -> None:
    def broken() -> Iterator[Action]:
        yield from asks(2)
        raise LookupError

    async def take_one(client: Client) -> None:
        async for _ in client.send_many(broken()):
            return

    async with peer.accept() as client:
        with collected_by_hand():
            taking = beside(take_one(client))
            first, second = await peer.expect("Ask"), await peer.expect("Ask")
            await peer.answer(first, N="0")
            await taking
            del taking
            gc.collect()  # the error has a traceback, and that the frames of the stream
            await quiet()
            (left,) = client._session.ledger._pending
            assert left.abandoned
        await peer.answer(second)


class Restless:
    """Goes on behind its end, as no iterator should."""

    def __init__(self, *, ends_at: int, by: type[Exception]) -> None:
        self.drawn = 0
        self.ends_at = ends_at
        self.by = by

    def __iter__(self) -> Iterator[Action]:
        return self

    def __next__(self) -> Action:
        self.drawn += 1
        if self.drawn == self.ends_at:
            raise self.by
        return Action("Ask", {"N": str(self.drawn)})


async def test_an_iterable_that_has_raised_is_asked_no_more(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        beside.go(peer.attend())
        restless = Restless(ends_at=1, by=LookupError)
        answers = client.send_many(restless)
        with pytest.raises(LookupError):
            await anext(answers)
        assert await told(answers) == []
        assert restless.drawn == 1


async def test_an_iterable_that_has_ended_is_asked_no_more(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        beside.go(peer.attend())
        restless = Restless(ends_at=2, by=StopIteration)
        assert await told(client.send_many(restless)) == ["1"]
        assert restless.drawn == 2


TRANSPORTS: dict[str, Callable[[], Any]] = {
    "memory": memory_pair,
    "takes all at once": lambda: nowait_pair(takes=10_000),
}
each_transport = pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)


@each_transport
@pytest.mark.parametrize("before", [0, 1, 2])
async def test_an_iterable_may_close_the_stream(
    beside: Beside, transport: Callable[[], Any], before: int
) -> None:
    def closing() -> Iterator[Action]:
        yield from asks(before)
        answers.close()
        yield from asks(3)

    peer = Peer(beside, transport())
    async with peer.accept() as client:
        beside.go(peer.attend())
        heard = len(peer.heard)
        answers = client.send_many(closing(), at_once=1)
        with pytest.raises(anyio.ClosedResourceError):
            await each(answers)
        await client.ping()
        assert [request.action for request in peer.heard[heard:]] == ["Ask"] * before + ["Ping"]
        nothing_left(client)


@contextmanager
def collected_by_hand() -> Iterator[None]:
    """Nothing is found unreachable but by `gc.collect()`."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# Closed and left ---------------------------------------------------------------------------------


async def test_who_leaves_the_loop_withdraws_what_has_not_left(beside: Beside) -> None:
    async def take_one(client: Client) -> str:
        async for answer in client.send_many(asks(4), at_once=2):
            return answer.reply["N"]
        return "none"

    peer = Peer(beside, memory_pair(room=0))
    async with peer.accept() as client:
        taking = beside(take_one(client))
        await quiet()  # the writer holds out two actions to a peer that does not read
        first = await peer.expect("Ask", N="0")
        await peer.expect("Ask", N="1")
        await peer.answer(first, N="0")
        assert await taking == "0"
        await still_asks(peer, client, beside)
        nothing_left(client)


async def test_a_taker_is_told_that_the_stream_was_closed(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.send_many(asks(3)) as answers:
            taking = beside(anext(answers))
            await peer.expect("Ask", N="0")
            await quiet()
        assert isinstance(await taking.error(), anyio.ClosedResourceError)
        with pytest.raises(anyio.ClosedResourceError):
            await anext(answers)
        answers.close()
        await still_asks(peer, client, beside)
        nothing_left(client)


async def test_there_is_one_taker(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.send_many(asks(1)) as answers:
            taking = beside(anext(answers))
            request = await peer.expect("Ask")
            await quiet()
            with pytest.raises(anyio.BusyResourceError):
                await anext(answers)
            await peer.answer(request, N="0")
            assert (await taking).reply["N"] == "0"
            with pytest.raises(TypeError, match="one consumer"):
                copy.copy(answers)


async def test_who_leaves_the_loop_asks_nothing_more(peer: Peer, beside: Beside) -> None:
    async def take_one(client: Client) -> str:
        async for answer in client.send_many(asks(2), at_once=1):
            return answer.reply["N"]
        return "none"

    async with peer.accept() as client:
        taking = beside(take_one(client))
        await peer.answer(await peer.expect("Ask", N="0"), N="0")
        assert await taking == "0"
        await quiet()
        await last_is_next(peer, client, beside)


async def test_what_was_asked_ahead_does_not_leave_when_the_loop_is_left(
    peer: Peer, beside: Beside
) -> None:
    async def take_one(client: Client) -> str:
        async for answer in client.send_many(asks(9), at_once=3):
            return answer.reply["N"]
        return "none"

    async with peer.accept() as client:
        taking = beside(take_one(client))
        first, *others = [await peer.expect("Ask") for _ in range(3)]
        await peer.answer(first, N="0")
        assert await taking == "0"
        for request in others:
            await peer.answer(request)
        await last_is_next(peer, client, beside)


async def test_answers_that_have_come_are_dropped_with_the_stream(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        answers = client.send_many(asks(3))
        taking = beside(anext(answers))
        requests = [await peer.expect("Ask") for _ in range(3)]
        await taking.stop()
        for request in requests:
            await peer.answer(request, N=request.get("N") or "")
        await quiet()
        assert (await anext(answers)).reply["N"] == "0"
        answers.close()
        with pytest.raises(anyio.ClosedResourceError):
            await anext(answers)
        nothing_left(client)


async def test_a_stream_that_is_closed_withdraws_what_has_not_left(beside: Beside) -> None:
    peer = Peer(beside, memory_pair(room=0))
    async with peer.accept() as client:
        first = beside(client.send("First"))
        await quiet()  # the writer holds it out to a peer that does not read
        answers = client.send_many(asks(3))
        taking = beside(anext(answers))
        await quiet()
        assert client.statistics().pending == 4
        answers.close()
        assert client.statistics().pending == 1
        assert isinstance(await taking.error(), anyio.ClosedResourceError)
        await peer.answer(await peer.expect("First"))
        await first
        await last_is_next(peer, client, beside)


@each_transport
async def test_a_stream_closed_while_it_waits_for_room_asks_nothing(
    beside: Beside, transport: Callable[[], Any]
) -> None:
    peer = Peer(beside, transport())
    async with peer.accept(limits=NARROW) as client:
        other = beside(client.send("Other"))
        request = await peer.expect("Other")
        with client.send_many(asks(2)) as answers:
            taking = beside(anext(answers))
            await quiet()
        assert isinstance(await taking.error(), anyio.ClosedResourceError)
        await peer.answer(request)
        await other
        await last_is_next(peer, client, beside)


@each_transport
async def test_a_stream_closed_in_the_tick_in_which_there_is_room_asks_nothing(
    beside: Beside, transport: Callable[[], Any]
) -> None:
    peer = Peer(beside, transport())
    async with peer.accept(limits=NARROW) as client:
        answers = client.send_many(asks(2))
        assert client._session.ledger.room.take_nowait()
        taking = beside(anext(answers))
        await quiet()
        client._session.ledger.room.give()
        answers.close()
        assert isinstance(await taking.error(), anyio.ClosedResourceError)
        await last_is_next(peer, client, beside)


# Forgotten ----------------------------------------------------------------------------------------


async def forget(client: Client, beside: Beside, count: int) -> None:
    """Ask so many and one more, and leave it all to the collector."""

    def given() -> Iterator[Action]:
        for action in asks(count + 1):
            assert holder
            yield action

    holder: list[Answers[Reply]] = []
    holder.append(client.send_many(given(), at_once=count))
    taking = beside(anext(holder[0]))
    await quiet()
    await taking.stop()


async def test_the_collector_may_find_it_in_another_thread(beside: Beside) -> None:
    peer = Peer(beside, memory_pair(room=0))
    async with peer.accept(limits=Limits(pending_actions=3)) as client:
        with collected_by_hand():
            first = beside(client.send("First"))
            await quiet()  # the writer holds it out to a peer that does not read
            await forget(client, beside, 2)
            other = beside(client.send("Other"))
            await quiet()
            assert client.statistics().pending == 3
            await anyio.to_thread.run_sync(gc.collect)
        await peer.answer(await peer.expect("First"))
        await first
        await peer.answer(await peer.expect("Other"))
        await other
        nothing_left(client)


class Collecting(Pending):
    """The collector may come at any time."""

    def on_failure(self, _: object) -> None:
        gc.collect()


async def test_the_collector_may_find_it_while_the_connection_ends(beside: Beside) -> None:
    peer = Peer(beside, memory_pair(room=0))
    async with peer.accept() as client:
        with collected_by_hand():
            await client._session.post(Action("First"), Collecting("First"))
            await quiet()
            await forget(client, beside, 2)
            other = beside(client.send("Other"))
            await quiet()
            await peer.cut()
            assert isinstance(await other.error(), ConnectionLost)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_collector_may_find_it_when_the_loop_has_ended(
    anyio_backend_name: str, *, elsewhere: bool
) -> None:
    async def main() -> list[Answers[Reply]]:
        async with anyio.create_task_group() as tasks:
            peer = Peer(Beside(tasks))
            async with peer.accept() as client:
                tasks.start_soon(peer.attend)
                answers = client.send_many(asks(3), at_once=2)
                await anext(answers)
        return [answers]

    left = anyio.run(main, backend=anyio_backend_name)
    if elsewhere:
        thread = Thread(target=left.clear)
        thread.start()
        thread.join()
    else:
        left.clear()
    gc.collect()  # where it raised, pytest would say so
