"""On trio: a task sleeps until somebody reschedules it.

Law: a task is rescheduled once, and never after it was cancelled (trio.lowlevel,
wait_task_rescheduled: either the abort function or `reschedule`, not both).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from socket import socket
from typing import NoReturn

import anyio
import attrs
import trio
from trio.lowlevel import (
    Abort,
    Task,
    checkpoint,
    checkpoint_if_cancelled,
    current_clock,
    current_task,
    current_trio_token,
    notify_closing,
    reschedule,
    wait_readable,
    wait_task_rescheduled,
)

from amitrio.client.eventloop import Awaited, EventLoop, Step

__all__ = ["event_loop"]


class _Awaited(Awaited):
    """See amitrio.client.eventloop.Awaited."""

    __slots__ = ()

    asleep: Task | None

    def wake(self) -> None:
        self.done = True
        if self.asleep is not None:
            task, self.asleep = self.asleep, None
            reschedule(task)

    def wait(self) -> Awaitable[None]:
        if self.done:
            return checkpoint()  # noqa: ASYNC105 - awaited by whoever asked
        self.asleep = current_task()
        return wait_task_rescheduled(self)  # noqa: ASYNC105

    def __call__(self, _: Callable[[], NoReturn]) -> Abort:
        """The waiting task is cancelled. (A bound method would be one object more.)"""
        self.asleep = None
        return Abort.SUCCEEDED


@attrs.frozen(eq=False)
class _Readable:
    """See amitrio.client.eventloop.Readable."""

    _sock: socket

    async def each_time(self, step: Step) -> None:
        try:
            await wait_readable(self._sock)
            while not step():
                await wait_readable(self._sock)
        except trio.ClosedResourceError:
            raise anyio.ClosedResourceError from None

    def close(self) -> None:
        notify_closing(self._sock)


def event_loop() -> EventLoop:
    """The trio that is running."""
    return EventLoop(
        current_clock().current_time,
        _Awaited,
        _Readable,
        checkpoint,
        checkpoint_if_cancelled,
        current_trio_token().run_sync_soon,
    )
