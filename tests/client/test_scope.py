"""Law 5: one context manager owns all tasks, and what its body raises comes out bare."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import Any

import anyio
import pytest

from amitrio import Client, ConnectionLost
from amitrio.client.pending import Collector
from amitrio.client.scope import owning
from amitrio.client.session import Session
from amitrio.client.subscriptions import Subscriptions
from amitrio.limits import Limits
from tests.client.peer import Peer, frame, of
from tests.client.waiting import Begun, Beside, quiet


class Halt(BaseException):
    """As KeyboardInterrupt is: no Exception."""


async def forever() -> None:
    await anyio.sleep_forever()


RAISED = [
    ValueError("mine"),
    KeyError("mine"),
    Halt("mine"),
    KeyboardInterrupt(),
    GeneratorExit(),
    StopIteration("mine"),
    StopAsyncIteration("mine"),
    TimeoutError("mine"),
    ExceptionGroup("mine", [ValueError("a"), KeyError("b")]),
    ExceptionGroup("mine", [ValueError("alone")]),
    BaseExceptionGroup("mine", [Halt("a")]),
]


@pytest.mark.parametrize("raised", RAISED, ids=lambda raised: type(raised).__name__)
async def test_the_very_object_that_the_body_raised_comes_out(
    peer: Peer, raised: BaseException
) -> None:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - the object is compared
        async with peer.accept():
            raise raised
    assert caught.value is raised


async def test_it_comes_out_as_it_was(peer: Peer) -> None:
    cause, context = OSError("cause"), RuntimeError("context")
    raised = ValueError("mine")
    raised.add_note("a note")
    with pytest.raises(ValueError, match="mine") as caught:  # noqa: PT012
        async with peer.accept():
            try:
                raise context
            except RuntimeError:
                raise raised from cause
    assert caught.value.__cause__ is cause
    assert caught.value.__context__ is context
    assert caught.value.__notes__ == ["a note"]


async def test_a_group_of_the_bodys_own_tasks_stays_that_group(peer: Peer) -> None:
    async def fail(kind: type[Exception]) -> None:
        raise kind

    with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012
        async with peer.accept(), anyio.create_task_group() as tasks:
            tasks.start_soon(fail, ValueError)
            tasks.start_soon(fail, KeyError)
    assert {type(error) for error in caught.value.exceptions} == {ValueError, KeyError}


async def test_an_error_of_the_client_comes_out_bare(peer: Peer) -> None:
    with pytest.raises(ConnectionLost):  # noqa: PT012
        async with peer.accept() as client:
            await peer.cut()
            await client.wait_for("Hangup")


async def test_a_cancellation_from_outside_ends_the_body_and_stays_outside(peer: Peer) -> None:
    after = []
    with anyio.CancelScope() as outer:
        async with peer.accept():
            outer.cancel()
            await anyio.lowlevel.checkpoint()
            after.append("never")
        after.append("never")
    assert outer.cancelled_caught
    assert after == []
    await peer.expect_end()


async def test_a_cancellation_inside_the_body_stays_inside(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with anyio.move_on_after(0) as scope:
            await client.wait_for("Hangup")
        assert scope.cancelled_caught
        asked = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))
        await asked


async def test_an_error_in_the_body_beside_a_cancellation_is_the_error(peer: Peer) -> None:
    raised = ValueError("mine")
    with pytest.raises(ValueError, match="mine") as caught, anyio.CancelScope() as outer:  # noqa: PT012
        async with peer.accept():
            outer.cancel()
            raise raised
    assert caught.value is raised


HANDLERS = {
    "_take": b"Response: Success\r\n\r\n",
    "_on_events": b"Event: Hangup\r\n\r\n",
    "_on_answered": b"",
    "_ignore": b"Response: Success\r\n\r\n",
}


@pytest.mark.virtual_time
@pytest.mark.parametrize("handler", HANDLERS)
async def test_a_bug_of_ours_cancels_the_body_and_comes_out_bare(
    peer: Peer, beside: Beside, monkeypatch: pytest.MonkeyPatch, handler: str
) -> None:
    bug = RuntimeError("a bug")
    broken_by(bug, handler, monkeypatch)
    cancelled = False
    with pytest.raises(RuntimeError) as caught:  # noqa: PT012
        async with peer.accept() as client:
            with client.events():
                beside.go(client.send("Reload"))
                request = await peer.expect("Reload")
                monkeypatch.setattr(bug, "armed", True, raising=False)
                beside.go(
                    peer.send(
                        HANDLERS[handler]
                        or frame(f"Response: Success / ActionID: {request.action_id}")
                    )
                )
                try:
                    await anyio.sleep_forever()
                except anyio.get_cancelled_exc_class():
                    cancelled = True
                    raise
    assert caught.value is bug
    assert cancelled


def broken_by(bug: Exception, handler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a handler of the session raise once the bug is armed."""
    original = getattr(Session, handler)

    def buggy(*args: Any) -> None:
        if getattr(bug, "armed", False):
            raise bug
        original(*args)

    table = {kind: buggy if how is original else how for kind, how in Session._HANDLERS.items()}
    monkeypatch.setattr(Session, handler, buggy)
    monkeypatch.setattr(Session, "_HANDLERS", table)


