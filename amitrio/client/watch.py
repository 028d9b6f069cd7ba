"""Watch: when an answer is late, and when the peer is dead.

Asterisk runs one session's actions in order, so only the oldest unanswered action can be late;
those behind it have not begun. And a session whose oldest action is a slow one (its allowance
says so) may rightly be silent, events included.

Law: pure arithmetic on times that are passed in; every wait of the client ends by one of these
verdicts at the latest.
"""

from __future__ import annotations

import enum
import math

import attrs

__all__ = ["Verdict", "Watch"]


class Verdict(enum.Enum):
    """What the time demands."""

    FINE = enum.auto()
    PROBE = enum.auto()  # nothing was heard for ping_interval: send a Ping
    LATE = enum.auto()  # the oldest action is past its time
    DEAD = enum.auto()  # not a byte since the probe, and its time is over


@attrs.define(eq=False)
class Watch:
    """Times are seconds on the event loop's clock; intervals may be infinite."""

    ping_interval: float
    ping_timeout: float
    response_timeout: float
    heard: float
    """When the last byte came: any byte is a sign of life."""
    oldest_since: float = math.inf
    """Since when the oldest unanswered action has been the oldest."""
    allowance: float = 0.0
    """The oldest action's own allowance on top of response_timeout."""
    probed: float | None = None

    def hear(self, now: float) -> None:
        """Bytes came."""
        self.heard = now
        self.probed = None

    def verdict(self, now: float) -> Verdict:
        """What is due at `now`."""
        if now >= self._dead_at():
            return Verdict.DEAD
        if now >= self._late_at():
            return Verdict.LATE
        if self.probed is None and now >= self.heard + self.ping_interval:
            return Verdict.PROBE
        return Verdict.FINE

    def next_check(self, now: float) -> float:
        """When to look again: in time for an action sent now, and for a silence that begins now."""
        probe = math.inf if self.probed is not None else self.heard + self.ping_interval
        soon = now + min(self.response_timeout, self.ping_interval)
        return min(self._dead_at(), self._late_at(), probe, soon)

    def _late_at(self) -> float:
        return self.oldest_since + self.response_timeout + self.allowance

    def _dead_at(self) -> float:
        if self.probed is None:
            return math.inf
        slow_until = self.oldest_since + self.allowance if self.allowance else -math.inf
        return max(self.probed, slow_until) + self.ping_timeout
