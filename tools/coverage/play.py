"""Play: the whole scenario on one server, from the first act to the last.

Law: an act that does not come to its end is told, and the next one is played all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import anyio
import attrs

import amitrio as ami

from .acts import ACTS, Act
from .stage import Stage
from .tape import Tape, taped

__all__ = ["Performance", "perform"]

_SECONDS = 20.0  # for one act; the longest waits five for an RTCP report


@attrs.define(eq=False)
class Performance:
    """What became of the acts, and what was heard."""

    tape: Tape
    done: dict[str, float] = attrs.field(factory=dict)
    """The acts, and how many seconds each took."""
    left_out: list[str] = attrs.field(factory=list)
    """What the server has not what it takes for."""
    broken: dict[str, str] = attrs.field(factory=dict)
    """What did not come to its end, and why."""


async def perform(
    host: str,
    port: int,
    connect: Callable[..., ami.Connection],
    secret: str,
    acts: Sequence[Act] = ACTS,
) -> Performance:
    """Play it all. `connect` makes further connections; `secret` is the user admin's.

    Raises AMIError or OSError when the server cannot be played on.
    """
    performance = Performance(await taped(host, port))
    async with ami.connect_over(
        performance.tape, username="admin", secret=secret, auth="plain"
    ) as client:
        commands = await client.send("ListCommands")
        actions = frozenset(commands.headers) - {"Response", "ActionID"}
        stage = Stage(client, connect, actions)
        for act in acts:
            await _played(act, stage, performance)
    return performance


async def _played(act: Act, stage: Stage, performance: Performance) -> None:
    if act.needs not in stage.actions:
        performance.left_out.append(act.name)
        return
    began = time.monotonic()
    try:
        with anyio.fail_after(_SECONDS):
            await act.play(stage)
    except TimeoutError:
        performance.broken[act.name] = f"nothing more happened in {_SECONDS:.0f} s"
    except ami.AMIError as error:
        performance.broken[act.name] = repr(error)
    performance.done[act.name] = time.monotonic() - began
    await stage.clear()
