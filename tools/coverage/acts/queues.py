"""Queues and agents: members, callers, and the calls that bring them together."""

from __future__ import annotations

from typing import Any

import anyio

import amitrio as ami
from tools.coverage.stage import Stage

__all__ = ["abandoned", "agents", "members", "served", "waiting"]

_MEMBER = "Local/9999@h2"


async def members(stage: Stage) -> None:
    """A member who comes, pauses, changes and goes."""
    member = {"Queue": "emptyq", "Interface": _MEMBER}
    with stage.hear("QueueMemberRemoved") as removed:
        await stage.ask("QueueAdd", **member, MemberName="Ada: x", StateInterface="Custom:h2a1")
        await stage.ask("QueuePause", **member, Paused="true", Reason="lunch")
        await stage.ask("QueuePause", **member, Paused="false")
        await stage.ask("QueuePenalty", **member, Penalty=3)
        await stage.ask("QueueMemberRingInUse", **member, RingInUse="no")
        await stage.ask("QueueStatus", Queue="emptyq")
        await stage.ask("QueueRemove", **member)
        await removed.receive()


async def served(stage: Stage) -> None:
    """A caller whom a member serves, while the other is busy."""
    with stage.hear("AgentComplete") as complete:
        await stage.call("queue", "Wait(20)")
        await complete.receive()


async def waiting(stage: Stage) -> None:
    """A caller in a queue that nobody serves, and what there is to ask meanwhile."""
    with stage.hear("QueueCallerJoin") as joined, stage.hear("QueueCallerLeave") as left:
        channel = await stage.call("wait", "Queue(emptyq)", caller_id='"Cal: ler" <77>')
        await joined.receive()
        await stage.ask("QueueStatus")
        await stage.ask("QueueSummary")
        await stage.ask("QueueChangePriorityCaller", Queue="emptyq", Caller=channel, Priority=5)
        await stage.ask("QueueWithdrawCaller", Queue="emptyq", Caller=channel)
        await stage.ask("Hangup", Channel=channel)
        await left.receive()
    await stage.ask("QueueRule")
    await stage.ask("QueueRule", Rule="myrule")
    await stage.ask("QueueLog", Queue="emptyq", Event="Test", Message="a: b")
    await stage.ask("QueueReset", Queue="emptyq")
    await stage.ask("QueueReload", Queue="emptyq", Members="yes")
    await stage.ask("Queues")


async def abandoned(stage: Stage) -> None:
    """A caller who gives up."""
    with stage.hear("QueueCallerJoin") as joined, stage.hear("QueueCallerAbandon") as gone:
        channel = await stage.call("wait", "Queue(emptyq)")
        await joined.receive()
        await stage.ask("Hangup", Channel=channel)
        await gone.receive()


async def agents(stage: Stage) -> None:
    """An agent who logs in, serves a caller and is logged off."""
    with stage.hear("AgentLogin") as logins, stage.hear("BridgeEnter") as entered:
        await stage.call("wait", "AgentLogin(1001,s)")
        agent = (await logins.receive())["Channel"]
        await stage.wait_for(entered, Channel=agent)
        await stage.ask("Agents")
        caller = await _served_by_agent(stage, entered)
        await stage.ask("Agents")
    with stage.hear("AgentLogoff") as logoffs:
        await stage.ask("Hangup", Channel=caller)
        await stage.ask("AgentLogoff", Agent="1001", Soft="false")
        await logoffs.receive()
    await stage.ask("Agents")


async def _served_by_agent(stage: Stage, entered: ami.EventStream[Any]) -> str:
    """A caller whom the agent serves; whoever is turned away calls again."""
    # LOGIN_WAIT_TIMEOUT_TIME in app_agent_pool.c: none is put through in the first five seconds.
    while True:
        caller = await stage.call("wait", "AgentRequest(1001)")
        with anyio.move_on_after(1):
            await stage.wait_for(entered, Channel=caller)
            return caller
