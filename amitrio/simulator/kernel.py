"""The kernel: what happens inside the PBX, in one fixed order on a time that is handed in.

Each thread that Asterisk would start is a `Process` here: a generator that yields the time until
which it waits. It is resumed at that time, or sooner when somebody wakes it, so it asks again
whether it has what it waited for.

Law: no clock, no task, no chance. The same calls at the same times give the same steps in the
same order, on every event loop.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Generator
from typing import TypeVar

__all__ = ["FOREVER", "Kernel", "Process", "Steps", "Timer"]

FOREVER = math.inf
"""What a process yields that waits for a wake-up alone."""

T = TypeVar("T")
Steps = Generator[float, None, T]
"""The steps of a process: it yields the time until which it waits."""

# Sums of floats differ in their last digits, and a clock that jumps would never get past one: what
# is due within a microsecond is due now.
_SLACK = 1e-6
# A process that is resumed so often at one and the same time waits for what cannot come.
_MOST_RESUMES = 100_000


class Timer:
    """A call that is due at some time."""

    __slots__ = ("_call", "due")

    def __init__(self, due: float, call: Callable[[], None]) -> None:
        self.due = due
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Let it not happen. Safe to repeat."""
        self._call = None

    def fire(self) -> None:
        """Make the call, unless it was cancelled."""
        call, self._call = self._call, None
        if call is not None:
            call()


class Process:
    """One thread of the PBX."""

    __slots__ = ("_kernel", "_resumes", "_steps", "_timer", "done")

    def __init__(self, kernel: Kernel, steps: Steps[None]) -> None:
        self._kernel = kernel
        self._steps = steps
        self._resumes = (-math.inf, 0)
        self.done = False
        self._timer = kernel.call_at(kernel.now, self._resume)

    def wake(self) -> None:
        """Let it look again, now."""
        if not self.done and self._kernel.running is not self:
            self._timer.cancel()
            self._timer = self._kernel.call_at(self._kernel.now, self._resume)

    def close(self) -> None:
        """End it where it waits."""
        self._timer.cancel()
        self.done = True
        self._steps.close()

    def _resume(self) -> None:
        self._count()
        before, self._kernel.running = self._kernel.running, self
        try:
            until = next(self._steps)
        except StopIteration:
            self.done = True
        else:
            if until < FOREVER:
                self._timer = self._kernel.call_at(until, self._resume)
        finally:
            self._kernel.running = before

    def _count(self) -> None:
        when, count = self._resumes
        self._resumes = (self._kernel.now, count + 1 if when == self._kernel.now else 1)
        if self._resumes[1] > _MOST_RESUMES:
            raise RuntimeError("a process of the simulated PBX spins without waiting")


class Kernel:
    """Time, timers and processes."""

    def __init__(self) -> None:
        self.running: Process | None = None
        self.clock: Callable[[], float] | None = None
        self.on_earlier: Callable[[], None] | None = None
        self._timers: list[tuple[float, int, Timer]] = []
        self._count = 0
        self._now = 0.0
        self._inside = False

    @property
    def now(self) -> float:
        """The time: inside `run` that of the step, outside that of the clock, if there is one."""
        if not self._inside and self.clock is not None:
            self._now = max(self._now, self.clock())
        return self._now

    @property
    def next_due(self) -> float:
        """When something is to happen next; `FOREVER` when nothing is."""
        while self._timers and self._timers[0][2]._call is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else FOREVER

    def call_at(self, due: float, call: Callable[[], None]) -> Timer:
        """Call it at that time; what is due at one time happens in the order of the calls here."""
        timer = Timer(max(due, self.now), call)
        earlier = timer.due < self.next_due
        self._count += 1
        heapq.heappush(self._timers, (timer.due, self._count, timer))
        if earlier and self.on_earlier is not None:
            self.on_earlier()
        return timer

    def spawn(self, steps: Steps[None]) -> Process:
        """Start a process; its first step comes when the present one is over."""
        return Process(self, steps)

    def run(self, until: float) -> None:
        """Let everything happen that is due by then, each at its own time.

        What a step raises comes out of here: it is a bug of whoever wrote the step.
        """
        self._inside = True
        try:
            while self.next_due <= until + _SLACK:
                due, _, timer = heapq.heappop(self._timers)
                self._now = max(self._now, due)
                timer.fire()
        finally:
            self._inside = False
        self._now = max(self._now, until)
