"""A canary for the secret of a client that stays connected: it shows nowhere, whatever happens.

As in the client's own test of secrets, all that could carry it is searched: exceptions with their
chains and the locals of their frames, reprs, attributes, pickles, warnings, the log at its most
talkative.
"""

from __future__ import annotations

import gc
import pickle
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import attrs
import pytest
import trustme
from anyio.streams.tls import TLSListener

from amitrio import (
    AMIError,
    AuthenticationFailed,
    ConnectionFailed,
    ConnectionLost,
    Link,
    Secret,
    SupervisedClient,
    Supervision,
    supervise,
    supervise_over,
)
from amitrio.client.settings import Settings
from tests.client.peer import SECRET, USERNAME
from tests.client.test_secrets import log, search, shows, warned
from tests.client.waiting import Beside, quiet
from tests.supervisor.site import Site
from tests.supervisor.test_leaving import look_through

__all__ = ["log", "warned"]

virtual = pytest.mark.virtual_time
pytestmark = pytest.mark.usefixtures("log", "warned")

both_ways = pytest.mark.parametrize("auth", ["md5", "plain"])


async def told(ask: Callable[[], Awaitable[object]]) -> AMIError:
    """What asking raises."""
    with pytest.raises(AMIError) as caught:
        await ask()
    search(caught.value)
    return caught.value


def look_at(supervision: Supervision, client: SupervisedClient | None = None) -> None:
    """All that hangs on it: what it shows, gives as attributes, and lets be pickled."""
    keeper = supervision._keeper
    look_through([supervision, keeper, *([] if client is None else [client])], least=6)
    for holder in (supervision, keeper, keeper.settings, client, keeper.standing):
        for shown in (repr(holder), str(holder), f"{holder}", ascii(holder), repr([holder])):
            assert not shows(shown)
    for value in (keeper, keeper.settings):
        assert not shows(repr(attrs.asdict(value)))
        assert not shows(repr(attrs.astuple(value)))
        assert not shows(repr(attrs.asdict(value, recurse=False)))
    for one in (supervision, keeper, keeper.settings, client):
        if one is not None:
            check_unpicklable(one)


def check_unpicklable(holder: object) -> None:
    try:
        pickled = pickle.dumps(holder)
    except (TypeError, AttributeError, pickle.PicklingError) as exc:
        search(exc)
    else:
        pytest.fail(f"pickled: {pickled!r}")


# What befalls it ---------------------------------------------------------------------------------


@virtual
@both_ways
async def test_no_refused_login_shows_it(site: Site, auth: str) -> None:
    site.beside.go(refuse_for_ever(site))
    supervision = site.supervise(auth=auth)
    with pytest.raises(AuthenticationFailed) as caught:
        async with supervision:
            pass
    search(caught.value)
    look_at(supervision)


@virtual
@both_ways
async def test_no_login_that_is_refused_again_and_again_shows_it(site: Site, auth: str) -> None:
    site.beside.go(refuse_for_ever(site))
    supervision = site.supervise(auth=auth, start="at_once", retry_refused=5)
    async with supervision as client:
        for _ in range(3):
            await anyio.sleep(5)
            assert "Authentication failed" in str(await told(client.ping))
            look_at(supervision, client)
        assert len(site.tries) > 2


async def refuse_for_ever(site: Site) -> None:
    while True:
        peer = await site.come()
        await peer.greet()
        request = await peer.hear()
        if request.action == "Challenge":
            await peer.answer(request, Challenge="1")
            request = await peer.hear()
        await peer.refuse(request, "Authentication failed")
        await peer.cut()


@virtual
@both_ways
async def test_no_loss_shows_it(site: Site, beside: Beside, auth: str) -> None:
    supervision = site.supervise(auth=auth)
    beside.go(site.serve_all())
    async with supervision as client:
        look_at(supervision, client)
        raising = client.raising_gaps.events("Hangup")
        stream = client.events("Hangup")
        site.close_port()
        asked = beside(client.wait_for("Hangup"))
        await quiet()
        await site.lose()
        search(await asked.error())
        await told(raising.receive)
        await told(client.ping)
        assert not shows(repr(await stream.receive()))
        await anyio.sleep(20)
        await told(client.ping)
        look_at(supervision, client)
        site.open_port()
        await client.wait_connected()
        assert not shows(repr(await stream.receive()))
        look_at(supervision, client)


@virtual
@both_ways
@pytest.mark.parametrize("start", ["at_once", "connected"])
async def test_no_login_that_hangs_or_breaks_shows_it(site: Site, auth: str, start: str) -> None:
    """What was heard is sent back, so that a plain secret is in what is received."""
    site.beside.go(echo_for_ever(site))
    supervision = site.supervise(auth=auth, start=start, response_timeout=3)
    with anyio.move_on_after(60):
        async with supervision as client:
            for _ in range(5):
                await anyio.sleep(5)
                await told(client.ping)
                look_at(supervision, client)
    assert len(site.tries) > 2
    look_at(supervision)


