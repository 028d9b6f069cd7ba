"""Gaps: what a stream says where events are missing.

Law: a gap is an object in the stream, at its place, and never a silence. Gaps between which
nothing came become one, so that there is always room to tell of one more.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

import attrs

from amitrio.errors import AMIError, ConnectionLost, SubscriberTooSlow

__all__ = ["Disconnected", "EventsDropped", "Gap", "Reconnected", "coalesced", "error_of"]


@attrs.frozen
class Gap:
    """Events are missing here."""


@attrs.frozen
class EventsDropped(Gap):
    """The consumer was too slow: `count` events gave way, oldest first."""

    count: int


@attrs.frozen
class Disconnected(Gap):
    """The connection was lost here; what happens from now on is missed until Reconnected."""

    at: datetime
    reason: str
    """One line that says why, and where possible what to do. Of several losses, the last."""
    restarted: bool = attrs.field(default=False, repr=False, eq=False)
    """Whether Asterisk was restarted between losses that became one."""
    since: float = attrs.field(default=0.0, repr=False, eq=False)
    """When that was on the event loop's clock, which nobody sets."""
    earlier: float = attrs.field(default=0.0, repr=False, eq=False)
    """Seconds from the first to the last of the losses that became one."""


@attrs.frozen
class Reconnected(Gap):
    """Logged in again; events flow from here on."""

    at: datetime
    down_for: float
    """Seconds since the loss, on a clock that nobody sets."""
    restarted: bool | None
    """Whether Asterisk itself was restarted meanwhile, all its calls gone; None if unknown."""


def coalesced(gaps: tuple[Gap, ...], gap: Gap) -> tuple[Gap, ...]:
    """Gaps with nothing between them, and one more: a loss, and its end once there is one.

    Before the loss there may be the end of one that was told already.
    """
    lost = next((n for n, one in enumerate(gaps) if isinstance(one, Disconnected)), None)
    if lost is None or not isinstance(gap, Disconnected | Reconnected):
        return (*gaps, gap)
    first = cast("Disconnected", gaps[lost])
    ends = [one for one in gaps[lost:] if isinstance(one, Reconnected)]
    restarted = first.restarted or any(one.restarted for one in ends)
    if isinstance(gap, Disconnected):
        earlier = gap.since - first.since
        return (*gaps[:lost], Disconnected(first.at, gap.reason, restarted, first.since, earlier))
    end = Reconnected(gap.at, first.earlier + gap.down_for, restarted or gap.restarted)
    return (*gaps[:lost], first, end)


def error_of(gap: Gap, buffer: int = 0) -> AMIError:
    """The gap as an error, for who wants events alone; `buffer` is the stream's."""
    if isinstance(gap, EventsDropped):
        return SubscriberTooSlow(
            f"{gap.count} events gave way before they were taken", buffer=buffer
        )
    reason = gap.reason if isinstance(gap, Disconnected) else "the connection was lost meanwhile"
    return ConnectionLost(reason, executed="no")
