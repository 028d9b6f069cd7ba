"""A socket on trio: one task waits until it is readable, and takes the reader's step.

That task is the reader, as a rule. Where it wakes another task, trio turns once more for that one,
and the reader arms the socket anew in between. So a task that waits for what comes next takes the
steps itself while it waits, and the reader rests: an answer wakes the task that asked, in one turn.
(The step runs in that task's context then; whoever logs in a step is told that task's variables.)

Law: at most one task waits for the socket (trio.lowlevel.wait_readable refuses a second). What a
step ends with is the reader's, whoever took it; none is taken for a reader that was cancelled; and
the reader rests only while another reads.
"""

from __future__ import annotations

from collections.abc import Awaitable
from socket import socket

import anyio
import attrs
import trio
from trio.lowlevel import (
    Abort,
    Task,
    cancel_shielded_checkpoint,
    current_task,
    notify_closing,
    reschedule,
    wait_readable,
    wait_task_rescheduled,
)

from amitrio.client.eventloop import Step, Waiter
from amitrio.client.on_trio_woken import WOKEN

__all__ = ["Reading"]

# After an answer to a task that waited beside the reader, the reader leaves the socket alone for so
# many turns, and nothing is read in them. One that goes on asking has asked again by then: in the
# first it is woken, before the reader or after it.
_TURNS = 2


@attrs.define(eq=False)
class Reading:
    """See amitrio.client.eventloop.Readable."""

    _sock: socket
    _step: Step | None = None
    """What the reader has to be done each time; None while it does not wait."""
    _reader_waits: bool = False
    _other_waits: bool = False
    _beside: Waiter | None = None
    """What another task waits for while the reader waits for the socket."""
    _resting: Task | None = None
    """The reader, while another task waits."""
    _error: BaseException | None = None
    """What a step raised that another task took."""
    _closed: bool = False
    _over: bool = False
    """Whether that step was the last, or raised, or this is closed: no more are taken."""

    # What the reader does ------------------------------------------------------------------------

    async def each_time(self, step: Step) -> None:
        """See there."""
        self._step = step
        self._error, self._over = None, self._closed
        try:
            while not await self._once(step):
                pass
        except trio.ClosedResourceError:
            raise anyio.ClosedResourceError from None
        finally:
            self._step = self._beside = None
            self.wake()

    async def _once(self, step: Step) -> bool:
        """Wait, and take a step; whether that was the last."""
        if self._other_waits:
            await self._rest()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        if self._closed:
            raise trio.ClosedResourceError
        if self._over:
            return True
        self._reader_waits = True
        try:
            await wait_readable(self._sock)
        finally:
            self._reader_waits = False
        if step():
            return True
        if self._beside is not None and self._beside.done:
            self._beside = None
            await self._leave_it()
        return False

    async def _rest(self) -> None:
        task = current_task()
        while self._other_waits:
            self._resting = task
            await wait_task_rescheduled(self._stop)

    def _stop(self, _: object) -> Abort:
        self._resting = self._step = None
        return Abort.SUCCEEDED

    async def _leave_it(self) -> None:
        """To whoever asks again soon."""
        for _ in range(_TURNS):
            if self._other_waits:
                return
            await cancel_shielded_checkpoint()  # there may be an outcome to be told first

    # What another task does ----------------------------------------------------------------------

    def until(self, thing: Waiter) -> Awaitable[None]:
        """See there."""
        step = self._step
        if self._reader_waits:
            self._beside = thing
        if step is None or self._reader_waits or self._other_waits or thing.done:
            return thing.wait()
        return self._wait_for(thing, step)

    async def _wait_for(self, thing: Waiter, step: Step) -> None:
        self._other_waits = True
        try:
            while not thing.done and self._step is step and not self._over:
                thing.asleep = self
                try:
                    await wait_readable(self._sock)
                except trio.ClosedResourceError:
                    pass  # `wake` was called, or `close`
                except OSError as exc:  # there is no waiting for it
                    self._fail(exc)
                finally:
                    thing.asleep = None
                if self._step is step and not self._over:
                    self._take(step)
        finally:
            self._other_waits = False
            if self._resting is not None:
                reader, self._resting = self._resting, None
                reschedule(reader, WOKEN)
        if not thing.done:
            await thing.wait()

    def _take(self, step: Step) -> None:
        try:
            self._over = step()
        except BaseException as exc:  # noqa: BLE001 - raised by the reader
            self._fail(exc)

    def _fail(self, exc: BaseException) -> None:
        self._error = exc
        self._over = True

    # What ends the waiting -----------------------------------------------------------------------

    def wake(self) -> None:
        """The task that waits in the reader's place need not any more.

        One that waits until it can write is told, too (trio.lowlevel.notify_closing), and looks.
        """
        if self._other_waits and not self._closed:
            notify_closing(self._sock)

    def close(self) -> None:
        """See there."""
        self._closed = self._over = True
        notify_closing(self._sock)
