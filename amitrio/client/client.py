"""Client: one logged-in connection to Asterisk, as its users hold it.

Law: each await here says what its cancellation leaves; none of them waits forever; and the
client is of use until its `async with` ends, not a moment longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, TypeVar, overload

import anyio
import attrs

from amitrio.client.gaps import EventsDropped
from amitrio.client.inbox import Inbox
from amitrio.client.lists import ListStream, open_list
from amitrio.client.masks import hears
from amitrio.client.outbound import OutboundCall, new_channel_id, originate_action, place_call
from amitrio.client.request import request
from amitrio.client.session import Session
from amitrio.client.streams import EventStream
from amitrio.errors import ConnectionClosed, ConnectionLost, SubscriberTooSlow
from amitrio.models import (
    Action,
    CommandReply,
    ConfigReply,
    Event,
    FieldSource,
    FieldValue,
    ListAction,
    ListReply,
    Reply,
    action_of,
)
from amitrio.protocol import Banner, Counts, State

__all__ = ["Client"]

E = TypeVar("E", bound=Event)

_BUFFER = 4096
_ALL = "*"


class Client:
    """A connection that is logged in. Made by `amitrio.connect`."""

    def __init__(self, session: Session, login: Reply, event_mask: str) -> None:
        self._session = session
        self._login = login
        self._event_mask = event_mask

    # What it is ----------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Where the connection stands: READY while it can be used."""
        return self._session.state

    @property
    def connected(self) -> bool:
        """Whether actions can be sent."""
        return self.state is State.READY and self._session.ending is None

    @property
    def asterisk(self) -> Banner:
        """What the server says it is: `client.asterisk.release` is 22 for Asterisk 22."""
        banner = self._session.connection.banner
        assert banner is not None  # noqa: S101 - a client is made after the greeting
        return banner

    @property
    def login_reply(self) -> Reply:
        """Asterisk's answer to the login."""
        return self._login

    @property
    def fully_booted(self) -> Event | None:
        """Asterisk's FullyBooted; None while it boots, and for a user who may not read `system`."""
        return self._session.fully_booted

    def statistics(self) -> Counts:
        """Bytes and frames received, junk, and responses that nothing had asked for."""
        return attrs.evolve(self._session.connection.counts)

    # Actions -------------------------------------------------------------------------------------

    @overload
    async def send(
        self, action: Literal["Command"], headers: FieldSource = (), /, **fields: FieldValue
    ) -> CommandReply: ...
    @overload
    async def send(
        self, action: Literal["GetConfig"], headers: FieldSource = (), /, **fields: FieldValue
    ) -> ConfigReply: ...
    @overload
    async def send(
        self, action: ListAction, headers: FieldSource = (), /, **fields: FieldValue
    ) -> ListReply: ...
    @overload
    async def send(
        self, action: str | Action, headers: FieldSource = (), /, **fields: FieldValue
    ) -> Reply: ...
    async def send(
        self, action: str | Action, headers: FieldSource = (), /, **fields: FieldValue
    ) -> Reply:
        """Send an action and return its reply; for a list action the whole list.

        By name: `send("MailboxCount", Mailbox="100@default")`; headers that are repeated or are
        no Python names come as pairs: `send("X", [("Cause-txt", "y")])`, or as lists of values.

        Raises ValueError for what Asterisk would misread, before a byte leaves. Raises
        ActionError when Asterisk refuses (PermissionDenied, UnknownAction); ConnectionLost and
        ConnectionClosed, whose `executed` tells whether it may have run; ResponseTimeout,
        ResponseMissing, ListTooLong.

        Cancelled, an action that is still queued here is withdrawn; one that has begun to leave
        is sent whole, and its answer is dropped. No action is ever sent twice.
        """
        wanted = action_of(action, headers, fields)
        reply = await request(self._session, wanted)
        if wanted.name.lower() == "events":
            off = reply.headers.get("Events") == "Off"
            self._event_mask = "off" if off else str(wanted.get("EventMask"))
        return reply

    def items(
        self, action: str | Action, headers: FieldSource = (), /, **fields: FieldValue
    ) -> AbstractAsyncContextManager[ListStream[Event]]:
        """A list item by item: `async with client.items("QueueStatus") as items: async for ...`.

        Raises as `send` does, on entering; in the loop SubscriberTooSlow when more than
        `limits.list_items` wait unread. Left early, the rest of the list is dropped.
        """
        return open_list(self._session, action_of(action, headers, fields))

    async def command(self, command: str) -> list[str]:
        """The lines that a command of Asterisk's command line prints. Raises as `send` does."""
        reply = await self.send("Command", Command=command)
        return reply.lines

    async def ping(self) -> float:
        """Seconds that Asterisk took to answer. Raises and is cancelled as `send`."""
        sent = anyio.current_time()
        await self.send("Ping")
        return anyio.current_time() - sent

    async def originate(
        self,
        channel: str,
        *,
        context: str | None = None,
        exten: str | None = None,
        priority: int | str | None = None,
        application: str | None = None,
        data: str | None = None,
        timeout: float = 30.0,
        caller_id: str | None = None,
        account: str | None = None,
        variables: Mapping[str, str] | None = None,
        channel_id: str | None = None,
        other_channel_id: str | None = None,
        early_media: bool | None = None,
        codecs: Iterable[str] | None = None,
    ) -> OutboundCall:
        """Call `channel`, and once it answers let it run the extension or the application.

        Returns when Asterisk has taken the order; `await call.wait_answered()` tells how the
        call went. `timeout` is how many seconds the called party has to answer. Variables are
        escaped: any value arrives as given.

        Raises as `send` does. Cancelled, the call may be placed all the same.
        """
        target = _target(context, exten, priority, application, data)
        channel_id = channel_id or new_channel_id()
        action = originate_action(
            channel,
            channel_id=channel_id,
            timeout=timeout,
            target=target,
            variables=variables or {},
            headers={
                "CallerID": caller_id,
                "Account": account,
                "OtherChannelId": other_channel_id,
                "EarlyMedia": None if early_media is None else str(early_media).lower(),
                "Codecs": None if codecs is None else ",".join(codecs),
            },
        )
        return await place_call(
            self._session,
            action,
            channel=channel,
            channel_id=channel_id,
            timeout=timeout,
            heard=hears(self._event_mask, "call"),
        )

    # Events --------------------------------------------------------------------------------------

    @overload
    def events(
        self,
        kind: type[E],
        /,
        *kinds: type[E],
        where: Callable[[E], bool] | None = None,
        buffer: int = _BUFFER,
        overflow: Literal["fail"] = "fail",
    ) -> EventStream[E]: ...
    @overload
    def events(
        self,
        kind: type[E],
        /,
        *kinds: type[E],
        where: Callable[[E], bool] | None = None,
        buffer: int = _BUFFER,
        overflow: Literal["drop_oldest"],
    ) -> EventStream[E | EventsDropped]: ...
    @overload
    def events(
        self,
        *kinds: str,
        where: Callable[[Event], bool] | None = None,
        buffer: int = _BUFFER,
        overflow: Literal["fail"] = "fail",
    ) -> EventStream[Event]: ...
    @overload
    def events(
        self,
        *kinds: str,
        where: Callable[[Event], bool] | None = None,
        buffer: int = _BUFFER,
        overflow: Literal["drop_oldest"],
    ) -> EventStream[Event | EventsDropped]: ...
    def events(
        self,
        *kinds: str | type[Event],
        where: Callable[[Any], bool] | None = None,
        buffer: int = _BUFFER,
        overflow: Literal["fail", "drop_oldest"] = "fail",
    ) -> EventStream[Any]:
        """The events of these names from this moment on; without names, all of them.

        `async for event in client.events("Hangup")`, or `with client.events(...) as stream`.
        Names are compared in any case; `"Queue*"` is a pattern. The stream holds `buffer` events
        that were not taken yet; past that it raises SubscriberTooSlow, or with
        `overflow="drop_oldest"` tells of what it dropped by an EventsDropped in the stream.

        Raises ConnectionLost or ConnectionClosed when there is no connection to hear from.
        """
        self._session.check_open()
        names = [_pattern(kind) for kind in kinds] or [_ALL]
        if overflow not in ("fail", "drop_oldest"):
            raise ValueError(f'overflow is "fail" or "drop_oldest", not {overflow!r}')
        drops = overflow == "drop_oldest"
        inbox: Inbox[Any] = Inbox(
            buffer,
            overflowed=lambda: _too_slow(names, buffer),
            gap=EventsDropped if drops else None,
        )
        self._session.subscriptions.add(names, inbox)
        return EventStream(inbox, self._session.subscriptions.discard, where)

    async def wait_for(
        self, kind: str | type[Event] = _ALL, /, where: Callable[[Event], bool] | None = None
    ) -> Event:
        """The next event of that name for which `where` is true, from this moment on.

        Raises ConnectionLost, ConnectionClosed, SubscriberTooSlow. Cancellation leaves nothing.
        To be sure of an event that an action of yours brings about, open `events` before it.
        """
        with self.events(_pattern(kind), where=where) as stream:
            try:
                return await stream.receive()
            except anyio.EndOfStream:
                raise self._closed() from None

    # The end -------------------------------------------------------------------------------------

    async def wait_closed(self) -> ConnectionLost | ConnectionClosed:
        """Why the connection ended, once it has. Cancellation leaves nothing behind."""
        return (await self._session.wait_over()).error()

    async def aclose(self) -> None:
        """Log off and close. Takes two seconds at most, also when cancelled; safe to repeat."""
        await self._session.close()

    def _closed(self) -> ConnectionLost | ConnectionClosed:
        ending = self._session.ending
        assert ending is not None  # noqa: S101 - a stream ends with its connection
        return ending.error()


def _pattern(kind: str | type[Event]) -> str:
    """The name or pattern that a kind stands for."""
    if isinstance(kind, str):
        return kind
    if kind is Event:
        return _ALL
    raise TypeError(f"{kind!r} is neither the name of an event, a pattern, nor a class of events")


def _target(
    context: str | None,
    exten: str | None,
    priority: int | str | None,
    application: str | None,
    data: str | None,
) -> dict[str, str | int | None]:
    """Where the call goes once it is answered: an extension or an application, never both."""
    if application is None and context is not None and exten is not None and data is None:
        return {"Context": context, "Exten": exten, "Priority": 1 if priority is None else priority}
    if application is not None and context is exten is priority is None:
        return {"Application": application, "Data": data}
    raise TypeError("a call needs either context and exten, or an application")


def _too_slow(names: list[str], buffer: int) -> SubscriberTooSlow:
    return SubscriberTooSlow(
        f"{buffer} events of {', '.join(names)} were waiting to be taken and one more came: take"
        ' them faster, give a larger buffer=, or overflow="drop_oldest"',
        buffer=buffer,
    )
