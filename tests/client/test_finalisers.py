"""Finalisers: the collector may let go of a stream at any moment, in the midst of anything.

What a stream of events or answers does when it is let go of, it may do between any two steps of
the session's own code. So here it does, between each two in turn.
"""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from threading import Thread, get_ident
from types import FrameType
from typing import Any

import anyio
import attrs
import pytest
from anyio.abc import ByteStream

import amitrio
from amitrio import Event
from amitrio.client.ending import Ending
from amitrio.client.eventloop import this_event_loop
from amitrio.client.inbox import Inbox
from amitrio.client.outbox import Outbox
from amitrio.client.pending import Asked, too_slow, traits_of
from amitrio.client.session import Session
from amitrio.client.streams import EventStream, open_stream
from amitrio.client.subscriptions import Subscriptions
from amitrio.client.watch import Watch
from amitrio.limits import Limits
from amitrio.models import Action
from amitrio.protocol.states import State
from tests.client.waiting import quiet

_OURS = str(Path(amitrio.__file__).parent)
_ROOM = 8


# When a finaliser may run ------------------------------------------------------------------------


@attrs.define
class Moment:
    """One of those at which the collector may come: a line, a call, or the end of one in C."""

    at: int
    finalise: Callable[[], object]
    moments: int = 0

    @property
    def came(self) -> bool:
        return self.moments > self.at

    def pass_by(self, frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        self.moments += 1
        if self.moments - 1 == self.at:
            self.finalise()  # Python traces nothing in it
        return self.pass_by if event in {"call", "line"} else None


@contextmanager
def interrupted(at: int, finalise: Callable[[], object]) -> Generator[Moment]:
    """What runs inside is interrupted at that moment."""
    moment = Moment(at, finalise)
    before = sys.gettrace(), sys.getprofile()
    gc.disable()
    sys.setprofile(moment.pass_by)
    sys.settrace(moment.pass_by)
    try:
        yield moment
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
        gc.enable()


# What goes on ------------------------------------------------------------------------------------


def frame(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


class Silent(ByteStream):
    """Nothing comes, and nothing is sent."""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        raise NotImplementedError

    async def send(self, item: bytes) -> None:
        raise NotImplementedError

    async def send_eof(self) -> None:
        raise NotImplementedError

    async def aclose(self) -> None:
        raise NotImplementedError


class Scene:
    """Three actions have left and three have not, and four streams listen.

    Of each, those in the middle are let go of.
    """

    def __init__(self) -> None:
        watch = Watch(math.inf, math.inf, math.inf, 0.0)
        limits = Limits(pending_actions=_ROOM)
        self.session = Session(Silent(), label="pbx", limits=limits, watch=watch)
        self.session.connection.state = State.READY
        self.sent = [self.post() for _ in "123"]
        self.outbox._gathered()
        self.waiting = [self.post() for _ in "123"]
        self.let_go = [self.sent[1], self.waiting[0], self.waiting[2]]
        self.inboxes = [
            self.listen(*kinds) for kinds in (["*"], ["Newchannel"], ["New*"], ["hangup"])
        ]

    def post(self) -> Asked:
        traits = traits_of("Ping")
        asked = self.session.asked("Ping", traits.shape)
        asked.reply, asked.list_limit = traits.reply, 100
        assert self.session.ledger.post_nowait(Action("Ping"), asked)
        return asked

    def listen(self, *kinds: str) -> Inbox[Event]:
        inbox = Inbox[Event](50, overflowed=too_slow("any", 50))
        self.session.subscriptions.add(kinds, inbox)
        return inbox

    def close(self) -> None:
        self.outbox.close()
        for inbox in self.inboxes:
            inbox.close()

    def finalise(self) -> None:
        """As `Answers.close` does, and `EventStream.close`."""
        for asked in self.let_go:
            self.session.ledger.abandon(asked)
        for inbox in self.inboxes[1:3]:
            self.session.subscriptions.discard(inbox)
            inbox.close()

    def hear(self, *frames: bytes) -> None:
        self.session._take(b"".join(frames))

    def told(self, kind: str, number: int) -> bytes:
        line = self.sent[number].id_line.decode().rstrip()
        return frame(f"Response: {kind}", line, "Message: so it is")

    @property
    def outbox(self) -> Outbox:
        return self.session._outbox

    def is_sound(self) -> None:
        """What is left is sent and answered; then nothing is left, and nobody was forgotten."""
        while leaving := self.outbox._gathered():
            assert leaving.endswith(b"\r\n\r\n")
        for number, asked in enumerate(self.sent):
            if not asked.settled:
                self.hear(self.told("Success", number))
        for asked in self.waiting:
            if not asked.settled:
                self.hear(frame("Response: Success", asked.id_line.decode().rstrip()))
        self.is_over()
        assert (self.session.connection.pending, self.session.ledger.oldest) == (0, None)

    def is_over(self) -> None:
        kept = [self.sent[0], self.sent[2], *self.waiting]
        assert all(asked.done for asked in kept if not asked.abandoned)
        assert len(self.session.ledger) == 0
        assert self.session.ledger.room.value == _ROOM
        assert self.session.subscriptions.inboxes() == [self.inboxes[0], self.inboxes[3]]


def at_each_moment(
    do: Callable[[Scene], object], then: Callable[[Scene], object] = Scene.is_sound
) -> None:
    """Do it, and run the finaliser meanwhile, each time a moment later; and look what is then."""
    for at in count():
        scene = Scene()
        with closing(scene):
            with interrupted(at, scene.finalise) as moment:
                do(scene)
            if not moment.came:
                break
            then(scene)
    assert at > 20, "too few to be true"


# What a chunk brings -----------------------------------------------------------------------------

_HANGUP, _NEWCHANNEL = frame("Event: Hangup", "Cause: 16"), frame("Event: Newchannel", "Exten: 1")
_STRAY = frame("Response: Success", "ActionID: nobody's")

CHUNKS: dict[str, Callable[[Scene], list[bytes]]] = {
    "one answer": lambda one: [one.told("Success", 0)],
    "all answers": lambda one: [one.told("Success", n) for n in range(3)],
    "a stray one": lambda one: [*(one.told("Success", n) for n in range(3)), _STRAY],
    "errors": lambda one: [one.told("Error", n) for n in range(3)],
    "the last alone": lambda one: [one.told("Success", 2)],
    "events": lambda _: [_HANGUP, _NEWCHANNEL, _HANGUP],
    "events of one kind": lambda _: [_HANGUP] * 40,
    "all at once": lambda one: [
        _NEWCHANNEL,
        one.told("Success", 0),
        _HANGUP,
        one.told("Success", 1),
        _NEWCHANNEL,
        one.told("Error", 2),
        _HANGUP,
    ],
}


@pytest.mark.parametrize("chunk", CHUNKS)
async def test_while_a_chunk_is_taken(chunk: str) -> None:
    def has_heard(scene: Scene) -> None:
        events = b"".join(CHUNKS[chunk](scene))
        scene.is_sound()
        hangups, others = events.count(b"Event: Hangup"), events.count(b"Event: Newchannel")
        assert len(scene.inboxes[0]) == hangups + others
        assert len(scene.inboxes[3]) == hangups

    at_each_moment(lambda scene: scene.hear(*CHUNKS[chunk](scene)), has_heard)


async def test_while_the_writer_gathers() -> None:
    at_each_moment(lambda scene: scene.outbox._gathered())


async def test_while_another_action_is_posted() -> None:
    at_each_moment(lambda scene: scene.waiting.append(scene.post()))


async def test_while_another_action_is_abandoned() -> None:
    def leave(scene: Scene) -> None:
        scene.session.ledger.abandon(scene.waiting.pop(1))

    at_each_moment(leave)


async def test_while_the_oldest_is_given_up() -> None:
    at_each_moment(lambda scene: scene.session.ledger.give_up_oldest(7.0))


async def test_while_the_connection_ends() -> None:
    at_each_moment(lambda scene: scene.session.end(Ending("it was cut")), Scene.is_over)


async def test_while_another_stream_begins() -> None:
    def hears(scene: Scene) -> None:
        later = scene.inboxes.pop()
        scene.hear(_HANGUP, _NEWCHANNEL)
        assert len(later) == 2
        scene.session.subscriptions.discard(later)
        later.close()
        scene.is_sound()

    at_each_moment(lambda scene: scene.inboxes.append(scene.listen("hangup", "newchannel")), hears)


async def test_while_another_stream_ends() -> None:
    def hears(scene: Scene) -> None:
        scene.hear(_HANGUP)
        assert len(scene.inboxes[3]) == 0
        scene.inboxes[3].close()
        scene.inboxes[3] = scene.listen("hangup")
        scene.hear(_HANGUP)
        assert len(scene.inboxes[3]) == 1
        scene.is_sound()

    at_each_moment(lambda scene: scene.session.subscriptions.discard(scene.inboxes[3]), hears)


async def test_while_the_reader_looks_who_is_behind() -> None:
    at_each_moment(lambda scene: scene.session._behind())


async def test_while_statistics_are_made() -> None:
    at_each_moment(lambda scene: scene.session.statistics())


# In another thread -------------------------------------------------------------------------------


def forget_one(subscriptions: Subscriptions) -> None:
    """Open a stream that only itself holds, and leave it to the collector."""
    holder: list[EventStream[Event]] = []

    def where(_: Event) -> bool:
        return bool(holder)

    holder.append(open_stream(subscriptions, this_event_loop(), ["*"], where, 5, drops=False))


class Watched(Subscriptions):
    """Knows in which threads it was left."""

    def __init__(self) -> None:
        super().__init__()
        self.left_in: list[int] = []

    def discard(self, inbox: Inbox[Event]) -> None:
        self.left_in.append(get_ident())
        super().discard(inbox)


async def test_the_collector_may_come_in_another_thread() -> None:
    subscriptions = Watched()
    with open_stream(subscriptions, this_event_loop(), ["*"], None, 5, drops=False):
        gc.disable()
        try:
            forget_one(subscriptions)
            await anyio.to_thread.run_sync(gc.collect)
        finally:
            gc.enable()
        await quiet()
        assert subscriptions.left_in == [get_ident()]
        assert len(subscriptions) == 1


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_the_collector_may_come_when_the_event_loop_has_ended(backend: str) -> None:
    def collect() -> None:
        streams.clear()
        gc.collect()

    async def open_one() -> None:
        streams.append(open_stream(Subscriptions(), this_event_loop(), ["*"], None, 5, drops=False))

    streams: list[EventStream[Any]] = []
    anyio.run(open_one, backend=backend)
    (left,) = (stream._inbox for stream in streams)
    thread = Thread(target=collect)
    thread.start()
    thread.join()
    assert not streams
    left.close()
