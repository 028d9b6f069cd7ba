"""Streams live on, and say at its place what was missed."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, tzinfo
from typing import Any

import anyio
import pytest

from amitrio import (
    Backoff,
    ConnectionLost,
    Disconnected,
    EventsDropped,
    Hangup,
    Reconnected,
    SubscriberTooSlow,
    SupervisedClient,
)
from amitrio.supervisor import standing
from tests.client.peer import frame
from tests.client.waiting import Beside, quiet
from tests.supervisor.site import Site, booted, take, told

pytestmark = pytest.mark.virtual_time

HOUR = 3600.0
# Seconds that may pass between the end of an outage and the next try that gets through.
MOST = 45.0


def numbered(*numbers: int) -> bytes:
    return b"".join(frame(f"Event: Newexten / N: {n}") for n in numbers)


async def test_a_loss_is_told_after_what_was_buffered_and_its_end_before_what_is_new(
    site: Site,
) -> None:
    async with site.client() as client:
        with client.events("Newexten") as stream:
            await site.peer.send(numbered(1, 2))
            await site.lose()
            await site.restore()
            await site.peer.send(numbered(3, 4))
            assert told(await take(stream)) == ["1", "2", "Disconnected", "Reconnected", "3", "4"]


@pytest.mark.parametrize("uptime", [3, 107, None])
async def test_the_first_event_may_come_in_the_same_bytes_as_the_answer(
    site: Site, uptime: int | None
) -> None:
    async with site.client() as client:
        with client.events() as stream:
            await site.lose()
            await site.let_in(uptime=uptime, more=numbered(1))
            if uptime is None:
                await site.peer.send(booted(0))
            got = [one for one in await take(stream) if getattr(one, "kind", "") != "FullyBooted"]
            assert told(got) == ["Disconnected", "Reconnected", "1"]


async def test_a_stream_that_is_read_as_it_comes_is_told_at_once(
    site: Site, beside: Beside
) -> None:
    async with site.client() as client:
        with client.events("Newexten") as stream:
            waiting = beside(stream.receive())
            await site.lose()
            assert isinstance(await waiting, Disconnected)
            waiting = beside(stream.receive())
            await site.restore()  # without an event: the end of the login says it
            assert isinstance(await waiting, Reconnected)


async def test_several_streams_are_told_of_the_same(site: Site) -> None:
    async with site.client() as client:
        streams = [client.events("Newexten"), client.events("Hang*"), client.events()]
        await site.lose()
        await site.restore(uptime=None)
        await site.peer.send(booted(0))
        gaps = [
            [one for one in await take(stream) if not hasattr(one, "kind")] for stream in streams
        ]
        assert gaps[0] == gaps[1] == gaps[2]
        assert told(gaps[0]) == ["Disconnected", "Reconnected"]


async def test_a_gap_says_when_why_and_how_long(site: Site) -> None:
    async with site.client() as client:
        with client.events(Hangup) as stream:
            await site.peer.event("Shutdown", Shutdown="Cleanly", Restart="True")
            site.close_port()
            begin = datetime.now(UTC)
            await site.lose()
            await anyio.sleep(100)
            site.open_port()
            await site.restore()
            gone, back = await take(stream)
            assert isinstance(gone, Disconnected)
            assert isinstance(back, Reconnected)
            assert gone.reason == "pbx shut down"
            assert begin <= gone.at <= back.at <= datetime.now(UTC)
            assert back.down_for == pytest.approx(121.5)  # 0.5, 1, 2, 4, 8, 16, 30, 30, 30


async def test_a_failed_try_is_no_further_loss(site: Site) -> None:
    async with site.client() as client:
        with client.events("Newexten") as stream:
            await site.lose()
            for _ in range(3):
                await (await site.come()).cut()
            await site.refuse("Login Already In Use")
            await site.restore()
            assert told(await take(stream)) == ["Disconnected", "Reconnected"]


async def test_what_was_lost_again_before_it_was_of_use_is_one_gap(site: Site) -> None:
    """Logged in, and cut off before the login was through."""
    async with site.client() as client:
        with client.events("Newexten") as stream:
            await site.lose()
            assert told(await take(stream)) == ["Disconnected"]
            peer = await site.come()
            request = await site.greet(peer)
            peer.connection.logged_in()
            await peer.answer(request, Message="Authentication accepted")
            await peer.cut()
            await site.restore()
            [back] = await take(stream)
            assert isinstance(back, Reconnected)
            assert back.down_for == pytest.approx(1.5)  # since the first loss


async def test_what_came_in_between_lies_between_two_gaps(site: Site) -> None:
    async with site.client() as client:
        with client.events("Newexten") as stream:
            for n in range(3):
                await site.lose()
                await site.let_in(more=numbered(n))
            assert told(await take(stream)) == [
                "Disconnected", "Reconnected", "0",
                "Disconnected", "Reconnected", "1",
                "Disconnected", "Reconnected", "2",
            ]  # fmt: skip


async def test_losses_that_nobody_read_of_become_one(site: Site) -> None:
    async with site.client() as client:
        with client.events("Newexten", buffer=1) as stream:
            await site.peer.send(numbered(1))
            for _ in range(20):
                await site.lose()
                await site.restore()
            await site.lose()
            await site.restore()
            got = await take(stream)
            assert told(got) == ["1", "Disconnected", "Reconnected"]
            assert got[2].down_for > 0


async def test_how_long_it_lasted_is_told_by_a_clock_that_nobody_sets(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The date goes back by a year at each look; a loss lasts an hour, as does what is between."""

    class Turned(datetime):
        year_now = 2026

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Turned:
            cls.year_now -= 1
            return cls(cls.year_now, 1, 1, tzinfo=tz)

    async def lose_for_an_hour() -> None:
        site.hangs = True
        await site.lose()
        await anyio.sleep(HOUR)
        site.hangs = False
        await site.restore()

    monkeypatch.setattr(standing, "datetime", Turned)
    async with site.client(ping_interval=math.inf) as client:
        with client.events("Newexten") as read, client.events("Newexten") as unread:
            for _ in range(3):
                await lose_for_an_hour()
                lost, back = await take(read)
                assert isinstance(lost, Disconnected)
                assert back.down_for == pytest.approx(HOUR, abs=MOST)
                await anyio.sleep(HOUR)
            lost, back = await take(unread)
            assert lost.at.year == 2025  # that of the first
            assert back.down_for == pytest.approx(5 * HOUR, abs=3 * MOST)


