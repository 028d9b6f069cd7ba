"""On asyncio, uvloop's included: a task awaits a future of its own.

A socket stays registered while it is waited for, and steps are taken by the loop itself: no task is
woken only to look what there is.

Law: a future is settled once: what was cancelled is not woken any more (asyncio.InvalidStateError).
"""

from __future__ import annotations

import asyncio
from asyncio import get_running_loop
from collections.abc import Awaitable
from functools import partial
from socket import socket

import anyio
import attrs
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled
from sniffio import current_async_library_cvar

from amitrio.client.eventloop import Awaited, EventLoop, Step

__all__ = ["event_loop"]


class _Awaited(Awaited):
    """See amitrio.client.eventloop.Awaited."""

    __slots__ = ()

    asleep: asyncio.Future[None] | None

    def wake(self) -> None:
        self.done = True
        if self.asleep is not None and not self.asleep.done():
            self.asleep.set_result(None)

    def wait(self) -> Awaitable[None]:
        if self.done:
            return checkpoint()
        self.asleep = future = get_running_loop().create_future()
        return future


@attrs.define(eq=False)
class _Readable:
    """See amitrio.client.eventloop.Readable."""

    _loop: asyncio.AbstractEventLoop
    _sock: socket
    _number: int = attrs.field(init=False)
    """asyncio asks a socket for its name and its peer's each time, for a message nobody reads."""
    _done: asyncio.Future[None] | None = None

    def __attrs_post_init__(self) -> None:
        self._number = self._sock.fileno()

    async def each_time(self, step: Step) -> None:
        done: asyncio.Future[None] = self._loop.create_future()
        if not self._is_registered(step, done):
            await self._wait_each_time(step)
            return
        self._done = done
        try:
            await done
        finally:
            self._forget()

    def _is_registered(self, step: Step, done: asyncio.Future[None]) -> bool:
        # No task runs while a step is taken: who asks which event loop that is, is told by this.
        token = current_async_library_cvar.set("asyncio")
        try:
            self._loop.add_reader(self._number, self._take, step, done)
        except NotImplementedError:  # the event loop that Windows has of its own
            return False
        finally:
            current_async_library_cvar.reset(token)
        return True

    async def _wait_each_time(self, step: Step) -> None:
        await anyio.wait_readable(self._sock)
        while not step():
            await anyio.wait_readable(self._sock)

    def _take(self, step: Step, done: asyncio.Future[None]) -> None:
        if done.done():  # which the task does not know yet
            return
        try:
            if step():
                done.set_result(None)
        except BaseException as exc:  # noqa: BLE001 - raised by the task
            done.set_exception(exc)

    def close(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(anyio.ClosedResourceError())
        self._forget()

    def _forget(self) -> None:
        if self._done is not None:
            self._done = None
            self._loop.remove_reader(self._number)


def event_loop() -> EventLoop:
    """The asyncio loop that is running."""
    loop = get_running_loop()
    return EventLoop(
        loop.time,
        _Awaited,
        partial(_Readable, loop),
        checkpoint,
        checkpoint_if_cancelled,
        loop.call_soon_threadsafe,
    )
