"""Backoff: how long to wait before the next try.

Law: longer after each failure, up to a bound, and never the same for two programs that lost the
same server.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import anyio
import attrs

__all__ = ["Backoff"]


def _check_seconds(_: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not 0 < value < float("inf"):
        raise ValueError(f"{attribute.name} is a positive number of seconds")


@attrs.frozen(kw_only=True)
class Backoff:
    """Seconds between tries: `first`, then `factor` times as long each time, `most` at most.

    Each wait is shortened by up to the share `jitter` of it. A connection that lived for
    `stable` seconds counts as a success: after it the waits begin anew. `random` gives numbers
    from 0 to 1, `clock` tells the time in seconds and `sleep` waits; all may be replaced, for
    tests.
    """

    first: float = attrs.field(default=0.5, validator=_check_seconds)
    factor: float = attrs.field(default=2.0, validator=attrs.validators.ge(1.0))
    most: float = attrs.field(default=30.0, validator=_check_seconds)
    jitter: float = attrs.field(
        default=0.5, validator=[attrs.validators.ge(0.0), attrs.validators.le(1.0)]
    )
    stable: float = attrs.field(default=10.0, validator=_check_seconds)
    random: Callable[[], float] = random.random
    clock: Callable[[], float] = anyio.current_time
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    def delay(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row, the first being 1."""
        return self.shortened(min(self.most, self._grown(failures - 1)))

    def shortened(self, seconds: float) -> float:
        """The wait, shortened by chance."""
        return seconds * (1 - self.jitter * self.random())

    def _grown(self, times: int) -> float:
        try:
            return self.first * self.factor**times
        except OverflowError:  # past any bound
            return float("inf")
