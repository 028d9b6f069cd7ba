"""What Asterisk answers: late, twice, out of order, never, or not as announced."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from amitrio import (
    ActionError,
    Client,
    Limits,
    ListReply,
    ListTooLong,
    PermissionDenied,
    ResponseMissing,
    ResponseTimeout,
    SubscriberTooSlow,
    UnknownAction,
)
from tests.client.peer import Peer, of
from tests.client.waiting import Beside, quiet
from tests.faults.living import outlived

ITEM = "Event: CoreShowChannel / Channel: PJSIP/1"
END = "Event: CoreShowChannelsComplete / EventList: Complete / ListItems: {}"


async def speak_of_others(peer: Peer) -> None:
    """Events go on while an action waits: the connection is well, only the answer is late."""
    for _ in range(100):
        await peer.event("Newexten")
        await anyio.sleep(5)


@pytest.mark.virtual_time
async def test_answer_late_or_never(peer: Peer, beside: Beside) -> None:
    async with outlived(peer, beside) as client:
        began = anyio.current_time()
        asked = beside(client.send("MailboxCount", Mailbox="100"))
        request = await peer.expect("MailboxCount")
        beside.go(speak_of_others(peer))
        error = await asked.error()
        assert isinstance(error, ResponseTimeout)
        assert error.executed == "maybe"
        assert anyio.current_time() - began == 30
        later = beside(client.send("MailboxCount", Mailbox="200"))
        other = await peer.expect("MailboxCount", Mailbox="200")
        await peer.answer(request, NewMessages="1")
        await quiet()
        assert not later.over
        await peer.answer(other, NewMessages="2")
        assert (await later)["NewMessages"] == "2"


@pytest.mark.parametrize(
    "unasked",
    [
        "Response: Error / ActionID: {settled} / Message: the second answer",
        "Response: Error / Message: without an ActionID",
        "Response: Success / ActionID: guess / Message: forged",
        "Response: Goodbye / ActionID: guess",
    ],
)
async def test_answer_that_nobody_asked_for(peer: Peer, beside: Beside, unasked: str) -> None:
    async with outlived(peer, beside) as client:
        settled = beside(client.ping())
        await peer.answer(earlier := await peer.expect("Ping"))
        await settled
        asked = beside(client.send("MailboxCount"))
        request = await peer.expect("MailboxCount")
        await peer.say(unasked.format(settled=earlier.action_id))
        await quiet()
        assert not asked.over
        await peer.answer(request, NewMessages="2")
        assert (await asked)["NewMessages"] == "2"
        assert client.statistics().unmatched == 1


async def test_answers_out_of_order(peer: Peer, beside: Beside) -> None:
    async with outlived(peer, beside) as client:
        first = beside(client.send("QueueAdd"))
        skipped = await peer.expect("QueueAdd")
        second = beside(client.send("MailboxCount"))
        await peer.answer(await peer.expect("MailboxCount"), NewMessages="2")
        error = await first.error()
        assert isinstance(error, ResponseMissing)
        assert error.executed == "maybe"
        assert (await second)["NewMessages"] == "2"
        await peer.answer(skipped)  # after all; nobody waits for it any more


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("No such channel", ActionError),
        ("Permission denied", PermissionDenied),
        ("Invalid/unknown command: Hangup. Use Action: ListCommands to show", UnknownAction),
    ],
)
async def test_action_refused(
    peer: Peer, beside: Beside, message: str, kind: type[ActionError]
) -> None:
    async with outlived(peer, beside) as client:
        asked = beside(client.send("Hangup", Channel="PJSIP/gone"))
        await peer.refuse(await peer.expect("Hangup"), message)
        error = await asked.error()
        assert type(error) is kind
        assert isinstance(error, ActionError)
        assert error.message == message
        assert error.headers["Response"] == "Error"


@pytest.mark.virtual_time
@pytest.mark.parametrize("how", ["silence", "the next answer"])
async def test_list_without_end(peer: Peer, beside: Beside, how: str) -> None:
    async with outlived(peer, beside) as client:
        asked = beside(client.send("CoreShowChannels"))
        request = await peer.expect("CoreShowChannels")
        await peer.answer(request, ITEM, EventList="start")
        if how == "silence":
            beside.go(speak_of_others(peer))
            assert isinstance(await asked.error(), ResponseTimeout)
            assert anyio.current_time() == 30
        else:
            beside.go(client.ping())
            await peer.answer(await peer.expect("Ping"))
            assert isinstance(await asked.error(), ResponseMissing)
        await peer.say(of(request, ITEM), of(request, END.format(2)))  # too late for anybody


async def gather(client: Client, read: list[str]) -> None:
    read.extend(item["Channel"] for item in await client.send("CoreShowChannels"))


async def stroll(client: Client, read: list[str]) -> None:
    async with client.items("CoreShowChannels") as items:
        await anyio.sleep(1)  # meanwhile the whole list has come
        async for item in items:
            read.append(item["Channel"])  # noqa: PERF401 - kept when the loop raises


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("ask", "kind", "kept"), [(gather, ListTooLong, 0), (stroll, SubscriberTooSlow, 3)]
)
async def test_list_beyond_the_limit(
    peer: Peer, beside: Beside, ask: Any, kind: type[Exception], kept: int
) -> None:
    async with outlived(peer, beside, limits=Limits(list_items=3)) as client:
        read: list[str] = []
        asked = beside(ask(client, read))
        await peer.answer_list(
            await peer.expect("CoreShowChannels"), "CoreShowChannelsComplete", *[ITEM] * 4
        )
        assert type(await asked.error()) is kind
        assert read == ["PJSIP/1"] * kept


@pytest.mark.parametrize(("announced", "missing"), [(0, 0), (1, 0), (2, 0), (3, 1)])
async def test_list_that_is_miscounted(
    peer: Peer, beside: Beside, announced: int, missing: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with outlived(peer, beside) as client:
        asked = beside(client.send("CoreShowChannels"))
        request = await peer.expect("CoreShowChannels")
        await peer.answer(request, ITEM, ITEM, END.format(announced), EventList="start")
        reply = await asked
        assert isinstance(reply, ListReply)
        assert len(reply) == 2
        assert (reply.announced, reply.missing) == (announced, missing)
        said = "CoreShowChannels: 2 items came, and Asterisk says it sent 3"
        assert caplog.messages == [said] * missing
