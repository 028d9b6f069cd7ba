"""Standing subscriptions: streams that outlive a connection, and are told of its end.

A stream sees its events, then Disconnected at the place of the loss, then Reconnected before the
first event of the new connection. Both are said by the reader's own task, so nothing can come
between.

Law: every stream learns of every loss, however slow it is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from amitrio.client.ending import Ending
from amitrio.client.gaps import Disconnected, Gap, Reconnected
from amitrio.client.subscriptions import Subscriptions
from amitrio.errors import AMIError
from amitrio.models import Event

if TYPE_CHECKING:
    from amitrio.models.generated.events.system import FullyBooted

__all__ = ["Standing"]

# Uptime is in whole seconds, cut off.
_PRECISION = timedelta(seconds=1)


class Standing(Subscriptions):
    """The subscriptions of a supervised client."""

    def __init__(self) -> None:
        super().__init__()
        self.booted_once = False
        """Whether this user was ever told of FullyBooted, and so is told each time."""
        self._lost_at: datetime | None = None
        self._is_up = False
        self._is_announced = True
        self._started: datetime | None = None

    def ready(self) -> None:
        """Logged in. The first event is announced, or the end of the login, whichever is first."""
        self._is_up = True
        self._is_announced = self._lost_at is None

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
        if self._is_announced or self._lost_at is None:
            return
        self._is_announced = True
        now = datetime.now(UTC)
        down_for = (now - self._lost_at).total_seconds()
        self._lost_at = None
        self._tell(Reconnected(now, down_for, restarted))

    def lost(self, ending: Ending) -> None:
        """The session is over: a gap begins, if one has not begun already."""
        if not self._is_up:
            return
        self._is_up = False
        self._lost_at = self._lost_at or datetime.now(UTC)
        self._tell(Disconnected(self._lost_at, ending.reason))

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
        if event.uptime is None or event.received is None:
            return None
        started = event.received - timedelta(seconds=event.uptime)
        known, self._started = self._started, started
        if self._lost_at is None or known is None:
            return None
        if started - known > _PRECISION or started >= self._lost_at + _PRECISION:
            return True
        # An Asterisk that had just been started when the connection was lost looks like the next.
        return False if self._lost_at - known > 2 * _PRECISION else None
