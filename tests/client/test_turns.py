"""Waiting for what a socket brings next: in fewer turns of the loop, and with nothing lost.

The one at the other end sends marks. Each wakes whoever waits longest; `take` is the reader's.
"""

from __future__ import annotations

import asyncio
import gc
import selectors
import socket
import weakref
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from functools import partial

import anyio
import attrs
import pytest
import trio

from amitrio.client import on_trio_socket
from amitrio.client.eventloop import Waiter, this_event_loop
from amitrio.client.transport import SocketStream
from tests.client.cancelling import WAYS, How, When, cuts
from tests.client.sockets import tcp_pair
from tests.client.waiting import Begun, Beside, quiet, until

on_trio = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)


@attrs.define(eq=False)
class Site:
    """A stream whose reader wakes a waiter for each mark; `b"."` is none, `b"$"` is enough."""

    stream: SocketStream
    other: socket.socket
    waiting: deque[Waiter] = attrs.field(factory=deque)
    taken: bytes = b""
    at_step: Callable[[], object] = lambda: None
    behind_step: Callable[[], object] = lambda: None

    def take(self, data: bytes) -> bool:
        self.taken += data
        self.at_step()
        if b"x" in data:
            raise ZeroDivisionError(data)
        for _ in range(min(data.count(b"!"), len(self.waiting))):
            self.waiting.popleft().wake()
        self.behind_step()
        return b"$" in data

    async def ask(self) -> str:
        """Wait for a mark, as one that knows that it comes next."""
        waiter = this_event_loop().waiter()
        self.waiting.append(waiter)
        try:
            await self.stream.until(waiter)
        finally:
            if waiter in self.waiting:
                self.waiting.remove(waiter)
        return "answered"

    async def asks_again(self, beside: Beside) -> Begun[str]:
        """One that was answered once, and waits again: on trio it takes the steps by itself now."""

        async def ask_twice() -> str:
            self.other.send(b"!")
            await self.ask()
            return await self.ask()

        asking = beside(ask_twice())
        await until(lambda: self.taken == b"!" and len(self.waiting) == 1)
        return asking

    async def read(self) -> str:
        await self.stream.pump(self.take)
        return "enough"


@contextmanager
def connected() -> Iterator[Site]:
    one, other = tcp_pair()
    other.setblocking(False)  # noqa: FBT003 - the standard library's signature
    yield Site(SocketStream(one), other)
    one.close()
    other.close()


@pytest.fixture
def site() -> Iterator[Site]:
    with connected() as site:
        yield site


@asynccontextmanager
async def read(site: Site, beside: Beside) -> AsyncIterator[Begun[str]]:
    reading = beside(site.read())
    await quiet()
    yield reading
    await reading.stop()


@pytest.fixture
async def reading(site: Site, beside: Beside) -> AsyncIterator[Begun[str]]:
    async with read(site, beside) as reading:
        yield reading


async def test_one_after_another_is_answered(site: Site, reading: Begun[str]) -> None:
    for _ in range(5):
        site.other.send(b"!")
        assert await site.ask() == "answered"
    site.other.send(b"$")
    assert await reading == "enough"
    assert site.taken == b"!!!!!$"


async def test_what_comes_in_between_is_taken_too(
    site: Site, reading: Begun[str], beside: Beside
) -> None:
    for number in range(3):
        asking = beside(site.ask())
        for _ in range(2):
            site.other.send(b".")
            await until(lambda: site.taken.endswith(b"."))
            site.taken += b" "
        assert not asking.over
        site.other.send(b"!")
        assert await asking == "answered"
        site.other.send(b".")  # nobody waits
        await until(lambda: site.taken.endswith(b"."))
        assert site.taken.count(b"!") == number + 1
    assert not reading.over


