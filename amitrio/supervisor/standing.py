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
from amitrio.models import Event

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
        self._on_loss = on_loss
        self._is_up = False
        self._loss: Disconnected | None = None
        """The gap that is open."""
        self._started: float | None = None

    def add(self, patterns: Iterable[str], inbox: Inbox[Event]) -> None:
        """Let the inbox have these events from now on; in a gap it begins with that."""
        super().add(patterns, inbox)
        if self._loss is not None:
            inbox.put_gap(self._loss)

    def ready(self) -> None:
        """Logged in. The first event ends the gap, or the end of the login, which is sooner."""
        self._is_up = True

    def deliver(self, kind: str, event: Event) -> None:
        """An event has come; before the first one the gap is closed."""
        restarted = None
        if kind == "FullyBooted":
            self.booted_once = True
            restarted = self._has_restarted(cast("FullyBooted", event))
        self.announce(restarted)
        super().deliver(kind, event)

    def announce(self, restarted: bool | None) -> None:  # noqa: FBT001 - yes, no, or unknown
        """Tell that the connection is back, unless that was told."""
        if self._loss is None:
            return
        down_for = anyio.current_time() - self._loss.since
        self._loss = None
        self._tell(Reconnected(datetime.now(UTC), down_for, restarted))

    def lost(self, ending: Ending) -> None:
        """The session is over: a gap begins, if one has not begun already."""
        if not self._is_up:
            return
        self._is_up = False
        if self._loss is None:
            now = anyio.current_time()
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
        """Whether the Asterisk that says this was started since the loss."""
        if event.uptime is None or not 0 <= event.uptime < _MOST:
            return None
        started = anyio.current_time() - event.uptime
        known, self._started = self._started, started
        if self._loss is None:
            return None
        if known is None:
            return True if started > self._loss.since + _PRECISION else None
        if started - known > _PRECISION:
            return True
        # An Asterisk that had just been started when the connection was lost looks like the next.
        return False if self._loss.since - known > 2 * _PRECISION else None
