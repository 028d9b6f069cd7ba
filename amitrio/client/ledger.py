"""Ledger: the actions under way, from the moment they are posted until they are settled.

Law: as many as `limits.pending_actions` and no more; each leaves exactly once; and the
watch always knows which one Asterisk is working at, and since when.
"""

from __future__ import annotations

import math
import re
import secrets
from binascii import hexlify
from collections.abc import Collection, Iterator
from functools import partial
from itertools import chain, repeat
from typing import Any

from amitrio.client.ending import Ending
from amitrio.client.eventloop import EventLoop
from amitrio.client.outbox import Outbox
from amitrio.client.pending import Pending
from amitrio.client.room import Room
from amitrio.client.watch import Watch
from amitrio.errors import Executed, ResponseTimeout
from amitrio.models import Action, allowance_of
from amitrio.protocol import ClientConnection
from amitrio.protocol.encoding import id_lines

__all__ = ["Ledger"]

_ID_BYTES = 12
_ID = re.compile(b"." * 2 * _ID_BYTES)
_MANY = 256


def _new_id_lines() -> Iterator[bytes]:
    """ActionIDs that nobody can guess, drawn from the system's randomness many at a time."""
    return chain.from_iterable(map(_draw, repeat(_MANY)))


def _draw(count: int) -> list[bytes]:
    return id_lines(_ID.findall(hexlify(secrets.token_bytes(_ID_BYTES * count))))


class Ledger:
    """Who waits for what. `post` is the way in, `settle` the way out."""

    def __init__(
        self,
        connection: ClientConnection,
        outbox: Outbox,
        watch: Watch,
        *,
        room: int,
        loop: EventLoop,
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self._watch = watch
        self.room = Room(room, loop)
        """For as many actions as may be unanswered: each takes some, and gives it back."""
        self._now = loop.now
        self.open = True
        """Whether more may be posted."""
        self.oldest: Pending | None = None
        """The one that Asterisk is working at."""
        self._next_id_line = _new_id_lines().__next__

    def post_nowait(self, action: Action, pending: Pending) -> bool:
        """Send an action if that may be, and there is room; else False. Raises as `post` does."""
        if not (self.open and self.room.take_nowait()):
            return False
        try:
            self.post(action, pending)
        except BaseException:
            self.room.give()
            raise
        return True

    def post(self, action: Action, pending: Pending) -> None:
        """Send an action for which room was taken. Raises ValueError, and nothing was sent then."""
        pending.id_line = self._next_id_line()
        pending.frame = self._connection.begin(pending, action.headers)
        pending.sent = action
        try:
            self._outbox.post(pending, lone=self.oldest is None)
        except BaseException:  # trio refuses to be called from a thread that is not its own
            self._connection.withdraw(pending)
            raise
        pending.since = self._now()
        if self.oldest is None:
            self._watch_oldest(pending, pending.since)

    def abandon(self, pending: Pending) -> None:
        """Nobody waits any more: take the action back if it has not left, else drop its answer."""
        pending.abandoned = True
        if pending.settled or pending.sent is None:
            return
        if self._outbox.withdraw(pending):
            self._connection.withdraw(pending)
            self.settle(pending)
            self.renew_oldest(self._now())
        else:
            pending.forget()
            self._connection.forget_report(pending)

    def settle(self, pending: Pending) -> None:
        """Its response has come, or none will: what room it took is there for others."""
        if pending.has_room:
            pending.has_room = False
            self.room.give()

    def settle_all(self, pendings: Collection[Pending]) -> None:
        """The same for many. (A Logoff has taken none; but nobody takes any behind it.)"""
        self.room.give(len(pendings))

    def end(self, ending: Ending) -> None:
        """The connection is over: everyone who waits is told, with an error of their own."""
        exchanges: Any = self._connection.receive_eof()  # Pendings, as the oldest
        for pending in exchanges:
            self.settle(pending)
            pending.listener.on_failure(partial(ending.error, pending.executed))

    def renew_oldest(self, now: float) -> None:
        """Let the watch know which action is the oldest unanswered one, and since when."""
        oldest: Any = self._connection.oldest  # a Pending: a session has no other exchanges
        if oldest is not self.oldest:
            self._watch_oldest(oldest, now)

    def _watch_oldest(self, oldest: Pending | None, now: float) -> None:
        self.oldest = oldest
        self._watch.oldest_since = math.inf if oldest is None else now
        sent = None if oldest is None else oldest.sent
        self._watch.allowance = 0.0 if sent is None else allowance_of(sent)

    def list_moves(self) -> None:
        """A list that moves is not late, and nothing behind it has begun, be it given up itself."""
        if self.oldest is not None:
            self._watch.oldest_since = self._watch.heard

    def give_up_oldest(self, now: float) -> None:
        """The oldest action is past its time: taken back if it has not left, like `abandon`."""
        if self.oldest is None:
            return
        pending = self.oldest
        listener, executed = pending.listener, pending.executed
        seconds = now - self._watch.oldest_since
        self.abandon(pending)
        if not pending.settled:
            self._connection.give_up(pending)
            self.settle(pending)  # else what is never answered would use up the room
        listener.on_failure(partial(_late, pending.name, seconds, executed))
        self.renew_oldest(now)


def _late(action: str, seconds: float, executed: Executed) -> ResponseTimeout:
    return ResponseTimeout(
        f"Asterisk did not answer {action} within {seconds:.3g} s", executed=executed
    )
