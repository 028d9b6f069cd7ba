"""Ending: why a connection is over, and the error that says so to each who waits.

Law: every waiter gets an exception of its own, since a traceback belongs to one place.
"""

from __future__ import annotations

import attrs

from amitrio.errors import ConnectionClosed, ConnectionLost, Executed

__all__ = ["Ending"]


@attrs.frozen
class Ending:
    """`ours`: this program closed it. `cause` is what the transport or the protocol raised."""

    reason: str
    ours: bool = False
    cause: Exception | None = None

    def error(self, executed: Executed = "no") -> ConnectionLost | ConnectionClosed:
        """A fresh error; `executed` tells whether the waiter's action may have been run."""
        kind = ConnectionClosed if self.ours else ConnectionLost
        error = kind(self.reason, executed=executed)
        error.__cause__ = self.cause
        return error
