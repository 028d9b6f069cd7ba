"""Wire: a connection that delays what is written, and splits and joins what is read.

It is also where the truth is known: how many bytes the client has really taken, and which
actions it has handed over.

Law: bytes come in order, none twice. Whatever `receive` has returned, the client has: between its
last await and its return nothing else runs.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import NoReturn

import anyio
import attrs
from anyio.abc import ByteStream

from tests.chaos.deeds import Wire
from tests.chaos.journal import Journal

__all__ = ["Lane", "Link", "Sent"]


_MOST = 65536


@attrs.frozen
class Sent:
    """An event that was written on a link: the offset of its end, its kind, its number."""

    end: int
    kind: str
    number: int


class Lane:
    """One direction."""

    def __init__(self, sizes: Iterator[int], delays: Iterator[float], room: float) -> None:
        self.room = room
        self.put_bytes = 0
        self.taken = 0
        self.ended = False
        self.frozen_until = -math.inf
        self._sizes = sizes
        self._delays = delays
        self._queue: deque[tuple[float, bytes]] = deque()
        self._held = b""
        self._due = 0.0
        self._changed = anyio.Event()

    @property
    def space(self) -> int:
        """Bytes that may be put now."""
        return int(min(self.room - (self.put_bytes - self.taken), 1 << 40))

    def put(self, data: bytes) -> None:
        """Write; never waits."""
        self._due = max(self._due, anyio.current_time() + next(self._delays))
        self._queue.append((self._due, data))
        self.put_bytes += len(data)
        self.notify()

    def notify(self) -> None:
        """Something is different now."""
        changed, self._changed = self._changed, anyio.Event()
        changed.set()

    def drop(self) -> None:
        """What is under way will not arrive."""
        self._queue.clear()
        self._held = b""

    async def take(self, most: int, check: Callable[[], None]) -> bytes:
        """The next bytes, `most` at most, or none at the end. `check` raises where it is over."""
        await anyio.lowlevel.checkpoint()
        while True:
            check()
            now = anyio.current_time()
            if now >= self.frozen_until:
                self._arrive(now)
                if self._held:
                    return self._piece(most)
                if self.ended and not self._queue:
                    return b""
            await self._wait(now)

    async def changed(self) -> None:
        """Wait until something is different."""
        await self._changed.wait()

    def _arrive(self, now: float) -> None:
        while self._queue and self._queue[0][0] <= now:
            self._held += self._queue.popleft()[1]

    def _piece(self, most: int) -> bytes:
        size = min(most, next(self._sizes))
        piece, self._held = self._held[:size], self._held[size:]
        self.taken += len(piece)
        self.notify()
        return piece

    async def _wait(self, now: float) -> None:
        until = self._queue[0][0] if self._queue else math.inf
        until = max(until, self.frozen_until) if self.frozen_until > now else until
        if until == math.inf:
            await self._changed.wait()
            return
        with anyio.move_on_after(until - now):
            await self._changed.wait()


class Link:
    """One connection, as the server has it; `client` is the other end."""

    def __init__(self, index: int, wire: Wire, journal: Journal) -> None:
        self.index = index
        self.events: list[Sent] = []
        self.logged_in = False
        self.hung_up: float | None = None
        """When the client closed its end."""
        self.over: str | None = None
        """Why the server's end is no more."""
        self.reset = False
        """Whether the client is told so by an error."""
        self.swallows = False
        self.began = self.heard_at = anyio.current_time()
        """When the client last took a byte."""
        sizes, delays = cycle(wire.sizes), cycle(wire.delays)
        self.down = Lane(sizes, delays, math.inf)
        self.up = Lane(cycle([_MOST]), delays, wire.room)
        self.journal = journal
        self.client: ByteStream = (_NowaitEnd if wire.at_once else _End)(self)

    def write(self, data: bytes) -> None:
        """Send to the client; into the void once it is over."""
        if self.over is None:
            self.down.put(data)

    def tell(self, kind: str, number: int, data: bytes) -> None:
        """Send an event."""
        if self.over is None:
            self.write(data)
            self.events.append(Sent(self.down.put_bytes, kind, number))

    def received(self) -> list[Sent]:
        """The events that the client has taken whole."""
        return [sent for sent in self.events if sent.end <= self.down.taken]

    async def hear(self) -> bytes:
        """What the client says; none at its end, or at ours."""
        return await self.up.take(_MOST, _nothing)

    def cut(self, why: str, *, reset: bool = False) -> None:
        """End it: after what is under way, or at once."""
        if self.over is None:
            self.over = why
            self.logged_in = False
            self.down.ended = self.up.ended = True
            self.reset = reset
            if reset:
                self.down.drop()
            self.up.drop()
            self.up.notify()
            self.down.notify()

    def swallow(self) -> None:
        """Nothing arrives any more, at neither end."""
        if self.over is not None:
            return
        self.swallows = True
        self.down.frozen_until = self.up.frozen_until = math.inf


def _nothing() -> None:
    """There is nothing to check."""


class _End(ByteStream):
    """The client's end."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.closed = False

    async def receive(self, max_bytes: int = 65536) -> bytes:
        data = await self.link.down.take(max_bytes, self._check_open)
        if not data:
            raise anyio.BrokenResourceError if self.link.reset else anyio.EndOfStream
        self.link.heard_at = anyio.current_time()
        return data

    async def send(self, item: bytes) -> None:
        self.link.journal.try_to_hand(item)
        self._check_sending()
        self.link.journal.hand(item)
        await anyio.lowlevel.checkpoint()
        rest = bytes(item)
        while rest:
            self._check_sending()
            rest = rest[self.put(rest) :]
            if rest:
                await self.link.up.changed()

    def put(self, data: bytes) -> int:
        part = data[: max(0, self.link.up.space)]
        if part:
            self.link.up.put(part)
        return len(part)

    async def send_eof(self) -> NoReturn:
        raise NotImplementedError

    async def aclose(self) -> None:
        if not self.closed:
            self.closed = True
            self.link.hung_up = anyio.current_time()
            self.link.logged_in = False
            self.link.up.ended = True
            self.link.up.notify()
            self.link.down.notify()
        await anyio.lowlevel.checkpoint()

    def _check_open(self) -> None:
        if self.closed:
            raise anyio.ClosedResourceError

    def _check_sending(self) -> None:
        self._check_open()
        if self.link.over is not None and not self.link.swallows:
            raise anyio.BrokenResourceError


class _NowaitEnd(_End):
    """An end that can send at once, as a socket can."""

    def send_nowait(self, item: bytes) -> int:
        self._check_sending()
        sent = self.put(item)
        if sent:
            self.link.journal.try_to_hand(item)
            self.link.journal.hand(item)
        return sent
