"""Report: a census as text, and the verdict.

Law: what is found is told with an example; what is excused is told with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from amitrio.models.registry import event_kinds

from .census import Census
from .excuses import EXCUSES, Excuse
from .play import Performance

__all__ = ["acts", "lines", "unused", "verdict"]


def lines(censuses: Sequence[Census]) -> Iterator[str]:
    """What was counted, found and excused, one census after the other."""
    for census in censuses:
        yield (
            f"{census.source}: {census.frames} messages, {census.events.total()} events of"
            f" {len(census.events)} kinds, {census.replies.total()} replies of"
            f" {len(census.replies)} classes"
        )
        for finding, count in sorted(census.findings.items(), key=lambda found: found[0].name):
            example = census.examples[finding]
            yield f"  {finding.name} {finding.sort} ({count} times): {example}"


def verdict(censuses: Sequence[Census]) -> Iterator[str]:
    """What all of them come to."""
    kinds = Counter[str]()
    for census in censuses:
        kinds += census.events
    known = kinds.keys() & set(event_kinds())
    yield (
        f"{sum(census.frames for census in censuses)} messages,"
        f" {kinds.total()} events of {len(kinds)} kinds,"
        f" {len(known)} of the {len(event_kinds())} that are known"
    )
    for excuse, count in _excused(censuses).items():
        yield f"excused {count} times: {_named(excuse)}: {excuse.why}"
    findings = sum(len(census.findings) for census in censuses)
    yield f"{findings} findings" if findings else "the models hold all of it"


def unused(censuses: Sequence[Census]) -> Iterator[str]:
    """The excuses for these streams by name that none of them needed."""
    used = _excused(censuses)
    for excuse in EXCUSES:
        named = excuse.source != "*" and any(excuse.concerns(one.source) for one in censuses)
        if named and excuse not in used:
            yield f"needless: {_named(excuse)}: {excuse.why}"


def acts(performance: Performance) -> Iterator[str]:
    """What became of the scenario."""
    seconds = sum(performance.done.values())
    yield f"{len(performance.done)} acts in {seconds:.0f} s"
    for name in performance.left_out:
        yield f"  {name} was left out: the server lacks what it needs"
    for name, why in performance.broken.items():
        yield f"  {name} broke off: {why}"


def _excused(censuses: Iterable[Census]) -> Counter[Excuse]:
    excused = Counter[Excuse]()
    for census in censuses:
        excused += census.excused
    return excused


def _named(excuse: Excuse) -> str:
    name = f"{excuse.kind}.{excuse.header}" if excuse.header else excuse.kind
    return name if excuse.source == "*" else f"{name} in {excuse.source}"
