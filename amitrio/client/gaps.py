"""Gaps: what a stream says where events are missing.

Law: a gap is an object in the stream, at its place, and never a silence.
"""

from __future__ import annotations

import attrs

__all__ = ["EventsDropped", "Gap"]


@attrs.frozen
class Gap:
    """Events are missing here."""


@attrs.frozen
class EventsDropped(Gap):
    """The consumer was too slow: `count` events gave way, oldest first."""

    count: int
