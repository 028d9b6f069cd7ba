"""Gaps: what a stream says where events are missing.

Law: a gap is an object in the stream, at its place, and never a silence. Gaps between which
nothing came become one, so that there is always room to tell of one more.
"""

from __future__ import annotations

from datetime import datetime

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


@attrs.frozen
class Reconnected(Gap):
    """Logged in again; events flow from here on."""

    at: datetime
    down_for: float
    """Seconds since the loss."""
    restarted: bool | None
    """Whether Asterisk itself was restarted meanwhile, all its calls gone; None if unknown."""


def coalesced(gaps: tuple[Gap, ...], gap: Gap) -> tuple[Gap, ...]:
    """Gaps with nothing between them, and one more: a loss, and its end once there is one."""
    first = next((one for one in gaps if isinstance(one, Disconnected)), None)
    if first is None:
        return (*gaps, gap)
    others = tuple(one for one in gaps if not isinstance(one, Disconnected | Reconnected))
    if isinstance(gap, Disconnected):
        restarted = first.restarted or any(
            one.restarted for one in gaps if isinstance(one, Reconnected) and one.restarted
        )
        return (*others, Disconnected(first.at, gap.reason, restarted))
    if isinstance(gap, Reconnected):
        down_for = (gap.at - first.at).total_seconds()
        return (*others, first, Reconnected(gap.at, down_for, first.restarted or gap.restarted))
    return (*gaps, gap)


def error_of(gap: Gap) -> AMIError:
    """The gap as an error, for who waits for one event."""
    if isinstance(gap, EventsDropped):
        return SubscriberTooSlow(
            f"{gap.count} events gave way before they were taken", buffer=gap.count
        )
    reason = gap.reason if isinstance(gap, Disconnected) else "the connection was lost meanwhile"
    return ConnectionLost(reason, executed="no")
