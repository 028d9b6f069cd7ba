"""Journal: what happened, line by line for people, and as records for the judge."""

from __future__ import annotations

import re
from typing import Literal

import anyio
import attrs

from amitrio.errors import Executed
from tests.chaos.deeds import Ask, Listen, WaitFor

__all__ = ["Asked", "Journal", "Mark", "Stream", "Token"]

_NUMBER = re.compile(rb"\r\n(?:Number|Account): (\d+)\r\n")

Outcome = Literal["answered", "refused", "error", "cancelled", "left"]


@attrs.frozen
class Mark:
    """A place in all that the client receives: bytes of a link."""

    link: int
    taken: int


@attrs.define(eq=False)
class Asked:
    """An operation and how it ended."""

    deed: Ask | WaitFor
    began: float
    ahead: int
    """Operations that were under way already."""
    ended: float | None = None
    tick: int = 0
    """The journal's line of its end."""
    outcome: Outcome | None = None
    error: Exception | None = None
    executed: Executed | None = None
    echo: str | None = None
    """The number in its answer."""
    items: tuple[str, ...] = ()
    """Owner and place of each item that came."""
    complete: bool = False


@attrs.frozen
class Token:
    """What a stream yielded: an event's number, a count of dropped events, or a gap's name."""

    what: Literal["event", "dropped", "down", "up"]
    number: int
    received: int
    """Events for this stream that the client had received by then, from its opening on."""


@attrs.define(eq=False)
class Stream:
    """A stream and what it told."""

    deed: Listen
    opened: Mark
    was_up: bool
    tokens: list[Token] = attrs.field(factory=list)
    end: Literal["left", "plain", "lost", "slow"] | None = None


@attrs.define(eq=False)
class Journal:
    """What happened in one run."""

    lines: list[str] = attrs.field(factory=list)
    asked: list[Asked] = attrs.field(factory=list)
    streams: list[Stream] = attrs.field(factory=list)
    handed: dict[int, int] = attrs.field(factory=dict)
    """Which actions the client's stream took from it, and at which line."""
    tried: set[int] = attrs.field(factory=set)
    """Which it tried to send, be it over a stream that was closed already."""
    left: Mark | None = None
    """Where the program began to leave."""
    left_at: float | None = None
    gone_at: float | None = None
    connected: bool = False
    """Whether the client was connected when the program left."""
    alive: bool = False
    """Whether its last session had not ended then: it may not be connected before it is booted."""
    broken: list[str] = attrs.field(factory=list)
    """Laws whose breach was seen on the spot."""

    def say(self, who: str, what: str) -> int:
        """Write a line; its number."""
        self.lines.append(f"{anyio.current_time():8.2f}  {who:<10} {what}")
        return len(self.lines)

    def try_to_hand(self, data: bytes) -> None:
        """The client gives these bytes to its stream."""
        self.tried.update(int(found) for found in _NUMBER.findall(data))

    def hand(self, data: bytes) -> None:
        """The stream takes these bytes."""
        numbers = [int(found) for found in _NUMBER.findall(data)]
        tick = self.say("client", f"sends {len(data)} bytes {numbers or ''}")
        for number in numbers:
            self.handed.setdefault(number, tick)
