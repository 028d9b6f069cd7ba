"""Twice the input never costs more than two and a half times the work: counted, not timed.

What is counted, and why that can be believed, is told in tests/protocol/counting.py.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from amitrio.client.inbox import Inbox
from amitrio.client.pending import Collector, traits_of
from amitrio.client.subscriptions import Subscriptions
from amitrio.errors import SubscriberTooSlow
from amitrio.limits import DEFAULT_LIMITS, Limits
from amitrio.models import Chunk, Server, event_from
from amitrio.protocol import (
    SIMPLE,
    Answered,
    ClientConnection,
    EventsReceived,
    Exchange,
    Received,
    correlation,
    message,
)
from amitrio.protocol.framing import Framer
from amitrio.protocol.message import parse_headers
from tests.protocol.counting import CountedArray, CountedBytes, Work, in_pieces, steps
from tests.protocol.shapes import LISTS, ORIGINATE
from tests.protocol.transcripts import BANNER, frame

WHOLE = 1 << 30


@attrs.frozen
class Cost:
    """What something took."""

    steps: int
    bytes: int

    def __str__(self) -> str:
        return f"{self.steps} steps and {self.bytes} bytes"


class CountedPattern:
    """A regular expression that counts its subject: each of the protocol's reads it once."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern

    def match(self, subject: bytes) -> re.Match[bytes] | None:
        if isinstance(subject, CountedBytes):
            subject.work.bytes += len(subject)
        return self._pattern.match(subject)


@pytest.fixture(autouse=True)
def _count_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((correlation, "_LIST_FLAG"), (message, "_CHANNEL_VARIABLE")):
        monkeypatch.setattr(module, name, CountedPattern(getattr(module, name)))


class Machine:
    """A greeted connection whose bytes are counted."""

    def __init__(self, **settings: Any) -> None:
        self.work = Work()
        self.connection = ClientConnection(**settings)
        self.connection.receive(BANNER)
        self.connection._framer._held = CountedArray.of(self.work)

    def ask(self, count: int, shape: Any = SIMPLE) -> list[Exchange]:
        send = self.connection.send
        return [send("Ping", [], action_id=f"a{n}", shape=shape)[0] for n in range(count)]

    def hear(self, data: bytes, piece: int = WHOLE) -> list[Received]:
        pieces = in_pieces(data, piece, self.work)
        return [one for part in pieces for one in self.connection.receive(part)]

    def cost(self, run: Callable[[], object]) -> Cost:
        self.work.bytes = 0
        return Cost(steps(run), self.work.bytes)


Case = Callable[[int], Cost]
CASES: dict[str, tuple[int, Case]] = {}


def case(size: int) -> Callable[[Case], Case]:
    """A case, and the size that is doubled."""

    def add(run: Case) -> Case:
        CASES[run.__name__.replace("_", " ")] = (size, run)
        return run

    return add


def answers(ids: Iterable[int]) -> bytes:
    return b"".join(frame(f"Response: Success / ActionID: a{n} / Ping: Pong") for n in ids)


# Framing.


