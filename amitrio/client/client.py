"""Client: one logged-in connection to Asterisk, as its users hold it.

Law: each await here says what its cancellation leaves; none of them waits forever; and the
client is of use until its `async with` ends, not a moment longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Never, TypeVar, overload

import anyio
import attrs

from amitrio.client.gaps import EventsDropped
from amitrio.client.inbox import Inbox
from amitrio.client.lists import ListStream, open_list
from amitrio.client.masks import hears
from amitrio.client.outbound import OutboundCall, new_channel_id, originate_action, place_call
from amitrio.client.request import request
from amitrio.client.session import Session
from amitrio.client.sources import ActionSender, EventSource
from amitrio.client.streams import EventStream
from amitrio.errors import ConnectionClosed, ConnectionLost, SubscriberTooSlow
from amitrio.models import (
    Action,
    Event,
    FieldSource,
    FieldValue,
    ListReply,
    Reply,
    action_of,
)
from amitrio.protocol import Banner, Counts, State

if TYPE_CHECKING:
    from amitrio.models import TypedAction
    from amitrio.models.generated.events.system import FullyBooted

__all__ = ["Client"]

E = TypeVar("E", bound=Event)


class Client(EventSource[Never], ActionSender):
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
    def fully_booted(self) -> FullyBooted | None:
        """Asterisk's FullyBooted; None while it boots, and for a user who may not read `system`."""
        return self._session.fully_booted

    def statistics(self) -> Counts:
        """Bytes and frames received, junk, and responses that nothing had asked for."""
        return attrs.evolve(self._session.connection.counts)

    # Actions -------------------------------------------------------------------------------------

    async def _request(self, action: Action) -> Reply:
        reply = await request(self._session, action)
        if action.name.lower() == "events":
            off = reply.headers.get("Events") == "Off"
            self._event_mask = "off" if off else str(action.get("EventMask"))
        return reply

    @overload
    def items(
        self, action: TypedAction[ListReply[E, Event]], /
    ) -> AbstractAsyncContextManager[ListStream[E]]: ...
    @overload
    def items(
        self,
        action: str | Action | TypedAction[Reply],
        headers: FieldSource = (),
        /,
        **fields: FieldValue,
    ) -> AbstractAsyncContextManager[ListStream[Event]]: ...
    def items(
        self,
        action: str | Action | TypedAction[Reply],
        headers: FieldSource = (),
        /,
        **fields: FieldValue,
    ) -> AbstractAsyncContextManager[ListStream[Any]]:
        """A list item by item: `async with client.items(actions.QueueStatus()) as items`.

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

    def _open_stream(
        self,
        patterns: list[str],
        where: Callable[[Any], bool] | None,
        buffer: int,
        *,
        drops: bool,
    ) -> EventStream[Any]:
        self._session.check_open()
        inbox: Inbox[Any] = Inbox(
            buffer,
            overflowed=lambda: _too_slow(patterns, buffer),
            gap=EventsDropped if drops else None,
        )
        self._session.subscriptions.add(patterns, inbox)
        return EventStream(inbox, self._session.subscriptions.discard, where)

    def _ended(self) -> ConnectionLost | ConnectionClosed:
        ending = self._session.ending
        assert ending is not None  # noqa: S101 - a stream ends with its connection
        return ending.error()

    # The end -------------------------------------------------------------------------------------

    async def wait_closed(self) -> ConnectionLost | ConnectionClosed:
        """Why the connection ended, once it has. Cancellation leaves nothing behind."""
        return (await self._session.wait_over()).error()

    async def aclose(self) -> None:
        """Log off and close. Takes two seconds at most, also when cancelled; safe to repeat."""
        await self._session.close()


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
