"""Statistics: how a connection and its streams stand, in numbers.

Law: reading them changes nothing and costs no more than looking at each stream once.
"""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from amitrio.models import Event

__all__ = ["ClientStatistics", "StreamStatistics", "lag"]


@attrs.frozen
class StreamStatistics:
    """How a stream stands, in events."""

    buffered: int
    delivered: int
    dropped: int
    buffer: int
    kinds: tuple[str, ...] = attrs.field(default=(), eq=False)
    """What it wants: names and patterns."""
    lag: float = attrs.field(default=0.0, eq=False)
    """Seconds since the oldest buffered event came; 0 where none is buffered."""


def lag(oldest: object) -> float:
    """Seconds since that event came, by the clock on the wall; 0 for what is none."""
    received = oldest.received if isinstance(oldest, Event) else None
    return 0.0 if received is None else max(0.0, (datetime.now(UTC) - received).total_seconds())


@attrs.frozen
class ClientStatistics:
    """How a connection stands."""

    bytes: int
    """Received."""
    frames: int
    """Received: events, responses, items of lists."""
    junk: int
    """Frames that were neither events nor responses."""
    unmatched: int
    """Responses and items that belong to no action of ours."""
    pending: int
    """Actions that are not answered yet."""
    streams: tuple[StreamStatistics, ...]
    """The open streams; up to 256 events that a stream has in hand count as delivered."""

    @property
    def largest_lag(self) -> float:
        """Seconds that the slowest stream is behind."""
        return max((stream.lag for stream in self.streams), default=0.0)
