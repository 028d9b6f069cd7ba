"""Request: one action, its answer awaited.

Law: a cancelled request was either still here, and is withdrawn, or is sent whole, and its
answer is dropped.
"""

from __future__ import annotations

from amitrio.client.pending import Collector, traits_of
from amitrio.client.session import Session
from amitrio.models import Action, Reply

__all__ = ["request"]


async def request(session: Session, action: Action) -> Reply:
    """The reply to the action; raises what `Client.send` says."""
    name = action.name
    traits = traits_of(name)
    collector = Collector(name, traits, session.limits.list_items, session.loop.waiter())
    await session.loop.checkpoint_if_cancelled()
    entry = session.post_nowait(action, collector, traits.shape)
    if entry is None:
        entry = await session.post(action, collector, traits.shape)
    try:
        await collector.settled.wait()
        return collector.result()
    except BaseException:
        session.abandon(entry)
        raise
