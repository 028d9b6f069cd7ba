"""Request: one action, its answer awaited.

Law: a cancelled request was either still here, and is withdrawn, or is sent whole, and its
answer is dropped.
"""

from __future__ import annotations

from amitrio.client.pending import Collector
from amitrio.client.session import Session
from amitrio.models import Action, Reply, shape_of

__all__ = ["request"]


async def request(session: Session, action: Action) -> Reply:
    """The reply to the action; raises what `Client.send` says."""
    shape = shape_of(action.name)
    collector = Collector(action, shape, session.limits.list_items, session.loop.waiter())
    exchange = await session.post(action, collector, shape)
    try:
        await collector.settled.wait()
        return collector.result()
    except BaseException:
        session.abandon(exchange)
        raise
