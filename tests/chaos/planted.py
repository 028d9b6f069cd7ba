"""Planted bugs: what the judge must find, or its silence means nothing.

Each is put into the client at run time, for one run. `SEEDS` names scripts of the continuous
check that find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from amitrio import ConnectionLost, Disconnected, EventsDropped
from amitrio.client.ending import Ending
from amitrio.client.inbox import Inbox
from amitrio.client.ledger import Ledger
from amitrio.client.outbox import Letter, Outbox
from amitrio.client.pending import Pending
from amitrio.client.session import Session
from amitrio.client.subscriptions import Subscriptions
from amitrio.client.watch import Watch
from amitrio.models import Event, Reply
from amitrio.protocol import (
    ClientConnection,
    EventsReceived,
    Exchange,
    ItemsReceived,
    Received,
    State,
)
from amitrio.protocol.correlation import Correlator
from amitrio.supervisor import SupervisedClient
from amitrio.supervisor.standing import Standing
from tests.chaos.run import Plant

__all__ = ["PLANTED", "SEEDS"]


def _replacing(owner: Any, name: str, make: Callable[[Any], Any]) -> Plant:
    """`owner.name` becomes what `make` makes of it."""
    return lambda: patch.object(owner, name, make(getattr(owner, name)))


# Events -------------------------------------------------------------------------------------------


def _untold(take_nowait: Any) -> Any:
    def take(self: Inbox[Any], most: int) -> list[Any]:
        batch = take_nowait(self, most)
        return [one for one in batch if not isinstance(one, EventsDropped)]

    return take


def _swapped(take_nowait: Any) -> Any:
    def take(self: Inbox[Any], most: int) -> list[Any]:
        batch = take_nowait(self, most)
        return batch if len(batch) < 5 else [*batch[:3], batch[4], batch[3], *batch[5:]]

    return take


def _no_room(put_gap: Any) -> Any:
    def put(self: Inbox[Any], gap: Any) -> None:
        if not (isinstance(gap, Disconnected) and len(self) >= self.limit):
            put_gap(self, gap)

    return put


def _event_first(_: Any) -> Any:
    def deliver(self: Standing, kind: str, event: Event) -> None:
        Subscriptions.deliver(self, kind, event)
        self.announce()

    return deliver


@contextmanager
def _leaky_list() -> Iterator[None]:
    tell = Session._HANDLERS[ItemsReceived]

    def leak(self: Session, received: ItemsReceived, chunk: Any) -> None:
        tell(self, received, chunk)
        _, kinds, frames = received
        self.subscriptions.deliver_all(EventsReceived(kinds, frames, set(kinds)), chunk)

    with patch.object(Session, "_HANDLERS", {**Session._HANDLERS, ItemsReceived: leak}):
        yield


@contextmanager
def _kept_frame() -> Iterator[None]:
    kept = b""
    receive, end = ClientConnection.receive, ClientConnection.receive_eof

    def receiving(self: ClientConnection, data: bytes) -> list[Received]:
        nonlocal kept
        received = receive(self, data)
        if self.state is State.READY:  # before that nothing of it would be believed
            self._framer._held[:0] = kept
            kept = b""
        return received

    def ending(self: ClientConnection) -> list[Exchange]:
        nonlocal kept
        kept = bytes(self._framer._held)
        return end(self)

    with (
        patch.object(ClientConnection, "receive", receiving),
        patch.object(ClientConnection, "receive_eof", ending),
    ):
        yield


# Actions ------------------------------------------------------------------------------------------


def _by_order(_: Any) -> Any:
    def unanswered(self: Correlator, _: str | None) -> Exchange | None:
        return next(iter([*self._overdue.values(), *self._waiting.values()]), None)

    return unanswered


@contextmanager
def _next_one_pays() -> Iterator[None]:
    abandon, post, listener = Ledger.abandon, Ledger.post, Pending.__dict__["listener"].fget
    left: list[Pending] = []
    heirs: dict[Pending, Pending] = {}

    def abandoning(self: Ledger, pending: Pending) -> None:
        abandon(self, pending)
        if pending in self._pending:
            left.append(pending)

    def posting(self: Ledger, action: Any, pending: Pending, **more: Any) -> None:
        while left:
            heirs[left.pop()] = pending
        post(self, action, pending, **more)

    def inherited(self: Pending) -> Pending:
        heir: Pending = heirs.get(self) or listener(self)
        return heir

    with (
        patch.object(Ledger, "abandon", abandoning),
        patch.object(Ledger, "post", posting),
        patch.object(Pending, "listener", property(inherited)),
    ):
        yield


def _innocent(_: Any) -> Any:
    return property(lambda _: "no")


def _again(request: Any) -> Any:
    async def asking(self: SupervisedClient, action: Any) -> Reply:
        try:
            reply: Reply = await request(self, action)
        except ConnectionLost:
            await self.wait_connected()
            reply = await request(self, action)
        return reply

    return asking


def _all_but_one(end: Any) -> Any:
    def ending(self: Ledger, why: Ending) -> None:
        if self._pending:
            self.settle(next(reversed(self._pending)))
        end(self, why)

    return ending


def _not_withdrawn(_: Any) -> Any:
    def withdraw(_: Outbox, letter: Letter) -> bool:
        if not letter.left:
            letter.abandoned = False  # by which the writer would know, too
        return not letter.left

    return withdraw


# Time ---------------------------------------------------------------------------------------------


def _never_dead(_: Any) -> Any:
    def dead_at(_: Watch) -> float:
        return float("inf")

    return dead_at


def _always_late(_: Any) -> Any:
    def moves(self: Ledger) -> None:
        self._watch.oldest_since = self._watch.heard

    return moves


PLANTED: Mapping[str, Plant] = MappingProxyType(
    {
        "events give way and nobody is told": _replacing(Inbox, "take_nowait", _untold),
        "two events change places": _replacing(Inbox, "take_nowait", _swapped),
        "a full stream is not told of Disconnected": _replacing(Inbox, "put_gap", _no_room),
        "Reconnected comes after the first event": _replacing(Standing, "deliver", _event_first),
        "the items of a list are events, too": _leaky_list,
        "the rest of a frame outlives its connection": _kept_frame,
        "answers are paired by their order": _replacing(Correlator, "_unanswered", _by_order),
        "the next action gets the answer of a cancelled one": _next_one_pays,
        "what was sent is called not executed": _replacing(Pending, "executed", _innocent),
        "an action is sent again after the loss": _replacing(SupervisedClient, "_request", _again),
        "the last action is forgotten at the end": _replacing(Ledger, "end", _all_but_one),
        "a withdrawn action leaves": _replacing(Outbox, "withdraw", _not_withdrawn),
        "the dead are never found": _replacing(Watch, "_dead_at", _never_dead),
        "a list that was given up makes nobody late": _replacing(
            Ledger, "list_moves", _always_late
        ),
    }
)
"""By what is wrong."""

SEEDS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "events give way and nobody is told": (6, 10),
        "two events change places": (7, 8),
        "a full stream is not told of Disconnected": (80, 267),
        "Reconnected comes after the first event": (1, 3),
        "the items of a list are events, too": (1, 5),
        "the rest of a frame outlives its connection": (3, 14),
        "answers are paired by their order": (0, 12),
        "the next action gets the answer of a cancelled one": (19, 20),
        "what was sent is called not executed": (1, 3),
        "an action is sent again after the loss": (11, 43),
        "the last action is forgotten at the end": (1, 6),
        "a withdrawn action leaves": (186, 427),
        "the dead are never found": (12, 30),
        "a list that was given up makes nobody late": (44, 249),
    }
)
"""Seeds, of those that are always run, that find it on both backends."""
