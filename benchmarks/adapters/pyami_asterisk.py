"""pyami_asterisk: callbacks on asyncio, a task for each event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pyami_asterisk
from loguru import logger

from benchmarks.measure import Run, Task, report
from benchmarks.server import SECRET, USERNAME
from benchmarks.traffic import WANTED

IN_FLIGHT = 1000
LISTENERS = 10

Event = dict[str, str]


class Client:
    """One client, for one run. What it does begins with the login, as this client wants it."""

    def __init__(self, task: Task) -> None:
        self.run = Run(task)
        self.done = asyncio.Event()
        self.client = pyami_asterisk.AMIClient(
            port=task.port, username=USERNAME, secret=SECRET, ping_delay=0
        )

    def consume(self, pattern: str, touch: Callable[[Event], None], *, times: int = 1) -> None:
        """Ask for the flood, and let each event be touched."""
        share = 20 if pattern == WANTED else 1
        count = self.run.task.count * times // share

        def on_event(event: Event) -> None:
            touch(event)
            if self.run.tally.count == count:
                self.run.meter.stop()
                self.done.set()

        for _ in range(times):
            self.client.register_event([pattern], on_event)
        self.client.create_action({"Action": "Flood", "Count": str(self.run.task.count)}, _ignore)
        self.run.meter.start()

    def texts(self, event: Event) -> None:
        """Read three headers as text."""
        self.run.tally.texts(event["Channel"], event["Uniqueid"], event["Exten"])

    def values(self, event: Event) -> None:
        """Read a text and two numbers."""
        self.run.tally.values(event["Channel"], int(event["ChannelState"]), int(event["Priority"]))

    def ping(self, in_flight: int) -> None:
        """So many at a time, each followed by another."""
        waiting = self.run.task.count - in_flight
        sent = time.perf_counter()

        def on_pong(_response: Event) -> None:
            nonlocal waiting, sent
            self.run.latencies.append(time.perf_counter() - sent)
            self.run.tally.untouched()
            if waiting:
                waiting -= 1
                sent = time.perf_counter()
                self.client.create_action({"Action": "Ping"}, on_pong)
            elif self.run.tally.count == self.run.task.count:
                self.run.meter.stop()
                self.done.set()

        self.client.register_event(["None"], _ignore)  # else it leaves with its last action
        for _ in range(in_flight):
            self.client.create_action({"Action": "Ping"}, on_pong)
        self.run.meter.start()


def _ignore(_message: Event) -> None:
    """Nothing is wanted of it."""


WORKS: Mapping[str, Callable[[Client], None]] = MappingProxyType(
    {
        "headers": lambda client: client.consume("*", client.texts),
        "typed": lambda client: client.consume("*", client.values),
        "twentieth": lambda client: client.consume(WANTED, client.texts),
        "untouched": lambda client: client.consume("*", lambda _: client.run.tally.untouched()),
        "ten": lambda client: client.consume(
            "*", lambda _: client.run.tally.untouched(), times=LISTENERS
        ),
        "pings": lambda client: client.ping(IN_FLIGHT),
        "ping": lambda client: client.ping(1),
    }
)


async def _once(task: Task) -> Run:
    one = Client(task)
    WORKS[task.work](one)
    connected = asyncio.create_task(one.client.connect_ami())
    await one.done.wait()
    connected.cancel()
    return one.run


async def _run(task: Task) -> None:
    logger.disable("pyami_asterisk")
    await _once(task.warm_up)
    report("pyami-asterisk", await _once(task))


if __name__ == "__main__":
    asyncio.run(_run(Task.from_argv()))