BEHIND: dict[str, tuple[type, str, list[str]]] = {
    "an event": (Subscriptions, "deliver_all", ["lost", "lost", "lost", "lost"]),
    "the end of a list": (Collector, "on_end", ["lost", "lost", "lost", "lost"]),
    "an answer": (Collector, "on_answer", ["answered", "lost", "lost", "lost"]),
}


@pytest.mark.virtual_time
@pytest.mark.parametrize("what", BEHIND)
async def test_a_bug_while_one_is_told_leaves_nobody_waiting(
    peer: Peer, beside: Beside, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """They do not wait in the body, which is cancelled, but elsewhere in the program."""
    owner, method, become = BEHIND[what]
    with pytest.raises(RuntimeError, match="a bug"):  # noqa: PT012
        async with peer.accept(limits=Limits(pending_actions=3)) as client:
            with client.events():
                asked: list[Begun[Any]] = [beside(client.send("CoreShowChannels"))]
                requests = [await peer.expect("CoreShowChannels")]
                for _ in range(3):  # one of them waits for room
                    asked.append(beside(client.send("Ask")))
                    await quiet()
                requests += [await peer.expect("Ask") for _ in range(2)]
                raises_at_call(1, owner, method, monkeypatch)
                beside.go(
                    peer.say(
                        "Event: Hangup",
                        of(requests[0], "Response: Success / EventList: start"),
                        of(requests[0], "Event: CoreShowChannelsComplete"),
                        *[of(request, "Response: Success / X: y") for request in requests[1:]],
                    )
                )
                await anyio.sleep_forever()
    assert [await became(one) for one in asked] == become


@pytest.mark.virtual_time
async def test_a_bug_among_answers_leaves_nobody_waiting(
    peer: Peer, beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RuntimeError, match="a bug"):  # noqa: PT012
        async with peer.accept(limits=Limits(pending_actions=3)) as client:
            asked, requests = list[Begun[Any]](), []
            for _ in range(3):
                asked.append(beside(client.send("Ask")))
                requests.append(await peer.expect("Ask"))
            asked.append(beside(client.send("Ask")))  # waits for room
            await quiet()
            raises_at_call(2, Collector, "on_answer", monkeypatch)
            beside.go(peer.say(*[of(one, "Response: Success / X: y") for one in requests]))
            await anyio.sleep_forever()
    assert [await became(one) for one in asked] == ["answered", "lost", "lost", "lost"]


def raises_at_call(number: int, owner: type, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = getattr(owner, method), itertools.count(1)

    def buggy(*args: Any) -> None:
        if next(calls) == number:
            raise RuntimeError("a bug")
        original(*args)

    monkeypatch.setattr(owner, method, buggy)


async def became(one: Begun[Any]) -> str:
    with suppress(ConnectionLost):
        await one
        return "answered"
    assert "a bug in amitrio" in str(await one.error())
    return "lost"


@pytest.mark.virtual_time
@pytest.mark.parametrize("task", ["write", "watch"])
async def test_a_bug_in_any_task_comes_out_bare(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    bug = RuntimeError("a bug")

    async def buggy(_session: Session) -> None:
        await anyio.sleep(100)
        raise bug

    original = getattr(Session, task)

    async def first_right(session: Session) -> None:
        with anyio.move_on_after(50):
            await original(session)
        await buggy(session)

    monkeypatch.setattr(Session, task, first_right)
    with pytest.raises(RuntimeError) as caught:
        async with peer.accept():
            await anyio.sleep_forever()
    assert caught.value is bug


@pytest.mark.virtual_time
async def test_what_waits_elsewhere_is_told_of_a_bug_too(
    peer: Peer, beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug = RuntimeError("a bug")

    def buggy(*_: object) -> None:
        raise bug

    began = anyio.current_time()
    with pytest.raises(RuntimeError, match="a bug"):  # noqa: PT012
        async with peer.accept() as client:
            waiting = beside(client.wait_for("Hangup"))
            await quiet()
            monkeypatch.setattr(Session, "_tell", buggy)
            await peer.event("Hangup")
            await anyio.sleep_forever()
    error = await waiting.error()
    assert type(error) is ConnectionLost
    assert error.__cause__ is bug
    assert anyio.current_time() == began  # nobody is left to hear a goodbye


async def test_a_connection_is_for_one_use(peer: Peer) -> None:
    peer.beside.go(peer.log_in())
    connection = peer.dial()
    async with connection as client:
        assert isinstance(client, Client)
        peer.beside.go(peer.see_off())
        with pytest.raises(RuntimeError, match="one use"):
            await connection.__aenter__()
    with pytest.raises(RuntimeError, match="one use"):
        await connection.__aenter__()


# The scope alone ---------------------------------------------------------------------------------


async def test_jobs_end_with_the_body() -> None:
    ended = []

    async def job() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    async with owning(job, job):
        await quiet()
    assert ended == [True, True]


async def test_jobs_outlive_a_cancellation_until_the_body_has_ended() -> None:
    order = []

    async def job() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            order.append("job")

    with anyio.CancelScope() as outer:
        async with owning(job):
            await quiet()
            outer.cancel()
            try:
                await anyio.sleep_forever()
            finally:
                with anyio.CancelScope(shield=True):
                    await quiet()  # here a goodbye is said, which needs the jobs
                order.append("body")
    assert order == ["body", "job"]


async def test_a_bug_is_not_lost_in_a_cancellation() -> None:
    async def job() -> None:
        await leaving.wait()
        raise RuntimeError("a bug")

    leaving = anyio.Event()
    with pytest.raises(RuntimeError, match="a bug"), anyio.CancelScope() as outer:  # noqa: PT012
        async with owning(job):
            outer.cancel()
            try:
                await anyio.sleep_forever()
            finally:
                with anyio.CancelScope(shield=True):
                    leaving.set()
                    await quiet()


async def test_a_bug_is_not_lost_behind_an_error_of_the_body() -> None:
    async def job() -> None:
        await leaving.wait()
        raise RuntimeError("a bug")

    leaving = anyio.Event()
    with pytest.raises(RuntimeError, match="a bug"):  # noqa: PT012
        async with owning(job):
            try:
                raise ValueError
            finally:
                leaving.set()
                with anyio.CancelScope(shield=True):
                    await quiet()


@pytest.mark.parametrize("raised", [Halt("a"), KeyboardInterrupt(), SystemExit(1)])
async def test_an_interrupt_that_hits_a_job_comes_out_too(raised: BaseException) -> None:
    async def interrupted() -> None:
        await quiet()
        raise raised

    with pytest.raises(type(raised)) as caught:
        async with owning(interrupted, forever):
            await anyio.sleep_forever()
    assert caught.value is raised


async def test_the_first_bug_of_several_comes_out() -> None:
    async def bug(name: str) -> None:
        raise RuntimeError(name)

    with pytest.raises(RuntimeError) as caught:
        async with owning(lambda: bug("one"), lambda: bug("other")):
            await anyio.sleep_forever()
    assert str(caught.value) in {"one", "other"}


async def test_a_job_that_ends_early_ends_nothing_else() -> None:
    async def job() -> None:
        pass

    async with owning(job, forever):
        await quiet()
        reached = True
    assert reached
