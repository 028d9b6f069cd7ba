"""Queues: their state, and what is done to their members.

Law: the messages are app_queue.c's, and so is what it takes for a mistake.
"""

from __future__ import annotations

from amitrio.models.generated.events.queues import (
    QueueEntry,
    QueueMember,
    QueueParams,
    QueueStatusComplete,
    QueueSummary,
    QueueSummaryComplete,
)
from amitrio.protocol.privileges import is_false, is_true
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall, leading_number
from amitrio.simulator.queues import Member, Queue, Waiting, member_facts
from amitrio.simulator.spelling import known


@action("QueueStatus", "Show queues, their members and callers.", core=False)
def queue_status(call: ActionCall) -> None:
    """One queue or all; `Member` keeps one member."""
    wanted = call.get("Member")
    call.list_start("Queue status will follow")
    before = len(call.frames)
    for queue in call.pbx.queues.matching(call.get("Queue")):
        call.item(_params(queue), id_last=True)
        for member in queue.members.values():
            if wanted in {"", member.interface, member.name}:
                call.item(_member(queue, member), id_last=True)
        for entry in queue.callers:
            call.item(_entry(queue, entry, call.pbx.epoch), id_last=True)
    call.list_end(QueueStatusComplete(), len(call.frames) - before)


def _params(queue: Queue) -> QueueParams:
    first, second = queue.performance
    return QueueParams(
        queue=queue.name,
        max=queue.max_callers,
        strategy=queue.strategy,
        calls=len(queue.callers),
        hold_time=queue.hold_time,
        talk_time=queue.talk_time,
        completed=queue.completed,
        abandoned=queue.abandoned,
        service_level=queue.service_level,
        service_level_perf=first,
        service_level_perf2=second,
        weight=queue.weight,
    )


def _member(queue: Queue, member: Member) -> QueueMember:
    facts = member_facts(queue, member)
    return QueueMember(**facts, name=member.name, location=member.interface)


def _entry(queue: Queue, entry: Waiting, now: int) -> QueueEntry:
    channel = entry.channel
    return QueueEntry(
        queue=queue.name,
        position=entry.position,
        channel=channel.name,
        uniqueid=channel.uniqueid,
        caller_id_num=known(channel.caller.number),
        caller_id_name=known(channel.caller.name),
        connected_line_num=known(channel.connected.number),
        connected_line_name=known(channel.connected.name),
        wait=now - entry.since,
        priority=entry.priority,
    )


@action("QueueSummary", "Show queues in numbers.", core=False)
def queue_summary(call: ActionCall) -> None:
    """How many members and callers each queue has."""
    found = call.pbx.queues.matching(call.get("Queue"))
    now = call.pbx.epoch
    call.list_start("Queue summary will follow")
    for queue in found:
        members = queue.members.values()
        longest = max((now - each.since for each in queue.callers), default=0)
        summary = QueueSummary(
            queue=queue.name,
            logged_in=sum(member.logged_in for member in members),
            available=sum(member.available for member in members),
            callers=len(queue.callers),
            hold_time=queue.hold_time,
            talk_time=queue.talk_time,
            longest_hold_time=longest,
        )
        call.item(summary, id_last=True)
    call.list_end(QueueSummaryComplete(), len(found))


@action("QueueAdd", "Log a member in.", "agent", core=False)
def queue_add(call: ActionCall) -> None:
    """Add a dynamic member."""
    name, interface = call.get("Queue"), call.get("Interface")
    if not name or not interface:
        call.error(f"'{'Interface' if name else 'Queue'}' not specified.")
        return
    queue = call.pbx.queues.get(name)
    if queue is None:
        call.error("Unable to add interface to queue: No such queue")
    elif interface in queue.members:
        call.error("Unable to add interface: Already there")
    else:
        member = Member(
            interface=interface,
            name=call.get("MemberName") or interface,
            state_interface=call.get("StateInterface") or interface,
            penalty=max(0, call.number("Penalty")),
            paused=is_true(call.get("Paused")),
            reason=call.get("Reason") if is_true(call.get("Paused")) else "",
            wrap_up=max(0, call.number("Wrapuptime")),
        )
        call.pbx.queues.add_member(queue, member)
        call.ack("Added interface to queue")


