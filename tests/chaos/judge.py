"""Judge: what must be true of every run.

Each law is a function from the record of a run to the breaches that it found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar

import attrs

from amitrio import SubscriberTooSlow
from amitrio.client.session import Session
from amitrio.errors import ListTooLong, ResponseTimeout
from tests.chaos.actors import expected
from tests.chaos.deeds import Ask, Script
from tests.chaos.journal import Asked, Journal, Mark, Stream, Token
from tests.chaos.script import SLOW
from tests.chaos.server import Server

__all__ = ["Run", "breaches"]

# Seconds that a goodbye may take, and that a report may come after the call's own timeout.
_FAREWELL = 2.0
_REPORT = 35.0
_EPSILON = 1e-6


@attrs.frozen
class Run:
    """All that is known of a run."""

    script: Script
    journal: Journal
    server: Server
    sessions: list[Session]
    tasks_left: int


def breaches(run: Run) -> list[str]:
    """What was not as it must be, one line each; none is how it should be."""
    return [*run.journal.broken, *(breach for law in _LAWS for breach in law(run))]


# Events -------------------------------------------------------------------------------------------


def _streams_tell_all(run: Run) -> Iterator[str]:
    for stream in run.journal.streams:
        for breach in _Telling(run, stream).breaches():
            yield f"stream {stream.deed.number}: {breach}"


class _Telling:
    """One stream, held against what the client received for it."""

    def __init__(self, run: Run, stream: Stream) -> None:
        self.run = run
        self.stream = stream
        self.left = run.journal.left if run.script.supervised else None
        self.all = expected(run.server, stream, self.left)
        self.place = 0
        self.link = stream.opened.link
        self.gaps: list[str] = []
        self.up: bool | None = stream.was_up or None
        self.has_heard = stream.was_up
        self.found: list[str] = []

    def breaches(self) -> list[str]:
        for token in self.stream.tokens:
            self._TAKES[token.what](self, token)
        self._end()
        return self.found

    def _event(self, token: Token) -> None:
        if self.place >= len(self.all):
            self.found.append(f"{token.number} was told and never received")
            return
        link, number = self.all[self.place]
        self.place += 1
        if number != token.number:
            self.found.append(f"{token.number} was told where {number} was due")
        if self.up is False:
            self.found.append(f"{number} was told between Disconnected and Reconnected")
        if self.has_heard:
            due = [] if link == self.link else ["down", "up"]
            if self.gaps[:1] + self.gaps[-1:] != due:
                self.found.append(f"before {number} the gaps {self.gaps} were told")
        self.link, self.gaps, self.up, self.has_heard = link, [], True, True

    def _dropped(self, token: Token) -> None:
        self.place += token.number
        buffered = token.received - self.place
        if self.stream.deed.overflow == "fail" or token.number < 1:
            self.found.append(f"EventsDropped({token.number})")
        if self.stream.deed.how != "batch" and buffered != self.stream.deed.buffer:
            self.found.append(f"{token.number} dropped, and {buffered} in the buffer")

    def _down(self, _: Token) -> None:
        self.gaps.append("down")
        self.up = False

    def _is_up(self, _: Token) -> None:
        if self.up:
            self.found.append("Reconnected without Disconnected")
        self.gaps.append("up")
        self.up = True

    def _end(self) -> None:
        end = self.stream.end
        untold = len(self.all) - self.place
        if end == "slow":
            if self.stream.deed.overflow != "fail" or untold < 1:
                self.found.append("SubscriberTooSlow though there was room")
        elif end in {"plain", "lost"}:
            if untold:
                self.found.append(f"ended with {untold} events untold")
            self._check_end(end)
        elif end is None:
            self.found.append("never ended")

    def _check_end(self, end: str) -> None:
        if self.run.script.supervised:
            self._check_state()
            if end == "lost":
                self.found.append("ended by an error")
        elif (end == "lost") != (_lost_at(self.run) is not None):
            self.found.append(f"ended as if {end}")

    def _check_state(self) -> None:
        """What was told last is how it was when the program left."""
        journal = self.run.journal
        last = Mark(-1, 0) if journal.left is None else journal.left
        if self.stream.was_up and (not journal.connected or last.link > self.stream.opened.link):
            told = self.up is not False
            if told != journal.connected and not journal.alive:
                self.found.append(f"told last that it is {'up' if told else 'down'}")
        if self.stream.was_up and journal.connected and last.link > self.link and not self.gaps:
            self.found.append("was not told of a loss")

    _TAKES: ClassVar[Mapping[str, Callable[[_Telling, Token], None]]] = MappingProxyType(
        {"event": _event, "dropped": _dropped, "down": _down, "up": _is_up}
    )


def _lost_at(run: Run) -> int | None:
    """The link that was lost, of a single connection."""
    ending = run.sessions[0].ending if run.sessions else None
    return None if ending is None or ending.ours else 0


# Actions ------------------------------------------------------------------------------------------


def _actions_settle_once(run: Run) -> Iterator[str]:
    for asked in run.journal.asked:
        if not isinstance(asked.deed, Ask):
            continue
        for breach in _settling(run, asked, asked.deed):
            yield f"{asked.deed.how} {asked.deed.number}: {breach}"


def _settling(run: Run, asked: Asked, deed: Ask) -> Iterator[str]:
    number = deed.number
    if asked.outcome is None:
        yield "never settled"
    if asked.echo is not None and asked.echo != str(number):
        yield f"got the answer of {asked.echo}"
    if asked.outcome == "refused" and number not in run.server.refused:
        yield "was never refused"
    if asked.outcome == "answered" and number not in run.server.answered:
        yield "was never answered"
    yield from _executed(run, asked, number)
    if asked.items or asked.complete:
        yield from _items(run, asked, number)
    too_much = isinstance(asked.error, ListTooLong | SubscriberTooSlow)
    if too_much and run.server.items.get(number, 0) <= run.script.list_items:
        yield f"too long with {run.server.items.get(number)} items"


def _executed(run: Run, asked: Asked, number: int) -> Iterator[str]:
    handed = run.journal.handed.get(number)
    if asked.executed == "no" and (handed is not None or run.server.seen[number]):
        yield f"executed=no, and the server saw it {run.server.seen[number]} times"
    if asked.executed == "maybe" and number not in run.journal.tried:
        yield "executed=maybe, and it never left"
    if asked.outcome is not None and handed is not None and handed > asked.tick:
        yield "left after it was over"


def _items(run: Run, asked: Asked, number: int) -> Iterator[str]:
    due = [f"{number}.{place}" for place in range(run.server.items.get(number, 0))]
    if list(asked.items) != (due if asked.complete else due[: len(asked.items)]):
        yield f"the items {asked.items} of {len(due)}"


def _nothing_twice(run: Run) -> Iterator[str]:
    for number, times in run.server.seen.items():
        if times > 1:
            yield f"the server saw action {number} {times} times"


# Time ---------------------------------------------------------------------------------------------


def _in_time(run: Run) -> Iterator[str]:
    for asked in run.journal.asked:
        if asked.ended is not None:
            for breach in _late(run, asked, asked.ended):
                yield f"{asked.deed}: {breach}"
    left, gone = run.journal.left_at, run.journal.gone_at
    if left is not None and gone is not None and gone - left > _FAREWELL + _EPSILON:
        yield f"leaving took {gone - left} s"


def _late(run: Run, asked: Asked, ended: float) -> Iterator[str]:
    took, deed, gone = ended - asked.began, asked.deed, run.journal.gone_at
    if deed.patience is not None and took > deed.patience + _EPSILON:
        yield f"ended after {took} s"
    if isinstance(deed, Ask) and took > _longest(run, asked, deed):
        yield f"ended after {took} s, of {_longest(run, asked, deed)} s"
    if isinstance(asked.error, ResponseTimeout) and took < run.script.times.response_timeout:
        yield f"timed out after {took} s"
    if gone is not None and ended > gone + _EPSILON:
        yield "ended after the client did"


def _longest(run: Run, asked: Asked, deed: Ask) -> float:
    """Each action before it may use up its time, and so may a Ping; lists move on beside."""
    each = run.script.times.response_timeout + SLOW
    own = _REPORT if deed.how == "originate" else 0.0
    return (asked.ahead + 3) * each + run.server.dawdled + own


def _gives_up_the_dead_alone(run: Run) -> Iterator[str]:
    """Whoever hangs up first says why: the program left, or there was silence for long enough."""
    times = run.script.times
    leaving = run.journal.left_at
    for link in run.server.links:
        hung_up = link.hung_up
        if hung_up is None or (leaving is not None and hung_up >= leaving):
            continue
        if link.over is not None and link.over != "the client hung up" and not link.swallows:
            continue
        session = run.sessions[link.index]
        silence = hung_up - link.heard_at
        said = "" if session.ending is None else session.ending.reason
        if "no sign of life" in said:
            if silence < times.ping_interval + times.ping_timeout - _EPSILON:
                yield f"link {link.index} was given up after {silence} s of silence"
        elif hung_up - link.began > _entering(run) + _EPSILON:
            yield f"link {link.index} was given up: {said!r}"


def _entering(run: Run) -> float:
    """A login that fails takes so long, the goodbye included."""
    times = run.script.times
    return times.connect_timeout + times.response_timeout + _FAREWELL


def _finds_the_dead(run: Run) -> Iterator[str]:
    times = run.script.times
    for session, link in zip(run.sessions, run.server.links, strict=False):
        over = link.hung_up
        if over is None:
            yield f"link {link.index} was never closed"
            continue
        longest = times.ping_interval + times.ping_timeout + SLOW + times.response_timeout
        if over - link.heard_at > longest + _EPSILON:
            yield f"link {link.index}: {over - link.heard_at} s of silence, and nothing was said"
        if session.ending is None:
            yield f"link {link.index} never ended"


def _is_connected_again(run: Run) -> Iterator[str]:
    if run.script.calm and run.journal.left is not None and not run.journal.connected:
        yield "all was calm for long enough, and the client was not connected"


# The end ------------------------------------------------------------------------------------------


def _nothing_left(run: Run) -> Iterator[str]:
    if run.tasks_left:
        yield f"{run.tasks_left} tasks are left"
    for number, session in enumerate(run.sessions):
        if len(session.ledger) or session.connection.pending:
            yield f"session {number}: {len(session.ledger)} actions are pending"
        if session.ledger.room.value != run.script.pending:
            yield f"session {number}: room for {session.ledger.room.value} actions"
        if len(session.subscriptions):
            yield f"session {number}: {len(session.subscriptions)} inboxes are registered"


_LAWS: tuple[Callable[[Run], Iterator[str]], ...] = (
    _streams_tell_all,
    _actions_settle_once,
    _nothing_twice,
    _in_time,
    _gives_up_the_dead_alone,
    _finds_the_dead,
    _is_connected_again,
    _nothing_left,
)
