"""Sources: where events come from, and where actions go, for whoever holds either.

A client and everything that is used like one are both. What these methods yield and return for
each name and class of Asterisk's is said in sources.pyi, which is generated; type checkers read
that one, and nothing of it is loaded.

Law: `G_co` is what stands in a stream wherever events are missing: nothing for one connection,
which ends its streams instead.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Literal, TypeVar

import anyio

from amitrio.client.gaps import Gap, error_of
from amitrio.client.naming import patterns_of
from amitrio.client.streams import EventStream
from amitrio.models import (
    Action,
    ActionLike,
    Event,
    FieldSource,
    FieldValue,
    Reply,
    action_of,
)

__all__ = ["ActionSender", "EventSource"]

G_co = TypeVar("G_co", covariant=True)

Where = Callable[[Any], bool] | None

_BUFFER = 8192


class EventSource(ABC, Generic[G_co]):
    """Yields events, and a `G_co` wherever some are missing."""

    def events(
        self,
        *kinds: str | type[Event],
        where: Where = None,
        buffer: int = _BUFFER,
        overflow: Literal["fail", "drop_oldest"] = "fail",
    ) -> EventStream[Any]:
        """The events of these kinds from this moment on; without kinds, all of them.

        `async for event in client.events("Hangup")`, or `with client.events(...) as stream`. A
        kind is a class (`ami.Hangup`), a name in any case, or a pattern (`"Queue*"`). The stream
        holds `buffer` events that were not taken yet; past that it raises SubscriberTooSlow, or
        with `overflow="drop_oldest"` tells of what it dropped by an EventsDropped in the stream.
        `where` is asked in the consumer's task.

        Raises ConnectionLost or ConnectionClosed when there is no connection to hear from. Warns
        with UnknownEventWarning of a name that Asterisk does not have.
        """
        if overflow not in {"fail", "drop_oldest"}:
            raise ValueError(f'overflow is "fail" or "drop_oldest", not {overflow!r}')
        patterns = patterns_of(kinds)
        return self._open_stream(patterns, where, buffer, drops=overflow == "drop_oldest")

    async def wait_for(self, kind: str | type[Event] = "*", /, where: Where = None) -> Any:
        """The next event of that kind for which `where` is true, from this moment on.

        Raises ConnectionLost, ConnectionClosed, SubscriberTooSlow. Cancellation leaves nothing.
        To be sure of an event that an action of yours brings about, open `events` before it.
        """
        self._check_listening()
        with self._open_stream(patterns_of([kind]), where, _BUFFER, drops=False) as stream:
            try:
                event = await stream.receive()
            except anyio.EndOfStream:
                raise self._ended() from None
        if isinstance(event, Gap):
            raise error_of(event)
        return event

    @abstractmethod
    def _open_stream(
        self, patterns: list[str], where: Where, buffer: int, *, drops: bool
    ) -> EventStream[Any]:
        """A stream of the events that match, registered from now on."""

    @abstractmethod
    def _check_listening(self) -> None:
        """Raise where no event can come now."""

    @abstractmethod
    def _ended(self) -> Exception:
        """The error for who waits for an event when there will be none."""


class ActionSender(ABC):
    """Sends actions, and returns their replies."""

    async def send(
        self,
        action: str | ActionLike,
        headers: FieldSource = (),
        /,
        **fields: FieldValue,
    ) -> Any:
        """Send an action and return its reply; for a list action the whole list.

        `send(ami.actions.MailboxCount(mailbox="100@default"))`, or by name:
        `send("MailboxCount", Mailbox="100@default")`; headers that are repeated or are no Python
        names come as pairs: `send("X", [("Cause-txt", "y")])`, or as lists of values.

        Raises ValueError for what Asterisk would misread, before a byte leaves. Raises
        ActionError when Asterisk refuses (PermissionDenied, UnknownAction); ConnectionLost and
        ConnectionClosed, whose `executed` tells whether it may have run; ResponseTimeout,
        ResponseMissing, ListTooLong; FeatureMissing for a Filter that this Asterisk would accept
        and ignore.

        Cancelled, an action that is still queued here is withdrawn; one that has begun to leave
        is sent whole, and its answer is dropped. No action is ever sent twice.
        """
        return await self._request(action_of(action, headers, fields))

    @abstractmethod
    def _request(self, action: Action) -> Awaitable[Reply]:
        """The reply to the action."""
