"""No client at all: a loop over the streams of trio or of asyncio, as `--backend` says.

To write one action and read up to the next empty line is the least that a client can do. What it
takes is the event loop's own price, and the rest of a figure is the client's.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

import trio

from benchmarks.measure import Run, Task, report
from benchmarks.server import SECRET, USERNAME

_END = b"\r\n\r\n"
_LOGIN = f"Action: Login\r\nActionID: 0\r\nUsername: {USERNAME}\r\nSecret: {SECRET}\r\n\r\n"


class _Wire(ABC):
    """One connection."""

    @abstractmethod
    async def send(self, data: bytes) -> None:
        """Send all of it."""

    @abstractmethod
    async def answer(self) -> bytes:
        """What comes, up to an empty line."""

    @abstractmethod
    async def close(self) -> None:
        """Close it."""


class _OnTrio(_Wire):
    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._held = b""

    async def send(self, data: bytes) -> None:
        await self._stream.send_all(data)

    async def answer(self) -> bytes:
        while _END not in self._held:
            self._held += await self._stream.receive_some()
        answer, _, self._held = self._held.partition(_END)
        return answer

    async def close(self) -> None:
        await self._stream.aclose()


class _OnAsyncio(_Wire):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> bytes:
        return await self._reader.readuntil(_END)

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def _once(task: Task, wire: _Wire) -> Run:
    run = Run(task)
    await wire.send(_LOGIN.encode())
    await wire.answer()
    run.meter.start()
    for number in range(task.count):
        sent = time.perf_counter()
        await wire.send(b"Action: Ping\r\nActionID: %d\r\n\r\n" % number)
        answer = await wire.answer()
        run.latencies.append(time.perf_counter() - sent)
        assert b"ActionID: %d\r\n" % number in answer
        run.tally.untouched()
    run.meter.stop()
    await wire.close()
    return run


async def _on_trio(port: int) -> _Wire:
    return _OnTrio(await trio.open_tcp_stream("127.0.0.1", port))


async def _on_asyncio(port: int) -> _Wire:
    return _OnAsyncio(*await asyncio.open_connection("127.0.0.1", port))


async def _run(task: Task, dial: Callable[[int], Awaitable[_Wire]]) -> Run:
    await _once(task.warm_up, await dial(task.port))
    return await _once(task, await dial(task.port))


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task", nargs=3)
    parser.add_argument("--backend", choices=("trio", "asyncio"), default="trio")
    given = parser.parse_args()
    work, count, port = given.task
    task = Task(work, int(count), int(port))
    if given.backend == "trio":
        report("trio", trio.run(_run, task, _on_trio))
    else:
        report("anyio", asyncio.run(_run(task, _on_asyncio)))


if __name__ == "__main__":
    main()
