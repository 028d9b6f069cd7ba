"""Cancelling an operation at each point where it can be cancelled, one after the other.

    async for cut in cuts("native", "tick"):
        await cut(client.send("Ping"))      # cancelled a little later each time round

A cut falls at the n-th suspension of the operation's own coroutine, or n ticks of the event loop
after its begin; by a cancel scope, or on asyncio by the task's own `cancel()`, once or, by a
stubborn canceller, at every suspension from the n-th on. The rounds end with the first in which
the operation was done before the cut was due.
"""

from __future__ import annotations

import asyncio
import itertools
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from functools import partial
from typing import Any, Literal

import anyio
import attrs

How = Literal["scope", "native", "stubborn"]
When = Literal["suspension", "tick"]

WAYS: list[tuple[str, How, When]] = [
    ("trio", "scope", "suspension"),
    ("trio", "scope", "tick"),
    ("asyncio", "scope", "suspension"),
    ("asyncio", "scope", "tick"),
    ("asyncio", "native", "suspension"),
    ("asyncio", "native", "tick"),
    ("asyncio", "stubborn", "suspension"),
]

MOST = 1000


@attrs.define(eq=False)
class Cut:
    """One cancellation. Call it with the operation; `due` tells whether it fell inside."""

    how: How
    when: When
    nth: int
    due: bool = False

    async def __call__(self, operation: Coroutine[Any, Any, object]) -> None:
        """Run the operation and cancel it. Raises what the operation raises."""
        await (self._by_scope(operation) if self.how == "scope" else self._by_task(operation))

    async def _by_scope(self, operation: Coroutine[Any, Any, object]) -> None:
        with anyio.CancelScope() as scope:
            if self.when == "suspension":
                await self._stepping(operation, scope.cancel)
                return
            failure: Exception | None = None
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._tick, scope.cancel)
                try:
                    await operation
                except Exception as exc:  # noqa: BLE001 - raised below, not in a group
                    failure = exc
                tasks.cancel_scope.cancel()
            if failure is not None:
                raise failure

    async def _by_task(self, operation: Coroutine[Any, Any, object]) -> None:
        if self.when == "suspension":
            task: asyncio.Task[object]
            # The task is named before it begins, but not before it is made.
            operation = self._stepping(operation, lambda: task.cancel())  # noqa: PLW0108
            task = asyncio.create_task(operation)
        else:
            task = asyncio.create_task(operation)
            ticker = asyncio.create_task(self._tick(task.cancel))
            task.add_done_callback(lambda _: ticker.cancel())
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    async def _tick(self, cancel: Callable[[], object]) -> None:
        for _ in range(self.nth):
            await anyio.lowlevel.checkpoint()
        self._fall(cancel)

    def _fall(self, cancel: Callable[[], object]) -> None:
        self.due = True
        cancel()

    async def _stepping(
        self, operation: Coroutine[Any, Any, object], cancel: Callable[[], object]
    ) -> object:
        """The operation, cancelled as it suspends for the n-th time."""
        return await self._steps(operation, cancel)

    @types.coroutine
    def _steps(
        self, operation: Coroutine[Any, Any, object], cancel: Callable[[], object]
    ) -> Generator[Any, Any, object]:
        suspensions = 0
        step = partial(operation.send, None)
        while True:
            try:
                waits_for = step()
            except StopIteration as stop:
                return stop.value
            suspensions += 1
            if suspensions == self.nth or (suspensions > self.nth and self.how == "stubborn"):
                self._fall(cancel)
            try:
                step = partial(operation.send, (yield waits_for))
            except BaseException as exc:  # noqa: BLE001 - the operation's to handle
                step = partial(operation.throw, exc)


async def cuts(how: How, when: When) -> AsyncIterator[Cut]:
    """One cut after the other, each a little later, until one is too late."""
    for nth in itertools.count(when == "suspension"):
        assert nth < MOST, "the operation does not end"
        cut = Cut(how, when, nth)
        yield cut
        if not cut.due:
            return
