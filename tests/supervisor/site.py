"""A site to which a supervised client connects: each of its tries reaches a new scripted peer.

async with site.client() as client:             # the first peer lets it in
    with client.events("Hangup") as stream:
        await site.peer.cut()
        await site.restore()                    # so does the second
        assert kinds(await take(stream)) == ["Disconnected", "Reconnected"]
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.abc import ByteStream
from anyio.streams.memory import MemoryObjectReceiveStream

from amitrio import (
    Backoff,
    ConnectionFailed,
    Event,
    EventStream,
    Gap,
    Secret,
    SupervisedClient,
    Supervision,
)
from amitrio.client.settings import Settings
from tests.client.peer import CHALLENGE, SECRET, USERNAME, Peer, frame, key
from tests.client.streams import MemoryStream, memory_pair
from tests.client.waiting import Beside, quiet


def booted(uptime: int) -> bytes:
    """FullyBooted, as the login says it."""
    return frame(
        f"Event: FullyBooted / Privilege: system,all / Uptime: {uptime} / LastReload: {uptime}"
        " / Status: Fully Booted"
    )


class HurriedStream(MemoryStream):
    """One that has no checkpoint where something is there."""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        stream = self.chunks.receive_stream
        assert isinstance(stream, MemoryObjectReceiveStream)
        try:
            data: bytes = stream.receive_nowait()
        except anyio.WouldBlock:
            return await super().receive(max_bytes)
        return data


class Site:
    """The address that is dialled. `peer` is the server's end of the last connection."""

    def __init__(self, beside: Beside) -> None:
        self.beside = beside
        self.peers: list[Peer] = []
        self.tries: list[float] = []
        """When it was dialled, on the clock of the loop."""
        self.slept: list[float] = []
        self.failure: BaseException | None = None
        """What dialling raises, if anything."""
        self.hangs = False
        self.kind: type[Peer] = Peer
        """What the server's ends are."""
        self.hurries = False
        """Whether the client's end takes all that is there before anybody else has a turn."""
        self._came, self._coming = anyio.create_memory_object_stream[Peer](1000)
        beside.to_close += [self._came, self._coming]

    @property
    def peer(self) -> Peer:
        return self.peers[-1]

    def close_port(self) -> None:
        """Nobody listens from now on."""
        self.failure = ConnectionFailed("cannot connect to pbx: nothing listens there")

    def open_port(self) -> None:
        """Somebody listens again."""
        self.failure = None

    async def dial(self) -> ByteStream:
        self.tries.append(anyio.current_time())
        await anyio.lowlevel.checkpoint()
        if self.hangs:
            await anyio.sleep_forever()
        if self.failure is not None:
            raise self.failure
        peer = self.kind(self.beside, self._ends() if self.hurries else None)
        self.peers.append(peer)
        self._came.send_nowait(peer)
        return peer.stream

    @staticmethod
    def _ends() -> tuple[ByteStream, ByteStream]:
        client, server = memory_pair()
        return HurriedStream(client.chunks), server

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await anyio.sleep(seconds)

    def supervise(
        self,
        *,
        start: Any = "connected",
        retry_refused: float | None = None,
        backoff: Backoff | None = None,
        **options: Any,
    ) -> Supervision:
        """A client to be, whose waits are not shortened by chance."""
        options = {"host": "", "username": USERNAME, "name": "pbx", **options}
        return Supervision(
            Settings(secret=Secret(SECRET), **options),
            self.dial,
            start=start,
            backoff=backoff or Backoff(random=lambda: 0.0, sleep=self.sleep),
            retry_refused=retry_refused,
        )

    @asynccontextmanager
    async def client(
        self, *, uptime: int = 107, **options: Any
    ) -> AsyncGenerator[SupervisedClient]:
        """A client that the first peer has let in."""
        self.beside.go(self.let_in(uptime=uptime))
        async with self.supervise(**options) as client:
            await quiet()
            yield client

    # What the peers do ----------------------------------------------------------------------------

    async def come(self) -> Peer:
        """The peer of the next try, or of one that was not asked for yet."""
        return await self._coming.receive()

    async def let_in(self, *, uptime: int | None = 107, more: bytes = b"", **login: str) -> Peer:
        """Greet the next try and log it in; `more` comes in the same bytes as the answer.

        Without an uptime the server is still booting.
        """
        peer = await self.come()
        request = await self.greet(peer, **login)
        peer.connection.logged_in()
        answer = peer.connection.respond(
            request, "Success", [("Message", "Authentication accepted")]
        )
        await peer.send(answer + (b"" if uptime is None else booted(uptime)) + more)
        await peer.answer(await peer.expect("Ping"), Ping="Pong")
        return peer

    async def restore(self, **settings: Any) -> Peer:
        """Let the next try in, and wait until that is known."""
        peer = await self.let_in(**settings)
        await quiet()
        return peer

    async def greet(self, peer: Peer, **login: str) -> Any:
        """Banner and challenge, up to the request to log in."""
        await peer.greet()
        await peer.answer(await peer.expect("Challenge"), Challenge=CHALLENGE)
        return await peer.expect("Login", Key=key(), **login)

    async def refuse(self, message: str = "Authentication failed") -> Peer:
        """Refuse the next login, as Asterisk does."""
        peer = await self.come()
        await peer.refuse(await self.greet(peer), message)
        await peer.cut()
        return peer

    async def serve_all(self) -> None:
        """Let everybody in, and answer whatever is asked."""
        while True:
            peer = await self.come()
            self.beside.go(peer.serve())

    async def lose(self) -> None:
        """End the connection, and wait until that is known."""
        await self.peer.cut()
        await quiet()


# What a stream holds ------------------------------------------------------------------------------


async def take(stream: EventStream[Any]) -> list[Any]:
    """Everything that is there."""
    await quiet()
    taken: list[Any] = []
    while True:
        try:
            taken.append(stream.receive_nowait())
        except anyio.WouldBlock:
            return taken


def told(items: list[Event | Gap]) -> list[str]:
    """Events by their number, gaps by their name."""
    return [one["N"] if isinstance(one, Event) else type(one).__name__ for one in items]
