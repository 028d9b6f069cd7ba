"""Over real sockets: cancelled anywhere, a client of either kind leaves no descriptor, no task."""

from __future__ import annotations

import gc
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from amitrio import Backoff, ConnectionLost, SupervisedClient, connect, supervise
from tests.client.cancelling import WAYS, How, When, cuts
from tests.client.peer import GONE, SECRET, USERNAME, Peer
from tests.client.sockets import LOOPBACK, closed_port, listening
from tests.client.test_cancellation import tasks_alive
from tests.client.waiting import Beside, quiet, until

every_way = pytest.mark.parametrize(
    ("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"]
)


async def sleep(_: float) -> None:
    await anyio.lowlevel.checkpoint()


AT_ONCE = Backoff(sleep=sleep)


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a client trusts, and what the server shows."""
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    showing = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(LOOPBACK).configure_cert(showing)
    return trusting, showing


class Server:
    """Lets everybody in over TCP, with a context over TLS; `streams` are the open ones."""

    def __init__(self, beside: Beside, context: ssl.SSLContext | None) -> None:
        self.beside = beside
        self.context = context
        self.streams: list[ByteStream] = []
        self.served = 0

    async def serve(self, stream: ByteStream) -> None:
        self.streams.append(stream)
        try:
            with suppress(*GONE, OSError):
                secured = await self._secured(stream)
                await Peer(self.beside, (secured, secured)).serve()
                self.served += 1
        finally:
            self.streams.remove(stream)

    async def _secured(self, stream: ByteStream) -> ByteStream:
        if self.context is None:
            return stream
        return await TLSStream.wrap(
            stream, server_side=True, ssl_context=self.context, standard_compatible=False
        )

    async def lose_all(self) -> None:
        for stream in list(self.streams):
            await anyio.aclose_forcefully(stream)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        async with listening(self.beside, self.serve) as port:
            yield port


async def come_and_go(_: Server, door: Any) -> None:
    async with door as client:
        await client.ping()


async def come_before_it_is_up(_: Server, door: Any) -> None:
    async with door as client:
        await client.wait_connected()
        await client.ping()


async def live_through_a_loss(server: Server, door: Any) -> None:
    async with door as client:
        await server.lose_all()
        await anyio.lowlevel.checkpoint()
        while not await answers(client):
            await client.wait_connected()


async def answers(client: SupervisedClient) -> bool:
    with suppress(ConnectionLost):
        return await client.ping() >= 0
    return False


supervised = partial(supervise, backoff=AT_ONCE)
at_once = partial(supervised, start="at_once")

Life = Callable[[Server, Any], Coroutine[Any, Any, None]]
LIVES: dict[str, tuple[Callable[..., Any], Life]] = {
    "connect": (connect, come_and_go),
    "supervise": (supervised, come_and_go),
    "supervise at once": (at_once, come_before_it_is_up),
    "supervise through a loss": (supervised, live_through_a_loss),
}


@every_way
@pytest.mark.parametrize("tls", [False, True], ids=["tcp", "tls"])
@pytest.mark.parametrize(("door", "life"), LIVES.values(), ids=LIVES)
async def test_a_life_over_sockets_may_be_cancelled_anywhere(
    beside: Beside,
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
    how: How,
    when: When,
    tls: bool,  # noqa: FBT001 - as pytest gives it
    door: Callable[..., Any],
    life: Life,
) -> None:
    trusting, showing = contexts
    server = Server(beside, showing if tls else None)
    async with server.listening() as port:
        await quiet()
        before = left()
        async for cut in cuts(how, when):
            context = trusting if tls else False
            entered = door(LOOPBACK, port, username=USERNAME, secret=SECRET, tls=context)
            await cut(life(server, entered))
            await until(lambda: not server.streams and left() == before)
        assert server.served > 0
    gc.collect()


@every_way
async def test_tries_at_a_closed_port_may_be_cancelled_anywhere(
    beside: Beside, how: How, when: When
) -> None:
    async def sleep(_: float) -> None:
        tries.append(enough)
        await anyio.lowlevel.checkpoint()
        if tries.count(enough) == 3:
            enough.set()

    async def come() -> None:
        waits = Backoff(sleep=sleep)
        async with at_once(LOOPBACK, port, username=USERNAME, secret=SECRET, backoff=waits):
            await enough.wait()

    port = closed_port()
    tries: list[anyio.Event] = []
    await quiet()
    before = left()
    async for cut in cuts(how, when):
        enough = anyio.Event()
        await cut(come())
        await until(lambda: left() == before)
    assert len(tries) > 3
    gc.collect()


def left() -> tuple[int, int]:
    """The tasks that live, and the descriptors that are open."""
    return tasks_alive(), len(list(Path("/dev/fd").iterdir()))
