"""Framing: a stream of bytes cut into frames at the empty lines.

A frame ends with CR LF CR LF. A lone CR or LF is data (WIRE: Newexten carries both), so nothing
but that exact sequence is looked for, and one C call cuts a whole chunk.

Law: every byte is looked at a fixed number of times, however small the pieces it comes in; and
what is held is never more than `limits.frame` bytes and the beginning of their end. How the
stream was cut decides nothing, not even at the limits.
"""

from __future__ import annotations

from amitrio.errors import ProtocolError
from amitrio.limits import Limits

__all__ = ["CRLF", "END", "Framer"]

CRLF = b"\r\n"
END = b"\r\n\r\n"


class Framer:
    """Feed it what was received; it gives back the frames that are whole.

    A frame comes without its end. Asterisk sends surplus empty lines after some frames; they
    stay in front of the next frame, where its reader skips them (`trimmed`).
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._unchecked = min(limits.line, limits.frame)  # so much is no line and no frame too long
        self._held = bytearray()
        self._line_start = 0
        self.rescued: list[bytes] = []
        """The frames that were whole before the one past the limits, once `feed` has raised."""

    @property
    def torn(self) -> bool:
        """Whether a frame has begun and waits for its rest; surplus empty lines begin none."""
        return bool(self._held.strip(CRLF))

    def is_one_frame(self, data: bytes) -> bool:
        """Whether `data` is one frame and nothing else, not even the rest of another."""
        size = len(data)
        return data.find(END) == size - len(END) and not self._held and size <= self._unchecked

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes. Raises ProtocolError past the limits."""
        self.rescued = []
        frames = self._with_seam(data).split(END)
        tail = frames.pop()
        if frames:
            frames[0] = self._taken() + frames[0]  # no other is copied once more
            if max(len(data), len(frames[0])) > self._unchecked:
                self._check_all(frames)
        self.rescued = frames
        self._hold(tail)
        return frames

    def _with_seam(self, data: bytes) -> bytes:
        """What came, behind the last that is held where that may be the beginning of an end."""
        if not self._held or self._held[-1] not in CRLF:
            return data
        seam = self._held[-3:]
        del self._held[-3:]
        return bytes(seam) + data

    def _check_all(self, frames: list[bytes]) -> None:
        for number, frame in enumerate(frames):
            try:
                self._check(frame)
            except ProtocolError:
                self.rescued = frames[:number]
                raise

    def _taken(self) -> bytes:
        held = bytes(self._held)
        self._held.clear()
        self._line_start = 0
        return held

    def _hold(self, tail: bytes) -> None:
        if tail:
            seam = max(0, len(self._held) - 3)
            self._held += tail
            self._check_held(seam)

    def _check_held(self, start: int) -> None:
        """Three bytes past the limit may be the frame's end, and a CR may be its line's."""
        if len(self._held) > self._limits.frame + 3:
            raise self._frame_too_long(bytes(self._held[:200]))
        if len(self._held) - self._line_start > self._limits.line:
            self._check_lines(bytes(self._held[self._line_start :]).removesuffix(b"\r"))
        last = self._held.rfind(CRLF, start)
        if last >= 0:
            self._line_start = last + 2

    def _check(self, frame: bytes) -> None:
        if len(frame) > self._limits.frame:
            raise self._frame_too_long(frame)
        if len(frame) > self._limits.line:
            self._check_lines(frame)

    def _check_lines(self, lines: bytes) -> None:
        for line in lines.split(CRLF):
            if len(line) > self._limits.line:
                raise ProtocolError(
                    f"a line is longer than limits.line ({self._limits.line} bytes)", data=line
                )

    def _frame_too_long(self, frame: bytes) -> ProtocolError:
        return ProtocolError(
            f"a frame is longer than limits.frame ({self._limits.frame} bytes)", data=frame
        )


def trimmed(frame: bytes) -> bytes:
    """The frame without the surplus empty lines in front of it."""
    start = 0
    while frame.startswith(CRLF, start):
        start += 2
    return frame[start:] if start else frame
