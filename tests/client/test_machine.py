"""A client of several tasks, and a peer that answers as it likes, by scripts that hypothesis makes.

What tests/protocol/test_machine.py proves of the core word for word, this proves of the client
around it: tasks that wait, room for actions, letters not yet sent, answers after a time-out.

Law: every task that asked hears exactly once, and what it hears was said to it; who is answered
late, twice or by a stranger notices nothing; and afterwards nothing is left.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, ClassVar
from unittest.mock import patch

import anyio
import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio import (
    ActionError,
    Client,
    ConnectionClosed,
    ConnectionLost,
    ListReply,
    ResponseMissing,
    ResponseTimeout,
)
from amitrio.limits import Limits
from amitrio.protocol import Request
from tests.client.peer import GONE, Peer
from tests.client.waiting import Begun, Beside, quiet
from tests.profiles import examples

LENGTH = 50
ROOM = 4
SECONDS = 30.0

Step = tuple[str, int]

WORDS = [
    *("ask", "ask", "ask", "list", "list", "call"),
    *("answer", "answer", "answer", "answer", "refuse", "skip", "half"),
    *("again", "forge", "item", "end", "report", "break off"),
    *("cancel", "cancel", "wait"),
]
steps = st.tuples(st.sampled_from(WORDS), st.integers(0, 5))


@attrs.define(eq=False)
class Asked:
    """What one task asked for, under a token that only its answer carries."""

    token: str
    begun: Begun[str]
    is_call: bool = False
    cancelled: bool = False

    @property
    def outcome(self) -> str:
        """What it has heard. Fails where that was said to another."""
        if self.begun.cancelled:
            return "cancelled"
        match self.begun._error or self.begun._value[0]:
            case str(text):
                assert text == self.token
                return "answered"
            case ActionError(message=message):
                assert message == f"said to {self.token}"
                return "refused"
            case ResponseMissing() | ResponseTimeout() | ConnectionLost() | ConnectionClosed() as e:
                return type(e).__name__
            case other:
                raise AssertionError(other)


class Play:
    """One script, played step by step."""

    def __init__(self, client: Client, peer: Peer, beside: Beside) -> None:
        self.client = client
        self.peer = peer
        self.beside = beside
        self.asked: list[Asked] = []
        self.heard: list[Request] = []
        self.unanswered: list[Request] = []
        self.answered: list[tuple[Request, str]] = []

    async def run(self, script: list[Step]) -> None:
        self.beside.go(self.hear())
        for word, number in script:
            with suppress(*GONE):  # the client may have ended it: too much is overdue
                await self.STEPS[word](self, number)
            await quiet()
            self.check_order()

    async def hear(self) -> None:
        with suppress(*GONE):
            await self.hear_all()

    async def hear_all(self) -> None:
        while (request := await self.peer.hear()).action != "Logoff":
            self.heard.append(request)
            self.unanswered.append(request)
        await self.peer.answer(request, Response="Goodbye")
        await self.peer.cut()

    # What the program does -------------------------------------------------------------------

    async def ask(self, _number: int) -> None:
        token = self.token()
        self.begin(token, self.echoed(token))

    async def list_queue(self, _number: int) -> None:
        token = self.token()
        self.begin(token, self.listed(token))

    async def call(self, _number: int) -> None:
        token = self.token()
        self.begin(token, self.called(token))
        self.asked[-1].is_call = True

    async def cancel(self, number: int) -> None:
        """At once, or when the action has left."""
        if self.asked:
            asked = self.asked[-1 - number % len(self.asked)]
            asked.cancelled |= not asked.begun.over
            await asked.begun.stop()

    async def wait(self, number: int) -> None:
        """Nothing is answered for so long that the oldest is given up."""
        await anyio.sleep(SECONDS + number)

    def token(self) -> str:
        return f"t{len(self.asked)}"

    def begin(self, token: str, operation: Coroutine[Any, Any, str]) -> None:
        self.asked.append(Asked(token, self.beside(operation)))

    async def echoed(self, token: str) -> str:
        return (await self.client.send("Echo", Text=token))["Text"]

    async def listed(self, token: str) -> str:
        reply = await self.client.send("QueueStatus", Queue=token)
        assert isinstance(reply, ListReply)
        assert {item["Text"] for item in reply} <= {token}
        return reply["Text"]

    async def called(self, token: str) -> str:
        call = await self.client.originate("Local/1@x", context="x", exten=token)
        return (await call.wait_answered())["Text"]

    # What the peer does ----------------------------------------------------------------------

    async def answer(self, number: int, kind: str = "Success") -> None:
        """The next in order; one in six times a later one."""
        if self.unanswered:
            at = number if number == 5 else 0
            request = self.unanswered.pop(min(at, len(self.unanswered) - 1))
            await self.tell(request, kind)

    async def refuse(self, number: int) -> None:
        await self.answer(number, "Error")

    async def skip(self, _number: int) -> None:
        """Never answered."""
        if self.unanswered:
            self.unanswered.pop(0)

    async def half(self, number: int) -> None:
        """An answer whose second half is said a step later, whatever happens between."""
        if self.unanswered:
            request = self.unanswered.pop(0)
            data = self.frame(request, "Success")
            await self.peer.send(data[: 10 * number])
            await quiet()
            await self.cancel(number)
            await self.peer.send(data[10 * number :])

    async def again(self, number: int) -> None:
        if self.answered:
            request, kind = self.answered[-1 - number % len(self.answered)]
            await self.tell(request, kind)

    async def forge(self, number: int) -> None:
        lines = ["", " / ActionID: guess", " / ActionID: 1", " / Text: t0", " / EventList: start"]
        await self.peer.say(f"Response: Success{lines[number % len(lines)]}")

    async def item(self, number: int) -> None:
        """Of the list that was begun last, or of nobody's."""
        if self.lists():
            await self.about(self.lists()[-1], "QueueMember")
        else:
            await self.peer.say(f"Event: QueueMember / ActionID: {number} / Text: stray")

    async def end(self, _number: int) -> None:
        if self.lists():
            await self.about(self.lists()[-1], "QueueStatusComplete")

    async def break_off(self, _number: int) -> None:
        if self.lists():
            await self.tell(self.lists()[-1], "Error")

    async def report(self, number: int) -> None:
        calls = [request for request, _ in self.answered if request.action == "Originate"]
        if calls:
            await self.about(calls[-1 - number % len(calls)], "OriginateResponse")

    def lists(self) -> list[Request]:
        return [one for one, kind in self.answered if (one.action, kind) == LISTING]

    async def tell(self, request: Request, kind: str) -> None:
        self.answered.append((request, kind))
        await self.peer.send(self.frame(request, kind))

    async def about(self, request: Request, kind: str) -> None:
        await self.peer.say(
            f"Event: {kind} / ActionID: {request.action_id} / Text: {own(request)}"
            " / Response: Success / Reason: 4"
        )

    def frame(self, request: Request, kind: str) -> bytes:
        flag = [("EventList", "start")] if (request.action, kind) == LISTING else []
        headers = [*flag, ("Text", own(request)), ("Message", f"said to {own(request)}")]
        return self.peer.connection.respond(request, kind, headers)

    # What must be so -------------------------------------------------------------------------

    def check_order(self) -> None:
        """Whoever asked before somebody who has an answer waits no more, but for a report."""
        order = [own(request) for request in self.heard]
        asked = sorted(
            (one for one in self.asked if one.token in order),
            key=lambda one: order.index(one.token),
        )
        answered = [at for at, one in enumerate(asked) if one.begun.over and not one.cancelled]
        told = [at for at in answered if asked[at].outcome in {"answered", "refused"}]
        for one in asked[: max(told, default=0)]:
            assert one.begun.over or one.is_call, f"{one.token} still waits"

    def check_told(self) -> None:
        """Each has heard once, and heard its own."""
        for asked in self.asked:
            assert asked.begun.over
            assert asked.cancelled == (asked.outcome == "cancelled")

    STEPS: ClassVar[Mapping[str, Callable[[Play, int], Awaitable[None]]]] = MappingProxyType(
        {
            "ask": ask,
            "list": list_queue,
            "call": call,
            "cancel": cancel,
            "wait": wait,
            "answer": answer,
            "refuse": refuse,
            "skip": skip,
            "half": half,
            "again": again,
            "forge": forge,
            "item": item,
            "end": end,
            "break off": break_off,
            "report": report,
        }
    )


