"""astami: actions on asyncio, one at a time; it passes events over."""

from __future__ import annotations

import asyncio
import time

import astami

from benchmarks.measure import Run, Task, report
from benchmarks.server import SECRET, USERNAME

WORKS = ("ping",)


async def _once(task: Task) -> Run:
    run = Run(task)
    async with astami.AsyncAMIClient("127.0.0.1", task.port, USERNAME, SECRET) as client:
        run.meter.start()
        for _ in range(task.count):
            sent = time.perf_counter()
            await client.send_action({"Action": "Ping"})
            run.latencies.append(time.perf_counter() - sent)
            run.tally.untouched()
        run.meter.stop()
    return run


async def _run(task: Task) -> None:
    await _once(task.warm_up)
    report("astami", await _once(task))


if __name__ == "__main__":
    asyncio.run(_run(Task.from_argv()))
