"""Pending: an action under way, and how its answer reaches whoever waits for it.

A Collector gathers a whole answer for `send`; a Feed hands the items of a list on as they come,
for `items`. The reader calls them; neither ever makes it wait.

An action is one object from the request to the reply: the garbage collector goes through what is
under way again and again, and with a thousand actions in flight that shows.

Law: the ledger settles each exactly once, by an answer or by an error, and the error is made anew
for each who is told. Whoever has abandoned an action is told nothing any more.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

import anyio
import attrs

from amitrio.client.eventloop import Awaited
from amitrio.client.inbox import Inbox, hand_on
from amitrio.client.refusals import refusal
from amitrio.errors import AMIError, Executed, ListTooLong, ResponseMissing, SubscriberTooSlow
from amitrio.models import (
    Action,
    Chunk,
    Event,
    ListReply,
    Reply,
    event_from,
    reply_class_of,
    shape_of,
)
from amitrio.models.registry import events_from
from amitrio.models.replies import announced_by, missing_from
from amitrio.protocol import SIMPLE, Exchange, ReplyShape
from amitrio.protocol.message import SUCCESS
from amitrio.text import printable

_logger = logging.getLogger("amitrio.client")

__all__ = [
    "Asked",
    "Collector",
    "Failure",
    "Feed",
    "Pending",
    "Traits",
    "asked_on",
    "overtaken",
    "too_slow",
    "traits_of",
]


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


@attrs.define(eq=False)
class Pending(Exchange):
    """One action under way. A subclass listens to what the session tells about it."""

    since: float = 0.0
    """When it was asked, in seconds on the event loop's clock."""
    frame: bytes = attrs.field(default=b"", repr=False)
    sent: Action | None = attrs.field(default=None, repr=False)
    """What was posted."""
    has_room: bool = True
    """Whether it takes some of the room that there is for actions."""
    left: bool = False
    """Whether it has begun to leave."""
    abandoned: bool = False
    """Nobody waits for it. Where it has not left yet, it never does."""

    @property
    def executed(self) -> Executed:
        """Whether Asterisk may have run it: not while no byte of it has left."""
        return "maybe" if self.left else "no"

    @property
    def listener(self) -> Pending:
        """Who is told about it."""
        return _NOBODY if self.abandoned else self

    @property
    def behind(self) -> bool:
        """Whether what came waits to be taken."""
        return False

    def forget(self) -> None:
        """Hold no more of what came: it was abandoned, and may be under way for long."""

    def on_answer(self, frame: bytes, chunk: Chunk) -> None:
        """The one response, an error included; or a second one that breaks a list off."""

    def on_start(self, frame: bytes, chunk: Chunk) -> None:
        """A list begins."""

    def on_items(self, kinds: Sequence[str], frames: Sequence[bytes], chunk: Chunk) -> None:
        """Items of the list."""

    def on_end(self, frame: bytes, chunk: Chunk) -> None:
        """The list is complete."""

    def on_report(self, frame: bytes, chunk: Chunk) -> None:
        """The late event of the action (OriginateResponse)."""

    def on_failure(self, failure: Failure) -> None:
        """No answer will come, or no report."""


_NOBODY = Pending("")