async def test_a_slow_stream_that_drops_is_told_of_the_loss_too(site: Site) -> None:
    async with site.client() as client:
        with client.events("Newexten", buffer=2, overflow="drop_oldest") as stream:
            await site.peer.send(numbered(1, 2))
            await site.lose()
            await site.restore()
            await site.peer.send(numbered(3, 4, 5))
            got = await take(stream)
            assert told(got) == ["EventsDropped", "Disconnected", "Reconnected", "4", "5"]
            assert got[0] == EventsDropped(3)


async def test_a_stream_that_failed_for_slowness_stays_so(site: Site) -> None:
    async with site.client() as client:
        with client.events("Newexten", buffer=1) as stream:
            await site.peer.send(numbered(1, 2))
            await site.lose()
            await site.restore()
            assert (await stream.receive())["N"] == "1"  # type: ignore[index]
            with pytest.raises(SubscriberTooSlow):
                await stream.receive()


async def test_a_stream_that_is_opened_in_a_gap_begins_with_it(site: Site) -> None:
    async with site.client() as client:
        site.close_port()
        await site.lose()
        with client.events("Newexten") as stream:
            assert told(await take(stream)) == ["Disconnected"]
            site.open_port()
            await site.let_in(more=numbered(1))
            assert told(await take(stream)) == ["Reconnected", "1"]
        with client.events("Newexten") as stream:
            await site.peer.send(numbered(2))
            assert told(await take(stream)) == ["2"]


async def test_a_condition_does_not_hide_a_gap(site: Site) -> None:
    async with site.client() as client:
        with client.events("Newexten", where=lambda event: event["N"] == "2") as stream:
            await site.peer.send(numbered(1))
            await site.lose()
            await site.let_in(more=numbered(2))
            assert told(await take(stream)) == ["Disconnected", "Reconnected", "2"]


async def test_leaving_ends_streams_plainly_after_what_they_hold(site: Site) -> None:
    site.beside.go(site.serve_all())
    async with site.supervise() as client:
        stream = client.events("Newexten")
        await quiet()
        await site.peer.send(numbered(1))
        site.close_port()
        await site.lose()
    assert told([item async for item in stream]) == ["1", "Disconnected"]


async def test_a_closed_stream_is_told_of_nothing_and_kept_by_nobody(site: Site) -> None:
    async with site.client() as client:
        with client.events("Newexten"):
            pass
        client.events("Newexten")  # made, and let go of
        await site.lose()
        assert len(client._keeper.standing) == 0


