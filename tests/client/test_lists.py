"""Lists: whole, item by item, empty, broken off, too long."""

from __future__ import annotations

import anyio
import pytest

from amitrio import (
    ActionError,
    Client,
    Event,
    ListReply,
    ListTooLong,
    ResponseMissing,
    SubscriberTooSlow,
)
from amitrio.limits import Limits
from amitrio.protocol import Request
from tests.client.peer import Peer, of
from tests.client.waiting import Begun, Beside, quiet

FEW = Limits(list_items=3)


def channels(count: int, start: int = 0) -> list[str]:
    return [f"Event: CoreShowChannel / Channel: {n}" for n in range(start, start + count)]


async def begin_list(peer: Peer, *items: str) -> Request:
    request = await peer.expect("CoreShowChannels")
    await peer.answer(request, *items, EventList="start", Message="Channels will follow")
    return request


async def go_on(peer: Peer, request: Request, *items: str) -> None:
    await peer.say(*[of(request, item) for item in items])


async def end_list(peer: Peer, request: Request, count: int) -> None:
    await go_on(
        peer, request, f"Event: CoreShowChannelsComplete / EventList: Complete / ListItems: {count}"
    )


async def collect(client: Client, into: list[str], action: str = "CoreShowChannels") -> None:
    async with client.items(action) as items:
        async for item in items:
            into.append(item["Channel"])  # noqa: PERF401 - kept when the loop raises


# Whole lists -------------------------------------------------------------------------------------


async def test_a_list_is_a_sequence_of_its_items(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("CoreShowChannels"))
        request = await begin_list(peer, *channels(2))
        await go_on(peer, request, *channels(1, start=2))
        await quiet()
        assert not asked.over
        await end_list(peer, request, 3)
        reply = await asked
        assert isinstance(reply, ListReply)
        assert [item["Channel"] for item in reply] == ["0", "1", "2"]
        assert reply.message == "Channels will follow"
        assert reply.complete is not None
        assert reply.announced == 3
        assert reply.of("CoreShowChannel") == list(reply)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("PJSIPShowEndpoints", "No endpoints found\n"),
        ("PJSIPShowContacts", "No Contacts found\n"),
        ("PJSIPShowAors", "No AORs found\n"),
        ("ConfbridgeList", "No active conferences."),
        ("ConfbridgeListRooms", "No active conferences."),
        ("DBGet", "Database entry not found"),
        ("ShowDialPlan", "Did not find any extensions with context of 'x'"),
        ("pjsipshowendpoints", "No endpoints found\n"),
    ],
)
async def test_an_error_that_only_says_nothing_to_list_is_an_empty_list(
    peer: Peer, beside: Beside, action: str, message: str
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send(action))
        await peer.refuse(await peer.expect(action), message)
        reply = await asked
        assert isinstance(reply, ListReply)
        assert list(reply) == []
        assert reply.complete is None
        streamed: list[str] = []
        reading = beside(collect(client, streamed, action))
        await peer.refuse(await peer.expect(action), message)
        await reading
        assert streamed == []


async def test_a_success_without_a_list_is_an_empty_list(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("VoicemailUsersList"))
        await peer.answer(
            await peer.expect("VoicemailUsersList"), Message="There are no voicemail users"
        )
        reply = await asked
        assert isinstance(reply, ListReply)
        assert len(reply) == 0


async def test_another_error_is_an_error(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        for ask in (client.send("QueueStatus"), collect(client, [], "QueueStatus")):
            asked: Begun[object] = beside(ask)
            await peer.refuse(await peer.expect("QueueStatus"), "No endpoints found")
            assert type(await asked.error()) is ActionError


async def test_a_list_of_an_unknown_action_is_known_by_its_own_word(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("NewInAsterisk99"))
        await peer.answer_list(
            await peer.expect("NewInAsterisk99"),
            "Novel",
            "Event: Item / N: 1",
            "Event: Item / N: 2",
        )
        reply = await asked
        assert isinstance(reply, ListReply)
        assert [item["N"] for item in reply] == ["1", "2"]
        assert reply.complete == Event(
            "Novel",
            [
                ("ActionID", reply["ActionID"]),
                ("EventList", "Complete"),
                ("ListItems", "2"),
            ],
        )


# How lists break off -----------------------------------------------------------------------------


async def test_an_error_in_mid_list_is_raised(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("PJSIPShowEndpoint", Endpoint="100"))
        request = await peer.expect("PJSIPShowEndpoint", Endpoint="100")
        await peer.answer(
            request, "Event: EndpointDetail / ObjectName: 100", EventList="start", Message="x"
        )
        await peer.refuse(request, "Unable to retrieve endpoint 100\n")
        error = await asked.error()
        assert type(error) is ActionError
        assert "Unable to retrieve" in str(error)
        asked_again = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))
        await asked_again


