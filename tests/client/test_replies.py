"""Replies and refusals: what an action brings back."""

from __future__ import annotations

import pytest

from amitrio import (
    ActionError,
    CommandReply,
    ConfigReply,
    PermissionDenied,
    Reply,
    UnknownAction,
    actions,
)
from tests.client.peer import Peer
from tests.client.waiting import Beside


async def test_a_reply_of_which_nothing_is_known_has_its_headers(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("Novel"))
        await peer.answer(await peer.expect("Novel"), NewMessages="2")
        reply = await asked
        assert type(reply) is Reply
        assert reply["newmessages"] == "2"


async def test_a_reply_reads_like_an_event(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("MailboxCount", Mailbox="100@default"))
        request = await peer.expect("MailboxCount", Mailbox="100@default")
        await peer.answer(request, Message="Mailbox Message Count", NewMessages="2")
        reply = await asked
        assert type(reply) is actions.MailboxCountReply
        assert reply.new_messages == 2
        assert reply["newmessages"] == "2"
        assert reply.message == "Mailbox Message Count"
        assert reply.succeeded


@pytest.mark.parametrize(
    ("message", "error", "text"),
    [
        ("Permission denied", PermissionDenied, "write=call or reporting in manager.conf"),
        ("Invalid/unknown command: MailboxCount. Use Action: x", UnknownAction, "module show"),
        ("Mailbox not specified", ActionError, "MailboxCount: Mailbox not specified"),
        ("", ActionError, "MailboxCount"),
        ("Authentication failed", ActionError, "check the username"),
    ],
)
async def test_a_refusal_is_raised_and_says_what_to_do(
    peer: Peer, beside: Beside, message: str, error: type[ActionError], text: str
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("MailboxCount"))
        await peer.refuse(await peer.expect("MailboxCount"), message)
        raised = await asked.error()
        assert isinstance(raised, error)
        assert raised.message == message
        assert raised.action == "MailboxCount"
        assert raised.headers["Message"] == message
        assert text in str(raised)
        assert client.connected


async def test_a_missing_privilege_is_named(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        for action, needs in (("Originate", {"originate"}), ("Novel", set())):
            asked = beside(client.send(action))
            await peer.refuse(await peer.expect(action), "Permission denied")
            raised = await asked.error()
            assert isinstance(raised, PermissionDenied)
            assert raised.needs == needs


async def test_a_refusal_is_printed_safely(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("X"))
        evil = "\x1b[2Jlook \x07\u202e" + "x" * 500
        await peer.refuse(await peer.expect("X"), evil)
        raised = await asked.error()
        assert str(raised).isprintable()
        assert len(str(raised)) < 300
        assert isinstance(raised, ActionError)
        assert raised.message == raised.headers["Message"] == evil


# Commands ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        (["System uptime: 9 minutes", "Last reload: 9 minutes"], None),
        (["  leading blanks", "", "a: b", "Response: Error"], None),
        ([""], []),
        (["", ""], ["", ""]),
    ],
)
async def test_a_commands_lines_are_what_it_printed(
    peer: Peer, beside: Beside, output: list[str], lines: list[str] | None
) -> None:
    async with peer.accept() as client:
        asked = beside(client.command("core show uptime"))
        request = await peer.expect("Command", Command="core show uptime")
        printed = "".join(f" / Output: {line}" for line in output)
        await peer.say(f"Response: Success / ActionID: {request.action_id}{printed}")
        assert await asked == (output if lines is None else lines)


async def test_a_command_of_asterisk_13(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("Command", Command="manager show command Ping"))
        request = await peer.expect("Command")
        await peer.send(
            b"Response: Follows\r\nPrivilege: Command\r\nActionID: "
            + request.action_id.encode()
            + b"\r\nAction: Ping\nSynopsis: \n\nResponse: Success\nlast\n--END COMMAND--\r\n\r\n"
        )
        reply = await asked
        assert type(reply) is CommandReply
        assert reply.lines == ["Action: Ping", "Synopsis: ", "", "Response: Success", "last"]
        pinged = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))
        await pinged


async def test_a_failing_command_says_why_in_its_output(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.command("nonsense"))
        request = await peer.expect("Command")
        await peer.answer(
            request,
            Response="Error",
            Message="Command output follows",
            Output="No such command 'nonsense'",
        )
        raised = await asked.error()
        assert isinstance(raised, ActionError)
        assert raised.message == "No such command 'nonsense'"


async def test_a_forged_follows_does_not_swallow_the_stream(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.command("x"))
        request = await peer.expect("Command")
        await peer.say("Response: Follows / Privilege: Command / ActionID: guess / no end")
        await peer.answer(request, Output="true")
        assert await asked == ["true"]


async def test_a_configuration_keeps_its_order(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("GetConfig", Filename="manager.conf"))
        request = await peer.expect("GetConfig")
        await peer.say(
            f"Response: Success / ActionID: {request.action_id}"
            " / Category-000000: general / Line-000000-000000: port=5038"
            " / Line-000000-000001: bindaddr=a=b / Category-000001: general"
        )
        reply = await asked
        assert type(reply) is ConfigReply
        first, second = reply.categories
        assert first.variables == (("port", "5038"), ("bindaddr", "a=b"))
        assert (first.name, second.name, second.variables) == ("general", "general", ())