@action("QueueRemove", "Log a member out.", "agent", core=False)
def queue_remove(call: ActionCall) -> None:
    """Remove a dynamic member."""
    name, interface = call.get("Queue"), call.get("Interface")
    if not name or not interface:
        call.error("Need 'Queue' and 'Interface' parameters.")
        return
    queue = call.pbx.queues.get(name)
    if queue is None:
        call.error("Unable to remove interface from queue: No such queue")
        return
    member = queue.members.get(interface)
    if member is None:
        call.error("Unable to remove interface: Not there")
    elif not member.dynamic:
        call.error("Member not dynamic")
    else:
        call.pbx.queues.remove_member(queue, member)
        call.ack("Removed interface from queue")


@action("QueuePause", "Pause or unpause a member.", "agent", core=False)
def queue_pause(call: ActionCall) -> None:
    """Pause a member in one queue or in all."""
    interface, text = call.get("Interface"), call.get("Paused")
    if not interface or not text:
        call.error("Need 'Interface' and 'Paused' parameters.")
        return
    found = call.pbx.queues.found(call.get("Queue"), interface)
    paused = is_true(text)
    for queue, member in found:
        call.pbx.queues.pause(queue, member, call.get("Reason"), paused=paused)
    if not found:
        call.error("Interface not found")
    else:
        call.ack(f"Interface {'paused' if paused else 'unpaused'} successfully")


@action("QueuePenalty", "Set the penalty of a member.", "agent", core=False)
def queue_penalty(call: ActionCall) -> None:
    """Set a penalty in one queue or in all."""
    interface, text = call.get("Interface"), call.get("Penalty")
    if not interface or not text:
        call.error("Need 'Interface' and 'Penalty' parameters.")
        return
    found = call.pbx.queues.found(call.get("Queue"), interface)
    penalty = leading_number(text)
    if not found or penalty < 0:
        call.error("Invalid interface, queuename or penalty")
        return
    for queue, member in found:
        call.pbx.queues.set_penalty(queue, member, penalty)
    call.ack("Interface penalty set successfully")


@action("QueueMemberRingInUse", "Say whether a member is called while in use.", "agent", core=False)
def queue_member_ring_in_use(call: ActionCall) -> None:
    """Set ringinuse in one queue or in all."""
    interface, text = call.get("Interface"), call.get("RingInUse")
    if not interface or not text:
        call.error("Need 'Interface' and 'RingInUse' parameters.")
        return
    if not (is_true(text) or is_false(text)):
        call.error("'RingInUse' parameter must be a truth value (yes/no, on/off, 0/1, etc)")
        return
    found = call.pbx.queues.found(call.get("Queue"), interface)
    if not found:
        call.error("Invalid interface, queuename, or ringinuse value\n")
        return
    for queue, member in found:
        call.pbx.queues.set_ring_in_use(queue, member, ring=is_true(text))
    call.ack("Interface ringinuse set successfully")


@action("QueueReset", "Forget the statistics of queues.", core=False)
def queue_reset(call: ActionCall) -> None:
    """Start counting again."""
    for queue in call.pbx.queues.matching(call.get("Queue")):
        queue.reset()
    call.ack("Queue stats reset successfully")


@action("QueueRule", "Show the rules that change penalties.", core=False)
def queue_rule(call: ActionCall) -> None:
    """Rules in the order of the file; the structure is the order, and an empty line is too many."""
    wanted = call.get("Rule").lower()
    headers = [("Response", "Success"), *call.id]
    for name, rules in call.pbx.queues.rules.items():
        if wanted in {"", name.lower()}:
            headers += [("RuleList", name), *(("Rule", rule) for rule in rules)]
    call.send(headers)
    call.send_raw(b"\r\n")
