"""Many actions, asked by one task: each has its own answer, in its turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import anyio
import pytest

from amitrio import (
    Action,
    ActionError,
    Answer,
    Answers,
    ListReply,
    ListTooLong,
    Reply,
    ResponseTimeout,
    actions,
)
from amitrio.limits import Limits
from amitrio.models import ActionLike
from tests.client.cancelling import How, When, cuts
from tests.client.peer import Peer
from tests.client.test_cancellation import every_way, nothing_left, still_right
from tests.client.test_lists import channels
from tests.client.waiting import Beside, quiet


def asks(count: int, start: int = 0) -> list[Action]:
    return [Action("Ask", {"N": str(number)}) for number in range(start, start + count)]


async def told(answers: Answers[Reply]) -> list[str]:
    """The numbers of the answers, to the end."""
    return [answer.reply["N"] async for answer in answers]


async def each(answers: Answers[Reply]) -> list[Answer[Reply]]:
    return [answer async for answer in answers]


# What is answered ---------------------------------------------------------------------------------


async def test_each_action_has_its_answer_in_its_turn(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        given = asks(3)
        asked = beside(each(client.send_many(given)))
        requests = [await peer.expect("Ask", N=str(number)) for number in range(3)]
        for request in requests:
            await peer.answer(request, N=f"no. {request.get('N')}")
        answers = await asked
        assert [answer.reply["N"] for answer in answers] == ["no. 0", "no. 1", "no. 2"]
        assert [answer.action for answer in answers] == given
        assert [answer.error for answer in answers] == [None] * 3
        nothing_left(client)


async def test_nothing_to_ask_is_answered_by_nothing(peer: Peer) -> None:
    async with peer.accept() as client:
        assert await each(client.send_many([])) == []
        nothing_left(client)


async def test_typed_actions_have_typed_replies(peer: Peer, beside: Beside) -> None:
    boxes = [actions.MailboxCount(mailbox=box) for box in ("100", "101")]
    async with peer.accept() as client:
        beside.go(peer.attend())
        replies = [answer.reply async for answer in client.send_many(boxes)]
        assert [type(reply) for reply in replies] == [actions.MailboxCountReply] * 2
        assert [reply["Mailbox"] for reply in replies] == ["100", "101"]


async def test_so_many_are_under_way_and_no_more(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(told(client.send_many(asks(5), at_once=2)))
        first, second = await peer.expect("Ask", N="0"), await peer.expect("Ask", N="1")
        await quiet()
        assert client.statistics().pending == 2
        await peer.answer(first, N="0")
        third = await peer.expect("Ask", N="2")
        await quiet()
        assert client.statistics().pending == 2
        await peer.answer(second, N="1")
        await peer.answer(third, N="2")
        for number in ("3", "4"):
            await peer.answer(await peer.expect("Ask", N=number), N=number)
        assert await asked == ["0", "1", "2", "3", "4"]


async def test_nothing_is_drawn_before_there_is_room_for_it(peer: Peer, beside: Beside) -> None:
    def endless() -> Iterator[Action]:
        for number in range(1000):
            drawn.append(number)
            yield Action("Ask", {"N": str(number)})

    drawn: list[int] = []
    async with peer.accept() as client:
        beside.go(peer.attend())
        answers = client.send_many(endless(), at_once=3)
        await quiet()
        assert drawn == []
        for number in range(10):
            assert (await anext(answers)).reply["N"] == str(number)
            assert len(drawn) <= number + 1 + 2 * 3
        answers.close()
        await client.ping()
        nothing_left(client)


async def test_a_list_is_one_answer(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        beside.go(peer.attend())
        wanted: list[ActionLike] = [*asks(1), actions.CoreShowChannels(), *asks(1, start=1)]
        first, whole, last = await each(client.send_many(wanted))
        assert (first.reply["N"], last.reply["N"]) == ("0", "1")
        assert isinstance(whole.reply, ListReply)
        assert [item["Channel"] for item in whole.reply] == [f"Local/{n}" for n in range(3)]


# What is refused ----------------------------------------------------------------------------------


async def test_a_refusal_is_the_answer_to_one_and_the_others_go_on(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        asked = beside(each(client.send_many(asks(3))))
        requests = [await peer.expect("Ask") for _ in range(3)]
        await peer.answer(requests[0], N="0")
        await peer.refuse(requests[1], "No such thing")
        await peer.answer(requests[2], N="2")
        answers = await asked
        assert [answer.error is None for answer in answers] == [True, False, True]
        assert isinstance(answers[1].error, ActionError)
        assert answers[1].error.message == "No such thing"
        with pytest.raises(ActionError, match="No such thing"):
            _ = answers[1].reply
        nothing_left(client)


async def test_what_asterisk_would_misread_is_answered_here_in_its_turn(
    peer: Peer, beside: Beside
) -> None:
    bad = Action("Ask", {"N": "1\r\nAction: Hangup"})
    async with peer.accept() as client:
        beside.go(peer.attend())
        before = len(peer.heard)
        answers = await each(client.send_many([*asks(1), bad, *asks(1, start=2)]))
        assert [answer.error is None for answer in answers] == [True, False, True]
        with pytest.raises(ValueError, match="line break"):
            _ = answers[1].reply
        assert [request.get("N") for request in peer.heard[before:]] == ["0", "2"]
        nothing_left(client)


async def test_a_stream_of_which_nothing_can_be_sent_gives_way_to_others(peer: Peer) -> None:
    bad = Action("Ask", {"N": "\n"})
    async with peer.accept() as client:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await each(client.send_many([bad] * 3))
        assert scope.cancelled_caught
        assert len(await each(client.send_many([bad] * 3, at_once=1))) == 3


@pytest.mark.parametrize("name", ["Filter", "events"])
async def test_what_is_about_the_connection_itself_goes_through_send(peer: Peer, name: str) -> None:
    async with peer.accept() as client:
        (answer,) = await each(client.send_many([Action(name, {"EventMask": "off"})]))
        assert str(answer.error) == f"{name} is about the connection itself: give it to send(...)"
        nothing_left(client)


async def test_a_list_that_is_too_long_is_one_error(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=Limits(list_items=3)) as client:
        asked = beside(each(client.send_many([actions.CoreShowChannels(), *asks(1)])))
        request = await peer.expect("CoreShowChannels")
        await peer.answer_list(request, "CoreShowChannelsComplete", *channels(9))
        await peer.answer(await peer.expect("Ask"), N="0")
        too_long, other = await asked
        assert isinstance(too_long.error, ListTooLong)
        assert other.reply["N"] == "0"
        nothing_left(client)


async def test_one_at_least_is_under_way(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.raises(ValueError, match="one at least"):
            client.send_many([], at_once=0)


async def test_what_is_no_iterable_is_told_at_once(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.raises(TypeError, match="not iterable"):
            client.send_many(7)  # type: ignore[call-overload] # that is what is tested


@pytest.mark.parametrize("bad", ["Ping", None, ("Ping", {}), Action("Ask", cast("Any", {7: "x"}))])
async def test_what_is_no_action_is_told_and_the_others_go_on(
    peer: Peer, beside: Beside, bad: Any
) -> None:
    async with peer.accept() as client:
        beside.go(peer.attend())
        first, wrong, last = await each(client.send_many([*asks(1), bad, *asks(1, start=2)]))
        assert (first.reply["N"], last.reply["N"]) == ("0", "2")
        assert wrong.action is bad
        with pytest.raises((TypeError, AttributeError)):
            _ = wrong.reply
        nothing_left(client)


async def test_what_is_no_action_is_shown(peer: Peer) -> None:
    async with peer.accept() as client:
        (answer,) = await each(client.send_many(cast("Any", ["Ping"])))
        assert str(answer.error) == "'Ping' is no action: give amitrio.Action(...)"


# Room among the pending actions -------------------------------------------------------------------

NARROW = Limits(pending_actions=1)


async def test_where_there_is_no_room_it_waits_for_its_turn(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=NARROW) as client:
        other = beside(client.send("Other"))
        request = await peer.expect("Other")
        asked = beside(told(client.send_many(asks(3))))
        await quiet()
        await peer.answer(request)
        await other
        for number in ("0", "1", "2"):
            await peer.answer(await peer.expect("Ask", N=number), N=number)
        assert await asked == ["0", "1", "2"]
        nothing_left(client)


async def test_misread_where_there_is_no_room(peer: Peer, beside: Beside) -> None:
    bad = Action("Ask", {"N": "\n"})
    async with peer.accept(limits=NARROW) as client:
        other = beside(client.send("Other"))
        request = await peer.expect("Other")
        asked = beside(each(client.send_many([bad, *asks(1)])))
        await quiet()
        await peer.answer(request)
        await other
        await peer.answer(await peer.expect("Ask"), N="0")
        misread, right = await asked
        assert isinstance(misread.error, ValueError)
        assert right.reply["N"] == "0"
        nothing_left(client)


# How it goes on --------------------------------------------------------------------------


async def test_more_is_asked_before_the_answers_that_came_are_used(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        answers = client.send_many(asks(9), at_once=3)
        taking = beside(anext(answers))
        requests = [await peer.expect("Ask") for _ in range(3)]
        await taking.stop()
        for number, request in enumerate(requests):
            await peer.answer(request, N=str(number))
        await quiet()
        assert (await anext(answers)).reply["N"] == "0"
        for number in range(3, 6):
            await peer.answer(await peer.expect("Ask", N=str(number)), N=str(number))
        await quiet()
        assert client.statistics().pending == 0
        assert [(await anext(answers)).reply["N"] for _ in range(2)] == ["1", "2"]
        answers.close()


async def test_an_answer_has_the_action_as_it_was_given(peer: Peer, beside: Beside) -> None:
    given = [actions.MailboxCount(mailbox="100"), actions.MailboxCount(mailbox="101")]
    async with peer.accept() as client:
        beside.go(peer.attend())
        answers = [answer async for answer in client.send_many(given)]
        assert all(answer.action is one for answer, one in zip(answers, given, strict=True))


async def test_a_stream_of_which_nothing_can_be_sent_lets_others_run(
    peer: Peer, beside: Beside
) -> None:
    async def run() -> None:
        ran.append(True)

    ran: list[bool] = []
    async with peer.accept() as client:
        beside.go(run())
        async for _ in client.send_many([Action("Ask", {"N": "\n"})] * 3, at_once=1):
            pass
        assert ran


async def test_a_taker_that_is_cancelled_asks_nothing(peer: Peer) -> None:
    left = iter(asks(3))
    async with peer.accept() as client:
        with client.send_many(left) as answers:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await anext(answers)
            assert scope.cancelled_caught
            nothing_left(client)
            assert list(left) == asks(3)


async def test_an_error_that_was_not_raised_holds_no_frames(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(each(client.send_many([*asks(1), Action("Ask", {"N": "\n"})])))
        await peer.refuse(await peer.expect("Ask"), "No such thing")
        for answer in await asked:
            assert answer.error is not None
            assert answer.error.__traceback__ is None
            for _ in range(3):
                with pytest.raises(type(answer.error)) as caught:
                    _ = answer.reply
                assert len(caught.traceback) == 2


@pytest.mark.virtual_time
async def test_a_late_answer_is_one_error(peer: Peer, beside: Beside) -> None:
    async with peer.accept(response_timeout=1.0) as client:
        asked = beside(each(client.send_many(asks(3))))
        requests = [await peer.expect("Ask") for _ in range(3)]
        await anyio.sleep(1.5)
        for request in requests:
            await peer.answer(request, N=request.get("N") or "")
        late, *others = await asked
        assert isinstance(late.error, ResponseTimeout)
        assert [answer.reply["N"] for answer in others] == ["1", "2"]
        nothing_left(client)


# Cancellation -------------------------------------------------------------------------------------


@every_way
async def test_no_answer_is_lost_by_a_cancelled_taking(
    peer: Peer, beside: Beside, how: How, when: When
) -> None:
    taken: list[str] = []

    async def take(answers: AsyncIterator[Answer[Reply]], until: int) -> None:
        while len(taken) < until:
            taken.append((await anext(answers)).reply["N"])

    async with peer.accept() as client:
        beside.go(peer.attend())
        with client.send_many(asks(1000), at_once=2) as answers:
            async for cut in cuts(how, when):
                await cut(take(answers, len(taken) + 5))
        assert taken == [str(number) for number in range(len(taken))]
        await still_right(client)


@every_way
async def test_no_answer_is_lost_by_a_cancelled_wait_for_room(
    peer: Peer, beside: Beside, how: How, when: When
) -> None:
    async def give_later() -> None:
        for _ in range(6):
            await anyio.lowlevel.checkpoint()
        room.give()

    async def take_two(answers: Answers[Reply]) -> None:
        for _ in range(2):
            taken.append((await anext(answers)).reply["N"])  # noqa: PERF401 - kept when it is cancelled

    taken: list[str] = []
    async with peer.accept(limits=NARROW) as client:
        beside.go(peer.attend())
        room = client._session.ledger.room
        with client.send_many(asks(1000), at_once=1) as answers:
            async for cut in cuts(how, when):
                await quiet()  # what was asked ahead is answered
                assert room.take_nowait()
                giving = beside(give_later())
                await cut(take_two(answers))
                await giving
        assert taken == [str(number) for number in range(len(taken))]
        assert len(taken) > 2
        await still_right(client)
