"""Request: one action, its answer awaited.

Law: a cancelled request was either still here, and is withdrawn, or is sent whole, and its
answer is dropped.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

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
    name = action.name
    traits = traits_of(name)
    asked = session.asked(name, traits.shape)
    asked.reply, asked.list_limit = traits.reply, session.limits.list_items
    await session.loop.checkpoint_if_cancelled()
    ledger = session.ledger
    if not ledger.post_nowait(action, asked):
        await session.post(action, asked)
    try:
        await (session.until(asked) if asked is ledger.oldest else asked.wait())
        return read(asked)
    except BaseException:
        ledger.abandon(asked)
        raise
