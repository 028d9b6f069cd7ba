"""Ledger: the actions under way, from the moment they are posted until they are settled.

Law: as many as `limits.pending_actions` and no more; each leaves exactly once; and the
watch always knows which one Asterisk is working at, and since when.
"""

from __future__ import annotations

import math
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
from amitrio.protocol import ClientConnection, IdLine
from amitrio.protocol.encoding import id_lines

__all__ = ["Ledger"]

_ID_BYTES = 12
_MANY = 256


def _new_id_lines() -> Iterator[IdLine]:
    """ActionIDs that nobody can guess, drawn from the system's randomness many at a time."""
    return chain.from_iterable(map(_draw, repeat(_MANY)))


def _draw(count: int) -> list[IdLine]:
    return id_lines(hexlify(secrets.token_bytes(_ID_BYTES * count), b" ", _ID_BYTES).split())


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
        self._pending: dict[Pending, None] = {}
        self.open = True
        """Whether more may be posted."""
        self.oldest: Pending | None = None
        """The one that Asterisk is working at."""
        self._next_id_line = _new_id_lines().__next__

    def __len__(self) -> int:
        return len(self._pending)

    def post_nowait(self, action: Action, pending: Pending) -> bool:
        """Send an action if there is room for it and a connection; else False.

        `Session.post` waits for the one then, and raises for the other. Raises as `post` does.
        """
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
        self._pending[pending] = None
        pending.since = self._now()
        if self.oldest is None:
            self._watch_oldest(pending, pending.since)

    def abandon(self, pending: Pending) -> None:
        """Nobody waits any more: take the action back if it has not left, else drop its answer."""
        pending.abandoned = True
        if pending.settled or pending not in self._pending:
            return
        if self._outbox.withdraw(pending):
            self._connection.withdraw(pending)
            self.settle(pending)
            self.renew_oldest(self._now())
        else:
            pending.forget()
            self.forget_report(pending)

    def forget_report(self, pending: Pending) -> None:
        """Nobody waits for the late event of this action any more."""
        self._connection.forget_report(pending)
        if pending.settled:
            self.settle(pending)

    def settle(self, pending: Pending) -> None:
        """It was told all that there is to tell."""
        self._pending.pop(pending, None)
        self.leave_room(pending)

    def leave_room(self, pending: Pending) -> None:
        """What room it took is there for others: its response has come, or is not waited for."""
        if pending.has_room:
            pending.has_room = False
            self.room.give()

    def settle_all(self, pendings: Collection[Pending]) -> None:
        """The same for many. (A Logoff has taken no room; but nobody takes any behind it.)"""
        for pending in pendings:
            del self._pending[pending]
            pending.has_room = False
        self.room.give(len(pendings))

    def end(self, ending: Ending) -> None:
        """The connection is over: everyone who waits is told, with an error of their own."""
        while self._pending:  # not a loop over them: who is told may abandon others
            pending = next(iter(self._pending))
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
            self.leave_room(pending)  # else what is never answered would use it up
        listener.on_failure(partial(_late, pending.name, seconds, executed))
        self.renew_oldest(now)


def _late(action: str, seconds: float, executed: Executed) -> ResponseTimeout:
    return ResponseTimeout(
        f"Asterisk did not answer {action} within {seconds:.3g} s", executed=executed
    )
