"""What an editor shows: checked by mypy and basedpyright, never run."""

from __future__ import annotations

from typing import assert_type

import anyio
import anyio.abc

import amitrio as ami
from amitrio import actions


async def replies(client: ami.Client) -> None:
    count = await client.send(actions.MailboxCount(mailbox="100@default"))
    assert_type(count, actions.MailboxCountReply)
    assert_type(count.new_messages, int | None)
    assert_type(count["NewMessages"], str)
    by_name = await client.send("MailboxCount", Mailbox="100@default")
    assert_type(by_name, actions.MailboxCountReply)
    assert_type(
        await client.send(actions.Redirect(channel="a", context="b", exten="1", priority="1")),
        ami.Reply,
    )
    assert_type(await client.send("Command", Command="core show uptime"), ami.CommandReply)
    assert_type(await client.send(actions.Command(command="x")), ami.CommandReply)
    assert_type(await client.send("GetConfig", Filename="x.conf"), ami.ConfigReply)
    assert_type(await client.send(ami.Action("Ping")), ami.Reply)
    assert_type(await client.send("X", [("A", "1")], B=["2", 3], C=None, D=True), ami.Reply)
    assert_type(await client.command("core show uptime"), list[str])
    assert_type(await client.ping(), float)
    assert_type(actions.Originate.privileges, frozenset[str])


async def many(client: ami.Client) -> None:
    typed = client.send_many(actions.MailboxCount(mailbox=str(box)) for box in range(9))
    assert_type(typed, ami.Answers[actions.MailboxCountReply])
    async for answer in typed:
        assert_type(answer.reply.new_messages, int | None)
        assert_type(answer.error, Exception | None)
    with client.send_many([ami.Action("Ping"), actions.CoreStatus()], at_once=2) as answers:
        assert_type(await anext(answers), ami.Answer[ami.Reply])


async def lists(client: ami.Client) -> None:
    channels = await client.send(actions.CoreShowChannels())
    assert_type(channels, ami.ListReply[ami.CoreShowChannel, ami.CoreShowChannelsComplete])
    assert_type(channels[0], ami.CoreShowChannel)
    assert_type(channels[0].duration, int | None)
    assert_type(channels.complete, ami.CoreShowChannelsComplete | None)
    assert_type(channels["Message"], str)
    same = await client.send("CoreShowChannels")
    assert_type(same, ami.ListReply[ami.CoreShowChannel, ami.CoreShowChannelsComplete])
    queues = await client.send(actions.QueueStatus(queue="support"))
    assert_type(queues.of(ami.QueueMember), list[ami.QueueMember])
    async with client.items(actions.QueueStatus()) as items:
        assert_type(items, ami.ListStream[ami.QueueParams | ami.QueueMember | ami.QueueEntry])
    async with client.items("QueueStatus") as others:
        async for item in others:
            assert_type(item, ami.Event)


async def events(client: ami.Client) -> None:
    assert_type(client.events("Hangup"), ami.EventStream[ami.Hangup])
    assert_type(client.events(ami.Hangup), ami.EventStream[ami.Hangup])
    assert_type(client.events(ami.Event), ami.EventStream[ami.Event])
    assert_type(client.events("Queue*"), ami.EventStream[ami.Event])
    assert_type(
        client.events(ami.Hangup, ami.Newchannel), ami.EventStream[ami.Hangup | ami.Newchannel]
    )
    dropping = client.events("Hangup", overflow="drop_oldest")
    assert_type(dropping, ami.EventStream[ami.Hangup | ami.EventsDropped])
    async for event in client.events("Hangup", where=lambda hangup: hangup.cause is not None):
        assert_type(event, ami.Hangup)
        assert_type(event.cause, ami.HangupCause | None)
        assert_type(event.channel, str | None)
        assert_type(event.chan_variables, ami.Variables)
        assert_type(event.problems, tuple[ami.Problem, ...])
        has_channel(event)
    async for other in client.events("Hangup", "Newchannel"):
        assert_type(other, ami.Event)
        assert_type(other.headers.getall("Variable"), list[str])
    batch = await client.events().receive_batch(10, within=1)
    assert_type(batch, list[ami.Event])
    assert_type(await client.wait_for("Hangup"), ami.Hangup)
    assert_type(await client.wait_for(ami.DialEnd, where=lambda end: bool(end.dest)), ami.DialEnd)


