"""Virtual time for asyncio, the counterpart of trio's MockClock with autojump.

    anyio.run(main, backend="asyncio", backend_options={"loop_factory": VirtualLoop})

Nothing waits: when every task sleeps, the clock jumps to the next deadline. Not for sockets.
"""

from __future__ import annotations

import asyncio
import selectors


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
