"""Session: one connection alive, its reader, writer and watchdog.

The reader takes a chunk, lets the protocol say what it means, and hands each meaning to whoever
waits for it: answers to their Pending, events to the inboxes. Between two chunks it awaits
nothing but the transport.

Law: the reader never waits for anybody; it gives way, for a bounded while. Whoever ends the session
fails everything that waits, each with a fresh error that says why and whether the action may have
run; and it ends once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, cast

import anyio
import attrs
from anyio.abc import ByteStream

from amitrio.client.ending import Ending, closed_by_peer, silent
from amitrio.client.eventloop import this_event_loop
from amitrio.client.ledger import Ledger
from amitrio.client.outbox import BROKEN, Outbox
from amitrio.client.pending import Pending, asked_on, overtaken
from amitrio.client.statistics import ClientStatistics
from amitrio.client.subscriptions import Subscriptions
from amitrio.client.transport import pump_of, until_of
from amitrio.client.watch import Verdict, Watch
from amitrio.errors import ProtocolError
from amitrio.limits import Limits
from amitrio.models import Action, Chunk, Server
from amitrio.models.registry import events_from
from amitrio.protocol import (
    Answered,
    AnswersReceived,
    Banner,
    ClientConnection,
    EventsReceived,
    Exchange,
    Failed,
    Greeted,
    ItemsReceived,
    Junk,
    ListEnded,
    ListStarted,
    Received,
    Reported,
    State,
    Unmatched,
)

if TYPE_CHECKING:
    from amitrio.models.generated.events.system import FullyBooted

__all__ = ["Session"]

# After so many bytes at once the reader gives way for a few turns of the event loop and a few
# milliseconds: consumers that can keep up find little waiting, and what they find is still warm.
_LARGE = 32 * 1024
_TURNS = 128
_GIVEN_WAY = 0.01
# Turns of the event loop in which the reader reads what is there: it may leave the socket alone for
# two (on_trio_socket), waits for it in one, and takes it in one.
_TO_READ = 4
# Seconds that a polite goodbye may take before the connection is simply closed.
_FAREWELL = 2.0
# Actions that were given up and may still be answered: each is remembered, so that its late answer
# is dropped, and the items of a late list are not taken for events. A server that has left so many
# unanswered, each for response_timeout, answers nothing any more, whatever else it says.
_MOST_OVERDUE = 1024

# Events that the session itself listens to.
_OWN_INTEREST = frozenset({"FullyBooted", "Shutdown"})
_PING = Action("Ping")
_LOGOFF = Action("Logoff")


class Session:
    """One connection. `read`, `write` and `watch` are its tasks; they record why they ended."""

    def __init__(
        self,
        stream: ByteStream,
        *,
        label: str,
        limits: Limits,
        watch: Watch,
        fallback_encoding: str = "latin-1",
        subscriptions: Subscriptions | None = None,
    ) -> None:
        self.label = label
        self.loop = this_event_loop()
        self.asked = asked_on(self.loop.awaited)
        """The class of what a task waits for by itself."""
        self.limits = limits
        self.connection = ClientConnection(limits=limits, interest=self._wanted)
        self.subscriptions = Subscriptions() if subscriptions is None else subscriptions
        self.subscriptions.attach(self.connection.interest_changed)
        self.fully_booted: FullyBooted | None = None
        self.ending: Ending | None = None
        self._stream = stream
        self._pump = pump_of(stream)
        self.until = until_of(stream)
        """Waits for what answers next."""
        self._outbox = Outbox(stream)
        self._watch = watch
        self._server = Server(label, fallback_encoding=fallback_encoding)
        self.ledger = Ledger(
            self.connection, self._outbox, watch, room=limits.pending_actions, loop=self.loop
        )
        """The actions under way."""
        self._greeted = anyio.Event()
        self._ready = anyio.Event()
        self._over = anyio.Event()
        self._leaving = False
        self._shutdown = False
        self._told_ready = False

    # What callers do ---------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self.connection.state

    async def post(self, action: Action, pending: Pending) -> None:
        """Send an action; its answer goes to `pending`.

        Waits only for room among the pending actions; cancelled or abandoned there, nothing was
        sent. Raises ValueError for what Asterisk would misread, ConnectionLost, ConnectionClosed.
        Who need not wait for room goes to the ledger at once.
        """
        self.check_open()
        await self.ledger.room.take()
        if pending.abandoned:  # meanwhile
            self.ledger.room.give()
            return
        try:
            self.check_open()
            self.ledger.post(action, pending)
        except BaseException:
            self.ledger.room.give()
            raise

    def check_open(self) -> None:
        """Raise the error that says why nothing can be sent any more."""
        if self.ending is not None:
            raise self.ending.error()
        if self._leaving:
            raise self.farewell().error()

    async def wait_greeted(self) -> Banner:
        """The banner. Raises the ending's error. Cancellation leaves nothing behind."""
        await self._greeted.wait()
        if self.connection.banner is None:
            assert self.ending is not None  # noqa: S101 - one of the two has happened
            raise self.ending.error()
        return self.connection.banner

    async def wait_over(self) -> Ending:
        """Why the session ended, once it has. Cancellation leaves nothing behind."""
        await self._over.wait()
        assert self.ending is not None  # noqa: S101 - set before the event is
        return self.ending

    def statistics(self) -> ClientStatistics:
        """How the connection and its streams stand."""
        counts = self.connection.counts
        return ClientStatistics(
            counts.bytes,
            counts.frames,
            counts.junk,
            counts.unmatched,
            len(self.ledger),
            self.subscriptions.statistics(),
        )

    def begin_watch(self) -> None:
        """Logged in: from now on silence is looked into."""
        self._ready.set()

    async def close(self) -> None:
        """Close the connection: Logoff, and two seconds for Asterisk to say goodbye.

        Always done, also when cancelled, when the peer is dead, and when called twice at once.
        """
        with anyio.CancelScope(shield=True):
            try:
                with anyio.move_on_after(_FAREWELL):
                    await self._say_goodbye()
            finally:  # asyncio's own task.cancel() minds no shield
                self.end(self.farewell())
                await self._hang_up()

    def end(self, ending: Ending) -> None:
        """The session is over. The first reason counts; everything that waits is told."""
        if self.ending is not None:
            return
        self.ending = ending
        self.connection.receive_eof()
        self.ledger.open = False
        self.ledger.end(ending)
        self.subscriptions.lost(ending, self._watch.heard)
        self._greeted.set()
        self._ready.set()
        self._over.set()

    # The tasks ---------------------------------------------------------------------------------

    async def read(self) -> None:
        """The reader task."""
        try:
            while self.ending is None:
                await self._pump(self._take)
                await self._let_others_run()
        except anyio.EndOfStream:
            self.end(self._eof())
            await self._hang_up()
        except BROKEN as exc:
            self.end(self._lost(f"the connection to {self.label} broke: {exc}", exc))
            await self._hang_up()
        except ProtocolError as exc:
            self.end(self._lost(f"{self.label} broke the protocol: {exc}", exc))
            await self._hang_up()
        except Exception as exc:
            self.end(self._lost(f"a bug in amitrio ended the connection: {exc!r}", exc))
            raise

    async def _let_others_run(self) -> None:
        """Not until they are done: whoever takes nothing, or takes long, is not waited for."""
        until = self.loop.now() + _GIVEN_WAY
        for _ in range(_TURNS):
            if not self._behind() or self.loop.now() >= until:
                return
            await self.loop.checkpoint()

    def _behind(self) -> bool:
        """Whether anybody has more to take than fits into one turn."""
        oldest = self.connection.oldest
        listing = oldest is not None and _pending(oldest).listener.behind
        return listing or self.subscriptions.behind

    async def write(self) -> None:
        """The writer task. When it breaks, the reader has a moment to find out why.

        What Asterisk said before it closed may still be unread; but a stream that is broken one
        way only must end too.
        """
        try:
            broken = await self._outbox.run()
        finally:
            self._outbox.close()
        with anyio.move_on_after(_FAREWELL):
            await self._over.wait()
        if broken is not None and self.ending is None:
            self.end(self._lost(f"nothing can be sent to {self.label}: {broken}", broken))
            await self._hang_up()

    async def watch(self) -> None:
        """The watchdog task."""
        await self._ready.wait()
        self._watch.hear(anyio.current_time())
        while self.ending is None:
            now = anyio.current_time()
            verdict = self._watch.verdict(now)
            if verdict in (Verdict.DEAD, Verdict.LATE):
                # The program itself may have been held up, and the bytes be there.
                for _ in range(_TO_READ):
                    await anyio.lowlevel.checkpoint()
                if self._over.is_set():
                    return  # what it read was the end
                verdict = self._watch.verdict(now)
            if verdict is Verdict.DEAD:
                await self._bury(now)
            elif verdict is Verdict.LATE:
                await self._give_up_oldest(now)
            elif verdict is Verdict.PROBE:
                self._probe(now)
            else:
                await anyio.sleep_until(self._watch.next_check(now))

    # How chunks are taken ----------------------------------------------------------------------

    def _take(self, data: bytes) -> bool:
        """Tell what a chunk means; whether others should run before there is more."""
        if self.ending is not None:
            return True  # it was ended while these bytes were on their way
        now = self.loop.now()
        self._watch.hear(now)
        chunk = Chunk(datetime.now(UTC), self._server, now)
        try:
            self._tell(self.connection.receive(data), chunk)
        except ProtocolError:
            self._tell(self.connection.rescued, chunk)
            raise
        self.ledger.renew_oldest(now)
        return len(data) >= _LARGE or self.ending is not None

    def _tell(self, all_received: list[Received], chunk: Chunk) -> None:
        for received in all_received:
            self._HANDLERS[type(received)](self, received, chunk)

    def _on_events(self, received: EventsReceived, chunk: Chunk) -> None:
        if _OWN_INTEREST.isdisjoint(received.names):
            self.subscriptions.deliver_all(received, chunk)
            return
        kinds, frames, _ = received
        for kind, event in zip(kinds, events_from(kinds, frames, chunk), strict=True):
            if kind == "FullyBooted":
                self.fully_booted = cast("FullyBooted", event)
            elif kind == "Shutdown":
                self._shutdown = True
            self.subscriptions.deliver(kind, event)

    def _wanted(self, kind: str) -> bool:
        return kind in _OWN_INTEREST or bool(self.subscriptions.wanting(kind))

    def _on_greeted(self, received: Greeted, _chunk: Chunk) -> None:
        self._server = attrs.evolve(self._server, banner=received.banner)
        self._greeted.set()

    def _on_answered(self, received: Answered, chunk: Chunk) -> None:
        if not self._told_ready and self.state is State.READY:
            self._told_ready = True
            self.subscriptions.ready()
        pending = _pending(received.exchange)
        pending.listener.on_answer(received.frame, chunk)
        if received.final:
            self.ledger.settle(pending)
        else:
            self.ledger.leave_room(pending)

    def _on_answers(self, received: AnswersReceived, chunk: Chunk) -> None:
        pendings: Any  # as `_pending` says of each
        pendings, frames = received
        for pending, frame in zip(pendings, frames, strict=True):
            if not pending.abandoned:
                pending.on_answer(frame, chunk)
        self.ledger.settle_all(pendings)

    def _on_started(self, received: ListStarted, chunk: Chunk) -> None:
        _pending(received.exchange).listener.on_start(received.frame, chunk)

    def _on_items(self, received: ItemsReceived, chunk: Chunk) -> None:
        self.ledger.list_moves()
        exchange, kinds, frames = received
        _pending(exchange).listener.on_items(kinds, frames, chunk)

    def _on_ended(self, received: ListEnded, chunk: Chunk) -> None:
        pending = _pending(received.exchange)
        pending.listener.on_end(received.frame, chunk)
        self.ledger.settle(pending)

    def _on_reported(self, received: Reported, chunk: Chunk) -> None:
        pending = _pending(received.exchange)
        pending.listener.on_report(received.frame, chunk)
        self.ledger.settle(pending)

    def _on_failed(self, received: Failed, _chunk: Chunk) -> None:
        pending = _pending(received.exchange)
        pending.listener.on_failure(overtaken(pending.name, received.overtaker))
        self.ledger.settle(pending)

    def _ignore(self, received: Unmatched | Junk, chunk: Chunk) -> None:
        """The protocol has counted it."""

    _HANDLERS: ClassVar[Mapping[type[Any], Callable[..., None]]] = MappingProxyType(
        {
            Greeted: _on_greeted,
            AnswersReceived: _on_answers,
            Answered: _on_answered,
            ListStarted: _on_started,
            EventsReceived: _on_events,
            ItemsReceived: _on_items,
            ListEnded: _on_ended,
            Reported: _on_reported,
            Failed: _on_failed,
            Unmatched: _ignore,
            Junk: _ignore,
        }
    )

    # How it ends -------------------------------------------------------------------------------

    async def _say_goodbye(self) -> None:
        if self.state is State.READY and not self._leaving:
            self._leaving = True
            self.ledger.open = False
            self.ledger.post(_LOGOFF, Pending("Logoff", has_room=False))
        if self._leaving:
            await self._over.wait()

    def _probe(self, now: float) -> None:
        """Send a Ping that nobody waits for: any byte that comes back is a sign of life."""
        self._watch.probed = now
        # Where there is no room, or a goodbye is under way, what is unanswered asks the same.
        self.ledger.post_nowait(_PING, Pending("Ping"))

    async def _give_up_oldest(self, now: float) -> None:
        self.ledger.give_up_oldest(now)
        if self.connection.overdue > _MOST_OVERDUE:
            self.end(Ending(f"{self.label} has left {_MOST_OVERDUE} actions unanswered"))
            await self._hang_up()

    async def _bury(self, now: float) -> None:
        self.end(silent(self.label, now - self._watch.heard))
        await self._hang_up()

    async def _hang_up(self) -> None:
        with suppress(*BROKEN):  # it is over; how the stream takes it changes nothing
            await anyio.aclose_forcefully(self._stream)

    def _eof(self) -> Ending:
        if self._leaving:
            return self.farewell()
        return closed_by_peer(self.label, torn=self.connection.torn, shutdown=self._shutdown)

    def farewell(self) -> Ending:
        """The ending that this program brings about."""
        return Ending(f"the connection to {self.label} was closed by this program", ours=True)

    def _lost(self, reason: str, cause: Exception) -> Ending:
        if self._leaving:
            return self.farewell()
        return Ending(reason.rstrip(": "), cause=cause)


def _pending(exchange: Exchange) -> Pending:
    """What the ledger has begun: a session has no other exchanges."""
    return cast("Pending", exchange)