@on_trio
async def test_who_goes_on_asking_takes_the_steps_by_itself(
    site: Site, reading: Begun[str]
) -> None:
    tasks: list[object] = []
    site.at_step = lambda: tasks.append(trio.lowlevel.current_task())
    for _ in range(8):  # trio runs what is due together in any order
        await quiet()
        for _ in range(3):
            site.other.send(b"!")
            await site.ask()
    by_itself = [task is trio.lowlevel.current_task() for task in tasks]
    assert by_itself == [False, True, True] * 8
    site.other.send(b"$")
    await reading


@on_asyncio
async def test_who_is_woken_in_a_step_goes_on_behind_it(site: Site, reading: Begun[str]) -> None:
    order: list[str] = []

    def behind_step() -> None:
        order.append("step")
        asyncio.get_running_loop().call_soon(order.append, "turn")

    site.behind_step = behind_step
    site.other.send(b"!")
    order.append(await site.ask())
    await quiet()
    assert order == ["step", "answered", "turn"]
    assert not reading.over


class Sleepless(selectors.DefaultSelector):
    """Notes how long the loop would sleep, and sees to it that it need not."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []
        self.before_sleep: Callable[[], object] = lambda: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.waits.append(timeout)
        if timeout != 0:
            self.before_sleep()
        return super().select(timeout)


def test_the_loop_looks_once_more_before_it_sleeps() -> None:
    async def ask(site: Site) -> None:
        reading = asyncio.create_task(site.read())
        await quiet()
        selector.before_sleep = lambda: site.other.send(b"!")
        selector.waits.clear()
        assert await site.ask() == "answered"
        assert selector.waits == [0, None]
        reading.cancel()
        await asyncio.wait([reading])

    selector = Sleepless()
    loop = partial(asyncio.SelectorEventLoop, selector)
    with connected() as site, asyncio.Runner(loop_factory=loop) as runner:
        runner.run(ask(site))


@pytest.mark.parametrize("in_a_step", [False, True])
async def test_who_waited_has_its_own_context(
    site: Site,
    reading: Begun[str],
    beside: Beside,
    in_a_step: bool,  # noqa: FBT001 - a parameter
) -> None:
    async def ask() -> str:
        variable.set("mine")
        await site.ask()
        return variable.get()

    variable = ContextVar("variable", default="nobody's")
    asking = beside(ask())
    await quiet()
    if in_a_step:
        site.other.send(b"!")
    else:
        site.waiting.popleft().wake()
    assert await asking == "mine"
    assert variable.get() == "nobody's"
    assert not reading.over


@on_asyncio
async def test_who_waited_is_not_held_by_what_it_waited_for(
    site: Site, reading: Begun[str]
) -> None:
    """An error has its traceback, that its frames, and these what was waited for."""

    class Local:
        pass

    locals_: list[weakref.ref[Local]] = []

    async def ask() -> None:
        local, waiter = Local(), this_event_loop().waiter()
        locals_.append(weakref.ref(local))
        site.waiting.append(waiter)
        await site.stream.until(waiter)
        raise ZeroDivisionError

    gc.disable()
    try:
        for wake in (lambda: site.other.send(b"!"), lambda: site.waiting.popleft().wake()):
            task = asyncio.create_task(ask())
            await quiet()
            wake()
            await asyncio.wait([task])
            assert isinstance(task.exception(), ZeroDivisionError)
            del task
            await asyncio.sleep(0)
        assert [local() for local in locals_] == [None, None]
    finally:
        gc.enable()
    assert not reading.over


async def test_others_are_woken_by_whose_step_it_is(
    site: Site, reading: Begun[str], beside: Beside
) -> None:
    first = await site.asks_again(beside)
    second, third = beside(site.ask()), beside(site.ask())
    await quiet()
    site.other.send(b"!!!")
    assert [await first, await second, await third] == ["answered"] * 3
    site.other.send(b"$")
    assert await reading == "enough"


async def test_the_reader_is_told_what_was_enough(
    site: Site, reading: Begun[str], beside: Beside
) -> None:
    asking = await site.asks_again(beside)
    site.other.send(b"$")
    assert await reading == "enough"
    assert not asking.over
    async with read(site, beside):
        site.other.send(b"!")
        assert await asking == "answered"


@pytest.mark.parametrize("mark", [b"x", b"x!"])
async def test_what_a_step_raises_is_the_readers(
    site: Site, reading: Begun[str], beside: Beside, mark: bytes
) -> None:
    asking = await site.asks_again(beside)
    site.other.send(mark)
    assert isinstance(await reading.error(), ZeroDivisionError)
    assert not asking.over
    site.waiting[0].wake()  # as the session does that ends by it
    assert await asking == "answered"


async def test_whatever_a_step_raises_is_the_readers(site: Site, beside: Beside) -> None:
    """Also what no `except Exception` catches."""

    class Odd(BaseException):
        pass

    def at_step() -> None:
        if site.taken.endswith(b"?"):
            raise Odd

    async def read_on() -> str:
        try:
            return await site.read()
        except Odd:
            return "odd"

    site.at_step = at_step
    reading = beside(read_on())
    await quiet()
    asking = await site.asks_again(beside)
    site.other.send(b"?")
    assert await reading == "odd"
    site.waiting[0].wake()
    assert await asking == "answered"


@on_trio
async def test_a_socket_that_cannot_be_waited_for_is_told_to_the_reader(
    site: Site, reading: Begun[str], beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """epoll can run out of memory; whoever asks is told what that means for the connection."""

    async def fail(_: object) -> None:
        await anyio.lowlevel.checkpoint()
        raise OSError("no memory")

    asking = await site.asks_again(beside)
    monkeypatch.setattr(on_trio_socket, "wait_readable", fail)
    site.other.send(b".")
    assert str(await reading.error()) == "no memory"
    site.waiting[0].wake()
    assert await asking == "answered"


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (lambda site: closed(site.other), anyio.EndOfStream),
        (lambda site: site.stream.aclose(), anyio.ClosedResourceError),
    ],
    ids=["the peer's", "our own"],
)
async def test_the_end_is_told_to_the_reader(
    site: Site,
    reading: Begun[str],
    beside: Beside,
    end: Callable[[Site], Awaitable[None]],
    error: type[Exception],
) -> None:
    asking = await site.asks_again(beside)
    await end(site)
    assert isinstance(await reading.error(), error)
    assert not asking.over
    site.waiting[0].wake()
    assert await asking == "answered"


async def closed(sock: socket.socket) -> None:
    sock.close()


@pytest.mark.parametrize("is_closed", [False, True])
async def test_it_need_not_be_a_step_that_brings_it(
    site: Site,
    reading: Begun[str],
    beside: Beside,
    is_closed: bool,  # noqa: FBT001 - a parameter
) -> None:
    asking = await site.asks_again(beside)
    if is_closed:
        await site.stream.aclose()
    site.waiting[0].wake()
    assert await asking == "answered"
    if not is_closed:
        site.other.send(b"$")
        assert await reading == "enough"


async def test_it_may_have_happened_before(site: Site, reading: Begun[str]) -> None:
    for _ in range(2):
        waiter = this_event_loop().waiter()
        waiter.wake()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await site.stream.until(waiter)
        assert scope.cancelled_caught
        await site.stream.until(waiter)
        site.other.send(b"!")
        assert await site.ask() == "answered"
    assert not reading.over


async def test_the_reader_may_leave(site: Site, beside: Beside) -> None:
    """Whoever waits goes on waiting, and the next reader brings it."""
    async with read(site, beside):
        asking = await site.asks_again(beside)
    await quiet()
    site.other.send(b"!")
    await quiet()
    assert not asking.over
    async with read(site, beside):
        assert await asking == "answered"
    assert site.taken == b"!!"


async def test_without_a_reader_it_waits(site: Site, beside: Beside) -> None:
    asking = beside(site.ask())
    await quiet()
    site.waiting[0].wake()
    assert await asking == "answered"


async def test_who_writes_is_not_disturbed(site: Site, reading: Begun[str], beside: Beside) -> None:
    """trio tells everybody who waits for a socket, where one is woken."""
    size = 20_000_000
    writing = beside(site.stream.send(bytes(size)))
    asking = await site.asks_again(beside)
    await quiet()
    assert not writing.over
    site.waiting[0].wake()
    assert await asking == "answered"
    await quiet()
    came = 0
    while came < size:
        await anyio.wait_readable(site.other)
        came += len(site.other.recv(1 << 20))
    await writing
    assert not reading.over


# Cancelled ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"])
async def test_who_is_cancelled_leaves_the_reading_to_others(
    site: Site, beside: Beside, how: How, when: When
) -> None:
    async def ask_on() -> None:
        for _ in range(3):
            site.other.send(b"!")
            await site.ask()

    rounds = 0
    async with read(site, beside) as reading:
        async for cut in cuts(how, when):
            rounds += 1
            await cut(ask_on())
            site.other.send(b".")
            await until(lambda: site.taken.count(b".") == rounds)  # noqa: B023 - called at once
            site.other.send(b"!")
            assert await site.ask() == "answered"
        site.other.send(b"$")
        assert await reading == "enough"
    assert rounds > 1


@pytest.mark.parametrize(("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"])
async def test_a_reader_that_is_cancelled_loses_nothing(
    site: Site, beside: Beside, how: How, when: When
) -> None:
    """Whoever takes the steps in its place meanwhile."""

    async def ask_on() -> None:
        for _ in range(3):
            site.other.send(b"!")
            await site.ask()
        site.other.send(b"$")

    rounds = 0
    async for cut in cuts(how, when):
        rounds += 1
        asking = beside(ask_on())
        await cut(site.read())
        while site.taken.count(b"$") < rounds:
            await site.read()
        await asking
        assert site.taken == b"!!!$" * rounds
    assert rounds > 1


@pytest.mark.parametrize("mark", [b".", b"$", b"x", b"!"])
async def test_nothing_is_taken_for_a_reader_that_was_cancelled(
    site: Site, beside: Beside, mark: bytes
) -> None:
    """Whoever would have taken it was woken in the same turn."""
    async with read(site, beside) as reading:
        asking = await site.asks_again(beside)
        site.other.send(mark)
        reading.scope.cancel()
    await quiet()
    assert site.taken == b"!"
    assert not asking.over
    site.waiting[0].wake()
    assert await asking == "answered"


@on_asyncio
async def test_a_reader_that_is_cancelled_in_a_step_holds_nobody_up(site: Site) -> None:
    reading = asyncio.create_task(site.read())
    asking = asyncio.create_task(site.ask())
    await quiet()
    site.at_step = reading.cancel
    site.other.send(b"!$")
    await asyncio.wait([reading, asking])
    assert reading.cancelled()
    assert asking.result() == "answered"


@on_asyncio
async def test_woken_and_then_cancelled_in_one_step_it_is_cancelled(
    site: Site, reading: Begun[str]
) -> None:
    """As on asyncio always: the task's own cancel wins."""

    async def first() -> None:
        await site.ask()
        task.cancel()

    asking = asyncio.create_task(first())
    await quiet()
    task = asyncio.create_task(site.ask())
    await quiet()
    site.other.send(b"!!")
    await asyncio.wait([asking, task])
    assert (asking.cancelled(), task.cancelled()) == (False, True)
    assert not reading.over


def test_what_ends_the_loop_leaves_nobody_asleep() -> None:
    """A task that goes on behind a step may raise what asyncio lets through."""
    ended: list[str] = []

    async def interrupted(site: Site) -> None:
        await site.ask()
        raise KeyboardInterrupt

    async def other(site: Site) -> None:
        try:
            await site.ask()
        finally:
            ended.append("other")

    async def main(site: Site) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(site.read)
            await quiet()
            tasks.start_soon(interrupted, site)
            tasks.start_soon(other, site)
            await quiet()
            site.other.send(b"!!")

    with connected() as site, pytest.raises(KeyboardInterrupt):
        asyncio.run(main(site))
    assert ended == ["other"]
