"""amitrio: on trio, on asyncio, and on asyncio with uvloop, as `--backend` says."""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, cast

import anyio

import amitrio as ami
from amitrio.client import Client
from benchmarks.measure import Run, Task, report
from benchmarks.server import SECRET, USERNAME
from benchmarks.traffic import WANTED

IN_FLIGHT = 1000
LISTENERS = 10


def _flood(client: Client, task: Task) -> Awaitable[object]:
    return client.send("Flood", Count=str(task.count))


async def _headers(client: Client, run: Run) -> None:
    await _read_headers(client, run, "*", run.task.count)


async def _twentieth(client: Client, run: Run) -> None:
    await _read_headers(client, run, WANTED, run.task.count // 20)


async def _read_headers(client: Client, run: Run, kind: str, count: int) -> None:
    tally = run.tally
    with client.events(kind, buffer=run.task.count) as stream:
        run.meter.start()
        await _flood(client, run.task)
        async for event in stream:
            tally.texts(event["Channel"], event["Uniqueid"], event["Exten"])
            if tally.count == count:
                break
        run.meter.stop()


async def _typed(client: Client, run: Run) -> None:
    tally = run.tally
    with client.events(buffer=run.task.count) as stream:
        run.meter.start()
        await _flood(client, run.task)
        async for event in cast("Any", stream):
            tally.values(event.channel, event.channel_state, event.priority)
            if tally.count == run.task.count:
                break
        run.meter.stop()


async def _untouched(client: Client, run: Run) -> None:
    await _listen(client, run, 1)


async def _ten(client: Client, run: Run) -> None:
    await _listen(client, run, LISTENERS)


async def _listen(client: Client, run: Run, listeners: int) -> None:
    streams = [client.events(buffer=run.task.count) for _ in range(listeners)]

    async def consume(stream: ami.EventStream[ami.Event]) -> None:
        count = 0
        async for _ in stream:
            count += 1
            if count == run.task.count:
                break
        run.tally.count += count

    run.meter.start()
    await _flood(client, run.task)
    async with anyio.create_task_group() as group:
        for stream in streams:
            group.start_soon(consume, stream)
    run.meter.stop()


async def _pings(client: Client, run: Run) -> None:
    async def one_after_another() -> None:
        for _ in range(run.task.count // IN_FLIGHT):
            await client.ping()
            run.tally.untouched()

    run.meter.start()
    async with anyio.create_task_group() as group:
        for _ in range(IN_FLIGHT):
            group.start_soon(one_after_another)
    run.meter.stop()


async def _many(client: Client, run: Run) -> None:
    actions = itertools.repeat(ami.Action("Ping"), run.task.count)
    run.meter.start()
    async for answer in client.send_many(actions, at_once=IN_FLIGHT):
        assert answer.reply
        run.tally.untouched()
    run.meter.stop()


async def _ping(client: Client, run: Run) -> None:
    run.meter.start()
    for _ in range(run.task.count):
        sent = time.perf_counter()  # uvloop's own clock knows milliseconds only
        await client.ping()
        run.latencies.append(time.perf_counter() - sent)
        run.tally.untouched()
    run.meter.stop()


async def _list(client: Client, run: Run) -> None:
    run.meter.start()
    async with client.items("CoreShowChannels", Count=str(run.task.count)) as items:
        async for item in cast("Any", items):
            run.tally.values(item.channel, item.channel_state, item.priority)
    run.meter.stop()


async def _slow(client: Client, run: Run) -> None:
    """A consumer that takes a millisecond for each event, until all have come."""

    async def consume(stream: ami.EventStream[object]) -> None:
        async for _ in stream:
            await anyio.sleep(0.001)

    before = client.statistics().frames
    async with anyio.create_task_group() as group:
        group.start_soon(consume, client.events(overflow="drop_oldest"))
        run.meter.start()
        await _flood(client, run.task)
        while client.statistics().frames - before <= run.task.count:  # noqa: ASYNC110 - no event
            await anyio.sleep(0.01)
        run.meter.stop()
        group.cancel_scope.cancel()
    run.tally.count = client.statistics().frames - before - 1


Work = Callable[[Client, Run], Awaitable[None]]
WORKS: Mapping[str, Work] = MappingProxyType(
    {
        "headers": _headers,
        "typed": _typed,
        "twentieth": _twentieth,
        "untouched": _untouched,
        "ten": _ten,
        "pings": _pings,
        "many": _many,
        "ping": _ping,
        "list": _list,
        "slow": _slow,
    }
)


async def _once(task: Task) -> Run:
    run = Run(task)
    async with ami.connect(
        "127.0.0.1", task.port, username=USERNAME, secret=SECRET, ping_interval=math.inf
    ) as client:
        await WORKS[task.work](client, run)
    return run


async def _run(task: Task) -> None:
    await _once(task.warm_up)
    report("amitrio", await _once(task))


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task", nargs=3)
    parser.add_argument("--backend", choices=("trio", "asyncio", "uvloop"), default="trio")
    given = parser.parse_args()
    work, count, port = given.task
    options = {"use_uvloop": True} if given.backend == "uvloop" else {}
    backend = "trio" if given.backend == "trio" else "asyncio"
    anyio.run(_run, Task(work, int(count), int(port)), backend=backend, backend_options=options)


if __name__ == "__main__":
    main()
