"""Event loop: the little that every action needs of it, at the loop's own price.

anyio finds out at each call which event loop is running. That is right for what happens once; a
session, whose actions come in thousands, asks when it is made, and keeps the answer.

Law: whoever waits here can be cancelled as everywhere, by a scope or by asyncio's own
`task.cancel()`. Who is woken and cancelled in the same tick is what the loop itself makes of that:
trio lets the wake-up win, asyncio the cancellation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from functools import cache
from importlib import import_module
from socket import socket
from typing import TYPE_CHECKING, Any, Protocol, cast

import attrs
import sniffio

__all__ = ["Awaited", "EventLoop", "Readable", "Step", "Waiter", "this_event_loop"]


class Waiter(Protocol):
    """One thing for which one task waits once."""

    done: bool
    """Whether it has happened."""
    asleep: Any
    """Who waits, as the event loop knows it; None at first."""

    def wake(self) -> None:
        """It has happened. Whoever waits goes on; whoever comes later need not wait."""

    def wait(self) -> Awaitable[None]:
        """Await it at once, until it has happened: a checkpoint always. Cancelled, nobody waits."""
        ...


class Awaited(ABC):
    """A waiter as a part of something else, which inherits from it and has room for these two.

    An object less for each of a thousand things that are waited for.
    """

    if TYPE_CHECKING:
        __slots__ = ("asleep", "done")
    else:
        __slots__ = ()

    done: bool
    asleep: Any

    @abstractmethod
    def wake(self) -> None:
        """See Waiter."""

    @abstractmethod
    def wait(self) -> Awaitable[None]:
        """See Waiter."""


Step = Callable[[], bool]
"""What is done when a socket is readable; whether that was all, for now. It never waits."""


class Readable(Protocol):
    """One socket, and the one task that reads from it: the reader."""

    def each_time(self, step: Step) -> Awaitable[None]:
        """Take a step each time that the socket is readable, until one was the last, or raises.

        Cancelled, no step is taken any more. Raises anyio.ClosedResourceError after `close`.
        """
        ...

    def until(self, thing: Waiter) -> Awaitable[None]:
        """Wait for what one of the next steps will bring, as by `thing.wait()`, in fewer turns.

        It need not be a step that brings it. Await it at once, and directly. Cancelled, nothing
        that came is lost.
        """
        ...

    def close(self) -> None:
        """The socket is about to be closed."""


@attrs.frozen
class EventLoop:
    """What is running here."""

    now: Callable[[], float]
    """Seconds on its clock."""
    awaited: type[Awaited]
    """To inherit from: one class for all that runs on loops of its kind."""
    readable: Callable[[socket], Readable]
    """Makes one."""
    checkpoint: Callable[[], Awaitable[None]]
    """Lets others run, and raises where a surrounding scope was cancelled."""
    checkpoint_if_cancelled: Callable[[], Awaitable[None]]
    """Raises where a surrounding scope was cancelled; else returns at once."""
    soon: Callable[[Callable[[], None]], object]
    """Has it called, from any thread or finaliser. Raises RuntimeError where the loop has ended."""

    @property
    def waiter(self) -> Callable[[], Waiter]:
        """Makes one."""
        return _alone(self.awaited)


@cache
def _alone(awaited: type[Awaited]) -> Callable[[], Waiter]:
    """What inherits from it and is nothing else."""

    class Alone(awaited):  # type: ignore[misc, valid-type] # whichever the loop has
        __slots__ = ("asleep", "done")

        def __init__(self) -> None:
            self.asleep = None
            self.done = False

    return Alone


def this_event_loop() -> EventLoop:
    """The event loop that runs this task. Only the module that is for it is loaded."""
    module = import_module(f"amitrio.client.on_{sniffio.current_async_library()}")
    return cast("EventLoop", module.event_loop())
