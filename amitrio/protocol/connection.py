"""The client's end of one AMI session, without I/O: bytes in, values out.

    connection = ClientConnection()
    exchange, frame = connection.send("Ping", [], action_id="k2…")   # then write `frame`
    for received in connection.receive(chunk): ...                    # what the chunk means
    connection.receive_eof()

An event is looked at only when somebody wants its kind: `interest` is asked once per name, and a
frame nobody wants costs one look-up.

Law: whatever arrives, the stream stays in step. Junk is counted and skipped; only what is past
the limits, or a peer that never spoke AMI, ends the session (ProtocolError).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import compress

import attrs

from amitrio.errors import ProtocolError
from amitrio.limits import DEFAULT_LIMITS, Limits
from amitrio.protocol.correlation import Correlator
from amitrio.protocol.encoding import HeaderValue, action_id_line, encode_identified
from amitrio.protocol.exchange import SIMPLE, Exchange, ReplyShape
from amitrio.protocol.framing import CRLF, END, Framer, trimmed
from amitrio.protocol.greeting import Banner, Greeting
from amitrio.protocol.message import SUCCESS, id_line_in
from amitrio.protocol.received import (
    Answered,
    AnswersReceived,
    EventsReceived,
    Greeted,
    ItemsReceived,
    Junk,
    ListStarted,
    Received,
    Reported,
    Unmatched,
)
from amitrio.protocol.routes import Route, Routes, kinds_of, names_of, wanted_of
from amitrio.protocol.states import State, Step, after

__all__ = ["ClientConnection", "Counts"]

_EVENT = b"Event: "
_GLUE = CRLF + _EVENT
_FOLLOWS = b"Response: Follows"
_END_COMMAND = b"--END COMMAND--"

# To ask the class for it costs as much as a call.
_READY = State.READY
_SPEAKING = (State.READY, State.AUTHENTICATING, State.LEAVING)
_OVER = (State.BROKEN, State.CLOSED)
_MOVING = (Answered, ListStarted)


@attrs.define(eq=False)
class Counts:
    """What has been received, in numbers."""

    bytes: int = 0
    frames: int = 0
    junk: int = 0
    unmatched: int = 0


class ClientConnection:
    """One session from the client's side."""

    def __init__(
        self,
        *,
        limits: Limits = DEFAULT_LIMITS,
        interest: Callable[[str], bool] = lambda _kind: True,
    ) -> None:
        self.state = after(State.NEW, Step.CONNECTED)
        self.banner: Banner | None = None
        self.counts = Counts()
        self._limits = limits
        self._greeting = Greeting(limits.banner)
        self._framer = Framer(limits)
        self._correlator = Correlator(max_reports=limits.outbound_calls)
        self._routes = Routes(interest)
        self._follows: list[bytes] = []
        self._follows_size = 0
        self.rescued: list[Received] = []

    @property
    def oldest(self) -> Exchange | None:
        """The exchange that Asterisk is working at."""
        return self._correlator.oldest

    @property
    def pending(self) -> int:
        """How many exchanges are not settled."""
        return len(self._correlator)

    @property
    def overdue(self) -> int:
        """How many exchanges were given up and may still be answered."""
        return self._correlator.overdue

    @property
    def torn(self) -> bool:
        """Whether the bytes so far end inside a frame."""
        return self._framer.torn or bool(self._follows)

    def interest_changed(self) -> None:
        """Ask `interest` again for each name."""
        self._routes.clear()

    def send(
        self,
        name: str,
        headers: Iterable[tuple[str, HeaderValue]],
        *,
        action_id: str,
        shape: ReplyShape = SIMPLE,
    ) -> tuple[Exchange, bytes]:
        """Expect the answer to an action, and give its bytes, as `begin` does."""
        exchange = Exchange(name, shape, action_id_line(action_id))
        return exchange, self.begin(exchange, headers)

    def begin(self, exchange: Exchange, headers: Iterable[tuple[str, HeaderValue]]) -> bytes:
        """Expect the answer to an action, known by its `id_line`; its bytes, to be sent in order.

        Raises ValueError for headers that Asterisk would misread; then nothing is expected.
        """
        if self.state not in _SPEAKING:
            raise RuntimeError(f"nothing can be sent while {self.state.value}")
        frame = encode_identified(exchange.name, exchange.id_line, headers)
        self._correlator.register(exchange)
        return frame

    def withdraw(self, exchange: Exchange) -> None:
        """Forget an action of which no byte was written."""
        self._correlator.withdraw(exchange)

    def give_up(self, exchange: Exchange) -> None:
        """Stop waiting for the oldest exchange; its answer, should it come, is dropped."""
        self._correlator.give_up(exchange)

    def forget_report(self, exchange: Exchange) -> None:
        """Stop waiting for the late event of an action."""
        self._correlator.forget_report(exchange)

    def receive(self, data: bytes) -> list[Received]:
        """What these bytes mean, in order. Raises ProtocolError, and from then on RuntimeError.

        What the bytes before the violation meant is in `rescued` then: it is told all the same.
        """
        if self.state in _OVER:
            raise RuntimeError(f"nothing can be received while {self.state.value}")
        self.counts.bytes += len(data)
        if (answered := self._the_answer(data)) is not None:
            return [answered]
        out: list[Received] = []
        try:
            if self.state is State.GREETING:
                data = self._greet(data, out)
            self._feed(data, out)
        except ProtocolError:
            self.state = after(self.state, Step.VIOLATED)
            self.rescued = out
            raise
        return out

    def _the_answer(self, data: bytes) -> Answered | None:
        """What comes where one action follows another: one plain answer, and nothing else."""
        if not data.startswith(SUCCESS) or self._follows or self.state is not _READY:
            return None
        if not self._framer.is_one_frame(data):
            return None
        answered = self._correlator.answer(data[: -len(END)])
        if answered is not None:
            self.counts.frames += 1
        return answered

    def receive_eof(self) -> list[Exchange]:
        """The stream is over: the exchanges that got no answer, in order."""
        self.state = after(self.state, Step.ENDED)
        return self._correlator.end()

    def _feed(self, data: bytes, out: list[Received]) -> None:
        try:
            frames = self._framer.feed(data)
        except ProtocolError:
            self._read(self._framer.rescued, out)
            raise
        self._read(frames, out)

    def _greet(self, data: bytes, out: list[Received]) -> bytes:
        greeted = self._greeting.feed(data)
        if greeted is None:
            return b""
        self.banner, rest = greeted
        self.state = after(self.state, Step.GREETED)
        out.append(Greeted(self.banner))
        return rest

    def _read(self, frames: list[bytes], out: list[Received]) -> None:
        """The hot path: where all frames are events of no exchange, C code alone goes over them."""
        self.counts.frames += len(frames)
        routes, different = self._routes.of(frames)
        if self._follows or not all(map(self._is_plain, different)):
            if not self._read_items(frames, different, out):
                read = self._read_answers(frames, different, out)
                self._read_mixed(frames[read:], routes[read:], out)
        elif all(route.wanted for route in different):
            _put_events(kinds_of(routes), frames, names_of(different), out)
        elif any(route.wanted for route in different):
            wanted = wanted_of(routes)
            kinds = kinds_of(list(compress(routes, wanted)))
            _put_events(kinds, list(compress(frames, wanted)), names_of(different), out)

    def _is_plain(self, route: Route) -> bool:
        """Whether its frames can only be events that belong to nobody in particular."""
        return route.kind is not None and route.kind not in self._correlator.expected

    def _read_items(
        self, frames: list[bytes], different: Collection[Route], out: list[Received]
    ) -> bool:
        """Whether all frames are items of the open list: a long one fills whole chunks."""
        kind = next(iter(different)).kind if len(different) == 1 else None
        if kind is None or self._follows or self._correlator.glued:
            return False
        exchange = self._correlator.items(kind, frames)
        if exchange is not None:
            _put_items(exchange, [kind] * len(frames), frames, out)
        return exchange is not None

    def _read_answers(
        self, frames: list[bytes], different: Collection[Route], out: list[Received]
    ) -> int:
        """How many frames, from the first on, are plain answers: they fill whole chunks, too."""
        if len(different) > 1 or self._follows or self.state is not _READY:
            return 0
        if not next(iter(different)).success:
            return 0
        if answered := self._correlator.answers(frames):
            out.append(AnswersReceived(answered, frames[: len(answered)]))
        return len(answered)

    def _read_mixed(self, frames: list[bytes], routes: list[Route], out: list[Received]) -> None:
        correlator, follows = self._correlator, self._follows
        ready = self.state is _READY  # else an answer may move the session on
        for frame, route in zip(frames, routes, strict=True):
            kind = route.kind
            if follows:
                self._continue_follows(frame, out)
            elif kind is None:
                if ready and (answered := correlator.answer(frame)) is not None:
                    out.append(answered)
                else:
                    self._read_other(route, frame, out)
            elif kind in correlator.expected and self._is_anothers(kind, frame, out):
                continue
            elif route.wanted:
                _put_events([kind], [frame], {kind}, out)

    def _is_anothers(self, kind: str, frame: bytes, out: list[Received]) -> bool:
        """Whether the event belongs to an exchange, and to nobody else."""
        if self._correlator.glued and _GLUE in frame:
            self._read_glued(frame, out)
            return True
        exchange = self._correlator.item(kind, frame)
        if exchange is not None:
            _put_items(exchange, [kind], [frame], out)
            return True
        received = self._correlator.event(kind, frame)
        if received is None:
            return False
        out.append(received)
        return not isinstance(received, Reported)  # an item is its list's alone; a report, all's

    def _read_glued(self, frame: bytes, out: list[Received]) -> None:
        """chan_skinny sends its items and their end without the empty lines between them."""
        self.counts.frames -= 1
        first, *others = frame.split(_GLUE)
        self._read([first, *(_EVENT + other for other in others)], out)

    def _read_other(self, route: Route, frame: bytes, out: list[Received]) -> None:
        if frame.startswith(CRLF):
            rest = trimmed(frame)
            self.counts.frames -= 1
            self._read([rest] if rest else [], out)
        elif not frame:
            self.counts.frames -= 1
        elif route.response:
            self._read_response(frame, out)
        else:
            self._read_junk(frame, out)

    def _read_response(self, frame: bytes, out: list[Received]) -> None:
        if frame.startswith(_FOLLOWS) and self._begins_raw_text(frame):
            self._follows.append(frame)
            self._follows_size = len(frame)
            return
        for received in self._correlator.response(frame):
            out.append(received)
            if isinstance(received, _MOVING):
                self._advance(received.exchange, frame)
            elif isinstance(received, Unmatched):
                self.counts.unmatched += 1

    def _advance(self, exchange: Exchange, frame: bytes) -> None:
        """Login and Logoff move the session on."""
        if frame.startswith(b"Response: Goodbye"):
            self.state = after(self.state, Step.LEFT)
        elif self.state is State.AUTHENTICATING and _logs_in(exchange, frame):
            self.state = after(self.state, Step.LOGGED_IN)

    def _begins_raw_text(self, frame: bytes) -> bool:
        """Asterisk 13 and older answer Command with raw text up to an end mark.

        Only for a Command of ours that is pending: else anybody who can forge a frame could
        swallow the stream.
        """
        if frame.endswith(_END_COMMAND):
            return False
        exchange = self._correlator.oldest
        return (
            exchange is not None
            and exchange.name.lower() == "command"
            and exchange.id_line == id_line_in(frame)
        )

    def _continue_follows(self, frame: bytes, out: list[Received]) -> None:
        self.counts.frames -= 1
        self._follows.append(frame)
        self._follows_size += len(frame)
        if self._follows_size > self._limits.frame:
            raise ProtocolError("the output of a Command is longer than limits.frame")
        if frame.endswith(_END_COMMAND):
            whole = b"\r\n\r\n".join(self._follows)
            self._follows.clear()
            self._read_response(whole, out)

    def _read_junk(self, frame: bytes, out: list[Received]) -> None:
        """IAXnetstats ends its raw text with one CR LF, so the next frame hangs on behind it."""
        starts = [frame.find(CRLF + mark) for mark in (b"Response: ", b"Event: ")]
        found = [start for start in starts if start >= 0]
        text, rest = (frame[: min(found)], frame[min(found) + 2 :]) if found else (frame, b"")
        self.counts.junk += 1
        out.append(Junk(text))
        if rest:
            self._read([rest], out)


def _logs_in(exchange: Exchange, frame: bytes) -> bool:
    return exchange.name.lower() == "login" and frame.startswith(b"Response: Success")


def _put_events(
    kinds: list[str], frames: list[bytes], names: set[str], out: list[Received]
) -> None:
    """Behind the events that came last, if nothing has come since."""
    last = out[-1] if out else None
    if isinstance(last, EventsReceived):
        last.kinds.extend(kinds)
        last.frames.extend(frames)
        last.names.update(names)
    elif frames:
        out.append(EventsReceived(kinds, frames, names))


def _put_items(
    exchange: Exchange, kinds: list[str], frames: list[bytes], out: list[Received]
) -> None:
    """Behind the items that came last, if nothing has come since."""
    last = out[-1] if out else None
    if isinstance(last, ItemsReceived) and last.exchange is exchange:
        last.kinds.extend(kinds)
        last.frames.extend(frames)
    else:
        out.append(ItemsReceived(exchange, kinds, frames))