async def test_an_error_in_mid_list_comes_after_the_items(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        names: list[str] = []
        reading = beside(collect(client, names))
        request = await begin_list(peer, *channels(2))
        await peer.refuse(request, "Unable to go on")
        assert type(await reading.error()) is ActionError
        assert names == ["0", "1"]


async def test_a_later_answer_cuts_a_list_off(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        names: list[str] = []
        reading = beside(collect(client, names))
        whole = await begin_list(peer, *channels(1))
        await quiet()
        gathering = beside(client.send("CoreShowChannels"))
        second = await peer.expect("CoreShowChannels")
        await peer.answer(second, *channels(1), EventList="start")
        assert type(await reading.error()) is ResponseMissing
        assert names == ["0"]
        await go_on(peer, whole, *channels(1, start=7))  # too late
        pinged = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))
        await pinged
        assert type(await gathering.error()) is ResponseMissing


# Too long ----------------------------------------------------------------------------------------


async def test_a_list_of_exactly_the_limit_is_no_trouble(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=FEW) as client:
        asked = beside(client.send("CoreShowChannels"))
        await end_list(peer, await begin_list(peer, *channels(3)), 3)
        assert len(await asked) == 3


async def test_a_list_too_long_to_gather_is_told_and_the_connection_lives(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(limits=FEW) as client:
        asked = beside(client.send("CoreShowChannels"))
        request = await begin_list(peer, *channels(4))
        error = await asked.error()  # at once, not when the list is over
        assert type(error) is ListTooLong
        assert error.limit == 3
        assert "client.items" in str(error)
        await go_on(peer, request, *channels(2))
        await end_list(peer, request, 6)
        pinged = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))
        await pinged


async def test_items_that_nobody_reads_end_that_list_alone(peer: Peer, beside: Beside) -> None:
    async def read_late() -> None:
        async with client.items("CoreShowChannels") as items:
            await all_sent.wait()
            async for item in items:
                names.append(item["Channel"])  # noqa: PERF401 - looked at meanwhile

    names: list[str] = []
    all_sent = anyio.Event()
    async with peer.accept(limits=FEW) as client:
        reading = beside(read_late())
        request = await begin_list(peer)
        await quiet()
        for n in range(10):
            await go_on(peer, request, *channels(1, start=n))
        await end_list(peer, request, 10)
        await quiet()
        all_sent.set()
        error = await reading.error()
        assert type(error) is SubscriberTooSlow
        assert error.buffer == 3
        assert "CoreShowChannels" in str(error)
        assert names == ["0", "1", "2"]
        pinged = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))
        await pinged


