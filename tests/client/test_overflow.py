"""Laws 1 and 2: the reader never waits for anybody, and nothing is lost silently."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest

from amitrio import Client, Event, EventsDropped, Limits, Newexten, SubscriberTooSlow
from amitrio.protocol import encode_frame
from tests.client.peer import Peer
from tests.client.waiting import Beside, quiet


def numbers(received: Sequence[Event | EventsDropped]) -> list[str | EventsDropped]:
    return [one if isinstance(one, EventsDropped) else one["N"] for one in received]


async def flood(peer: Peer, count: int, *, start: int = 0) -> None:
    for n in range(start, start + count):
        await peer.event("Newexten", N=str(n))


async def test_a_consumer_that_never_takes_does_not_hold_up_an_answer(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        with client.events("Newexten", buffer=1):
            await flood(peer, 200)
            asked = beside(client.ping())
            await peer.answer(await peer.expect("Ping"))
            await asked


async def test_a_slow_consumer_gets_what_was_buffered_and_then_the_error(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Newexten", buffer=3) as stream:
            await flood(peer, 5)
            await quiet()
            assert [(await stream.receive())["N"] for _ in range(3)] == ["0", "1", "2"]
            with pytest.raises(SubscriberTooSlow, match="Newexten") as caught:
                await stream.receive()
            assert caught.value.buffer == 3


async def test_the_error_is_told_again_and_is_a_new_one(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Newexten", buffer=1) as stream:
            await flood(peer, 2)
            await quiet()
            await stream.receive()
            errors = []
            for _ in range(2):
                with pytest.raises(SubscriberTooSlow) as caught:
                    await stream.receive()
                errors.append(caught.value)
            assert errors[0] is not errors[1]


async def test_one_slow_consumer_touches_no_other_and_not_the_connection(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        slow = client.events("Newexten", buffer=2)
        good = client.events("Newexten")
        await flood(peer, 10)
        await quiet()
        assert [(await good.receive())["N"] for _ in range(10)] == [str(n) for n in range(10)]
        assert slow.statistics().dropped == 1
        assert client.connected
        asked = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))
        await asked


async def test_an_exact_fit_is_no_overflow(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Newexten", buffer=3) as stream:
            await flood(peer, 3)
            await quiet()
            assert [(await stream.receive())["N"] for _ in range(3)] == ["0", "1", "2"]
            with pytest.raises(anyio.WouldBlock):
                stream.receive_nowait()


async def test_drop_oldest_tells_how_many_events_gave_way_and_where(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Newexten", buffer=3, overflow="drop_oldest") as stream:
            await flood(peer, 5)
            await quiet()
            received = [await stream.receive() for _ in range(4)]
            assert numbers(received) == [EventsDropped(2), "2", "3", "4"]


async def test_gaps_stand_exactly_where_events_are_missing(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Newexten", buffer=2, overflow="drop_oldest") as stream:
            received: list[Newexten | EventsDropped] = []
            for burst in (1, 2, 3, 5, 2):
                await flood(peer, burst, start=sum(map(int, [])) + _sent(received))
                await quiet()
                while True:
                    try:
                        received.append(stream.receive_nowait())
                    except anyio.WouldBlock:
                        break
            assert numbers(received) == [
                "0", "1", "2", EventsDropped(1), "4", "5", EventsDropped(3), "9", "10", "11", "12",
            ]  # fmt: skip
            assert stream.statistics().dropped == 4


def _sent(received: Sequence[Event | EventsDropped]) -> int:
    """How many events the stream has accounted for: delivered, and told to be missing."""
    return sum(one.count if isinstance(one, EventsDropped) else 1 for one in received)


async def test_a_gap_is_told_before_the_loss(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Newexten", buffer=1, overflow="drop_oldest") as stream:
            await flood(peer, 3)
            await peer.cut()
            await client.wait_closed()
            assert numbers([await stream.receive() for _ in range(2)]) == [EventsDropped(2), "2"]
            with pytest.raises(Exception, match="closed the connection"):
                await stream.receive()


async def test_a_filter_neither_sees_nor_hides_a_gap(peer: Peer) -> None:
    async with peer.accept() as client:
        stream = client.events(
            "Newexten", buffer=2, overflow="drop_oldest", where=lambda event: event["N"] == "4"
        )
        await flood(peer, 5)
        await quiet()
        assert numbers([await stream.receive() for _ in range(2)]) == [EventsDropped(3), "4"]


async def test_a_waiting_consumer_never_overflows_while_it_keeps_up(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        with client.events("Newexten", buffer=1) as stream:
            for n in range(50):
                waiting = beside(stream.receive())
                await quiet()
                await flood(peer, 1, start=n)
                assert (await waiting)["N"] == str(n)


@pytest.mark.parametrize("buffer", [0, -1])
async def test_a_buffer_holds_something(peer: Peer, buffer: int) -> None:
    async with peer.accept() as client:
        with pytest.raises(ValueError, match="at least one"):
            client.events("Newexten", buffer=buffer)


# A flood that is longer than the buffer ----------------------------------------------------------

FRAME = encode_frame([("Event", "Newexten"), ("N", "x" * 420)])


async def test_a_consumer_that_keeps_up_loses_nothing_of_any_flood(
    peer: Peer, beside: Beside
) -> None:
    count = 20_000
    async with peer.accept() as client:
        with client.events("Newexten", buffer=4000) as stream:
            sent = beside(peer.send(FRAME * count))
            for _ in range(count):
                await stream.receive()
            await sent
            assert stream.statistics().delivered == count


async def test_a_long_list_is_no_longer_in_memory_than_it_is_read(
    peer: Peer, beside: Beside
) -> None:
    count = 20_000
    limits = Limits(list_items=4000)
    async with peer.accept(limits=limits) as client:
        listing = beside(_count_items(client))
        request = await peer.expect("CoreShowChannels")
        await peer.answer_list(
            request,
            "CoreShowChannelsComplete",
            *[f"Event: CoreShowChannel / N: {'x' * 400}"] * count,
        )
        assert await listing == count


async def _count_items(client: Client) -> int:
    async with client.items("CoreShowChannels") as items:
        return sum([1 async for _ in items])


async def test_who_takes_nothing_of_a_flood_is_not_waited_for(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("Newexten", buffer=10_000) as stream:
            asked = beside(client.ping())
            request = await peer.expect("Ping")
            pong = peer.connection.respond(request, "Success", [("Ping", "Pong")])
            await peer.send(FRAME * 5000 + pong)
            await asked
            assert stream.statistics().buffered == 5000


async def test_the_session_can_end_while_the_reader_gives_way(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Newexten", buffer=10_000) as stream:
            await peer.send(FRAME * 5000)
            await stream.receive()
            await client.aclose()
            assert (await stream.receive())["N"] == "x" * 420
