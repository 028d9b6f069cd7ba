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
from amitrio.models.base import from_frames
from amitrio.models.habits import prepare
from amitrio.models.registry import event_classes

__all__ = ["LARGEST", "Batch", "read_ahead"]

# Larger than this a batch saves nothing any more, and everything in it is made at once.
LARGEST = 256


class Batch:
    """Frames of events and their kinds, from one chunk."""

    __slots__ = ("_chunk", "_kinds", "_made", "classes", "frames", "is_new")

    def __init__(
        self,
        kinds: Sequence[str],
        frames: Sequence[bytes],
        chunk: Chunk,
        *,
        is_new: bool = True,
    ) -> None:
        self.frames = frames
        self.classes: Sequence[type[Event]] = ()
        """Of the events, once they are made."""
        self.is_new = is_new
        """Whether nobody has taken anything of it yet; who does sets it."""
        self._kinds = kinds
        self._chunk = chunk
        self._made: list[Event] | None = None

    def __len__(self) -> int:
        return len(self.frames)

    def made(self) -> list[Event]:
        """The events, which `read_ahead` may go over; else each is read when it is touched."""
        if self._made is None:
            self.classes = event_classes(self._kinds)
            self._made = from_frames(self.classes, self.frames, self._chunk, bare=True)
        return self._made

    def behind(self, count: int) -> Batch:
        """The same without so many of the first."""
        rest = Batch(self._kinds[count:], self.frames[count:], self._chunk, is_new=self.is_new)
        if self._made is not None:
            rest.classes, rest._made = self.classes[count:], self._made[count:]
        return rest


def read_ahead(batches: Sequence[Batch]) -> None:
    """What the program reads as a rule of such events is read of all these, which it will take."""
    if len(batches) == 1:
        (batch,) = batches
        prepare(batch.made(), batch.frames, batch.classes)
        return
    made = list(chain.from_iterable(batch.made() for batch in batches))
    frames = list(chain.from_iterable(batch.frames for batch in batches))
    prepare(made, frames, list(chain.from_iterable(batch.classes for batch in batches)))
