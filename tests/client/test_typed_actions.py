"""Typed actions: what is sent for them, and the type of what comes back, however they are sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import amitrio as ami
from amitrio import actions
from tests.client.peer import Peer
from tests.client.waiting import Beside

Send = Callable[[ami.Client], Awaitable[Any]]

WAYS: dict[str, Send] = {
    "typed": lambda client: client.send(actions.MailboxCount(mailbox="100@default")),
    "by name": lambda client: client.send("MailboxCount", Mailbox="100@default"),
    "in lower case": lambda client: client.send("mailboxcount", Mailbox="100@default"),
    "with pairs": lambda client: client.send("MailboxCount", [("Mailbox", "100@default")]),
    "plain": lambda client: client.send(ami.Action("MailboxCount", {"Mailbox": "100@default"})),
    "made plain": lambda client: client.send(actions.MailboxCount(mailbox="100@default").plain()),
}


# Ways to send ------------------------------------------------------------------------------------


@pytest.mark.parametrize("send", WAYS.values(), ids=WAYS)
async def test_every_way_to_send_brings_the_typed_reply(
    peer: Peer, beside: Beside, send: Send
) -> None:
    async with peer.accept() as client:
        asked = beside(send(client))
        request = await peer.hear()
        assert request.action is not None
        assert request.action.lower() == "mailboxcount"
        assert request.pairs[2:] == [("Mailbox", "100@default")]
        await peer.answer(
            request,
            Message="Mailbox Message Count",
            Mailbox="100@default",
            NewMessages="2",
            OldMessages="many",
        )
        reply = await asked
        assert type(reply) is actions.MailboxCountReply
        assert (reply.mailbox, reply.new_messages, reply.old_messages) == ("100@default", 2, None)
        assert reply.problems == (ami.Problem("old_messages", "OldMessages", "many"),)
        assert reply.message == "Mailbox Message Count"
        assert reply["NewMessages"] == "2"
        assert reply.succeeded


async def test_fields_are_written_as_asterisk_reads_them(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        action = actions.Originate(
            channel="PJSIP/100",
            context="internal",
            exten="200",
            priority="1",
            timeout=20000,
            async_=True,
            codecs=("ulaw", "alaw"),
            variables={"CUSTOMER": 'Smith, "Bob"', "N": "1"},
        )
        asked = beside(client.send(action))
        request = await peer.expect("Originate", Channel="PJSIP/100", Async="true")
        assert request.get("Timeout") == "20000"
        assert request.get("Codecs") == "ulaw,alaw"
        assert request.getall("Variable") == ['CUSTOMER=Smith\\, \\"Bob\\"', "N=1"]
        assert not request.getall("Account")
        await peer.answer(request, Message="Originate successfully queued")
        assert type(await asked) is ami.Reply


async def test_further_headers_travel_under_their_own_names(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        event = actions.UserEvent(user_event="Order", contents={"Order-Id": "7", "By": "Ann"})
        asked = beside(client.send(event))
        request = await peer.expect("UserEvent", UserEvent="Order")
        assert request.pairs[3:] == [("Order-Id", "7"), ("By", "Ann")]
        await peer.answer(request)
        assert (await asked).succeeded


OBJECTS = [actions.MailboxCount(mailbox="1"), ami.Action("MailboxCount", {"Mailbox": "1"})]


@pytest.mark.parametrize("action", OBJECTS, ids=["typed", "plain"])
@pytest.mark.parametrize(
    ("headers", "fields"), [({"Mailbox": "2"}, {}), ([("Mailbox", "2")], {}), ((), {"X": None})]
)
async def test_headers_beside_an_object_are_refused(
    peer: Peer, action: Any, headers: Any, fields: dict[str, Any]
) -> None:
    async with peer.accept() as client:
        with pytest.raises(TypeError, match="brings its own headers"):
            await client.send(action, headers, **fields)
        with pytest.raises(TypeError, match="brings its own headers"):
            client.items(action, headers, **fields)
        assert len(client._session.ledger) == 0


@pytest.mark.parametrize(
    "action",
    [
        actions.MailboxCount(mailbox="1\r\nAction: Reboot"),
        actions.Setvar(variable="X", value=" blank"),
        actions.UserEvent(user_event="x", contents={"A: b": "c"}),
        actions.UserEvent(user_event="x", contents={"ActionID": "1"}),
        actions.Originate(channel="x", variables={"A,B": "1"}),
    ],
    ids=["a line break", "a blank", "a colon", "an ActionID", "a name"],
)
async def test_what_asterisk_would_misread_is_refused(
    peer: Peer, beside: Beside, action: ami.TypedAction[ami.Reply]
) -> None:
    async with peer.accept() as client:
        with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
            await client.send(action)
        with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
            async with client.items(action):
                pass
        asked = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))  # and nothing was sent before it
        await asked


@pytest.mark.parametrize("way", ["typed", "by name"])
async def test_a_refusal_is_raised(peer: Peer, beside: Beside, way: str) -> None:
    async with peer.accept() as client:
        asked = beside(WAYS[way](client))
        await peer.refuse(await peer.hear(), "Permission denied")
        error = await asked.error()
        assert isinstance(error, ami.PermissionDenied)
        assert error.needs == {"call", "reporting"}


async def test_replies_that_are_written_by_hand(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        printed = beside(client.send(actions.Command(command="core show uptime")))
        await peer.answer(await peer.expect("Command", Command="core show uptime"), Output="long")
        reply = await printed
        assert type(reply) is ami.CommandReply
        assert reply.lines == ["long"]
        asked = beside(client.send(actions.GetConfig(filename="queues.conf")))
        request = await peer.expect("GetConfig", Filename="queues.conf")
        await peer.answer(request, **{"Category-000000": "general"})
        config = await asked
        assert type(config) is ami.ConfigReply
        assert config.categories == [ami.Category("general")]


async def test_a_masks_new_value_counts_however_it_was_set(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send(actions.Events(event_mask="agent")))
        await peer.answer(await peer.expect("Events", EventMask="agent"), Events="On")
        reply = await asked
        assert type(reply) is actions.EventsReply
        assert reply.events is True
        calling = beside(client.originate("PJSIP/100", context="internal", exten="200"))
        await peer.answer(await peer.expect("Originate"))
        with pytest.raises(ami.PermissionDenied, match="event_mask"):
            await (await calling).wait_answered()


# Lists -------------------------------------------------------------------------------------------

PARAMS = (
    "Event: QueueParams / Queue: support / Max: 0 / Strategy: ringall / Calls: 1 / Holdtime: 12"
    " / ServicelevelPerf: 66.7"
)
ANN = (
    "Event: QueueMember / Queue: support / Name: Ann / Location: PJSIP/100 / Membership: static"
    " / LastCall: 0 / LastPause: 1402076400 / Status: 1 / Paused: 0"
)
BOB = "Event: QueueMember / Queue: support / Name: Bob / Location: PJSIP/101 / Paused: 1"
CALLER = "Event: QueueEntry / Queue: support / Position: 1 / Channel: PJSIP/200-1 / Wait: 7"
STATUS = (PARAMS, ANN, BOB, CALLER)
CLASSES = [ami.QueueParams, ami.QueueMember, ami.QueueMember, ami.QueueEntry]

LISTS: dict[str, tuple[Any, ...]] = {
    "typed": (actions.QueueStatus(queue="support"),),
    "by name": ("QueueStatus", {"Queue": "support"}),
    "plain": (ami.Action("QueueStatus", {"Queue": "support"}),),
}


@pytest.mark.parametrize("given", LISTS.values(), ids=LISTS)
async def test_every_item_of_a_list_has_its_own_class(
    peer: Peer, beside: Beside, given: tuple[Any, ...]
) -> None:
    async with peer.accept(name="west") as client:
        asked = beside(client.send(*given))
        request = await peer.expect("QueueStatus", Queue="support")
        await peer.answer_list(request, "QueueStatusComplete", *STATUS)
        reply = await asked
        assert type(reply) is ami.ListReply
        assert [type(item) for item in reply] == CLASSES
        assert type(reply.complete) is ami.QueueStatusComplete
        assert reply.announced == 4
        assert {item.server.name for item in reply} == {"west"}
        assert {item.action_id for item in reply} == {request.action_id}


async def test_items_of_one_class_have_its_fields(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send(actions.QueueStatus(queue="support")))
        await peer.answer_list(await peer.expect("QueueStatus"), "QueueStatusComplete", *STATUS)
        reply = await asked
        (params,) = reply.of(ami.QueueParams)
        assert (params.max, params.strategy) == (0, ami.QueueStrategy.RINGALL)
        assert (params.hold_time, params.service_level_perf) == (12, 66.7)
        ann, bob = reply.of(ami.QueueMember)
        assert (ann.name, ann.paused, bob.name, bob.paused) == ("Ann", False, "Bob", True)
        assert ann.last_call is None
        assert ann.last_pause is not None
        assert ann.last_pause.isoformat() == "2014-06-06T17:40:00+00:00"
        assert [entry.wait for entry in reply.of(ami.QueueEntry)] == [7]
        assert reply.of("QueueMember") == [ann, bob]
        assert reply.of(ami.Hangup) == []
        assert reply.of(ami.TypedEvent) == list(reply)


@pytest.mark.parametrize("given", LISTS.values(), ids=LISTS)
async def test_items_are_typed_one_by_one_too(
    peer: Peer, beside: Beside, given: tuple[Any, ...]
) -> None:
    async def read(client: ami.Client) -> tuple[list[type], type]:
        async with client.items(*given) as items:
            return [type(item) async for item in items], type(items.complete)

    async with peer.accept() as client:
        reading = beside(read(client))
        request = await peer.expect("QueueStatus", Queue="support")
        await peer.answer_list(request, "QueueStatusComplete", *STATUS)
        assert await reading == (CLASSES, ami.QueueStatusComplete)


@pytest.mark.parametrize(
    ("action", "refused"),
    [
        (actions.PJSIPShowEndpoints(), "No endpoints found"),
        (actions.PJSIPShowContacts(), "No Contacts found\n"),
        (actions.ConfbridgeListRooms(), "No active conferences."),
        (actions.DBGet(family="a", key="b"), "Database entry not found"),
        ("PJSIPShowEndpoints", "No endpoints found"),
    ],
    ids=lambda given: given if isinstance(given, str) else given.name,
)
async def test_an_empty_list_is_a_list(
    peer: Peer, beside: Beside, action: Any, refused: str
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send(action))
        await peer.refuse(await peer.hear(), refused)
        reply = await asked
        assert type(reply) is ami.ListReply
        assert (list(reply), reply.complete, reply.announced) == ([], None, None)
        assert reply.of(ami.EndpointList) == reply.of("EndpointList") == []
        assert not reply


async def test_a_list_with_nothing_in_it_has_its_end(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send(actions.CoreShowChannels()))
        await peer.answer_list(await peer.expect("CoreShowChannels"), "CoreShowChannelsComplete")
        reply = await asked
        assert list(reply) == reply.of(ami.CoreShowChannel) == []
        assert type(reply.complete) is ami.CoreShowChannelsComplete
        assert reply.announced == 0


async def test_a_hangup_is_a_reply_or_a_list(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        one = beside(
            client.send(actions.Hangup(channel="PJSIP/1", cause=ami.HangupCause.USER_BUSY))
        )
        request = await peer.expect("Hangup", Channel="PJSIP/1", Cause="17")
        await peer.answer(request, Message="Channel Hungup")
        assert type(await one) is ami.Reply
        all_of_them = beside(client.send(actions.Hangup(channel="/^PJSIP/")))
        await peer.answer_list(
            await peer.expect("Hangup"),
            "ChannelsHungupListComplete",
            "Event: ChannelHungup / Channel: PJSIP/1",
        )
        reply = await all_of_them
        assert isinstance(reply, ami.ListReply)
        assert [item.channel for item in reply] == ["PJSIP/1"]
