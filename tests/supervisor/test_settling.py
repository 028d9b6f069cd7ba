"""Settling in: what has to be said again to each new session, and how long it boots."""

from __future__ import annotations

import logging
from typing import Any

import anyio
import pytest

from amitrio import ConnectionLost, FeatureMissing, Link, SupervisedClient, actions
from tests.client.peer import Peer
from tests.client.waiting import Beside, quiet
from tests.supervisor.site import Site, booted, take, told

pytestmark = pytest.mark.virtual_time


async def send(site: Site, client: SupervisedClient, action: str, **headers: str) -> None:
    """Send an action, which the peer answers with Success."""
    asked = site.beside(client.send(action, **headers))
    await site.peer.answer(await site.peer.expect(action))
    await asked


# The event mask ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", ["on", "off", "call,agent"])
async def test_the_event_mask_is_asked_for_again(site: Site, mask: str) -> None:
    async with site.client(event_mask=mask):
        await site.lose()
        await site.restore(Events=mask)


@pytest.mark.parametrize(
    ("mask", "answer", "again"),
    [
        ("call,agent", "On", "call,agent"),
        ("off", "Off", "off"),
        ("on", "On", "on"),
        ("3", "On", "3"),
        ("Call", "Off", "off"),  # nothing that Asterisk knows, so nothing is sent
        ("call,nonsense", "On", "call"),
        ("call, agent", "On", "call"),
    ],
)
async def test_the_mask_that_is_in_force_is_asked_for(
    site: Site, beside: Beside, mask: str, answer: str, again: str
) -> None:
    async with site.client() as client:
        asked = beside(client.send("Events", EventMask=mask))
        await site.peer.answer(await site.peer.expect("Events", EventMask=mask), Events=answer)
        await asked
        for _ in range(2):
            await site.lose()
            await site.restore(Events=again)
        assert client.connected


