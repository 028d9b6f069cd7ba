"""Measure: CPU, wall clock and memory of the process that is measured, and how it is told.

Law: from the order to send until the last of it was consumed; connecting and leaving are not in it.
"""

from __future__ import annotations

import contextlib
import json
import resource
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path

import attrs

from benchmarks.tally import Tally
from benchmarks.traffic import BLOCK

__all__ = ["Meter", "Outcome", "Run", "Task", "report"]


@attrs.frozen
class Task:
    """What an adapter is asked for: a workload, on how many events, against which port."""

    work: str
    count: int
    port: int

    @classmethod
    def from_argv(cls) -> Task:
        """The task that the command line says."""
        work, count, port = sys.argv[1:4]
        return cls(work, int(count), int(port))

    @property
    def warm_up(self) -> Task:
        """The same on one block: what is loaded, learned and compiled once is not measured."""
        return attrs.evolve(self, count=min(self.count, BLOCK))


@attrs.define
class Meter:
    """CPU seconds, wall seconds and the growth of memory between `start` and `stop`."""

    cpu: float = 0.0
    wall: float = 0.0
    growth: int = 0
    """Of the highest resident size, in bytes."""

    def start(self) -> None:
        """From here on."""
        self.growth = -_resident()
        self.wall = -time.perf_counter()
        self.cpu = -time.process_time()

    def stop(self) -> None:
        """Up to here."""
        self.cpu += time.process_time()
        self.wall += time.perf_counter()
        self.growth += _resident()


@attrs.define
class Run:
    """One run of a task: its meter, and what was touched."""

    task: Task
    meter: Meter = attrs.field(factory=Meter)
    tally: Tally = attrs.field(factory=Tally)
    latencies: list[float] = attrs.field(factory=list)
    """Seconds of each action, where there is one at a time."""


def _resident() -> int:
    """The highest so far. getrusage would count the process that started this one, too."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@attrs.frozen
class Outcome:
    """What one run of one client gave."""

    client: str
    version: str
    cpu: float
    wall: float
    growth: int
    count: int
    total: int
    latency: float = 0.0
    """Median seconds of one action."""


def report(package: str, run: Run) -> None:
    """Print the outcome as one line of JSON."""
    outcome = Outcome(
        package,
        version(package),
        run.meter.cpu,
        run.meter.wall,
        run.meter.growth,
        run.tally.count,
        run.tally.total,
        statistics.median(run.latencies) if run.latencies else 0.0,
    )
    print(json.dumps(attrs.asdict(outcome)))
