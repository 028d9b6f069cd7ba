"""Time: when an answer is late, when a peer is dead, and what runs on meanwhile."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from amitrio import ConnectionFailed, ConnectionLost, ResponseTimeout
from amitrio.client import session
from amitrio.limits import Limits
from amitrio.protocol import Request
from tests.client.peer import Peer, of
from tests.client.streams import memory_pair
from tests.client.waiting import Beside, quiet

pytestmark = pytest.mark.virtual_time

AGES = 80_000.0
SILENT: dict[str, Any] = {"ping_interval": math.inf}


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.began = anyio.current_time()

    @property
    def now(self) -> float:
        return round(anyio.current_time() - self.began, 3)

    async def until(self, seconds: float) -> None:
        await anyio.sleep_until(self.began + seconds)


# Late answers ------------------------------------------------------------------------------------


async def test_no_answer_within_response_timeout_is_told(peer: Peer, beside: Beside) -> None:
    async with peer.accept(**SILENT) as client:
        clock = Clock()
        with pytest.raises(ResponseTimeout, match="MailboxCount within 30 s") as caught:
            await client.send("MailboxCount")
        assert clock.now == 30
        assert caught.value.executed == "maybe"
        assert client.connected


async def test_the_clock_of_an_action_starts_when_those_before_it_are_answered(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(**SILENT) as client:
        clock = Clock()
        asked, requests = [], []
        for action in ("First", "Second", "Third"):
            asked.append(beside(client.send(action)))
            requests.append(await peer.expect(action))
        await clock.until(25)
        await peer.answer(requests[0])
        await asked[0]
        assert isinstance(await asked[1].error(), ResponseTimeout)
        assert clock.now == 55
        assert isinstance(await asked[2].error(), ResponseTimeout)
        assert clock.now == 85


async def test_the_clock_does_not_run_while_an_action_waits_for_room(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(limits=Limits(pending_actions=1), **SILENT) as client:
        clock = Clock()
        first = beside(client.send("First"))
        request = await peer.expect("First")
        second = beside(client.send("Second"))
        await clock.until(20)
        await peer.answer(request)
        await first
        await peer.expect("Second")
        await second.error()
        assert clock.now == 50


@pytest.mark.parametrize(
    ("action", "fields", "seconds"),
    [
        ("Command", {"Command": "core restart when convenient"}, 330),
        ("command", {"Command": "x"}, 330),
        ("Reload", {}, 330),
        ("ModuleLoad", {"Module": "x", "LoadType": "load"}, 330),
        ("Originate", {"Channel": "PJSIP/1"}, 60),
        ("Originate", {"Channel": "PJSIP/1", "Timeout": "90000"}, 120),
        ("Originate", {"Channel": "PJSIP/1", "timeout": 90000, "Async": "no"}, 120),
        ("Originate", {"Channel": "PJSIP/1", "Timeout": "90000", "Async": "true"}, 30),
        ("Originate", {"Channel": "PJSIP/1", "Timeout": "90000", "Async": True}, 30),
        ("Originate", {"Channel": "PJSIP/1", "Timeout": "soon"}, 60),
        ("WaitEvent", {"Timeout": 120}, 150),
        ("WaitEvent", {"Timeout": "-1"}, 30),
        ("WaitEvent", {}, 30),
        ("QueueStatus", {}, 30),
    ],
)
async def test_a_slow_action_has_its_own_allowance(
    peer: Peer, action: str, fields: dict[str, str], seconds: float
) -> None:
    async with peer.accept(**SILENT) as client:
        clock = Clock()
        with pytest.raises(ResponseTimeout):
            await client.send(action, fields)
        assert clock.now == seconds


async def test_what_waits_behind_a_slow_action_is_not_late_before_it(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(**SILENT) as client:
        clock = Clock()
        slow = beside(client.command("x"))
        request = await peer.expect("Command")
        quick = beside(client.ping())
        ping = await peer.expect("Ping")
        await clock.until(299)
        assert not slow.over
        assert not quick.over
        await peer.answer(request, Output="done")
        assert await slow == ["done"]
        await clock.until(320)
        await peer.answer(ping)
        assert await quick == pytest.approx(320)


async def test_a_list_that_keeps_moving_is_not_late(peer: Peer, beside: Beside) -> None:
    async with peer.accept(**SILENT) as client:
        asked = beside(client.send("CoreShowChannels"))
        request = await peer.expect("CoreShowChannels")
        await peer.answer(request, EventList="start")
        for _ in range(10):
            await anyio.sleep(29)
            await peer.say(of(request, "Event: CoreShowChannel / Channel: a"))
        await anyio.sleep(29)
        await peer.say(of(request, "Event: CoreShowChannelsComplete / EventList: Complete"))
        assert len(await asked) == 10


async def test_a_list_that_stands_still_is_late(peer: Peer, beside: Beside) -> None:
    async with peer.accept(**SILENT) as client:
        clock = Clock()
        asked = beside(client.send("CoreShowChannels"))
        request = await peer.expect("CoreShowChannels")
        await peer.answer(request, EventList="start")
        await clock.until(20)
        await peer.say(of(request, "Event: CoreShowChannel / Channel: a"))
        await clock.until(40)
        await peer.event("Hangup")  # another event moves nothing
        assert isinstance(await asked.error(), ResponseTimeout)
        assert clock.now == 50


async def test_a_late_answer_is_dropped_and_the_next_is_right(peer: Peer, beside: Beside) -> None:
    async with peer.accept(**SILENT) as client:
        asked = beside(client.send("Late"))
        request = await peer.expect("Late")
        assert isinstance(await asked.error(), ResponseTimeout)
        second = beside(client.send("Echo"))
        next_request = await peer.expect("Echo")
        await peer.answer(request, Text="late")
        await peer.answer(next_request, Text="mine")
        assert (await second)["Text"] == "mine"
        assert client.statistics().unmatched == 0
        assert client._session.connection.pending == 0
        assert len(client._session.ledger) == 0


async def test_a_late_list_is_dropped_and_the_next_answer_is_right(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(**SILENT) as client:
        asked = beside(client.send("CoreShowChannels"))
        request = await peer.expect("CoreShowChannels")
        await peer.answer(request, "Event: CoreShowChannel / Channel: a", EventList="start")
        assert isinstance(await asked.error(), ResponseTimeout)
        with client.events() as stream:
            pinged = beside(client.ping())
            ping = await peer.expect("Ping")
            await peer.say(
                of(request, "Event: CoreShowChannel / Channel: b"),
                of(request, "Event: CoreShowChannelsComplete / EventList: Complete"),
            )
            await peer.answer(ping)
            await pinged
            with pytest.raises(anyio.WouldBlock):
                stream.receive_nowait()
        assert len(client._session.ledger) == 0


async def test_an_action_that_is_late_before_it_has_left_is_never_sent(beside: Beside) -> None:
    peer = Peer(beside, memory_pair(room=0))
    async with peer.accept(**SILENT) as client:
        writing = beside(client.send("Stuck"))  # the peer does not read
        await quiet()
        queued = beside(client.send("Queued"))
        stuck_error, queued_error = await writing.error(), await queued.error()
        assert getattr(stuck_error, "executed", None) == "maybe"
        assert getattr(queued_error, "executed", None) == "no"
        later = [beside(client.send("Later", N=str(n))) for n in range(2)]
        await peer.answer(await peer.expect("Stuck"))
        for _ in later:
            request = await peer.expect("Later")
            await peer.answer(request, N=request.get("N"))
        assert [(await one)["N"] for one in later] == ["0", "1"]
        assert len(client._session.ledger) == 0
        assert client._session.connection.pending == 0


async def test_what_is_never_answered_uses_up_no_room(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=Limits(pending_actions=1), **SILENT) as client:
        clock = Clock()
        first, second = beside(client.send("First")), beside(client.send("Second"))
        early = await peer.hear()
        late, in_time = (first, second) if early.action == "First" else (second, first)
        assert isinstance(await late.error(), ResponseTimeout)
        request = await peer.hear()
        assert clock.now == 30
        await peer.answer(early)
        await peer.answer(request, Text="in time")
        assert (await in_time)["Text"] == "in time"
        assert client._session.ledger.room.value == 1
        assert len(client._session.ledger) == 0


async def test_a_server_that_is_slow_for_long_is_waited_for(peer: Peer, beside: Beside) -> None:
    """However few actions may be pending: those that were given up count for another bound."""
    async with peer.accept(limits=Limits(pending_actions=1), **SILENT) as client:
        requests: list[Request] = []
        for n in range(5):
            late = beside(client.send("Late", N=str(n)))
            requests.append(await peer.expect("Late"))
            assert isinstance(await late.error(), ResponseTimeout)
        in_time = beside(client.send("Echo"))
        requests.append(await peer.expect("Echo"))
        for request in requests:
            await peer.answer(request, Text=request.action)
        assert (await in_time)["Text"] == "Echo"
        assert client.statistics().unmatched == 0
        assert len(client._session.ledger) == 0


async def test_a_server_that_answers_nothing_any_more_is_left(
    peer: Peer, beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it goes on sending: what is remembered of the unanswered is bounded."""
    monkeypatch.setattr(session, "_MOST_OVERDUE", 2)
    async with peer.accept(**SILENT) as client:
        for _ in range(3):
            late = beside(client.send("Late"))
            await peer.expect("Late")
            assert isinstance(await late.error(), ResponseTimeout)
        assert "left 2 actions unanswered" in str(await client.wait_closed())


