"""Outbox: the frames on their way to the wire, and the writer task that brings them there.

A lone action leaves at once, from the task that asks, when the transport can send without
waiting; many are gathered and leave in one write.

Law: frames leave in the order they were posted, whole, and each knows whether it has left. A
frame that has not may be withdrawn; one that has begun to leave is finished.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import Protocol, runtime_checkable

import anyio
from anyio.abc import ByteStream

from amitrio.credentials import HiddenBytes

__all__ = ["BROKEN", "Letter", "Outbox"]

# One write gathers up to so many bytes: enough to make many small actions cheap, small enough
# that a cancellation or a loss finds little in flight.
_GATHER = 64 * 1024


# What says that a stream is of no more use. anyio's TLS raises EndOfStream even from `send`, where
# the peer has closed, and lets an ssl.SSLError through, which is an OSError.
BROKEN = (
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    OSError,
)


class Letter(Protocol):
    """One frame on its way out, and whether it has begun to leave."""

    frame: bytes
    left: bool
    abandoned: bool
    """Whether it is to leave no more, if it has not; it is withdrawn then, now or soon."""


@runtime_checkable
class _SendsNowait(Protocol):
    def send_nowait(self, item: bytes) -> int: ...


class Outbox:
    """`post` from any task; `run` is the writer task."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._at_once = stream if isinstance(stream, _SendsNowait) else None
        self._letters: deque[Letter] = deque()
        self._rest: bytes = b""
        self._busy = False
        self._asleep = True
        self._token_in, self._token_out = anyio.create_memory_object_stream[None](1)

    def post(self, letter: Letter, *, lone: bool) -> None:
        """Send it after all that were posted before. `lone`: nothing else is under way."""
        if lone and self._send_at_once(letter):
            return
        self._letters.append(letter)
        if self._asleep:  # else it looks for letters before it sleeps again
            self._wake()

    def withdraw(self, letter: Letter) -> bool:
        """Take back a frame; False when it has begun to leave."""
        if letter.left:
            return False
        with suppress(ValueError):  # it was abandoned, and passed over
            self._letters.remove(letter)
        return True

    async def run(self) -> Exception | None:
        """Write until the stream breaks; what broke it. Cancelled, it stops in mid-frame."""
        while True:
            while not (gathered := self._gathered()):
                self._asleep = True
                await self._token_out.receive()
            self._asleep = False
            self._busy = True
            try:
                await self._stream.send(gathered)
            except BROKEN as exc:
                return exc
            finally:
                self._busy = False

    def close(self) -> None:
        """Release the wake-up channel."""
        self._token_in.close()
        self._token_out.close()

    def _send_at_once(self, letter: Letter) -> bool:
        """Give the kernel what it takes; what it does not take leads the writer's next write."""
        if self._at_once is None or self._busy or self._letters or self._rest:
            return False
        try:
            sent = self._at_once.send_nowait(letter.frame)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return False  # the writer will meet the same, and say so
        if sent == 0:
            return False
        letter.left = True
        if sent < len(letter.frame):
            self._rest = _like(letter.frame, letter.frame[sent:])
            if self._asleep:
                self._wake()
        return True

    def _gathered(self) -> bytes:
        parts = [self._rest] if self._rest else []
        self._rest = b""
        size = 0
        while self._letters and size < _GATHER:
            letter = self._letters.popleft()
            if letter.abandoned:
                continue
            letter.left = True
            parts.append(letter.frame)
            size += len(letter.frame)
        if len(parts) == 1:
            return parts[0]
        whole = b"".join(parts)
        return HiddenBytes(whole) if HiddenBytes in map(type, parts) else whole

    def _wake(self) -> None:
        self._asleep = False
        # A token may be there already, or the writer may have ended.
        with suppress(anyio.WouldBlock, anyio.ClosedResourceError, anyio.BrokenResourceError):
            self._token_in.send_nowait(None)


def _like(model: bytes, part: bytes) -> bytes:
    return HiddenBytes(part) if isinstance(model, HiddenBytes) else part
