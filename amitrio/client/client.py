"""Client: one logged-in connection to Asterisk, as its users hold it.

Law: the client is of use until its `async with` ends, not a moment longer; a loss ends what
waits on it, each with an error of its own, and never the body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Never

from amitrio.client.sources import EventSource
from amitrio.client.speaking import Line, Speaking
from amitrio.client.statistics import ClientStatistics
from amitrio.client.streams import EventStream, open_stream
from amitrio.errors import ConnectionClosed, ConnectionLost
from amitrio.models import Reply
from amitrio.protocol import Banner, State

if TYPE_CHECKING:
    from amitrio.models.generated.events.system import FullyBooted

__all__ = ["Client"]


class Client(EventSource[Never], Speaking):
    """A connection that is logged in. Made by `amitrio.connect`."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._session = line.session

    def _line(self) -> Line:
        return self.line

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
        return self.line.login

    @property
    def fully_booted(self) -> FullyBooted | None:
        """Asterisk's FullyBooted; None while it boots, and for a user who may not read `system`."""
        return self._session.fully_booted

    def statistics(self) -> ClientStatistics:
        """Bytes and frames received, actions that wait, and how each stream stands."""
        return self._session.statistics()

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
        if self.line.only is not None:
            self.line.only.check(patterns)
        subscriptions, loop = self._session.subscriptions, self._session.loop
        return open_stream(subscriptions, loop, patterns, where, buffer, drops=drops)

    def _check_listening(self) -> None:
        self._session.check_open()

    def _ended(self) -> ConnectionLost | ConnectionClosed:
        # Without an ending yet: its streams belong to a supervised client, which was left.
        return (self._session.ending or self._session.farewell()).error()

    # The end -------------------------------------------------------------------------------------

    async def wait_closed(self) -> ConnectionLost | ConnectionClosed:
        """Why the connection ended, once it has. Cancellation leaves nothing behind."""
        return (await self._session.wait_over()).error()

    async def aclose(self) -> None:
        """Log off and close. Takes two seconds at most, also when cancelled; safe to repeat."""
        await self._session.close()
