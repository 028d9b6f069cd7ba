"""The states of one AMI session, as a table that both ends share.

Theory. A session is a straight road with exits. The server speaks first (a banner, which is no
frame); then the client logs in, with any number of refused tries and challenges; then actions
and events flow; then somebody leaves. What differs between the two ends is only who causes a
step, never the step, so one table serves both.

                 GREETED            LOGGED_IN          LEFT             ENDED
    GREETING ──▶ AUTHENTICATING ──▶ READY ──────────▶ LEAVING ───────▶ CLOSED
        │               │             │                                   ▲
        └───────────────┴─────────────┴────── BROKEN (any violation) ─────┘

`Login` on a session that is logged in is answered "Already authenticated" and changes nothing;
`Logoff` is allowed before login too (manager.c, process_message). After a violation nothing that
arrives is believed any more.

Law: a pair that is not in the table is a bug or a peer's violation, and is an error.
"""

from __future__ import annotations

import enum
from types import MappingProxyType

__all__ = ["State", "Step", "after"]


class State(enum.Enum):
    """Where a session stands."""

    NEW = "new"  # nothing has been connected yet
    GREETING = "greeting"  # connected, the banner is awaited
    AUTHENTICATING = "authenticating"  # the banner was seen, nobody is logged in
    READY = "ready"  # logged in: actions and events flow
    LEAVING = "leaving"  # Logoff was said: what is still under way may arrive
    BROKEN = "broken"  # the peer broke the protocol: nothing more is read
    CLOSED = "closed"  # over


class Step(enum.Enum):
    """What moves a session on."""

    CONNECTED = enum.auto()
    GREETED = enum.auto()
    LOGGED_IN = enum.auto()
    LEFT = enum.auto()
    VIOLATED = enum.auto()
    ENDED = enum.auto()


_TABLE = MappingProxyType(
    {
        (State.NEW, Step.CONNECTED): State.GREETING,
        (State.NEW, Step.ENDED): State.CLOSED,
        (State.GREETING, Step.GREETED): State.AUTHENTICATING,
        (State.GREETING, Step.VIOLATED): State.BROKEN,
        (State.GREETING, Step.ENDED): State.CLOSED,
        (State.AUTHENTICATING, Step.LOGGED_IN): State.READY,
        (State.AUTHENTICATING, Step.LEFT): State.LEAVING,
        (State.AUTHENTICATING, Step.VIOLATED): State.BROKEN,
        (State.AUTHENTICATING, Step.ENDED): State.CLOSED,
        (State.READY, Step.LOGGED_IN): State.READY,
        (State.READY, Step.LEFT): State.LEAVING,
        (State.READY, Step.VIOLATED): State.BROKEN,
        (State.READY, Step.ENDED): State.CLOSED,
        (State.LEAVING, Step.LOGGED_IN): State.LEAVING,
        (State.LEAVING, Step.LEFT): State.LEAVING,
        (State.LEAVING, Step.VIOLATED): State.BROKEN,
        (State.LEAVING, Step.ENDED): State.CLOSED,
        (State.BROKEN, Step.ENDED): State.CLOSED,
        (State.CLOSED, Step.ENDED): State.CLOSED,
    }
)


def after(state: State, step: Step) -> State:
    """The state that follows. Raises RuntimeError for a step that the table does not have."""
    try:
        return _TABLE[state, step]
    except KeyError:
        raise RuntimeError(f"no step {step.name} from {state.name}") from None
