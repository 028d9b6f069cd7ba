"""Queueing: the Queue application, a caller who waits until a member answers.

Law: events and variables come in the order of app_queue.c. A member that is busy or does not
pick up is told by AgentRingNoAnswer; a caller who leaves first by QueueCallerAbandon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from amitrio.models import ChannelSnapshot
from amitrio.models.generated.enums import AgentCompleteReason
from amitrio.models.generated.events.queues import (
    AgentCalled,
    AgentComplete,
    AgentConnect,
    AgentRingNoAnswer,
    QueueCallerAbandon,
    QueueCallerJoin,
    QueueCallerLeave,
)
from amitrio.simulator.channels import (
    Channel,
    ChannelFields,
    ChannelIds,
    HungUp,
    Party,
    Redirected,
)
from amitrio.simulator.dialing import set_duration, talk
from amitrio.simulator.kernel import Steps
from amitrio.simulator.originate import publish_dial
from amitrio.simulator.queues import Member, Queue, Waiting
from amitrio.simulator.tables import Cause, Control, dial_status
from amitrio.simulator.technologies import request_channel

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx

__all__ = ["visit_queue"]

_TURN_CHECK = 1.0  # wait_our_turn() looks once a second


@attrs.define(eq=False)
class _Ringing:
    """One member that is being called."""

    member: Member
    channel: Channel
    since: float


@attrs.define(eq=False)
class _Visit:
    """One caller's time in one queue."""

    queue: Queue
    waiting: Waiting
    channel: Channel
    expires: float
    dialed_since: float | None = None

    @property
    def pbx(self) -> Pbx:
        """The PBX."""
        return self.channel.pbx

    @property
    def held(self) -> int:
        """Seconds in the queue so far, as a clock counts that knows but seconds."""
        return self.pbx.epoch - self.waiting.since


def visit_queue(channel: Channel, name: str, options: str, timeout: float) -> Steps[None]:
    """Wait in a queue for so many seconds, and talk to the member that answers."""
    queue = channel.pbx.queues.get(name)
    if queue is None:
        return
    if queue.max_callers and len(queue.callers) >= queue.max_callers:
        channel.set_variable("QUEUESTATUS", "FULL")
        return
    visit = _join(channel, queue, timeout)
    try:
        answered = yield from _wait(visit)
    except (HungUp, Redirected):
        _abandon(visit)
        raise
    if answered is None:
        _leave(visit)
        channel.set_variable("QUEUESTATUS", "TIMEOUT")
        return
    yield from _connect(visit, answered)
    if "c" not in options and not channel.redirected:
        channel.hung_up = True
    channel.check()


def _join(channel: Channel, queue: Queue, timeout: float) -> _Visit:
    pbx = channel.pbx
    if pbx.release.queue_durations:
        for name in ("ANSWEREDTIME", "DIALEDTIME", "QUEUEWAIT"):
            channel.set_variable(name, "")
            channel.set_variable(f"{name}_MS", "")
    position = len(queue.callers) + 1
    waiting = Waiting(channel, pbx.epoch, position, position)
    queue.callers.append(waiting)
    pbx.states.device_changed(f"Queue:{queue.name}")
    count = len(queue.callers)
    who = channel.snapshot()
    channel.pbx.publish(QueueCallerJoin(**who, queue=queue.name, position=position, count=count))
    return _Visit(queue, waiting, channel, pbx.kernel.now + timeout)


def _wait(visit: _Visit) -> Steps[_Ringing | None]:
    """Wait for one's turn, and call members until one answers; None when the time is over."""
    kernel, channel = visit.pbx.kernel, visit.channel
    while kernel.now < visit.expires:
        if visit.queue.callers[0] is not visit.waiting:
            yield from channel.pause(min(kernel.now + _TURN_CHECK, visit.expires))
            continue
        answered = yield from _try_members(visit)
        if answered is not None:
            return answered
        yield from channel.pause(min(kernel.now + visit.queue.retry, visit.expires))
    return None


# --- calling members ---


def _try_members(visit: _Visit) -> Steps[_Ringing | None]:
    """Call the best members once."""
    pbx, queue = visit.pbx, visit.queue
    ringing = [found for member in _best(visit) if (found := _call(visit, member))]
    if visit.dialed_since is None and ringing:
        visit.dialed_since = pbx.kernel.now
    deadline = min(pbx.kernel.now + queue.timeout, visit.expires)
    answered: _Ringing | None = None
    try:
        while ringing and answered is None and pbx.kernel.now < deadline:
            visit.channel.check()
            answered, heard = _listen(visit, ringing)
            if not heard:
                yield deadline
    finally:
        for each in ringing:
            if each is not answered:
                _stop(visit, each, elsewhere=answered is not None)
    return answered


