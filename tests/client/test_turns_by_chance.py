"""Waiting for what a socket brings next, whatever happens meanwhile.

Tasks ask, write and read; by chance somebody is cancelled, woken from elsewhere, or told that it
was enough, or wrong. Afterwards whoever asks is answered still, and each error was told once.
"""

from __future__ import annotations

import random
import socket
from collections import deque
from collections.abc import Callable, Iterator

import anyio
import attrs
import pytest

from amitrio.client.eventloop import Waiter, this_event_loop
from amitrio.client.transport import SocketStream
from tests.client.sockets import tcp_pair
from tests.client.waiting import Beside, until

SEEDS = range(40)
ASKERS = 4


@attrs.define(eq=False)
class Scene:
    """A mark wakes whoever waits longest; `$` is enough for the reader, `x` an error."""

    stream: SocketStream
    other: socket.socket
    chance: random.Random
    waiting: deque[Waiter] = attrs.field(factory=deque)
    scopes: deque[anyio.CancelScope] = attrs.field(factory=lambda: deque(maxlen=6))
    raised: int = 0
    told: int = 0
    asked: int = 0
    """How many askers have done."""

    def take(self, data: bytes) -> bool:
        for _ in range(min(data.count(b"!"), len(self.waiting))):
            self.waiting.popleft().wake()
        if b"x" in data:
            self.raised += 1
            raise ZeroDivisionError
        return b"$" in data

    def cancellable(self) -> anyio.CancelScope:
        scope = anyio.CancelScope()
        self.scopes.append(scope)
        return scope

    async def turns(self, most: int) -> None:
        for _ in range(self.chance.randint(0, most)):
            await anyio.lowlevel.checkpoint()

    async def read(self) -> None:
        while True:
            with self.cancellable():
                try:
                    if self.chance.random() < 0.2:
                        self.take(await self.stream.receive())
                    else:
                        await self.stream.pump(self.take)
                except ZeroDivisionError:
                    self.told += 1
                except anyio.ClosedResourceError:
                    return
            await self.turns(2)

    async def ask(self) -> None:
        for _ in range(self.chance.randint(1, 8)):
            if self.chance.random() < 0.8:
                self.other.send(b"!")
            with self.cancellable():
                await self.wait_once()
            await self.turns(3)
        self.asked += 1

    async def wait_once(self) -> None:
        waiter = this_event_loop().waiter()
        self.waiting.append(waiter)
        try:
            usual = self.chance.random() < 0.8
            await (self.stream.until(waiter) if usual else waiter.wait())
            assert waiter.done
        finally:
            if waiter in self.waiting:
                self.waiting.remove(waiter)

    async def write(self) -> None:
        """So much that it waits for the other end as a rule."""
        while True:
            try:
                await self.stream.send(bytes(50_000))
            except anyio.ClosedResourceError:
                return

    async def drain(self) -> None:
        while True:
            await anyio.wait_readable(self.other)
            if not self.other.recv(1 << 20):
                return

    def wake_one(self) -> None:
        if self.waiting:
            self.waiting.popleft().wake()

    def cancel_one(self) -> None:
        if self.scopes:
            self.chance.choice(self.scopes).cancel()

    async def disturb(self) -> None:
        """Until all have asked."""
        deeds: list[Callable[[], object]] = [
            lambda: self.other.send(self.chance.choice([b".", b"$", b"x", b"!!", b"!$", b"!x"])),
            lambda: self.other.send(b"!"),
            self.wake_one,
            self.cancel_one,
        ]
        while self.asked < ASKERS:
            self.chance.choice(deeds)()
            await self.turns(3)


@pytest.fixture
def ends() -> Iterator[tuple[SocketStream, socket.socket]]:
    one, other = tcp_pair()
    other.setblocking(False)  # noqa: FBT003 - the standard library's signature
    yield SocketStream(one), other
    one.close()
    other.close()


@pytest.mark.parametrize("seed", SEEDS)
async def test_whoever_asks_is_answered_in_the_end(
    ends: tuple[SocketStream, socket.socket], beside: Beside, seed: int
) -> None:
    stream, other = ends
    scene = Scene(stream, other, random.Random(seed))
    running = [beside(each()) for each in (scene.read, scene.write, scene.drain)]
    for _ in range(ASKERS):
        beside.go(scene.ask())
    await scene.disturb()
    await until(lambda: scene.asked == ASKERS)
    for _ in range(3):
        other.send(b"!")
        await scene.wait_once()
    assert scene.told == scene.raised
    await stream.aclose()
    for each in running:
        await each
