"""Leaving: from wherever the keeper stands, in two seconds, with what the body raised, bare."""

from __future__ import annotations

import asyncio
import io
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import anyio
import pytest
import sniffio
import trio
import trustme
from anyio.streams.tls import TLSListener

from amitrio import Backoff, ConnectionFailed, ConnectionLost, Link, SupervisedClient, supervise
from tests.client.peer import SECRET, USERNAME
from tests.client.test_secrets import search, shows
from tests.client.waiting import Beside, quiet
from tests.supervisor.site import Site

virtual = pytest.mark.virtual_time


def tasks_alive() -> int:
    if sniffio.current_async_library() == "trio":
        return trio.lowlevel.current_statistics().tasks_living
    return len(asyncio.all_tasks())


# Where the keeper may stand when it is left ------------------------------------------------------

Phase = Callable[[Site], Awaitable[None]]


async def while_dialling(site: Site) -> None:
    site.hangs = True
    await site.lose()
    await anyio.sleep(1)


async def while_greeted(site: Site) -> None:
    await site.lose()
    await (await site.come()).greet()
    await quiet()


async def while_logging_in(site: Site) -> None:
    await site.lose()
    await site.greet(await site.come())
    await quiet()


async def while_booting(site: Site) -> None:
    await site.lose()
    await site.restore(uptime=None)


async def while_filtering(site: Site) -> None:
    await while_settled(site)
    await site.lose()
    await site.restore()
    await site.peer.expect("Filter")


async def while_settled(site: Site) -> None:
    await site.peer.answer(await site.peer.expect("Filter"))


async def while_waiting(site: Site) -> None:
    site.close_port()
    await site.lose()
    await anyio.sleep(5)


async def while_given_up(site: Site) -> None:
    await site.lose()
    await site.refuse()
    await quiet()


PHASES = {
    Link.CONNECTING: [
        while_dialling,
        while_greeted,
        while_logging_in,
        while_booting,
        while_filtering,
    ],
    Link.WAITING: [while_waiting],
    Link.FAILED: [while_given_up],
}
EVERY_PHASE = [(link, phase) for link, phases in PHASES.items() for phase in phases]


async def end(_: anyio.CancelScope) -> None:
    """The body ends."""


async def fail(_: anyio.CancelScope) -> None:
    raise Mine


async def be_cancelled(scope: anyio.CancelScope) -> None:
    scope.cancel()
    await anyio.sleep_forever()


WAYS_OUT = {"end": end, "raise": fail, "cancel": be_cancelled}


class Mine(Exception):  # noqa: N818 - it is mine
    """Of the body."""


async def say_filter(client: SupervisedClient) -> None:
    await client.send("Filter", Operation="Add", Filter="x")


@virtual
@pytest.mark.parametrize(("link", "phase"), EVERY_PHASE)
@pytest.mark.parametrize("how", WAYS_OUT)
async def test_it_can_be_left_anywhere(site: Site, link: Link, phase: Phase, how: str) -> None:
    before = tasks_alive()
    site.beside.go(site.let_in())
    with anyio.CancelScope() as scope, suppress(Mine):
        async with site.supervise() as client:
            stream = client.events("Hangup")
            if phase is while_filtering:
                site.beside.go(say_filter(client))
            await phase(site)
            assert client.state is link
            began = anyio.current_time()
            await WAYS_OUT[how](scope)
    assert scope.cancelled_caught == (how == "cancel")
    assert anyio.current_time() - began <= 2
    assert client.state is Link.CLOSED
    assert all(peer.left for peer in site.peers)
    tries = len(site.tries)
    await anyio.sleep(1000)
    assert len(site.tries) == tries
    assert tasks_alive() == before
    if link is not Link.FAILED:
        assert [type(one).__name__ async for one in stream][:1] == ["Disconnected"]


@virtual
async def test_leaving_a_live_connection_logs_off(site: Site, beside: Beside) -> None:
    beside.go(site.serve_all())
    async with site.supervise():
        pass
    assert [request.action for request in site.peer.heard][-1] == "Logoff"
    assert site.peer.left


@virtual
async def test_leaving_a_dead_connection_takes_two_seconds(site: Site) -> None:
    async with site.client():
        began = anyio.current_time()
    assert anyio.current_time() - began == pytest.approx(2)


# Bare exceptions ---------------------------------------------------------------------------------


@virtual
@pytest.mark.parametrize(
    "error", [Mine("x"), ExceptionGroup("mine", [Mine("y")]), KeyboardInterrupt(), SystemExit(3)]
)
async def test_what_the_body_raises_comes_out_as_it_is(
    site: Site, beside: Beside, error: BaseException
) -> None:
    beside.go(site.serve_all())
    with pytest.raises(type(error)) as caught:
        async with site.supervise():
            raise error
    assert caught.value is error
    assert site.peer.left


