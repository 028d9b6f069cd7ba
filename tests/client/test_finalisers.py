"""Finalisers: a stream that is forgotten is closed, by its event loop and between two steps."""

from __future__ import annotations

import gc
from collections.abc import Callable
from threading import Thread, get_ident
from typing import Any

import anyio
import pytest

from amitrio import Event
from amitrio.client.eventloop import this_event_loop
from amitrio.client.inbox import Inbox
from amitrio.client.streams import EventStream, open_stream
from amitrio.client.subscriptions import Subscriptions
from tests.client.test_answers_end import collected_by_hand
from tests.client.waiting import quiet


class Watched(Subscriptions):
    """Knows in which threads it was left."""

    def __init__(self) -> None:
        super().__init__()
        self.left_in: list[int] = []

    def discard(self, inbox: Inbox[Event]) -> None:
        self.left_in.append(get_ident())
        super().discard(inbox)

    def open(self, where: Callable[[Event], bool] | None = None) -> EventStream[Event]:
        return open_stream(self, this_event_loop(), ["*"], where, 5, drops=False)

    def forget_one(self) -> None:
        """Open a stream that only itself holds: the collector alone finds it."""

        def where(_: Event) -> bool:
            return bool(holder)

        holder: list[EventStream[Event]] = []
        holder.append(self.open(where))


async def test_who_forgets_a_stream_closes_it_in_the_next_turn() -> None:
    subscriptions = Watched()
    with subscriptions.open():
        subscriptions.open()
        assert subscriptions.left_in == []  # it may have been in the midst of anything
        await quiet()
        assert len(subscriptions) == len(subscriptions.left_in) == 1


async def test_who_leaves_a_loop_by_break_does_too() -> None:
    subscriptions = Watched()

    async def read_one() -> None:
        stream = subscriptions.open()
        subscriptions.inboxes()[0].put(Event.from_frame(b"Event: Hangup"))
        async for event in stream:
            assert event.kind == "Hangup"
            break

    await read_one()
    await quiet()
    assert len(subscriptions) == 0


async def run_here(collect: Callable[[], object]) -> None:
    collect()


@pytest.mark.parametrize("run", [run_here, anyio.to_thread.run_sync])
async def test_the_collector_may_come_in_any_thread(run: Any) -> None:
    subscriptions = Watched()
    with collected_by_hand(), subscriptions.open():
        subscriptions.forget_one()
        await run(gc.collect)
        await quiet()
        assert subscriptions.left_in == [get_ident()]
        assert len(subscriptions) == 1


async def test_a_stream_is_closed_once(recwarn: pytest.WarningsRecorder) -> None:
    subscriptions = Watched()
    stream = subscriptions.open()
    stream.close()
    del stream
    await quiet()
    assert len(subscriptions.left_in) == 1
    assert not recwarn.list


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_the_event_loop_may_have_ended(backend: str) -> None:
    async def open_one() -> None:
        streams.append(subscriptions.open())

    def forget() -> None:
        streams.clear()

    subscriptions = Watched()
    streams: list[EventStream[Event]] = []
    anyio.run(open_one, backend=backend)
    thread = Thread(target=forget)
    thread.start()
    thread.join()
    assert len(subscriptions) == 0
