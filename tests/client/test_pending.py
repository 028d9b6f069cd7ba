"""Pending: what an action is told, and what it holds."""

from __future__ import annotations

import itertools

import pytest

from amitrio import (
    Action,
    ActionError,
    ConnectionClosed,
    ConnectionLost,
    ListTooLong,
    PermissionDenied,
    Reply,
    actions,
)
from amitrio.client import ledger
from amitrio.client.ledger import Ledger
from amitrio.client.pending import Collector, Pending
from amitrio.limits import Limits
from amitrio.models import Chunk
from amitrio.protocol.message import id_of
from tests.client.peer import Peer, of
from tests.client.streams import nowait_pair
from tests.client.test_answers import NARROW, each
from tests.client.test_answers_end import last_is_next
from tests.client.test_batches import CHUNK
from tests.client.test_cancellation import nothing_left
from tests.client.test_lists import channels, end_list, go_on
from tests.client.waiting import Beside, quiet


async def test_the_rest_of_a_list_that_is_too_long_is_dropped(
    peer: Peer, beside: Beside, caplog: pytest.LogCaptureFixture
) -> None:
    async with peer.accept(limits=Limits(list_items=3)) as client:
        asked = beside(each(client.send_many([actions.CoreShowChannels()])))
        request = await peer.expect("CoreShowChannels")
        await peer.answer(request, *channels(9), EventList="start")
        (too_long,) = await asked
        assert isinstance(too_long.error, ListTooLong)
        (pending,) = client._session.ledger._pending
        assert pending.abandoned
        await end_list(peer, request, 9)
        await quiet()
        assert caplog.messages == []
        nothing_left(client)


async def test_of_a_list_that_is_too_long_nothing_is_kept(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=Limits(list_items=3)) as client:
        answers = client.send_many([actions.CoreShowChannels()])
        taking = beside(anext(answers))
        request = await peer.expect("CoreShowChannels")
        await taking.stop()
        await peer.answer(request, *channels(3), EventList="start")
        (pending,) = client._session.ledger._pending
        for _ in range(2):
            await go_on(peer, request, *channels(1))
            await quiet()
            assert pending._listed == []  # type: ignore[attr-defined]
        await peer.cut()
        await client.wait_closed()
        assert isinstance((await anext(answers)).error, ListTooLong)  # what came first is told


async def test_who_was_cancelled_is_told_nothing_of_the_list(
    peer: Peer, beside: Beside, caplog: pytest.LogCaptureFixture
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send(actions.CoreShowChannels()))
        request = await peer.expect("CoreShowChannels")
        await asked.stop()
        await peer.answer(request, *channels(2), EventList="start")
        await end_list(peer, request, 9)
        await quiet()
        assert caplog.messages == []
        nothing_left(client)


@pytest.mark.parametrize("action", ["Ask", "CoreShowChannels"])
async def test_a_reply_knows_where_it_came_from(peer: Peer, beside: Beside, action: str) -> None:
    async with peer.accept(fallback_encoding="cp1251") as client:
        beside.go(peer.attend())
        reply = await client.send(action)
        assert reply.received is not None
        assert reply.server is not None
        assert reply.server.fallback_encoding == "cp1251"


async def test_a_list_that_is_sent_for_is_counted(
    peer: Peer, beside: Beside, caplog: pytest.LogCaptureFixture
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("CoreShowChannels"))
        request = await peer.expect("CoreShowChannels")
        complete = "Event: CoreShowChannelsComplete / EventList: Complete / ListItems: 9"
        await peer.answer(request, *channels(2), complete, EventList="start")
        assert len(await asked) == 2
        assert caplog.messages == ["CoreShowChannels: 2 items came, and Asterisk says it sent 9"]


async def test_what_was_withdrawn_is_no_longer_the_oldest(peer: Peer) -> None:
    async with peer.accept() as client:
        session = client._session
        asked = Pending("Ask")
        assert session.ledger.post_nowait(Action("Ask"), asked)
        session.ledger.abandon(asked)
        assert session.ledger.oldest is None
        nothing_left(client)


async def test_a_lone_action_leaves_at_once_and_the_next_is_gathered(beside: Beside) -> None:
    peer = Peer(beside, nowait_pair(takes=10_000))
    async with peer.accept() as client:
        first, second = Pending("Ask"), Pending("Ask")
        for pending in (first, second):
            assert client._session.ledger.post_nowait(Action("Ask"), pending)
        assert (first.left, second.left) == (True, False)
        for _ in range(2):
            await peer.answer(await peer.expect("Ask"))
        await quiet()
        nothing_left(client)


