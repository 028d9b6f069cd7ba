"""The keeper: the one task that connects, waits for the loss, and connects again.

Law: it never gives up on what may pass (a closed port, a server that shuts down, a session that
somebody kicked), and gives up at once on what will not (a refused secret, a certificate that
does not verify). Between tries it waits longer and longer, never in step with others. The link
says at every moment what an action would meet.
"""

from __future__ import annotations

import enum
import logging
import ssl
from collections.abc import Callable
from copy import copy
from functools import partial

import anyio
import attrs

from amitrio.client.client import Client
from amitrio.client.ending import Ending
from amitrio.client.masks import hears
from amitrio.client.opening import Dial, opened
from amitrio.client.session import Session
from amitrio.client.settings import Settings
from amitrio.client.speaking import Line
from amitrio.errors import (
    ActionError,
    AMIError,
    AuthenticationFailed,
    ConnectionClosed,
    ConnectionLost,
    FeatureMissing,
    ProtocolError,
)
from amitrio.models import Action
from amitrio.supervisor.backoff import Backoff
from amitrio.supervisor.standing import Standing
from amitrio.text import printable

__all__ = ["Keeper", "Link"]

_logger = logging.getLogger("amitrio.supervisor")

# A server that boots for longer than this is used as far as it goes.
_BOOT = 300.0
# An expression that is found in every event: includes are added up.
_ALL_PASS = Action("Filter", {"Operation": "Add", "Filter": "Event"})


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
    filters: list[Action] = attrs.field(factory=list)
    """What was sent to restrict the events, to be sent again to each new session."""
    link: Link = Link.CONNECTING
    line: Line | None = None
    """There while the link is CONNECTED."""
    client: Client | None = None
    """That of the last connection."""
    reason: str = "the first connection is being made"
    standing: Standing = attrs.field(init=False)
    _failure: Callable[[], AMIError] | None = None
    _was_connected: bool = False
    _changed: anyio.Event = attrs.field(factory=anyio.Event)

    def __attrs_post_init__(self) -> None:
        self.standing = Standing(self._down)

    async def run(self) -> None:
        """Connect, and again after each loss, until that is of no use any more."""
        failures = 0
        while True:
            self._move(Link.CONNECTING)
            lived, pause = 0.0, None
            try:
                lived = await self._live()
            except AMIError as exc:
                self._note_failure(str(exc))
                if _is_refusal(exc):
                    pause = self.retry_refused
                if pause is None and self._is_final(exc):
                    self._give_up(exc)
                    return
            self._move(Link.WAITING)
            failures = 1 if lived >= self.backoff.stable else failures + 1
            backoff = self.backoff
            wait = backoff.delay(failures) if pause is None else backoff.shortened(pause)
            await backoff.sleep(wait)

    async def wait_connected(self) -> None:
        """Return once there is a connection; raise what ended the tries."""
        await anyio.lowlevel.checkpoint()  # before the look, so that what it saw still holds
        while self.link is not Link.CONNECTED:
            self.check_hope()
            await self._changed.wait()

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
        if self.line is not None:
            return self.line
        self.check_hope()
        raise ConnectionLost(
            f"not connected to {self.settings.label} at the moment: {self.reason}", executed="no"
        )

    def remember(self, action: Action) -> None:
        """A filter is in force; it is to be so in the next sessions too."""
        if action not in self.filters:
            self.filters.append(action)

    def close(self) -> None:
        """The program leaves: streams end plainly."""
        self.standing.finish(None)
        self.line = None
        self._move(Link.CLOSED)

    # One connection ------------------------------------------------------------------------------

    async def _live(self) -> float:
        """Connect, say what has to be said again, and wait for the loss: the seconds between."""
        if self.client is not None and self.client.line.mask_was_set:
            mask = self.client.line.event_mask
            self.settings = attrs.evolve(self.settings, event_mask=mask)
        self.standing.gap_lasts = self._has_several_filters()
        async with opened(self.settings, self.dial, _unused, self.standing) as client:
            await self._settle_in(client)
            self._up(client)
            began = self.backoff.clock()
            await client.wait_closed()
            return self.backoff.clock() - began

    async def _settle_in(self, client: Client) -> None:
        """Wait for Asterisk to have booted, and restrict the events as they were before."""
        if client.fully_booted is None and self._hears_of_boots(client):
            self.reason = "Asterisk is still booting"
            await self._boot(client)
        await self._restrict(client)
        self.standing.announce()

    async def _boot(self, client: Client) -> None:
        """Wait until Asterisk has booted. Who does not say that it has was restarted."""
        if not self.standing.gap_lasts:
            self.standing.announce(restarted=True)
        with anyio.move_on_after(_BOOT) as waiting:
            await self.standing.wait_booted()
            client.line.session.check_open()
        # Else this user may not hear it any more, and is not to wait for it again.
        self.standing.booted_once = not waiting.cancelled_caught

    def _hears_of_boots(self, client: Client) -> bool:
        return self.standing.booted_once and hears(client.line.event_mask, "system")

    def _has_several_filters(self) -> bool:
        only = None if self.settings.only is None else self.settings.only.filter()
        return len(self.filters) + (only is not None) > 1

    async def _restrict(self, client: Client) -> None:
        """Say the filters again, in order. One that is refused must not make the others hide
        what it would have let through: more events may come than were asked for, never less.
        """
        refused = 0
        for action in self.filters:
            try:
                await client.send(action)
            except (ActionError, FeatureMissing) as exc:
                refused += 1
                _logger.warning("a filter is not in force any more: %s", exc)
        if 0 < refused < len(self.filters):
            await client.send(_ALL_PASS)

    def _up(self, client: Client) -> None:
        client.line.session.check_open()
        self.client, self.line = client, client.line
        self._was_connected = True
        _logger.info("connected to %s", self.settings.label)
        self._move(Link.CONNECTED)

    def _down(self, ending: Ending) -> None:
        """The session has ended; told at once, by whoever ended it."""
        if self.line is not None:
            self.line = None
            self.reason = ending.reason
            _logger.warning("lost %s: %s", self.settings.label, printable(ending.reason))
            self._move(Link.WAITING)

    def _note_failure(self, reason: str) -> None:
        """A try has failed. Said aloud where that is news; it may be so for hours."""
        level = logging.DEBUG if reason == self.reason else logging.WARNING
        self.reason = reason
        _logger.log(level, "not connected to %s: %s", self.settings.label, printable(reason))

    # What comes of it ----------------------------------------------------------------------------

    def _is_final(self, error: AMIError) -> bool:
        not_ami = isinstance(error, ProtocolError) and not self._was_connected
        return not_ami or _is_refusal(error)

    def _give_up(self, error: AMIError) -> None:
        self._failure = partial(_again, _again(error))
        self.standing.finish(self._failure)
        self._move(Link.FAILED)

    def _move(self, link: Link) -> None:
        if self.link is Link.CLOSED or self.link is link:
            return
        self.link = link
        changed, self._changed = self._changed, anyio.Event()
        changed.set()


def _is_refusal(error: BaseException) -> bool:
    """Whether somebody has to change something: the secret, or a certificate."""
    if isinstance(error, AuthenticationFailed):
        return True
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__
    return cause is not None


def _again(error: AMIError) -> AMIError:
    """A fresh error, since a traceback belongs to one place."""
    fresh = copy(error)
    fresh.__cause__ = error.__cause__
    return fresh


def _unused(_: Session) -> None:
    """The session is reached by the client."""
