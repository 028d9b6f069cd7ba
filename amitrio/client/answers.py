"""Answers: many actions asked by one task, and the answer to each in its turn.

A task for each of a thousand actions costs more than the actions do. Here one task keeps a number
of them under way and takes the answers as they come; Asterisk runs a session's actions in order, so
that is the order of the answers.

Law: nothing is asked but by whoever takes the answers, in `__anext__`; so many are under way and no
more; and whatever is drawn from the iterable has exactly one answer, unless the stream is closed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable
from contextlib import suppress
from typing import Generic, TypeVar, cast

import anyio
import attrs

from amitrio.client.eventloop import Waiter
from amitrio.client.pending import Collector, traits_of
from amitrio.client.session import Session
from amitrio.client.streams import OneConsumer
from amitrio.errors import AMIError
from amitrio.models import Action, ActionLike, Reply

__all__ = ["Answer", "Answers"]

R_co = TypeVar("R_co", bound=Reply, covariant=True)


@attrs.frozen
class Answer(Generic[R_co]):
    """What became of one of many actions: a reply, or an error."""

    action: ActionLike
    """The action, as it was given."""
    _reply: R_co | None
    error: Exception | None = None
    """What `Client.send` would have raised; None where there is a reply."""

    @property
    def reply(self) -> R_co:
        """What `Client.send` would have returned. Raises `error`."""
        if self._reply is None:
            assert self.error is not None  # noqa: S101 - one of the two is there
            raise self.error.with_traceback(None)  # which would grow each time
        return self._reply


@attrs.define(eq=False)
class _Asked(Collector):
    """One action that was asked, and its answer."""

    action: ActionLike = attrs.field(init=False)
    bell: _Bell = attrs.field(init=False)
    """Of the stream, whose task takes the answers."""

    def wake(self) -> None:
        """It is done."""
        self.done = True
        self.bell.wake()

    def outcome(self) -> Answer[Reply]:
        """What became of it."""
        try:
            return Answer(self.action, self.result())
        except AMIError as exc:
            return Answer(self.action, None, exc.with_traceback(None))


@attrs.define(eq=False)
class _Unsent:
    """One action of which nothing has left."""

    action: ActionLike
    error: Exception
    done: bool = True

    def outcome(self) -> Answer[Reply]:
        """What became of it."""
        return Answer(self.action, None, self.error.with_traceback(None))


class _Left:
    """What is left to be asked. `first` stays the first until it is `gone`."""

    def __init__(self, given: Iterable[ActionLike]) -> None:
        self._given = iter(given)
        self._first: ActionLike | None = None
        self._has_first = False
        self._ended = False
        self._broken: Exception | None = None

    def has_any(self) -> bool:
        """Whether there is a first, which is drawn if it was not."""
        if not self._has_first and not self._ended:
            try:
                self._first = next(self._given)
                self._has_first = True
            except StopIteration:
                self._ended = True
            except Exception as exc:  # noqa: BLE001 - raised in its turn
                self._broken = exc
                self._ended = True
        return self._has_first

    @property
    def first(self) -> ActionLike:
        """Which may be anything: who gives it is told."""
        return cast("ActionLike", self._first)

    def gone(self) -> None:
        """The first has been asked."""
        self._first, self._has_first = None, False

    def end(self) -> Exception:
        """What tells the end: what the iterable raised, once, as a generator does."""
        broken, self._broken = self._broken, None
        return broken or StopAsyncIteration()


class _Bell:
    """What all actions of one stream wake: the task that takes their answers.

    Not the stream itself: they would keep it alive when its consumer has left it.
    """

    __slots__ = ("waiter",)

    def __init__(self, waiter: Waiter) -> None:
        self.waiter = waiter

    def wake(self) -> None:
        self.waiter.wake()


class Answers(OneConsumer, Generic[R_co]):
    """The answers to many actions, in the order of the actions. Iterate it."""

    def __init__(
        self, session: Session, actions: Iterable[ActionLike], at_once: int, apart: Container[str]
    ) -> None:
        self._session = session
        self._loop = session.loop
        self._left = _Left(actions)
        self._at_once = at_once
        self._apart = apart  # the names of actions, in lower case, that only `send` sends
        self._bell = _Bell(session.loop.waiter())
        self._under_way: deque[_Asked | _Unsent] = deque()
        self._answered: deque[_Asked | _Unsent] = deque()
        self._in_turn: _Asked | None = None  # waits for room, in this scope
        self._turn: anyio.CancelScope | None = None
        self._lost = False
        self._taking = False
        self._closed = False

    async def __anext__(self) -> Answer[R_co]:
        """The next answer. Cancelled, none is lost: the next call goes on from there.

        Raises, behind the last answer that there is, ConnectionLost or ConnectionClosed where
        actions may be left, and what the iterable raises. BusyResourceError where another task
        waits for an answer, ClosedResourceError after `close`.
        """
        if not self._answered:
            await self._take()
        asked = self._answered.popleft()
        answer = asked.outcome()
        if answer.error is not None:
            self._give_up(asked)  # as the rest of a list that is too long
        return cast("Answer[R_co]", answer)

    async def _take(self) -> None:
        """Wait for an answer, and take all that are there. More is asked before they are used."""
        if self._taking:
            raise anyio.BusyResourceError("receiving from")
        self._taking = True
        try:
            await self._loop.checkpoint_if_cancelled()
            self._ask()
            if not self._under_way:
                await self._ask_in_turn()
            await self._wait()
            while self._under_way and self._under_way[0].done:
                self._answered.append(self._under_way.popleft())
            self._ask()
            self._check_open()  # it may have been closed meanwhile, by the iterable even
        finally:
            self._taking = False

    async def _wait(self) -> None:
        """Until the first of what is under way is answered."""
        loop = self._loop
        if self._under_way[0].done:
            await loop.checkpoint()
        while not self._closed and not self._under_way[0].done:
            self._bell.waiter = loop.waiter()
            await self._bell.waiter.wait()

    def _ask(self) -> None:
        """Ask as much as may be under way, as far as there is room and a connection."""
        with suppress(AMIError):  # which `_ask_in_turn` raises, behind the answers that there are
            self._session.check_open()
            while len(self._under_way) < self._at_once and self._has_any():
                asked: _Asked | _Unsent
                try:
                    action, asked = self._prepared(self._left.first)
                    if not self._session.ledger.post_nowait(action, asked):
                        return
                except Exception as exc:  # noqa: BLE001 - the answer to this one
                    asked = _Unsent(self._left.first, exc)
                self._goes(asked)

    async def _ask_in_turn(self) -> None:
        """Nothing is under way: for want of room, of a connection, or of anything to ask."""
        if self._lost:
            self._session.check_open()
        if not self._has_any():
            self._check_open()
            raise self._left.end()
        asked: _Asked | _Unsent
        try:
            action, self._in_turn = self._prepared(self._left.first)
            asked = self._in_turn
            with anyio.CancelScope() as self._turn:
                await self._session.post(action, asked)
        except Exception as exc:  # noqa: BLE001 - the answer to this one
            asked = _Unsent(self._left.first, exc)
            self._lost = isinstance(exc, AMIError)
        finally:
            self._in_turn = self._turn = None
        self._check_open()
        self._goes(asked)

    def _has_any(self) -> bool:
        return self._left.has_any() and not self._closed  # which the iterable may do

    def _prepared(self, drawn: ActionLike) -> tuple[Action, _Asked]:
        """What is sent for an action, and what takes its answer."""
        if not hasattr(drawn, "plain"):
            raise TypeError(f"{drawn!r} is no action: give amitrio.Action(...)")
        action = drawn.plain()
        name, traits = action.name, traits_of(action.name)
        if name.lower() in self._apart:
            raise ValueError(f"{name} is about the connection itself: give it to send(...)")
        asked = _Asked(name, traits.shape)
        asked.action, asked.bell = drawn, self._bell
        asked.reply, asked.list_limit = traits.reply, self._session.limits.list_items
        return action, asked

    def _goes(self, asked: _Asked | _Unsent) -> None:
        self._left.gone()
        self._under_way.append(asked)

    def _give_up(self, asked: _Asked | _Unsent | None) -> None:
        if isinstance(asked, _Asked):
            self._session.ledger.abandon(asked)

    def _check_open(self) -> None:
        if self._closed:
            raise anyio.ClosedResourceError

    def close(self) -> None:
        """Ask nothing more: what has not left is withdrawn, the answers to the rest are dropped.

        Closing twice is fine.
        """
        if self._closed:
            return
        self._closed = True
        while self._under_way:
            self._give_up(self._under_way.popleft())
        self._give_up(self._in_turn)
        if self._turn is not None:
            self._turn.cancel()
        self._answered.clear()
        self._bell.wake()  # a waiting taker ends

    def __del__(self) -> None:
        if not self._closed:
            for asked in self._under_way:
                if isinstance(asked, _Asked):
                    asked.abandoned = True  # so nothing leaves from here on; the rest is the loop's
        super().__del__()
