"""Exchange: one action and what comes back for it, and the shape that its answer has.

            register           response, a list starts          its Complete
    (none) ─────────▶ WAITING ─────────────────────────▶ LISTING ───────────▶ SETTLED
                        │  └── response, an event is due ──▶ DUE ──────────────▶ ▲
                        └── response, or a later one was answered ───────────────┘

Law: a shape is a fact about an action and comes from above; an exchange is moved on by the
correlator alone.
"""

from __future__ import annotations

import enum

import attrs

from amitrio.protocol.message import IdLine, id_of

__all__ = ["SIMPLE", "Exchange", "Progress", "ReplyShape"]


@attrs.frozen(kw_only=True)
class ReplyShape:
    """How the answer to an action looks: a fact about the action, filled in from above."""

    items: frozenset[str] = frozenset()
    """Names of the events that are the items of its list."""
    complete: str | None = None
    """Name of the event that ends the list; None where the answer is no list."""
    opening: str = "will follow"
    """Without an EventList header (Asterisk before 13.2), a message that ends so opens a list."""
    empty: tuple[str, ...] = ()
    """Beginnings of the error messages that only mean that the list is empty."""
    sometimes: bool = False
    """Only some of its answers are lists (Hangup, of a pattern): else a plain Success is plain."""
    anonymous: bool = False
    """The items carry no ActionID (IAXpeers)."""
    glued: bool = False
    """Items and completing event come as one frame, no empty line between them (chan_skinny)."""
    report: str | None = None
    """Name of one event with our ActionID that may come long after (OriginateResponse)."""

    def means_empty(self, message: str) -> bool:
        """Whether an error with this message is Asterisk's way to send an empty list."""
        return bool(self.empty) and message.startswith(self.empty)


SIMPLE = ReplyShape()
_NOT_YET = IdLine(b"")


class Progress(enum.Enum):
    """How far an exchange has come."""

    WAITING = "waiting"
    LISTING = "listing"
    DUE = "due"
    SETTLED = "settled"


@attrs.define(eq=False)
class Exchange:
    """One action and what has come back for it."""

    name: str
    shape: ReplyShape = SIMPLE
    id_line: IdLine = _NOT_YET
    """The line that names it in the action and in its answer. Empty before it has one."""
    progress: Progress = Progress.WAITING
    items: int = 0
    overdue: bool = False
    """Nobody waits for it any more, but its answer may still come."""

    @property
    def action_id(self) -> str:
        """What names it."""
        return id_of(self.id_line)

    @property
    def settled(self) -> bool:
        """Whether nothing more can come for it."""
        return self.progress is Progress.SETTLED
