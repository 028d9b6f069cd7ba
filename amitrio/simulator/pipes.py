"""Pipes: two byte streams in memory, joined back to back, with the room that a socket has.

Law: what is sent is received in order, and no more than `room` bytes are ever under way; a
sender waits for room, as it does on TCP, and a peer that is gone is told as TCP tells it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import anyio
from anyio.abc import ByteStream

__all__ = ["MemoryStream", "memory_pipe"]

# What a session over loopback TCP holds before the writer blocks: measured at about 3.3 MB.
DEFAULT_ROOM = 3_300_000


class _Channel:
    """One direction."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.chunks: deque[bytes] = deque()
        self.size = 0
        self.ended = False  # the sender said that nothing more comes
        self.reset = False  # the receiver is gone
        self._changed: list[anyio.Event] = []

    def notify(self) -> None:
        waiting, self._changed = self._changed, []
        for event in waiting:
            event.set()

    async def wait(self, ready: Callable[[], bool]) -> None:
        while not ready():
            event = anyio.Event()
            self._changed.append(event)
            await event.wait()

    def put(self, data: bytes) -> int:
        taken = data[: self.room - self.size]
        if taken:
            self.chunks.append(taken)
            self.size += len(taken)
            self.notify()
        return len(taken)

    def take(self, max_bytes: int) -> bytes:
        data = self.chunks.popleft()
        if len(data) > max_bytes:
            data, rest = data[:max_bytes], data[max_bytes:]
            self.chunks.appendleft(rest)
        self.size -= len(data)
        self.notify()
        return data


class MemoryStream(ByteStream):
    """One end of a pipe. Cancelling `send` may leave a part of the data sent, as with TCP."""

    def __init__(self, incoming: _Channel, outgoing: _Channel) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._closed = False
        self._receiving = False
        self._sending = False

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """Wait for bytes; what was sent in one piece comes in one piece, if it fits."""
        if self._receiving:
            raise anyio.BusyResourceError("reading from")
        await anyio.lowlevel.checkpoint()
        channel = self._incoming
        self._receiving = True
        try:
            await channel.wait(lambda: bool(channel.chunks) or channel.ended or self._closed)
        finally:
            self._receiving = False
        if self._closed:
            raise anyio.ClosedResourceError
        if channel.chunks:
            return channel.take(max_bytes)
        raise anyio.EndOfStream

    async def send(self, item: bytes) -> None:
        """Wait until all bytes are under way."""
        if self._sending:
            raise anyio.BusyResourceError("writing to")
        await anyio.lowlevel.checkpoint()
        channel = self._outgoing
        self._sending = True
        try:
            rest = bytes(item)
            while rest:
                self._check_open(channel)
                rest = rest[channel.put(rest) :]
                if rest:
                    await channel.wait(
                        lambda: channel.size < channel.room or channel.reset or self._closed
                    )
            self._check_open(channel)
        finally:
            self._sending = False

    def _check_open(self, channel: _Channel) -> None:
        if self._closed or channel.ended:
            raise anyio.ClosedResourceError
        if channel.reset:
            raise anyio.BrokenResourceError

    async def send_eof(self) -> None:
        """Say that no more bytes follow."""
        self._outgoing.ended = True
        self._outgoing.notify()
        await anyio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        """Close: the peer still reads what is under way, then the end of the stream."""
        self._closed = True
        self._outgoing.ended = True
        self._incoming.reset = True
        self._outgoing.notify()
        self._incoming.notify()
        await anyio.lowlevel.checkpoint()


def memory_pipe(room: int = DEFAULT_ROOM) -> tuple[MemoryStream, MemoryStream]:
    """Two joined ends; each direction holds at most `room` bytes."""
    one, other = _Channel(room), _Channel(room)
    return MemoryStream(one, other), MemoryStream(other, one)
