"""Scope: the one place where tasks are started and awaited.

Law: what the body raises comes out as the very object that it raised, never in a group; the
user's own groups stay groups. The tasks outlive a cancellation of the body, so that a goodbye
can still be said, and end with the scope. A bug in a task cancels the body and comes out bare.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio

__all__ = ["owning"]

Job = Callable[[], Awaitable[None]]


@asynccontextmanager
async def owning(*jobs: Job) -> AsyncGenerator[None]:
    """Run the jobs beside the body; cancel and await them when it is done."""
    body: BaseException | None = None
    bugs: list[BaseException] = []
    # Shielded: a cancellation from outside reaches the body alone, and the body's end ends these.
    shields = [anyio.CancelScope(shield=True) for _ in jobs]

    def found(bug: BaseException) -> None:
        bugs.append(bug)
        tasks.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as tasks:
            for job, shield in zip(jobs, shields, strict=True):
                tasks.start_soon(_guarded, job, shield, found)
            try:
                yield
            except BaseException as exc:
                body = exc  # the object itself, before any group sees it
                raise
            finally:
                for shield in shields:
                    shield.cancel()
    except BaseExceptionGroup:
        if body is None:
            raise
    except anyio.get_cancelled_exc_class():
        if not bugs:
            raise
    error = bugs[0] if bugs else body
    if error is not None:
        try:
            raise error
        finally:
            bugs.clear()
            del body, error  # this frame is in its traceback: no cycle


async def _guarded(
    job: Job, shield: anyio.CancelScope, found: Callable[[BaseException], None]
) -> None:
    """Run the job. It records why it ends, so what it raises is a bug of ours, or an interrupt
    of the user's that trio raised in here.
    """
    with shield:
        try:
            await job()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as exc:  # noqa: BLE001 - see above; it comes out of `owning`
            found(exc)
