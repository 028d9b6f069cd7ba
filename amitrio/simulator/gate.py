"""A gate: what passes here can be held up, and let go again.

Law: whoever waits at a closed gate goes on when it opens, or is cancelled.
"""

from __future__ import annotations

import anyio

__all__ = ["Gate"]


class Gate:
    """Open until somebody closes it."""

    def __init__(self) -> None:
        self._opened: anyio.Event | None = None

    @property
    def is_open(self) -> bool:
        """Whether whoever comes may pass."""
        return self._opened is None

    def close(self) -> None:
        """Let nobody pass."""
        if self._opened is None:
            self._opened = anyio.Event()

    def open(self) -> None:
        """Let everybody pass."""
        if self._opened is not None:
            self._opened.set()
            self._opened = None

    async def passage(self) -> None:
        """Wait until the gate is open."""
        while self._opened is not None:
            await self._opened.wait()
