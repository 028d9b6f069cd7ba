"""Pending: who waits for the answer to an action, and how it reaches them.

A Collector gathers a whole answer for `send`; a Feed hands the items of a list on as they come,
for `items`. The reader calls them; neither ever makes it wait.

Law: each is settled exactly once, by an answer or by an error, and the error is made anew for
each who is told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache

import anyio
import attrs

from amitrio.client.eventloop import Waiter
from amitrio.client.inbox import Inbox, hand_on
from amitrio.client.refusals import refusal
from amitrio.errors import AMIError, ListTooLong, SubscriberTooSlow
from amitrio.models import Chunk, Event, ListReply, Reply, event_from, reply_class_of, shape_of
from amitrio.models.registry import events_from
from amitrio.models.replies import announced_by, missing_from
from amitrio.protocol import SIMPLE, ReplyShape
from amitrio.text import printable

_logger = logging.getLogger("amitrio.client")

__all__ = ["Collector", "Failure", "Feed", "Pending", "Traits", "too_slow", "traits_of"]


@attrs.frozen(eq=False)
class Traits:
    """What is known of an action by its name: how its answer looks, and the class of its reply."""

    shape: ReplyShape
    reply: type[Reply]


@lru_cache(maxsize=1024)
def traits_of(name: str) -> Traits:
    """The traits of the action of that name. A program has few, and asks again and again."""
    return Traits(shape_of(name), reply_class_of(name))


Failure = Callable[[], AMIError]

_List = ListReply[Event, Event]


class Pending:
    """What the session tells about one action. A subclass listens to what its action can bring."""

    @property
    def behind(self) -> bool:
        """Whether what came waits to be taken."""
        return False

    def answered(self, frame: bytes, chunk: Chunk) -> None:
        """The one response, an error included; or a second one that breaks a list off."""

    def started(self, frame: bytes, chunk: Chunk) -> None:
        """A list begins."""

    def items(self, kinds: Sequence[str], frames: Sequence[bytes], chunk: Chunk) -> None:
        """Items of the list."""

    def ended(self, frame: bytes, chunk: Chunk) -> None:
        """The list is complete."""

    def reported(self, frame: bytes, chunk: Chunk) -> None:
        """The late event of the action (OriginateResponse)."""

    def failed(self, failure: Failure) -> None:
        """No answer will come, or no report."""


@attrs.define(eq=False)
class Collector(Pending):
    """The whole answer to one action."""

    name: str
    """The action's."""
    traits: Traits
    list_limit: int
    settled: Waiter
    _reply: Reply | None = None
    _items: list[Event] | None = None
    """None where the answer is no list."""
    _complete: Event | None = None
    _failure: Failure | None = None

    def result(self) -> Reply:
        """The answer, or the error, once it is settled."""
        if self._failure is not None:
            raise self._failure()
        assert self._reply is not None  # noqa: S101 - settled without failure
        if self._items is None:
            is_plain = self.traits.shape is SIMPLE and self._reply.succeeded
            return self._reply if is_plain else self._simple(self._reply)
        return _List.gathered(self._reply, tuple(self._items), self._complete)

    def answered(self, frame: bytes, chunk: Chunk) -> None:
        """Settled: a reply, an error, or the end of a list in mid-list."""
        self._reply = self.traits.reply.from_frame(frame, chunk)
        self._items = None
        self.settled.wake()

    def started(self, frame: bytes, chunk: Chunk) -> None:
        """The list has begun."""
        self._reply = self.traits.reply.from_frame(frame, chunk)
        self._items = []

    def items(self, kinds: Sequence[str], frames: Sequence[bytes], chunk: Chunk) -> None:
        """More items."""
        assert self._items is not None  # noqa: S101 - the list has begun
        if self._failure is not None:
            return
        if len(self._items) + len(frames) > self.list_limit:
            self._items.clear()
            self.failed(self._too_long)
        else:
            self._items += events_from(kinds, frames, chunk)

    def ended(self, frame: bytes, chunk: Chunk) -> None:
        """Settled: the list has come."""
        assert self._items is not None  # noqa: S101 - the list has begun
        self._complete = event_from(frame, chunk)
        _count(self.name, len(self._items), self._complete)
        self.settled.wake()

    def failed(self, failure: Failure) -> None:
        """Settled: no answer will come."""
        self._failure = self._failure or failure
        self.settled.wake()

    def _simple(self, reply: Reply) -> Reply:
        shape = self.traits.shape
        if not (reply.succeeded or shape.means_empty(reply.message)):
            raise refusal(self.name, reply)
        # A list action that succeeds without a list says that there is nothing to list.
        plain = shape.complete is None or (reply.succeeded and shape.sometimes)
        return reply if plain else _List.gathered(reply)

    def _too_long(self) -> AMIError:
        return ListTooLong(
            f"{self.name} lists more than {self.list_limit} items: read them one by one"
            " with client.items(...), or raise limits.list_items",
            limit=self.list_limit,
        )


@attrs.define(eq=False)
class Feed(Pending):
    """The items of a list as they come."""

    name: str
    """The action's."""
    traits: Traits
    inbox: Inbox[Event]
    started_or_failed: anyio.Event = attrs.field(factory=anyio.Event)
    response: Reply | None = None
    complete: Event | None = None
    count: int = 0
    """How many items came."""
    failure: Failure | None = None

    @property
    def behind(self) -> bool:
        """Whether many items wait to be taken."""
        return self.inbox.behind

    def answered(self, frame: bytes, chunk: Chunk) -> None:
        """Settled: a reply, an error, or the end of a list in mid-list."""
        reply = self.traits.reply.from_frame(frame, chunk)
        if reply.succeeded or self.traits.shape.means_empty(reply.message):
            self.response = self.response or reply
            self.inbox.end()
            self.started_or_failed.set()
        else:
            self.failed(lambda: refusal(self.name, reply))

    def started(self, frame: bytes, chunk: Chunk) -> None:
        """The list has begun."""
        self.response = self.traits.reply.from_frame(frame, chunk)
        self.started_or_failed.set()

    def items(self, kinds: Sequence[str], frames: Sequence[bytes], chunk: Chunk) -> None:
        """More items."""
        self.count += len(frames)
        hand_on((self.inbox,), kinds, frames, chunk)

    def ended(self, frame: bytes, chunk: Chunk) -> None:
        """Settled: the list has come."""
        self.complete = event_from(frame, chunk)
        _count(self.name, self.count, self.complete)
        self.inbox.end()

    def failed(self, failure: Failure) -> None:
        """Settled: no answer will come."""
        self.failure = failure
        self.inbox.end(failure)
        self.started_or_failed.set()


def _count(action: str, came: int, complete: Event) -> None:
    if missing_from(came, complete):
        _logger.warning(
            "%s: %d items came, and Asterisk says it sent %s",
            printable(action),
            came,
            announced_by(complete),
        )


def too_slow(action: str, limit: int) -> Failure:
    """The error of a list whose items were not read as fast as Asterisk sent them."""
    return lambda: SubscriberTooSlow(
        f"{limit} items of {action} were waiting to be read and one more came: read faster, or"
        " raise limits.list_items",
        buffer=limit,
    )
