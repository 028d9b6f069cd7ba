"""Typed models: what these servers send becomes what the classes promise, and nothing is left."""

from __future__ import annotations

from datetime import UTC, datetime

import anyio

import amitrio as ami
from amitrio import actions
from tests.behaviour.pbx import Pbx, hang_up_all


async def test_a_call_in_fields(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events(ami.Hangup) as hangups, anyio.fail_after(20):
            call = await client.originate(
                "Local/answer@h2",
                application="Wait",
                data="0.2",
                caller_id='"Ann \\"Q\\" Ö" <0044123>',
            )
            report = await call.wait_answered()
            ours = [await hangups.receive(), await hangups.receive()]
        await hang_up_all(client)
    assert report.response is ami.OriginateResult.SUCCESS
    assert report.reason is ami.OriginateReason.ANSWER
    assert report.uniqueid == call.channel_id
    assert {hangup.linkedid for hangup in ours} == {call.channel_id}
    for hangup in ours:
        assert hangup.channel is not None
        assert hangup.channel.startswith("Local/answer@h2-")
        assert hangup.channel_state is ami.ChannelState.UP
        assert hangup.context == "h2"
        assert isinstance(hangup.cause, ami.HangupCause)
        assert isinstance(hangup.priority, int)
        assert hangup.problems == ()
        assert ami.Hangup.about.event_class in str(hangup.privilege).split(",")


async def test_both_sides_of_a_dialed_call(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events(ami.DialEnd) as stream, anyio.fail_after(20):
            await client.originate("Local/dial@h2", application="Wait", data="5")
            ends = [await stream.receive(), await stream.receive()]
        await hang_up_all(client)
    assert {end.dial_status for end in ends} == {ami.DialStatus.ANSWER}
    for end in ends:
        assert end.dest is not None
        assert end.dest.channel == end["DestChannel"]
        assert end.dest.channel_state is not None
        assert end.dest.channel_state == int(end["DestChannelState"])
        assert isinstance(end, ami.ChannelEvent)
        # The first channel of a call that the manager placed was dialed by none.
        assert (end.channel is None) is ("Channel" not in end)


async def test_nothing_of_a_call_is_unknown(pbx: Pbx) -> None:
    seen: list[ami.Event] = []
    async with pbx.connect() as client:
        with client.events() as stream, anyio.fail_after(30):
            await client.originate("Local/queue@h2", application="Wait", data="20")
            async for event in stream:
                seen.append(event)
                if isinstance(event, ami.AgentComplete):
                    break
            await hang_up_all(client)
            await client.ping()
            while True:
                try:
                    seen.append(stream.receive_nowait())
                except anyio.WouldBlock:
                    break
    assert len({event.kind for event in seen}) > 10
    for event in seen:
        assert isinstance(event, ami.TypedEvent), event
        assert type(event) is getattr(ami, type(event).__name__)
        assert event.problems == (), event
        assert event.other_headers == ami.Headers(), event
        assert event.kind == event.about.kind


async def test_a_queue_in_fields(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        status = await client.send(actions.QueueStatus(queue="h2q"))
    assert isinstance(status.complete, ami.QueueStatusComplete)
    (params,) = status.of(ami.QueueParams)
    assert (params.queue, params.strategy, params.calls) == ("h2q", ami.QueueStrategy.RINGALL, 0)
    assert isinstance(params.service_level_perf, float)
    one, two = sorted(status.of(ami.QueueMember), key=lambda member: member.penalty or 0)
    assert (one.name, two.name) == ("Agent One", "Agent Two: x")
    assert (one.location, one.penalty) == ("Local/member@h2/n", 0)
    assert one.membership is ami.QueueMembership.STATIC
    assert (one.paused, two.paused) == (False, False)
    assert status.of(ami.QueueEntry) == []


async def test_a_member_that_pauses_in_fields(pbx: Pbx) -> None:
    member = "Local/8888@h2"
    async with pbx.connect() as client:
        with client.events(ami.QueueMemberAdded, ami.QueueMemberPause) as stream:
            await client.send(actions.QueueAdd(queue="emptyq", interface=member, penalty=3))
            added = await stream.receive()
            await client.send(
                actions.QueuePause(queue="emptyq", interface=member, paused=True, reason="lunch")
            )
            paused = await stream.receive()
        await client.send(actions.QueueRemove(queue="emptyq", interface=member))
    assert isinstance(added, ami.QueueMemberAdded)
    assert (added.interface, added.penalty, added.paused) == (member, 3, False)
    assert added.membership is ami.QueueMembership.DYNAMIC
    assert isinstance(paused, ami.QueueMemberPause)
    assert (paused.paused, paused.paused_reason) == (True, "lunch")


async def test_replies_in_fields(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        counts = await client.send(actions.MailboxCount(mailbox="100@default"))
        assert (counts.mailbox, counts.problems) == ("100@default", ())
        assert isinstance(counts.new_messages, int)
        ping = await client.send(actions.Ping())
        assert ping.ping == "Pong"
        assert ping.timestamp_ is not None
        assert datetime(2020, 1, 1, tzinfo=UTC) < ping.timestamp_
        settings = await client.send(actions.CoreSettings())
        assert settings.ami_version == client.asterisk.line.rpartition("/")[2]
        assert settings.asterisk_version is not None
        assert settings.asterisk_version.startswith(f"{pbx.release}.")
        assert isinstance(settings.core_cdr_enabled, bool)
        assert isinstance((await client.send(actions.CoreStatus())).core_current_calls, int)
        state = await client.send(actions.ExtensionState(exten="hinted", context="h2"))
        assert isinstance(state.status, ami.ExtensionState)
        assert state.hint == "Custom:h2dev"
        assert (await client.send(actions.Events(event_mask="off"))).events is False


async def test_what_is_set_is_read_back_through_fields(pbx: Pbx) -> None:
    value = 'a,b "c" \\d {e} ü 📞  '
    async with pbx.connect() as client:
        await client.send(actions.Setvar(variable="AMITRIO_TYPED", value=value))
        reply = await client.send(actions.Getvar(variable="AMITRIO_TYPED"))
        assert (reply.variable, reply.value) == ("AMITRIO_TYPED", value)
        await client.send(actions.DBPut(family="amitrio", key="typed", value="v: 1"))
        (entry,) = await client.send(actions.DBGet(family="amitrio", key="typed"))
        assert (entry.family, entry.key, entry.value) == ("amitrio", "typed", "v: 1")
        await client.send(actions.DBDel(family="amitrio", key="typed"))
        assert (await client.send(actions.DBGet(family="amitrio", key="typed"))).complete is None


async def test_what_an_event_brings_beside_its_fields(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events(ami.UserEvent) as stream:
            order = actions.UserEvent(user_event="Order", contents={"Number": "7", "By": "Ann"})
            await client.send(order)
            event = await stream.receive()
    assert event.user_event == "Order"
    assert event.other_headers == ami.Headers([("Number", "7"), ("By", "Ann")])
    assert event.channel is None
    assert event.server is not None
    assert event.server.banner == client.asterisk


async def test_text_that_is_no_utf_8_reads_as_the_program_says(pbx: Pbx) -> None:
    raw = "Иван".encode("cp1251").decode("utf-8", "surrogateescape")
    async with pbx.connect(fallback_encoding="cp1251") as client:
        await client.send(actions.Setvar(variable="AMITRIO_IVAN", value=raw))
        reply = await client.send(actions.Getvar(variable="AMITRIO_IVAN"))
    assert reply.value == "Иван"
    assert reply["Value"] == raw


async def test_fully_booted_in_fields(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        booted = client.fully_booted
    assert isinstance(booted, ami.FullyBooted)
    assert booted.status == "Fully Booted"
    assert booted.uptime is not None
    assert booted.uptime >= 0


async def test_lists_of_nothing(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        await hang_up_all(client)
        channels = await client.send(actions.CoreShowChannels())
        assert channels.of(ami.CoreShowChannel) == list(channels) == []
        assert isinstance(channels.complete, ami.CoreShowChannelsComplete)
        entries = await client.send(actions.DBGet(family="amitrio", key="never"))
        assert entries.of(ami.DBGetResponse) == list(entries) == []
        assert entries.complete is None