@virtual
async def test_a_loss_does_not_touch_the_body(site: Site) -> None:
    async with site.client():
        with anyio.CancelScope() as scope:
            for _ in range(3):
                await site.lose()
                await anyio.sleep(1)
                await site.restore()
        assert not scope.cancelled_caught


@virtual
async def test_a_bug_comes_out_bare_and_ends_the_streams(site: Site) -> None:
    """What a transport must not raise is nothing that a further try would mend."""
    bug = RuntimeError("a bug")
    streams: list[Any] = []

    async def live() -> None:
        async with site.client() as client:
            streams.append(client.events("Hangup"))
            site.failure = bug
            await site.lose()
            await anyio.sleep_forever()

    with pytest.raises(RuntimeError) as caught:
        await live()
    assert caught.value is bug
    assert [type(one).__name__ async for one in streams[0]] == ["Disconnected"]


@virtual
async def test_a_sleep_that_fails_comes_out_bare(site: Site) -> None:
    async def sleep(_: float) -> None:
        raise Mine

    async def live() -> None:
        async with site.client(backoff=Backoff(sleep=sleep)):
            await site.lose()
            await anyio.sleep_forever()

    with pytest.raises(Mine):
        await live()


# Secrets -----------------------------------------------------------------------------------------


@pytest.fixture
def log() -> Any:
    """Everything that is logged, at the lowest level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield text
    root.removeHandler(handler)
    root.setLevel(before)


@virtual
@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_no_part_of_it_shows_the_secret(site: Site, log: io.StringIO, auth: str) -> None:
    site.beside.go(serve_and_refuse(site))
    supervision = site.supervise(auth=auth)
    async with supervision as client:
        await client.send("Filter", Operation="Add", Filter="x")
        await quiet()
        look_through([supervision, client])
        await site.lose()
        await client.wait_connected()
        assert "a filter is not in force any more" in log.getvalue()
        await site.lose()
        for _ in range(2):
            with pytest.raises(Exception, match="Authentication failed") as caught:
                await client.wait_connected()
            search(caught.value)
        look_through([supervision, client])
    assert not shows(log.getvalue())


async def serve_and_refuse(site: Site) -> None:
    """Let two tries in, refuse the filter of the second, and the third try altogether."""
    for n in range(3):
        peer = await site.come()
        await peer.greet()
        while True:
            request = await peer.hear()
            if (request.action == "Login" and n == 2) or (request.action == "Filter" and n == 1):
                await peer.refuse(request, "Authentication failed")
                break
            await peer.respond(request)
            if request.action == "Filter":
                break
        if n == 2:
            await peer.cut()


def look_through(left: list[object], least: int = 10) -> None:
    seen: set[int] = set()
    while left:
        one = left.pop()
        if id(one) in seen or not type(one).__module__.startswith("amitrio"):
            continue
        seen.add(id(one))
        assert not shows(repr(one))
        slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
        names = [*getattr(one, "__dict__", {}), *slots]
        left += [getattr(one, name) for name in names if hasattr(one, name)]
    assert len(seen) > least


@pytest.mark.parametrize("bad", [SECRET + "\r", SECRET.encode(), " " + SECRET])
def test_no_secret_that_the_door_refuses_shows(bad: Any) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        supervise("pbx", username=USERNAME, secret=bad)
    search(caught.value)


@pytest.mark.parametrize("wrong", [{"port": 0}, {"start": "later"}, {"retry_refused": 0}])
def test_no_other_refusal_of_the_door_shows_it(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - which is not the point
        supervise("pbx", username=USERNAME, secret=SECRET, **wrong)
    search(caught.value)


# Over real sockets -------------------------------------------------------------------------------


async def test_a_certificate_that_does_not_verify_is_final(beside: Beside) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    door = TLSListener(listener, context)
    beside.to_close.append(door)
    beside.go(door.serve(_close))
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    client = supervise("127.0.0.1", port, username=USERNAME, secret=SECRET, tls=True)
    with pytest.raises(ConnectionFailed, match="certificate"), anyio.fail_after(5):
        async with client:
            pass


async def _close(stream: anyio.abc.ByteStream) -> None:
    await stream.aclose()


async def test_a_port_that_nobody_listens_on_is_tried_on() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    await listener.aclose()
    async with supervise(
        "127.0.0.1", port, username=USERNAME, secret=SECRET, start="at_once"
    ) as client:
        async for state in client.states():
            if state is Link.WAITING:
                break
        with pytest.raises(ConnectionLost, match="nothing listens there"):
            await client.ping()