async def test_a_list_that_is_read_as_it_comes_may_be_longer_than_the_limit(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(limits=FEW) as client:
        names: list[str] = []
        reading = beside(collect(client, names))
        request = await begin_list(peer)
        for n in range(20):
            await go_on(peer, request, *channels(1, start=n))
            await quiet()
        await end_list(peer, request, 20)
        await reading
        assert names == [str(n) for n in range(20)]


# Item by item ------------------------------------------------------------------------------------


async def test_items_come_as_they_come(peer: Peer, beside: Beside) -> None:
    async def read() -> None:
        async with client.items("CoreShowChannels") as items:
            assert items.response.message == "Channels will follow"
            assert items._feed.complete is None
            async for item in items:
                names.append(item["Channel"])  # noqa: PERF401 - looked at meanwhile
            assert items.complete is not None
            assert items.complete["ListItems"] == "2"

    names: list[str] = []
    async with peer.accept() as client:
        reading = beside(read())
        request = await begin_list(peer)
        for n in range(2):
            await go_on(peer, request, *channels(1, start=n))
            await quiet()
            assert names == [str(one) for one in range(n + 1)]
        await end_list(peer, request, 2)
        await reading


async def test_a_list_left_early_is_dropped_and_the_next_answer_is_right(
    peer: Peer, beside: Beside
) -> None:
    async def read_one() -> str:
        async with client.items("CoreShowChannels") as items:
            async for item in items:
                return item["Channel"]
        raise AssertionError("no item")

    async with peer.accept() as client:
        reading = beside(read_one())
        request = await begin_list(peer, *channels(2))
        assert await reading == "0"
        pinged = beside(client.ping())
        ping = await peer.expect("Ping")
        await go_on(peer, request, *channels(1, start=2))
        await end_list(peer, request, 3)
        await peer.answer(ping)
        await pinged
        assert client.statistics().unmatched == 0


async def test_a_second_reader_of_a_list_is_refused(peer: Peer, beside: Beside) -> None:
    async def read_twice() -> None:
        async with client.items("CoreShowChannels") as items:
            first = beside(anext(items))
            await quiet()
            with pytest.raises(anyio.BusyResourceError):
                await anext(items)
            await go_on(peer, request, *channels(1))
            assert (await first)["Channel"] == "0"

    async with peer.accept() as client:
        reading = beside(read_twice())
        request = await begin_list(peer)
        await reading


async def test_what_happens_while_a_list_comes_reaches_its_listeners(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        with client.events("Hangup", "CoreShowChannel*") as stream:
            asked = beside(client.send("CoreShowChannels"))
            request = await begin_list(peer, *channels(1))
            await peer.event("Hangup", N="1")
            await go_on(peer, request, *channels(1, start=1))
            await end_list(peer, request, 2)
            assert len(await asked) == 2
            assert (await stream.receive())["N"] == "1"
            with pytest.raises(anyio.WouldBlock):  # the list's own items are the list's alone
                stream.receive_nowait()


async def test_an_event_with_an_items_name_is_an_event_when_no_list_is_open(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        with client.events("DeviceStateChange") as stream:
            asked = beside(client.send("DeviceStateList"))
            request = await peer.expect("DeviceStateList")
            await peer.event("DeviceStateChange", Device="before")
            await peer.answer(
                request, "Event: DeviceStateChange / Device: listed", EventList="start"
            )
            await peer.event("DeviceStateChange", Device="meanwhile")
            await go_on(
                peer, request, "Event: DeviceStateListComplete / EventList: Complete / ListItems: 1"
            )
            await peer.event("DeviceStateChange", Device="after")
            assert [item["Device"] for item in await asked] == ["listed"]
            devices = [(await stream.receive())["Device"] for _ in range(3)]
            assert devices == ["before", "meanwhile", "after"]


@pytest.mark.parametrize(
    ("action", "response", "frames", "count"),
    [
        # Items without an ActionID.
        (
            "IAXpeers",
            {"EventList": "start"},
            [
                "Event: PeerEntry / N: 1",
                "Event: PeerlistComplete / ActionID: {id} / EventList: Complete",
            ],
            1,
        ),
        # Start in capitals.
        (
            "FAXSessions",
            {"EventList": "Start"},
            [
                "Event: FAXSessionsEntry / ActionID: {id}",
                "Event: FAXSessionsComplete / ActionID: {id} / EventList: Complete",
            ],
            1,
        ),
        # No EventList, no Complete: one event.
        ("FAXStats", {}, ["Event: FAXStats / ActionID: {id} / CurrentSessions: 0"], 0),
        # Before 13.2: no EventList, the message says it.
        (
            "QueueStatus",
            {"Message": "Queue status will follow"},
            [
                "Event: QueueParams / Queue: a / ActionID: {id}",
                "Event: QueueStatusComplete / ActionID: {id}",
            ],
            1,
        ),
    ],
)
async def test_lists_that_look_otherwise(
    peer: Peer,
    beside: Beside,
    action: str,
    response: dict[str, str],
    frames: list[str],
    count: int,
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send(action))
        request = await peer.expect(action)
        await peer.answer(request, **response)
        await peer.say(*[one.format(id=request.action_id) for one in frames])
        reply = await asked
        assert isinstance(reply, ListReply)
        assert len(reply) == count


async def test_a_stream_of_items_counts_those_that_are_missing(
    peer: Peer, beside: Beside, caplog: pytest.LogCaptureFixture
) -> None:
    async def read() -> list[int]:
        async with client.items("CoreShowChannels") as items:
            return [items.missing, *[items.missing async for _ in items], items.missing]

    async with peer.accept() as client:
        asked = beside(read())
        request = await peer.expect("CoreShowChannels")
        end = "Event: CoreShowChannelsComplete / EventList: Complete / ListItems: 5"
        await peer.answer(request, EventList="start")
        await quiet()
        await peer.say(of(request, "Event: CoreShowChannel"), of(request, end))
        assert await asked == [0, 4, 4]
        assert caplog.messages == ["CoreShowChannels: 1 items came, and Asterisk says it sent 5"]
