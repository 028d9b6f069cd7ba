"""Every public coroutine is cancelled at each of its suspensions, or fails here for being new.

What can be awaited is found by looking at the classes themselves. A method that is neither in
`AWAITS`, where it is cut here, nor in `ELSEWHERE`, which names the test that cuts it, fails the
first test; one that its line does not really call fails the others.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any

import anyio
import attrs
import pytest

import amitrio
from amitrio import Action, Answers, Client, ConnectionLost, Gap, Link, SupervisedClient, actions
from amitrio.client import ListStream
from amitrio.supervisor.client import LinkStates
from amitrio.supervisor.plain import PlainEvents
from tests.client import test_cancellation as plain_tests
from tests.client import test_dial, test_tls
from tests.client.cancelling import How, When, cuts
from tests.client.test_cancellation import EchoingPeer, every_way, still_right, tasks_alive
from tests.client.waiting import Beside, quiet
from tests.supervisor import test_cancellation as supervised_tests
from tests.supervisor.site import Site
from tests.supervisor.test_cancellation import AT_ONCE, serve_booted

pytestmark = pytest.mark.virtual_time

Ask = Callable[[Any], Coroutine[Any, Any, object]]

# What there is ------------------------------------------------------------------------------------

# Nobody is handed these.
INTERNAL = {
    "CallReport",
    "Collector",
    "Inbox",
    "Keeper",
    "Ledger",
    "Line",
    "Outbox",
    "Reading",
    "Room",
    "Session",
    "SocketStream",
    "Standing",
}
DUNDERS = {"__aenter__", "__aexit__", "__anext__"}


def classes() -> Iterator[type]:
    """The classes of the client and the supervisor that can be had."""
    for package in (amitrio.client, amitrio.supervisor):
        for _, name, _ in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for one in vars(importlib.import_module(name)).values():
                if inspect.isclass(one) and one.__module__ == name and not inspect.isabstract(one):
                    yield one


def can_be_awaited(cls: type, name: str) -> bool:
    """Whether it is a coroutine, or gives something for `async with`."""
    method = inspect.getattr_static(cls, name)
    if (name.startswith("_") and name not in DUNDERS) or not inspect.isfunction(method):
        return False
    returns = str(inspect.signature(method).return_annotation)
    return inspect.iscoroutinefunction(method) or returns.startswith("AbstractAsyncContextManager")


def public_awaits() -> set[str]:
    """`Class.method` of everything that can be awaited."""
    found = {
        f"{cls.__name__}.{name}"
        for cls in classes()
        if cls.__name__ not in INTERNAL and not cls.__name__.startswith("_")
        for name in dir(cls)
        if can_be_awaited(cls, name)
    }
    functions = {
        name for name in amitrio.__all__ if inspect.iscoroutinefunction(getattr(amitrio, name))
    }
    return found | functions


# What is cut here ---------------------------------------------------------------------------------


async def send(client: Any) -> None:
    assert (await client.send("Echo", Text="cancelled"))["Text"] == "cancelled"
    reply = await client.send(actions.MailboxCount(mailbox="100@default"))
    assert reply["Mailbox"] == "100@default"


async def ping(client: Any) -> None:
    await client.ping()


async def command(client: Any) -> None:
    assert await client.command("core show uptime") == ["one line"]


async def originate(client: Any) -> None:
    call = await client.originate("PJSIP/1", context="default", exten="1")
    assert (await call.wait_answered())["Reason"] == "4"


async def items(client: Any) -> None:
    async with client.items(actions.CoreShowChannels()) as channels:
        assert [item["Channel"] async for item in channels] == [f"Local/{n}" for n in range(3)]


async def many(client: Any) -> None:
    numbers = [str(number) for number in range(4)]
    with client.send_many((Action("Echo", {"N": n}) for n in numbers), at_once=2) as answers:
        assert [answer.reply["N"] async for answer in answers] == numbers


def waiting_for(source: Callable[[Any], Any]) -> Ask:
    """Wait for an event that an action brings about, and raise bare that it was lost."""

    async def wait_for(client: Any) -> None:
        async def attempt(ask: Callable[[], Awaitable[object]]) -> None:
            try:
                await ask()
            except ConnectionLost as exc:
                lost.append(exc)
                tasks.cancel_scope.cancel()

        lost: list[ConnectionLost] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(attempt, partial(source(client).wait_for, "Echoed"))
            await attempt(partial(client.send, "Echo", Text="x"))
        if lost:
            raise lost[0]

    return wait_for


async def receive(client: Any) -> None:
    with client.events("Echoed") as stream:
        await client.send("Echo", Text="x")
        while isinstance(await stream.receive(), Gap):
            pass


async def iterate(client: Any) -> None:
    with client.events("Echoed", where=lambda _: True) as stream:
        await client.send("Echo", Text="x")
        async for event in stream:
            if not isinstance(event, Gap):
                break


async def receive_batch(client: Any) -> None:
    with client.events("Echoed") as stream:
        await client.send("Echo", Text="x")
        events: list[object] = []
        while len(events) < 3:
            batch = await stream.receive_batch(3 - len(events), within=60)
            events += [one for one in batch if not isinstance(one, Gap)]


async def wait_connected(client: SupervisedClient) -> None:
    await client.wait_connected()


async def states(client: SupervisedClient) -> None:
    async for state in client.states():
        if state is Link.CONNECTED:
            break


class SlowlyCallingPeer(EchoingPeer):
    """Reports on a call a while after it has taken the order."""

    async def respond(self, request: Any) -> None:
        if request.action != "Originate":
            await super().respond(request)
            return
        await self.answer(request, Message="Originate successfully queued")
        for _ in range(9):
            await anyio.lowlevel.checkpoint()
        await self.say(
            f"Event: OriginateResponse / ActionID: {request.action_id} / Response: Success"
            " / Reason: 4"
        )


BOTH: dict[str, Ask] = {
    "send": send,
    "ping": ping,
    "command": command,
    "originate": originate,
    "items": items,
    "wait_for": waiting_for(lambda client: client),
}
SHARED: dict[tuple[type, str], Ask] = {
    (amitrio.EventStream, "receive"): receive,
    (amitrio.EventStream, "receive_batch"): receive_batch,
    (amitrio.EventStream, "__anext__"): iterate,
    (ListStream, "__anext__"): items,
    (Answers, "__anext__"): many,
    (amitrio.OutboundCall, "wait_answered"): originate,
}
OF_CLIENT: dict[tuple[type, str], Ask] = {
    **{(Client, name): ask for name, ask in BOTH.items()},
    **SHARED,
}
OF_SUPERVISED: dict[tuple[type, str], Ask] = {
    **{(SupervisedClient, name): ask for name, ask in BOTH.items()},
    **SHARED,
    (SupervisedClient, "wait_connected"): wait_connected,
    (PlainEvents, "wait_for"): waiting_for(lambda client: client.raising_gaps),
    (LinkStates, "__anext__"): states,
}
AWAITS = {**OF_CLIENT, **OF_SUPERVISED}

ELSEWHERE: dict[str, list[Callable[..., Any]]] = {
    "Client.aclose": [plain_tests.test_closing_may_be_cancelled_and_is_done_all_the_same],
    "Client.wait_closed": [plain_tests.test_wait_closed_may_be_cancelled],
    "Connection.__aenter__": [
        plain_tests.test_connecting_may_be_cancelled_anywhere,
        test_dial.test_connecting_over_tcp_may_be_cancelled_anywhere,
        test_tls.test_a_handshake_may_be_cancelled_anywhere,
    ],
    "Connection.__aexit__": [plain_tests.test_connecting_may_be_cancelled_anywhere],
    "Supervision.__aenter__": [supervised_tests.test_a_life_may_be_cancelled_anywhere],
    "Supervision.__aexit__": [supervised_tests.test_a_life_may_be_cancelled_anywhere],
}


def name_of(await_: tuple[type, str]) -> str:
    return f"{await_[0].__name__}.{await_[1]}"


def test_there_is_a_test_for_everything_that_can_be_awaited() -> None:
    here = {name_of(one) for one in AWAITS}
    assert here & set(ELSEWHERE) == set()
    assert here | set(ELSEWHERE) == public_awaits()


def test_what_is_awaited_is_found() -> None:
    """Else the test above would see nothing."""
    assert {"Client.items", "Client.send", "OutboundCall.wait_answered"} <= public_awaits()
    assert "Client.events" not in public_awaits()
    assert {cls.__name__ for cls in classes()} >= INTERNAL


# Cutting ------------------------------------------------------------------------------------------


@attrs.define
class Spy:
    """Counts the calls of a method."""

    calls: int = 0

    def on(self, monkeypatch: pytest.MonkeyPatch, cls: type, name: str) -> Spy:
        original = getattr(cls, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            return original(*args, **kwargs)

        monkeypatch.setattr(cls, name, counted)
        return self


@every_way
@pytest.mark.parametrize("awaited", OF_CLIENT, ids=name_of)
async def test_of_a_client(
    beside: Beside,
    monkeypatch: pytest.MonkeyPatch,
    how: How,
    when: When,
    awaited: tuple[type, str],
) -> None:
    spy = Spy().on(monkeypatch, *awaited)
    peer = SlowlyCallingPeer(beside)
    async with peer.accept() as client:
        beside.go(peer.attend())
        await quiet()
        before = tasks_alive()
        async for cut in cuts(how, when):
            await cut(OF_CLIENT[awaited](client))
            await still_right(client)
            assert tasks_alive() == before
        assert spy.calls > 0
    await peer.expect_end()


_texts = itertools.count()


@every_way
@pytest.mark.parametrize("is_lost", [False, True], ids=["connected", "lost"])
@pytest.mark.parametrize("awaited", OF_SUPERVISED, ids=name_of)
async def test_of_a_supervised_client(
    beside: Beside,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    how: How,
    when: When,
    is_lost: bool,  # noqa: FBT001 - as pytest gives it
    awaited: tuple[type, str],
) -> None:
    async def ask() -> None:
        while True:
            try:
                await OF_SUPERVISED[awaited](client)
            except ConnectionLost:
                assert is_lost
                await client.wait_connected()
            else:
                return

    spy = Spy().on(monkeypatch, *awaited)
    site.kind = SlowlyCallingPeer
    beside.go(serve_booted(site))
    async with site.supervise(backoff=AT_ONCE) as client:
        await quiet()
        before = tasks_alive()
        async for cut in cuts(how, when):
            if is_lost:
                await site.peer.cut()
            await cut(ask())
            await quiet()
            await client.wait_connected()
            text = f"text {next(_texts)}"
            assert (await client.send("Echo", Text=text))["Text"] == text
            await quiet()
            assert tasks_alive() == before
            assert len(client._keeper.standing) == 0
            line = client._keeper.line
            assert line is not None
            assert len(line.session.ledger) == 0
            assert line.session.connection.pending == 0
        assert spy.calls > 0
