"""Event streams: who hears what, from when on, until when."""

from __future__ import annotations

import copy
import gc
import pickle

import anyio
import pytest

from amitrio import Client, ConnectionLost, Event, EventsDropped, StreamStatistics
from tests.client.peer import Peer
from tests.client.waiting import Beside, quiet


def subscriptions(client: Client) -> int:
    return len(client._session.subscriptions)


async def test_a_stream_is_registered_when_it_is_made(peer: Peer) -> None:
    async with peer.accept() as client:
        stream = client.events("Hangup")
        await peer.event("Hangup", N="1")
        await quiet()
        assert (await stream.receive())["N"] == "1"


async def test_what_happened_before_is_not_heard(peer: Peer) -> None:
    async with peer.accept() as client:
        await peer.event("Hangup", N="0")
        await quiet()
        with client.events("Hangup") as stream:
            await peer.event("Hangup", N="1")
            assert (await stream.receive())["N"] == "1"


async def test_one_event_reaches_every_listener(peer: Peer) -> None:
    async with peer.accept() as client:
        streams = [client.events("Hangup") for _ in range(3)] + [client.events()]
        await peer.event("Hangup", N="1")
        received = [await stream.receive() for stream in streams]
        assert {id(event) for event in received} == {id(received[0])}


@pytest.mark.parametrize(
    ("names", "heard"),
    [
        (["Hangup"], ["Hangup"]),
        (["hangup"], ["Hangup"]),
        (["HANGUP", "newexten"], ["Hangup", "Newexten"]),
        (["Hangup", "Hangup"], ["Hangup"]),
        (["Queue*"], ["QueueMember", "QueueEntry"]),
        (["queuem?mber"], ["QueueMember"]),
        (["*"], ["Hangup", "QueueMember", "QueueEntry", "Newexten", "Ümlaut"]),
        ([], ["Hangup", "QueueMember", "QueueEntry", "Newexten", "Ümlaut"]),
        (["ümlaut"], ["Ümlaut"]),
        (["Event: Hangup"], []),
        (["Hang"], []),
    ],
)
async def test_names_are_compared_in_any_case_and_may_be_patterns(
    peer: Peer, names: list[str], heard: list[str]
) -> None:
    async with peer.accept() as client:
        with client.events(*names) as stream, client.events("Last") as last:
            for kind in ("Hangup", "QueueMember", "QueueEntry", "Newexten", "Ümlaut", "Last"):
                await peer.event(kind)
            await last.receive()
            kinds = []
            while stream.statistics().buffered:
                kinds.append(stream.receive_nowait().kind)
            assert [kind for kind in kinds if kind != "Last"] == heard


