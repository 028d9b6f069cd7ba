"""On trio: a task sleeps until somebody reschedules it.

Law: a task is rescheduled once, and never after it was cancelled (trio.lowlevel,
wait_task_rescheduled: either the abort function or `reschedule`, not both).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NoReturn

import trio
from trio.lowlevel import (
    Abort,
    Task,
    checkpoint,
    checkpoint_if_cancelled,
    current_task,
    reschedule,
    wait_task_rescheduled,
)

from amitrio.client.eventloop import EventLoop

__all__ = ["event_loop"]


class _Waiter:
    """See amitrio.client.eventloop.Waiter."""

    __slots__ = ("_task", "_woken")

    def __init__(self) -> None:
        self._task: Task | None = None
        self._woken = False

    def wake(self) -> None:
        self._woken = True
        if self._task is not None:
            task, self._task = self._task, None
            reschedule(task)

    def wait(self) -> Awaitable[None]:
        if self._woken:
            return checkpoint()  # noqa: ASYNC105 - awaited by whoever asked
        self._task = current_task()
        return wait_task_rescheduled(self._abort)  # noqa: ASYNC105

    def _abort(self, _: Callable[[], NoReturn]) -> Abort:
        self._task = None
        return Abort.SUCCEEDED


def event_loop() -> EventLoop:
    """The trio that is running."""
    return EventLoop(trio.current_time, _Waiter, checkpoint_if_cancelled)
