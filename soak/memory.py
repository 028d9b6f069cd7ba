"""Memory: a flood against a slow consumer, and thousands of connections.

Law: growth is of this process, in bytes, from after a first round that warms everything up.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import attrs

import amitrio as ami

__all__ = ["Connects", "Flooded", "connects", "flood"]

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MEGABYTE = 1_000_000
_SECRET = ami.Secret("flood")  # the flood's server takes any


@attrs.frozen
class Flooded:
    """What a flood did. Times are seconds, growth is bytes."""

    events: int
    taken: int
    told_dropped: int
    growth: int
    slowest_ping: float
    longest_full: float
    """How long the server found its socket full, at worst."""
    lasted: float

    @property
    def good(self) -> bool:
        """Whether all of it is within what is promised."""
        accounted = self.taken + self.told_dropped == self.events
        small = self.growth < 20 * _MEGABYTE
        return accounted and small and self.slowest_ping < 1 and self.longest_full < 0.1


@attrs.frozen
class Connects:
    """What many connections left behind."""

    times: int
    growth: int
    descriptors: int

    @property
    def good(self) -> bool:
        """Whether nothing stayed."""
        return self.growth < _MEGABYTE and self.descriptors == 0


def _connect(port: int) -> ami.Connection:
    return ami.connect("127.0.0.1", port, username="soak", secret=_SECRET)


async def flood(events: int) -> Flooded:
    """Take `events` events at full speed with a consumer that needs 1 ms for each."""
    with _server(events) as port:
        async with _connect(port) as client:
            await client.ping()
            before, began = _resident(), time.monotonic()
            pings: list[float] = []
            counts = {"taken": 0, "dropped": 0}
            with (
                client.events("UserEvent", overflow="drop_oldest") as stream,
                client.events("Shutdown") as done,
            ):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(_ping, client, pings)
                    await client.send("Flood")
                    await _consume(stream, counts, events)
                    growth = _resident() - before
                    stall = float((await done.receive())["Stall"])
                    tasks.cancel_scope.cancel()
            lasted = time.monotonic() - began
            taken, dropped = counts["taken"], counts["dropped"]
            return Flooded(events, taken, dropped, growth, max(pings), stall, lasted)


async def connects(times: int) -> Connects:
    """Connect and leave so often."""
    with _server(0) as port:
        for _ in range(50):
            await _visit(port)
        gc.collect()
        before, open_before = _resident(), _descriptors()
        for _ in range(times):
            await _visit(port)
        gc.collect()
        return Connects(times, _resident() - before, _descriptors() - open_before)


async def _visit(port: int) -> None:
    async with _connect(port) as client:
        await client.ping()


async def _consume(
    stream: ami.EventStream[ami.Event | ami.EventsDropped], counts: dict[str, int], events: int
) -> None:
    async for event in stream:
        if isinstance(event, ami.EventsDropped):
            counts["dropped"] += event.count
        else:
            counts["taken"] += 1
            await anyio.sleep(0.001)
        if counts["taken"] + counts["dropped"] == events:
            return


async def _ping(client: ami.Client, pings: list[float]) -> None:
    while True:
        pings.append(await client.ping())
        await anyio.sleep(0.1)


@contextmanager
def _server(events: int) -> Iterator[int]:
    command = [sys.executable, "-m", "soak.flood", str(events)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
