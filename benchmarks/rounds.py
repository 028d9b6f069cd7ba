"""Rounds: every client at every workload, in a new process each, in random order, over again.

What else the machine does falls on all of them alike that way, and a spread tells how much it was.

Law: an outcome whose tally is wrong is no outcome; it ends the run.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path

import attrs

from benchmarks.measure import Outcome
from benchmarks.tally import Tally
from benchmarks.workloads import Client, Workload, check

__all__ = ["Plan", "available", "run_rounds", "serving"]

_ADAPTERS = Path(__file__).parent / "adapters"
_PATIENCE = 600.0
_NEEDS = {
    "panoramisk": "panoramisk",
    "pyami_asterisk": "pyami_asterisk",
    "asterisk_ami": "asterisk",
    "astami": "astami",
    "by_hand": "trio",
}

Results = dict[tuple[str, str], list[Outcome]]


@attrs.frozen
class Plan:
    """What to run. `share` is the part of each workload's count that one run has."""

    clients: Sequence[Client]
    workloads: Sequence[Workload]
    rounds: int
    count: Callable[[Workload], int]
    modules: Path | None = None
    """Where Node finds its clients."""


def available(client: Client, modules: Path | None) -> bool:
    """Whether what it takes is installed."""
    if client.is_script:
        package = client.adapter.removesuffix(".js").replace("_", "-")
        return bool(shutil.which("node") and modules and (modules / package).is_dir())
    if "uvloop" in client.options:
        return find_spec("uvloop") is not None
    return client.is_ours or find_spec(_NEEDS[client.adapter]) is not None


@contextmanager
def serving() -> Iterator[int]:
    """The flood server in a process of its own; its port."""
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def run_rounds(
    plan: Plan,
    tell: Callable[[str], None],
    serving: Callable[[], AbstractContextManager[int]] = serving,
) -> Results:
    """All outcomes by workload and client. Raises ValueError where a client did other work."""
    results: Results = {}
    chance = random.Random()
    turns = [
        (workload, client)
        for workload in plan.workloads
        for client in plan.clients
        if workload.name in client.works
    ]
    with serving() as port:
        for number in range(plan.rounds):
            chance.shuffle(turns)
            for workload, client in turns:
                outcome = _run(plan, workload, client, port)
                results.setdefault((workload.name, client.name), []).append(outcome)
            tell(f"round {number + 1} of {plan.rounds}")
    return results


def _run(plan: Plan, workload: Workload, client: Client, port: int) -> Outcome:
    count = plan.count(workload)
    task = [workload.name, str(count), str(port)]
    done = subprocess.run(
        [*_command(client), *task],
        env=_environment(plan),
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode:
        raise ValueError(f"{client.name} failed at {workload.name}:\n{done.stderr}")
    outcome = Outcome(**json.loads(done.stdout.splitlines()[-1]))
    check(workload, count, Tally(outcome.count, outcome.total))
    return outcome


def _command(client: Client) -> list[str]:
    if client.is_script:
        return ["node", str(_ADAPTERS / client.adapter)]
    return [sys.executable, "-m", f"benchmarks.adapters.{client.adapter}", *client.options]


def _environment(plan: Plan) -> dict[str, str]:
    modules = {"NODE_PATH": str(plan.modules)} if plan.modules else {}
    return {**os.environ, **modules}