# Whether Asterisk itself was restarted -----------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "down", "after", "restarted"),
    [
        (107, 10, 117, False),  # the same one, ten seconds older
        (107, 10, 3, True),
        (107, 1000, 999, True),  # older than the first was, and yet another
        (107, 1000, 1107, False),
        (86400, 10, 86412, False),  # the answer took its time
        (0, 10, 5, True),
        (1, 2, 1, None),  # it had just been started, and may have been again
        (604800, 10, 604780, False),  # in a week its clock has lost half a minute
        (604800, 10, 604840, False),  # or won it
    ],
)
async def test_a_restart_is_told_by_the_uptime(
    site: Site, before: int, down: int, after: int, *, restarted: bool | None
) -> None:
    backoff = Backoff(first=down, most=down, jitter=0)
    async with site.client(uptime=before, backoff=backoff) as client:
        with client.events("Newexten") as stream:
            await site.lose()
            await site.restore(uptime=after)
            _, back = await take(stream)
            assert back.down_for == pytest.approx(down)
            assert back.restarted is restarted


@pytest.mark.parametrize("uptime", ["", "x", "-5", "9" * 30, "9" * 400])
async def test_an_uptime_that_is_none_tells_nothing(site: Site, uptime: str) -> None:
    async with site.client() as client:
        with client.events("Newexten") as stream:
            await site.lose()
            said = frame(f"Event: FullyBooted / Uptime: {uptime} / Status: Fully Booted")
            await site.restore(uptime=None, more=said)
            _, back = await take(stream)
            assert back.restarted is None
            assert client.connected


async def test_without_a_sight_of_the_boot_a_restart_is_unknown(site: Site) -> None:
    async with site.client(event_mask="call") as client:
        with client.events("Newexten") as stream:
            client._keeper.standing.booted_once = False
            await site.lose()
            await site.restore(uptime=None)
            _, back = await take(stream)
            assert back.restarted is None


@pytest.mark.parametrize(("after", "restarted"), [(3, True), (9, None), (15, False), (107, False)])
async def test_one_that_was_never_seen_booted_may_have_been_restarted(
    site: Site, after: int, *, restarted: bool | None
) -> None:
    """Lost while it booted: one that is younger than the loss is another, an older one is not."""
    site.beside.go(site.let_in(uptime=None))
    async with site.supervise(backoff=Backoff(first=10, jitter=0)) as client:
        with client.events("Newexten") as stream:
            await site.lose()
            await site.restore(uptime=after)
            _, back = await take(stream)
            assert back.restarted is restarted


async def test_one_that_still_boots_was_restarted(site: Site) -> None:
    async with site.client() as client:
        with client.events("Newexten") as stream:
            await site.lose()
            await site.restore(uptime=None)
            _, back = await take(stream)
            assert back.restarted is True


# Events alone ------------------------------------------------------------------------------------


async def test_gaps_may_be_skipped(site: Site) -> None:
    async with site.client() as client:
        with client.skipping_gaps.events("Newexten") as stream:
            await site.peer.send(numbered(1))
            await site.lose()
            await site.let_in(more=numbered(2))
            assert told(await take(stream)) == ["1", "2"]


async def test_dropped_events_are_skipped_as_well(site: Site) -> None:
    async with site.client() as client:
        skipping = client.skipping_gaps
        with skipping.events("Newexten", buffer=1, overflow="drop_oldest") as stream:
            await site.peer.send(numbered(1, 2, 3))
            assert told(await take(stream)) == ["3"]


async def test_gaps_may_be_raised_each_once(site: Site) -> None:
    async with site.client() as client:
        with client.raising_gaps.events("Newexten") as stream:
            for n in range(2):
                await site.peer.send(numbered(n))
                await site.lose()
                await site.restore()
                assert (await stream.receive())["N"] == str(n)
                with pytest.raises(ConnectionLost, match="closed the connection") as caught:
                    await stream.receive()
                assert caught.value.executed == "no"
            await site.peer.send(numbered(9))
            assert (await stream.receive())["N"] == "9"


async def test_dropped_events_are_raised_as_well(site: Site) -> None:
    async with site.client() as client:
        raising = client.raising_gaps
        with raising.events("Newexten", buffer=2, overflow="drop_oldest") as stream:
            await site.peer.send(numbered(1, 2, 3))
            await quiet()
            with pytest.raises(SubscriberTooSlow, match="1 events gave way") as caught:
                await stream.receive()
            assert caught.value.buffer == 2
            assert told(await take(stream)) == ["2", "3"]


