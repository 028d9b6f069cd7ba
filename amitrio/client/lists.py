"""Lists, item by item: for lists too long to hold, or to show while they come.

Law: the reader never waits for whoever reads a list. At most `limits.list_items` items wait
unread; past that this list ends with SubscriberTooSlow, and the connection lives.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from typing import Generic, Self, TypeVar

import anyio

from amitrio.client.inbox import Inbox
from amitrio.client.pending import Feed, too_slow, traits_of
from amitrio.client.session import Session
from amitrio.models import Action, Event, Reply
from amitrio.models.replies import missing_from

__all__ = ["ListStream", "open_list"]

E_co = TypeVar("E_co", bound=Event, covariant=True)


class ListStream(Generic[E_co]):
    """The items of one list as they come. `response` is there from the start, `complete` after."""

    def __init__(self, feed: Feed, inbox: Inbox[E_co]) -> None:
        self._feed = feed
        self._inbox = inbox
        self._batch: list[E_co] = []

    @property
    def response(self) -> Reply:
        """The response that opened the list."""
        assert self._feed.response is not None  # noqa: S101 - handed out once it is there
        return self._feed.response

    @property
    def complete(self) -> Event | None:
        """The event that ended the list; None before the end, and where there was no list."""
        return self._feed.complete

    @property
    def missing(self) -> int:
        """How many items fewer came than Asterisk says it sent; 0 for a whole list, and before."""
        return missing_from(self._feed.items, self._feed.complete)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E_co:
        """The next item. Cancelled, none is lost. Raises as `EventStream.receive` does."""
        if not self._batch:
            try:
                self._batch = (await self._inbox.take())[::-1]
            except anyio.EndOfStream:
                raise StopAsyncIteration from None
        return self._batch.pop()


@asynccontextmanager
async def open_list(session: Session, action: Action) -> AsyncGenerator[ListStream[Event]]:
    """Ask for a list, and wait until it begins. Left early, the rest of it is dropped."""
    limit = session.limits.list_items
    traits = traits_of(action.name)
    with closing(Inbox[Event](limit, overflowed=too_slow(action.name, limit))) as inbox:
        feed = Feed(action.name, traits.shape, reply=traits.reply, inbox=inbox)
        await session.post(action, feed)
        try:
            await feed.started_or_failed.wait()
            if feed.failure is not None and feed.response is None:
                raise feed.failure()
            yield ListStream(feed, inbox)
        finally:
            session.ledger.abandon(feed)
