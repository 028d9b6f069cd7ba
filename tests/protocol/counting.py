"""Counting work: the same on every machine and in every run, however busy.

Two things are counted. Steps are the instructions of Python that were executed, in whatever
module (sys.settrace, an event for each opcode): a loop over what is pending, over subscriptions
or over lines shows there. Bytes are those that C code scanned or copied in one instruction, which
steps cannot see: what is fed are bytes that count what is done with them, and so are their
pieces, however often they were cut, joined and held.

Law: what neither of them sees must be no loop over the input. Looking a key up in a dict is one
step; so is hashing a slice, whose bytes were counted when it was cut.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, SupportsIndex

import attrs

__all__ = ["CountedArray", "CountedBytes", "Work", "in_pieces", "steps"]


class Work:
    """How many bytes were scanned or copied."""

    def __init__(self) -> None:
        self.bytes = 0


class CountedBytes(bytes):
    """Bytes that count what is done with them."""

    work: Work

    @classmethod
    def of(cls, data: bytes, work: Work) -> CountedBytes:
        made = cls(data)
        made.work = work
        return made

    def _counted(self, data: bytes, scanned: int | None = None) -> CountedBytes:
        self.work.bytes += len(data) if scanned is None else scanned
        return CountedBytes.of(data, self.work)

    def __getitem__(self, key: Any) -> Any:
        got = super().__getitem__(key)
        return got if isinstance(got, int) else self._counted(got)

    def __add__(self, other: Any) -> CountedBytes:
        return self._counted(bytes(self) + bytes(other))

    def __radd__(self, other: bytes) -> CountedBytes:
        return self._counted(bytes(other) + bytes(self))

    def split(self, *args: Any) -> list[bytes]:
        self.work.bytes += len(self)
        return [CountedBytes.of(part, self.work) for part in super().split(*args)]

    def partition(self, sep: Any) -> Any:
        return tuple(self._counted(part) for part in super().partition(sep))

    def find(self, sub: Any, start: SupportsIndex = 0, *rest: Any) -> int:  # type: ignore[override]
        found = super().find(sub, start, *rest)
        self.work.bytes += (found if found >= 0 else len(self)) - int(start)
        return found

    def lower(self) -> CountedBytes:
        return self._counted(super().lower())

    def strip(self, *args: Any) -> CountedBytes:
        return self._counted(super().strip(*args))

    def join(self, parts: Any) -> CountedBytes:
        return self._counted(super().join(parts))

    def decode(self, *args: Any) -> str:
        self.work.bytes += len(self)
        return super().decode(*args)

    def __eq__(self, other: object) -> bool:
        self.work.bytes += len(self)
        return super().__eq__(other)

    def __hash__(self) -> int:
        self.work.bytes += len(self)
        return super().__hash__()


class CountedArray(bytearray):
    """The same for what a machine holds."""

    work: Work

    @classmethod
    def of(cls, work: Work) -> CountedArray:
        made = cls()
        made.work = work
        return made

    def __iadd__(self, other: Any) -> CountedArray:  # type: ignore[misc]  # noqa: PYI034
        self.work.bytes += len(other)
        super().__iadd__(other)
        return self

    def __bytes__(self) -> bytes:
        self.work.bytes += len(self)
        return CountedBytes.of(bytes(memoryview(self)), self.work)

    def __getitem__(self, key: Any) -> Any:
        got = super().__getitem__(key)
        if not isinstance(got, int):
            self.work.bytes += len(got)
        return got

    def find(self, sub: Any, start: SupportsIndex = 0, *rest: Any) -> int:  # type: ignore[override]
        self.work.bytes += len(self) - int(start)
        return super().find(sub, start, *rest)

    def rfind(self, sub: Any, start: SupportsIndex = 0, *rest: Any) -> int:  # type: ignore[override]
        self.work.bytes += len(self) - int(start)
        return super().rfind(sub, start, *rest)


def in_pieces(data: bytes, size: int, work: Work) -> Iterator[CountedBytes]:
    """The data, counted, so many bytes at a time."""
    return (CountedBytes.of(data[at : at + size], work) for at in range(0, len(data), size))


@attrs.define(eq=False)
class _Counter:
    steps: int = 0

    def trace(self, frame: FrameType, event: str, _arg: object) -> Callable[..., Any]:
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        self.steps += event == "opcode"
        return self.trace


def steps(run: Callable[[], object]) -> int:
    """How many instructions of Python it takes; the collector, which comes when it will, waits."""
    counter, before = _Counter(), sys.gettrace()
    gc.disable()
    sys.settrace(counter.trace)
    try:
        run()
    finally:
        sys.settrace(before)
        gc.enable()
    return counter.steps
