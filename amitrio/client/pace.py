"""Pace: how many events a consumer takes in one go.

Each taking is a checkpoint, where the consumer can be cancelled and others have their turn; beside
an event it is dear. So who is quick takes more at a time, and who is slow no more than a batch: a
consumer that never waits by itself passes a checkpoint about once a millisecond.

Law: arithmetic on times that are passed in, and never more than a bound.
"""

from __future__ import annotations

import attrs

__all__ = ["LEAST", "Pace"]

# Even of events that take long: a checkpoint has its price, too.
LEAST = 32
# However quick it was: its next event may be the one that takes long.
_MOST = 256
# Seconds between two checkpoints of a consumer that has always something to take.
_TURN = 0.001


@attrs.define(eq=False)
class Pace:
    """`most` is how many to take now."""

    most: int = LEAST
    _taken: int = 0
    _since: float | None = None
    """When they were taken; None when they are worked off, and something else is waited for."""

    def took(self, count: int, now: float) -> None:
        """So many were taken, and are worked off from now on."""
        self._taken = count
        self._since = now

    def worked_off(self, now: float) -> None:
        """The last of them is done: more or fewer from now on."""
        if self._since is None:
            return
        spent, self._since = now - self._since, None
        if spent > _TURN:
            self.most = max(LEAST, self.most // 2)
        elif self._taken >= self.most and spent < _TURN / 2:
            self.most = min(_MOST, self.most * 2)
