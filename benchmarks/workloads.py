"""Workloads: what is measured, on how much, and the ratio to panoramisk that is to be reached.

Law: a workload is one line here, and an adapter that cannot do it has no figure for it.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from benchmarks.tally import Tally, expected
from benchmarks.traffic import BLOCK

__all__ = ["CLIENTS", "WORKLOADS", "Client", "Workload", "check"]

LISTENERS = 10
_PING = ("ping", "pings")


@attrs.frozen
class Workload:
    """One kind of work. `count` is how many events, actions or items one run has."""

    name: str
    title: str
    count: int
    expected: Callable[[int], Tally]
    goal: str = ""
    latency: bool = False
    """Whether the median latency of one action is its figure, and not CPU."""
    memory: bool = False
    """Whether the growth of memory is its figure."""
    grows: bool = False
    """Whether the growth of memory stands beside its figure."""


def _touched(work: str) -> Callable[[int], Tally]:
    return lambda count: expected(work, count)


def _counted(times: int = 1) -> Callable[[int], Tally]:
    return lambda count: Tally(count * times)


def _items(count: int) -> Tally:
    return expected("list", count)


WORKLOADS = (
    Workload(
        "headers", "every event, three headers read", 60_000, _touched("headers"), "at least 6"
    ),
    Workload(
        "typed", "every event, three typed fields read", 60_000, _touched("typed"), "at least 5"
    ),
    Workload(
        "twentieth", "one event name in twenty wanted", 60_000, _touched("twentieth"), "at least 16"
    ),
    Workload("untouched", "every event, untouched", 60_000, _counted()),
    Workload("ten", "every event to ten consumers, untouched", 60_000, _counted(LISTENERS)),
    Workload("pings", "1,000 pings in flight, a task for each", 100_000, _counted(), "at least 4"),
    Workload("many", "1,000 pings in flight, asked by one task", 100_000, _counted(), "at least 4"),
    Workload("ping", "one ping after another", 4000, _counted(), "latency 0.75", latency=True),
    Workload(
        "list",
        "a list of 100,000 items, streamed",
        100_000,
        _items,
        "as typed events, in bounded memory",
        grows=True,
    ),
    Workload(
        "slow", "300,000 events, 1 ms for each", 300_000, _counted(), "under 10 MB", memory=True
    ),
)


@attrs.frozen
class Client:
    """One column: a client, what runs it, and which workloads it can do."""

    name: str
    adapter: str
    works: frozenset[str]
    options: tuple[str, ...] = ()

    @property
    def is_script(self) -> bool:
        """Whether Node runs it."""
        return self.adapter.endswith(".js")

    @property
    def is_ours(self) -> bool:
        """Whether it is amitrio."""
        return self.adapter == "amitrio"


_ALL = frozenset(one.name for one in WORKLOADS)
_USUAL = _ALL - {"list", "many", "slow"}

CLIENTS = (
    Client("amitrio, trio", "amitrio", _ALL, ("--backend", "trio")),
    Client("amitrio, asyncio", "amitrio", _ALL, ("--backend", "asyncio")),
    Client("amitrio, uvloop", "amitrio", _ALL, ("--backend", "uvloop")),
    Client("by hand, trio", "by_hand", frozenset({"ping"}), ("--backend", "trio")),
    Client("by hand, asyncio", "by_hand", frozenset({"ping"}), ("--backend", "asyncio")),
    Client("panoramisk", "panoramisk", _ALL),
    Client("pyami_asterisk", "pyami_asterisk", _USUAL),
    Client("asterisk-ami", "asterisk_ami", _USUAL),
    Client("astami", "astami", frozenset({"ping"})),
    Client("yana (Node)", "yana.js", _USUAL),
    Client("asterisk-manager (Node)", "asterisk_manager.js", _USUAL),
)


def check(workload: Workload, count: int, tally: Tally) -> None:
    """Raise ValueError where a client did not do the work."""
    if count % BLOCK:
        raise ValueError(f"{count} is no multiple of {BLOCK}")
    wanted = workload.expected(count)
    if tally != wanted:
        raise ValueError(f"{workload.name}: {tally} instead of {wanted}")
