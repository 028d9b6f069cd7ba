"""Entering: after the first login, however long that takes; what is final, and what is tried on."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from amitrio import (
    AMIError,
    AuthenticationFailed,
    ConnectionClosed,
    ConnectionFailed,
    ConnectionLost,
    Hangup,
    Link,
    ProtocolError,
    SupervisedClient,
    supervise,
    supervise_over,
)
from tests.client.peer import SECRET, USERNAME, Peer
from tests.client.waiting import Beside, quiet
from tests.supervisor.site import Site, take, told

pytestmark = pytest.mark.virtual_time

Script = Callable[[Peer], Awaitable[None]]


async def test_it_enters_after_the_first_login(site: Site, beside: Beside) -> None:
    beside.go(site.let_in())
    async with site.supervise() as client:
        assert stands(client) == (Link.CONNECTED, True)
        assert client.login_reply is not None
        assert client.login_reply.message == "Authentication accepted"
        assert client.asterisk is not None
        assert client.asterisk.release == 22
        assert client.fully_booted is not None
        assert client.fully_booted.uptime == 107
        statistics = client.statistics()
        assert statistics is not None
        assert statistics.frames > 0
    assert stands(client) == (Link.CLOSED, False)
    assert len(site.tries) == 1


def stands(client: SupervisedClient) -> tuple[Link, bool]:
    return client.state, client.connected


async def test_it_enters_at_once_where_that_is_wanted(site: Site) -> None:
    site.hangs = True
    async with site.supervise(start="at_once") as client:
        assert not client.connected
        assert client.state is Link.CONNECTING
        assert client.asterisk is None
        assert client.login_reply is None
        assert client.fully_booted is None
        assert client.statistics() is None
        with pytest.raises(ConnectionLost, match="the first connection is being made") as caught:
            await client.ping()
        assert caught.value.executed == "no"


async def test_streams_may_be_opened_before_the_first_connection(site: Site) -> None:
    site.close_port()
    async with site.supervise(start="at_once") as client:
        with client.events("Newexten") as stream:
            assert await take(stream) == []
            site.open_port()
            await site.restore()
            await client.wait_connected()
            await site.peer.event("Newexten", N="1")
            assert told(await take(stream)) == ["1"]  # nothing was lost


async def test_a_closed_port_is_tried_again_and_again(site: Site, beside: Beside) -> None:
    site.close_port()
    entering = beside(enter(site.supervise()))
    await anyio.sleep(100)
    assert not entering.over
    site.open_port()
    await site.restore()
    assert (await entering).state is Link.CLOSED
    assert site.slept[:8] == [0.5, 1, 2, 4, 8, 16, 30, 30]


async def test_entering_is_bounded_by_who_enters(site: Site) -> None:
    site.close_port()
    began = anyio.current_time()
    with pytest.raises(TimeoutError):
        with anyio.fail_after(20):
            await enter(site.supervise())
    assert anyio.current_time() - began == pytest.approx(20)
    tries = len(site.tries)
    await anyio.sleep(1000)
    assert len(site.tries) == tries  # nobody tries on


async def enter(supervision: Any) -> SupervisedClient:
    async with supervision as client:
        return client  # type: ignore[no-any-return]


# What is tried on --------------------------------------------------------------------------------


async def hang_up(peer: Peer) -> None:
    await peer.cut()


async def greet_and_hang_up(peer: Peer) -> None:
    await peer.greet()
    await peer.cut()


async def say_nothing(peer: Peer) -> None:
    """The banner does not come within `connect_timeout`."""


async def answer_nothing(peer: Peer) -> None:
    await peer.greet()


@pytest.mark.parametrize("script", [hang_up, greet_and_hang_up, say_nothing, answer_nothing])
async def test_what_may_pass_is_tried_again(site: Site, beside: Beside, script: Script) -> None:
    entering = beside(enter(site.supervise()))
    for _ in range(3):
        await script(await site.come())
    await site.restore()
    await entering
    assert site.slept == [0.5, 1, 2]


@pytest.mark.parametrize("message", ["Asterisk is shutting down", "Login Already In Use"])
async def test_a_refusal_that_passes_is_no_refusal(
    site: Site, beside: Beside, message: str
) -> None:
    entering = beside(enter(site.supervise()))
    for _ in range(3):
        await site.refuse(message)
    await site.restore()
    assert (await entering).state is Link.CLOSED


async def test_a_try_that_takes_long_is_no_success(site: Site, beside: Beside) -> None:
    """A host that swallows what it is sent takes connect_timeout each time."""
    site.hangs = True
    entering = beside(enter(site.supervise(connect_timeout=15)))
    await anyio.sleep(300)
    assert site.slept[:7] == [0.5, 1, 2, 4, 8, 16, 30]
    await entering.stop()


async def test_a_connection_that_lived_begins_the_waits_anew(site: Site) -> None:
    async with site.client() as client:
        site.close_port()
        await site.lose()
        await anyio.sleep(20)
        assert site.slept == [0.5, 1, 2, 4, 8, 16]
        site.open_port()
        await site.restore()
        await client.wait_connected()
        await anyio.sleep(11)
        await site.lose()
        await site.restore()
        assert site.slept[6:] == [0.5]


async def test_a_connection_that_was_lost_at_once_does_not(site: Site) -> None:
    async with site.client():
        for _ in range(4):
            await site.lose()
            await site.restore()
        assert site.slept == [0.5, 1, 2, 4]


# What is final -----------------------------------------------------------------------------------


async def test_a_refused_login_is_raised_on_entering(site: Site, beside: Beside) -> None:
    beside.go(site.refuse())
    with pytest.raises(AuthenticationFailed, match="permit/deny") as caught:
        await enter(site.supervise())
    assert caught.value.message == "Authentication failed"
    assert len(site.tries) == 1
    assert site.slept == []


def certificate() -> ConnectionFailed:
    failure = ConnectionFailed("TLS with pbx failed: self-signed certificate")
    failure.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
    return failure


async def test_a_certificate_is_not_tried_again(site: Site) -> None:
    site.failure = certificate()
    with pytest.raises(ConnectionFailed, match="self-signed") as caught:
        await enter(site.supervise())
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert len(site.tries) == 1


async def say_http(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def test_a_peer_that_never_spoke_ami_is_not_tried_again(site: Site, beside: Beside) -> None:
    entering = beside(enter(site.supervise()))
    await say_http(await site.come())
    error = await entering.error()
    assert type(error) is ProtocolError
    assert "HTTP/1.1" in str(error)
    assert len(site.tries) == 1


async def test_a_peer_that_did_is(site: Site) -> None:
    """A proxy that says it is down, a port that something else has taken for a moment."""
    async with site.client() as client:
        await site.lose()
        for _ in range(3):
            await say_http(await site.come())
        await site.restore()
        await client.wait_connected()
        assert client.connected


async def refused_later(site: Site) -> None:
    await site.lose()
    await site.refuse()
    await quiet()


async def certificate_later(site: Site) -> None:
    site.failure = certificate()
    await site.lose()
    await anyio.sleep(1)


FINAL = [(refused_later, AuthenticationFailed), (certificate_later, ConnectionFailed)]


@pytest.mark.parametrize(("give_up", "kind"), FINAL)
async def test_what_is_final_later_ends_the_streams_after_what_they_hold(
    site: Site, give_up: Callable[[Site], Awaitable[None]], kind: type[AMIError]
) -> None:
    async with site.client() as client:
        with client.events(Hangup) as one, client.events(Hangup) as other:
            await site.peer.event("Hangup", N="1")
            await give_up(site)
            assert [told([await stream.receive()]) for _ in "12" for stream in (one, other)] == [
                ["1"], ["1"], ["Disconnected"], ["Disconnected"],
            ]  # fmt: skip
            errors = [await error_of(stream.receive) for stream in (one, other, one)]
            assert {type(error) for error in errors} == {kind}
            assert len({id(error) for error in errors}) == 3


@pytest.mark.parametrize(("give_up", "kind"), FINAL)
async def test_what_is_final_later_is_raised_by_whatever_is_asked(
    site: Site, give_up: Callable[[Site], Awaitable[None]], kind: type[AMIError]
) -> None:
    async with site.client() as client:
        waiting = site.beside(client.wait_connected())
        await waiting
        await give_up(site)
        assert client.state is Link.FAILED
        errors = [await error_of(ask) for ask in asks(client)]
        assert {type(error) for error in errors} == {kind}
        assert len({id(error) for error in errors}) == len(errors)
        assert len({str(error) for error in errors}) == 1
        assert all(error.__traceback__ is not None for error in errors)
        tries = len(site.tries)
        await anyio.sleep(1000)
        assert len(site.tries) == tries
    with pytest.raises(kind):
        await client.ping()


def asks(client: SupervisedClient) -> list[Callable[[], Awaitable[object]]]:
    async def listen() -> None:
        client.events("Hangup")

    async def list_items() -> None:
        async with client.items("CoreShowChannels"):
            pass

    return [
        client.ping,
        lambda: client.send("Ping"),
        lambda: client.command("core show uptime"),
        lambda: client.originate("PJSIP/1", context="x", exten="1"),
        list_items,
        client.wait_connected,
        client.wait_connected,
        lambda: client.wait_for("Hangup"),
        lambda: client.skipping_gaps.wait_for("Hangup"),
        listen,
    ]


async def error_of(ask: Callable[[], Awaitable[object]]) -> BaseException:
    with pytest.raises(AMIError) as caught:
        await ask()
    return caught.value


async def test_who_waits_is_told_of_what_is_final(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        site.close_port()
        await site.lose()
        waiting = [beside(client.wait_connected()), beside(client.wait_connected())]
        site.open_port()
        await site.refuse()
        errors = [await one.error() for one in waiting]
        assert {type(error) for error in errors} == {AuthenticationFailed}
        assert errors[0] is not errors[1]


# retry_refused -----------------------------------------------------------------------------------


async def test_a_refused_login_may_be_tried_again_at_an_interval(
    site: Site, beside: Beside
) -> None:
    entering = beside(enter(site.supervise(retry_refused=120)))
    for _ in range(3):
        await site.refuse()
    await site.restore()
    await entering
    assert site.slept == [120, 120, 120]


async def test_a_refused_certificate_too(site: Site, beside: Beside) -> None:
    site.failure = certificate()
    entering = beside(enter(site.supervise(retry_refused=7)))
    await anyio.sleep(20)
    site.failure = None
    await site.restore()
    await entering
    assert site.slept == [7, 7, 7]


async def test_other_failures_are_tried_as_often_as_ever(site: Site, beside: Beside) -> None:
    entering = beside(enter(site.supervise(retry_refused=120)))
    await (await site.come()).cut()
    await site.refuse()
    await (await site.come()).cut()
    await site.restore()
    await entering
    assert site.slept == [0.5, 120, 2]


async def test_a_peer_that_is_no_ami_is_final_all_the_same(site: Site, beside: Beside) -> None:
    entering = beside(enter(site.supervise(retry_refused=120)))
    await say_http(await site.come())
    assert type(await entering.error()) is ProtocolError


# The door ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "later"},
        {"retry_refused": 0},
        {"retry_refused": -1},
        {"retry_refused": float("nan")},
        {"retry_refused": float("inf")},
        {"event_mask": "Call"},
        {"port": 0},
    ],
)
def test_what_makes_no_sense_is_refused_at_the_door(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which is not the point
        supervise("pbx.example.com", username="crm", secret="x", **wrong)


# Over streams of one's own ------------------------------------------------------------------------


def over(site: Site, **options: Any) -> Any:
    return supervise_over(site.dial, username=USERNAME, secret=SECRET, **options)


@pytest.mark.parametrize(
    "failure",
    [
        ConnectionRefusedError("nobody is there"),
        TimeoutError("nobody is there"),
        anyio.BrokenResourceError("nobody is there"),
        ConnectionFailed("nobody is there"),
    ],
)
async def test_a_stream_that_cannot_be_had_is_asked_for_again(
    site: Site, failure: BaseException
) -> None:
    site.failure = failure
    site.beside.go(site.serve_all())
    async with over(site, start="at_once", name="the tunnel") as client:
        await anyio.sleep(100)
        with pytest.raises(ConnectionLost, match="nobody is there"):
            await client.ping()
        site.failure = None
        await client.wait_connected()
        await client.ping()
        await site.lose()
        await client.wait_connected()
        assert len(site.peers) == 2
        assert client.asterisk is not None


async def test_a_stream_that_takes_too_long_is_asked_for_again(site: Site) -> None:
    site.hangs = True
    async with over(site, start="at_once", connect_timeout=3) as client:
        await anyio.sleep(3.1)
        with pytest.raises(ConnectionLost, match="no connection to the stream within 3 s"):
            await client.ping()


async def test_a_certificate_that_a_stream_of_ones_own_does_not_verify_is_final(
    site: Site,
) -> None:
    site.failure = ssl.SSLCertVerificationError(1, "certificate verify failed")
    with pytest.raises(ConnectionFailed, match="cannot connect to the stream"):
        await enter(over(site))
    assert len(site.tries) == 1


async def test_a_mistake_in_opening_the_stream_comes_out_as_it_is(site: Site) -> None:
    site.failure = mistake = KeyError("tunnel")
    with pytest.raises(KeyError) as caught:
        await enter(over(site))
    assert caught.value is mistake


# One use ----------------------------------------------------------------------------------------


async def test_a_supervision_is_for_one_use(site: Site, beside: Beside) -> None:
    beside.go(site.serve_all())
    supervision = site.supervise()
    assert repr(supervision) == "<Supervision of pbx: connecting>"
    async with supervision:
        assert repr(supervision) == "<Supervision of pbx: connected>"
        with pytest.raises(RuntimeError, match="one use"):
            await supervision.__aenter__()
    assert repr(supervision) == "<Supervision of pbx: closed>"
    with pytest.raises(RuntimeError, match="one use"):
        await supervision.__aenter__()


async def test_leaving_ends_hope(site: Site, beside: Beside) -> None:
    beside.go(site.serve_all())
    async with site.supervise() as client:
        stream = client.events("Hangup")
    assert [event async for event in stream] == []
    for ask in asks(client):
        assert isinstance(await error_of(ask), ConnectionClosed)
