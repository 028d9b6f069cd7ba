"""Ledger: the actions under way, from the moment they are posted until they are settled.

Law: as many as `limits.pending_actions` and no more; each entry leaves exactly once; and the
watch always knows which one Asterisk is working at, and since when.
"""

from __future__ import annotations

import math
import secrets
from functools import partial

import attrs

from amitrio.client.ending import Ending
from amitrio.client.eventloop import EventLoop
from amitrio.client.outbox import Letter, Outbox
from amitrio.client.pending import Pending
from amitrio.client.room import Room
from amitrio.client.watch import Watch
from amitrio.errors import Executed, ResponseTimeout
from amitrio.models import Action, allowance_of
from amitrio.protocol import ClientConnection, Exchange, ReplyShape

__all__ = ["Entry", "Ledger"]


@attrs.define(eq=False)
class Entry(Letter):
    """One action under way: its frame on the way out, and who waits for its answer."""

    pending: Pending
    allowance: float
    has_room: bool = True

    @property
    def executed(self) -> Executed:
        """Whether Asterisk may have run it: not while no byte of it has left."""
        return "maybe" if self.left else "no"


class _Ids:
    """ActionIDs that nobody can guess, drawn from the system's randomness many at a time."""

    _LENGTH = 24  # of 18 bytes in base64
    _MANY = 256

    def __init__(self) -> None:
        self._drawn: list[str] = []

    def draw(self) -> str:
        """One that was never drawn before."""
        if not self._drawn:
            text = secrets.token_urlsafe(self._LENGTH * self._MANY * 3 // 4)
            starts = range(0, len(text), self._LENGTH)
            self._drawn = [text[start : start + self._LENGTH] for start in starts]
        return self._drawn.pop()


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
        self._room = Room(room, loop)
        self._now = loop.now
        self._entries: dict[Exchange, Entry] = {}
        self._oldest: Exchange | None = None
        self._ids = _Ids()

    def __getitem__(self, exchange: Exchange) -> Entry:
        return self._entries[exchange]

    def __len__(self) -> int:
        return len(self._entries)

    async def acquire(self) -> None:
        """Wait for room for one action. Cancelled, nothing was taken."""
        await self._room.take()

    def acquire_nowait(self) -> bool:
        """Take room for one action if there is some."""
        return self._room.take_nowait()

    def release(self) -> None:
        """Give back room that no action has used."""
        self._room.give()

    def post(
        self, action: Action, pending: Pending, shape: ReplyShape, *, has_room: bool = True
    ) -> Exchange:
        """Send an action for which room was acquired. Raises ValueError, and has no entry then.

        `has_room=False` sends one beyond the room that there is, such as the last.
        """
        exchange, frame = self._connection.send(
            action.name, action.headers, action_id=self._ids.draw(), shape=shape
        )
        entry = Entry(frame, pending, allowance_of(action), has_room)
        try:
            self._outbox.post(entry, lone=self._oldest is None)
        except BaseException:  # trio refuses to be called from a thread that is not its own
            self._connection.withdraw(exchange)
            raise
        self._entries[exchange] = entry
        if self._oldest is None:
            self.renew_oldest(self._now())
        return exchange

    def abandon(self, exchange: Exchange) -> None:
        """Nobody waits any more: take the action back if it has not left, else drop its answer."""
        entry = self._entries.get(exchange)
        if entry is None:
            return
        entry.pending = Pending()
        if self._outbox.withdraw(entry):
            self._connection.withdraw(exchange)
            self.settle(exchange)
            self.renew_oldest(self._now())
        else:
            self.forget_report(exchange)

    def forget_report(self, exchange: Exchange) -> None:
        """Nobody waits for the late event of this action any more."""
        self._connection.forget_report(exchange)
        if exchange.settled and exchange in self._entries:
            self.settle(exchange)

    def answered(self, exchange: Exchange, *, final: bool) -> Entry:
        """The response has come. The entry stays while a report is due, but takes no room."""
        if final:
            return self.settle(exchange)
        entry = self._entries[exchange]
        if entry.has_room:
            self._give_room(entry)
        return entry

    def settle(self, exchange: Exchange) -> Entry:
        """Nothing more will come for this action."""
        entry = self._entries.pop(exchange)
        if entry.has_room:
            self._give_room(entry)
        return entry

    def end(self, ending: Ending) -> None:
        """The connection is over: everyone who waits is told, with an error of their own."""
        for exchange in list(self._entries):
            entry = self.settle(exchange)
            entry.pending.failed(partial(ending.error, entry.executed))

    def renew_oldest(self, now: float) -> None:
        """Let the watch know which action is the oldest unanswered one, and since when."""
        oldest = self._connection.oldest
        if oldest is self._oldest:
            return
        self._oldest = oldest
        self._watch.oldest_since = math.inf if oldest is None else now
        self._watch.allowance = 0.0 if oldest is None else self._entries[oldest].allowance

    def list_moves(self) -> None:
        """A list that moves is not late, and nothing behind it has begun, be it given up itself."""
        if self._oldest is not None:
            self._watch.oldest_since = self._watch.heard

    def give_up_oldest(self, now: float) -> None:
        """The oldest action is past its time: taken back if it has not left, like `abandon`."""
        if self._oldest is None:
            return
        exchange, entry = self._oldest, self._entries[self._oldest]
        pending, executed = entry.pending, entry.executed
        seconds = now - self._watch.oldest_since
        self.abandon(exchange)
        if not exchange.settled:
            self._connection.give_up(exchange)
            if entry.has_room:  # else what is never answered would use it up
                self._give_room(entry)
        pending.failed(partial(_late, exchange.name, seconds, executed))
        self.renew_oldest(now)

    def _give_room(self, entry: Entry) -> None:
        entry.has_room = False
        self._room.give()


def _late(action: str, seconds: float, executed: Executed) -> ResponseTimeout:
    return ResponseTimeout(
        f"Asterisk did not answer {action} within {seconds:.3g} s", executed=executed
    )