def has_channel(event: ami.HasChannel) -> str | None:
    return event.channel


def parts(event: ami.DialBegin) -> None:
    assert_type(event.dest, ami.ChannelSnapshot | None)
    has_channel(event)
    if event.dest is not None:
        assert_type(event.dest.caller_id_num, str | None)
        has_channel(event.dest)


async def calls(client: ami.Client) -> None:
    call = await client.originate("PJSIP/100", context="x", exten="1", variables={"A": "1"})
    assert_type(call, ami.OutboundCall)
    assert_type(await call.wait_answered(), ami.OriginateResponse)


async def supervised(client: ami.SupervisedClient) -> None:
    assert_type(client.events("Hangup"), ami.EventStream[ami.Hangup | ami.Gap])
    assert_type(client.events(ami.Hangup), ami.EventStream[ami.Hangup | ami.Gap])
    assert_type(client.events("Queue*"), ami.EventStream[ami.Event | ami.Gap])
    assert_type(client.events(), ami.EventStream[ami.Event | ami.Gap])
    assert_type(
        client.events(ami.Hangup, ami.Newchannel),
        ami.EventStream[ami.Hangup | ami.Newchannel | ami.Gap],
    )
    dropping = client.events(ami.Hangup, overflow="drop_oldest")
    assert_type(dropping, ami.EventStream[ami.Hangup | ami.EventsDropped | ami.Gap])
    async for event in client.events(ami.Hangup, where=lambda hangup: hangup.cause is not None):
        assert_type(event, ami.Hangup | ami.Gap)
        match event:
            case ami.Hangup():
                assert_type(event.cause, ami.HangupCause | None)
            case ami.Disconnected():
                assert_type(event.reason, str)
            case ami.Reconnected():
                assert_type(event.restarted, bool | None)
            case _:
                assert_type(event, ami.Gap)
    assert_type(await client.wait_for("Hangup"), ami.Hangup)
    assert_type(await client.send(actions.MailboxCount(mailbox="x")), actions.MailboxCountReply)
    assert_type(await client.ping(), float)
    assert_type(client.state, ami.Link)
    async for state in client.states():
        assert_type(state, ami.Link)


async def plain(client: ami.SupervisedClient) -> None:
    for source in (client.skipping_gaps, client.raising_gaps):
        assert_type(source.events("Hangup"), ami.EventStream[ami.Hangup])
        assert_type(source.events(ami.Hangup), ami.EventStream[ami.Hangup])
        assert_type(source.events("Queue*"), ami.EventStream[ami.Event])
        assert_type(await source.wait_for(ami.Hangup), ami.Hangup)
        async for event in source.events(ami.Hangup):
            assert_type(event.cause, ami.HangupCause | None)


async def either(client: ami.Client | ami.SupervisedClient) -> None:
    """What needs no events takes both."""
    assert_type(await client.command("core show uptime"), list[str])


async def supervisions() -> None:
    backoff = ami.Backoff(first=1, most=300)
    supervision = ami.supervise(
        "pbx", username="crm", secret="x", tls=True, start="at_once", backoff=backoff
    )
    assert_type(supervision, ami.Supervision)
    async with supervision as client:
        assert_type(client, ami.SupervisedClient)
        assert_type(client.asterisk, ami.Banner | None)
    over = ami.supervise_over(tunnel, username="crm", secret="x", start="at_once", name="tunnel")
    assert_type(over, ami.Supervision)


async def tunnel() -> anyio.abc.SocketStream:
    return await anyio.connect_tcp("localhost", 15038)


async def connections() -> None:
    connection = ami.connect("pbx.example.com", username="crm", secret="x", tls=True)
    assert_type(connection, ami.Connection)
    assert_type(connection.state, ami.State)
    async with connection as client:
        assert_type(client, ami.Client)
        reason = await client.wait_closed()
        assert_type(reason, ami.ConnectionLost | ami.ConnectionClosed)