@attrs.define(eq=False)
class Collector(Pending):
    """The whole answer to one action."""

    # Both are set by whoever makes it: a call with their names costs as much as all the rest.
    reply: type[Reply] = attrs.field(init=False)
    list_limit: int = attrs.field(init=False)
    done: bool = False
    asleep: Any = None
    """Who waits for it: see amitrio.client.eventloop.Awaited."""
    _answer: bytes | None = None
    _chunk: Chunk | None = None
    _listed: list[Event] | None = None
    """None where the answer is no list."""
    _complete: Event | None = None
    _failure: Failure | None = None

    def wake(self) -> None:
        """It is done: whoever waits for it goes on."""
        self.done = True

    def result(self) -> Reply:
        """The answer, or the error, once it is done."""
        if self._failure is not None:
            raise self._failure()
        assert self._answer is not None  # noqa: S101 - done without failure
        reply = self.reply.from_frame(self._answer, self._chunk)
        if self._listed is None:
            is_plain = self.shape is SIMPLE and reply.succeeded
            return reply if is_plain else self._simple(reply)
        return _List.gathered(reply, tuple(self._listed), self._complete)

    def seconds(self) -> float:
        """How long it took until the answer was here. Raises what `result` raises."""
        answer = self._answer if self._failure is None else None
        if answer is None or not answer.startswith(SUCCESS):
            self.result()
        assert self._chunk is not None  # noqa: S101 - the answer came in it
        return self._chunk.at - self.since

    def forget(self) -> None:
        """Hold no more of what came."""
        self._answer = self._chunk = self._listed = None

    def on_answer(self, frame: bytes, chunk: Chunk) -> None:
        """Done: a reply, an error, or the end of a list in mid-list."""
        self._answer, self._chunk = frame, chunk
        self._listed = None
        self.wake()

    def on_start(self, frame: bytes, chunk: Chunk) -> None:
        """The list has begun."""
        self._answer, self._chunk = frame, chunk
        self._listed = []

    def on_items(self, kinds: Sequence[str], frames: Sequence[bytes], chunk: Chunk) -> None:
        """More items."""
        assert self._listed is not None  # noqa: S101 - the list has begun
        if self._failure is not None:
            return
        if len(self._listed) + len(frames) > self.list_limit:
            self._listed.clear()
            self.on_failure(self._too_long)
        else:
            self._listed += events_from(kinds, frames, chunk)

    def on_end(self, frame: bytes, chunk: Chunk) -> None:
        """Done: the list has come."""
        assert self._listed is not None  # noqa: S101 - the list has begun
        self._complete = event_from(frame, chunk)
        _count(self.name, self.items, self._complete)
        self.wake()

    def on_failure(self, failure: Failure) -> None:
        """Done: no answer will come. What was told before counts."""
        if not self.done:
            self._failure = failure
            self.wake()

    def _simple(self, reply: Reply) -> Reply:
        if not (reply.succeeded or self.shape.means_empty(reply.message)):
            raise refusal(self.name, reply)
        # A list action that succeeds without a list says that there is nothing to list.
        plain = self.shape.complete is None or (reply.succeeded and self.shape.sometimes)
        return reply if plain else _List.gathered(reply)

    def _too_long(self) -> AMIError:
        return ListTooLong(
            f"{self.name} lists more than {self.list_limit} items: read them one by one"
            " with client.items(...), or raise limits.list_items",
            limit=self.list_limit,
        )


class Asked(Collector):
    """What a task waits for by itself."""

    __slots__ = ()

    if TYPE_CHECKING:

        def wait(self) -> Awaitable[None]:
            """See amitrio.client.eventloop.Waiter."""
            ...


@cache
def asked_on(awaited: type[Awaited]) -> type[Asked]:
    """Its class on that event loop."""
    return cast("type[Asked]", type("Asked", (awaited, Asked), {"__slots__": ()}))


@attrs.define(eq=False)
class Feed(Pending):
    """The items of a list as they come."""

    reply: type[Reply] = attrs.field(kw_only=True)
    inbox: Inbox[Event] = attrs.field(kw_only=True)
    started_or_failed: anyio.Event = attrs.field(factory=anyio.Event, init=False)
    response: Reply | None = None
    complete: Event | None = None
    failure: Failure | None = None

    @property
    def behind(self) -> bool:
        """Whether many items wait to be taken."""
        return self.inbox.behind

    def on_answer(self, frame: bytes, chunk: Chunk) -> None:
        """Settled: a reply, an error, or the end of a list in mid-list."""
        reply = self.reply.from_frame(frame, chunk)
        if reply.succeeded or self.shape.means_empty(reply.message):
            self.response = self.response or reply
            self.inbox.end()
            self.started_or_failed.set()
        else:
            self.on_failure(lambda: refusal(self.name, reply))

    def on_start(self, frame: bytes, chunk: Chunk) -> None:
        """The list has begun."""
        self.response = self.reply.from_frame(frame, chunk)
        self.started_or_failed.set()

    def on_items(self, kinds: Sequence[str], frames: Sequence[bytes], chunk: Chunk) -> None:
        """More items."""
        hand_on((self.inbox,), kinds, frames, chunk)

    def on_end(self, frame: bytes, chunk: Chunk) -> None:
        """Settled: the list has come."""
        self.complete = event_from(frame, chunk)
        _count(self.name, self.items, self.complete)
        self.inbox.end()

    def on_failure(self, failure: Failure) -> None:
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


def overtaken(action: str, overtaker: str) -> Failure:
    """The error of an action that will get no answer, since `overtaker` has got one.

    Without an overtaker too many were due, and this was the oldest.
    """
    told = (
        f"Asterisk answered {overtaker} before {action}, which it can therefore not answer any more"
    )
    due = f"the outcome of {action} is no longer waited for: too many are due"
    return lambda: ResponseMissing(told if overtaker else due)


def too_slow(action: str, limit: int) -> Failure:
    """The error of a list whose items were not read as fast as Asterisk sent them."""
    return lambda: SubscriberTooSlow(
        f"{limit} items of {action} were waiting to be read and one more came: read faster, or"
        " raise limits.list_items",
        buffer=limit,
    )