def _best(visit: _Visit) -> list[Member]:
    """The members to be called now: all of the best with ringall, else one."""
    queue, pbx = visit.queue, visit.pbx
    members = list(queue.members.values())
    able = [each for each in members if each.can_be_called(queue.wrap_up, pbx.now)]
    if not able:
        return []
    if queue.strategy == "ringall":
        lowest = min(each.penalty for each in able)
        return [each for each in able if each.penalty == lowest]
    ranks = {id(each): _rank(queue, members, each, pbx) for each in able}
    best = min(able, key=lambda each: (each.penalty, ranks[id(each)]))
    queue.next_member = members.index(best) + 1
    return [best]


def _rank(queue: Queue, members: list[Member], member: Member, pbx: Pbx) -> float:
    """How soon the strategy would have the member called (calc_metric)."""
    position = members.index(member)
    ranks = {
        "linear": position,
        "rrmemory": (position - queue.next_member) % len(members),
        "rrordered": (position - queue.next_member) % len(members),
        "leastrecent": member.last_call,
        "fewestcalls": member.calls,
        "random": pbx.random.random(),
        "wrandom": pbx.random.random() * (1 + member.penalty),
    }
    return ranks.get(queue.strategy, position)


def _call(visit: _Visit, member: Member) -> _Ringing | None:
    """Ring one member (ring_entry)."""
    caller = visit.channel
    technology, _, address = member.interface.partition("/")
    channel = request_channel(visit.pbx, technology, address, ChannelIds(), caller)
    if channel is None:
        return None
    channel.attend()
    channel.application, channel.data = "AppQueue", "(Outgoing Line)"
    if not channel.caller.number:
        number = caller.dialed_number or caller.exten
        channel.caller = caller.connected if caller.connected.number else Party(number)
    channel.publish_changes()
    channel.set_variable("DIALEDPEERNUMBER", address)
    channel.inherit_variables(caller)
    channel.connected = caller.caller
    called = channel.call()
    channel.context, channel.exten = caller.context, caller.exten
    if not called:
        channel.hangup()
        return None
    channel.pbx.publish(AgentCalled(**_agent(visit, member, channel)))
    publish_dial(caller, channel, begin=member.interface)
    return _Ringing(member, channel, visit.pbx.kernel.now)


def _listen(visit: _Visit, ringing: list[_Ringing]) -> tuple[_Ringing | None, bool]:
    """Take one thing that a called member says: who answered, and whether anything was said."""
    for each in list(ringing):
        channel = each.channel
        if channel.hung_up:
            _lose(visit, ringing, each, dial_status(channel.hangup_cause))
            return None, True
        if channel.frames:
            control = channel.frames.popleft()
            if control is Control.RINGING:
                publish_dial(visit.channel, channel, status="RINGING")
            elif control is Control.ANSWER:
                publish_dial(visit.channel, channel, status="ANSWER")
                return each, True
            elif control in {Control.BUSY, Control.CONGESTION}:
                _lose(visit, ringing, each, control.name)
            return None, True
    return None, False


def _lose(visit: _Visit, ringing: list[_Ringing], lost: _Ringing, status: str) -> None:
    ringing.remove(lost)
    publish_dial(visit.channel, lost.channel, status=status)
    fields = _agent(visit, lost.member, lost.channel)
    visit.pbx.publish(AgentRingNoAnswer(**fields, ring_time=0))
    lost.channel.hangup()


def _stop(visit: _Visit, each: _Ringing, *, elsewhere: bool) -> None:
    """A member need not be rung any longer."""
    if elsewhere or visit.channel.hung_up:
        publish_dial(visit.channel, each.channel, status="CANCEL")
    else:
        publish_dial(visit.channel, each.channel, status="NOANSWER")
        rung = round((visit.pbx.kernel.now - each.since) * 1000)
        fields = _agent(visit, each.member, each.channel)
        visit.pbx.publish(AgentRingNoAnswer(**fields, ring_time=rung))
    if elsewhere:
        each.channel.hangup_cause = Cause.ANSWERED_ELSEWHERE
    each.channel.hangup()


# --- talking ---


