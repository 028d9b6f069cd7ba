"""How the bytes come: cut, dirty, endless, in another encoding, forged."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from amitrio import ConnectionLost, Limits, Newexten, ProtocolError, UserEvent
from tests.client.peer import GONE, Peer, frame, of
from tests.client.waiting import Beside, quiet
from tests.faults.living import mended, outlived
from tests.supervisor.site import Site

SMALL = Limits(line=1000, frame=4000)
ENDLESS = pytest.mark.parametrize(
    ("begin", "more", "limit"),
    [
        pytest.param(b"Event: Newexten\r\nAppData: ", b"x" * 100, "limits.line", id="a line"),
        pytest.param(b"Event: Newexten\r\n", b"AppData: x\r\n" * 10, "limits.frame", id="a frame"),
    ],
)


async def test_single_bytes(peer: Peer, beside: Beside) -> None:
    async with outlived(peer, beside) as client:
        with client.events(Newexten) as stream:
            asked = beside(client.send("Getvar", Variable="X"))
            request = await peer.expect("Getvar")
            answer = peer.connection.respond(request, "Success", [("Value", "ö\N{BELL}")])
            for byte in frame("Event: Newexten / AppData: \N{BELL}ö\n") + answer:
                await peer.send(bytes([byte]))
            assert (await stream.receive()).app_data == "\N{BELL}ö\n"
            assert (await asked)["Value"] == "ö\N{BELL}"


@pytest.mark.parametrize(
    ("junk", "counted"),
    [
        (b"\r\n\r\n\r\n\r\n\r\n", 0),
        (b"no header at all\r\n\r\n", 1),
        (b"\x00\xff\xfe: \x80\r\n\r\n", 1),
        (b"RuleList: myrule\r\nRule: 30,+3,+0\r\n\r\n\r\n", 1),
        (b"IAX2/peer 1000 -1 0 Rx:ACK\r\n", 1),  # the next frame hangs on behind it
    ],
)
async def test_junk_between_frames(peer: Peer, beside: Beside, junk: bytes, counted: int) -> None:
    async with outlived(peer, beside) as client:
        asked = beside(client.send("Getvar", Variable="X"))
        request = await peer.expect("Getvar")
        answer = peer.connection.respond(request, "Success", [("Value", "1")])
        with client.events(Newexten) as stream:
            await peer.send(junk + frame("Event: Newexten / AppData: 1") + junk + answer)
            assert (await stream.receive()).app_data == "1"
            assert (await asked)["Value"] == "1"
        assert client.statistics().junk == 2 * counted


async def go_on_and_on(peer: Peer, begin: bytes, more: bytes) -> None:
    """Never an end, until the client hangs up."""
    await peer.send(begin)
    with suppress(*GONE):
        while True:
            await peer.send(more)


@ENDLESS
async def test_past_the_limits(peer: Peer, begin: bytes, more: bytes, limit: str) -> None:
    async with peer.accept(limits=SMALL) as client:
        with client.events(Newexten) as stream:
            await peer.event("Newexten", AppData="before")
            await go_on_and_on(peer, begin, more)
            assert (await stream.receive()).app_data == "before"
            with pytest.raises(ConnectionLost, match=f"longer than {limit}") as caught:
                await stream.receive()
            assert isinstance(caught.value.__cause__, ProtocolError)


@pytest.mark.virtual_time
@ENDLESS
async def test_past_the_limits_supervised(
    site: Site, begin: bytes, more: bytes, limit: str
) -> None:
    async with mended(site, limits=SMALL) as survivor:
        await go_on_and_on(site.peer, begin, more)
        assert f"longer than {limit}" in (await survivor.loss()).reason
        await site.restore()


async def test_text_that_is_not_utf_8(peer: Peer, beside: Beside) -> None:
    async with outlived(peer, beside) as client:
        with client.events(Newexten) as stream:
            await peer.send(b"Event: Newexten\r\nAppData: J\xf6rg\r\n\r\n")
            event = await stream.receive()
        assert event.app_data == "Jörg"
        assert json.loads(event.to_json())["app_data"] == "Jörg"
        assert event["AppData"] == "J\udcf6rg"
        # What was read is sent back as the very bytes that came.
        asked = beside(client.send("Setvar", Variable="X", Value=event["AppData"]))
        await peer.answer(await peer.expect("Setvar", Value="J\udcf6rg"))
        await asked


async def test_forged_headers(peer: Peer, beside: Beside) -> None:
    async with outlived(peer, beside) as client:
        with client.events(UserEvent) as stream:
            asked = beside(client.send("CoreShowChannels"))
            request = await peer.expect("CoreShowChannels")
            forged = of(
                request,
                "Event: UserEvent / UserEvent: Forged / Response: Success / EventList: Complete"
                " / Event: CoreShowChannelsComplete / Channel: forged",
            )
            await peer.say(forged)
            await peer.answer(request, EventList="start")
            await peer.say(forged, of(request, "Event: CoreShowChannel / Channel: true"), forged)
            await quiet()
            assert not asked.over
            end = "Event: CoreShowChannelsComplete / EventList: Complete / ListItems: 1"
            await peer.say(of(request, end))
            assert [item["Channel"] for item in await asked] == ["true"]
            assert [(await stream.receive()).user_event for _ in range(3)] == ["Forged"] * 3
