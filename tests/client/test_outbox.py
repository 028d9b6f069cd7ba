"""The outbox: frames leave in order, whole, few writes for many, and can be taken back."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from amitrio.client.outbox import Letter, Outbox
from amitrio.client.pending import Pending
from amitrio.credentials import HiddenBytes
from amitrio.limits import Limits
from tests.client.peer import Peer
from tests.client.streams import MemoryStream, NowaitStream, memory_pair, nowait_pair
from tests.client.waiting import Beside, quiet

ALL = 1_000_000


@asynccontextmanager
async def outbox(
    beside: Beside, ends: tuple[MemoryStream, MemoryStream]
) -> AsyncIterator[tuple[Outbox, MemoryStream]]:
    """An outbox with its writer at work, and the other end of its stream."""
    beside.to_close += ends
    box = Outbox(ends[0])
    writing = beside(box.run())
    await quiet()
    try:
        yield box, ends[1]
    finally:
        writing.scope.cancel()
        box.close()


def post(box: Outbox, frame: bytes, *, lone: bool) -> Letter:
    letter = Pending("Ping")
    letter.frame = frame
    box.post(letter, lone=lone)
    return letter


async def read(stream: MemoryStream, size: int) -> list[bytes]:
    """The writes that make up so many bytes."""
    writes: list[bytes] = []
    while sum(map(len, writes)) < size:
        writes.append(await stream.receive())
    return writes


async def test_a_lone_frame_leaves_at_once(beside: Beside) -> None:
    ends = nowait_pair(takes=ALL)
    async with outbox(beside, ends) as (box, _):
        letter = post(box, b"one", lone=True)
        assert letter.left
        assert ends[0].taken == [b"one"]  # nobody was woken for it


async def test_a_frame_that_is_not_lone_is_the_writers(beside: Beside) -> None:
    ends = nowait_pair(takes=ALL)
    async with outbox(beside, ends) as (box, other):
        letters = [post(box, frame, lone=False) for frame in (b"one", b"two", b"three")]
        assert not any(letter.left for letter in letters)
        assert await read(other, 11) == [b"onetwothree"]
        assert all(letter.left for letter in letters)
        assert ends[0].taken == []


async def test_what_is_abandoned_is_passed_over_and_can_be_withdrawn(beside: Beside) -> None:
    ends = nowait_pair(takes=ALL)
    async with outbox(beside, ends) as (box, other):
        post(box, b"none", lone=False).abandoned = True
        await quiet()
        assert ends[0].written == []  # nothing at all
        first = post(box, b"first", lone=False)
        between = post(box, b"between", lone=False)
        between.abandoned = True
        post(box, b"second", lone=False)
        assert await read(other, 11) == [b"firstsecond"]
        assert (first.left, between.left) == (True, False)
        assert box.withdraw(between)
        assert not box.withdraw(first)


@pytest.mark.parametrize("takes", range(1, 5))
async def test_what_was_not_taken_at_once_leads_the_next_write(beside: Beside, takes: int) -> None:
    ends = nowait_pair(takes=takes)
    async with outbox(beside, ends) as (box, other):
        first = post(box, b"first", lone=True)
        second = post(box, b"second", lone=True)  # not before the rest of the first
        assert (first.left, second.left) == (True, False)
        assert b"".join(await read(other, 11)) == b"firstsecond"
        assert ends[0].taken == [b"first"[:takes]]
        assert ends[0].written == [b"first"[takes:] + b"second"]


async def test_a_frame_that_begins_to_leave_cannot_be_taken_back(beside: Beside) -> None:
    async with outbox(beside, nowait_pair(takes=2)) as (box, other):
        letter = post(box, b"begun", lone=True)
        assert not box.withdraw(letter)
        assert b"".join(await read(other, 5)) == b"begun"


async def test_a_stream_that_takes_nothing_at_once_leaves_it_to_the_writer(
    beside: Beside,
) -> None:
    async with outbox(beside, nowait_pair(takes=0)) as (box, other):
        letter = post(box, b"one", lone=True)
        assert not letter.left
        assert await read(other, 3) == [b"one"]


async def test_frames_leave_in_order_however_they_leave(beside: Beside) -> None:
    async with outbox(beside, nowait_pair(takes=3, room=1)) as (box, other):
        whole = b"".join(b"<%d>" % n for n in range(300))
        reading = beside(read(other, len(whole)))
        for n in range(300):
            post(box, b"<%d>" % n, lone=n % 3 == 0)
            if n % 7 == 0:
                await anyio.lowlevel.checkpoint()
        assert b"".join(await reading) == whole


async def test_many_frames_leave_in_few_writes(beside: Beside) -> None:
    ends = nowait_pair(takes=ALL)
    async with outbox(beside, ends) as (box, other):
        frame = b"x" * 1000
        for _ in range(200):
            post(box, frame, lone=False)
        await read(other, 200_000)
        assert list(map(len, ends[0].written)) == [66_000, 66_000, 66_000, 2_000]


async def test_a_frame_may_be_taken_back_until_it_leaves(beside: Beside) -> None:
    async with outbox(beside, memory_pair(room=0)) as (box, other):
        first = post(box, b"first", lone=True)
        await quiet()  # the writer holds it out to a peer that does not read
        second, third = post(box, b"second", lone=False), post(box, b"third", lone=False)
        assert [letter.left for letter in (first, second, third)] == [True, False, False]
        assert box.withdraw(second)
        assert not box.withdraw(first)
        assert await read(other, 10) == [b"first", b"third"]


async def test_the_writer_tells_what_broke_the_stream(beside: Beside) -> None:
    ends = memory_pair()
    beside.to_close += ends
    box = Outbox(ends[0])
    writing = beside(box.run())
    await quiet()
    await ends[1].aclose()
    post(box, b"one", lone=True)
    assert isinstance(await writing, anyio.BrokenResourceError)
    post(box, b"two", lone=True)  # harmless
    box.close()


BREAKS = [
    anyio.BrokenResourceError(),
    anyio.ClosedResourceError(),
    anyio.EndOfStream(),
    ssl.SSLError(1, "x"),
    ConnectionResetError(),
]


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: type(broken).__name__)
async def test_however_a_stream_breaks_the_writer_tells_it(
    beside: Beside, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    async def breaks(_item: bytes) -> None:
        raise broken

    ends = memory_pair()
    beside.to_close += ends
    monkeypatch.setattr(ends[0], "send", breaks)
    box = Outbox(ends[0])
    post(box, b"one", lone=True)
    assert await box.run() is broken
    box.close()


class Gone(NowaitStream):
    def send_nowait(self, item: bytes) -> int:  # noqa: ARG002 - it takes nothing
        raise anyio.BrokenResourceError


async def test_a_stream_that_breaks_at_once_is_the_writers_to_find(beside: Beside) -> None:
    one, other = nowait_pair(takes=ALL)
    async with outbox(beside, (Gone(one.chunks, ALL), other)) as (box, _):
        letter = post(box, b"one", lone=True)
        assert not letter.left
        assert await read(other, 3) == [b"one"]


# Secrets on their way ----------------------------------------------------------------------------


async def test_hidden_bytes_stay_hidden_when_they_are_gathered(beside: Beside) -> None:
    ends = nowait_pair(takes=ALL)
    async with outbox(beside, ends) as (box, other):
        post(box, b"open", lone=False)
        post(box, HiddenBytes(b"canary"), lone=False)
        await read(other, 10)
        assert ends[0].written == [b"opencanary"]
        assert "canary" not in repr(ends[0].written)


async def test_hidden_bytes_stay_hidden_when_they_leave_in_parts(beside: Beside) -> None:
    ends = nowait_pair(takes=3)
    async with outbox(beside, ends) as (box, other):
        letter = post(box, HiddenBytes(b"a canary"), lone=True)
        assert "canary" not in repr(box._rest)
        assert "canary" not in repr(letter)
        await read(other, 8)
        assert ends[0].written == [b"anary"]
        assert "anary" not in repr(ends[0].written)


# Room for actions --------------------------------------------------------------------------------


async def test_past_pending_actions_send_waits_and_all_proceed(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=Limits(pending_actions=3)) as client:
        asked = {str(n): beside(client.send("Echo", N=str(n))) for n in range(20)}
        await quiet()
        heard = 0
        for _ in range(20):
            request = await peer.expect("Echo")
            heard += 1
            await peer.answer(request, N=request.get("N"))
            assert len(client._session.ledger) <= 3
        for n, one in asked.items():
            assert (await one)["N"] == n
        assert heard == 20
        assert client._session.ledger.room.value == 3


async def test_no_more_than_pending_actions_are_on_the_wire(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=Limits(pending_actions=3)) as client:
        before = len(peer.heard)
        for n in range(10):
            beside.go(client.send("Echo", N=str(n)))
        await quiet()
        listening = beside(peer.hear())
        await listening
        assert len(peer.heard) - before == 3
        assert len(client._session.ledger) == 3


async def test_a_call_that_awaits_its_report_takes_no_room(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=Limits(pending_actions=1)) as client:
        calls = []
        for _ in range(3):
            calling = beside(client.originate("PJSIP/1", context="a", exten="1"))
            request = await peer.expect("Originate")
            await peer.answer(request, Message="Originate successfully queued")
            calls.append((await calling, request))
        for call, request in calls:
            await peer.say(
                f"Event: OriginateResponse / ActionID: {request.action_id} / Response: Success"
            )
            await call.wait_answered()
        assert len(client._session.ledger) == 0


async def test_an_action_that_cannot_be_handed_over_leaves_nothing(
    peer: Peer, beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where trio is asked from a thread that is not its own."""

    def refuse(_: Outbox, __: Letter, *, lone: bool) -> None:
        raise RuntimeError("must be called from async context")

    async with peer.accept() as client:
        with monkeypatch.context() as here:
            here.setattr(Outbox, "post", refuse)
            with pytest.raises(RuntimeError, match="async context"):
                await client.ping()
        asked = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))
        assert await asked >= 0
        assert client.statistics().pending == 0
