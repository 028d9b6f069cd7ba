"""What an editor shows: checked by mypy and basedpyright, never run."""

from __future__ import annotations

from typing import assert_type

import amitrio as ami


async def replies(client: ami.Client) -> None:
    assert_type(await client.send("CoreShowChannels"), ami.ListReply)
    assert_type(await client.send("Command", Command="core show uptime"), ami.CommandReply)
    assert_type(await client.send("GetConfig", Filename="x.conf"), ami.ConfigReply)
    reply = await client.send("MailboxCount", Mailbox="100@default")
    assert_type(reply, ami.Reply)
    assert_type(reply["NewMessages"], str)
    assert_type(await client.send(ami.Action("Ping")), ami.Reply)
    assert_type(await client.send("X", [("A", "1")], B=["2", 3], C=None, D=True), ami.Reply)
    assert_type(await client.command("core show uptime"), list[str])
    assert_type(await client.ping(), float)


async def lists(client: ami.Client) -> None:
    channels = await client.send("CoreShowChannels")
    assert_type(channels[0], ami.Event)
    assert_type(channels["Message"], str)
    assert_type(channels.of("CoreShowChannel"), list[ami.Event])
    assert_type(channels.of(ami.Event), list[ami.Event])
    async with client.items("QueueStatus") as items:
        assert_type(items, ami.ListStream[ami.Event])
        async for item in items:
            assert_type(item, ami.Event)


async def events(client: ami.Client) -> None:
    assert_type(client.events("Hangup"), ami.EventStream[ami.Event])
    assert_type(client.events(ami.Event), ami.EventStream[ami.Event])
    dropping = client.events("Hangup", overflow="drop_oldest")
    assert_type(dropping, ami.EventStream[ami.Event | ami.EventsDropped])
    async for event in client.events("Hangup", "Newchannel"):
        assert_type(event, ami.Event)
        assert_type(event.headers.getall("Variable"), list[str])
    batch = await client.events().receive_batch(10, within=1)
    assert_type(batch, list[ami.Event])
    assert_type(await client.wait_for("Hangup"), ami.Event)


async def calls(client: ami.Client) -> None:
    call = await client.originate("PJSIP/100", context="x", exten="1", variables={"A": "1"})
    assert_type(call, ami.OutboundCall)
    assert_type(await call.wait_answered(), ami.Event)


async def connections() -> None:
    connection = ami.connect("pbx.example.com", username="crm", secret="x", tls=True)
    assert_type(connection, ami.Connection)
    assert_type(connection.state, ami.State)
    async with connection as client:
        assert_type(client, ami.Client)
        reason = await client.wait_closed()
        assert_type(reason, ami.ConnectionLost | ami.ConnectionClosed)
