"""Bytes into frames: where they are cut, and what is too long."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.errors import ProtocolError
from amitrio.limits import DEFAULT_LIMITS, Limits
from amitrio.protocol.framing import Framer, trimmed
from tests.protocol.transcripts import byte_by_byte, cut


def framed(pieces: Iterable[bytes], limits: Limits = DEFAULT_LIMITS) -> list[bytes]:
    framer = Framer(limits)
    return [frame for piece in pieces for frame in framer.feed(piece)]


@pytest.mark.parametrize(
    ("stream", "frames"),
    [
        (b"", []),
        (b"Event: A\r\n\r\n", [b"Event: A"]),
        (b"Event: A\r\nX: 1\r\n\r\nEvent: B\r\n\r\n", [b"Event: A\r\nX: 1", b"Event: B"]),
        (b"Event: A\r\n\r\nEvent: B", [b"Event: A"]),
        (b"Event: A\n\nX: 1\r\n\r\n", [b"Event: A\n\nX: 1"]),
        (b"Event: A\r\rX: 1\r\n\r\n", [b"Event: A\r\rX: 1"]),
        (b"Event: A\r\n\rX\n\r\nY\r\n\r\n", [b"Event: A\r\n\rX\n\r\nY"]),
        (b"Event: A\r\r\n\r\n", [b"Event: A\r"]),
        (b"M: No Contacts found\n\r\n\r\n", [b"M: No Contacts found\n"]),
        (b"Event: A\r\n\r\n\r\nEvent: B\r\n\r\n", [b"Event: A", b"\r\nEvent: B"]),
        (b"\r\n\r\n\r\n\r\nEvent: A\r\n\r\n", [b"", b"", b"Event: A"]),
        ("X: \x85\u2028\x1c\x0b\x0c\r\n\r\n".encode(), ["X: \x85\u2028\x1c\x0b\x0c".encode()]),
    ],
)
def test_only_an_empty_line_ends_a_frame(stream: bytes, frames: list[bytes]) -> None:
    assert framed([stream]) == frames
    assert framed(byte_by_byte(stream)) == frames


@given(st.binary(max_size=60) | st.text("\r\nab", max_size=60).map(str.encode), st.integers())
def test_how_the_stream_is_cut_decides_nothing(stream: bytes, seed: int) -> None:
    assert framed(cut(stream, 5, random.Random(seed))) == stream.split(b"\r\n\r\n")[:-1]


# The correlator looks at the byte behind a line of a response without asking whether there is one.
def test_no_frame_ends_with_a_line_break() -> None:
    for letters in itertools.product(b"a\r\n", repeat=8):
        for half in (0, 3, 5, 6, 7):
            stream = bytes(letters)
            assert not [f for f in framed([stream[:half], stream[half:]]) if f.endswith(b"\r\n")]


@pytest.mark.parametrize(
    ("frame", "without"),
    [
        (b"Event: A", b"Event: A"),
        (b"\r\nEvent: A", b"Event: A"),
        (b"\r\n\r\n\r\nEvent: A\r\nX: 1", b"Event: A\r\nX: 1"),
        (b"\r\n", b""),
        (b"", b""),
        (b"\rEvent: A", b"\rEvent: A"),
    ],
)
def test_surplus_empty_lines_are_trimmed(frame: bytes, without: bytes) -> None:
    assert trimmed(frame) == without


@pytest.mark.parametrize(
    ("stream", "torn"),
    [
        (b"", False),
        (b"Event: A\r\n\r\n", False),
        (b"Event: A\r\n\r\n\r\n", False),  # a surplus empty line begins no frame
        (b"Event: A\r\n\r\n\r", False),
        (b"E", True),
        (b"Event: A\r\n", True),
        (b"Event: A\r\n\r\n\r\nE", True),
    ],
)
def test_a_stream_that_ends_inside_a_frame_is_torn(stream: bytes, torn: bool) -> None:  # noqa: FBT001
    framer = Framer(DEFAULT_LIMITS)
    framer.feed(stream)
    assert framer.torn is torn


# The limits. What fits exactly is read, one byte more is refused, however the stream is cut.

LIMITS = Limits(line=10, frame=24)
FITS = b"A: 4567890\r\nB: 4567890\r\n\r\n"  # two lines of 10 bytes, 22 together
LINE_TOO_LONG = b"A: 45678901\r\n\r\n"
LINE_TOO_LONG_FIRST = b"A: 45678901\r\nB: 4\r\n\r\n"
LINE_TOO_LONG_WITH_CR = b"A: 4567890\r\r\n\r\n"
FRAME_TOO_LONG = b"A: 456789\r\nB: 456789\r\nC: 4\r\n\r\n"


@pytest.mark.parametrize("stream", [FITS, FITS * 20, b"A: 4567890\r\n\r\n", b"\r\n" * 500])
def test_what_fits_exactly_is_read(stream: bytes) -> None:
    assert framed([stream], LIMITS) == stream.split(b"\r\n\r\n")[:-1]
    assert framed(byte_by_byte(stream), LIMITS) == stream.split(b"\r\n\r\n")[:-1]


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (LINE_TOO_LONG, r"a line is longer than limits.line \(10 bytes\): A: 45678901"),
        (LINE_TOO_LONG_FIRST, "a line is longer"),
        (LINE_TOO_LONG_WITH_CR, "a line is longer"),
        (FITS + LINE_TOO_LONG, "a line is longer"),
        (LINE_TOO_LONG.rstrip(), "a line is longer"),
        (FITS + LINE_TOO_LONG.rstrip(), "a line is longer"),
        (LINE_TOO_LONG_FIRST[:-2], "a line is longer"),
        (FRAME_TOO_LONG, r"a frame is longer than limits.frame \(24 bytes\): A: 456789\\r\\n"),
        (FRAME_TOO_LONG[:-2], "a frame is longer"),
        (FITS + FRAME_TOO_LONG + FITS, "a frame is longer"),
    ],
)
@pytest.mark.parametrize("largest", [1, 2, 3, 5, 11, 200])
def test_what_is_longer_is_refused(stream: bytes, message: str, largest: int) -> None:
    for seed in range(10):
        with pytest.raises(ProtocolError, match=message):
            framed(cut(stream, largest, random.Random(seed)), LIMITS)


def test_the_error_quotes_the_beginning_of_what_was_too_long() -> None:
    with pytest.raises(ProtocolError) as caught:
        framed([b"A: " + b"x" * 500 + b"\r\n\r\n"], LIMITS)
    assert caught.value.data == b"A: " + b"x" * 197


def test_a_frame_may_be_shorter_than_a_line() -> None:
    limits = Limits(line=100, frame=10)
    for largest in (1, 100):
        with pytest.raises(ProtocolError, match="a frame is longer"):
            framed(cut(b"A: 45678901\r\n\r\n", largest, random.Random(1)), limits)


@given(st.text("ab\r\n", max_size=80).map(str.encode), st.integers(1, 9), st.integers(1, 9))
def test_how_the_stream_is_cut_decides_nothing_at_the_limits(
    stream: bytes, line: int, more: int
) -> None:
    limits = Limits(line=line, frame=line + more)
    outcomes = {refused(pieces, limits) for pieces in ([stream], [*byte_by_byte(stream)])}
    assert len(outcomes) == 1


def refused(pieces: list[bytes], limits: Limits) -> bool:
    try:
        framed(pieces, limits)
    except ProtocolError:
        return True
    return False


def test_what_is_held_is_bounded() -> None:
    framer = Framer(LIMITS)
    for _ in range(4):
        framer.feed(b"A: 1\r\n")
    assert len(framer._held) == LIMITS.frame
    with pytest.raises(ProtocolError, match="a frame is longer"):
        framer.feed(b"A: 1")


def test_frames_that_were_given_are_not_given_again_with_the_one_too_long() -> None:
    framer = Framer(LIMITS)
    assert framer.feed(FITS + b"A: ") == FITS.split(b"\r\n\r\n")[:-1]
    with pytest.raises(ProtocolError, match="a line is longer"):
        framer.feed(b"45678901")
    assert framer.rescued == []