async def echo_for_ever(site: Site) -> None:
    while True:
        peer = await site.come()
        await peer.greet()
        for _ in range(2):
            await peer.send(await peer.own.receive())
        if len(site.peers) % 2:
            await peer.cut()


@virtual
@both_ways
async def test_nothing_that_the_body_raises_shows_it(site: Site, beside: Beside, auth: str) -> None:
    async def crash() -> None:
        await quiet()
        raise LookupError("mine")

    async def live() -> None:
        async with supervision, anyio.create_task_group() as tasks:
            tasks.start_soon(crash)
            await anyio.sleep_forever()

    beside.go(site.serve_all())
    supervision = site.supervise(auth=auth)
    with pytest.raises(ExceptionGroup) as caught:
        await live()
    search(caught.value)
    look_at(supervision)


@virtual
@both_ways
async def test_no_bug_in_the_keeper_shows_it(site: Site, auth: str) -> None:
    """What dialling must not raise comes out through all frames of the supervisor."""
    site.failure = RuntimeError("a bug")
    supervision = site.supervise(auth=auth)
    with pytest.raises(RuntimeError, match="a bug") as caught:
        async with supervision:
            pass
    search(caught.value)
    look_at(supervision)


@virtual
@both_ways
async def test_no_bug_during_a_login_shows_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, auth: str
) -> None:
    async def send(self: Any, item: bytes) -> None:
        if b"Login" in item:
            raise RuntimeError("a bug")
        await original(self, item)

    site.beside.go(site.serve_all())
    kind = type(await site.dial())
    original = kind.send
    monkeypatch.setattr(kind, "send", send)
    supervision = site.supervise(auth=auth)
    with pytest.raises(RuntimeError, match="a bug") as caught:
        async with supervision:
            pass
    search(caught.value)


async def test_no_failed_tls_shows_it(beside: Beside) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    door = TLSListener(listener, context)
    beside.to_close.append(door)
    beside.go(door.serve(_close))
    supervision = supervise("127.0.0.1", port, username=USERNAME, secret=SECRET, tls=True)
    with pytest.raises(ConnectionFailed, match="certificate") as caught:
        async with supervision:
            pass
    search(caught.value)
    look_at(supervision)
    late = supervise("127.0.0.1", port, username=USERNAME, secret=SECRET, tls=True, start="at_once")
    async with late as client:
        async for state in client.states():
            if state is Link.FAILED:
                break
        assert isinstance(await told(client.ping), ConnectionFailed)
        look_at(late, client)
    gc.collect()


async def _close(stream: anyio.abc.ByteStream) -> None:
    await stream.aclose()


# The doors ---------------------------------------------------------------------------------------


async def nowhere() -> anyio.abc.ByteStream:
    raise OSError("nowhere")


def door(secret: Any, **options: Any) -> Supervision:
    return supervise("pbx", username=USERNAME, secret=secret, **options)


def door_over(secret: Any, **options: Any) -> Supervision:
    return supervise_over(nowhere, username=USERNAME, secret=secret, **options)


@pytest.mark.parametrize("enter", [door, door_over])
@pytest.mark.parametrize("bad", [SECRET + "\r", SECRET.encode(), " " + SECRET, [SECRET]])
def test_no_secret_that_a_door_refuses_shows(enter: Callable[..., Any], bad: Any) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        enter(bad)
    search(caught.value)


@pytest.mark.parametrize("enter", [door, door_over])
@pytest.mark.parametrize(
    "wrong", [{"start": "later"}, {"retry_refused": 0}, {"auth": "md4"}, {"event_mask": "Call"}]
)
def test_nothing_else_that_a_door_refuses_shows_it(
    enter: Callable[..., Any], wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - which is not the point
        enter(SECRET, **wrong)
    search(caught.value)


@pytest.mark.parametrize("enter", [door, door_over])
def test_a_supervision_to_be_does_not_show_it(enter: Callable[..., Any]) -> None:
    look_at(enter(SECRET))


async def test_a_stream_that_cannot_be_opened_does_not_show_it() -> None:
    async with door_over(SECRET, start="at_once") as client:
        async for state in client.states():
            if state is Link.WAITING:
                break
        assert isinstance(await told(client.ping), ConnectionLost)


def test_what_is_looked_at_would_be_found() -> None:
    supervision = door(SECRET)
    kept = supervision._keeper.settings
    supervision._keeper.settings = attrs.evolve(kept, name=f"pbx with {SECRET}")
    with pytest.raises(AssertionError):
        look_at(supervision)
    assert isinstance(kept, Settings)
    assert kept.secret == Secret(SECRET)
