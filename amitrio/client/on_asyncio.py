"""On asyncio, uvloop's included: a task awaits a future of its own.

Law: a future is settled once: what was cancelled is not woken any more (asyncio.InvalidStateError).
"""

from __future__ import annotations

from asyncio import BaseEventLoop, Future, get_running_loop
from collections.abc import Awaitable
from functools import partial
from time import monotonic

from anyio.lowlevel import checkpoint, current_token

from amitrio.client.eventloop import Awaited, EventLoop
from amitrio.client.on_asyncio_socket import Reading

__all__ = ["event_loop"]


class _Awaited(Awaited):
    """See amitrio.client.eventloop.Awaited."""

    __slots__ = ()

    asleep: Future[None] | None

    def wake(self) -> None:
        self.done = True
        if self.asleep is not None and not self.asleep.done():
            self.asleep.set_result(None)

    def wait(self) -> Awaitable[None]:
        if self.done:
            return checkpoint()
        future: Future[None] = Future(loop=get_running_loop())  # create_future() is a call more
        self.asleep = future
        return future


def event_loop() -> EventLoop:
    """The asyncio loop that is running."""
    loop = get_running_loop()
    # asyncio's own loops tell what time.monotonic() does, a call further on.
    is_usual = getattr(loop.time, "__func__", None) is BaseEventLoop.time
    return EventLoop(
        monotonic if is_usual else loop.time,
        _Awaited,
        partial(Reading, loop),
        checkpoint,
        # anyio.lowlevel.checkpoint_if_cancelled finds out at each call which backend that is.
        current_token().backend_class.checkpoint_if_cancelled,
        loop.call_soon_threadsafe,
    )
