"""Live: the scenario on a real Asterisk that is booted for it.

Law: the server is the scenario's own, and gone when it is over.
"""

from __future__ import annotations

from typing import Any

import anyio

import amitrio as ami
from tools.asterisk import Asterisk, Major, booted

from .play import Performance, perform

__all__ = ["played"]


def played(release: Major) -> Performance:
    """The scenario on that release. Raises Unavailable, AsteriskFailed."""
    with booted(release) as server:
        return anyio.run(_played, server, backend="trio")


async def _played(server: Asterisk) -> Performance:
    def connect(user: str, **options: Any) -> ami.Connection:
        options.setdefault("secret", server.users.get(user, "none"))
        return ami.connect(server.host, server.port, username=user, **options)

    return await perform(server.host, server.port, connect, server.users["admin"])
