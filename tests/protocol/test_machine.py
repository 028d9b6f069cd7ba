"""A client that asks and changes its mind, and a server that answers as it likes.

Beside the real connection runs a model of a few lines that says what must come out. The server
answers late, twice, out of order, breaks lists off, and forges all it can: it can not know the id
of an action that it has not been sent. The bytes reach the client cut anywhere.

Law: each action settles exactly once, never by another's answer; who is answered fails all before
it; nothing is pending at the end; and the counters add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from amitrio.limits import Limits
from amitrio.protocol import (
    SIMPLE,
    Answered,
    ClientConnection,
    Exchange,
    Received,
    ReplyShape,
    Reported,
    ServerConnection,
)
from amitrio.protocol.correlation import Correlator
from amitrio.protocol.exchange import Progress
from amitrio.protocol.message import parse_headers
from tests.profiles import examples
from tests.protocol.shapes import LISTS, ORIGINATE
from tests.protocol.transcripts import BANNER, frame, settled_by, singly, told_all

MOST_REPORTS = 1

SHAPES: dict[str, ReplyShape] = {
    "Ping": SIMPLE,
    "Originate": ORIGINATE,
    "QueueStatus": LISTS["QueueStatus"],
    "IAXpeers": LISTS["IAXpeers"],
    "Unknown": SIMPLE,
}
names = st.sampled_from([*SHAPES, "Originate", "Originate"])
ITEMS = {"QueueStatus": "QueueMember", "IAXpeers": "PeerEntry", "Unknown": "Thing"}
COMPLETES = {
    "QueueStatus": "QueueStatusComplete",
    "IAXpeers": "PeerlistComplete",
    "Unknown": "ThingsComplete",
}


WORDS = {
    "accepted",
    "answered",
    "complete",
    "event",
    "failed",
    "item",
    "junk",
    "list",
    "reported",
    "unmatched",
}
REACHED: Counter[str] = Counter()


@attrs.define(eq=False)
class Asked:
    """An action as the model knows it."""

    id: str
    name: str
    exchange: Exchange
    frame: bytes
    settled: int = 0
    forgotten: bool = False
    """Nobody waits for its outcome."""


@attrs.frozen
class Said:
    """A frame on its way to the client, and what it is about."""

    data: bytes
    sort: str
    kind: str
    id: str | None
    starts: bool = False
    ends: bool = False


class Model:
    """What must come of what the server says. Nothing in it is amitrio's."""

    def __init__(self) -> None:
        self.by_id: dict[str, Asked] = {}
        self.overdue: list[Asked] = []
        self.waiting: list[Asked] = []
        self.due: list[Asked] = []
        self.open: Asked | None = None
        self.open_is_overdue = False
        self.frames = self.junk = self.unmatched = 0

    @property
    def oldest(self) -> Asked | None:
        if self.open is not None and not self.open_is_overdue:
            return self.open
        return next(iter(self.waiting), None)

    @property
    def pending(self) -> list[Asked]:
        listing = [self.open] if self.open is not None else []
        return [*listing, *self.overdue, *self.waiting, *self.due]

    def settle(self, asked: Asked) -> None:
        asked.settled += 1

    def hear(self, said: Said) -> Iterator[str]:
        self.frames += 1
        if said.sort == "junk":
            self.junk += 1
            yield f"junk {said.data[:-4]!r}"
        elif said.sort == "response":
            yield from self.hear_response(said)
        else:
            yield from self.hear_event(said)

    def hear_response(self, said: Said) -> Iterator[str]:
        asked = self.by_id.get(said.id or "")
        if asked is not None and asked is self.open:
            self.open = None
            self.settle(asked)
            yield f"{asked.id} answered"
        elif asked is None or asked not in (*self.overdue, *self.waiting):
            self.unmatched += 1
            yield "unmatched"
        else:
            yield from self.overtake(asked)
            yield from self.answer(asked, said)

    def overtake(self, asked: Asked) -> Iterator[str]:
        unanswered = [*self.overdue, *self.waiting]
        at = unanswered.index(asked)
        earlier = [*([self.open] if self.open is not None else []), *unanswered[:at]]
        for one in earlier:
            self.settle(one)
            yield f"{one.id} failed by {asked.name}"
        self.open = None
        self.overdue = [one for one in self.overdue if one in unanswered[at + 1 :]]
        self.waiting = [one for one in self.waiting if one in unanswered[at + 1 :]]

    def answer(self, asked: Asked, said: Said) -> Iterator[str]:
        if said.starts:
            self.open, self.open_is_overdue = asked, asked.exchange.overdue
            yield f"{asked.id} list"
        elif asked.name == "Originate" and said.kind == "Success" and not asked.forgotten:
            self.due.append(asked)
            yield f"{asked.id} accepted"
            if len(self.due) > MOST_REPORTS:
                evicted = self.due.pop(0)
                self.settle(evicted)
                yield f"{evicted.id} failed by "
        else:
            self.settle(asked)
            yield f"{asked.id} answered"

    def hear_event(self, said: Said) -> Iterator[str]:
        asked = self.by_id.get(said.id or "")
        if self.open is not None and self.joins(self.open, said):
            if self.ends(self.open, said):
                self.settle(self.open)
                yield f"{self.open.id} complete {said.kind}"
                self.open = None
            else:
                yield f"{self.open.id} item {said.kind}"
            return
        if said.kind == "OriginateResponse" and asked in self.due:
            assert asked is not None
            self.due.remove(asked)
            self.settle(asked)
            yield f"{asked.id} reported"
        yield f"event {said.kind}"

    @staticmethod
    def joins(listing: Asked, said: Said) -> bool:
        own = said.id == listing.id
        match listing.name:
            case "QueueStatus":
                return own and said.kind in {
                    "QueueParams",
                    "QueueMember",
                    "QueueEntry",
                    "QueueStatusComplete",
                }
            case "IAXpeers":
                return said.kind == "PeerEntry" or (own and said.kind == "PeerlistComplete")
            case _:  # what the catalogue does not know: whatever is ours
                return own and said.kind not in {"UserEvent", "OriginateResponse"}

    @staticmethod
    def ends(listing: Asked, said: Said) -> bool:
        return said.ends if listing.name == "Unknown" else said.kind == COMPLETES[listing.name]


