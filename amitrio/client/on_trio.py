"""On trio: a task sleeps until somebody reschedules it.

Law: a task is rescheduled once, and never after it was cancelled (trio.lowlevel,
wait_task_rescheduled: either the abort function or `reschedule`, not both).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NoReturn, Protocol

from trio.lowlevel import (
    Abort,
    Task,
    checkpoint,
    checkpoint_if_cancelled,
    current_clock,
    current_task,
    current_trio_token,
    reschedule,
    wait_task_rescheduled,
)

from amitrio.client.eventloop import Awaited, EventLoop
from amitrio.client.on_trio_socket import Reading
from amitrio.client.on_trio_woken import WOKEN

__all__ = ["event_loop"]


class _Wakes(Protocol):
    """What a task waits in otherwise than by sleeping."""

    def wake(self) -> None:
        """It need not wait any more."""


class _Awaited(Awaited):
    """See amitrio.client.eventloop.Awaited."""

    __slots__ = ()

    asleep: Task | _Wakes | None

    def wake(self) -> None:
        self.done = True
        asleep, self.asleep = self.asleep, None
        if type(asleep) is Task:
            reschedule(asleep, WOKEN)
        elif asleep is not None:
            asleep.wake()

    def wait(self) -> Awaitable[None]:
        if self.done:
            return checkpoint()  # noqa: ASYNC105 - awaited by whoever asked
        self.asleep = current_task()
        return wait_task_rescheduled(self)  # noqa: ASYNC105

    def __call__(self, _: Callable[[], NoReturn]) -> Abort:
        """The waiting task is cancelled. (A bound method would be one object more.)"""
        self.asleep = None
        return Abort.SUCCEEDED


def event_loop() -> EventLoop:
    """The trio that is running."""
    return EventLoop(
        current_clock().current_time,
        _Awaited,
        Reading,
        checkpoint,
        checkpoint_if_cancelled,
        current_trio_token().run_sync_soon,
    )