async def test_a_mask_that_was_refused_is_not(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        asked = beside(client.send("Events", EventMask="call"))
        await site.peer.refuse(await site.peer.expect("Events"), "Invalid event mask")
        await asked.error()
        await site.lose()
        await site.restore(Events="on")


# Filters -----------------------------------------------------------------------------------------


async def heard_filters(site: Site, *, answers: int) -> list[str | None]:
    """The filters that the new session hears, each of them accepted."""
    filters: list[str | None] = []
    for _ in range(answers):
        request = await site.peer.expect("Filter", Operation="Add")
        filters.append(request.get("Filter"))
        await site.peer.answer(request)
    await quiet()
    return filters


async def test_only_some_kinds_are_asked_for_again(site: Site) -> None:
    said = {"Filter": "^Event: (FullyBooted|Hangup|OriginateResponse|Shutdown)"}

    async def narrow() -> None:
        peer = await site.let_in(Events="system,call")
        await peer.answer(await peer.expect("ListCommands"), Filter="Add an event filter")
        await peer.answer(await peer.expect("Filter", **said))

    site.beside.go(narrow())
    async with site.supervise(only=["Hangup"]) as client:
        for _ in range(2):
            await quiet()
            assert client.connected
            await site.lose()
            await narrow()
        await quiet()
        asked = site.beside(client.send("Events", EventMask="call,agent"))
        await site.peer.answer(await site.peer.expect("Events"), Events="On")
        await asked
        await site.lose()
        await site.let_in(Events="call,agent")
        with pytest.raises(ValueError, match="'Newchannel' was not asked for"):
            client.events("Newchannel")
        with pytest.raises(ValueError, match="'Newchannel' was not asked for"):
            client.skipping_gaps.events("Newchannel")


async def test_filters_are_said_again_in_order(site: Site) -> None:
    async with site.client() as client:
        for text in ("Event: A", "!Event: B", "Event: C"):
            await send(site, client, "Filter", Operation="Add", Filter=text)
        for _ in range(2):
            await site.lose()
            await site.restore()
            assert not client.connected
            assert await heard_filters(site, answers=3) == ["Event: A", "!Event: B", "Event: C"]
            assert client.connected


async def test_a_filter_of_any_spelling_is_remembered_once(site: Site) -> None:
    async with site.client() as client:
        asked = site.beside(client.send(actions.Filter(filter="Event: A")))
        await site.peer.answer(await site.peer.expect("Filter"))
        await asked
        for _ in range(5):  # a program may say it after each reconnection, too
            await send(site, client, "filter", Operation="Add", Filter="Event: B")
        await site.lose()
        await site.restore()
        assert await heard_filters(site, answers=1) == ["Event: A"]
        await site.peer.answer(await site.peer.expect("filter"))
        await client.wait_connected()


async def test_a_filter_that_was_refused_is_not_remembered(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        asked = beside(client.send("Filter", Operation="Add", Filter="("))
        await site.peer.refuse(await site.peer.expect("Filter"), "Filter did not compile.")
        await asked.error()
        await site.lose()
        await site.restore()
        assert client.connected


async def test_events_before_the_filters_are_in_force_are_not_lost(site: Site) -> None:
    async with site.client() as client:
        await send(site, client, "Filter", Operation="Add", Filter="Event: Newexten")
        with client.events("Hangup") as stream:
            await site.lose()
            await site.restore()
            await site.peer.event("Hangup", N="1")
            assert told(await take(stream)) == ["Disconnected", "Reconnected", "1"]
            await heard_filters(site, answers=1)


async def test_a_refused_filter_is_logged_and_hides_nothing(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Includes are added up: without one of them, the others would let too little through."""
    async with site.client() as client:
        for text in ("Event: A", "Event: B"):
            await send(site, client, "Filter", Operation="Add", Filter=text)
        await site.lose()
        await site.restore()
        assert await heard_filters(site, answers=1) == ["Event: A"]
        await site.peer.refuse(await site.peer.expect("Filter"), "Permission denied")
        assert await heard_filters(site, answers=1) == ["Event"]  # every event says so
        assert client.connected
        [record] = [one for one in caplog.records if "filter" in one.getMessage()]
        assert (record.name, record.levelno) == ("amitrio.supervisor", logging.WARNING)
        assert record.getMessage().startswith("a filter is not in force any more: Filter: Perm")


async def test_the_gap_lasts_until_the_last_filter_is_in_force(site: Site) -> None:
    """The first hides what only the second lets through."""
    async with site.client() as client:
        for text in ("Event: A", "Event: B"):
            await send(site, client, "Filter", Operation="Add", Filter=text)
        with client.events("Hangup", "FullyBooted") as stream:
            await site.peer.event("Hangup", N="1")
            await site.lose()
            await site.restore()
            assert await heard_filters(site, answers=1) == ["Event: A"]
            await site.peer.event("Hangup", N="2")
            assert told(await take(stream)) == ["1", "Disconnected"]
            assert await heard_filters(site, answers=1) == ["Event: B"]
            await site.peer.event("Hangup", N="3")
            back, boot, event = await take(stream)
            assert told([back, event]) == ["Reconnected", "3"]
            assert (back.restarted, boot.kind) == (False, "FullyBooted")


async def test_it_lasts_through_a_boot_and_a_refusal_too(site: Site) -> None:
    async with site.client() as client:
        for text in ("Event: A", "Event: B"):
            await send(site, client, "Filter", Operation="Add", Filter=text)
        with client.events("Hangup") as stream:
            await site.lose()
            await site.restore(uptime=None)
            await site.peer.event("Hangup", N="1")
            await site.peer.send(booted(0))
            await heard_filters(site, answers=1)
            await site.peer.refuse(await site.peer.expect("Filter"), "Permission denied")
            await quiet()
            await site.peer.event("Hangup", N="2")
            assert told(await take(stream)) == ["Disconnected"]
            assert await heard_filters(site, answers=1) == ["Event"]
            await site.peer.event("Hangup", N="3")
            back, event = await take(stream)
            assert told([back, event]) == ["Reconnected", "3"]
            assert back.restarted is True


async def test_only_and_a_filter_are_two(site: Site) -> None:
    site.beside.go(narrowed(site))
    async with site.supervise(only=["Hangup"]) as client:
        await quiet()
        await send(site, client, "Filter", Operation="Add", Filter="Event: A")
        with client.events("Hangup") as stream:
            await site.lose()
            await narrowed(site)
            await site.peer.event("Hangup", N="1")
            assert told(await take(stream)) == ["Disconnected"]
            await heard_filters(site, answers=1)
            assert told(await take(stream)) == ["Reconnected"]


async def test_a_boot_is_waited_for_where_it_was_not_asked_for(site: Site) -> None:
    site.beside.go(narrowed(site))
    async with site.supervise(only=["Hangup"]) as client:
        await quiet()
        with client.events("Hangup") as stream:
            await site.lose()
            await narrowed(site, uptime=None)
            await quiet()
            assert not client.connected
            await site.peer.send(booted(0))
            await client.wait_connected()
            assert told(await take(stream)) == ["Disconnected", "Reconnected"]


async def narrowed(site: Site, **settings: Any) -> None:
    """Let the next try in, and take the filter that `only=` makes of it."""
    peer = await site.let_in(**settings)
    await peer.answer(await peer.expect("ListCommands"), Filter="Add an event filter")
    await peer.answer(await peer.expect("Filter"))


async def test_where_all_filters_are_refused_nothing_more_is_said(site: Site) -> None:
    async with site.client() as client:
        for text in ("Event: A", "Event: B"):
            await send(site, client, "Filter", Operation="Add", Filter=text)
        await site.lose()
        await site.restore()
        for _ in range(2):
            await site.peer.refuse(await site.peer.expect("Filter"), "Permission denied")
        await client.wait_connected()
        await quiet()
        assert [request.action for request in site.peer.heard[3:]] == ["Filter", "Filter"]
        await site.lose()
        await site.restore()  # and they are said again to the next
        await heard_filters(site, answers=2)
        await client.wait_connected()


async def test_a_loss_among_the_filters_is_a_failed_try(site: Site) -> None:
    async with site.client() as client:
        await send(site, client, "Filter", Operation="Add", Filter="Event: A")
        await site.lose()
        await site.restore()
        await site.peer.expect("Filter")
        await site.lose()
        await site.restore()
        await heard_filters(site, answers=1)
        assert client.connected


async def let_in(site: Site, banner: str) -> Peer:
    """A server of another version lets the next try in."""
    peer = await site.come()
    greet = peer.greet

    async def other() -> None:
        await greet(banner)

    peer.greet = other  # type: ignore[method-assign, assignment]
    site._came.send_nowait(peer)
    return await site.restore()


CRITERIA = {"Operation": "Add", "MatchCriteria": "name(Hangup)"}


async def test_criteria_do_not_leave_for_an_older_server(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    async with site.client() as client:
        asked = site.beside(client.send("Filter", CRITERIA))
        await site.peer.answer(await site.peer.expect("CoreSettings"), AsteriskVersion="22.10.1")
        await site.peer.answer(await site.peer.expect("Filter"))
        await asked
        await send(site, client, "Filter", Operation="Add", Filter="Event: Newexten")

        await site.lose()
        await let_in(site, "5.0.4")
        assert await heard_filters(site, answers=2) == ["Event: Newexten", "Event"]
        assert client.connected
        assert "ignores MatchCriteria" in caplog.text

        await site.lose()
        await let_in(site, "9.0.0")
        await site.peer.answer(await site.peer.expect("CoreSettings"), AsteriskVersion="20.5.0")
        assert await heard_filters(site, answers=2) == ["Event: Newexten", "Event"]

        await site.lose()
        await let_in(site, "12.0.0")
        assert await heard_filters(site, answers=2) == ["", "Event: Newexten"]
        assert client.connected


async def test_criteria_are_refused_at_once_by_a_supervised_client_too(site: Site) -> None:
    async with site.client() as client:
        await site.lose()
        await let_in(site, "5.0.4")
        with pytest.raises(FeatureMissing):
            await client.send("Filter", CRITERIA)
        await site.lose()
        await site.restore()
        assert client.connected  # it was not remembered


# A server that still boots -----------------------------------------------------------------------


async def test_a_server_that_boots_is_waited_for(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        with client.events("Newexten") as stream:
            await site.lose()
            await site.restore(uptime=None)
            beside.go(site.peer.attend())
            await site.peer.event("Newexten", N="1")
            waiting = beside(client.wait_connected())
            await anyio.sleep(60)
            assert client.state is Link.CONNECTING
            with pytest.raises(ConnectionLost, match="Asterisk is still booting"):
                await client.ping()
            await site.peer.send(booted(0))
            await waiting
            gone, back, event = await take(stream)
            assert told([gone, back, event]) == ["Disconnected", "Reconnected", "1"]
            assert back.restarted is True


async def test_after_the_boot_come_the_filters(site: Site) -> None:
    async with site.client() as client:
        await send(site, client, "Filter", Operation="Add", Filter="Event: A")
        await site.lose()
        await site.restore(uptime=None)
        assert len(site.peer.heard) == 3
        await site.peer.send(booted(0))
        assert await heard_filters(site, answers=1) == ["Event: A"]
        assert client.connected


async def test_a_loss_while_it_boots_is_a_failed_try(site: Site) -> None:
    async with site.client() as client:
        await site.lose()
        await site.restore(uptime=None)
        await site.lose()
        await site.restore()
        assert client.connected


async def test_a_boot_is_not_waited_for_without_end(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        await site.lose()
        beside.go((await site.let_in(uptime=None)).attend())
        with anyio.fail_after(310):
            await client.wait_connected()


@pytest.mark.parametrize("mask", ["call", "off"])
async def test_a_boot_is_not_waited_for_where_it_would_not_be_told(
    site: Site, beside: Beside, mask: str
) -> None:
    """FullyBooted is of the class `system`, which the program has switched off since."""
    async with site.client() as client:
        asked = beside(client.send("Events", EventMask=mask))
        answer = "Off" if mask == "off" else "On"
        await site.peer.answer(await site.peer.expect("Events"), Events=answer)
        await asked
        await site.lose()
        await site.restore(uptime=None)
        assert client.connected


async def test_one_who_never_hears_of_boots_does_not_wait(site: Site) -> None:
    beside = site.beside
    beside.go(site.let_in(uptime=None))
    async with site.supervise() as client:
        assert client.fully_booted is None
        await site.lose()
        await site.restore(uptime=None)
        assert client.connected


async def test_one_who_does_not_hear_of_them_any_more_waits_once(
    site: Site, beside: Beside
) -> None:
    """The user lost the right to read `system` meanwhile."""
    async with site.client() as client:
        await site.lose()
        beside.go((await site.let_in(uptime=None)).attend())
        await anyio.sleep(301)
        assert client.connected
        await site.lose()
        await site.restore(uptime=None)
        assert client.connected


async def test_the_first_boot_that_is_told_counts(site: Site) -> None:
    """First connected while it booted: from then on FullyBooted is known to be told."""
    site.beside.go(site.let_in(uptime=None))
    async with site.supervise() as client:
        await site.peer.send(booted(0))
        await quiet()
        await site.lose()
        await site.restore(uptime=None)
        assert client.state is Link.CONNECTING
        await site.peer.send(booted(0))
        await client.wait_connected()
        state: Any = client.fully_booted
        assert state.uptime == 0
