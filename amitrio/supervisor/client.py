"""The supervised client: used like any client, and alive for as long as the program wants it.

Law: while there is no connection `send` raises at once and nothing is queued; streams live on,
and tell of each gap at its place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Self

import anyio

from amitrio.client.eventloop import this_event_loop
from amitrio.client.gaps import Gap
from amitrio.client.sources import EventSource
from amitrio.client.speaking import Line, Speaking
from amitrio.client.statistics import ClientStatistics
from amitrio.client.streams import EventStream, open_stream
from amitrio.errors import ConnectionClosed, ConnectionLost
from amitrio.models import Action, Reply
from amitrio.protocol import Banner
from amitrio.supervisor.keeper import Keeper, Link
from amitrio.supervisor.plain import PlainEvents

if TYPE_CHECKING:
    from amitrio.models.generated.events.system import FullyBooted

__all__ = ["LinkStates", "SupervisedClient"]

_LAST = frozenset({Link.FAILED, Link.CLOSED})


class LinkStates(AsyncIterator[Link]):
    """The states of a supervised client, as they follow each other."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._told: Link | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Link:
        """The next state. Cancellation leaves nothing."""
        await anyio.lowlevel.checkpoint()
        if self._told in _LAST:
            raise StopAsyncIteration
        while self._told is self._keeper.link:
            await self._keeper.wait_changed()
        self._told = self._keeper.link
        return self._told


class SupervisedClient(EventSource[Gap], Speaking):
    """A client that stays connected. Made by `amitrio.supervise`."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._loop = this_event_loop()

    # Where it stands -----------------------------------------------------------------------------

    @property
    def state(self) -> Link:
        """CONNECTED while actions can be sent; FAILED once it has given up."""
        return self._keeper.link

    @property
    def connected(self) -> bool:
        """Whether actions can be sent."""
        return self._keeper.line is not None

    @property
    def asterisk(self) -> Banner | None:
        """What the server says it is; None before the first connection."""
        return None if self._keeper.client is None else self._keeper.client.asterisk

    @property
    def login_reply(self) -> Reply | None:
        """Asterisk's answer to the last login; None before the first."""
        return None if self._keeper.client is None else self._keeper.client.login_reply

    @property
    def fully_booted(self) -> FullyBooted | None:
        """The FullyBooted of the last connection."""
        return None if self._keeper.client is None else self._keeper.client.fully_booted

    def statistics(self) -> ClientStatistics | None:
        """What `Client.statistics` tells, of the last connection; None before the first."""
        return None if self._keeper.client is None else self._keeper.client.statistics()

    async def wait_connected(self) -> None:
        """Return as soon as there is a connection.

        Raises what ended the tries: AuthenticationFailed, ConnectionFailed for a certificate,
        ProtocolError; ConnectionClosed once the `async with` is left. Cancellation leaves nothing.
        """
        await self._keeper.wait_connected()

    def states(self) -> LinkStates:
        """The state as it is, then each that follows; ends with FAILED and CLOSED.

        `async for state in client.states()`. A slow reader misses those in between.
        """
        return LinkStates(self._keeper)

    # Actions -------------------------------------------------------------------------------------

    def _line(self) -> Line:
        return self._keeper.check_up()

    async def _request(self, action: Action) -> Reply:
        reply = await super()._request(action)
        if action.name.lower() == "filter":
            self._keeper.remember(action)
        return reply

    # Events --------------------------------------------------------------------------------------

    @property
    def skipping_gaps(self) -> PlainEvents:
        """The same events for who does not care what was missed."""
        return PlainEvents(self, "skip")

    @property
    def raising_gaps(self) -> PlainEvents:
        """The same events; a loss is raised as ConnectionLost or SubscriberTooSlow."""
        return PlainEvents(self, "raise")

    def _open_stream(
        self,
        patterns: list[str],
        where: Callable[[Any], bool] | None,
        buffer: int,
        *,
        drops: bool,
    ) -> EventStream[Any]:
        self._keeper.check_hope()
        only = self._keeper.settings.only
        if only is not None:
            only.check(patterns)
        standing = self._keeper.standing
        return open_stream(standing, self._loop, patterns, where, buffer, drops=drops)

    def _check_listening(self) -> None:
        self._keeper.check_up()

    def _ended(self) -> ConnectionLost | ConnectionClosed:
        return ConnectionClosed(f"{self._keeper.settings.label} was left by this program")
