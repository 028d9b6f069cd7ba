"""Acts: the scenario, what is done to a server to make it say all that it can.

Law: an act needs nothing of those before it; a server that lacks what it needs is not asked for
it, and that is told.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import attrs

from tools.coverage.stage import Stage

from . import bridges, calls, media, queues, services, system

__all__ = ["ACTS", "Act"]


@attrs.frozen
class Act:
    """Something that is done to a server."""

    play: Callable[[Stage], Awaitable[None]]
    needs: str = "Ping"
    """An action of whoever can do it. The simulator has few applications; those of a module come
    with its actions."""

    @property
    def name(self) -> str:
        """What it is called: its module and its function."""
        module = self.play.__module__.rpartition(".")[2]
        return f"{module}.{getattr(self.play, '__name__', '?')}"


ACTS = (
    Act(system.settings),
    Act(system.configuration),
    Act(system.modules),
    Act(system.intruders),
    Act(calls.answered),
    Act(calls.refused),
    Act(calls.dialed),
    Act(calls.told),
    Act(calls.handlers, needs="SendText"),
    Act(calls.asked_about),
    Act(calls.steered),
    Act(calls.tones, needs="PlayDTMF"),
    Act(calls.talking, needs="MuteAudio"),
    Act(calls.picked_up, needs="Atxfer"),
    Act(calls.optimized, needs="LocalOptimizeAway"),
    Act(bridges.bridged),
    Act(bridges.kicked),
    Act(bridges.merged, needs="Atxfer"),
    Act(bridges.blind_transfer, needs="Atxfer"),
    Act(bridges.attended_transfer, needs="Atxfer"),
    Act(bridges.parked, needs="Park"),
    Act(bridges.park_timeout, needs="Park"),
    Act(queues.members),
    Act(queues.served),
    Act(queues.waiting),
    Act(queues.abandoned),
    Act(queues.agents, needs="AgentLogoff"),
    Act(media.conference, needs="ConfbridgeList"),
    Act(media.recorded, needs="MixMonitor"),
    Act(media.monitored, needs="Monitor"),
    Act(media.music, needs="ControlPlayback"),
    Act(media.spied_on, needs="MixMonitor"),
    Act(media.held, needs="Atxfer"),
    Act(media.faxes, needs="FAXStats"),
    Act(media.over_rtp, needs="PJSIPNotify"),
    Act(services.states),
    Act(services.messages, needs="VoicemailUsersList"),
    Act(services.agi, needs="AGI"),
    Act(services.sip, needs="PJSIPNotify"),
    Act(services.peers, needs="IAXpeers"),
    Act(system.roll_call),
)
