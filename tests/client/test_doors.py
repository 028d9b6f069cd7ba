"""What the doors of a client take, and what they refuse at once."""

from __future__ import annotations

from typing import Any

import pytest

import amitrio as ami
from amitrio.testing import SimulatedAsterisk


class Own(ami.Event):
    """An event class that Asterisk does not have."""

    __slots__ = ()


class Longer(ami.Hangup):
    """A class of somebody's own, which no event is made into."""


@pytest.mark.parametrize(
    "kind", [["Hangup"], None, 5, str, ami.Reply, ami.actions.Hangup, ami.Hangup(), b"Hangup"]
)
async def test_what_is_no_kind_of_event_is_refused(asterisk: SimulatedAsterisk, kind: Any) -> None:
    async with asterisk, asterisk.client() as client:
        with pytest.raises(TypeError, match="neither the name of an event"):
            client.events(kind)
        with pytest.raises(TypeError, match="neither the name of an event"):
            await client.wait_for(kind)


@pytest.mark.parametrize(
    "kind",
    [ami.ChannelEvent, ami.BridgeEvent, ami.BridgedChannelEvent, ami.TypedEvent, Own, Longer],
)
async def test_a_class_of_many_kinds_or_of_none_is_refused(
    asterisk: SimulatedAsterisk, kind: Any
) -> None:
    says = f"^{kind.__name__} is not the class of one kind of event: .* where=$"
    async with asterisk, asterisk.client() as client:
        with pytest.raises(TypeError, match=says):
            client.events(kind)
        with pytest.raises(TypeError, match=says):
            client.events("Hangup", ami.Newchannel, kind)
        with pytest.raises(TypeError, match=says):
            await client.wait_for(kind)
        assert len(client._session.subscriptions) == 0


async def test_a_policy_that_does_not_exist_is_refused(asterisk: SimulatedAsterisk) -> None:
    overflow: Any = "drop-oldest"
    async with asterisk, asterisk.client() as client:
        with pytest.raises(ValueError, match="drop_oldest"):
            client.events("Hangup", overflow=overflow)


@pytest.mark.parametrize("value", [{"A": "1"}, b"hi", bytearray(b"hi")])
async def test_what_is_neither_text_nor_number_nor_list_is_refused(
    asterisk: SimulatedAsterisk, value: Any
) -> None:
    async with asterisk, asterisk.client() as client:
        with pytest.raises(TypeError, match="the value of Variable"):
            await client.send("Setvar", Variable=value)


def test_an_action_object_takes_what_send_takes() -> None:
    pairs: Any = {"Paused": True, "Penalty": 3, "Reason": None, "Variable": ["A=1", "B=2"]}
    assert ami.Action("QueuePause", pairs).headers == (
        ("Paused", "true"),
        ("Penalty", "3"),
        ("Variable", "A=1"),
        ("Variable", "B=2"),
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"exten": "1"},
        {"context": "x"},
        {"context": "x", "exten": "1", "application": "Wait"},
        {"context": "x", "exten": "1", "data": "1"},
        {"application": "Wait", "priority": 3},
    ],
    ids=lambda arguments: ",".join(arguments) or "nothing",
)
async def test_a_call_goes_to_an_extension_or_to_an_application(
    asterisk: SimulatedAsterisk, arguments: dict[str, Any]
) -> None:
    async with asterisk, asterisk.client() as client:
        with pytest.raises(TypeError, match="either context and exten, or an application"):
            await client.originate("Local/answer@h2", **arguments)


async def test_a_report_is_waited_for_under_the_mask_that_holds_now(
    asterisk: SimulatedAsterisk,
) -> None:
    async with asterisk, asterisk.client(event_mask="off") as client:
        await client.send("Events", EventMask="on")
        call = await client.originate("Local/answer@h2", application="Wait", data="1")
        assert (await call.wait_answered())["Response"] == "Success"
        await client.send("Events", EventMask="1")  # digits are bits: system alone
        call = await client.originate("Local/answer@h2", application="Wait", data="1")
        with pytest.raises(ami.PermissionDenied, match="event_mask"):
            await call.wait_answered()


async def test_a_hangup_is_a_plain_reply_or_a_list(asterisk: SimulatedAsterisk) -> None:
    async with asterisk, asterisk.client() as client:
        call = await client.originate("Local/wait@h2", application="Wait", data="60")
        channel = (await call.wait_answered()).channel
        reply = await client.send("Hangup", Channel=channel)
        assert type(reply) is ami.Reply
        assert reply.message == "Channel Hungup"
        call = await client.originate("Local/wait@h2", application="Wait", data="60")
        channel = (await call.wait_answered()).channel
        reply = await client.send(ami.actions.Hangup(channel="/^Local/"))
        assert isinstance(reply, ami.ListReply)
        assert {type(item) for item in reply} == {ami.ChannelHungup}
        assert channel in {item.channel for item in reply}


def test_secrets_in_replies_do_not_show() -> None:
    pairs = {"ObjectName": "alice", "Password": "canary"}
    typed = ami.AuthList(object_name="alice", password="canary")
    for auth in (ami.Event("AuthList", pairs), typed):
        assert auth["Password"] == "canary"
        assert "canary" not in repr(auth)
        assert "canary" not in repr(auth.headers)
    assert typed.password == "canary"
    frame = b"Response: Success\r\nCategory-000000: admin\r\nLine-000000-000000: secret=canary"
    reply = ami.ConfigReply.from_frame(frame)
    assert reply.categories[0].variables == (("secret", "canary"),)
    assert "canary" not in repr(reply)
    assert "canary" not in repr(reply.categories)
    assert "canary" not in repr(ami.Action("X", {"Secret": "canary"}))


def test_a_line_without_a_colon_is_found_under_no_name() -> None:
    frame = b"Response: Success\r\nActionID: 1\r\nNo categories found"
    reply = ami.Reply.from_frame(frame)
    assert reply[""] == reply.headers[""] == "No categories found"
    assert "" in reply


async def test_a_simulator_is_entered_once(asterisk: SimulatedAsterisk) -> None:
    async with asterisk:
        with pytest.raises(RuntimeError, match="runs already"):
            async with asterisk.serve_tcp():
                pass
        _, port = await asterisk.listen()
        secret = asterisk.users["admin"].secret
        async with ami.connect("127.0.0.1", port, username="admin", secret=secret) as client:
            assert await client.ping() > 0
