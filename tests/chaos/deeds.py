"""Deeds: the words that a script is written in.

Times are seconds of the clock that jumps, `at` counts from the beginning. All lie on a grid, so
that much happens in the same instant: there the races are.
"""

from __future__ import annotations

from typing import Literal

import attrs

# What the server does -----------------------------------------------------------------------------


@attrs.frozen
class Burst:
    """Events, in one write each or, without `gap`, all in one."""

    at: float
    kinds: tuple[str, ...]
    gap: float = 0.0


@attrs.frozen
class Noise:
    """Frames that mean nothing, or pretend to."""

    at: float
    what: str


@attrs.frozen
class Cut:
    """The connection ends: in the middle of a frame, with or without what is under way."""

    at: float
    torn: int = 0
    """So many bytes of an event come before the end."""
    reset: bool = False


@attrs.frozen
class Stall:
    """The server stands still, as under SIGSTOP."""

    at: float
    seconds: float


@attrs.frozen
class Hole:
    """The network swallows everything from now on, and nobody is told."""

    at: float


@attrs.frozen
class Restart:
    """Logins are refused for a while, then all is closed for a while, then the server boots."""

    at: float
    refusing: float
    down: float
    booting: float
    says_so: bool


ServerDeed = Burst | Noise | Cut | Stall | Hole | Restart


@attrs.frozen
class Manner:
    """How one action is answered."""

    how: Literal["answer", "silent", "twice", "postponed", "refuse", "cut"] = "answer"
    delay: float = 0.0
    items: int = 3
    pace: float = 0.0
    """Seconds between the items of a list; 0 sends it in one write."""
    end: Literal["complete", "error", "never", "miscounted"] = "complete"
    report: float | None = 0.0
    """Seconds until the OriginateResponse; None for never."""


# What the program does ----------------------------------------------------------------------------


@attrs.frozen
class Ask:
    """An action. `patience` cancels it after so many seconds, `group` together with others."""

    at: float
    number: int
    how: Literal["plain", "slow", "list", "items", "originate"]
    patience: float | None = None
    group: int | None = None
    takes: int | None = None
    """So many items are read, then the list is left."""


@attrs.frozen
class Listen:
    """A stream and its consumer, who naps after every few events."""

    at: float
    number: int
    kinds: tuple[str, ...]
    overflow: Literal["fail", "drop_oldest"]
    buffer: int
    how: Literal["receive", "batch", "nowait"]
    every: int
    nap: float
    patience: float | None = None
    """Each wait is cancelled after so many seconds, and begun anew."""
    stays: float | None = None
    """Seconds after which the consumer leaves."""
    group: int | None = None


@attrs.frozen
class WaitFor:
    """One event is waited for."""

    at: float
    number: int
    kind: str
    patience: float | None = None
    group: int | None = None


ClientDeed = Ask | Listen | WaitFor


# The whole ----------------------------------------------------------------------------------------


@attrs.frozen
class Wire:
    """How bytes travel: the sizes of what is read at once, and the delay of what is written."""

    sizes: tuple[int, ...]
    delays: tuple[float, ...]
    room: int
    """Bytes that may be under way to the server."""
    at_once: bool
    """Whether the client's stream can send without waiting, as a socket can."""


@attrs.frozen
class Times:
    """What the client was told about time."""

    ping_interval: float
    ping_timeout: float
    response_timeout: float
    connect_timeout: float
    backoff_first: float
    backoff_most: float


@attrs.frozen
class Script:
    """Everything that a seed decides."""

    seed: int
    supervised: bool
    starts_at_once: bool
    times: Times
    wire: Wire
    pending: int
    list_items: int
    server: tuple[ServerDeed, ...]
    manners: tuple[Manner, ...]
    logins: tuple[float, ...]
    """Seconds that each login takes."""
    client: tuple[ClientDeed, ...]
    groups: tuple[float, ...]
    """When each group of tasks is cancelled."""
    leave: float
    calm: bool
    """Whether nothing bad happens for long enough before the end to be connected then."""
