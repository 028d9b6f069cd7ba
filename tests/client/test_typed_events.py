"""Typed events: each comes as an object of its own class, whoever asked for it and how."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import amitrio as ami
from tests.client.peer import Peer
from tests.client.waiting import Beside, quiet

HANGUP = (
    "Event: Hangup / Privilege: call,all / Channel: PJSIP/100-00000001 / ChannelState: 6"
    " / ChannelStateDesc: Up / CallerIDNum: 100 / CallerIDName: <unknown>"
    " / ConnectedLineNum: <unknown> / ConnectedLineName: <unknown> / Language: en / AccountCode: "
    " / Context: internal / Exten: 200 / Priority: 3 / Uniqueid: 1402076400.50940"
    " / Linkedid: 1402076400.50940 / Cause: 16 / Cause-txt: Normal Clearing"
)
DIAL = "Event: DialEnd / Channel: Local/1@x / DestChannel: PJSIP/2-1 / DialStatus: ANSWER"
QUEUE = "Event: QueueMemberPause / Queue: support / Paused: 1"
NOVEL = "Event: Novel / Channel: PJSIP/100-00000001"


def is_the_hangup(event: ami.Hangup) -> None:
    assert type(event) is ami.Hangup
    assert event.channel == "PJSIP/100-00000001"
    assert event.channel_state is ami.ChannelState.UP
    assert event.caller_id_num == "100"
    assert event.caller_id_name is None
    assert event.account_code == ""
    assert event.priority == 3
    assert event.uniqueid == "1402076400.50940"
    assert event.cause is ami.HangupCause.NORMAL_CLEARING
    assert event.cause_txt == event["Cause-txt"] == "Normal Clearing"
    assert event["CallerIDName"] == "<unknown>"
    assert event.privilege == "call,all"
    assert event.problems == ()
    assert event.other_headers == ami.Headers()


# How they are asked for --------------------------------------------------------------------------


async def test_by_name(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            await peer.say(HANGUP)
            is_the_hangup(await stream.receive())


async def test_by_class(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events(ami.Hangup) as stream:
            await peer.say(DIAL, HANGUP)
            is_the_hangup(await stream.receive())


@pytest.mark.parametrize("name", ["hangup", "HANGUP"])
async def test_by_name_in_any_case(peer: Peer, name: str) -> None:
    async with peer.accept() as client:
        with client.events(name) as stream:
            await peer.say(HANGUP)
            event = await stream.receive()
            assert isinstance(event, ami.Hangup)
            is_the_hangup(event)


async def test_a_kind_that_is_no_identifier(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events(ami.AOCD) as by_class, client.events("AOC-D") as by_name:
            await peer.say("Event: AOC-D / Channel: DAHDI/1-1 / Type: Free")
            event = await by_class.receive()
            assert type(event) is ami.AOCD
            assert event.channel == "DAHDI/1-1"
            assert await by_name.receive() is event


@pytest.mark.parametrize(
    "kinds",
    [
        (ami.Hangup, ami.DialEnd),
        ("Hangup", "DialEnd"),
        (ami.Hangup, "dialend"),
        ("Hang*", ami.DialEnd, ami.Hangup),
        (ami.Event,),
        (),
    ],
)
async def test_several_each_have_their_own(peer: Peer, kinds: tuple[Any, ...]) -> None:
    async with peer.accept() as client:
        with client.events(*kinds) as stream:
            await peer.say(DIAL, HANGUP)
            end, hangup = await stream.receive(), await stream.receive()
            is_the_hangup(hangup)
            assert type(end) is ami.DialEnd
            assert end.dial_status is ami.DialStatus.ANSWER
            assert end.dest is not None
            assert end.dest.channel == "PJSIP/2-1"


async def test_what_a_pattern_matches_has_its_own_class(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Queue*") as stream:
            await peer.say(HANGUP, QUEUE, "Event: QueueEntry / Queue: support / Position: 1")
            await peer.say("Event: QueueNovelty / Queue: support")
            received = [await stream.receive() for _ in range(3)]
            assert [type(one) for one in received] == [
                ami.QueueMemberPause, ami.QueueEntry, ami.Event,
            ]  # fmt: skip
            assert isinstance(received[0], ami.QueueMemberPause)
            assert (received[0].queue, received[0].paused) == ("support", True)


@pytest.mark.filterwarnings("ignore::amitrio.UnknownEventWarning")
async def test_an_event_of_which_nothing_is_known_has_its_headers(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Novel") as by_name, client.events() as all_of_them:
            await peer.say(NOVEL)
            event = await by_name.receive()
            assert type(event) is ami.Event
            assert event.kind == "Novel"
            assert event["Channel"] == "PJSIP/100-00000001"
            assert await all_of_them.receive() is event


async def test_where_is_asked_of_the_typed_event(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events(ami.Hangup, where=lambda hangup: hangup.priority == 3) as stream:
            await peer.say("Event: Hangup / Priority: 1", "Event: Hangup", HANGUP)
            is_the_hangup(await stream.receive())


async def test_a_common_base_may_be_chosen_by_where(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events(where=lambda event: isinstance(event, ami.ChannelEvent)) as stream:
            await peer.say(QUEUE, NOVEL, HANGUP)
            event = await stream.receive()
            assert isinstance(event, ami.Hangup)


@pytest.mark.parametrize("kind", ["Hangup", "hangup", "Hang*", ami.Hangup, ami.Event])
async def test_waiting_for_one(peer: Peer, beside: Beside, kind: Any) -> None:
    async with peer.accept() as client:
        waiting = beside(client.wait_for(kind, where=lambda event: "Cause" in event))
        await quiet()
        await peer.say(NOVEL, "Event: Hangup / Channel: x", HANGUP)
        is_the_hangup(await waiting)


async def test_a_batch_is_typed_too(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events(ami.Hangup) as stream:
            await peer.say(HANGUP, HANGUP)
            for event in await stream.receive_batch(2, within=5):
                is_the_hangup(event)


# What they are -----------------------------------------------------------------------------------


async def test_the_same_event_comes_first_and_hundredth(peer: Peer) -> None:
    """The first frames are read header by header, the later ones by what was learned of them."""
    async with peer.accept() as client:
        with client.events(ami.Hangup) as stream:
            await peer.say(*[HANGUP] * 100)
            for _ in range(100):
                is_the_hangup(await stream.receive())


async def test_a_value_that_does_not_convert_is_a_problem_and_nothing_is_lost(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events(ami.Hangup) as stream:
            await peer.say("Event: Hangup / Channel: PJSIP/1 / Cause: sixteen / Colour: blue")
            event = await stream.receive()
            assert event.cause is None
            assert event.problems == (ami.Problem("cause", "Cause", "sixteen"),)
            assert event.channel == "PJSIP/1"
            assert event["Cause"] == "sixteen"
            assert event.other_headers == ami.Headers([("Colour", "blue")])
            assert client.connected


async def test_an_event_says_whose_it_is_and_when_it_came(peer: Peer) -> None:
    before = datetime.now(UTC)
    async with peer.accept(name="west", fallback_encoding="cp1252") as client:
        with client.events() as stream:
            await peer.say(HANGUP, NOVEL)
            for _ in range(2):
                event = await stream.receive()
                assert event.server == ami.Server("west", client.asterisk, "cp1252")
                assert event.received is not None
                assert before <= event.received <= datetime.now(UTC)
                assert event.timestamp is None


async def test_events_of_one_chunk_came_at_one_time(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events() as stream:
            await peer.say(HANGUP, NOVEL)
            one, other = await stream.receive(), await stream.receive()
            assert one.received == other.received
            assert one.server is other.server


async def test_when_asterisk_sent_it(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events(ami.Hangup) as stream:
            await peer.say("Event: Hangup / Timestamp: 1402076400.509400 / SystemName: west")
            event = await stream.receive()
            assert event.timestamp == datetime(2014, 6, 6, 17, 40, 0, 509400, UTC)
            assert event.system_name == "west"
            assert event.other_headers == ami.Headers()


async def test_fully_booted_is_typed(peer: Peer) -> None:
    async with peer.accept(name="west") as client:
        booted = client.fully_booted
        assert type(booted) is ami.FullyBooted
        assert (booted.status, booted.uptime, booted.last_reload) == ("Fully Booted", 107, 107)
        assert booted.server is not None
        assert booted.server.name == "west"


async def test_the_last_fully_booted_counts(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events(ami.FullyBooted) as stream:
            await peer.say("Event: FullyBooted / Status: Fully Booted / Uptime: 3")
            event = await stream.receive()
            assert event.uptime == 3
            assert client.fully_booted is event


async def test_the_report_on_a_call_is_typed(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events(ami.OriginateResponse) as stream:
            calling = beside(client.originate("PJSIP/100", context="internal", exten="200"))
            request = await peer.expect("Originate")
            await peer.answer(request, Message="Originate successfully queued")
            call = await calling
            await peer.say(
                f"Event: OriginateResponse / ActionID: {request.action_id} / Response: Success"
                f" / Reason: 4 / Uniqueid: {call.channel_id} / CallerIDNum: <unknown>"
            )
            answered = await call.wait_answered()
            assert type(answered) is ami.OriginateResponse
            assert answered.response is ami.OriginateResult.SUCCESS
            assert answered.reason is ami.OriginateReason.ANSWER
            assert answered.uniqueid == call.channel_id
            assert answered.caller_id_num is None
            assert answered.action_id == request.action_id
            assert call.report is answered
            assert await stream.receive() == answered
