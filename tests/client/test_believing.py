"""Law 7: only a pending ActionID is believed, answers come in order, and junk does no harm."""

from __future__ import annotations

from itertools import pairwise

import anyio
import pytest

from amitrio import Client, ListReply, ResponseMissing
from tests.client.peer import Peer
from tests.client.waiting import Beside, quiet


async def answered(client: Client, peer: Peer, beside: Beside) -> None:
    """The stream is in step: the next action gets its own answer."""
    asked = beside(client.send("Echo", Text="in step"))
    await peer.answer(await peer.expect("Echo"), Text="in step")
    assert (await asked)["Text"] == "in step"


async def test_each_action_has_an_id_that_tells_nothing_of_another(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        ids = []
        for _ in range(20):
            asked = beside(client.ping())
            ids.append((request := await peer.expect("Ping")).action_id)
            await peer.answer(request)
            await asked
    assert len(set(ids)) == 20
    assert all(len(one) >= 22 for one in ids)  # 128 bits in base 64
    assert not any(one[:4] == other[:4] for one, other in pairwise(ids))


async def test_a_later_answer_fails_the_earlier_actions(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked, requests = [], []
        for action in ("First", "Second", "Third"):
            asked.append(beside(client.send(action)))
            requests.append(await peer.expect(action))
        await peer.answer(requests[1], N="2")
        await peer.answer(requests[2], N="3")
        error = await asked[0].error()
        assert type(error) is ResponseMissing
        assert error.executed == "maybe"
        assert "answered Second before First" in str(error)
        assert [(await reply)["N"] for reply in asked[1:]] == ["2", "3"]


async def test_an_answer_that_comes_after_all_is_counted_and_dropped(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        first = beside(client.send("First"))
        early = await peer.expect("First")
        second = beside(client.send("Second"))
        await peer.answer(await peer.expect("Second"))
        await second
        await first.error()
        await peer.answer(early)
        await answered(client, peer, beside)
        assert client.statistics().unmatched == 1


@pytest.mark.parametrize(
    "forged",
    [
        "Response: Success / Message: no id",
        "Response: Success / ActionID: / Message: an empty id",
        "Response: Success / ActionID: guess",
        "Response: Error / ActionID: guess / Message: Permission denied",
        "Response: Goodbye / ActionID: guess",
        "Response: Follows / Privilege: Command / ActionID: guess / text",
    ],
)
async def test_a_response_that_nothing_pending_explains_is_counted_and_dropped(
    peer: Peer, beside: Beside, forged: str
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("Echo", Text="true"))
        request = await peer.expect("Echo")
        await peer.say(forged)
        await quiet()
        assert not asked.over
        await peer.answer(request, Text="true")
        assert (await asked)["Text"] == "true"
        assert client.statistics().unmatched == 1
        await answered(client, peer, beside)
        assert client.connected


async def test_a_second_answer_is_dropped(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("JabberSend"))
        request = await peer.expect("JabberSend")
        await peer.answer(request, Message="Attempting to send Jabber Message")
        await peer.refuse(request, "Could not find Sender")
        assert (await asked).message == "Attempting to send Jabber Message"
        await answered(client, peer, beside)
        assert client.statistics().unmatched == 1


async def test_the_first_header_alone_says_what_a_frame_is(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("UserEvent", "Hangup") as stream:
            asked = beside(client.send("Echo"))
            request = await peer.expect("Echo")
            await peer.say(
                "Event: UserEvent / Privilege: user,all / UserEvent: x"
                f" / Response: Success / ActionID: {request.action_id} / Event: Hangup"
            )
            event = await stream.receive()
            assert (event.kind, event["UserEvent"], event["Response"]) == (
                "UserEvent", "x", "Success",
            )  # fmt: skip
            await quiet()
            assert not asked.over
            await peer.answer(request)
            await asked
            with pytest.raises(anyio.WouldBlock):
                stream.receive_nowait()


@pytest.mark.parametrize(
    "forged",
    [
        "Event: UserEvent / UserEvent: x / ActionID: {id} / EventList: Complete",
        "Event: UserEvent / UserEvent: x / ActionID: {id} / Event: CoreShowChannelsComplete",
        "Event: UserEvent / ActionID: {id} / EventList: Complete / Channel: forged",
        "Event: OriginateResponse / ActionID: {id} / Response: Success / Channel: forged",
        "Event: CoreShowChannel / ActionID: other / Channel: forged",
        "Event: CoreShowChannel / Channel: forged",
        "Event: CoreShowChannelsComplete / ActionID: other / EventList: Complete",
        "Event: CoreShowChannelsComplete / EventList: Complete",
        "Event: QueueStatusComplete / ActionID: {id} / EventList: Complete",
    ],
)
async def test_no_event_of_somebody_elses_joins_or_ends_a_list(
    peer: Peer, beside: Beside, forged: str
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("CoreShowChannels"))
        request = await peer.expect("CoreShowChannels")
        item = f"Event: CoreShowChannel / ActionID: {request.action_id} / Channel: true"
        await peer.answer(request, EventList="start")
        await peer.say(item, forged.format(id=request.action_id), item)
        await quiet()
        assert not asked.over
        await peer.say(
            f"Event: CoreShowChannelsComplete / ActionID: {request.action_id}"
            " / EventList: Complete / ListItems: 2"
        )
        channels = await asked
        assert [item["Channel"] for item in channels] == ["true", "true"]


@pytest.mark.parametrize("kind", ["UserEvent", "OriginateResponse"])
async def test_a_strangers_event_ends_no_list_of_an_unknown_action_either(
    peer: Peer, beside: Beside, kind: str
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("NewInAsterisk99"))
        request = await peer.expect("NewInAsterisk99")
        await peer.answer(
            request,
            "Event: Novelty / N: 1",
            f"Event: {kind} / EventList: Complete",
            "Event: NoveltiesComplete / EventList: Complete",
            EventList="start",
        )
        reply = await asked
        assert isinstance(reply, ListReply)
        assert [item.kind for item in reply] == ["Novelty"]
        assert reply.complete is not None
        assert reply.complete.kind == "NoveltiesComplete"


@pytest.mark.parametrize(
    "junk",
    [
        b"\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"no header at all\r\n\r\n",
        b": \r\n\r\n",
        b"\x00\xff\xfe\r\n\r\n",
        b"RuleList: myrule\r\nRule: 30,+3,+0\r\n\r\n\r\n",
        b"IAX2/peer 1000 -1 0 Rx:ACK    \nIAX2/...\n\r\n",
        b"event: Hangup\r\n\r\n",
        b"Event:Hangup\r\n\r\n",
        b"Asterisk Call Manager/11.0.0\r\n",
    ],
)
async def test_junk_never_puts_the_stream_out_of_step(
    peer: Peer, beside: Beside, junk: bytes
) -> None:
    async with peer.accept() as client:
        for _ in range(3):
            await peer.send(junk)
            await answered(client, peer, beside)
        with client.events("Hangup") as stream:
            await peer.send(junk)
            await peer.event("Hangup", N="1")
            assert (await stream.receive())["N"] == "1"


async def test_frames_may_be_cut_anywhere(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("Newexten") as stream:
            asked = beside(client.send("Echo"))
            request = await peer.expect("Echo")
            event = "Event: Newexten\r\nAppData: \N{BELL}ö\r\n\r\n".encode()
            response = peer.connection.respond(request, "Success", [("Text", "ö\N{BELL}")])
            for byte in event + response + event:
                await peer.send(bytes([byte]))
            assert (await asked)["Text"] == "ö\N{BELL}"
            assert [(await stream.receive())["AppData"] for _ in range(2)] == ["\N{BELL}ö"] * 2


async def test_the_forged_goodbye_of_a_stranger_closes_nothing(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        await peer.say("Response: Goodbye / Message: Thanks for all the fish.")
        await answered(client, peer, beside)
        assert client.connected
