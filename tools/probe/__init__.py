"""The probe: every typed action, sent to a real server by amitrio's own client.

Law: every action of `amitrio.actions` is sent, on a server that lives for the probe alone; what
would harm nothing but that server harms nobody.
"""

from __future__ import annotations

import anyio
import attrs

import amitrio as ami
from amitrio.models.registry import action_names
from tools.asterisk import Asterisk, Major

from . import calls, services, technologies
from .outcomes import Outcome, Unexplained, in_message
from .prober import Prober
from .stage import furnish

__all__ = ["Outcome", "Probed", "Unexplained", "probe"]

_EVENTS = 100_000
_SECONDS = 300.0


@attrs.frozen
class Probed:
    """What a server said to every action, by the action's name."""

    version: str
    outcomes: dict[str, Outcome]
    unexplained: tuple[Unexplained, ...]


def probe(release: Major) -> Probed:
    """Boot a server of the release, and send it everything. Blocking; takes half a minute."""
    with Asterisk(release) as server:
        furnish(server)
        server.start()
        server.wait_booted()
        return anyio.run(_probed, server, backend="trio")


async def _probed(server: Asterisk) -> Probed:
    secret = server.users["admin"]
    with anyio.fail_after(_SECONDS):
        async with ami.connect(server.host, server.port, username="admin", secret=secret) as client:
            with client.events(ami.Event, buffer=_EVENTS) as events:
                prober = Prober(server, client)
                await _play(prober)
                strange = set(prober.unexplained)
                strange.update(one for event in _received(events) for one in in_message(event))
    known = {getattr(ami.actions, name).about.name for name in action_names()}
    if missed := known - set(prober.outcomes):
        raise AssertionError(f"the script sends no {', '.join(sorted(missed))}")
    return Probed(server.version, prober.outcomes, tuple(sorted(strange, key=attrs.astuple)))


async def _play(prober: Prober) -> None:
    for scene in (*services.SCENES, *technologies.SCENES, *calls.SCENES):
        await scene(prober)
        await prober.hang_up()


def _received(events: ami.EventStream[ami.Event]) -> list[ami.Event]:
    received: list[ami.Event] = []
    while True:
        try:
            received.append(events.receive_nowait())
        except anyio.WouldBlock:
            return received
