"""How a connection comes about, or does not."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import attrs
import pytest
import trustme
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from amitrio import (
    AuthenticationFailed,
    Backoff,
    ConnectionFailed,
    ConnectionLost,
    Link,
    ProtocolError,
    connect,
    supervise,
)
from tests.client.peer import CHALLENGE, GONE, SECRET, USERNAME, Peer
from tests.client.sockets import LOOPBACK, closed_port, listening
from tests.client.waiting import Beside, until
from tests.faults.living import mended
from tests.supervisor.site import Site

LOGIN: dict[str, Any] = {"username": USERNAME, "secret": SECRET}
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
HTTP = b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"


# A closed port ------------------------------------------------------------------------------------


async def test_nothing_listens() -> None:
    with pytest.raises(ConnectionFailed, match="nothing listens there: is Asterisk running"):
        async with connect(LOOPBACK, closed_port(), **LOGIN):
            pass


async def test_nothing_listens_supervised(beside: Beside) -> None:
    port = closed_port()
    backoff = Backoff(first=0.01, most=0.01)
    async with supervise(LOOPBACK, port, start="at_once", backoff=backoff, **LOGIN) as client:
        async for state in client.states():
            if state is Link.WAITING:
                break
        with pytest.raises(ConnectionLost, match="nothing listens there") as caught:
            await client.ping()
        assert caught.value.executed == "no"
        door = await anyio.create_tcp_listener(local_host=LOOPBACK, local_port=port)
        beside.to_close.append(door)
        beside.go(door.serve(lambda stream: Peer(beside, (stream, stream)).serve()))
        await client.wait_connected()
        assert await client.ping() > 0


# Somebody else ------------------------------------------------------------------------------------


async def enter(connection: Any) -> None:
    async with connection:
        pass


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (HTTP, ProtocolError, "this is no AMI server; it answered: HTTP/1.1 400"),
        (b"", ConnectionFailed, "sent no AMI banner within 10 s: is it the HTTP port"),
    ],
)
async def test_no_asterisk_there(
    peer: Peer, beside: Beside, said: bytes, kind: type[Exception], words: str
) -> None:
    await peer.send(said)
    error = await beside(enter(peer.dial())).error()
    assert type(error) is kind
    assert words in str(error)
    await peer.expect_end()
    assert peer.heard == []  # it was told nothing, the secret least of all


@pytest.mark.virtual_time
async def test_no_asterisk_there_supervised(site: Site, beside: Beside) -> None:
    entering = beside(enter(site.supervise()))
    await (await site.come()).expect_end()  # a silent one; there is a next try
    await (await site.come()).send(HTTP)
    assert isinstance(await entering.error(), ProtocolError)
    await anyio.sleep(1000)
    assert len(site.tries) == 2
    async with mended(known := Site(beside)) as survivor:  # an Asterisk was here before
        await known.lose()
        await survivor.loss()
        await (await known.come()).send(HTTP)
        await known.restore()


# Refused ------------------------------------------------------------------------------------------


async def refuse(peer: Peer) -> None:
    await peer.greet()
    await peer.answer(await peer.expect("Challenge"), Challenge=CHALLENGE)
    await peer.refuse(await peer.expect("Login"), "Authentication failed")


async def test_wrong_secret(peer: Peer, beside: Beside) -> None:
    beside.go(refuse(peer))
    with pytest.raises(AuthenticationFailed, match="check the username, the secret, and that"):
        await enter(peer.dial(secret="wrong"))
    await peer.expect_end()
    assert [request.action for request in peer.heard] == ["Challenge", "Login"]


@pytest.mark.virtual_time
async def test_wrong_secret_supervised(site: Site, beside: Beside) -> None:
    entering = beside(enter(site.supervise()))
    await site.refuse()
    assert isinstance(await entering.error(), AuthenticationFailed)
    await anyio.sleep(1000)
    assert len(site.tries) == 1


# Not verified -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@attrs.define(eq=False)
class TlsDoor:
    """A TLS port, and what was said to it."""

    port: int = 0
    tries: int = 0
    left: int = 0
    heard: bytes = b""


@asynccontextmanager
async def tls_door(beside: Beside, authority: trustme.CA, name: str) -> AsyncIterator[TlsDoor]:
    """A TLS port with a certificate for that name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    door = TlsDoor()

    async def serve(stream: ByteStream) -> None:
        door.tries += 1
        with suppress(ssl.SSLError, *GONE):
            tls = await TLSStream.wrap(stream, server_side=True, ssl_context=context)
            await tls.send(BANNER)
            door.heard += await tls.receive()
        door.left += 1

    async with listening(beside, serve) as door.port:
        yield door


CASES = pytest.mark.parametrize(
    ("name", "trusts", "words"),
    [
        (LOOPBACK, False, "unable to get local issuer certificate"),
        ("pbx.example.com", True, "mismatch, certificate is not valid for"),
    ],
)


def context_of(authority: trustme.CA, *, trusts: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if trusts:
        authority.configure_trust(context)
    return context


@CASES
async def test_certificate_that_does_not_verify(
    beside: Beside, authority: trustme.CA, name: str, words: str, *, trusts: bool
) -> None:
    context = context_of(authority, trusts=trusts)
    async with tls_door(beside, authority, name) as door:
        with pytest.raises(ConnectionFailed, match=words):
            await enter(connect(LOOPBACK, door.port, tls=context, **LOGIN))
        await until(lambda: door.left == 1)
        assert door.heard == b""


@CASES
async def test_certificate_that_does_not_verify_supervised(
    beside: Beside, authority: trustme.CA, name: str, words: str, *, trusts: bool
) -> None:
    context = context_of(authority, trusts=trusts)
    async with tls_door(beside, authority, name) as door:
        with pytest.raises(ConnectionFailed, match=words):
            await enter(supervise(LOOPBACK, door.port, tls=context, **LOGIN))
        await until(lambda: door.left == 1)
        assert (door.heard, door.tries) == (b"", 1)
