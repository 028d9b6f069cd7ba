"""The console's `queue show`: queues as an operator sees them (print_queue in app_queue.c).

Law: facts in the order and the words of the real console, colours left out as AMI leaves them.
"""

from __future__ import annotations

from types import MappingProxyType

from amitrio.simulator.actions.consoles import console
from amitrio.simulator.calls import ActionCall
from amitrio.simulator.queues import Member, Queue, Waiting
from amitrio.simulator.tables import DeviceState

# ast_devstate2str() in main/devicestate.c.
_STATES = MappingProxyType(
    {
        DeviceState.UNKNOWN: "Unknown",
        DeviceState.NOT_INUSE: "Not in use",
        DeviceState.INUSE: "In use",
        DeviceState.BUSY: "Busy",
        DeviceState.INVALID: "Invalid",
        DeviceState.UNAVAILABLE: "Unavailable",
        DeviceState.RINGING: "Ringing",
        DeviceState.RINGINUSE: "Ring+Inuse",
        DeviceState.ONHOLD: "On Hold",
    }
)


@console("queue show")
def show_queues(call: ActionCall, words: list[str]) -> list[str]:
    """All queues, or the one that is named."""
    found = sorted(call.pbx.queues.matching(" ".join(words)), key=lambda queue: queue.name)
    if not found:
        return [f"No such queue: {' '.join(words)}." if words else "No queues."]
    return [line for queue in found for line in _queue(queue, call.pbx.epoch)]


def _queue(queue: Queue, now: int) -> list[str]:
    members = [_member(member, now) for member in queue.members.values()]
    callers = [_caller(place, waiting, now) for place, waiting in enumerate(queue.callers, 1)]
    return [
        _headline(queue),
        *(["   Members: ", *members] if members else ["   No Members"]),
        *(["   Callers: ", *callers] if callers else ["   No Callers"]),
        "",
    ]


def _headline(queue: Queue) -> str:
    level, level2 = queue.performance
    return (
        f"{queue.name} has {len(queue.callers)} calls (max {queue.max_callers or 'unlimited'}) in"
        f" '{queue.strategy}' strategy ({queue.hold_time}s holdtime, {queue.talk_time}s talktime),"
        f" W:{queue.weight}, C:{queue.completed}, A:{queue.abandoned}, SL:{level:.1f}%,"
        f" SL2:{level2:.1f}% within {queue.service_level}s"
    )


def _member(member: Member, now: int) -> str:
    return "".join(
        (
            f"      {member.name}{_interface(member)}",
            f" with penalty {member.penalty}" if member.penalty else "",
            f" (ringinuse {'enabled' if member.ring_in_use else 'disabled'})",
            " (dynamic)" if member.dynamic else "",
            " (in call)" if member.in_call else "",
            _pause(member, now),
            f" ({_STATES[member.status]})",
            _calls(member, now),
            f" (login was {now - member.login_time} secs ago)",
        )
    )


def _interface(member: Member) -> str:
    if member.name.lower() == member.interface.lower():
        return ""
    state = member.state_interface
    source = f" from {state}" if state and state != member.interface else ""
    return f" ({member.interface}{source})"


def _pause(member: Member, now: int) -> str:
    if not member.paused:
        return ""
    reason = f":{member.reason}" if member.reason else ""
    return f" (paused{reason} was {now - member.last_pause} secs ago)"


def _calls(member: Member, now: int) -> str:
    if not member.calls:
        return " has taken no calls yet"
    return f" has taken {member.calls} calls (last was {now - member.last_call} secs ago)"


def _caller(place: int, waiting: Waiting, now: int) -> str:
    minutes, seconds = divmod(now - waiting.since, 60)
    channel, priority = waiting.channel.name, waiting.priority
    return f"      {place}. {channel} (wait: {minutes}:{seconds:02d}, prio: {priority})"
