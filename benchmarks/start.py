"""Start: how long it takes until something is there.

Law: each is a fresh process whose modules are compiled already, as they are where they have been
installed, and the interpreter's own start stands beside it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.report import table
from benchmarks.rounds import serving

__all__ = ["starting"]

_FIRST_EVENT = """
import amitrio, anyio, sys, math
async def main():
    async with amitrio.connect("127.0.0.1", int(sys.argv[1]), username="bench",
                               secret="a secret that is none", ping_interval=math.inf) as client:
        with client.events() as stream:
            await client.send("Flood", Count="1")
            print((await stream.receive()).channel)
anyio.run(main, backend="trio")
"""

_COMMANDS = (
    ("python", ["-c", "pass"]),
    ("import anyio, attrs", ["-c", "import anyio, attrs"]),
    ("import trio", ["-c", "import trio"]),
    ("import amitrio", ["-c", "import amitrio"]),
    ("import amitrio, name connect", ["-c", "import amitrio; amitrio.connect"]),
    ("amitrio --help", ["-m", "amitrio", "--help"]),
    ("connect, log in, first event read", ["-c", _FIRST_EVENT, "{port}"]),
)

_ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


def starting(*, quick: bool) -> str:
    """The table."""
    rounds = 1 if quick else 7
    rows: list[list[object]] = []
    with serving() as port:
        for title, command in _COMMANDS:
            arguments = [part.format(port=port) if part == "{port}" else part for part in command]
            _timed(arguments)  # compiles what is not compiled yet
            figures = [_timed(arguments) for _ in range(rounds)]
            wall, cpu = (statistics.median(one) * 1e3 for one in zip(*figures, strict=True))
            rows.append([title, f"{wall:.0f}", f"{cpu:.0f}"])
    return "### How long it takes to start\n\n" + table(["", "wall ms", "CPU ms"], rows)


def _timed(arguments: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one process."""
    cpu: Callable[[], float] = lambda: sum(os.times()[2:4])  # noqa: E731 - of children
    began, spent = time.perf_counter(), cpu()
    command = [sys.executable, *arguments]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=_ENVIRONMENT)
    return time.perf_counter() - began, cpu() - spent
