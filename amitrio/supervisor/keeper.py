"""The keeper: the one task that connects, waits for the loss, and connects again.

Law: it never gives up on what may pass (a closed port, a server that shuts down, a session that
somebody kicked), and gives up at once on what will not (a refused secret, a certificate that
does not verify). Between tries it waits longer and longer, never in step with others.
"""

from __future__ import annotations

import enum
import logging
import ssl
from collections.abc import Callable
from copy import copy

import anyio
import attrs

from amitrio.client.client import Client
from amitrio.client.opening import Dial, opened
from amitrio.client.session import Session
from amitrio.client.settings import Settings
from amitrio.client.speaking import Line
from amitrio.errors import (
    ActionError,
    AMIError,
    AuthenticationFailed,
    ConnectionClosed,
    ConnectionFailed,
    ConnectionLost,
    ProtocolError,
)
from amitrio.models import Action
from amitrio.supervisor.backoff import Backoff
from amitrio.supervisor.standing import Standing

__all__ = ["Keeper", "Link"]

_logger = logging.getLogger("amitrio.supervisor")

# A server that boots for longer than this is used as far as it goes.
_BOOT = 300.0


class Link(enum.Enum):
    """Where a supervised client stands."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    """Between two tries."""
    FAILED = "failed"
    """Given up: `wait_connected` and `send` raise why."""
    CLOSED = "closed"


@attrs.define(eq=False)
class Keeper:
    """Keeps one connection alive. `run` is its task."""

    settings: Settings
    dial: Dial
    backoff: Backoff
    retry_refused: float | None
    standing: Standing = attrs.field(factory=Standing)
    filters: list[Action] = attrs.field(factory=list)
    """What was sent to restrict the events, to be sent again to each new session."""
    link: Link = Link.CONNECTING
    line: Line | None = None
    client: Client | None = None
    reason: str = "the first connection is being made"
    _failure: Callable[[], AMIError] | None = None
    _was_connected: bool = False
    _changed: anyio.Event = attrs.field(factory=anyio.Event)

    async def run(self) -> None:
        """Connect, and again after each loss, until that is of no use any more."""
        failures = 0
        while True:
            began = anyio.current_time()
            self._move(Link.CONNECTING)
            try:
                await self._live()
            except AMIError as exc:
                self.reason = str(exc)
                if self._is_final(exc):
                    self._give_up(exc)
                    return
                pause = self._pause(exc)
            else:
                pause = 0.0
            self._move(Link.WAITING)
            failures = 1 if anyio.current_time() - began >= self.backoff.stable else failures + 1
            await self.backoff.sleep(max(pause, self.backoff.delay(failures)))

    async def wait_connected(self) -> None:
        """Return once there is a connection; raise what ended the tries."""
        while self.link is not Link.CONNECTED:
            self.check_hope()
            await self._changed.wait()
        await anyio.lowlevel.checkpoint()

    async def wait_changed(self) -> None:
        """Return when the link is another."""
        await self._changed.wait()

    def check_hope(self) -> None:
        """Raise why there will be no connection any more, if that is so."""
        if self._failure is not None:
            raise self._failure()
        if self.link is Link.CLOSED:
            raise ConnectionClosed(f"{self.settings.label} was left by this program")

    def check_up(self) -> Line:
        """The line; raises why there is none. Nothing was sent then."""
        if self.line is not None and self.line.session.ending is None:
            return self.line
        self.check_hope()
        raise ConnectionLost(
            f"not connected to {self.settings.label}, trying on: {self.reason}",
            executed="no",
        )

    def close(self) -> None:
        """The program leaves: streams end plainly."""
        self.standing.finish(None)
        self._move(Link.CLOSED)

    # One connection ------------------------------------------------------------------------------

    async def _live(self) -> None:
        """Connect, say what has to be said again, and wait until it is lost."""
        try:
            async with opened(self.settings, self.dial, _unused, self.standing) as client:
                await self._settle_in(client)
                self.client, self.line = client, client.line
                self._was_connected = True
                self._move(Link.CONNECTED)
                loss = await client.wait_closed()
                self.reason = str(loss)
        finally:
            if self.line is not None:
                self.settings = attrs.evolve(self.settings, event_mask=self.line.event_mask)
            self.line = None

    async def _settle_in(self, client: Client) -> None:
        """Wait for Asterisk to have booted, and restrict the events as they were before."""
        if client.fully_booted is None and self.standing.booted_once:
            self.standing.announce(restarted=True)
            with anyio.move_on_after(_BOOT):
                await client.wait_for("FullyBooted")
        for action in self.filters:
            try:
                await client.send(action)
            except ActionError as exc:
                # More events come than were asked for, and none is missed.
                _logger.warning("a filter is not in force any more: %s", exc)
        self.standing.announce(restarted=None)

    def _is_final(self, error: AMIError) -> bool:
        if isinstance(error, AuthenticationFailed):
            return self.retry_refused is None
        if isinstance(error, ConnectionFailed):
            return _is_of_certificates(error)
        return isinstance(error, ProtocolError) and not self._was_connected

    def _pause(self, error: AMIError) -> float:
        """Seconds to wait at least: a refused secret is not to be tried as often as a dead port."""
        if isinstance(error, AuthenticationFailed) and self.retry_refused is not None:
            return self.retry_refused
        return 0.0

    def _give_up(self, error: AMIError) -> None:
        def again() -> AMIError:
            return copy(error)  # a traceback belongs to one place

        self._failure = again
        self.standing.finish(again)
        self._move(Link.FAILED)

    def _move(self, link: Link) -> None:
        if self.link is Link.CLOSED or self.link is link:
            return
        self.link = link
        changed, self._changed = self._changed, anyio.Event()
        changed.set()


def _is_of_certificates(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__
    return False


def _unused(_: Session) -> None:
    """The session is reached by the client."""