def _connect(visit: _Visit, answered: _Ringing) -> Steps[None]:
    caller, member, peer = visit.channel, answered.member, answered.channel
    queue, kernel = visit.queue, visit.pbx.kernel
    hold, ring = visit.held, int(kernel.now - answered.since)
    caller.hangup_cause = peer.hangup_cause = Cause.NORMAL
    if queue.set_interface_var:
        _set_member_variables(caller, member)
        _set_member_variables(peer, member)
    _leave(visit)
    if visit.pbx.release.queue_durations:
        set_duration(caller, "QUEUEWAIT", visit.held)
    queue.hold_time = _average(queue.hold_time, hold, queue.completed + queue.abandoned)
    fields = _agent(visit, member, peer)
    visit.pbx.publish(AgentConnect(**fields, hold_time=hold, ring_time=ring))
    started, member.in_call = kernel.now, True
    try:
        yield from talk(caller, peer)
    finally:
        _complete(visit, answered, hold, started)


def _average(old: int, new: int, count: int) -> int:
    """Asterisk's exponential average; the first value is taken as it is."""
    return (old * 3 + new) >> 2 if count else new


def _complete(visit: _Visit, answered: _Ringing, hold: int, started: float) -> None:
    pbx = visit.pbx
    talked = pbx.epoch - int(pbx.started + started)
    caller, queue, member = visit.channel, visit.queue, answered.member
    member.in_call = False
    member.calls += 1
    member.last_call = pbx.epoch
    queue.talk_time = _average(queue.talk_time, talked, queue.completed)
    queue.completed += 1
    queue.completed_in_level += hold <= queue.service_level
    if pbx.release.queue_durations:
        set_duration(caller, "ANSWEREDTIME", pbx.kernel.now - started)
        _set_dialed_time(visit)
    pbx.records.dialed(caller, answered.channel.name, "ANSWERED")
    reason = AgentCompleteReason.CALLER if caller.hung_up else AgentCompleteReason.AGENT
    fields = _agent(visit, member, answered.channel)
    pbx.publish(AgentComplete(**fields, hold_time=hold, talk_time=talked, reason=reason))


def _set_member_variables(channel: Channel, member: Member) -> None:
    values = (
        ("MEMBERINTERFACE", member.interface),
        ("MEMBERNAME", member.name),
        ("MEMBERCALLS", str(member.calls)),
        ("MEMBERLASTCALL", str(member.last_call)),
        ("MEMBERPENALTY", str(member.penalty)),
        ("MEMBERDYNAMIC", str(int(member.dynamic))),
        ("MEMBERREALTIME", "0"),
    )
    for name, value in values:
        channel.set_variable(name, value)


# --- leaving ---


def _leave(visit: _Visit) -> None:
    queue, waiting = visit.queue, visit.waiting
    queue.callers.remove(waiting)
    visit.pbx.publish(
        QueueCallerLeave(
            **visit.channel.snapshot(),
            queue=queue.name,
            position=waiting.position,
            count=len(queue.callers),
        )
    )
    visit.channel.set_variable("QUEUEPOSITION", str(waiting.position))
    for position, each in enumerate(queue.callers, start=1):
        each.position = position
    visit.pbx.states.device_changed(f"Queue:{queue.name}")


def _abandon(visit: _Visit) -> None:
    channel, queue, waiting = visit.channel, visit.queue, visit.waiting
    held = visit.held
    if visit.pbx.release.queue_durations:
        set_duration(channel, "QUEUEWAIT", held)
        _set_dialed_time(visit)
        set_duration(channel, "ANSWEREDTIME", 0)
    channel.set_variable("ABANDONED", "TRUE")
    queue.abandoned += 1
    queue.abandoned_in_level += held <= queue.service_level
    channel.pbx.publish(
        QueueCallerAbandon(
            **channel.snapshot(),
            queue=queue.name,
            position=waiting.position,
            original_position=waiting.first_position,
            hold_time=held,
        )
    )
    _leave(visit)


def _set_dialed_time(visit: _Visit) -> None:
    since = visit.dialed_since
    dialed = visit.pbx.kernel.now - since if since is not None else 0.0
    set_duration(visit.channel, "DIALEDTIME", dialed)


class _AgentFields(ChannelFields):
    """What every event about a called member says."""

    dest: ChannelSnapshot
    queue: str
    interface: str
    member_name: str


def _agent(visit: _Visit, member: Member, channel: Channel) -> _AgentFields:
    return {
        **visit.channel.snapshot(),
        "dest": ChannelSnapshot(**channel.snapshot()),
        "queue": visit.queue.name,
        "interface": member.interface,
        "member_name": member.name,
    }
