"""A socket on asyncio: it stays registered while it is waited for, and the loop takes the steps.

No task is woken only to look what there is. And a task that waits for what comes next goes on right
behind the step that brought it: asyncio would make a Handle for it, and turn once more.

Law: a task goes on where no other runs, and no step is half taken; and whoever is woken goes on,
whatever else a step brings about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextvars import Context, copy_context
from socket import socket

import anyio
import attrs
from sniffio import current_async_library_cvar

from amitrio.client.eventloop import Step, Waiter

__all__ = ["Reading"]


class _Sleep(asyncio.Future[None]):
    """What a task awaits that goes on behind a step. Woken otherwise, it is the loop's as usual.

    Only for `await`: whoever waits for it in another way adds a callback of its own, and there is
    room for one.
    """

    __slots__ = ("_context", "_goes_on", "_reading")

    _goes_on: Callable[[_Sleep], object]
    _context: Context

    def __init__(self, reading: Reading) -> None:
        super().__init__(loop=reading.loop)
        self._reading = reading

    def add_done_callback(
        self, fn: Callable[[_Sleep], object], /, *, context: Context | None = None
    ) -> None:
        """The task awaits it: the only callback there is."""
        self._goes_on = fn
        self._context = copy_context() if context is None else context

    def set_result(self, result: None, /) -> None:
        """The task is woken."""
        super().set_result(result)
        woken = self._reading.woken
        if woken is None:
            self.go_on_soon()
        else:
            woken.append(self)

    def cancel(self, msg: object = None) -> bool:
        """The task is cancelled."""
        cancelled = super().cancel(msg)
        if cancelled:
            self.go_on_soon()
        return cancelled

    def go_on(self) -> None:
        """Let the task go on now."""
        self._context.run(self._taken(), self)

    def go_on_soon(self) -> None:
        """Let the task go on when the loop comes to it."""
        context = self._context
        self._reading.loop.call_soon(self._taken(), self, context=context)

    def _taken(self) -> Callable[[_Sleep], object]:
        """What goes on, and it is kept nowhere: it is the task, whose error has a traceback.

        And that has the frames, those that called it included, and these what was waited for.
        """
        goes_on = self._goes_on
        del self._goes_on, self._context
        return goes_on


@attrs.define(eq=False)
class Reading:
    """See amitrio.client.eventloop.Readable."""

    loop: asyncio.AbstractEventLoop
    _sock: socket
    _number: int = attrs.field(init=False)
    """asyncio asks a socket for its name and its peer's each time, for a message nobody reads."""
    _done: asyncio.Future[None] | None = None
    woken: list[_Sleep] | None = None
    """Who is woken in the step that is taken; None outside of one."""

    def __attrs_post_init__(self) -> None:
        self._number = self._sock.fileno()

    async def each_time(self, step: Step) -> None:
        """See there."""
        done: asyncio.Future[None] = self.loop.create_future()
        if not self._is_registered(step, done):
            await self._wait_each_time(step)
            return
        self._done = done
        try:
            await done
        finally:
            self._forget()

    def _is_registered(self, step: Step, done: asyncio.Future[None]) -> bool:
        # No task runs while a step is taken: who asks which event loop that is, is told by this.
        token = current_async_library_cvar.set("asyncio")
        try:
            self.loop.add_reader(self._number, self._take, step, done)
        except NotImplementedError:  # the event loop that Windows has of its own
            return False
        finally:
            current_async_library_cvar.reset(token)
        return True

    async def _wait_each_time(self, step: Step) -> None:
        await anyio.wait_readable(self._sock)
        while not step():
            await anyio.wait_readable(self._sock)

    def _take(self, step: Step, done: asyncio.Future[None]) -> None:
        if done.done():  # which the task does not know yet
            return
        woken = self.woken = []
        enough, error = False, None
        try:
            enough = step()
        except BaseException as exc:  # noqa: BLE001 - raised by the task
            error = exc
        self.woken = None
        if not done.done():  # else the task was cancelled in the step
            if error is not None:
                done.set_exception(error)
            elif enough:
                done.set_result(None)
        _go_on(woken)

    def until(self, thing: Waiter) -> Awaitable[None]:
        """See there."""
        # Other loops than asyncio's own turn in C: there it would cost more than it saves.
        if self._done is None or thing.done or not isinstance(self.loop, asyncio.BaseEventLoop):
            return thing.wait()
        thing.asleep = sleep = _Sleep(self)
        # The loop is to turn once more before it sleeps. An Asterisk on the same machine has often
        # answered by then, and to be put to sleep and woken takes ten times as long.
        self.loop.call_soon(_nothing)
        return sleep

    def close(self) -> None:
        """See there."""
        if self._done is not None and not self._done.done():
            self._done.set_exception(anyio.ClosedResourceError())
        self._forget()

    def _forget(self) -> None:
        if self._done is not None:
            self._done = None
            self.loop.remove_reader(self._number)


def _nothing() -> None:
    pass


def _go_on(woken: Iterable[_Sleep]) -> None:
    """Let these tasks go on, in the order in which they were woken."""
    left = iter(woken)
    try:
        for sleep in left:
            sleep.go_on()
    finally:  # what a task raises here ends the loop (KeyboardInterrupt); the others are not lost
        for sleep in left:
            sleep.go_on_soon()
