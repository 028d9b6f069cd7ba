"""Batches: events that came together, and are not made before the first of them is taken.

The reader hands frames on, and whoever takes them makes objects of them: as many as are about to
be looked at, and once for all who listen. Frames that wait are bytes, which the garbage collector
does not walk through again and again, as it does through objects.

Law: a batch never changes; what is made of it is the same for everybody who holds it.
"""

from __future__ import annotations

from collections.abc import Sequence

from amitrio.models import Chunk, Event
from amitrio.models.registry import events_from

__all__ = ["MOST", "Batch"]

# A busy consumer passes a checkpoint once for so many events: cancellable and fair, at 1/32 of
# the cost of a checkpoint each.
MOST = 32


class Batch:
    """Frames of events and their kinds, from one chunk."""

    __slots__ = ("_chunk", "_frames", "_kinds", "_made")

    def __init__(
        self,
        kinds: Sequence[str],
        frames: Sequence[bytes],
        chunk: Chunk,
        made: list[Event] | None = None,
    ) -> None:
        self._kinds = kinds
        self._frames = frames
        self._chunk = chunk
        self._made = made

    def __len__(self) -> int:
        return len(self._frames)

    def made(self) -> list[Event]:
        """The events."""
        if self._made is None:
            self._made = events_from(self._kinds, self._frames, self._chunk)
        return self._made

    def behind(self, count: int) -> Batch:
        """The same without so many of the first."""
        made = None if self._made is None else self._made[count:]
        return Batch(self._kinds[count:], self._frames[count:], self._chunk, made)
