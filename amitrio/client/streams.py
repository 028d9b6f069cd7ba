"""Event streams: what a consumer holds of a subscription.

    with client.events("Hangup", "Newchannel") as stream:
        async for event in stream: ...

The client holds the buffer (an Inbox), the consumer holds the stream. Whoever lets the stream go
is unsubscribed: exactly at the end of a `with`, in the next turn of the loop after a `break`.

Law: one consumer a stream, a bounded buffer, and every gap is told. `where` runs in the consumer,
and nothing at all in a finaliser.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, Never, Self, TypeVar

import anyio

from amitrio.client.eventloop import EventLoop
from amitrio.client.gaps import EventsDropped, Gap
from amitrio.client.inbox import Inbox
from amitrio.client.pace import LEAST
from amitrio.client.statistics import StreamStatistics, lag
from amitrio.client.subscriptions import Subscriptions
from amitrio.errors import AMIError, SubscriberTooSlow

__all__ = ["EventStream", "OneConsumer", "open_stream"]

T_co = TypeVar("T_co", covariant=True)


class OneConsumer(ABC):
    """What one consumer holds: it is iterated, closed at the end of a `with`, and not shared.

    Who forgets it closes it, too, a turn of the loop later.
    """

    _closed = True  # until there is anything to close
    _loop: EventLoop

    @abstractmethod
    def close(self) -> None:
        """Nothing more will be taken. Closing twice is fine."""

    def __aiter__(self) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> Never:
        raise TypeError("a stream has one consumer: it can be neither copied nor pickled")

    def __del__(self) -> None:
        # Where a loop over it is left by `break`, or from the garbage collector: at any moment, be
        # it within the event loop's own code, and in any thread. So this only asks for it.
        if self._closed:
            return
        try:
            self._loop.soon(self.close)
        except RuntimeError:  # it has ended, and nothing goes on that could be disturbed
            self.close()


class EventStream(OneConsumer, Generic[T_co]):
    """Events as they come. Iterate it, or `receive` one, or `receive_batch`."""

    def __init__(
        self,
        inbox: Inbox[T_co],
        unsubscribe: Callable[[Inbox[T_co]], None],
        loop: EventLoop,
        where: Callable[[T_co], bool] | None = None,
        kinds: Sequence[str] = (),
    ) -> None:
        self._inbox = inbox
        self._unsubscribe = unsubscribe
        self._loop = loop
        self._where = where  # which a gap passes always: it may stand for events that are wanted
        self._kinds = tuple(kind.lower() for kind in kinds)
        self._on_gap: Callable[[Gap], None] | None = None
        self._raised: T_co | None = None  # the gap that was raised last
        self._takes_all = where is None
        self._batch: deque[T_co] = deque()
        self._closed = False

    def on_gap(self, handle: Callable[[Gap], None]) -> None:
        """Let `handle` have the gaps: what it raises is raised, else the gap is passed over."""
        self._on_gap = handle
        self._takes_all = False

    async def receive(self) -> T_co:
        """The next event. Cancelled, none is lost.

        Raises ConnectionLost after the last event before a loss, SubscriberTooSlow after the
        last before an overflow, EndOfStream after a close, BusyResourceError for a second reader.
        """
        while True:
            if not self._batch:
                self._check_open()
                self._batch.extend(await self._inbox.take())
            event = self._batch.popleft()
            if self._takes_all or self._is_wanted(event):
                return event

    def receive_nowait(self) -> T_co:
        """The next event if one is there, else WouldBlock; the end is raised as by `receive`."""
        while True:
            if not self._batch:
                self._check_open()
                self._batch.extend(self._inbox.take_nowait(LEAST))
            event = self._batch.popleft()
            if self._takes_all or self._is_wanted(event):
                return event

    def _is_wanted(self, event: T_co) -> bool:  # type: ignore[misc] # it only looks at it
        if isinstance(event, Gap):
            if self._on_gap is not None:
                self._raised = event
                self._on_gap(event)
                self._raised = None
            return self._on_gap is None
        return self._where is None or self._where(event)

    def _unraise(self) -> None:
        """Let the gap that was raised be raised once more. The end needs no help in that."""
        if self._raised is not None:
            self._batch.appendleft(self._raised)

    async def receive_batch(self, most: int, *, within: float) -> list[T_co]:
        """Up to `most` events: what comes within so many seconds after the first.

        Waits for the first as long as `receive` does; what is there already it takes without
        waiting, also `within=0`. Cancelled, what it had taken comes again.
        """
        if most < 1:
            raise ValueError("a batch has room for one event at least")
        batch = [await self.receive()]
        self._raised = None
        try:
            with suppress(anyio.WouldBlock):
                while len(batch) < most:
                    batch.append(self.receive_nowait())
            with anyio.move_on_after(within):
                while len(batch) < most:
                    batch.append(await self.receive())
        except (AMIError, anyio.EndOfStream, anyio.ClosedResourceError):
            self._unraise()  # this call has events to give; the next one is told of it
        except BaseException:
            if not self._closed:
                self._batch.extendleft(reversed(batch))
            raise
        return batch

    def statistics(self) -> StreamStatistics:
        """Buffered, delivered and dropped events, the bound of the buffer, kinds and lag."""
        inbox = self._inbox
        held = [one for one in self._batch if not isinstance(one, Gap)]
        return StreamStatistics(
            len(inbox) + len(held),
            inbox.delivered - len(held),
            inbox.dropped,
            inbox.limit,
            self._kinds,
            lag(held[0] if held else inbox.oldest),
        )

    def close(self) -> None:
        """Unsubscribe; what is buffered is dropped. Closing twice is fine."""
        if not self._closed:
            self._closed = True
            self._unsubscribe(self._inbox)
            self._inbox.close()
            self._batch.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise anyio.ClosedResourceError

    async def __anext__(self) -> T_co:
        if self._takes_all and self._batch:
            return self._batch.popleft()  # as `receive` does, without a second coroutine
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None


def open_stream(
    subscriptions: Subscriptions,
    loop: EventLoop,
    patterns: Sequence[str],
    where: Callable[[Any], bool] | None,
    buffer: int,
    *,
    drops: bool,
) -> EventStream[Any]:
    """A stream of the events that match, registered from now on. ValueError for no buffer."""
    inbox: Inbox[Any] = Inbox(
        buffer,
        overflowed=lambda: _too_slow(patterns, buffer),
        gap=EventsDropped if drops else None,
    )
    subscriptions.add(patterns, inbox)
    return EventStream(inbox, subscriptions.discard, loop, where, patterns)


def _too_slow(names: Sequence[str], buffer: int) -> SubscriberTooSlow:
    return SubscriberTooSlow(
        f"{buffer} events of {', '.join(names)} were waiting to be taken and one more came: take"
        ' them faster, give a larger buffer=, or overflow="drop_oldest"',
        buffer=buffer,
    )
