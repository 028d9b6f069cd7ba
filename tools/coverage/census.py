"""Census: what a stream holds, and what of it the models do not.

Law: a finding is told once with its count and its first example; nothing is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

import attrs

from amitrio.headers import redacted
from amitrio.models import Event, TypedEvent, TypedReply

from .excuses import EXCUSES, Excuse
from .frames import Answer, Raw, messages, spare_headers

__all__ = ["Census", "Finding", "Sort", "take"]


class Sort(StrEnum):
    """In which way the models failed."""

    STRANGE = "has no class of its own"
    SPARE = "is taken by no field"
    WRONG = "does not convert"
    RAW = "is no message"


@attrs.frozen
class Finding:
    """Something that no model holds: a kind, or one of its headers."""

    sort: Sort
    kind: str
    header: str = ""

    @property
    def name(self) -> str:
        """What it is about."""
        return f"{self.kind}.{self.header}" if self.header else self.kind


@attrs.define
class Census:
    """What one stream holds."""

    source: str
    events: Counter[str] = attrs.field(factory=Counter)
    replies: Counter[str] = attrs.field(factory=Counter)
    findings: Counter[Finding] = attrs.field(factory=Counter)
    excused: Counter[Excuse] = attrs.field(factory=Counter)
    examples: dict[Finding, str] = attrs.field(factory=dict)

    @property
    def frames(self) -> int:
        """How many messages there are, events and replies."""
        return self.events.total() + self.replies.total()

    def add(self, message: Event | Answer | Raw) -> None:
        """Count one message, and what is wrong with it."""
        if isinstance(message, Event):
            self.events[message.kind] += 1
        elif isinstance(message, Answer):
            self.replies[type(message.reply).__name__] += 1
        for finding, example in _found(message):
            self._note(finding, example)

    def _note(self, finding: Finding, example: str) -> None:
        for excuse in EXCUSES:
            if excuse.covers(self.source, finding.kind, finding.header):
                self.excused[excuse] += 1
                return
        self.findings[finding] += 1
        self.examples.setdefault(finding, example)


def take(source: str, stream: bytes, actions: Mapping[str, str] | None = None) -> Census:
    """The census of a stream. `actions` as for `messages`."""
    census = Census(source)
    for message in messages(stream, actions):
        census.add(message)
    return census


def _found(message: Event | Answer | Raw) -> Iterable[tuple[Finding, str]]:
    if isinstance(message, Raw):
        return [(Finding(Sort.RAW, message.frame[:20].decode("latin-1")), repr(message.frame[:60]))]
    return _in_event(message) if isinstance(message, Event) else _in_answer(message)


def _in_event(event: Event) -> Iterator[tuple[Finding, str]]:
    if not isinstance(event, TypedEvent):
        yield Finding(Sort.STRANGE, event.kind), _shown(event.headers.pairs[:6])
        return
    for name, value in event.other_headers.pairs:
        yield Finding(Sort.SPARE, event.kind, name), _shown([(name, value)])
    yield from _wrong(event, event.kind)


def _in_answer(answer: Answer) -> Iterator[tuple[Finding, str]]:
    reply, kind = answer.reply, f"reply to {answer.action}"
    for name in spare_headers(reply):
        yield Finding(Sort.SPARE, kind, name), _shown(reply.headers.pairs[:6])
    if isinstance(reply, TypedReply):
        yield from _wrong(reply, kind)


def _wrong(message: TypedEvent | TypedReply, kind: str) -> Iterator[tuple[Finding, str]]:
    for problem in message.problems:
        shown = redacted(problem.header, problem.text)
        yield Finding(Sort.WRONG, kind, problem.header), f"{problem.field} from {shown!r}"


def _shown(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {redacted(name, value)[:60]!r}" for name, value in pairs)
