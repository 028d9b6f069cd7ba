"""Ledger: the actions under way, from the moment they are posted until they are settled.

Law: as many as `limits.pending_actions` and no more; each entry leaves exactly once; and the
watch always knows which one Asterisk is working at, and since when.
"""

from __future__ import annotations

import math
import secrets
from functools import partial
from typing import cast

import attrs

from amitrio.client.ending import Ending
from amitrio.client.eventloop import EventLoop
from amitrio.client.outbox import Outbox
from amitrio.client.pending import Pending
from amitrio.client.room import Room
from amitrio.client.watch import Watch
from amitrio.errors import Executed, ResponseTimeout
from amitrio.models import Action, allowance_of
from amitrio.protocol import ClientConnection, Exchange, ReplyShape

__all__ = ["Entry", "Ledger"]


@attrs.define(eq=False)
class Entry(Exchange):
    """One action under way: its frame on the way out, and who waits for its answer."""

    pending: Pending = attrs.field(factory=Pending)
    allowance: float = 0.0
    has_room: bool = True
    frame: bytes = attrs.field(default=b"", init=False, repr=False)
    left: bool = attrs.field(default=False, init=False)

    @property
    def executed(self) -> Executed:
        """Whether Asterisk may have run it: not while no byte of it has left."""
        return "maybe" if self.left else "no"


class _Ids:
    """ActionIDs that nobody can guess, drawn from the system's randomness many at a time."""

    _LENGTH = 24  # of 12 bytes
    _MANY = 256

    def __init__(self) -> None:
        self._drawn: list[str] = []

    def draw(self) -> str:
        """One that was never drawn before."""
        if not self._drawn:
            text = secrets.token_hex(self._LENGTH // 2 * self._MANY)
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
        self.room = Room(room, loop)
        """For as many actions as may be unanswered: each takes some, and gives it back."""
        self._now = loop.now
        self._entries: dict[Entry, None] = {}
        self._oldest: Entry | None = None
        self._ids = _Ids()

    def __len__(self) -> int:
        return len(self._entries)

    def post(
        self, action: Action, pending: Pending, shape: ReplyShape, *, has_room: bool = True
    ) -> Entry:
        """Send an action for which room was taken. Raises ValueError, and has no entry then.

        `has_room=False` sends one beyond the room that there is, such as the last.
        """
        allowance = allowance_of(action)
        entry = Entry(self._ids.draw(), action.name, shape, pending, allowance, has_room)
        entry.frame = self._connection.begin(entry, action.headers)
        try:
            self._outbox.post(entry, lone=self._oldest is None)
        except BaseException:  # trio refuses to be called from a thread that is not its own
            self._connection.withdraw(entry)
            raise
        self._entries[entry] = None
        if self._oldest is None:
            self.renew_oldest(self._now())
        return entry

    def abandon(self, entry: Entry) -> None:
        """Nobody waits any more: take the action back if it has not left, else drop its answer."""
        if entry not in self._entries:
            return
        entry.pending = Pending()
        if self._outbox.withdraw(entry):
            self._connection.withdraw(entry)
            self.settle(entry)
            self.renew_oldest(self._now())
        else:
            self.forget_report(entry)

    def forget_report(self, entry: Entry) -> None:
        """Nobody waits for the late event of this action any more."""
        self._connection.forget_report(entry)
        if entry.settled and entry in self._entries:
            self.settle(entry)

    def answered(self, entry: Entry, *, final: bool) -> Entry:
        """The response has come. The entry stays while a report is due, but takes no room."""
        if final:
            del self._entries[entry]
        if entry.has_room:
            entry.has_room = False
            self.room.give()
        return entry

    def settle(self, entry: Entry) -> Entry:
        """Nothing more will come for this action."""
        return self.answered(entry, final=True)

    def end(self, ending: Ending) -> None:
        """The connection is over: everyone who waits is told, with an error of their own."""
        for entry in list(self._entries):
            self.settle(entry)
            entry.pending.failed(partial(ending.error, entry.executed))

    def renew_oldest(self, now: float) -> None:
        """Let the watch know which action is the oldest unanswered one, and since when."""
        oldest = cast("Entry | None", self._connection.oldest)
        if oldest is self._oldest:
            return
        self._oldest = oldest
        self._watch.oldest_since = math.inf if oldest is None else now
        self._watch.allowance = 0.0 if oldest is None else oldest.allowance

    def list_moves(self) -> None:
        """A list that moves is not late, and nothing behind it has begun, be it given up itself."""
        if self._oldest is not None:
            self._watch.oldest_since = self._watch.heard

    def give_up_oldest(self, now: float) -> None:
        """The oldest action is past its time: taken back if it has not left, like `abandon`."""
        if self._oldest is None:
            return
        entry = self._oldest
        pending, executed = entry.pending, entry.executed
        seconds = now - self._watch.oldest_since
        self.abandon(entry)
        if not entry.settled:
            self._connection.give_up(entry)
            if entry.has_room:  # else what is never answered would use it up
                entry.has_room = False
                self.room.give()
        pending.failed(partial(_late, entry.name, seconds, executed))
        self.renew_oldest(now)


def _late(action: str, seconds: float, executed: Executed) -> ResponseTimeout:
    return ResponseTimeout(
        f"Asterisk did not answer {action} within {seconds:.3g} s", executed=executed
    )