@case(2000)
def one_frame_in_so_many_reads(n: int) -> Cost:
    machine = Machine()
    data = b"Event: X\r\n" + b"Name: value\r\n" * (n // 13) + b"\r\n"
    return machine.cost(lambda: machine.hear(data, 1))


@case(40_000)
def one_frame_in_reads_of_a_hundred_bytes(n: int) -> Cost:
    machine = Machine()
    data = b"Event: X\r\n" + b"Name: value\r\n" * (n // 13) + b"\r\n"
    return machine.cost(lambda: machine.hear(data, 100))


@case(300)
def so_many_frames_in_one_read(n: int) -> Cost:
    machine = Machine()
    return machine.cost(lambda: machine.hear(frame("Event: Hangup / Cause: 16") * n))


@case(300)
def so_many_frames_that_nobody_wants(n: int) -> Cost:
    machine = Machine(interest=lambda _kind: False)
    return machine.cost(lambda: machine.hear(frame("Event: Hangup / Cause: 16") * n))


@case(300)
def so_many_empty_lines(n: int) -> Cost:
    machine = Machine()
    return machine.cost(lambda: machine.hear(b"\r\n" * n + frame("Event: Hangup"), 3))


@case(300)
def so_much_junk(n: int) -> Cost:
    machine = Machine()
    return machine.cost(lambda: machine.hear(b"junk\r\nmore\r\n" * n + frame("Event: Hangup")))


@case(100)
def one_frame_with_so_many_headers(n: int) -> Cost:
    machine = Machine()
    lines = " / ".join(f"Line-000000-{number:06}: a=b" for number in range(n))
    machine.ask(1)
    data = frame(f"Response: Success / ActionID: a0 / {lines}")

    def run() -> None:
        (answered,) = machine.hear(data)
        assert isinstance(answered, Answered)
        assert len(parse_headers(answered.frame)) == n + 2

    return machine.cost(run)


@case(2000)
def one_header_of_so_many_bytes_in_single_ones(n: int) -> Cost:
    machine = Machine()
    return machine.cost(lambda: machine.hear(frame("Event: X / Name: " + "v" * n), 1))


@case(1000)
def one_header_past_the_limit_of_a_line(n: int) -> Cost:
    """The line is as long as it may be; the frame goes on behind it."""
    machine = Machine(limits=Limits(line=n, frame=4 * n))
    data = b"X: " + b"v" * (n - 3) + b"\r\n" + b"Y: 1\r\n" * (n // 6)
    return machine.cost(lambda: machine.hear(data, 1))


# What old Asterisks answer to Command: raw text, empty lines in it.
@case(300)
def so_many_lines_of_raw_output(n: int) -> Cost:
    machine = Machine()
    machine.connection.send("Command", [], action_id="a0")
    text = b"Response: Follows\r\nPrivilege: Command\r\nActionID: a0\r\n" + b"out\r\n\r\n" * n
    return machine.cost(lambda: machine.hear(text + b"--END COMMAND--\r\n\r\n", 50))


# Actions.


@case(200)
def so_many_actions_sent(n: int) -> Cost:
    machine = Machine()
    return machine.cost(lambda: machine.ask(n))


@case(200)
def so_many_pending_actions_answered_in_order(n: int) -> Cost:
    machine = Machine()
    machine.ask(n)
    return machine.cost(lambda: machine.hear(answers(range(n))))


@case(200)
def so_many_pending_actions_and_the_last_is_answered(n: int) -> Cost:
    machine = Machine()
    machine.ask(n)
    return machine.cost(lambda: machine.hear(answers([n - 1])))


@case(200)
def so_many_pending_actions_answered_in_reverse(n: int) -> Cost:
    machine = Machine()
    machine.ask(n)
    return machine.cost(lambda: machine.hear(answers(reversed(range(n)))))


@case(200)
def so_many_pending_actions_and_as_many_forged_answers(n: int) -> Cost:
    machine = Machine()
    machine.ask(n)
    return machine.cost(lambda: machine.hear(answers(range(n, 2 * n))))


@case(200)
def so_many_actions_withdrawn(n: int) -> Cost:
    machine = Machine()
    asked = machine.ask(n)

    def run() -> None:
        for exchange in reversed(asked):
            machine.connection.withdraw(exchange)

    return machine.cost(run)


@case(200)
def so_many_actions_given_up_and_answered_late(n: int) -> Cost:
    machine = Machine()

    def run() -> None:
        for exchange in machine.ask(n):
            assert machine.connection.oldest is exchange
            machine.connection.give_up(exchange)
        machine.hear(answers(range(n)))

    return machine.cost(run)


@case(200)
def so_many_pending_actions_lost(n: int) -> Cost:
    machine = Machine()
    machine.ask(n)
    return machine.cost(machine.connection.receive_eof)


@case(200)
def so_many_reports_due_told_and_past_their_bound(n: int) -> Cost:
    machine = Machine(limits=Limits(outbound_calls=n // 2))
    machine.ask(n, ORIGINATE)
    report = "Event: OriginateResponse / ActionID: a{} / Response: Success"
    told = b"".join(frame(report.format(number)) for number in range(n))
    return machine.cost(lambda: machine.hear(answers(range(n)) + told))


@case(200)
def a_list_of_so_many_items(n: int) -> Cost:
    machine = Machine()
    machine.ask(1, LISTS["CoreShowChannels"])
    data = (
        frame("Response: Success / ActionID: a0 / EventList: start")
        + b"".join(frame(f"Event: CoreShowChannel / ActionID: a0 / Channel: {k}") for k in range(n))
        + frame(f"Event: CoreShowChannelsComplete / ActionID: a0 / ListItems: {n}")
    )
    return machine.cost(lambda: machine.hear(data))


@case(200)
def a_list_of_so_many_items_gathered(n: int) -> Cost:
    traits = traits_of("CoreShowChannels")
    chunk = Chunk(datetime.now(UTC), Server("pbx"))
    item = b"Event: CoreShowChannel\r\nActionID: a0\r\nChannel: x"

    def run() -> None:
        collector = Collector("CoreShowChannels", traits.shape)
        collector.list_limit = n // 2
        collector.on_start(b"Response: Success\r\nActionID: a0\r\nEventList: start", chunk)
        for _ in range(n):
            collector.on_items(["CoreShowChannel"], [item], chunk)

    return Cost(steps(run), 0)


# Events.


def names(n: int) -> list[str]:
    """Names that no other size has, so that nothing about them is known already."""
    return [f"Name{n}x{number}" for number in range(n)]


@contextmanager
def subscribed(kinds: Iterable[str]) -> Iterator[Subscriptions]:
    subscriptions = Subscriptions()
    for kind in kinds:
        subscriptions.add([kind], Inbox(10_000, overflowed=too_slow))
    yield subscriptions
    for inbox in subscriptions.inboxes():
        inbox.close()


def too_slow() -> SubscriberTooSlow:
    return SubscriberTooSlow("", buffer=10_000)


def delivering(wanted: Iterable[str], kinds: Iterable[str]) -> Cost:
    """What events of these kinds cost the connection and those who subscribed."""
    data = b"".join(frame(f"Event: {kind} / X: 1") for kind in kinds)
    with subscribed(wanted) as subscriptions:
        machine = Machine(interest=lambda kind: bool(subscriptions.wanting(kind)))
        subscriptions.attach(machine.connection.interest_changed)
        return machine.cost(lambda: deliver(machine, subscriptions, data))


def deliver(machine: Machine, subscriptions: Subscriptions, data: bytes) -> None:
    for one in machine.hear(data):
        assert isinstance(one, EventsReceived)
        for kind, raw in zip(one.kinds, one.frames, strict=True):
            subscriptions.deliver(kind, event_from(bytes(raw), None, kind))


@case(100)
def so_many_subscriptions(n: int) -> Cost:
    with ExitStack() as stack:
        return Cost(steps(lambda: stack.enter_context(subscribed(names(n)))), 0)


@case(100)
def so_many_subscriptions_of_different_patterns_and_a_few_events(n: int) -> Cost:
    return delivering([f"{name}*" for name in names(n)], ["Hangup", *names(n)[:4]])


@case(150)
def so_many_subscriptions_of_different_names_each_with_its_event(n: int) -> Cost:
    return delivering(names(n), names(n))


@case(100)
def so_many_subscriptions_of_one_name(n: int) -> Cost:
    return delivering(["Hangup"] * n, ["Hangup"] * 5)


# Past 4,096 names the tables are begun anew.
@case(2500)
def so_many_different_names_of_events(n: int) -> Cost:
    return delivering(["Hangup"], names(n))


@case(2500)
def so_many_different_names_that_somebody_wants(n: int) -> Cost:
    return delivering(["*"], names(n))


@case(300)
def so_many_very_long_first_lines(n: int) -> Cost:
    return delivering(["*"], ["x" * 300 + name for name in names(n)])


every_case = pytest.mark.parametrize(("size", "run"), CASES.values(), ids=CASES)


@every_case
def test_twice_the_input_costs_no_more_than_two_and_a_half_times(size: int, run: Case) -> None:
    run(10)  # what is loaded and compiled once is no part of it
    once, twice = run(size), run(2 * size)
    assert 1.5 * once.steps < twice.steps or 1.5 * once.bytes < twice.bytes, "nothing was doubled"
    assert twice.steps <= 2.5 * once.steps, f"{twice}, against {once}"
    assert twice.bytes <= 2.5 * once.bytes, f"{twice}, against {once}"


def test_the_same_work_counts_the_same() -> None:
    assert one_frame_in_so_many_reads(500) == one_frame_in_so_many_reads(500)
    assert a_list_of_so_many_items(50) == a_list_of_so_many_items(50)


# The measure must be able to tell.


def test_a_scan_of_all_that_is_pending_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def scanning(correlator: correlation.Correlator, action_id: str | None) -> Exchange | None:
        return next((e for e in correlator._waiting.values() if e.action_id == action_id), None)

    monkeypatch.setattr(correlation.Correlator, "_unanswered", scanning)
    assert doubled(so_many_pending_actions_and_as_many_forged_answers, 200) > 3


def test_a_scan_of_all_that_is_held_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def rescanning(framer: Framer, tail: bytes) -> None:
        framer._held += tail
        framer._held.find(b"\r\n\r\n")

    monkeypatch.setattr(Framer, "_hold", rescanning)
    assert doubled(one_header_of_so_many_bytes_in_single_ones, 2000) > 3


def doubled(run: Case, size: int) -> float:
    once, twice = run(size), run(2 * size)
    return max(twice.steps / once.steps, twice.bytes / max(1, once.bytes))


# One thing neither steps nor bytes can see: a dict that is emptied from its front is searched by
# C code past all that was taken out, each time it is asked for its first.
def test_what_is_emptied_from_the_front_is_no_dict() -> None:
    correlator = correlation.Correlator(max_reports=DEFAULT_LIMITS.outbound_calls)
    for queue in correlator._known():
        assert type(queue) is OrderedDict
