"""Batches: events that came together, and are not made before the first of them is taken.

The reader hands frames on, and whoever takes them makes objects of them: as many as are about to
be looked at, and once for all who listen. Frames that wait are bytes, which the garbage collector
does not walk through again and again, as it does through objects.

Law: what a batch holds never changes; what is made of it is the same for everybody who holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from amitrio.models import Chunk, Event
from amitrio.models.habits import prepare
from amitrio.models.registry import events_from

__all__ = ["LARGEST", "Batch", "read_ahead"]

# Larger than this a batch saves nothing any more, and everything in it is made at once.
LARGEST = 256


class Batch:
    """Frames of events and their kinds, from one chunk."""

    __slots__ = ("_chunk", "_frames", "_kinds", "_made", "is_new")

    def __init__(
        self,
        kinds: Sequence[str],
        frames: Sequence[bytes],
        chunk: Chunk,
        made: list[Event] | None = None,
        *,
        is_new: bool = True,
    ) -> None:
        self._kinds = kinds
        self._frames = frames
        self._chunk = chunk
        self._made = made
        self.is_new = is_new
        """Whether nobody has taken anything of it yet; who does sets it."""

    def __len__(self) -> int:
        return len(self._frames)

    def made(self) -> list[Event]:
        """The events, which `read_ahead` may go over; else each is read when it is touched."""
        if self._made is None:
            self._made = events_from(self._kinds, self._frames, self._chunk, bare=True)
        return self._made

    def behind(self, count: int) -> Batch:
        """The same without so many of the first."""
        made = None if self._made is None else self._made[count:]
        return Batch(
            self._kinds[count:], self._frames[count:], self._chunk, made, is_new=self.is_new
        )


def read_ahead(batches: Sequence[Batch]) -> None:
    """What the program reads as a rule of such events is read of all these, which it will take."""
    if len(batches) == 1:
        prepare(batches[0].made(), batches[0]._frames)
    else:
        made = chain.from_iterable(batch.made() for batch in batches)
        prepare(list(made), list(chain.from_iterable(batch._frames for batch in batches)))
