"""Calls: placing them, following them, ending them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import anyio
import pytest

import amitrio as ami
from tests.behaviour.pbx import Pbx, hang_up_all


async def test_a_call_that_is_answered(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("Newchannel", "Hangup") as stream, anyio.fail_after(20):
            call = await client.originate("Local/answer@h2", application="Wait", data="0.2")
            assert call.reply.message == "Originate successfully queued"
            report = await call.wait_answered()
            assert report["Response"] == "Success"
            assert report["Reason"] == "4"
            assert report["Uniqueid"] == call.channel_id
            ours = [e async for e in _of_call(stream, call.channel_id, ends=2)]
        assert [event.kind for event in ours] == ["Newchannel", "Newchannel", "Hangup", "Hangup"]


async def _of_call(
    stream: ami.EventStream[ami.Event], channel_id: str, *, ends: int
) -> AsyncGenerator[ami.Event]:
    while ends:
        event = await stream.receive()
        if event["Linkedid"] == channel_id:
            ends -= event.kind == "Hangup"
            yield event


@pytest.mark.parametrize(("exten", "reason"), [("busy", 5), ("congest", 8), ("fail", 0)])
async def test_a_call_that_is_not_answered_says_why(pbx: Pbx, exten: str, reason: int) -> None:
    async with pbx.connect() as client:
        call = await client.originate(f"Local/{exten}@h2", application="Wait", data="1")
        with pytest.raises(ami.OriginateFailed) as caught:
            await call.wait_answered()
        assert caught.value.reason == reason


async def test_a_call_that_nobody_answers_in_time(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        call = await client.originate(
            "Local/noanswer@h2", application="Wait", data="1", timeout=0.5
        )
        with pytest.raises(ami.OriginateFailed, match="in time"):
            await call.wait_answered()


async def test_the_report_reaches_its_listeners_and_its_call(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("OriginateResponse") as stream:
            call = await client.originate("Local/answer@h2", application="Wait", data="0.1")
            report = await call.wait_answered()
            assert await stream.receive() == report == call.report


async def test_a_call_to_an_extension_that_does_not_exist(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with pytest.raises(ami.ActionError, match="Extension does not exist"):
            await client.originate("Local/answer@h2", context="h2", exten="never")


async def test_waiting_for_a_report_that_the_mask_keeps_away_is_refused(pbx: Pbx) -> None:
    async with pbx.connect(event_mask="system") as client:
        call = await client.originate("Local/answer@h2", application="Wait", data="0.1")
        with pytest.raises(ami.PermissionDenied, match="event_mask"):
            await call.wait_answered()


async def test_variables_reach_the_channel_exactly(pbx: Pbx) -> None:
    variables = {
        "COMMA": "a,b,,c",
        "QUOTE": 'say "hello"',
        "BACK": "\\a\\\\b\\",
        "BRACKETS": "(x) {y} [z] ${NOT} $[1+1]",
        "BLANKS": "a  b ",
        "EQUALS": "x=y=z",
        "LETTERS": "Żółć 📞",
        "EMPTY": "",
    }
    async with pbx.connect() as client:
        call = await client.originate(
            "Local/wait@h2", application="Wait", data="60", variables=variables
        )
        try:
            channel = (await call.wait_answered())["Channel"]
            seen = {
                name: (await client.send("Getvar", Channel=channel, Variable=name))["Value"]
                for name in variables
            }
        finally:
            await hang_up_all(client)
    assert seen == variables


async def test_values_stay_text(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("Newchannel", "OriginateResponse") as stream:
            call = await client.originate(
                "Local/answer@h2",
                application="Wait",
                data="0.1",
                caller_id="<0044123>",
                channel_id="1402076400.50940",
                other_channel_id="1402076400.50941",
            )
            channel = await stream.receive()
            report = await call.wait_answered()
        await hang_up_all(client)
        assert channel["Uniqueid"] == report["Uniqueid"] == "1402076400.50940"
        assert report["CallerIDNum"] == "0044123"


async def test_status_and_hangup_of_one_channel(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        call = await client.originate("Local/wait@h2", application="Wait", data="60")
        channel = (await call.wait_answered())["Channel"]
        (status,) = await client.send("Status", Channel=channel)
        assert status.kind == "Status"
        assert status["Uniqueid"] == call.channel_id
        with client.events("Hangup", where=lambda e: e["Channel"] == channel) as stream:
            reply = await client.send("Hangup", Channel=channel, Cause=17)
            assert reply.message == "Channel Hungup"
            assert (await stream.receive())["Cause"] == "17"
        with pytest.raises(ami.ActionError, match="No such channel"):
            await client.send("Hangup", Channel=channel)


async def test_hanging_up_by_pattern_is_a_list(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        await hang_up_all(client)
        for _ in range(2):
            call = await client.originate("Local/wait@h2", application="Wait", data="60")
            await call.wait_answered()
        with client.events("Hangup") as stream:
            # One half of each call: the other half goes with it, and the server lists it only
            # where its own walk over the channels comes by before that.
            hung_up = await client.send("Hangup", Channel="/^Local\\/wait@h2.*;1$/")
            assert isinstance(hung_up, ami.ListReply)
            assert {item.kind for item in hung_up} == {"ChannelHungup"}
            assert len(hung_up) == hung_up.announced == 2
            for _ in range(4):
                await stream.receive()


async def test_a_channel_that_is_redirected(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        call = await client.originate("Local/wait@h2", application="Wait", data="60")
        channel = (await call.wait_answered())["Channel"]
        try:
            with client.events("Newexten", where=lambda e: e["Exten"] == "echo") as stream:
                reply = await client.send(
                    "Redirect", Channel=channel, Context="h2", Exten="echo", Priority=1
                )
                assert reply.message == "Redirect successful"
                assert (await stream.receive())["Channel"] == channel
        finally:
            await hang_up_all(client)


async def test_two_channels_that_are_bridged(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        calls = [
            await client.originate("Local/wait@h2", application="Wait", data="60") for _ in range(2)
        ]
        one, two = [(await call.wait_answered())["Channel"] for call in calls]
        try:
            with client.events("BridgeEnter") as stream:
                reply = await client.send("Bridge", Channel1=one, Channel2=two)
                assert reply.succeeded
                entered = [await stream.receive() for _ in range(2)]
            bridge = entered[0]["BridgeUniqueid"]
            assert {event["Channel"] for event in entered} == {one, two}
            assert bridge in [item["BridgeUniqueid"] for item in await client.send("BridgeList")]
            inside = await client.send("BridgeInfo", BridgeUniqueid=bridge)
            assert {item["Channel"] for item in inside} == {one, two}
        finally:
            await hang_up_all(client)


async def test_a_dialed_call_tells_its_story(pbx: Pbx) -> None:
    kinds = ("DialBegin", "DialEnd", "BridgeEnter", "BridgeLeave")
    async with pbx.connect() as client:
        with client.events(*kinds) as stream, anyio.fail_after(20):
            await client.originate("Local/dial@h2", application="Wait", data="5")
            story: list[str] = []
            while story.count("BridgeLeave") < 2:
                event = await stream.receive()
                if event.kind == "DialEnd":
                    assert event["DialStatus"] == "ANSWER"
                story.append(event.kind)
        await hang_up_all(client)
    assert story.count("DialBegin") == story.count("DialEnd") == 2
    assert story.count("BridgeEnter") == 2
