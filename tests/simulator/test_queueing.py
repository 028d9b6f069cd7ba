"""Callers in queues: who is called, who answers, who gives up."""

from __future__ import annotations

import pytest

from amitrio.simulator import Member, Pbx, Phone, Queue
from amitrio.simulator.queues import Member as QueueMember
from tests.simulator.talk import events, names, talking

pytestmark = pytest.mark.virtual_time

CALL = (
    "Action: Originate\nAsync: true\nChannel: Local/wait@h2\nContext: h2\nExten: queue\nPriority: 1"
)


async def test_a_caller_is_connected_and_counted() -> None:
    async with talking(events="agent") as (_, talk):
        told = events(await talk.ask(CALL, 5))
        steps = [each["Event"] for each in told if each["Event"] != "QueueMemberStatus"]
        assert steps == [
            "QueueCallerJoin",
            "AgentCalled",
            "QueueCallerLeave",
            "AgentConnect",
            "AgentComplete",
        ]
        assert told[-1]["Reason"] == "agent"
        status = events(await talk.ask("Action: QueueStatus\nQueue: h2q"))
        assert status[0]["Completed"] == "1"
        assert [each["CallsTaken"] for each in status[1:3]] == ["1", "0"]


async def test_a_caller_who_waits_is_shown_and_may_give_up() -> None:
    async with talking(events="agent") as (_, talk):
        for member in ("Local/member@h2/n", "Local/memberbusy@h2/n"):
            await talk.ask(f"Action: QueuePause\nInterface: {member}\nPaused: true")
        await talk.ask(CALL, 4)
        await talk.ask(CALL, 1)
        status = events(await talk.ask("Action: QueueStatus\nQueue: h2q"))
        entries = [each for each in status if each["Event"] == "QueueEntry"]
        assert [(each["Position"], each["CallerIDNum"]) for each in entries] == [
            ("1", "unknown"),
            ("2", "unknown"),
        ]
        summary = events(await talk.ask("Action: QueueSummary\nQueue: h2q"))[0]
        assert (summary["Callers"], summary["Available"]) == ("2", "0")
        assert int(summary["LongestHoldTime"]) >= 4
        told = events(await talk.ask("Action: Hangup\nChannel: Local/wait@h2-00000000;1"))
        assert [each["Event"] for each in told] == ["QueueCallerAbandon", "QueueCallerLeave"]
        assert (told[0]["Position"], told[0]["OriginalPosition"]) == ("1", "1")
        status = events(await talk.ask("Action: QueueStatus\nQueue: h2q"))
        assert [each["Position"] for each in status if each["Event"] == "QueueEntry"] == ["1"]


async def test_a_caller_is_let_go_when_the_time_is_over() -> None:
    async with talking(events="agent,dialplan") as (_, talk):
        for member in ("Local/member@h2/n", "Local/memberbusy@h2/n"):
            await talk.ask(f"Action: QueuePause\nInterface: {member}\nPaused: true")
        told = events(await talk.ask(CALL, 40))
        assert [each["Value"] for each in told if each.get("Variable") == "QUEUESTATUS"] == [
            "TIMEOUT"
        ]


async def test_a_member_that_is_busy_is_tried_again() -> None:
    async with talking(events="agent") as (_, talk):
        await talk.ask("Action: QueuePause\nInterface: Local/member@h2/n\nPaused: true")
        told = names(await talk.ask(CALL, 3.4))
        assert told.count("AgentCalled") == told.count("AgentRingNoAnswer") == 4


def _members(strategy: str) -> object:
    def setup(pbx: Pbx) -> None:
        pbx.dialplan.load("[q]\nexten => s,1,Queue(q,,,,60)\n")
        pbx.add_phone(Phone(name="PJSIP/caller", context="q"))
        queue = pbx.queues.add(Queue(name="q", strategy=strategy, timeout=2, retry=1))
        for name in ("a", "b", "c"):
            interface = f"PJSIP/{name}"
            pbx.add_phone(Phone(name=interface, answers=None))
            member = Member(interface=interface, name=name, state_interface=interface)
            pbx.queues.add_static_member(queue, member)

    return setup


@pytest.mark.parametrize(
    ("strategy", "called"),
    [
        ("ringall", ["a", "b", "c", "a", "b", "c"]),
        ("rrmemory", ["a", "b", "c", "a"]),
        ("linear", ["a", "a", "a", "a"]),
        ("fewestcalls", ["a", "a", "a", "a"]),
    ],
)
async def test_strategies(strategy: str, called: list[str]) -> None:
    async with talking(events="agent", setup=_members(strategy)) as (simulator, talk):
        simulator.pbx.call("PJSIP/caller", "s")
        told = [each for each in events(await talk.hear(30)) if each["Event"] == "AgentCalled"]
        assert [each["MemberName"] for each in told][: len(called)] == called


async def test_nobody_picks_up() -> None:
    async with talking(events="agent", setup=_members("linear")) as (simulator, talk):
        simulator.pbx.call("PJSIP/caller", "s")
        told = events(await talk.hear(2.5))
        assert [each["RingTime"] for each in told if each["Event"] == "AgentRingNoAnswer"] == [
            "2000"
        ]


async def test_16_does_not_tell_durations() -> None:
    for release, told in (("22", True), ("16", False)):
        async with talking(events="dialplan", release=release) as (_, talk):
            heard = await talk.ask(CALL, 5)
            assert ("Variable: QUEUEWAIT\n" in heard) is told


def test_the_public_member_is_the_member() -> None:
    assert Member is QueueMember