def _forged(action_id: str | None) -> Said:
    line = "" if action_id is None else f" / ActionID: {action_id}"
    lines = f"Response: Success{line} / EventList: start"
    return Said(frame(lines), "response", "Success", action_id)


# How many bytes of what was said are still under way.
back = st.sampled_from([0, 0, 0, 0, 1, 3, 30, 150])
STEPS = ["item", "item", "end", "another's", "nobody's", "break off"]
NOISE = [
    *map(_forged, (None, "", "a", "a99999", "A0", "a0 ", "guess")),
    *(Said(frame(f"Event: {kind}"), "event", kind, None) for kind in ("Newchannel", "PeerEntry")),
    Said(frame("Event: UserEvent / ActionID: a1"), "event", "UserEvent", "a1"),
    *(Said(frame(text), "junk", "", None) for text in ("junk", "event: X", "ActionID: a0", ": ")),
]


class Conversation(RuleBasedStateMachine):
    """The rules are what a client and a server can do; hypothesis looks for the worst order."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = ClientConnection(limits=Limits(outbound_calls=MOST_REPORTS))
        self.server = ServerConnection()
        self.model = Model()
        self.asked: list[Asked] = []
        self.unsent: list[Asked] = []
        self.at_server: list[Asked] = []
        self.answered: list[Said] = []
        self.wire: list[Said] = []
        self.arrived = 0  # bytes of the first frame on the wire that are there
        self.bytes = 0

    @initialize()
    def greet(self) -> None:
        self.connection.receive(BANNER)
        self.bytes = len(BANNER)

    # What the client does --------------------------------------------------------------------

    @rule(
        names=st.lists(names, min_size=1, max_size=3), leaves=st.sampled_from([True, True, False])
    )
    def send(self, names: list[str], leaves: bool) -> None:  # noqa: FBT001
        for name in names:
            self.post(name)
        if leaves:
            self.write(len(self.unsent))

    def post(self, name: str) -> None:
        action_id = f"a{len(self.asked)}"
        exchange, data = self.connection.send(name, [], action_id=action_id, shape=SHAPES[name])
        asked = Asked(action_id, name, exchange, data)
        self.asked.append(asked)
        self.unsent.append(asked)
        self.model.by_id[action_id] = asked
        self.model.waiting.append(asked)

    @precondition(lambda self: self.unsent)
    @rule(count=st.integers(1, 5))
    def leave(self, count: int) -> None:
        self.write(count)

    def write(self, count: int) -> None:
        """The first of what is queued reach the server, who hears it as Asterisk does."""
        leaving, self.unsent = self.unsent[:count], self.unsent[count:]
        heard = self.server.receive(b"".join(one.frame for one in leaving))
        assert [one.action_id for one in heard] == [one.id for one in leaving]
        self.at_server += leaving

    @precondition(lambda self: self.model.pending)
    @rule(how=st.sampled_from(["withdraw", "give up", "forget"]), data=st.data())
    def change_ones_mind(self, how: str, data: st.DataObject) -> None:
        if how == "withdraw" and self.unsent:
            self.withdraw(data.draw(st.sampled_from(self.unsent)))
        elif how == "give up":
            self.give_up_oldest()
        else:
            self.forget_report(data.draw(st.sampled_from([*self.model.due, *self.asked[-1:]])))

    def withdraw(self, asked: Asked) -> None:
        """Cancelled while it was still here."""
        self.connection.withdraw(asked.exchange)
        self.unsent.remove(asked)
        self.model.waiting.remove(asked)
        self.model.settle(asked)

    def give_up_oldest(self) -> None:
        """It takes too long. What has not left is withdrawn instead."""
        oldest = self.model.oldest
        if oldest is None or oldest in self.unsent:
            return
        self.connection.give_up(oldest.exchange)
        if oldest is self.model.open:
            self.model.open_is_overdue = True
        else:
            self.model.waiting.remove(oldest)
            self.model.overdue.append(oldest)

    def forget_report(self, asked: Asked) -> None:
        """Nobody waits for the outcome of a call; of another action there is nothing to forget."""
        self.connection.forget_report(asked.exchange)
        asked.forgotten = True
        if asked in self.model.due:
            self.model.due.remove(asked)
            self.model.settle(asked)

    # What the server says --------------------------------------------------------------------

    def say(self, said: Said) -> None:
        self.wire.append(said)

    def flow(self, back: int) -> None:
        """All that was said arrives, but for the last so many bytes of it."""
        flight = b"".join(said.data for said in self.wire)[self.arrived :]
        self.take(flight[: max(0, len(flight) - back)])

    def respond(self, asked: Asked, kind: str, *, listed: bool) -> None:
        starts = listed and kind == "Success" and asked.name in ITEMS
        flag = " / EventList: start" if starts else ""
        lines = f"Response: {kind} / ActionID: {asked.id}{flag} / Message: to {asked.id}"
        said = Said(frame(lines), "response", kind, asked.id, starts=starts)
        self.answered.append(said)
        self.say(said)

    @precondition(lambda self: self.at_server)
    @rule(
        kinds=st.lists(st.sampled_from(["Success"] * 4 + ["Error"]), min_size=1, max_size=3),
        listed=st.sampled_from([True, True, False]),
        steps=st.lists(st.sampled_from(STEPS), max_size=3),
        back=back,
    )
    def answer(self, kinds: list[str], listed: bool, steps: list[str], back: int) -> None:  # noqa: FBT001
        """The next, in order, each with what follows it."""
        for kind, asked in zip(kinds, self.at_server[:], strict=False):
            self.at_server.remove(asked)
            self.respond(asked, kind, listed=listed)
            self.go_on(asked, steps)
        self.flow(back)

    @precondition(lambda self: len(self.at_server) > 1)
    @rule(data=st.data(), kind=st.sampled_from(["Success", "Error"]), back=back)
    def answer_out_of_order(self, data: st.DataObject, kind: str, back: int) -> None:
        asked = data.draw(st.sampled_from(self.at_server[1:]))
        self.at_server.remove(asked)
        self.respond(asked, kind, listed=True)
        self.flow(back)

    @precondition(lambda self: self.answered)
    @rule(data=st.data(), back=back)
    def answer_again(self, data: st.DataObject, back: int) -> None:
        """A duplicate; to a list that is open it is a breaking-off."""
        self.say(data.draw(st.sampled_from(self.answered[-4:])))
        self.flow(back)

    @precondition(lambda self: self.model.open is not None)
    @rule(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=4), back=back)
    def go_on_with_the_list(self, steps: list[str], back: int) -> None:
        assert self.model.open is not None
        self.go_on(self.model.open, steps)
        self.flow(back)

    def go_on(self, asked: Asked, steps: list[str]) -> None:
        """A list's items, others under their name, its end, or its end in mid-list; a report."""
        if asked.name == "Originate" and "end" in steps:
            self.event("OriginateResponse", asked.id)
        elif asked.name in ITEMS:
            for step in steps:
                self.go_on_listing(asked, step)

    def go_on_listing(self, asked: Asked, step: str) -> None:
        if step == "break off":
            self.respond(asked, "Error", listed=False)
        elif step == "end":
            self.event(COMPLETES[asked.name], asked.id, ends=True)
        else:
            whose = {"item": asked.id, "another's": self.answered[0].id, "nobody's": None}
            self.event(ITEMS[asked.name], whose[step])

    @precondition(lambda self: any(one.name == "Originate" for one in self.asked))
    @rule(data=st.data(), back=back)
    def report(self, data: st.DataObject, back: int) -> None:
        """The outcome of a call: in time, twice, or of an action that awaits none."""
        calls = [one.id for one in self.asked if one.name == "Originate"]
        own = [one.id for one in self.model.due]
        self.event("OriginateResponse", data.draw(st.sampled_from([*own, *calls[-3:], None])))
        self.flow(back)

    @rule(noise=st.sampled_from(NOISE), back=back)
    def forge(self, noise: Said, back: int) -> None:
        """What strangers can bring about: they know no id of an action that is pending."""
        self.say(noise)
        self.flow(back)

    def event(self, kind: str, action_id: str | None, *, ends: bool = False) -> None:
        own = "" if action_id is None else f" / ActionID: {action_id}"
        flag = " / EventList: Complete" if ends else ""
        ends = ends and action_id is not None  # the flag stands behind an ActionID or nowhere
        self.say(Said(frame(f"Event: {kind}{own}{flag}"), "event", kind, action_id, ends=ends))

    # What arrives ----------------------------------------------------------------------------

    def take(self, data: bytes) -> None:
        """Hand bytes over: what comes out is what the model says, word for word."""
        received = self.connection.receive(data)
        self.bytes += len(data)
        self.arrived += len(data)
        expected: list[str] = []
        while self.wire and len(self.wire[0].data) <= self.arrived:
            said = self.wire.pop(0)
            self.arrived -= len(said.data)
            expected += self.model.hear(said)
        words = told_all(received)
        assert words == expected
        REACHED.update(word for said in words for word in said.split() if word in WORDS)
        for one in singly(received):
            self.check_whose(one)

    def check_whose(self, received: Received) -> None:
        """Whoever is told something is told it by a frame that names it."""
        if isinstance(received, Answered | Reported):
            assert parse_headers(received.frame)["ActionID"] == received.exchange.action_id
        exchange = settled_by(received)
        assert exchange is None or exchange.settled

    # What always holds -----------------------------------------------------------------------

    @invariant()
    def agrees(self) -> None:
        connection, model = self.connection, self.model
        oldest = None if model.oldest is None else model.oldest.exchange
        assert connection.oldest is oldest
        assert connection.pending == len(model.pending)
        assert connection.overdue == len(model.overdue)
        assert connection.torn == (self.arrived > 0)

    @invariant()
    def each_settles_once(self) -> None:
        for asked in self.asked:
            assert asked.settled == asked.exchange.settled

    @invariant()
    def the_counters_add_up(self) -> None:
        counts, model = self.connection.counts, self.model
        assert (counts.bytes, counts.frames) == (self.bytes, model.frames)
        assert (counts.junk, counts.unmatched) == (model.junk, model.unmatched)

    def teardown(self) -> None:
        left = self.connection.receive_eof()
        assert left == [one.exchange for one in self.model.pending]
        for asked in self.model.pending:
            self.model.settle(asked)
        assert self.connection.pending == 0
        assert all(asked.exchange.settled and asked.settled == 1 for asked in self.asked)


