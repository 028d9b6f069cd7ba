"""Ledger: the actions under way, from the moment they are posted until they are settled.

Law: as many as `limits.pending_actions` and no more; each entry leaves exactly once; and the
watch always knows which one Asterisk is working at, and since when.
"""

from __future__ import annotations

import math
import secrets
from functools import partial

import anyio
import attrs

from amitrio.client.ending import Ending
from amitrio.client.outbox import Letter, Outbox
from amitrio.client.pending import Pending
from amitrio.client.watch import Watch
from amitrio.errors import Executed, ResponseTimeout
from amitrio.models import Action, allowance_of
from amitrio.protocol import ClientConnection, Exchange, ReplyShape

__all__ = ["Entry", "Ledger"]


@attrs.define(eq=False)
class Entry:
    """One action under way: its frame, and who waits for its answer."""

    pending: Pending
    letter: Letter
    allowance: float
    has_room: bool = True

    @property
    def executed(self) -> Executed:
        """Whether Asterisk may have run it: not while no byte of it has left."""
        return "maybe" if self.letter.left else "no"


class _Ids:
    """ActionIDs that nobody can guess, drawn from the system's randomness many at a time."""

    _LENGTH = 24  # of 18 bytes in base64
    _MANY = 256

    def __init__(self) -> None:
        self._text = ""
        self._at = 0

    def draw(self) -> str:
        """One that was never drawn before."""
        if self._at >= len(self._text):
            self._text, self._at = secrets.token_urlsafe(self._LENGTH * self._MANY * 3 // 4), 0
        self._at += self._LENGTH
        return self._text[self._at - self._LENGTH : self._at]


class Ledger:
    """Who waits for what. `post` is the way in, `settle` the way out."""

    def __init__(
        self, connection: ClientConnection, outbox: Outbox, watch: Watch, *, room: int
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self._watch = watch
        self._room = anyio.Semaphore(room, fast_acquire=True)
        self._entries: dict[Exchange, Entry] = {}
        self._oldest: Exchange | None = None
        self._ids = _Ids()

    def __getitem__(self, exchange: Exchange) -> Entry:
        return self._entries[exchange]

    def __len__(self) -> int:
        return len(self._entries)

    async def acquire(self) -> None:
        """Wait for room for one action. Cancelled, nothing was taken."""
        await self._room.acquire()

    def acquire_nowait(self) -> bool:
        """Take room for one action if there is some."""
        try:
            self._room.acquire_nowait()
        except anyio.WouldBlock:
            return False
        return True

    def release(self) -> None:
        """Give back room that no action has used."""
        self._room.release()

    def post(
        self, action: Action, pending: Pending, shape: ReplyShape, *, has_room: bool = True
    ) -> Exchange:
        """Send an action for which room was acquired. Raises ValueError, and has no entry then.

        `has_room=False` sends one beyond the room that there is, such as the last.
        """
        exchange, frame = self._connection.send(
            action.name, action.headers, action_id=self._ids.draw(), shape=shape
        )
        try:
            letter = self._outbox.post(frame, lone=self._oldest is None)
        except BaseException:  # trio refuses to be called from a thread that is not its own
            self._connection.withdraw(exchange)
            raise
        self._entries[exchange] = Entry(pending, letter, allowance_of(action), has_room)
        if self._oldest is None:
            self.renew_oldest(anyio.current_time())
        return exchange

    def abandon(self, exchange: Exchange) -> None:
        """Nobody waits any more: take the action back if it has not left, else drop its answer."""
        entry = self._entries.get(exchange)
        if entry is None:
            return
        entry.pending = Pending()
        if self._outbox.withdraw(entry.letter):
            self._connection.withdraw(exchange)
            self.settle(exchange)
            self.renew_oldest(anyio.current_time())
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
        self._give_room(entry)
        return entry

    def settle(self, exchange: Exchange) -> Entry:
        """Nothing more will come for this action."""
        entry = self._entries.pop(exchange)
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
            self._give_room(entry)  # else what is never answered would use up the room
        pending.failed(partial(_late, exchange.name, seconds, executed))
        self.renew_oldest(now)

    def _give_room(self, entry: Entry) -> None:
        if entry.has_room:
            entry.has_room = False
            self._room.release()


def _late(action: str, seconds: float, executed: Executed) -> ResponseTimeout:
    return ResponseTimeout(
        f"Asterisk did not answer {action} within {seconds:.3g} s", executed=executed
    )
