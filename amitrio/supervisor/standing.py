"""Standing subscriptions: streams that outlive a connection, and are told of its end.

A stream sees its events, then Disconnected at the place of the loss, then Reconnected before the
first event of the new connection. Both are said by the reader's own task, so nothing can come
between.

Law: every stream learns of every loss, however slow it is, and also one that is opened in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import anyio

from amitrio.client.ending import Ending
from amitrio.client.gaps import Disconnected, Gap, Reconnected
from amitrio.client.inbox import Inbox
from amitrio.client.subscriptions import Subscriptions
from amitrio.errors import AMIError
from amitrio.models import Chunk, Event
from amitrio.protocol import EventsReceived

if TYPE_CHECKING:
    from amitrio.models.generated.events.system import FullyBooted

__all__ = ["Standing"]

# Uptime is in whole seconds, cut off, and takes its time to come here.
_PRECISION = 2.0
# Ten thousand years: what is more was never an uptime.
_MOST = 3e11


class Standing(Subscriptions):
    """The subscriptions of a supervised client. `on_loss` is called at each loss."""

    def __init__(self, on_loss: Callable[[Ending], None]) -> None:
        super().__init__()
        self.booted_once = False
        """Whether this user was ever told of FullyBooted, and so is told each time."""
        self.gap_lasts = False
        """Whether a gap lasts until `announce`, whatever comes: filters that are said one after
        the other hide more than they should until the last one is in force."""
        self._on_loss = on_loss
        self._is_up = False
        self._loss: Disconnected | None = None
        """The gap that is open."""
        self._heard = 0.0
        """When anything came last, before that gap."""
        self._started: float | None = None
        self._restarted: bool | None = None
        """What FullyBooted tells in this session."""
        self._kept: Event | None = None
        """The FullyBooted that came in a gap that lasts: who asks for it gets it behind that."""
        self._news = anyio.Event()

    def add(self, patterns: Iterable[str], inbox: Inbox[Event]) -> None:
        """Let the inbox have these events from now on; in a gap it begins with that."""
        super().add(patterns, inbox)
        if self._loss is not None:
            inbox.put_gap(self._loss)

    def ready(self) -> None:
        """Logged in. The first event ends the gap, or `announce`, which is sooner."""
        self._is_up = True
        self._restarted, self._kept = None, None
        self._news = anyio.Event()

    def deliver(self, kind: str, event: Event) -> None:
        """An event has come, perhaps one that tells of the server itself."""
        if kind == "FullyBooted" and self._is_up:
            self._booted(cast("FullyBooted", event))
        if self._goes_on():
            super().deliver(kind, event)
        elif kind == "FullyBooted":
            self._kept = event

    def _booted(self, event: FullyBooted) -> None:
        self.booted_once = True
        self._restarted = self._has_restarted(event)
        self._news.set()

    def deliver_all(self, received: EventsReceived, chunk: Chunk) -> None:
        """Events of other kinds have come."""
        if self._goes_on():
            super().deliver_all(received, chunk)

    def _goes_on(self) -> bool:
        """Whether streams get an event now, the end of the gap before it.

        Not before the login is done, when no loss would be told; nor in a gap that is to last.
        """
        if not self._is_up or (self.gap_lasts and self._loss is not None):
            return False
        self.announce()
        return True

    async def wait_booted(self) -> None:
        """Return when FullyBooted has come in this session, or the session is over.

        Cancellation leaves nothing behind.
        """
        await self._news.wait()

    def announce(self, *, restarted: bool | None = None) -> None:
        """Tell that the connection is back, unless that was told."""
        if self._loss is None:
            return
        down_for = anyio.current_time() - self._loss.since
        self._loss = None
        known = self._restarted if restarted is None else restarted
        self._tell(Reconnected(datetime.now(UTC), down_for, known))
        kept, self._kept = self._kept, None
        if kept is not None:
            super().deliver("FullyBooted", kept)

    def lost(self, ending: Ending, heard: float) -> None:
        """The session is over: a gap begins, if one has not begun already."""
        if not self._is_up:
            return
        self._is_up = False
        self._news.set()
        if self._loss is None:
            now = anyio.current_time()
            self._heard = heard
            self._loss = Disconnected(datetime.now(UTC), ending.reason, since=now)
            self._tell(self._loss)
        self._on_loss(ending)

    def finish(self, failure: Callable[[], AMIError] | None) -> None:
        """No connection will come any more; the streams end with that error, or plainly."""
        self._is_up = False
        for inbox in self.inboxes():
            inbox.end(failure)

    def _tell(self, gap: Gap) -> None:
        for inbox in self.inboxes():
            inbox.put_gap(gap)

    def _has_restarted(self, event: FullyBooted) -> bool | None:
        """Whether the Asterisk that says this was started since it was last heard of.

        Its clock is asked for the time since its start alone: two clocks drift apart in a week by
        more than a restart takes.
        """
        if event.uptime is None or not 0 <= event.uptime < _MOST:
            return None
        started = anyio.current_time() - event.uptime
        known, self._started = self._started, started
        if self._loss is None:
            return None
        if abs(started - self._heard) > _PRECISION:
            return started > self._heard
        # An Asterisk that had just been started when the connection was lost looks like the next.
        was_new = known is None or self._heard - known <= 2 * _PRECISION
        return None if was_new else True
