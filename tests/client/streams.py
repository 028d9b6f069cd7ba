"""Byte streams in memory: what a client and a scripted peer hold of one connection.

    client_end, peer_end = memory_pair(room=64)

`room` is how many writes may be under way in each direction; with 0 a sender waits until the
other end receives. A `NowaitStream` can also send at once, as a socket can, and takes so many
bytes and no more.
"""

from __future__ import annotations

import anyio
from anyio.abc import ByteStream
from anyio.streams.memory import MemoryObjectSendStream
from anyio.streams.stapled import StapledObjectStream

ROOM = 64


class MemoryStream(ByteStream):
    """One end of a connection in memory."""

    def __init__(self, chunks: StapledObjectStream[bytes]) -> None:
        self.chunks = chunks
        self.closed = False
        self._rest = b""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        if not self._rest:
            self._rest = await self.chunks.receive()
        data, self._rest = self._rest[:max_bytes], self._rest[max_bytes:]
        return data

    async def send(self, item: bytes) -> None:
        await self.chunks.send(item)

    async def send_eof(self) -> None:
        await self.chunks.send_eof()

    async def aclose(self) -> None:
        self.closed = True
        await self.chunks.aclose()


class NowaitStream(MemoryStream):
    """A memory stream that takes at most `takes` bytes at once, and counts its long writes."""

    def __init__(self, chunks: StapledObjectStream[bytes], takes: int) -> None:
        super().__init__(chunks)
        self.takes = takes
        self.taken: list[bytes] = []
        self.written: list[bytes] = []

    def send_nowait(self, item: bytes) -> int:
        part = item[: self.takes]
        if not part:
            return 0
        sending = self.chunks.send_stream
        assert isinstance(sending, MemoryObjectSendStream)
        try:
            sending.send_nowait(part)
        except anyio.WouldBlock:
            return 0
        self.taken.append(part)
        return len(part)

    async def send(self, item: bytes) -> None:
        self.written.append(item)
        await super().send(item)


def memory_pair(*, room: int = ROOM) -> tuple[MemoryStream, MemoryStream]:
    """The two ends of one connection."""
    one, other = _staples(room)
    return MemoryStream(one), MemoryStream(other)


def nowait_pair(*, takes: int, room: int = ROOM) -> tuple[NowaitStream, MemoryStream]:
    """The same; the first end can send at once."""
    one, other = _staples(room)
    return NowaitStream(one, takes), MemoryStream(other)


def _staples(room: int) -> tuple[StapledObjectStream[bytes], StapledObjectStream[bytes]]:
    send_one, receive_one = anyio.create_memory_object_stream[bytes](room)
    send_other, receive_other = anyio.create_memory_object_stream[bytes](room)
    return (
        StapledObjectStream(send_one, receive_other),
        StapledObjectStream(send_other, receive_one),
    )
