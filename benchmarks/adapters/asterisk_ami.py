"""asterisk-ami: a thread that reads and calls back."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from asterisk.ami import AMIClient, Event, SimpleAction

from benchmarks.measure import Run, Task, report
from benchmarks.server import SECRET, USERNAME
from benchmarks.traffic import WANTED

IN_FLIGHT = 1000
LISTENERS = 10


class Client:
    """One client, for one run."""

    def __init__(self, task: Task) -> None:
        self.run = Run(task)
        self.done = threading.Event()
        self.client = AMIClient(port=task.port)

    def consume(
        self, touch: Callable[[Event], None], wanted: str | None = None, *, times: int = 1
    ) -> None:
        """Ask for the flood, and let each event be touched."""
        count = self.run.task.count * times // (20 if wanted else 1)

        def on_event(event: Event, **_: Any) -> None:
            touch(event)
            if self.run.tally.count == count:
                self.run.meter.stop()
                self.done.set()

        for _ in range(times):
            if wanted is None:
                self.client.add_event_listener(on_event)
            else:
                self.client.add_event_listener(on_event, white_list=wanted)
        self.run.meter.start()
        self.client.send_action(SimpleAction("Flood", Count=str(self.run.task.count)))
        self.done.wait()

    def texts(self, event: Event) -> None:
        """Read three headers as text."""
        self.run.tally.texts(event["Channel"], event["Uniqueid"], event["Exten"])

    def values(self, event: Event) -> None:
        """Read a text and two numbers."""
        self.run.tally.values(event["Channel"], int(event["ChannelState"]), int(event["Priority"]))

    def ping(self) -> None:
        """One after another."""
        self.run.meter.start()
        for _ in range(self.run.task.count):
            sent = time.perf_counter()
            if self.client.send_action(SimpleAction("Ping")).response is not None:
                self.run.tally.untouched()
            self.run.latencies.append(time.perf_counter() - sent)
        self.run.meter.stop()

    def pings(self) -> None:
        """A thousand, then the next."""
        self.run.meter.start()
        for _ in range(self.run.task.count // IN_FLIGHT):
            sent = [self.client.send_action(SimpleAction("Ping")) for _ in range(IN_FLIGHT)]
            self.run.tally.count += sum(one.response is not None for one in sent)
        self.run.meter.stop()


WORKS: Mapping[str, Callable[[Client], None]] = MappingProxyType(
    {
        "headers": lambda client: client.consume(client.texts),
        "typed": lambda client: client.consume(client.values),
        "twentieth": lambda client: client.consume(client.texts, WANTED),
        "untouched": lambda client: client.consume(lambda _: client.run.tally.untouched()),
        "ten": lambda client: client.consume(
            lambda _: client.run.tally.untouched(), times=LISTENERS
        ),
        "pings": Client.pings,
        "ping": Client.ping,
    }
)


def _once(task: Task) -> Run:
    one = Client(task)
    one.client.login(USERNAME, SECRET).response  # noqa: B018 - reading it is waiting for it
    WORKS[task.work](one)
    return one.run


def _run(task: Task) -> None:
    warnings.simplefilter("ignore", DeprecationWarning)
    _once(task.warm_up)
    report("asterisk-ami", _once(task))


if __name__ == "__main__":
    _run(Task.from_argv())
