"""Report: outcomes as tables in Markdown.

A figure is the median over the rounds; the spread behind it is half the way from the lowest to
the highest, in percent. A ratio above 1 says how many times less than panoramisk it takes.

Law: a table says what was measured, on what, with which versions; it compares within one run only.
"""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable, Iterable, Sequence

from benchmarks.measure import Outcome
from benchmarks.rounds import Plan, Results
from benchmarks.traffic import block
from benchmarks.workloads import Workload

__all__ = ["conditions", "table", "tables"]

_REFERENCE = "panoramisk"
_MEBI = 1024 * 1024

Cell = Sequence[object]
Figure = Callable[[Outcome], float]


def tables(plan: Plan, results: Results) -> str:
    """One table for each workload."""
    return "\n\n".join(_of_workload(plan, workload, results) for workload in plan.workloads)


def conditions(plan: Plan, results: Results) -> str:
    """What was measured with what."""
    versions = sorted({(one.client, one.version) for all_ in results.values() for one in all_})
    traffic = block()
    return (
        f"Python {platform.python_version()}, {platform.system()} on {platform.machine()}; "
        f"{plan.rounds} rounds in random order, each measurement in a new process, after a warm-up"
        f" of one block. Traffic: {traffic.bytes_a_frame:.0f} bytes and"
        f" {traffic.headers_a_frame:.1f} headers a frame. "
        + ", ".join(f"{name} {version}" for name, version in versions)
        + "."
    )


def table(head: Cell, rows: Iterable[Cell]) -> str:
    """A table in Markdown; the first column is text, the others are figures."""
    ruler = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (head, ruler, *rows))


def _of_workload(plan: Plan, workload: Workload, results: Results) -> str:
    found = {
        client.name: results[workload.name, client.name]
        for client in plan.clients
        if (workload.name, client.name) in results
    }
    count = plan.count(workload)
    head, figure, show = _figure(workload, count)
    reference = _median(found[_REFERENCE], figure) if _REFERENCE in found else 0.0
    rows = [
        [
            name,
            show(_median(outcomes, figure)),
            f"±{_spread(outcomes, figure):.0f} %",
            *([f"{_median(outcomes, _cpu(count)):.2f}"] if workload.latency else []),
            f"{_median(outcomes, lambda one: one.wall) / count * 1e5:.2f}",
            _ratio(reference, _median(outcomes, figure)),
            *([f"{_median(outcomes, _growth):.1f}"] if workload.grows else []),
        ]
        for name, outcomes in found.items()
    ]
    goal = f" (wanted: {workload.goal})" if workload.goal else ""
    heads = [
        *("client", head, "spread"),
        *(["CPU s / 100,000"] if workload.latency else []),
        *("wall s / 100,000", "ratio"),
        *(["growth MB"] if workload.grows else []),
    ]
    return f"### {workload.title[0].upper()}{workload.title[1:]}{goal}\n\n" + table(heads, rows)


def _growth(outcome: Outcome) -> float:
    return max(outcome.growth, 1) / _MEBI


def _figure(workload: Workload, count: int) -> tuple[str, Figure, Callable[[float], str]]:
    if workload.latency:
        return "median µs", lambda one: one.latency * 1e6, "{:.1f}".format
    if workload.memory:
        return "growth MB", _growth, "{:.1f}".format
    return "CPU s / 100,000", _cpu(count), "{:.3f}".format


def _cpu(count: int) -> Figure:
    return lambda one: one.cpu / count * 1e5


def _median(outcomes: list[Outcome], figure: Figure) -> float:
    return statistics.median(map(figure, outcomes))


def _spread(outcomes: list[Outcome], figure: Figure) -> float:
    figures = [figure(one) for one in outcomes]
    middle = statistics.median(figures)
    return (max(figures) - min(figures)) / 2 / middle * 100 if middle else 0.0


def _ratio(reference: float, figure: float) -> str:
    return f"{reference / figure:.2f}" if reference and figure else "-"
