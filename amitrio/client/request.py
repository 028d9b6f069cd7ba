"""Request: one action, its answer awaited.

Law: a cancelled request was either still here, and is withdrawn, or is sent whole, and its
answer is dropped.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING, TypeVar, cast

from amitrio.client.eventloop import Awaited
from amitrio.client.pending import Collector, traits_of
from amitrio.client.session import Session
from amitrio.models import Action, Reply

__all__ = ["ask", "request"]

T = TypeVar("T")


def request(session: Session, action: Action) -> Awaitable[Reply]:
    """The reply to the action; raises what `Client.send` says."""
    return ask(session, action, Collector.result)


async def ask(session: Session, action: Action, read: Callable[[Collector], T]) -> T:
    """What `read` makes of the answer to the action; raises as `request`, and as `read` does."""
    name, loop = action.name, session.loop
    traits, limit = traits_of(name), session.limits.list_items
    asked = _asked(loop.awaited)(name, traits.shape, reply=traits.reply, list_limit=limit)
    await loop.checkpoint_if_cancelled()
    if not session.post_nowait(action, asked):
        await session.post(action, asked)
    try:
        await (session.until(asked) if session.answers_next(asked) else asked.wait())
        return read(asked)
    except BaseException:
        session.abandon(asked)
        raise


class _Asked(Collector):
    """What a task waits for by itself."""

    __slots__ = ()

    if TYPE_CHECKING:

        def wait(self) -> Awaitable[None]: ...


@cache
def _asked(awaited: type[Awaited]) -> type[_Asked]:
    """Its class on that event loop."""
    return cast("type[_Asked]", type("_Asked", (awaited, _Asked), {"__slots__": ()}))
