"""Queues: who waits, who answers, and how well that goes.

Law: numbers, headers and the times at which members change are app_queue.c's; the Queue
application itself is in `queueing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypedDict

import attrs

from amitrio.models.generated.enums import QueueMembership, QueueMemberState, QueueStrategy
from amitrio.models.generated.events.queues import (
    QueueMemberAdded,
    QueueMemberPause,
    QueueMemberPenalty,
    QueueMemberRemoved,
    QueueMemberRinginuse,
    QueueMemberStatus,
)
from amitrio.simulator.tables import DeviceState

if TYPE_CHECKING:
    from amitrio.simulator.channels import Channel
    from amitrio.simulator.pbx import Pbx

__all__ = ["Member", "MemberFacts", "Queue", "Queues", "Waiting", "member_facts"]

_AWAY = frozenset({DeviceState.INVALID, DeviceState.UNAVAILABLE})
_FREE = frozenset({DeviceState.NOT_INUSE, DeviceState.UNKNOWN})


@attrs.define(eq=False, kw_only=True)
class Member:
    """One member of one queue. Times are seconds since the epoch, 0 for never."""

    interface: str
    name: str
    state_interface: str
    dynamic: bool = True
    penalty: int = 0
    calls: int = 0
    last_call: int = 0
    last_pause: int = 0
    login_time: int = 0
    in_call: bool = False
    status: DeviceState = DeviceState.UNKNOWN
    paused: bool = False
    reason: str = ""
    ring_in_use: bool = True
    wrap_up: int = 0  # seconds

    @property
    def logged_in(self) -> bool:
        """Whether the member's device is there at all."""
        return self.status not in _AWAY

    @property
    def available(self) -> bool:
        """Whether QueueSummary counts the member as available."""
        return self.status in _FREE and not self.paused

    def can_be_called(self, wrap_up: int, now: float) -> bool:
        """Whether a call may be sent to the member (is_member_available)."""
        if self.last_call and now - (self.wrap_up or wrap_up) < self.last_call:
            return False
        return self.logged_in and not self.paused and (self.ring_in_use or self.status in _FREE)


@attrs.define(eq=False)
class Waiting:
    """One caller in a queue."""

    channel: Channel
    since: int  # seconds since the epoch
    position: int
    first_position: int
    priority: int = 0


def _strategy(name: str) -> QueueStrategy:
    return QueueStrategy(name)


@attrs.define(eq=False, kw_only=True)
class Queue:
    """One queue, with the options of queues.conf."""

    name: str
    strategy: QueueStrategy = attrs.field(default=QueueStrategy.RINGALL, converter=_strategy)
    max_callers: int = 0
    timeout: float = 15.0
    retry: float = 5.0
    wrap_up: int = 0
    service_level: int = 0
    weight: int = 0
    set_interface_var: bool = False
    members: dict[str, Member] = attrs.field(factory=dict[str, Member])
    callers: list[Waiting] = attrs.field(factory=list[Waiting])
    hold_time: int = 0
    talk_time: int = 0
    completed: int = 0
    completed_in_level: int = 0
    abandoned: int = 0
    abandoned_in_level: int = 0
    next_member: int = 0  # where round robin goes on

    @property
    def performance(self) -> tuple[float, float]:
        """`ServicelevelPerf` and `ServicelevelPerf2`."""
        total = self.completed + self.abandoned
        first = 100 * self.completed_in_level / self.completed if self.completed else 0.0
        in_level = self.completed_in_level + self.abandoned_in_level
        return first, 100 * in_level / total if total else 0.0

    def reset(self) -> None:
        """Forget the statistics (QueueReset)."""
        self.hold_time = self.talk_time = 0
        self.completed = self.completed_in_level = 0
        self.abandoned = self.abandoned_in_level = 0
        for member in self.members.values():
            member.calls = member.last_call = 0


