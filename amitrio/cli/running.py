"""Running a command: Ctrl-C, errors, exit codes.

Law: an interrupt cancels, and what is open is closed before the program ends.
"""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable

import anyio
from rich.console import Console

from amitrio.errors import AMIError

__all__ = ["run"]

_FAILED = 1
_INTERRUPTED = 128 + signal.SIGINT  # as a shell reports it


async def run(job: Callable[[], Awaitable[None]]) -> int:
    """Run the job; the exit code. An AMIError is one line on standard error."""
    interrupted = False
    error: AMIError | None = None

    # Opened before anything is started, so that no interrupt comes too early to be heard.
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:

        async def listen() -> None:
            nonlocal interrupted
            async for _ in signals:
                interrupted = True
                tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            try:
                await job()
            except AMIError as exc:
                error = exc
            tasks.cancel_scope.cancel()
    if interrupted:
        return _INTERRUPTED
    if error is not None:
        Console(stderr=True).print(f"amitrio: {error}", markup=False, highlight=False)
        return _FAILED
    return 0
