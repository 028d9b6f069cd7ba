"""On asyncio, uvloop's included: a task awaits a future of its own.

Law: a future is settled once: what was cancelled is not woken any more (asyncio.InvalidStateError).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial

from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

from amitrio.client.eventloop import EventLoop

__all__ = ["event_loop"]


class _Waiter:
    """See amitrio.client.eventloop.Waiter."""

    __slots__ = ("_future",)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._future: asyncio.Future[None] = loop.create_future()

    def wake(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    def wait(self) -> Awaitable[None]:
        return checkpoint() if self._future.done() else self._future


def event_loop() -> EventLoop:
    """The asyncio loop that is running."""
    loop = asyncio.get_running_loop()
    return EventLoop(loop.time, partial(_Waiter, loop), checkpoint_if_cancelled)
