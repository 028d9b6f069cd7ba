"""Virtual time: trio's MockClock with autojump, and its counterpart for asyncio.

    run_virtually(main, "asyncio")

Nothing waits: when every task sleeps, the clock jumps to the next deadline. Not for sockets.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

import anyio
import trio
from trio.testing import MockClock

T = TypeVar("T")


def run_virtually(main: Callable[[], Awaitable[T]], backend: Literal["trio", "asyncio"]) -> T:
    """What `main` returns, run on a clock that jumps.

    trio is asked itself: `anyio.run` of anyio 4.12 drops the clock that it is given for trio.
    """
    if backend == "trio":
        return trio.run(main, clock=MockClock(autojump_threshold=0))
    return anyio.run(main, backend=backend, backend_options={"loop_factory": VirtualLoop})


class _Selector(selectors.SelectSelector):
    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            return super().select(None)
        if timeout > 0:
            self.loop.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps."""

    def __init__(self) -> None:
        self.now = 0.0
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        return self.now
