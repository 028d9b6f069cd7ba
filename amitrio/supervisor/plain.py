"""Plain streams: for who wants events alone, and chooses what a gap does.

Law: a gap is raised or skipped because somebody asked for it by name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, Never, Protocol

from amitrio.client.gaps import Gap, Reconnected, error_of
from amitrio.client.sources import EventSource
from amitrio.client.streams import EventStream

__all__ = ["PlainEvents"]

Where = Callable[[Any], bool] | None


class _Opener(Protocol):
    def _open_stream(
        self, patterns: list[str], where: Where, buffer: int, *, drops: bool
    ) -> EventStream[Any]: ...
    def _check_listening(self) -> None: ...
    def _ended(self) -> Exception: ...


class PlainEvents(EventSource[Never]):
    """The events of a supervised client without the gaps: `skip` them, or `raise` at each."""

    def __init__(self, owner: _Opener, manner: Literal["skip", "raise"]) -> None:
        self._owner = owner
        self._manner = manner

    def _open_stream(
        self, patterns: list[str], where: Where, buffer: int, *, drops: bool
    ) -> EventStream[Any]:
        stream = self._owner._open_stream(patterns, where, buffer, drops=drops)
        stream.on_gap(_skipped if self._manner == "skip" else partial(_raised, buffer))
        return stream

    def _check_listening(self) -> None:
        if self._manner == "raise":  # who skips gaps waits through this one too
            self._owner._check_listening()

    def _ended(self) -> Exception:
        return self._owner._ended()


def _skipped(_: Gap) -> None:
    """It is not told."""


def _raised(buffer: int, gap: Gap) -> None:
    """The loss is raised; that it is over shows by the next event."""
    if not isinstance(gap, Reconnected):
        raise error_of(gap, buffer)
