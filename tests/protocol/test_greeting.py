"""The banner: which servers are spoken to, and what they say they are."""

from __future__ import annotations

import pytest

from amitrio.errors import ProtocolError
from amitrio.protocol import Banner
from amitrio.protocol.greeting import Greeting
from tests.protocol.transcripts import byte_by_byte


def greeted(stream: bytes, limit: int = 1024) -> Banner:
    result = Greeting(limit).feed(stream)
    assert result is not None
    return result[0]


@pytest.mark.parametrize(
    ("line", "version", "release"),
    [
        ("Asterisk Call Manager/13.0.0", (13, 0, 0), 24),
        ("Asterisk Call Manager/12.0.0", (12, 0, 0), 23),
        ("Asterisk Call Manager/11.0.0", (11, 0, 0), 22),
        ("Asterisk Call Manager/10.0.1", (10, 0, 1), 21),
        ("Asterisk Call Manager/9.0.0", (9, 0, 0), 20),
        ("Asterisk Call Manager/8.0.0", (8, 0, 0), 19),
        ("Asterisk Call Manager/7.0.3", (7, 0, 3), 18),
        ("Asterisk Call Manager/6.0.0", (6, 0, 0), 17),
        ("Asterisk Call Manager/5.0.4", (5, 0, 4), 16),
        ("Asterisk Call Manager/4.0.0", (4, 0, 0), 15),
        ("Asterisk Call Manager/3.2.2", (3, 2, 2), 14),
        ("Asterisk Call Manager/2.10.6", (2, 10, 6), 13),
        ("Asterisk Call Manager/2.5.0", (2, 5, 0), 13),
        ("Asterisk Call Manager/2.0.0", (2, 0, 0), 12),
        ("Asterisk Call Manager/1.3", (1, 3), 11),
        ("Asterisk Call Manager/1.2", (1, 2), 10),
        ("Asterisk Call Manager/1.1", (1, 1), 1),
        ("Asterisk Call Manager/1.0", (1, 0), 1),
        ("Asterisk Call Manager/1", (1,), 1),
        ("Asterisk Call Manager/1.9", (1, 9), None),
        ("Asterisk Call Manager/99.0", (99, 0), None),
        ("Asterisk Call Manager", (), None),
        ("My PBX Call Manager/11.0.0 ", (11, 0, 0), 22),
    ],
)
def test_the_version_names_the_release(
    line: str, version: tuple[int, ...], release: int | None
) -> None:
    banner = greeted(line.encode() + b"\r\n")
    assert (banner.line, banner.version, banner.release) == (line, version, release)


@pytest.mark.parametrize("stream", [b"Asterisk Call Manager/11.0.0", b"", b"A"])
def test_half_a_banner_says_nothing_yet(stream: bytes) -> None:
    assert Greeting(1024).feed(stream) is None


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_what_stands_behind_the_banner_is_given_back(end: bytes) -> None:
    stream = b"Asterisk Call Manager/11.0.0" + end + b"Response: Success\r\n"
    result = Greeting(1024).feed(stream)
    assert result is not None
    assert result[1] == b"Response: Success\r\n"


def test_it_may_come_byte_by_byte() -> None:
    greeting = Greeting(1024)
    results = [greeting.feed(byte) for byte in byte_by_byte(b"Asterisk Call Manager/11.0.0\r\n")]
    assert results == [None] * 29 + [(Banner("Asterisk Call Manager/11.0.0", (11, 0, 0)), b"")]


@pytest.mark.parametrize(
    "stream",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"\r\n",
        b"\n",
        b"Asterisk Call Manager/11.0.0 and more\r\n",
        b"Asterisk Call Manager/\r\n",
        b"Asterisk Call Manager/eleven\r\n",
        b"Asterisk Call Manager/11.\r\n",
        b"Asterisk\rCall Manager/11.0.0\r\n",
        b"Asterisk Call Manager/" + b"9" * 900 + b"\r\n",
        b"x" * 300 + b" Call Manager/11.0.0\r\n",
        b"\x16\x03\x01\x02\x00\x01\n",
    ],
)
def test_whoever_does_not_begin_so_is_no_server(stream: bytes) -> None:
    with pytest.raises(ProtocolError, match="this is no AMI server; it answered"):
        Greeting(1024).feed(stream)


# A version of thousands of digits must be no ValueError out of int().
def test_a_giant_version_is_no_version() -> None:
    with pytest.raises(ProtocolError):
        Greeting(100_000).feed(b"Asterisk Call Manager/" + b"9" * 5000 + b"\r\n")


def test_the_banner_is_bounded_however_it_comes() -> None:
    line = b"Asterisk Call Manager/11.0.0\r\n"
    for limit, fits in ((29, True), (28, False)):
        for pieces in ([line], [*byte_by_byte(line)], [line[:20], line[20:]]):
            greeting = Greeting(limit)
            if fits:
                assert [greeting.feed(piece) for piece in pieces][-1] is not None
            else:
                with pytest.raises(ProtocolError):
                    [greeting.feed(piece) for piece in pieces]


def test_a_peer_that_never_ends_its_line_is_refused() -> None:
    greeting = Greeting(64)
    assert greeting.feed(b"x" * 64) is None
    with pytest.raises(ProtocolError) as caught:
        greeting.feed(b"x")
    assert caught.value.data == b"x" * 64