def test_whatever_is_asked_and_said() -> None:
    REACHED.clear()
    run_state_machine_as_test(Conversation, settings=examples(few=150, many=5000))
    print(dict(REACHED))
    assert set(REACHED) == WORDS
    assert min(REACHED.values()) > 5


# The machine must be able to tell: some hundred examples find each of these.


def _fails_nobody(_: Correlator, _answered: Exchange) -> list[Received]:
    """Answers a later action and leaves the earlier ones waiting."""
    return []


def _forgets_the_late(correlator: Correlator, line: bytes | None) -> Exchange | None:
    """Takes the answer to what was given up for nobody's, so that it stays pending."""
    return correlator._waiting.get(line or b"")


def _believes_every_item(_: Correlator, exchange: Exchange, kind: str, _frame: bytes) -> bool:
    return kind in exchange.shape.items or kind == exchange.shape.complete


def _keeps_all_reports(_: Correlator) -> list[Received]:
    return []


def _reports_again(correlator: Correlator, frame: bytes) -> Received | None:
    exchange = next(iter(correlator._due.values()), None)
    return None if exchange is None else Reported(exchange, frame)


def _leaves_the_list_open(_: Correlator, exchange: Exchange, frame: bytes) -> Received:
    return Answered(exchange, frame)


def _only_says_so(_: Correlator, exchange: Exchange) -> None:
    exchange.progress = Progress.SETTLED


FAULTS: dict[str, Callable[..., object]] = {
    "_overtaken": _fails_nobody,
    "_unanswered": _forgets_the_late,
    "_joins": _believes_every_item,
    "_evicted": _keeps_all_reports,
    "_reported": _reports_again,
    "_broken_off": _leaves_the_list_open,
    "withdraw": _only_says_so,
    "forget_report": _only_says_so,
}


@pytest.mark.parametrize(("method", "fault"), FAULTS.items())
def test_a_fault_would_be_found(
    method: str, fault: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Correlator, method, fault)
    once = settings(max_examples=300, phases=[Phase.generate], database=None)
    with pytest.raises((AssertionError, ExceptionGroup, KeyError, ValueError)):
        run_state_machine_as_test(Conversation, settings=once)
