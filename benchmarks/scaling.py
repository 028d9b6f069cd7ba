"""Scaling: the same work on more and more of it, without a network.

Law: cost grows as the work does. The last column is the cost of one unit beside the cost of one
in the row above: it stays near 1 where growth is linear.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import attrs

from amitrio.client.inbox import Inbox
from amitrio.client.subscriptions import Subscriptions
from amitrio.errors import AMIError
from amitrio.models import Chunk, Event, Server, event_from
from amitrio.models.registry import events_from
from amitrio.protocol import ClientConnection, EventsReceived
from benchmarks.report import table
from benchmarks.traffic import block

__all__ = ["scaling"]

_BANNER = b"Asterisk Call Manager/9.0.0\r\n"
_END = b"\r\n\r\n"
_CHUNK = 256 * 1024
_TRIES = 3

Work = Callable[[], None]


@attrs.frozen
class _Growth:
    """One table: what grows, and what makes the work for a size (its making is not measured)."""

    title: str
    unit: str
    sizes: Sequence[int]
    prepare: Callable[[int], Work]


def scaling(*, quick: bool) -> str:
    """All tables, and how parsing alone compares with splitting."""
    shrink = 100 if quick else 1
    tables = [_table(one, shrink) for one in _GROWTHS]
    return "\n\n".join(["### How cost grows", *tables, _parsing(2 if quick else 20)])


def _table(growth: _Growth, shrink: int) -> str:
    rows: list[list[object]] = []
    before = 0.0
    for size in (max(10, size // shrink) for size in growth.sizes):
        work = growth.prepare(size)
        seconds = _cpu(work)
        each = seconds / size
        rows.append(
            [f"{size:,}", f"{seconds * 1e3:.1f}", f"{each * 1e6:.2f}", _beside(each, before)]
        )
        before = each
    return f"{growth.title}:\n\n" + table([growth.unit, "CPU ms", "µs each", "beside"], rows)


def _beside(each: float, before: float) -> str:
    return f"{each / before:.2f}" if before else ""


def _cpu(work: Work) -> float:
    """CPU seconds, the least of some tries: what else the machine does only adds to it."""
    tries: list[float] = []
    for _ in range(_TRIES):
        began = time.process_time()
        work()
        tries.append(time.process_time() - began)
    return min(tries)


def _connected(*, wanted: bool) -> ClientConnection:
    connection = ClientConnection(interest=lambda _: wanted)
    connection.receive(_BANNER)
    return connection


def _one_frame_in_reads(reads: int) -> Work:
    """One frame of ten bytes a read, so that it is large where there are many."""
    pieces = [b"Event: VarSet\r\nValue: ", *[b"0123456789"] * reads, _END]

    def work() -> None:
        connection = _connected(wanted=True)
        received = [one for piece in pieces for one in connection.receive(piece)]
        assert isinstance(received[0], EventsReceived)
        assert len(received[0].frames) == 1

    return work


def _frames_in_one_read(frames: int) -> Work:
    data = b"Event: Hangup\r\nChannel: PJSIP/100-00000001\r\n\r\n" * frames

    def work() -> None:
        (run,) = _connected(wanted=True).receive(data)
        assert isinstance(run, EventsReceived)
        assert len(run.frames) == frames

    return work


def _subscriptions(count: int) -> Work:
    """So many subscribers, each to a name of its own, and an event for each."""
    chunk = Chunk(datetime.now(UTC), Server("benchmark"))
    events = [
        (kind, event_from(f"Event: {kind}".encode(), chunk, kind))
        for kind in (f"Event{number}" for number in range(count))
    ]

    def work() -> None:
        subscriptions = Subscriptions()
        inboxes = [Inbox[Event](10, overflowed=_never) for _ in events]
        for (kind, _), inbox in zip(events, inboxes, strict=True):
            subscriptions.add([kind], inbox)
        for kind, event in events:
            subscriptions.deliver(kind, event)
        assert all(len(inbox) == 1 for inbox in inboxes)
        for inbox in inboxes:
            inbox.close()

    return work


def _never() -> AMIError:
    raise AssertionError("no inbox is full")


def _event_names(count: int) -> Work:
    data = b"".join(b"Event: Forged%d\r\nChannel: x\r\n\r\n" % number for number in range(count))

    def work() -> None:
        (run,) = _connected(wanted=True).receive(data)
        assert isinstance(run, EventsReceived)
        assert len(events_from(run.kinds, run.frames, None)) == count

    return work


_GROWTHS = (
    _Growth("One frame in many reads", "reads", (25_000, 50_000, 100_000), _one_frame_in_reads),
    _Growth("Many frames in one read", "frames", (25_000, 50_000, 100_000), _frames_in_one_read),
    _Growth("Subscriptions, each to its own name", "names", (250, 500, 1000), _subscriptions),
    _Growth("Different event names", "names", (25_000, 50_000, 100_000), _event_names),
)


def _parsing(rounds: int) -> str:
    data = block().data * rounds
    chunks = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]

    def split() -> None:
        for chunk in chunks:
            chunk.split(_END)

    def parse(*, wanted: bool) -> Work:
        def work() -> None:
            connection = _connected(wanted=wanted)
            for chunk in chunks:
                connection.receive(chunk)

        return work

    works: Iterable[tuple[str, Work]] = (
        ("`bytes.split` alone", split),
        ("amitrio, nobody listens", parse(wanted=False)),
        ("amitrio, everything is wanted", parse(wanted=True)),
    )
    speeds = [(name, len(data) / _cpu(work) / 1e6) for name, work in works]
    rows = [(name, f"{speed:.0f}", f"{speed / speeds[0][1]:.2f}") for name, speed in speeds]
    return "Parsing alone, in memory:\n\n" + table(["", "MB/s", "beside split"], rows)
