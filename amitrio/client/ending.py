"""Ending: why a connection is over, and the error that says so to each who waits.

Law: every waiter gets an exception of its own, since a traceback belongs to one place.
"""

from __future__ import annotations

import attrs

from amitrio.errors import ConnectionClosed, ConnectionLost, Executed

__all__ = ["Ending", "closed_by_peer", "silent"]


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


def closed_by_peer(label: str, *, torn: bool, shutdown: bool) -> Ending:
    """It closed the connection: inside a frame, or after an event Shutdown, or just so."""
    if torn:
        return Ending(
            f"{label} closed the connection inside a frame: it does so to a client that reads too"
            " slowly (writetimeout in manager.conf), or it died"
        )
    return Ending(f"{label} shut down" if shutdown else f"{label} closed the connection")


def silent(label: str, seconds: float) -> Ending:
    """It sent nothing for so long, though it was asked."""
    return Ending(
        f"{label} gave no sign of life for {seconds:.0f} s: it hangs, or the network between is"
        " down"
    )
