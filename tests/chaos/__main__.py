"""The command line of the simulation: many seeds, one with its trace, or the planted bugs."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.chaos.planted import PLANTED
from tests.chaos.run import BACKENDS, Verdict, run
from tests.chaos.seeds import ALWAYS

_SLICE = 100
# A planted bug counts as found when so many of the seeds that are always run find it.
_ENOUGH = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 where something was found, or a planted bug was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=10_000, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="one seed, with its trace")
    parser.add_argument("--planted", action="store_true", help="the planted bugs")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    asked = parser.parse_args(arguments)
    if asked.seed is not None:
        return _one(asked.seed)
    with ProcessPoolExecutor(asked.jobs) as pool:
        if asked.planted:
            return _planted(pool)
        return _many(pool, range(asked.first, asked.first + asked.count))


def _one(seed: int) -> int:
    verdicts = [run(seed, backend) for backend in BACKENDS]
    print(*verdicts, sep="\n\n")
    return int(any(verdict.breaches for verdict in verdicts))


def _many(pool: ProcessPoolExecutor, seeds: range) -> int:
    began = time.monotonic()
    slices = [seeds[start : start + _SLICE] for start in range(0, len(seeds), _SLICE)]
    found = [verdict for part in pool.map(_failing, slices) for verdict in part]
    for verdict in found:
        print(verdict, end="\n\n")
    seconds = time.monotonic() - began
    print(f"{len(seeds)} seeds on {' and '.join(BACKENDS)}: {len(found)} failed, {seconds:.0f} s")
    return int(bool(found))


def _failing(seeds: range) -> list[Verdict]:
    verdicts = (run(seed, backend) for seed in seeds for backend in BACKENDS)
    return [verdict for verdict in verdicts if verdict.breaches]


def _planted(pool: ProcessPoolExecutor) -> int:
    missed = 0
    for name, (tried, found) in zip(PLANTED, pool.map(_finding, PLANTED), strict=True):
        print(f"{name}: {len(found)} of {tried} seeds find it: {found}", flush=True)
        missed += len(found) < _ENOUGH
    return int(bool(missed))


def _finding(name: str) -> tuple[int, list[int]]:
    """How many seeds were tried, and which of them find that bug on both backends."""
    found: list[int] = []
    for tried, seed in enumerate(ALWAYS, 1):
        if all(run(seed, backend, PLANTED[name]).breaches for backend in BACKENDS):
            found.append(seed)
        if len(found) == _ENOUGH:
            return tried, found
    return len(ALWAYS), found


if __name__ == "__main__":
    sys.exit(main())
