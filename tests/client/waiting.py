"""Waiting in tests: for a condition, for quiet, for an operation that runs beside the test.

Nothing here sleeps for a guessed while. `quiet` returns when every other task waits for
something that has not come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar

import anyio
import sniffio
import trio.testing
from anyio.abc import AsyncResource, TaskGroup

T = TypeVar("T")


async def quiet() -> None:
    """Wait until every other task is blocked: what was sent in memory has arrived."""
    if sniffio.current_async_library() == "trio":
        await trio.testing.wait_all_tasks_blocked()
        return
    await asyncio.sleep(0)
    while any(map(_runs, asyncio.all_tasks() - {asyncio.current_task()})):  # noqa: ASYNC110
        await asyncio.sleep(0)


def _runs(task: asyncio.Task[Any] | None) -> bool:
    waiter = getattr(task, "_fut_waiter", None)
    return waiter is None or waiter.done()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition that sockets bring about. The test's own time limit bounds it."""
    while not condition():  # noqa: ASYNC110 - nobody sets an event for it
        await anyio.sleep(0.001)


class Begun(Generic[T]):
    """An operation that runs beside the test. Await it for its result or its error."""

    def __init__(self, operation: Awaitable[T]) -> None:
        self._operation = operation
        self._over = anyio.Event()
        self._error: BaseException | None = None
        self._value: list[T] = []
        self.scope = anyio.CancelScope()

    async def run(self) -> None:
        try:
            with self.scope:
                self._value = [await self._operation]
        except Exception as exc:  # noqa: BLE001 - it is the test's to look at
            self._error = exc
        finally:
            self._over.set()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    @property
    def cancelled(self) -> bool:
        return self.over and not self._value and self._error is None

    async def stop(self) -> None:
        """Cancel it, and wait until it has ended."""
        self.scope.cancel()
        with anyio.CancelScope(shield=True):
            await self._over.wait()

    async def error(self) -> BaseException:
        """The error that it ended with."""
        await self._over.wait()
        assert self._error is not None, f"no error, but {self._value}"
        return self._error

    async def _result(self) -> T:
        await self._over.wait()
        if self._error is not None:
            raise self._error
        return self._value[0]

    def __await__(self) -> Generator[Any, Any, T]:
        return self._result().__await__()


class Beside:
    """Begins operations in the test's own task group; closes at its end what is left to it."""

    def __init__(self, tasks: TaskGroup) -> None:
        self.tasks = tasks
        self.to_close: list[AsyncResource] = []

    def __call__(self, operation: Awaitable[T]) -> Begun[T]:
        """Begin it; await what comes back for the outcome."""
        begun = Begun(operation)
        self.tasks.start_soon(begun.run)
        return begun

    def go(self, operation: Awaitable[object]) -> None:
        """Begin it; nobody asks for the outcome."""
        self.tasks.start_soon(Begun(operation).run)