class Jealous(Pending):
    """Gives all others up when it is answered."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__("Ask")
        self.ledger = ledger
        self.told = 0

    def on_answer(self, _frame: bytes, _chunk: Chunk) -> None:
        self.told += 1
        for other in list(self.ledger._pending):
            if other is not self:
                self.ledger.abandon(other)


@pytest.mark.parametrize("beside_an_event", [False, True])
async def test_who_gives_others_up_that_are_answered_in_the_same_chunk(
    peer: Peer, *, beside_an_event: bool
) -> None:
    async with peer.accept() as client:
        ledger = client._session.ledger
        asked = [Jealous(ledger) for _ in range(3)]
        assert all(ledger.post_nowait(Action("Ask"), one) for one in asked)
        requests = [await peer.expect("Ask") for _ in range(3)]
        answers = [of(request, "Response: Success / X: y") for request in requests]
        await peer.say(*answers, *["Event: Hangup"] * beside_an_event)
        await quiet()
        assert [one.told for one in asked] == [1, 0, 0]
        for one in asked:
            ledger.forget_report(one)  # too late, and gives no room once more
        nothing_left(client)


@pytest.mark.parametrize("what", ["answer", "list", "loss"])
async def test_who_has_abandoned_an_action_is_told_nothing(
    peer: Peer, beside: Beside, what: str
) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("CoreShowChannels"))
        request = await peer.expect("CoreShowChannels")
        (pending,) = client._session.ledger._pending
        assert isinstance(pending, Collector)
        await asked.stop()
        if what == "answer":
            await peer.refuse(request, "no")
        elif what == "list":
            await peer.answer(request, EventList="start")
        else:
            await peer.cut()
        await quiet()
        assert (pending.done, pending._answer, pending._failure) == (False, None, None)


async def test_who_has_abandoned_an_action_is_told_nothing_among_others(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(limits=Limits(pending_actions=3)) as client:
        asked, requests = [], []
        for _ in range(3):
            asked.append(beside(client.send("Ask")))
            requests.append(await peer.expect("Ask"))
        _, abandoned, _ = client._session.ledger._pending
        assert isinstance(abandoned, Collector)
        await asked[1].stop()
        answers = [f"Response: Success / ActionID: {one.action_id} / X: y" for one in requests]
        await peer.say(*answers)
        assert [(await one)["ActionID"] for one in asked[::2]] == [
            one.action_id for one in requests[::2]
        ]
        assert (abandoned.done, abandoned._answer) == (False, None)
        for _ in range(3):  # there is room again for all of them
            assert client._session.ledger.post_nowait(Action("Ask"), Pending("Ask"))
        for _ in range(3):
            await peer.answer(await peer.expect("Ask"))
        await quiet()
        nothing_left(client)


async def test_what_is_refused_takes_no_room(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=NARROW) as client:
        for _ in range(2):
            with pytest.raises(ValueError, match="line break"):
                await client.send("Ask", Value="a\r\nb")
        asked = beside(client.send("Ask"))
        await peer.answer(await peer.expect("Ask"))
        await asked
        nothing_left(client)


def test_seconds_are_for_an_answer_that_the_result_would_give() -> None:
    answered, refused, lost = (Collector("Ask") for _ in range(3))
    refused.reply = Reply
    answered.since = 3.0
    answered.on_answer(b"Response: Success\r\nActionID: 1", CHUNK._replace(at=4.5))
    assert answered.seconds() == 1.5
    refused.on_answer(b"Response: Error\r\nMessage: no", CHUNK)
    lost.on_start(b"Response: Success\r\nActionID: 1", CHUNK)
    lost.on_failure(lambda: ConnectionLost("gone", executed="maybe"))
    for one, error in ((refused, ActionError), (lost, ConnectionLost)):
        for read in (one.seconds, one.result):
            with pytest.raises(error):
                read()


async def test_a_ping_over_a_connection_that_was_closed_is_refused(peer: Peer) -> None:
    async with peer.accept() as client:
        pass
    with pytest.raises(ConnectionClosed):
        await client.ping()


async def test_a_ping_that_is_refused_says_why(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.ping())
        await peer.refuse(await peer.expect("Ping"), "Permission denied")
        with pytest.raises(PermissionDenied):
            await asked
        nothing_left(client)


async def test_a_probe_takes_no_room_that_is_not_there(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=NARROW) as client:
        other = beside(client.send("Other"))
        request = await peer.expect("Other")
        client._session._probe(0.0)
        assert client.statistics().pending == 1
        await peer.answer(request)
        await other
        await last_is_next(peer, client, beside)


async def test_of_a_list_that_was_given_up_nothing_is_kept(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send(actions.CoreShowChannels()))
        request = await peer.expect("CoreShowChannels")
        await peer.answer(request, *channels(5), EventList="start")
        await quiet()
        (pending,) = client._session.ledger._pending
        assert isinstance(pending, Collector)
        assert pending._listed is not None
        assert len(pending._listed) == 5
        await asked.stop()
        assert [pending._listed, pending._answer] == [None, None]


@pytest.mark.parametrize("whole", [True, False])
async def test_a_list_that_is_too_long_is_not_called_miscounted(
    peer: Peer, beside: Beside, caplog: pytest.LogCaptureFixture, *, whole: bool
) -> None:
    async with peer.accept(limits=Limits(list_items=3)) as client:
        asked = beside(client.send(actions.CoreShowChannels()))
        request = await peer.expect("CoreShowChannels")
        await peer.answer_list(request, "CoreShowChannelsComplete", *channels(9 if whole else 4))
        assert isinstance(await asked.error(), ListTooLong)
        assert caplog.messages == []


def test_action_ids_are_long_and_never_the_same() -> None:
    drawn = [id_of(line) for line in itertools.islice(ledger._new_id_lines(), 600)]
    assert {len(one) for one in drawn} == {24}
    assert len(set(drawn)) == 600
