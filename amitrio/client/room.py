"""Room: for so many at once, and whoever waits for some is served in turn.

Law: what is given back goes to whoever has waited longest, before anybody new can take it; and
none is lost by a cancellation.
"""

from __future__ import annotations

from collections import deque

from amitrio.client.eventloop import EventLoop, Waiter

__all__ = ["Room"]


class Room:
    """`value` is how much of it is free."""

    def __init__(self, value: int, loop: EventLoop) -> None:
        self.value = value
        self._loop = loop
        self._queue: deque[Waiter] = deque()

    def take_nowait(self) -> bool:
        """Take some if there is any."""
        if not self.value:  # so it is while somebody waits
            return False
        self.value -= 1
        return True

    async def take(self) -> None:
        """Wait for some. Cancelled, none was taken."""
        await self._loop.checkpoint_if_cancelled()
        if not self.take_nowait():
            await self._wait()

    def give(self, count: int = 1) -> None:
        """Give back what was taken, so many times."""
        while count and self._queue:
            self._queue.popleft().wake()
            count -= 1
        self.value += count

    async def _wait(self) -> None:
        waiter = self._loop.waiter()
        self._queue.append(waiter)
        try:
            await waiter.wait()
        except BaseException:
            if waiter in self._queue:
                self._queue.remove(waiter)
            else:
                self.give()  # it was this one's turn, in the tick of its cancellation
            raise
