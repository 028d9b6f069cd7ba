"""What a program does itself: it is slow, it cancels, it raises, it asked not to be told."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from amitrio import (
    Client,
    ConnectionClosed,
    Event,
    EventsDropped,
    Newexten,
    PermissionDenied,
    SubscriberTooSlow,
    SupervisedClient,
)
from tests.client.peer import Peer, frame
from tests.client.waiting import Begun, Beside, quiet
from tests.faults.living import outlived, wired
from tests.supervisor.site import Site

BUFFER = 1000
MANY = 16_000


async def flood(peer: Peer) -> None:
    """More than any kernel holds for a reader. Asterisk closes on who reads nothing for 0.1 s."""
    events = [frame(f"Event: Newexten / N: {n} / AppData: {'x' * 1000}") for n in range(MANY)]
    for start in range(0, MANY, 100):
        with anyio.fail_after(5):
            await peer.send(b"".join(events[start : start + 100]))


async def test_slow_consumer(beside: Beside) -> None:
    peer = wired(beside)
    async with outlived(peer, beside) as client:
        with (
            client.events(Newexten, buffer=BUFFER) as failing,
            client.events(Newexten, buffer=BUFFER, overflow="drop_oldest") as dropping,
        ):
            await flood(peer)
            asked = beside(client.ping())
            await peer.answer(await peer.expect("Ping"))
            await asked
            first = [(await failing.receive())["N"] for _ in range(BUFFER)]
            assert first == [str(n) for n in range(BUFFER)]
            with pytest.raises(SubscriberTooSlow):
                await failing.receive()
            assert await dropping.receive() == EventsDropped(MANY - BUFFER)
            last = [await dropping.receive() for _ in range(BUFFER)]
            assert [one["N"] for one in last if isinstance(one, Event)] == [
                str(n) for n in range(MANY - BUFFER, MANY)
            ]


async def test_cancelled_consumer(peer: Peer, beside: Beside) -> None:
    async with outlived(peer, beside) as client:
        with client.events(Newexten) as stream:
            heard = []
            for n in range(10):
                receiving = beside(stream.receive())
                await quiet()
                await peer.event("Newexten", AppData=str(n))
                for _ in range(n):  # each time a little later: from before it comes to after
                    await anyio.lowlevel.checkpoint()
                await receiving.stop()
                event = await (stream.receive() if receiving.cancelled else receiving)
                heard.append(event.app_data)
            assert heard == [str(n) for n in range(10)]
        asked = beside(client.send("Getvar", Variable="A"))
        request = await peer.expect("Getvar")
        await asked.stop()
        later = beside(client.send("Getvar", Variable="B"))
        other = await peer.expect("Getvar")
        await peer.answer(request, Value="the answer for A")
        await peer.answer(other, Value="the answer for B")
        assert (await later)["Value"] == "the answer for B"


async def begin(
    client: Client | SupervisedClient, peer: Peer, beside: Beside
) -> tuple[Begun[Any], Begun[Any]]:
    """An action and an event are waited for, and Asterisk says nothing any more."""
    asked = beside(client.send("QueueAdd"))
    await peer.expect("QueueAdd")
    listening = beside(client.wait_for("Hangup"))
    await quiet()
    return asked, listening


@pytest.mark.virtual_time
async def test_body_that_raises(peer: Peer, beside: Beside) -> None:
    raised = KeyError("a bug of the program")
    beside.go(peer.log_in())
    with pytest.raises(KeyError) as caught:  # noqa: PT012 - it is raised inside
        async with peer.dial() as client:
            asked, listening = await begin(client, peer, beside)
            raise raised
    assert caught.value is raised
    assert [type(await one.error()) for one in (asked, listening)] == [ConnectionClosed] * 2
    await peer.expect("Logoff")
    await peer.expect_end()


@pytest.mark.virtual_time
async def test_body_that_raises_supervised(site: Site, beside: Beside) -> None:
    raised = KeyError("a bug of the program")
    with pytest.raises(KeyError) as caught:  # noqa: PT012 - it is raised inside
        async with site.client() as client:
            asked, listening = await begin(client, site.peer, beside)
            raise raised
    assert caught.value is raised
    assert [type(await one.error()) for one in (asked, listening)] == [ConnectionClosed] * 2
    await site.peer.expect("Logoff")
    await site.peer.expect_end()
    await anyio.sleep(1000)
    assert len(site.tries) == 1


@pytest.mark.virtual_time
async def test_masked_report(peer: Peer, beside: Beside) -> None:
    async with outlived(peer, beside, event_mask="system,dialplan") as client:
        placing = beside(client.originate("PJSIP/1", context="x", exten="1"))
        await peer.answer(await peer.expect("Originate"))
        call = await placing
        began = anyio.current_time()
        with pytest.raises(PermissionDenied, match="event_mask") as caught:
            await call.wait_answered()
        assert caught.value.needs == {"call"}
        assert anyio.current_time() == began