@pytest.mark.parametrize("most", [2, 3, 32])
async def test_a_batch_does_not_swallow_the_gap_that_it_ends_before(site: Site, most: int) -> None:
    async with site.client() as client:
        with client.raising_gaps.events("Newexten") as stream:
            await site.peer.send(numbered(1, 2))
            await site.lose()
            await site.let_in(more=numbered(3))
            await quiet()
            assert told(await stream.receive_batch(most, within=1)) == ["1", "2"]  # type: ignore[arg-type]
            for _ in range(2):
                with pytest.raises(ConnectionLost):
                    await stream.receive_batch(most, within=1)
                assert told(await stream.receive_batch(most, within=1)) == ["3"]  # type: ignore[arg-type]
                await site.lose()
                await site.let_in(more=numbered(3))
                await quiet()


async def test_a_batch_of_a_stream_with_gaps_holds_them(site: Site) -> None:
    async with site.client() as client:
        with client.events("Newexten") as stream:
            await site.peer.send(numbered(1))
            await site.lose()
            await site.let_in(more=numbered(2))
            await quiet()
            batch = await stream.receive_batch(10, within=1)
            assert told(batch) == ["1", "Disconnected", "Reconnected", "2"]  # type: ignore[arg-type]


# One event ---------------------------------------------------------------------------------------


async def test_waiting_for_an_event_ends_at_a_gap(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        waiting = [
            beside(client.wait_for("Newexten")),
            beside(client.raising_gaps.wait_for("Newexten")),
        ]
        skipping = beside(client.skipping_gaps.wait_for("Newexten"))
        await quiet()
        await site.lose()
        for one in waiting:
            error = await one.error()
            assert isinstance(error, ConnectionLost)
            assert error.executed == "no"
        await site.let_in(more=numbered(1))
        assert (await skipping)["N"] == "1"


async def test_waiting_for_an_event_while_down(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        site.close_port()
        await site.lose()
        for waiting in (client.wait_for, client.raising_gaps.wait_for):
            with pytest.raises(ConnectionLost, match="not connected to pbx"):
                await waiting("Newexten")
        skipping = beside(client.skipping_gaps.wait_for("Newexten"))
        await quiet()
        site.open_port()
        await site.let_in(more=numbered(1))
        assert (await skipping)["N"] == "1"


async def test_waiting_for_an_event_gets_it(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        waiting = beside(client.wait_for(Hangup, where=lambda event: event.cause == 17))
        await quiet()
        await site.peer.event("Hangup", Cause="16")
        await site.peer.event("Hangup", Cause="17")
        assert (await waiting).cause == 17


Ask = Callable[[SupervisedClient], Awaitable[Any]]


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.wait_for("Newexten"),
        lambda client: client.raising_gaps.wait_for("Newexten"),
        lambda client: client.skipping_gaps.wait_for("Newexten"),
    ],
)
async def test_waiting_for_an_event_ends_when_the_client_is_left(
    site: Site, beside: Beside, ask: Ask
) -> None:
    beside.go(site.serve_all())
    async with site.supervise() as client:
        waiting = beside(ask(client))
        await quiet()
    assert "was left by this program" in str(await waiting.error())


# What is no event yet -----------------------------------------------------------------------------


async def test_what_comes_before_the_login_ends_no_gap(site: Site) -> None:
    async with site.client() as client:
        with client.events("Newexten") as stream:
            await site.lose()
            peer = await site.come()
            await peer.greet()
            await peer.event("Newexten", N="early")
            await peer.cut()
            assert told(await take(stream)) == ["Disconnected"]
            await site.restore()
            await site.peer.event("Newexten", N="1")
            assert told(await take(stream)) == ["Reconnected", "1"]


# What is logged -----------------------------------------------------------------------------------


async def test_losses_failed_tries_and_returns_are_logged(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "amitrio.supervisor")
    async with site.client() as client:
        site.close_port()
        await site.lose()
        with anyio.move_on_after(10):
            await client.wait_connected()
        site.open_port()
        await site.restore()
        await client.wait_connected()
    refused = "not connected to pbx: cannot connect to pbx: nothing listens there"
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        ("INFO", "connected to pbx"),
        ("WARNING", "lost pbx: pbx closed the connection"),
        ("WARNING", refused),
        *[("DEBUG", refused)] * (len(site.tries) - 3),
        ("INFO", "connected to pbx"),
    ]