async def test_response_timeout_may_be_switched_off(peer: Peer, beside: Beside) -> None:
    async with peer.accept(response_timeout=math.inf, **SILENT) as client:
        asked = beside(client.send("Slow"))
        request = await peer.expect("Slow")
        await anyio.sleep(AGES)
        await peer.answer(request, Text="at last")
        assert (await asked)["Text"] == "at last"


async def test_a_callers_own_timeout_is_a_cancel_scope(peer: Peer) -> None:
    async with peer.accept(**SILENT) as client:
        clock = Clock()
        with pytest.raises(TimeoutError):
            with anyio.fail_after(3):
                await client.send("Slow")
        assert clock.now == 3
        assert client.connected


# Signs of life -----------------------------------------------------------------------------------


async def test_a_silence_of_ping_interval_is_looked_into(peer: Peer) -> None:
    async with peer.accept() as client:
        clock = Clock()
        for n in range(1, 4):
            await peer.answer(await peer.expect("Ping"))
            assert clock.now == 10 * n
        assert client.connected


@pytest.mark.parametrize("sign", [b"Event: Hangup\r\n\r\n", b"x", b"\r\n\r\n", b"Respon"])
async def test_any_byte_is_a_sign_of_life(peer: Peer, sign: bytes) -> None:
    async with peer.accept() as client:
        clock = Clock()
        for n in range(1, 6):
            await clock.until(9 * n)
            await peer.send(sign)
        assert [request.action for request in peer.heard][-1] == "Ping"  # the login's own
        await peer.expect("Ping")
        assert clock.now == 55
        assert client.connected


