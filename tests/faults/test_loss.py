"""How a connection is lost: each time it is told, and a supervised one comes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from amitrio import (
    ActionError,
    Backoff,
    Client,
    ConnectionLost,
    Link,
    Newexten,
    SupervisedClient,
    UnknownAction,
)
from tests.client.peer import BOOTED, Peer
from tests.client.waiting import Begun, Beside
from tests.faults.living import WiredSite, mended, reset, wired, works
from tests.supervisor.site import Site, booted

HALF = b"Event: Newexten\r\nAppData: half of a fra"
UNKNOWN = "Invalid/unknown command: QueueAdd. Use Action: ListCommands to show available commands."

Ending = Callable[[Peer], Awaitable[None]]


async def close_inside_a_frame(peer: Peer) -> None:
    await peer.send(HALF)
    await peer.cut()


BREAKS = [
    pytest.param(close_inside_a_frame, "inside a frame", id="inside a frame"),
    pytest.param(reset, "Connection reset by peer", id="reset"),
]


# Nobody says so -----------------------------------------------------------------------------------


@pytest.mark.virtual_time
async def test_half_open_link(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        began = anyio.current_time()
        listening = beside(client.events("Hangup").receive())
        asked = beside(client.send("MailboxCount"))
        for waiting in (listening, asked):
            error = await waiting.error()
            assert isinstance(error, ConnectionLost)
            assert "no sign of life for 20 s" in str(error)
        assert anyio.current_time() - began == 20


@pytest.mark.virtual_time
async def test_half_open_link_supervised(site: Site) -> None:
    async with mended(site) as survivor:
        began = anyio.current_time()
        assert "no sign of life for 20 s" in (await survivor.loss()).reason
        assert anyio.current_time() - began == 20
        await site.restore()


# Torn ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "words"), BREAKS)
async def test_broken_off(beside: Beside, end: Ending, words: str) -> None:
    peer = wired(beside)
    async with peer.accept() as client:
        with client.events(Newexten) as stream:
            asked = beside(client.send("MailboxCount"))
            await peer.expect("MailboxCount")
            await peer.event("Newexten", AppData="whole")
            assert (await stream.receive()).app_data == "whole"
            await end(peer)
            with pytest.raises(ConnectionLost, match=words):
                await stream.receive()
            assert isinstance(await asked.error(), ConnectionLost)


@pytest.mark.parametrize(("end", "words"), BREAKS)
async def test_broken_off_supervised(beside: Beside, end: Ending, words: str) -> None:
    site = WiredSite(beside)
    async with mended(site, backoff=Backoff(first=0.01)) as survivor:
        await end(site.peer)
        assert words in (await survivor.loss()).reason
        await site.let_in()


# Ended without a word -----------------------------------------------------------------------------


async def test_kick(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            asked = beside(client.send("MailboxCount"))
            await peer.expect("MailboxCount")
            await peer.event("Hangup", Channel="PJSIP/last")
            await peer.cut()
            assert (await stream.receive()).channel == "PJSIP/last"
            with pytest.raises(ConnectionLost, match="pbx closed the connection"):
                await stream.receive()
            assert isinstance(await asked.error(), ConnectionLost)
            assert isinstance(await client.wait_closed(), ConnectionLost)


@pytest.mark.virtual_time
async def test_kick_supervised(site: Site) -> None:
    async with mended(site) as survivor:
        await site.peer.event("Hangup", Channel="PJSIP/last")
        await site.lose()
        assert (await survivor.witness.receive()).channel == "PJSIP/last"
        assert (await survivor.loss()).reason == "pbx closed the connection"
        await site.restore()


# Shutdown, and the time after ---------------------------------------------------------------------


async def shut_down(peer: Peer, asked: Begun[Any]) -> None:
    """As Asterisk does: it refuses, says that it goes, and closes."""
    await peer.refuse(await peer.hear(), "Asterisk is shutting down")
    error = await asked.error()
    assert type(error) is ActionError
    assert error.message == "Asterisk is shutting down"
    await peer.event("Shutdown", Shutdown="Cleanly", Restart="False")
    await peer.cut()


async def test_shutdown(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            await shut_down(peer, beside(client.send("MailboxCount")))
            with pytest.raises(ConnectionLost, match="pbx shut down"):
                await stream.receive()


@pytest.mark.virtual_time
async def test_shutdown_supervised(site: Site, beside: Beside) -> None:
    async with mended(site) as survivor:
        await shut_down(site.peer, beside(survivor.client.send("MailboxCount")))
        assert (await survivor.loss()).reason == "pbx shut down"
        for _ in range(3):  # the login is no more welcome, and that is no wrong secret
            await site.refuse("Asterisk is shutting down")
        await site.restore()


async def test_still_booting(peer: Peer, beside: Beside) -> None:
    beside.go(peer.log_in(booted=False))
    async with peer.dial() as client:
        assert client.fully_booted is None
        with client.events("Hangup") as witness, client.events("FullyBooted") as boots:
            asked = beside(client.send("QueueAdd"))
            await peer.refuse(await peer.expect("QueueAdd"), UNKNOWN)
            error = await asked.error()
            assert isinstance(error, UnknownAction)
            assert "has Asterisk finished booting?" in str(error)
            await peer.send(BOOTED)
            assert (await boots.receive()) == client.fully_booted
            await works(client, peer, beside, witness)
        beside.go(peer.see_off())


@pytest.mark.virtual_time
async def test_still_booting_supervised(site: Site) -> None:
    async with mended(site) as survivor:
        await site.lose()
        await survivor.loss()
        await site.restore(uptime=None)  # logged in, but not booted
        heard: list[str] = []
        answering = site.beside(answer_pings(site.peer, heard))
        for _ in range(13):
            await anyio.sleep(4)
            assert survivor.client.state is Link.CONNECTING
            with pytest.raises(ConnectionLost, match="Asterisk is still booting") as caught:
                await survivor.client.send("QueueAdd")
            assert caught.value.executed == "no"
        await answering.stop()
        assert set(heard) == {"Ping"}
        await site.peer.send(booted(0))


async def answer_pings(peer: Peer, heard: list[str]) -> None:
    """A server that boots is alive."""
    while True:
        request = await peer.hear()
        heard.append(request.action)
        await peer.answer(request)


# Under way ----------------------------------------------------------------------------------------


async def begin(client: Client | SupervisedClient, peer: Peer, beside: Beside) -> list[Begun[Any]]:
    """An Originate that is not answered, one whose outcome is due, and a list half told."""
    placing = beside(client.originate("PJSIP/1", context="x", exten="1"))
    await peer.answer(await peer.expect("Originate"))
    outcome = beside((await placing).wait_answered())
    listing = beside(client.send("CoreShowChannels"))
    item = "Event: CoreShowChannel / Channel: PJSIP/1"
    await peer.answer(await peer.expect("CoreShowChannels"), item, EventList="start")
    originating = beside(client.originate("PJSIP/2", context="x", exten="1"))
    await peer.expect("Originate")
    return [outcome, listing, originating]


async def were_lost(under_way: list[Begun[Any]]) -> None:
    errors = [await one.error() for one in under_way]
    assert [type(error) for error in errors] == [ConnectionLost] * 3
    assert {getattr(error, "executed", None) for error in errors} == {"maybe"}


async def test_actions_in_flight(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        under_way = await begin(client, peer, beside)
        await peer.cut()
        await were_lost(under_way)
        with pytest.raises(ConnectionLost) as caught:
            await client.originate("PJSIP/3", context="x", exten="1")
        assert caught.value.executed == "no"


@pytest.mark.virtual_time
async def test_actions_in_flight_supervised(site: Site, beside: Beside) -> None:
    async with mended(site) as survivor:
        under_way = await begin(survivor.client, site.peer, beside)
        await site.peer.cut()
        await were_lost(under_way)
        with pytest.raises(ConnectionLost) as caught:
            await survivor.client.originate("PJSIP/3", context="x", exten="1")
        assert caught.value.executed == "no"
        await survivor.loss()
        await site.restore()
        await anyio.sleep(1)
        assert [one.action for one in site.peer.heard] == ["Challenge", "Login", "Ping"]
