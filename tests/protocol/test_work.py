"""Work is counted, not timed: a frame that trickles in costs no more per byte the longer it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from amitrio.limits import DEFAULT_LIMITS
from amitrio.protocol.framing import Framer
from amitrio.protocol.greeting import Greeting
from amitrio.protocol.requests import RequestReader
from tests.protocol.counting import CountedArray, Work, in_pieces


def watched(machine: Any, work: Work) -> Any:
    machine._held = CountedArray.of(work)
    return machine


def framing(data: bytes, size: int) -> int:
    work = Work()
    framer = watched(Framer(DEFAULT_LIMITS), work)
    frames = [frame for piece in in_pieces(data, size, work) for frame in framer.feed(piece)]
    assert b"\r\n\r\n".join([*map(bytes, frames), bytes(bytearray(framer._held))]) == data
    return work.bytes


def reading(data: bytes, size: int) -> int:
    work = Work()
    reader = RequestReader()
    for piece in in_pieces(data, size, work):
        reader.feed(piece)
    return work.bytes


def one_long_line(size: int) -> bytes:
    return b"X: " + b"a" * size + b"\r\n\r\n"


def many_lines(size: int) -> bytes:
    return b"Output: 12345678\r\n" * (size // 18) + b"\r\n"


def only_line_ends(size: int) -> bytes:
    return b"\r\n" * (size // 2)


def almost_ends(size: int) -> bytes:
    return b"\r\n\r" * (size // 3)


def many_frames(size: int) -> bytes:
    return b"Event: A\r\nX: 1\r\n\r\n" * (size // 18)


shapes = pytest.mark.parametrize(
    "shape", [one_long_line, many_lines, only_line_ends, almost_ends, many_frames]
)
Shape = Callable[[int], bytes]


@shapes
@pytest.mark.parametrize("piece", [1, 2, 7, 100, 4096])
def test_twice_the_stream_costs_twice_the_work(shape: Shape, piece: int) -> None:
    for size in (20_000, 30_000):
        assert framing(shape(2 * size), piece) < 2.2 * framing(shape(size), piece)


@shapes
def test_every_byte_is_looked_at_a_fixed_number_of_times(shape: Shape) -> None:
    size = 20_000
    # With a single byte, the three before it are looked at again where they may begin an end.
    assert framing(shape(size), 1) < 24 * size
    assert framing(shape(size), 100) < 6 * size
    assert framing(shape(size), size) < 6 * size


@shapes
@pytest.mark.parametrize("piece", [1, 100, 1_000_000])
def test_requests_cost_no_more_either(shape: Shape, piece: int) -> None:
    """Within a line of at most 1,024 bytes Asterisk's own way may cost its square."""
    for size in (10_000, 15_000):
        assert reading(shape(2 * size), piece) < 2.2 * reading(shape(size), piece)


def test_a_banner_that_trickles_in() -> None:
    def greeting(size: int) -> int:
        work = Work()
        machine = watched(Greeting(100_000), work)
        for piece in in_pieces(b"A" * size, 1, work):
            assert machine.feed(piece) is None
        return work.bytes

    assert greeting(20_000) < 2.2 * greeting(10_000)


# The measure itself must be able to tell: this framer scans all it holds with every piece.
def test_a_framer_that_rescans_would_be_found_out() -> None:
    class Rescanning(Framer):
        def _hold(self, tail: bytes) -> None:
            self._held += tail
            self._held.find(b"\r\n\r\n")

    def rescanning(size: int) -> int:
        work = Work()
        framer = watched(Rescanning(DEFAULT_LIMITS), work)
        for piece in in_pieces(one_long_line(size), 1, work):
            framer.feed(piece)
        return work.bytes

    assert rescanning(10_000) > 3 * rescanning(5_000)
