"""Real servers, killed, restarted, frozen and kicked under calls: no loss that was not announced.

A supervised client listens to everything while calls run; a recorder of its own listens beside
it. After each fault the client must be connected again, its stream alive, and its actions work.
At the end what it was given between its gaps must be what the recorder heard there.

Law: real Asterisk, real sockets, real time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Literal

import anyio
import attrs
from anyio import to_thread

import amitrio as ami
from soak.recorder import Recorder
from soak.verdict import Comparison, Stretch, compared
from tools.asterisk import Asterisk, Major, booted

__all__ = ["FAULTS", "Outcome", "Plan", "run"]

Fault = Literal["kill", "restart", "freeze", "kick", "stop"]

FAULTS: tuple[Fault, ...] = ("kill", "restart", "freeze", "kick", "stop")

_USER = "admin"
_BACK = 90.0
_SETTLE = 1.5
_BACKOFF = ami.Backoff(first=0.2, most=2.0)


@attrs.frozen
class Plan:
    """How often each fault, and for how many seconds a server is frozen."""

    times: dict[Fault, int]
    frozen: float = 30.0


@attrs.define
class Outcome:
    """What came of it."""

    release: str
    faults: dict[str, int] = attrs.field(factory=dict)
    losses: int = 0
    returns: int = 0
    slowest: float = 0.0
    """Seconds from the fault's end until the client was connected again, at worst."""
    comparison: Comparison = attrs.field(factory=Comparison)
    failures: list[str] = attrs.field(factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing was lost unannounced and everything worked again each time."""
        return not self.failures and not self.comparison.holes and self.losses == self.returns


@attrs.define(eq=False)
class _Listener:
    """What the stream gave: stretches of events, and the gaps between them."""

    stretches: list[Stretch] = attrs.field(factory=lambda: [Stretch()])
    losses: int = 0
    returns: int = 0
    heard: anyio.Event = attrs.field(factory=anyio.Event)

    async def listen(self, client: ami.SupervisedClient) -> None:
        async for event in client.events(buffer=100_000):
            if isinstance(event, ami.Disconnected):
                self.losses += 1
                self.stretches.append(Stretch())
            elif isinstance(event, ami.Reconnected):
                self.returns += 1
            elif isinstance(event, ami.Event):
                self.stretches[-1].add(event._frame, event.received or datetime.now(UTC))
                self.heard.set()
                self.heard = anyio.Event()


async def run(release: Major, plan: Plan, tell: Callable[[str], None]) -> Outcome:
    """Do all of the plan to a server of that release."""
    with booted(release) as pbx, Recorder(pbx.host, pbx.port, _USER, pbx.users[_USER]) as ear:
        outcome, listener = Outcome(pbx.version), _Listener()
        supervision = ami.supervise(
            pbx.host,
            pbx.port,
            username=_USER,
            secret=pbx.users[_USER],
            backoff=_BACKOFF,
            ping_interval=4,
            ping_timeout=4,
        )
        async with supervision as client, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.listen, client)
            tasks.start_soon(_call, client)
            for fault in _shuffled(plan):
                await anyio.sleep(_SETTLE)
                await _suffer(
                    fault, pbx=pbx, client=client, listener=listener, outcome=outcome, plan=plan
                )
                tell(f"{fault}: {outcome.faults[fault]}, {listener.losses} losses")
            await anyio.sleep(_SETTLE)
            tasks.cancel_scope.cancel()
    outcome.losses, outcome.returns = listener.losses, listener.returns
    outcome.comparison = compared(listener.stretches, ear.lives)
    return outcome


def _shuffled(plan: Plan) -> list[Fault]:
    """One of each kind in turn, as long as there are some."""
    most = max(plan.times.values())
    return [fault for turn in range(most) for fault in FAULTS if turn < plan.times.get(fault, 0)]


async def _call(client: ami.SupervisedClient) -> None:
    """Calls, a few each second, while there is a connection."""
    while True:
        try:
            await client.originate("Local/dial@h2", application="Wait", data="0.5", timeout=5)
        except ami.AMIError:
            await anyio.sleep(0.2)
        await anyio.sleep(0.2)


async def _suffer(
    fault: Fault,
    *,
    pbx: Asterisk,
    client: ami.SupervisedClient,
    listener: _Listener,
    outcome: Outcome,
    plan: Plan,
) -> None:
    """One fault, and what must be true again after it."""
    losses = listener.losses
    await _DEEDS[fault](pbx, plan)
    outcome.faults[fault] = outcome.faults.get(fault, 0) + 1
    ended = datetime.now(UTC)
    try:
        with anyio.fail_after(_BACK):
            while listener.losses == losses:
                await listener.heard.wait()
            await client.wait_connected()
            outcome.slowest = max(outcome.slowest, (datetime.now(UTC) - ended).total_seconds())
            await client.send(ami.actions.CoreShowChannels())
            await listener.heard.wait()
    except (TimeoutError, ami.AMIError) as exc:
        outcome.failures.append(f"after {fault} {outcome.faults[fault]}: {exc!r}")


async def _kill(pbx: Asterisk, _: Plan) -> None:
    await to_thread.run_sync(pbx.kill)
    await to_thread.run_sync(pbx.start)


async def _restart(pbx: Asterisk, _: Plan) -> None:
    await to_thread.run_sync(pbx.cli, "core restart now")


async def _freeze(pbx: Asterisk, plan: Plan) -> None:
    await to_thread.run_sync(pbx.freeze)
    await anyio.sleep(plan.frozen)
    await to_thread.run_sync(pbx.thaw)


async def _kick(pbx: Asterisk, _: Plan) -> None:
    """The recorder's session is kicked too: both are told apart by nothing."""
    shown = await to_thread.run_sync(pbx.cli, "manager show connected")
    for line in shown.splitlines():
        words = line.split()
        if words[:1] == [_USER]:
            await to_thread.run_sync(pbx.cli, f"manager kick session {words[4]}")


async def _stop(pbx: Asterisk, _: Plan) -> None:
    await to_thread.run_sync(pbx.stop_gracefully)
    await to_thread.run_sync(pbx.cli, "core stop now")
    await to_thread.run_sync(pbx.wait_stopped)
    await to_thread.run_sync(pbx.start)


_DEEDS: dict[Fault, Callable[[Asterisk, Plan], Awaitable[None]]] = {
    "kill": _kill,
    "restart": _restart,
    "freeze": _freeze,
    "kick": _kick,
    "stop": _stop,
}