async def test_the_class_of_all_events_stands_for_all_events(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events(Event) as stream:
            await peer.event("Hangup")
            await peer.event("Newexten")
            assert [(await stream.receive()).kind for _ in range(2)] == ["Hangup", "Newexten"]


async def test_where_chooses_among_events(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", where=lambda event: event["N"] in "13") as stream:
            for n in range(5):
                await peer.event("Hangup", N=str(n))
            assert [(await stream.receive())["N"] for _ in range(2)] == ["1", "3"]
            await quiet()
            with pytest.raises(anyio.WouldBlock):
                stream.receive_nowait()


async def test_an_error_in_where_is_its_consumers_alone(peer: Peer) -> None:
    async with peer.accept() as client:
        careless = client.events("Hangup", where=lambda event: bool(event["Missing"]))
        careful = client.events("Hangup")
        for n in range(2):
            await peer.event("Hangup", N=str(n))
        with pytest.raises(KeyError, match="Missing"):
            await careless.receive()
        assert (await careful.receive())["N"] == "0"
        assert client.connected


# Ways to receive ---------------------------------------------------------------------------------


async def test_receive_nowait_takes_what_is_there(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            with pytest.raises(anyio.WouldBlock):
                stream.receive_nowait()
            await peer.event("Hangup", N="1")
            await quiet()
            assert stream.receive_nowait()["N"] == "1"
            with pytest.raises(anyio.WouldBlock):
                stream.receive_nowait()


async def test_receive_nowait_tells_the_end_as_receive_does(peer: Peer) -> None:
    async with peer.accept() as client:
        stream, other = client.events("Hangup"), client.events("Hangup")
        await peer.event("Hangup")
        await peer.cut()
        await client.wait_closed()
        stream.receive_nowait()
        with pytest.raises(ConnectionLost):
            stream.receive_nowait()
        other.close()
        with pytest.raises(anyio.ClosedResourceError):
            other.receive_nowait()


@pytest.mark.virtual_time
async def test_a_batch_is_what_comes_within_a_while_after_the_first(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            began = anyio.current_time()
            batch = beside(stream.receive_batch(10, within=2))
            for n in range(4):
                await anyio.sleep(0.9)
                await peer.event("Hangup", N=str(n))
            assert [event["N"] for event in await batch] == ["0", "1", "2"]
            assert anyio.current_time() - began == pytest.approx(3.6)
            assert (await stream.receive())["N"] == "3"


@pytest.mark.virtual_time
async def test_a_full_batch_does_not_wait(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            began = anyio.current_time()
            for n in range(5):
                await peer.event("Hangup", N=str(n))
            await quiet()
            assert [event["N"] for event in await stream.receive_batch(3, within=60)] == [*"012"]
            assert [event["N"] for event in await stream.receive_batch(9, within=0)] == [*"34"]
            assert anyio.current_time() == began


async def test_a_batch_takes_all_that_is_there_without_waiting(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Newexten") as stream, client.events("Last") as last:
            for n in range(200):
                await peer.event("Newexten", N=str(n))
            await peer.event("Last")
            await last.receive()
            batch = await stream.receive_batch(150, within=0)
            assert [event["N"] for event in batch] == [str(n) for n in range(150)]
            assert len(await stream.receive_batch(1000, within=0)) == 50
            for wrong in (0, -1):
                with pytest.raises(ValueError, match="one event at least"):
                    await stream.receive_batch(wrong, within=1)


async def test_a_stream_closed_under_a_batch_stays_closed(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        stream = client.events("Newexten")
        batch = beside(stream.receive_batch(10, within=60))
        await peer.event("Newexten", N="1")
        await quiet()
        stream.close()
        await batch.stop()
        with pytest.raises(anyio.ClosedResourceError):
            stream.receive_nowait()


async def test_a_stream_cannot_be_doubled(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Newexten") as stream:
            for double in (copy.copy, copy.deepcopy, pickle.dumps):
                with pytest.raises(TypeError, match="one consumer"):
                    double(stream)
            await peer.event("Newexten", N="1")
            assert (await stream.receive())["N"] == "1"


async def test_a_batch_gives_what_it_has_before_the_end(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            batch = beside(stream.receive_batch(10, within=60))
            await peer.event("Hangup", N="0")
            await quiet()
            await peer.cut()
            assert [event["N"] for event in await batch] == ["0"]
            with pytest.raises(ConnectionLost):
                await stream.receive_batch(10, within=60)


async def test_a_cancelled_batch_gives_its_events_to_the_next(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            batch = beside(stream.receive_batch(10, within=60))
            for n in range(3):
                await peer.event("Hangup", N=str(n))
                await quiet()
            batch.scope.cancel()
            await quiet()
            assert batch.cancelled
            await peer.event("Hangup", N="3")
            assert [(await stream.receive())["N"] for _ in range(4)] == ["0", "1", "2", "3"]


async def test_a_second_consumer_is_refused(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            first = beside(stream.receive())
            await quiet()
            with pytest.raises(anyio.BusyResourceError):
                await stream.receive()
            with pytest.raises(anyio.BusyResourceError):
                await stream.receive_batch(2, within=1)
            await peer.event("Hangup", N="1")
            assert (await first)["N"] == "1"
            await peer.event("Hangup", N="2")
            assert (await stream.receive())["N"] == "2"


async def test_a_busy_consumer_can_be_cancelled(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            for n in range(60):
                await peer.event("Hangup", N=str(n))
            await quiet()
            taken = 0
            with anyio.CancelScope() as scope:
                async for _ in stream:
                    taken += 1
                    scope.cancel()
            assert scope.cancelled_caught
            assert taken <= 33
            assert (await stream.receive())["N"] == str(taken)


async def test_statistics_tell_how_a_stream_stands(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=50, overflow="drop_oldest") as stream:
            assert stream.statistics() == StreamStatistics(0, 0, 0, 50)
            await hang_up(peer, 40)
            assert stream.statistics() == StreamStatistics(40, 0, 0, 50)
            for _ in range(3):
                await stream.receive()
            assert stream.statistics() == StreamStatistics(37, 3, 0, 50)
            await hang_up(peer, 50)  # 32 were taken as a batch: 29 of them, and 8, are there
            assert stream.statistics() == StreamStatistics(79, 3, 8, 50)
            received = [await stream.receive() for _ in range(80)]
            assert received[29] == EventsDropped(8)  # which is no event
            assert stream.statistics() == StreamStatistics(0, 82, 8, 50)


async def test_a_gap_that_was_put_back_is_no_event_in_the_statistics(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", buffer=2, overflow="drop_oldest") as stream:
            await hang_up(peer, 5)
            batch = beside(stream.receive_batch(10, within=60))
            await quiet()
            await batch.stop()
            assert stream.statistics() == StreamStatistics(2, 0, 3, 2)
            assert await stream.receive() == EventsDropped(3)


async def hang_up(peer: Peer, times: int) -> None:
    for _ in range(times):
        await peer.event("Hangup")
    await quiet()


# wait_for ----------------------------------------------------------------------------------------


async def test_wait_for_gives_the_next_that_fits(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        waiting = beside(client.wait_for("Newstate", where=lambda event: event["N"] == "2"))
        await quiet()
        await peer.event("Hangup", N="2")
        await peer.event("Newstate", N="1")
        await peer.event("Newstate", N="2")
        assert (await waiting)["N"] == "2"
        assert subscriptions(client) == 0


async def test_wait_for_may_wait_for_anything(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        waiting = [beside(client.wait_for()), beside(client.wait_for(Event))]
        await quiet()
        await peer.event("Hangup")
        assert [(await one).kind for one in waiting] == ["Hangup"] * 2


async def test_a_cancelled_wait_leaves_nothing(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        waiting = beside(client.wait_for("Hangup"))
        await quiet()
        assert subscriptions(client) == 1
        waiting.scope.cancel()
        await quiet()
        assert subscriptions(client) == 0


# Letting go --------------------------------------------------------------------------------------


async def test_the_end_of_with_unregisters(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            assert subscriptions(client) == 1
        assert subscriptions(client) == 0
        with pytest.raises(anyio.ClosedResourceError):
            await stream.receive()


async def test_break_unregisters(peer: Peer) -> None:
    async with peer.accept() as client:
        await peer.event("Hangup")
        beside = 0
        stream = client.events("Hangup")
        await peer.event("Hangup")
        async for _ in stream:
            beside = subscriptions(client)
            break
        del stream
        await quiet()
        assert (beside, subscriptions(client)) == (1, 0)


async def test_a_loop_over_a_nameless_stream_unregisters_at_break(peer: Peer) -> None:
    async with peer.accept() as client:
        peer.beside.go(keep_hanging_up(peer))
        async for _ in client.events("Hangup"):
            inside = subscriptions(client)
            break
        await quiet()
        assert (inside, subscriptions(client)) == (1, 0)


async def keep_hanging_up(peer: Peer) -> None:
    for _ in range(20):
        await peer.event("Hangup")
        await anyio.lowlevel.checkpoint()


async def test_an_abandoned_stream_unregisters_and_does_not_warn(
    peer: Peer, recwarn: pytest.WarningsRecorder
) -> None:
    async with peer.accept() as client:
        client.events("Hangup")
        await quiet()
        assert subscriptions(client) == 0
        kept = client.events("Hangup")
    del kept, client
    gc.collect()
    assert not recwarn.list


async def test_a_stream_that_outlives_its_client_does_not_warn(
    peer: Peer, recwarn: pytest.WarningsRecorder
) -> None:
    async with peer.accept() as client:
        lost = client.events("Hangup")
        await peer.cut()
        await client.wait_closed()
    del client
    del lost
    gc.collect()
    assert not recwarn.list


async def test_closing_wakes_the_consumer(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        stream = client.events("Hangup")
        waiting = beside(stream.receive())
        await quiet()
        stream.close()
        stream.close()
        assert isinstance(await waiting.error(), anyio.EndOfStream | anyio.ClosedResourceError)
        assert subscriptions(client) == 0


async def test_a_closed_stream_has_nothing_more(peer: Peer) -> None:
    async with peer.accept() as client:
        stream = client.events("Hangup")
        for _ in range(40):
            await peer.event("Hangup")
        await quiet()
        await stream.receive()
        stream.close()
        assert stream.statistics().buffered == 0
        with pytest.raises(anyio.ClosedResourceError):
            await stream.receive()


async def test_one_leaves_and_the_others_still_hear(peer: Peer) -> None:
    async with peer.accept() as client:
        one, other = client.events("Hangup"), client.events("Hang*")
        one.close()
        await peer.event("Hangup", N="1")
        assert (await other.receive())["N"] == "1"
        third = client.events("hangup")
        await peer.event("Hangup", N="2")
        assert (await third.receive())["N"] == "2"
        assert (await other.receive())["N"] == "2"


async def test_a_listener_may_act_while_it_listens(peer: Peer, beside: Beside) -> None:
    async def hang_up_all() -> list[str]:
        done = []
        async for event in client.events("Newchannel"):
            reply = await client.send("Hangup", Channel=event["Channel"])
            done.append(reply["Channel"])
            if len(done) == 3:
                break
        return done

    async with peer.accept() as client:
        hanging_up = beside(hang_up_all())
        beside.go(peer.attend())
        await quiet()
        for n in range(3):
            await peer.event("Newchannel", Channel=f"PJSIP/{n}")
        assert await hanging_up == ["PJSIP/0", "PJSIP/1", "PJSIP/2"]
