"""Queues: their members, and a call through one."""

from __future__ import annotations

import anyio
import pytest

import amitrio as ami
from tests.behaviour.pbx import Pbx, hang_up_all

MEMBER = "Local/9999@h2"


async def test_a_member_comes_pauses_and_goes(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("QueueMember*") as stream:
            await client.send("QueueAdd", Queue="emptyq", Interface=MEMBER, MemberName="Ada")
            added = await stream.receive()
            assert added.kind == "QueueMemberAdded"
            assert (added["MemberName"], added["Paused"]) == ("Ada", "0")
            await client.send(
                "QueuePause", Queue="emptyq", Interface=MEMBER, Paused=True, Reason="lunch"
            )
            paused = await stream.receive()
            assert paused.kind == "QueueMemberPause"
            assert (paused["Paused"], paused["PausedReason"]) == ("1", "lunch")
            await client.send("QueueRemove", Queue="emptyq", Interface=MEMBER)
            assert (await stream.receive()).kind == "QueueMemberRemoved"
        assert len((await client.send("QueueStatus", Queue="emptyq")).of("QueueMember")) == 0


async def test_a_member_who_is_there_already(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with pytest.raises(ami.ActionError, match="Already there"):
            await client.send("QueueAdd", Queue="h2q", Interface="Local/member@h2/n")


async def test_the_summary_of_a_queue(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        (summary,) = await client.send("QueueSummary", Queue="h2q")
        assert summary.kind == "QueueSummary"
        assert summary["Callers"] == "0"


async def test_a_call_through_a_queue_tells_its_story(pbx: Pbx) -> None:
    kinds = ("QueueCallerJoin", "AgentCalled", "AgentConnect", "QueueCallerLeave", "AgentComplete")
    async with pbx.connect() as client:
        with client.events(*kinds) as stream, anyio.fail_after(30):
            await client.originate("Local/queue@h2", application="Wait", data="20")
            story: dict[str, ami.Event] = {}
            while "AgentComplete" not in story:
                event = await stream.receive()
                story.setdefault(event.kind, event)
        await hang_up_all(client)
    assert set(story) == set(kinds)
    assert story["QueueCallerJoin"]["Position"] == "1"
    assert story["AgentConnect"]["MemberName"] == "Agent One"
    assert story["AgentComplete"]["Queue"] == "h2q"
