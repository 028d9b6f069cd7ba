"""TLS: verified unless plainly told otherwise, and each way to fail named."""

from __future__ import annotations

import gc
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
import trustme
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from amitrio import Connection, ConnectionFailed, ConnectionLost, connect
from tests.client.cancelling import WAYS, How, When, cuts
from tests.client.peer import GONE, SECRET, USERNAME, Peer
from tests.client.sockets import LOOPBACK, listening, resolve
from tests.client.waiting import Beside, until

Serve = Callable[[TLSStream], Awaitable[object]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """What a client needs that trusts the authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="module")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(LOOPBACK, "pbx.example.com").configure_cert(context)
    return context


def dialing(port: int, tls: Any, **settings: Any) -> Connection:
    host = settings.pop("host", LOOPBACK)
    return connect(host, port, username=USERNAME, secret=SECRET, tls=tls, **settings)


@asynccontextmanager
async def serving(
    beside: Beside, context: ssl.SSLContext, serve: Serve | None = None
) -> AsyncIterator[int]:
    """A TLS port; without `serve` an AMI server speaks there."""

    async def handle(stream: ByteStream) -> None:
        try:
            tls = await TLSStream.wrap(
                stream, server_side=True, ssl_context=context, standard_compatible=False
            )
        except (ssl.SSLError, *GONE):
            return
        await (serve(tls) if serve else Peer(beside, (tls, tls)).serve())

    async with listening(beside, handle) as port:
        yield port


# Getting through ---------------------------------------------------------------------------------


async def test_a_verified_server(
    beside: Beside, server_context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with serving(beside, server_context) as port, dialing(port, trusting) as client:
        asked = [beside(client.send("Echo", Text=str(n))) for n in range(100)]
        assert [(await one)["Text"] for one in asked] == [str(n) for n in range(100)]


async def test_a_server_verified_by_its_name(
    beside: Beside,
    server_context: ssl.SSLContext,
    trusting: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(beside, server_context) as port:
        resolve(monkeypatch, (LOOPBACK, port))
        async with dialing(port, trusting, host="pbx.example.com") as client:
            assert client.connected


async def test_an_unverified_server_for_who_asks_for_it(
    beside: Beside, server_context: ssl.SSLContext
) -> None:
    async with (
        serving(beside, server_context) as port,
        dialing(port, tls=True, tls_insecure_skip_verify=True) as client,
    ):
        assert client.connected


# Failing -----------------------------------------------------------------------------------------


async def test_a_certificate_that_nobody_vouches_for(
    beside: Beside, server_context: ssl.SSLContext
) -> None:
    async with serving(beside, server_context) as port:
        with pytest.raises(ConnectionFailed, match="create_default_context") as caught:
            async with dialing(port, tls=True):
                pass
    assert "unable to get local issuer" in str(caught.value)


async def test_a_certificate_for_another_name(
    beside: Beside,
    server_context: ssl.SSLContext,
    trusting: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(beside, server_context) as port:
        resolve(monkeypatch, (LOOPBACK, port))
        with pytest.raises(ConnectionFailed, match="Hostname mismatch") as caught:
            async with dialing(port, trusting, host="other.example.com"):
                pass
    assert "other.example.com" in str(caught.value)


async def test_tls_against_a_plain_port(beside: Beside, trusting: ssl.SSLContext) -> None:
    async def serve(stream: ByteStream) -> None:
        await Peer(beside, (stream, stream)).greet()
        await stream.receive()

    async with listening(beside, serve) as port:
        with pytest.raises(
            ConnectionFailed, match=r"does not speak TLS; use the TLS port \(5039\)"
        ):
            async with dialing(port, trusting):
                pass


async def test_plain_against_a_tls_port(beside: Beside, server_context: ssl.SSLContext) -> None:
    async with serving(beside, server_context) as port:
        with pytest.raises(ConnectionFailed, match=r"the TLS port \(5039\), which needs tls=True"):
            async with dialing(port, tls=False, connect_timeout=0.1):
                pass


async def test_tls_where_no_banner_comes(
    beside: Beside, server_context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with serving(beside, server_context, lambda tls: tls.receive()) as port:
        with pytest.raises(ConnectionFailed, match="is TLS spoken there"):
            async with dialing(port, trusting, connect_timeout=0.1):
                pass


async def test_a_server_that_hangs_up_in_the_handshake(
    beside: Beside, trusting: ssl.SSLContext
) -> None:
    async def hang_up(stream: ByteStream) -> None:
        await stream.receive()

    async with listening(beside, hang_up) as port:
        with pytest.raises(ConnectionFailed, match=r"TLS with .* failed: "):
            async with dialing(port, trusting):
                pass


async def test_a_handshake_that_does_not_go_on(beside: Beside, trusting: ssl.SSLContext) -> None:
    async def stall(stream: ByteStream) -> None:
        while True:
            await stream.receive()

    async with listening(beside, stall) as port:
        with pytest.raises(ConnectionFailed, match=r"no connection to .* within 0\.1 s"):
            async with dialing(port, trusting, connect_timeout=0.1):
                pass


async def test_a_server_that_wants_a_certificate_of_ours(
    beside: Beside, authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    async with serving(beside, context) as port:
        with pytest.raises(ConnectionFailed):
            async with dialing(port, trusting):
                pass


# While it lasts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["close_notify", "cut", "garbage"])
async def test_however_tls_ends_it_is_a_loss(
    beside: Beside, server_context: ssl.SSLContext, trusting: ssl.SSLContext, how: str
) -> None:
    async def serve(tls: TLSStream) -> None:
        peer = Peer(beside, (tls, tls))
        await peer.log_in()
        await peer.expect("Reload")
        await peer.event("Hangup")
        if how == "close_notify":
            tls.standard_compatible = True
            await tls.unwrap()
        elif how == "garbage":
            await tls.transport_stream.send(b"\x17\x03\x03\x00\x20" + b"garbage!" * 4)
            await anyio.sleep_forever()

    async with serving(beside, server_context, serve) as port:
        async with dialing(port, trusting) as client:
            with client.events("Hangup") as stream:
                asked = beside(client.send("Reload"))
                error = await asked.error()
                assert type(error) is ConnectionLost
                assert error.executed == "maybe"
                assert (await stream.receive()).kind == "Hangup"
                with pytest.raises(ConnectionLost):
                    await stream.receive()
                alive = True
        assert alive


async def test_sending_after_tls_has_broken_is_a_loss(
    beside: Beside, server_context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async def serve(tls: TLSStream) -> None:
        await Peer(beside, (tls, tls)).log_in()
        await tls.transport_stream.send(b"no TLS record\r\n")
        await anyio.sleep_forever()

    async with (
        serving(beside, server_context, serve) as port,
        dialing(port, trusting) as client,
    ):
        with pytest.raises(ConnectionLost):  # noqa: PT012 - sooner or later
            while True:
                await client.ping()


@pytest.mark.parametrize(("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"])
async def test_a_handshake_may_be_cancelled_anywhere(
    beside: Beside,
    server_context: ssl.SSLContext,
    trusting: ssl.SSLContext,
    how: How,
    when: When,
) -> None:
    async def serve(tls: TLSStream) -> None:
        open_now.append(tls)
        try:
            await Peer(beside, (tls, tls)).serve()
        finally:
            open_now.remove(tls)

    async def come_and_go() -> None:
        async with dialing(port, trusting) as client:
            await client.ping()

    open_now: list[TLSStream] = []
    async with serving(beside, server_context, serve) as port:
        async for cut in cuts(how, when):
            await cut(come_and_go())
            await until(lambda: not open_now)
    gc.collect()