LISTING = ("QueueStatus", "Success")


def own(request: Request) -> str:
    """The token of what was asked."""
    return request.get("Text") or request.get("Queue") or request.get("Exten")


async def play(script: list[Step]) -> Play:
    """Play a script on a connection of its own, to the end, and look at what is left."""
    async with anyio.create_task_group() as tasks:
        beside = Beside(tasks)
        peer = Peer(beside)
        beside.go(peer.log_in())
        limits = Limits(pending_actions=ROOM)
        few = patch("amitrio.client.session._MOST_OVERDUE", ROOM)  # else it is never too much
        with few, anyio.fail_after(1e6):
            async with peer.dial(
                limits=limits, response_timeout=SECONDS, ping_interval=math.inf
            ) as client:
                played = Play(client, peer, beside)
                await played.run(script)
            await quiet()
        played.check_told()
        nothing_left(client)
        await peer.cut()
        tasks.cancel_scope.cancel()
    return played


def nothing_left(client: Client) -> None:
    session = client._session
    assert len(session.ledger) == 0
    assert session.connection.pending == 0
    assert session.ledger.room.value == ROOM


@pytest.mark.virtual_time
@examples(few=60, many=5000)
@given(script=st.lists(steps, min_size=LENGTH, max_size=LENGTH))
async def test_whatever_is_asked_and_said(script: list[Step]) -> None:
    await play(script)


@pytest.mark.virtual_time
async def test_every_outcome_is_met() -> None:
    """Else the test above would prove less than it says."""
    rng = random.Random(4)
    met: Counter[str] = Counter()
    scripts = [[(rng.choice(WORDS), rng.randrange(6)) for _ in range(LENGTH)] for _ in range(30)]
    never_answered = [("ask", 0), ("skip", 0), ("wait", 0)] * (2 * ROOM)
    for script in [*scripts, never_answered]:
        played = await play(script)
        met.update(asked.outcome for asked in played.asked)
    assert set(met) == {
        "answered",
        "refused",
        "cancelled",
        "ResponseMissing",
        "ResponseTimeout",
        "ConnectionClosed",
        "ConnectionLost",
    }
