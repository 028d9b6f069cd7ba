"""panoramisk: callbacks on asyncio. What the ratios are to."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from panoramisk import Manager, Message

from benchmarks.measure import Run, Task, report
from benchmarks.server import SECRET, USERNAME
from benchmarks.tally import Tally
from benchmarks.traffic import WANTED

IN_FLIGHT = 1000
LISTENERS = 10

Touch = Callable[[Tally, Message], None]


def _texts(tally: Tally, event: Message) -> None:
    tally.texts(event["Channel"], event["Uniqueid"], event["Exten"])


def _values(tally: Tally, event: Message) -> None:
    tally.values(event["Channel"], int(event["ChannelState"]), int(event["Priority"]))


def _untouched(tally: Tally, _event: Message) -> None:
    tally.untouched()


async def _consume(manager: Manager, run: Run, *, pattern: str, touch: Touch) -> None:
    count = run.task.count // 20 if pattern == WANTED else run.task.count
    done, tally = asyncio.Event(), run.tally

    def on_event(_manager: Manager, event: Message) -> None:
        touch(tally, event)
        if tally.count == count:
            done.set()

    manager.register_event(pattern, on_event)
    run.meter.start()
    await manager.send_action({"Action": "Flood", "Count": str(run.task.count)})
    await done.wait()
    run.meter.stop()


async def _headers(manager: Manager, run: Run) -> None:
    await _consume(manager, run, pattern="*", touch=_texts)


async def _typed(manager: Manager, run: Run) -> None:
    await _consume(manager, run, pattern="*", touch=_values)


async def _twentieth(manager: Manager, run: Run) -> None:
    await _consume(manager, run, pattern=WANTED, touch=_texts)


async def _one(manager: Manager, run: Run) -> None:
    await _consume(manager, run, pattern="*", touch=_untouched)


async def _ten(manager: Manager, run: Run) -> None:
    done = asyncio.Event()

    def on_event(_manager: Manager, _event: Message) -> None:
        run.tally.untouched()
        if run.tally.count == run.task.count * LISTENERS:
            done.set()

    for _ in range(LISTENERS):
        manager.register_event("*", on_event)
    run.meter.start()
    await manager.send_action({"Action": "Flood", "Count": str(run.task.count)})
    await done.wait()
    run.meter.stop()


async def _pings(manager: Manager, run: Run) -> None:
    async def one_after_another() -> None:
        for _ in range(run.task.count // IN_FLIGHT):
            await manager.send_action({"Action": "Ping"})
            run.tally.untouched()

    run.meter.start()
    await asyncio.gather(*(one_after_another() for _ in range(IN_FLIGHT)))
    run.meter.stop()


async def _many(manager: Manager, run: Run) -> None:
    """One task, which awaits the future that was given to it first."""
    futures: deque[asyncio.Future[Message]] = deque()
    run.meter.start()
    for _ in range(run.task.count):
        if len(futures) == IN_FLIGHT:
            await futures.popleft()
            run.tally.untouched()
        futures.append(manager.send_action({"Action": "Ping"}))
    while futures:
        await futures.popleft()
        run.tally.untouched()
    run.meter.stop()


async def _ping(manager: Manager, run: Run) -> None:
    run.meter.start()
    for _ in range(run.task.count):
        sent = time.perf_counter()
        await manager.send_action({"Action": "Ping"})
        run.latencies.append(time.perf_counter() - sent)
        run.tally.untouched()
    run.meter.stop()


async def _list(manager: Manager, run: Run) -> None:
    run.meter.start()
    action = {"Action": "CoreShowChannels", "Count": str(run.task.count)}
    for item in await manager.send_action(action, as_list=True):
        if item.event == "CoreShowChannel":
            _values(run.tally, item)
    run.meter.stop()


async def _slow(manager: Manager, run: Run) -> None:
    """A consumer that takes a millisecond for each event, until all have come."""
    queue: asyncio.Queue[Message] = asyncio.Queue()
    done = asyncio.Event()

    def on_event(_manager: Manager, event: Message) -> None:
        queue.put_nowait(event)
        run.tally.untouched()
        if run.tally.count == run.task.count:
            done.set()

    async def consume() -> None:
        while True:
            await queue.get()
            await asyncio.sleep(0.001)

    consumer = asyncio.create_task(consume())
    manager.register_event("*", on_event)
    run.meter.start()
    await manager.send_action({"Action": "Flood", "Count": str(run.task.count)})
    await done.wait()
    run.meter.stop()
    consumer.cancel()


Work = Callable[[Manager, Run], Awaitable[None]]
WORKS: Mapping[str, Work] = MappingProxyType(
    {
        "headers": _headers,
        "typed": _typed,
        "twentieth": _twentieth,
        "untouched": _one,
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
    logged_in = asyncio.Event()
    manager = Manager(
        loop=asyncio.get_running_loop(),
        port=task.port,
        username=USERNAME,
        secret=SECRET,
        on_login=lambda _: logged_in.set(),
        ping_delay=3600,
        ping_interval=3600,
    )
    manager.connect()
    await logged_in.wait()
    await WORKS[task.work](manager, run)
    manager.close()
    return run


async def _run(task: Task) -> None:
    logging.disable()
    await _once(task.warm_up)
    report("panoramisk", await _once(task))


if __name__ == "__main__":
    asyncio.run(_run(Task.from_argv()))
