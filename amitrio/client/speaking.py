"""Speaking: what can be asked of Asterisk by whoever has a line to it.

Law: each await here says what its cancellation leaves; none of them waits forever; and nothing
is asked twice.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast, overload

import attrs

from amitrio.client.criteria import has_criteria, ignored_criteria, reads_criteria
from amitrio.client.lists import ListStream, open_list
from amitrio.client.masks import hears, in_force
from amitrio.client.only import Only
from amitrio.client.outbound import OutboundCall, new_channel_id, originate_action, place_call
from amitrio.client.pending import Collector
from amitrio.client.request import ask, request
from amitrio.client.session import Session
from amitrio.client.sources import ActionSender
from amitrio.errors import ActionError
from amitrio.models import (
    Action,
    ActionLike,
    Event,
    FieldSource,
    FieldValue,
    ListReply,
    Reply,
    action_of,
)

if TYPE_CHECKING:
    from amitrio.client.answers import Answers
    from amitrio.models import TypedAction

__all__ = ["Line", "Speaking"]

E = TypeVar("E", bound=Event)
R = TypeVar("R", bound=Reply)

_PING = Action("Ping")


@attrs.define(eq=False)
class Line:
    """A session that is logged in, the reply to its login, and which events it hears."""

    session: Session
    login: Reply
    event_mask: str
    """The one in force: that of the login, or of an Events action since."""
    only: Only | None = None
    mask_was_set: bool = False
    """Whether an Events action has changed the mask."""
    _version: str | None = None

    def request(self, action: Action) -> Awaitable[Reply]:
        """The reply to the action. Raises and is cancelled as `Client.send`."""
        minded = self.MINDED.get(action.name.lower())
        return request(self.session, action) if minded is None else minded(self, action)

    async def _filter(self, action: Action) -> Reply:
        if has_criteria(action):
            await self._check_criteria()
        return await request(self.session, action)

    async def _set_mask(self, action: Action) -> Reply:
        reply = await request(self.session, action)
        off = reply.headers.get("Events") == "Off"
        self.event_mask = "off" if off else in_force(str(action.get("EventMask")))
        self.mask_was_set = True
        return reply

    # Actions that say something about the line itself.
    MINDED: ClassVar[Mapping[str, Callable[..., Awaitable[Reply]]]] = MappingProxyType(
        {"filter": _filter, "events": _set_mask}
    )

    async def _check_criteria(self) -> None:
        """Raise where the server would ignore them; asks it once where the banner cannot tell."""
        banner = self.session.connection.banner
        release = None if banner is None else banner.release
        if reads_criteria(release, self._version) is None and self._version is None:
            self._version = await self._ask_version()
        if reads_criteria(release, self._version) is False:
            raise ignored_criteria(release, self._version)

    async def _ask_version(self) -> str:
        with suppress(ActionError):  # a user who may not ask is believed
            settings = await request(self.session, Action("CoreSettings"))
            return settings.headers.get("AsteriskVersion", "")
        return ""


class Speaking(ActionSender):
    """Sends actions over the line that there is."""

    @abstractmethod
    def _line(self) -> Line:
        """The line; raises ConnectionLost or ConnectionClosed where there is none."""

    def _request(self, action: Action) -> Awaitable[Reply]:
        return self._line().request(action)

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
        return open_list(self._line().session, action_of(action, headers, fields))

    @overload
    def send_many(
        self, actions: Iterable[TypedAction[R]], /, *, at_once: int = ...
    ) -> Answers[R]: ...
    @overload
    def send_many(
        self, actions: Iterable[ActionLike], /, *, at_once: int = ...
    ) -> Answers[Reply]: ...
    def send_many(self, actions: Iterable[ActionLike], /, *, at_once: int = 100) -> Answers[Any]:
        """Many actions, asked by one task: `async for answer in client.send_many(...)`.

        Each action has one Answer, in their order: `answer.reply` is what `send` would have
        returned, or raises what it would have raised. Up to `at_once` are under way; when the first
        answer is looked at, as many more may have been drawn from the iterable. A loop that is left
        ends it, and `with client.send_many(...) as answers` says where. Cancelled in the loop, no
        answer is lost.

        Filter and Events are about the connection itself, and are answered by a ValueError here.
        Raises ConnectionLost or ConnectionClosed when there is no connection.
        """
        if at_once < 1:
            raise ValueError("at_once is how many actions are under way: one at least")
        session = self._line().session
        session.check_open()
        # Loaded by whoever asks many: few programs do.
        answers = import_module("amitrio.client.answers").Answers
        return cast("Answers[Any]", answers(session, actions, at_once, Line.MINDED))

    async def command(self, command: str) -> list[str]:
        """The lines that a command of Asterisk's command line prints. Raises as `send` does."""
        reply = await self.send("Command", Command=command)
        return reply.lines

    async def ping(self) -> float:
        """Seconds that Asterisk took to answer. Raises and is cancelled as `send`."""
        return await ask(self._line().session, _PING, Collector.seconds)

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
        line = self._line()
        return await place_call(
            line.session,
            action,
            channel=channel,
            channel_id=channel_id,
            timeout=timeout,
            heard=hears(line.event_mask, "call"),
        )


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
