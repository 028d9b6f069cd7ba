"""Inbox: the bounded buffer between the reader task and one consumer.

The reader puts and never waits; the consumer takes in batches. What wakes it is a memory channel
of capacity one that carries a token and no data: a channel that carried the batch would lose it
when a native asyncio cancellation hits the same tick.

Law: bounded, with a policy at the bound; what is buffered comes out before the end is told; and
nothing that was put is lost by a cancellation. A gap has room always, and never gives way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar, cast

import anyio

from amitrio.client.batches import LARGEST, Batch, read_ahead
from amitrio.client.eventloop import EventLoop, this_event_loop
from amitrio.client.gaps import Gap, coalesced
from amitrio.client.pace import LEAST, Pace
from amitrio.errors import AMIError
from amitrio.models import Chunk, Event
from amitrio.models.registry import events_from

__all__ = ["Inbox", "Way", "hand_on"]

# For fewer events a batch costs more than it saves.
_FEW = 4

T = TypeVar("T")


class Inbox(Generic[T]):
    """`put` from the reader, `take` from the consumer.

    At `limit` items: with `gap` the oldest gives way and a gap is told in its place; without,
    the inbox ends with the error that `overflowed` makes.
    """

    def __init__(
        self,
        limit: int,
        *,
        overflowed: Callable[[], AMIError],
        gap: Callable[[int], T] | None = None,
    ) -> None:
        if limit < 1:
            raise ValueError("a buffer holds at least one item")
        self.limit = limit
        self.delivered = 0
        self.dropped = 0
        self._items: deque[T | Batch] = deque()
        self._size = 0  # how many events they are
        self._gap = gap
        self._missed = 0
        self._gaps = 0  # how many of the items are gaps
        self._first: tuple[Gap, ...] = ()  # gaps before which all events gave way
        self._overflowed = overflowed
        self._ended = False
        self._failure: Callable[[], AMIError] | None = None
        self._asleep = False
        self._taking = False
        self._pace = Pace()
        self._loop: EventLoop | None = None  # of the first who takes
        self._token_in, self._token_out = anyio.create_memory_object_stream[None](1)

    def __len__(self) -> int:
        """How many events wait to be taken."""
        return self._size

    @property
    def behind(self) -> bool:
        """Whether more waits than is taken at once."""
        return self._size > LEAST

    @property
    def oldest(self) -> T | None:
        """The event that waits longest to be taken."""
        first = next((item for item in self._items if not isinstance(item, Gap)), None)
        return cast("T", first.made()[0]) if isinstance(first, Batch) else first

    @property
    def ended(self) -> bool:
        """Whether nothing more will be put."""
        return self._ended

    def put(self, item: T) -> None:
        """Add an item; never waits."""
        if self._ended:
            return
        if self._size >= self.limit:
            if self._gap is None:
                self.dropped += 1
                self.end(self._overflowed)
                return
            self._give_way(1)
        self._items.append(item)
        self._size += 1
        if self._asleep:
            self._wake()

    def put_batch(self, batch: Batch) -> None:
        """Add events in their order; never waits."""
        surplus = self._size + len(batch) - self.limit
        if surplus > 0 and (self._gap is None or len(batch) > self.limit):
            for item in cast("list[T]", batch.made()):
                self.put(item)
        elif not self._ended:
            if surplus > 0:
                self._give_way(surplus)
            self._items.append(batch)
            self._size += len(batch)
            if self._asleep:
                self._wake()

    def put_gap(self, gap: Gap) -> None:
        """Tell of a gap, at its place; never waits, and is never too much."""
        if self._ended:
            return
        last: tuple[Gap, ...] = ()
        while self._items and isinstance(self._items[-1], Gap):
            last = (cast("Gap", self._items.pop()), *last)
        told = coalesced(last, gap)
        self._gaps += len(told) - len(last)
        self._items.extend(cast("tuple[T, ...]", told))
        if self._asleep:
            self._wake()

    def _give_way(self, count: int) -> None:
        """The oldest events go; the gaps before them are kept, to be told first."""
        self.dropped += count
        self._missed += count
        self._size -= count
        while count:
            oldest = self._items.popleft()
            if isinstance(oldest, Gap):
                self._gaps -= 1
                self._first = coalesced(self._first, oldest)
                continue
            size = len(oldest) if isinstance(oldest, Batch) else 1
            if isinstance(oldest, Batch) and size > count:
                self._items.appendleft(oldest.behind(count))
            count -= min(size, count)

    def end(self, failure: Callable[[], AMIError] | None = None) -> None:
        """Nothing more will come; `failure` makes the error that says why, None a plain end."""
        if not self._ended:
            self._ended = True
            self._failure = failure
            self._token_in.close()  # wakes a waiting taker
            if not self._taking:
                self._token_out.close()

    def close(self) -> None:
        """The consumer is gone: what is buffered is dropped, a waiting taker ends."""
        self.end()
        self._items.clear()
        self._first = ()
        self._missed = self._gaps = self._size = 0

    def take_nowait(self, most: int) -> list[T]:
        """Up to `most` items that are there, and the gaps of what gave way before them.

        Raises the end once nothing is left before it.
        """
        batch: list[T] = []
        if self._missed and self._gap is not None:
            batch.append(self._gap(self._missed))
            self._missed = 0
        if self._first:
            batch.extend(cast("tuple[T, ...]", self._first))
            self._first = ()
        gaps = len(batch)
        self._move(batch, most)
        if not batch:
            self._raise_end()
        if self._gaps:
            taken = sum(isinstance(one, Gap) for one in batch[gaps:])
            self._gaps -= taken
            gaps += taken
        self._size -= len(batch) - gaps
        self.delivered += len(batch) - gaps
        return batch

    def _move(self, batch: list[T], most: int) -> None:
        """Fill it up. Events that came together stay so where they can: others hold them too."""
        new: list[Batch] = []
        while self._items and (room := most - len(batch)) > 0:
            item = self._items.popleft()
            if not isinstance(item, Batch):
                batch.append(item)
                continue
            if len(item) > room and batch:
                self._items.appendleft(item)
                break
            if item.is_new:
                item.is_new = False
                new.append(item)
            batch += cast("list[T]", item.made()[:room])
            if len(item) > room:
                self._items.appendleft(item.behind(room))
        if new:
            read_ahead(new)

    async def take(self) -> list[T]:
        """Wait for at least one item. A checkpoint before the take: cancelled, all is still here.

        As many as the taker will work off before it should pass the next checkpoint.
        Raises EndOfStream or the error at the end, BusyResourceError for a second taker.
        """
        if self._taking:
            raise anyio.BusyResourceError("receiving from")
        loop = self._loop = self._loop or this_event_loop()
        self._pace.worked_off(loop.now())
        self._taking = True
        try:
            if self._items or self._missed or self._ended:
                await loop.checkpoint()
            while not (self._items or self._missed or self._ended):
                await self._sleep()
            batch = self.take_nowait(self._pace.most)
            self._pace.took(len(batch), loop.now())
            return batch
        finally:
            self._taking = False
            if self._ended:
                self._token_out.close()

    async def _sleep(self) -> None:
        self._asleep = True
        try:
            with suppress(anyio.EndOfStream):
                await self._token_out.receive()
        finally:
            self._asleep = False

    def _wake(self) -> None:
        self._asleep = False
        with suppress(anyio.WouldBlock):  # a token is there already
            self._token_in.send_nowait(None)

    def _raise_end(self) -> None:
        if not self._ended:
            raise anyio.WouldBlock
        if self._failure is not None:
            raise self._failure()
        raise anyio.EndOfStream


Way = tuple[Inbox[Event], ...]
"""The inboxes that events of one name go to."""


def hand_on(way: Way, kinds: Sequence[str], frames: Sequence[bytes], chunk: Chunk) -> None:
    """Put the events that these frames are into each inbox, in their order."""
    if not way:
        return
    if len(frames) < _FEW:
        for event in events_from(kinds, frames, chunk):
            for inbox in way:
                inbox.put(event)
        return
    for at in range(0, len(frames), LARGEST):
        batch = Batch(kinds[at : at + LARGEST], frames[at : at + LARGEST], chunk)
        for inbox in way:
            inbox.put_batch(batch)
