"""On trio: what a task is told that goes on.

trio would make a Value for each in `reschedule`, at a twelfth of a whole action. That one can be
told once only; this one holds nothing, and serves all.

Law: it says nothing, so whoever is told can be told again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TypeVar

from outcome import Outcome  # trio's own, and its public interface takes it

__all__ = ["WOKEN"]

T = TypeVar("T")


class _Woken(Outcome[None]):
    """As outcome.Value(None), which is unwrapped once."""

    __slots__ = ()

    def unwrap(self) -> None:
        """Nothing."""

    def send(self, gen: Generator[T, None, object]) -> T:
        """Go on with a generator."""
        return gen.send(None)

    async def asend(self, agen: AsyncGenerator[T, None]) -> T:
        """The same with an asynchronous one."""
        return await agen.asend(None)


WOKEN = _Woken()