class Queues:
    """Every queue of the PBX."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._queues: dict[str, Queue] = {}
        self.rules: dict[str, list[str]] = {}  # as QueueRule shows them: `30,+3,+0`

    def __iter__(self) -> Iterator[Queue]:
        return iter(self._queues.values())

    def add(self, queue: Queue) -> Queue:
        """Add a queue, in place of one of the same name."""
        self._queues[queue.name.lower()] = queue
        return queue

    def get(self, name: str) -> Queue | None:
        """The queue of that name, in any case."""
        return self._queues.get(name.lower())

    def matching(self, name: str) -> list[Queue]:
        """The queue of that name, or all queues where no name is given."""
        found = self.get(name) if name else None
        return list(self) if not name else [found] if found else []

    # --- members ---

    def add_static_member(self, queue: Queue, member: Member) -> None:
        """Put a member where queues.conf would."""
        member.dynamic = False
        member.login_time = self._pbx.epoch
        member.status = self._pbx.states.device(_device(member.state_interface))
        queue.members[member.interface] = member

    def add_member(self, queue: Queue, member: Member) -> None:
        """Log a member in."""
        member.login_time = self._pbx.epoch
        member.last_pause = self._pbx.epoch if member.paused else 0
        member.status = self._pbx.states.device(_device(member.state_interface))
        queue.members[member.interface] = member
        self._tell_pause(queue, member)
        self._pbx.publish(QueueMemberAdded(**member_fields(queue, member)))

    def remove_member(self, queue: Queue, member: Member) -> None:
        """Log a member out."""
        del queue.members[member.interface]
        self._pbx.publish(QueueMemberRemoved(**member_fields(queue, member)))

    def pause(self, queue: Queue, member: Member, reason: str, *, paused: bool) -> None:
        """Pause or unpause a member, and tell, also where that changes nothing."""
        member.paused = paused
        if paused:
            member.last_pause = self._pbx.epoch
        self._tell_pause(queue, member)
        old_style = self._pbx.release.pause_reason
        member.reason = reason if paused or not old_style else ""
        told = reason if reason and old_style else None
        self._pbx.publish(QueueMemberPause(**member_fields(queue, member), reason=told))
        if not paused:  # the reason of an unpause is told once, and not kept
            member.reason = ""

    def set_penalty(self, queue: Queue, member: Member, penalty: int) -> None:
        """Give a member another penalty, and tell."""
        member.penalty = penalty
        self._pbx.publish(QueueMemberPenalty(**member_fields(queue, member)))

    def set_ring_in_use(self, queue: Queue, member: Member, *, ring: bool) -> None:
        """Say whether a member is called while in use, and tell."""
        member.ring_in_use = ring
        self._pbx.publish(QueueMemberRinginuse(**member_fields(queue, member)))

    def found(self, queue_name: str, interface: str) -> list[tuple[Queue, Member]]:
        """The member in that queue, or in every queue where no name is given."""
        queues = self.matching(queue_name)
        return [(each, each.members[interface]) for each in queues if interface in each.members]

    def _tell_pause(self, queue: Queue, member: Member) -> None:
        self._pbx.states.device_changed(f"Queue:{queue.name}_pause_{member.interface}")

    # --- devices ---

    def device_changed(self, name: str, state: DeviceState) -> None:
        """The device of some member has another state."""
        for queue in self:
            for member in queue.members.values():
                if _device(member.state_interface) == name and member.status is not state:
                    member.status = state
                    self._pbx.publish(QueueMemberStatus(**member_fields(queue, member)))

    def device_state(self, name: str) -> DeviceState:
        """The state of `Queue:name`, `Queue:name_avail` and `Queue:name_pause_member`."""
        if queue := self.get(name):
            return DeviceState.RINGING if queue.callers else DeviceState.NOT_INUSE
        for queue in self:
            if name == f"{queue.name}_avail":
                free = any(member.available for member in queue.members.values())
                return DeviceState.NOT_INUSE if free else DeviceState.INUSE
            for member in queue.members.values():
                if name == f"{queue.name}_pause_{member.interface}":
                    return DeviceState.INUSE if member.paused else DeviceState.NOT_INUSE
        return DeviceState.INVALID


def _device(interface: str) -> str:
    """The device of an interface: a Local channel's options are not part of it."""
    kind, _, address = interface.partition("/")
    return interface.rpartition("/")[0] if kind == "Local" and "/" in address else interface


class MemberFacts(TypedDict):
    """What events and list items about a member have in common."""

    queue: str
    state_interface: str
    membership: QueueMembership
    penalty: int
    calls_taken: int
    last_call: datetime | None
    last_pause: datetime | None
    login_time: datetime | None
    in_call: bool
    status: QueueMemberState
    paused: bool
    paused_reason: str
    wrapup_time: int


class MemberFields(MemberFacts):
    """What every event about a member says."""

    member_name: str
    interface: str
    ring_in_use: bool


def member_facts(queue: Queue, member: Member) -> MemberFacts:
    """What events and list items about a member have in common."""
    return {
        "queue": queue.name,
        "state_interface": member.state_interface,
        "membership": QueueMembership.DYNAMIC if member.dynamic else QueueMembership.STATIC,
        "penalty": member.penalty,
        "calls_taken": member.calls,
        "last_call": _moment(member.last_call),
        "last_pause": _moment(member.last_pause),
        "login_time": _moment(member.login_time),
        "in_call": member.in_call,
        "status": QueueMemberState(member.status),
        "paused": member.paused,
        "paused_reason": member.reason,
        "wrapup_time": member.wrap_up,
    }


def member_fields(queue: Queue, member: Member) -> MemberFields:
    """What every event about a member says."""
    return {
        **member_facts(queue, member),
        "member_name": member.name,
        "interface": member.interface,
        "ring_in_use": member.ring_in_use,
    }


def _moment(epoch: int) -> datetime | None:
    return datetime.fromtimestamp(epoch, UTC) if epoch else None