async def test_any_byte_answers_the_ping(peer: Peer) -> None:
    async with peer.accept() as client:
        clock = Clock()
        await peer.expect("Ping")
        await clock.until(19.5)
        await peer.send(b"E")
        await clock.until(29)
        assert client.connected


async def test_a_dead_peer_is_found_within_ping_interval_and_ping_timeout(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        clock = Clock()
        waiting = beside(client.wait_for("Hangup"))
        sent = beside(client.send("Reboot"))
        reason = await client.wait_closed()
        assert clock.now == 20
        assert type(reason) is ConnectionLost
        assert "no sign of life for 20 s" in str(reason)
        assert type(await waiting.error()) is ConnectionLost
        error = await sent.error()
        assert type(error) is ConnectionLost
        assert error.executed == "maybe"
        assert peer.left


@pytest.mark.parametrize("last", [0.5, 4.9, 5.0, 24.0, 63.7])
async def test_it_is_found_so_soon_after_its_last_byte_whenever_that_was(
    peer: Peer, beside: Beside, last: float
) -> None:
    async with peer.accept(ping_interval=5, ping_timeout=20) as client:
        clock = Clock()
        with anyio.CancelScope() as alive:
            alive.deadline = clock.began + last
            while True:
                await peer.answer(await peer.expect("Ping"))
        await peer.send(b"E")
        await client.wait_closed()
        assert clock.now == last + 25


@pytest.mark.parametrize(("interval", "timeout"), [(1, 1), (5, 20), (60, 2)])
async def test_both_times_are_the_callers(peer: Peer, interval: float, timeout: float) -> None:
    async with peer.accept(ping_interval=interval, ping_timeout=timeout) as client:
        clock = Clock()
        await client.wait_closed()
        assert clock.now == interval + timeout


async def test_a_slow_action_excuses_a_silence_for_as_long_as_it_may_take(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        clock = Clock()
        asked = beside(client.command("module reload"))
        error = await asked.error()
        assert clock.now == 310
        assert type(error) is ConnectionLost


async def test_a_slow_action_that_is_answered_excuses_nothing_more(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        clock = Clock()
        asked = beside(client.command("module reload"))
        request = await peer.expect("Command")
        await clock.until(200)
        await peer.answer(request, Output="x")
        await asked
        await client.wait_closed()
        assert clock.now == 220


async def test_a_slow_action_excuses_no_silence_for_ever(peer: Peer, beside: Beside) -> None:
    async with peer.accept(response_timeout=math.inf) as client:
        clock = Clock()
        asked = beside(client.command("module reload"))
        assert type(await asked.error()) is ConnectionLost
        assert clock.now == 310


async def test_a_peer_that_does_not_even_read_is_found_dead(beside: Beside) -> None:
    peer = Peer(beside, memory_pair(room=0))
    async with peer.accept() as client:
        clock = Clock()
        await client.wait_closed()
        assert clock.now == 20


async def test_a_dead_peer_is_found_when_there_is_no_room_for_a_ping(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(limits=Limits(pending_actions=1)) as client:
        clock = Clock()
        asked = beside(client.send("Stuck"))
        await peer.expect("Stuck")
        waiting = beside(client.send("NoRoom"))
        assert type(await asked.error()) is ConnectionLost
        error = await waiting.error()
        assert type(error) is ConnectionLost
        assert error.executed == "no"
        assert clock.now == 20


async def test_ping_interval_may_be_switched_off(peer: Peer) -> None:
    async with peer.accept(ping_interval=math.inf) as client:
        heard = len(peer.heard)
        await anyio.sleep(AGES)
        await quiet()
        assert client.connected
        assert len(peer.heard) == heard


async def test_ping_timeout_may_be_switched_off(peer: Peer, beside: Beside) -> None:
    async with peer.accept(ping_timeout=math.inf) as client:
        beside.go(forget(peer))
        await anyio.sleep(AGES)
        assert client.connected


async def forget(peer: Peer) -> None:
    while True:
        await peer.hear()


async def test_all_may_be_switched_off(peer: Peer, beside: Beside) -> None:
    off: dict[str, Any] = dict.fromkeys(
        ("connect_timeout", "response_timeout", "ping_interval", "ping_timeout"), math.inf
    )
    async with peer.accept(**off) as client:
        asked = beside(client.ping())
        await anyio.sleep(AGES)
        await peer.answer(await peer.expect("Ping"))
        assert await asked == pytest.approx(AGES)


async def test_ping_measures_seconds(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.ping())
        request = await peer.expect("Ping")
        await anyio.sleep(1.5)
        await peer.answer(request)
        assert await asked == pytest.approx(1.5)


# Connecting --------------------------------------------------------------------------------------


Script = Callable[[Peer], Awaitable[None]]


async def say_nothing(peer: Peer) -> None:
    pass


async def say_half_a_banner(peer: Peer) -> None:
    await peer.send(b"Asterisk Call Man")


async def greet_and_be_silent(peer: Peer) -> None:
    await peer.greet()


async def challenge_and_be_silent(peer: Peer) -> None:
    await peer.greet()
    await peer.answer(await peer.expect("Challenge"), Challenge="1")


@pytest.mark.parametrize(
    ("script", "seconds", "message"),
    [
        (say_nothing, 7, "no AMI banner within 7 s"),
        (say_half_a_banner, 7, "no AMI banner within 7 s"),
        (greet_and_be_silent, 11, "did not answer the login within 11 s"),
        (challenge_and_be_silent, 11, "did not answer the login within 11 s"),
    ],
)
async def test_connecting_is_bounded(
    peer: Peer, beside: Beside, script: Script, seconds: float, message: str
) -> None:
    clock = Clock()
    beside.go(script(peer))
    with pytest.raises(ConnectionFailed, match=message):
        async with peer.dial(connect_timeout=7, response_timeout=11):
            pass
    assert clock.now == seconds
    assert peer.left
