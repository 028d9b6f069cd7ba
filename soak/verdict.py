"""The verdict on a stream: is what came between two gaps what the recorder heard, without a hole?

Both listened to one server, so the events of one stretch stand in the recorder's in the same
order. They may have begun and ended a little apart; inside nothing may be missing.

Law: a stretch that cannot be compared is counted, and not taken for a good one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import attrs

__all__ = ["Comparison", "Stretch", "compared"]

# Told to each session by itself, at its own moment.
_OWN = (b"Event: FullyBooted",)


@attrs.define(eq=False)
class Stretch:
    """The events of one connection, and from when to when they came."""

    frames: list[bytes] = attrs.field(factory=list)
    began: datetime | None = None
    ended: datetime | None = None

    def add(self, frame: bytes, when: datetime) -> None:
        """One more."""
        if not frame.startswith(_OWN):
            self.frames.append(frame)
            self.began = self.began or when
            self.ended = when

    def overlaps(self, other: Stretch) -> bool:
        """Whether both were listening at one time, and so to the same life of the server."""
        if None in {self.began, self.ended, other.began, other.ended}:
            return False
        assert self.began and self.ended and other.began and other.ended  # noqa: S101, PT018
        return self.began <= other.ended and other.began <= self.ended


@attrs.define
class Comparison:
    """How many stretches and events were found to be the same, and what was not."""

    stretches: int = 0
    events: int = 0
    incomparable: int = 0
    holes: list[str] = attrs.field(factory=list)


def compared(stretches: Iterable[Stretch], lives: Sequence[Stretch]) -> Comparison:
    """What the client had between its gaps, beside what the recorder had between its own."""
    result = Comparison()
    for number, stretch in enumerate(stretches):
        if not stretch.frames:
            continue
        heard = [life.frames for life in lives if life.overlaps(stretch)]
        found = [_overlap(stretch.frames, life) for life in heard]
        overlaps = [both for both in found if both is not None]
        if not overlaps:
            result.incomparable += 1
            continue
        result.stretches += 1
        for ours, theirs in overlaps:
            result.events += len(ours)
            result.holes += _holes(number, ours, theirs)
    return result


def _overlap(
    ours: Sequence[bytes], theirs: Sequence[bytes]
) -> tuple[Sequence[bytes], Sequence[bytes]] | None:
    """The parts that both must have heard, laid side by side by an event that came once."""
    once = {frame for frame, count in Counter(theirs).items() if count == 1}
    single = Counter(ours)
    mark = next((frame for frame in ours if frame in once and single[frame] == 1), None)
    if mark is None:
        return None
    here, there = ours.index(mark), theirs.index(mark)
    before = min(here, there)
    after = min(len(ours) - here, len(theirs) - there)
    return ours[here - before : here + after], theirs[there - before : there + after]


def _holes(number: int, ours: Sequence[bytes], theirs: Sequence[bytes]) -> list[str]:
    for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one != other:
            place = f"stretch {number}, event {index} of {len(ours)}"
            return [f"{place}: {one[:80]!r} came where {other[:80]!r} was sent"]
    return []
