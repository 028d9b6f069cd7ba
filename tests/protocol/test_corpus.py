"""Every captured stream: the core, the reference and the manifest agree, however it is cut."""

from __future__ import annotations

import functools
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.errors import ProtocolError
from amitrio.protocol import ClientConnection, EventsReceived, Junk, Received, Unmatched
from amitrio.protocol.message import parse_headers
from tests.corpus import CAPTURES, HTTP, STREAMS, Capture, capture
from tests.protocol import reference
from tests.protocol.transcripts import BANNER, byte_by_byte, cut, heard, told

every_capture = pytest.mark.parametrize("captured", CAPTURES, ids=repr)
every_stream = pytest.mark.parametrize("captured", STREAMS, ids=repr)
every_http = pytest.mark.parametrize("captured", HTTP, ids=repr)

ENOUGH = 120_000
"""Of a longer stream this many bytes are fed one by one."""


@functools.cache
def expected(captured: Capture) -> reference.Transcript:
    return reference.read(captured.read())


def plain(received: list[Received]) -> list[tuple[str, bytes]]:
    """What was received as the reference names it; nothing is pending, so nothing is matched."""
    assert all(isinstance(one, EventsReceived | Unmatched | Junk) for one in received)
    return [
        (words[0].partition(" ")[0], raw)
        for one in received
        if isinstance(one, EventsReceived | Unmatched | Junk) and (words := told(one))
        for raw in (one.frames if isinstance(one, EventsReceived) else [one.frame])
    ]


def plainly(transcript: reference.Transcript) -> list[tuple[str, bytes]]:
    words = {"event": "event", "response": "unmatched", "junk": "junk"}
    return [(words[frame.sort], frame.raw) for frame in transcript.frames]


def some_of(captured: Capture) -> bytes:
    """The stream; of a very long one a seeded piece, from some byte on, behind its banner."""
    data = captured.read()
    if len(data) <= ENOUGH:
        return data
    start = random.Random(captured.name).randrange(len(data) - ENOUGH)
    return BANNER + data[start : start + ENOUGH]


@every_capture
def test_the_file_is_what_was_captured(captured: Capture) -> None:
    assert len(captured.read()) == captured.size


@every_stream
def test_it_holds_what_the_manifest_counts(captured: Capture) -> None:
    transcript = expected(captured)
    odd = transcript.named("junk")
    glued = [
        frame
        for junk, frame in zip(transcript.frames, transcript.frames[1:], strict=False)
        if junk.sort == "junk"
    ]
    assert transcript.banner == captured.banner
    assert [frame.raw.decode("latin-1")[:80] for frame in odd] == captured.odd_frames
    # A framer that cuts at empty lines only takes odd text and what hangs on behind it for one.
    assert len(transcript.frames) - len(glued) == captured.frames
    assert transcript.surplus == captured.empty_frames
    assert [len(transcript.unfinished), ""] == captured.tail
    responses = Counter(frame.name for frame in transcript.named("response"))
    responses.subtract(frame.name for frame in glued)
    assert +responses == captured.responses
    assert Counter(frame.name for frame in transcript.named("event")) == captured.events


@every_stream
def test_fed_whole(captured: Capture) -> None:
    connection = ClientConnection()
    greeted, *received = connection.receive(captured.read())
    assert told(greeted) == [f"greeted by {captured.banner}"]
    assert plain(received) == plainly(expected(captured))
    assert connection.counts.frames == len(expected(captured).frames)
    assert connection.counts.bytes == captured.size
    assert connection.counts.junk == len(captured.odd_frames)
    assert not connection.torn


@every_stream
def test_headers_are_read_alike(captured: Capture) -> None:
    for frame in expected(captured).frames:
        assert list(parse_headers(frame.raw).pairs) == frame.headers


@every_stream
def test_fed_byte_by_byte(captured: Capture) -> None:
    data = some_of(captured)
    connection = ClientConnection()
    _, *received = heard(connection, byte_by_byte(data))
    transcript = reference.read(data)
    assert plain(received) == plainly(transcript)
    assert connection.counts.frames == len(transcript.frames)
    assert connection.torn == bool(transcript.unfinished)


@every_stream
@pytest.mark.parametrize("largest", [7, 300, 5_000, 70_000])
def test_fed_in_random_pieces(captured: Capture, largest: int) -> None:
    data = captured.read() if largest > 1000 else some_of(captured)
    transcript = expected(captured) if largest > 1000 else reference.read(data)
    pieces = cut(data, largest, random.Random(f"{captured.name} {largest}"))
    _, *received = heard(ClientConnection(), pieces)
    assert plain(received) == plainly(transcript)


@given(st.data())
def test_fed_in_any_pieces(data: st.DataObject) -> None:
    stream = data.draw(st.sampled_from([one for one in STREAMS if one.size < 20_000])).read()
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=30).map(sorted))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    _, *received = heard(ClientConnection(), pieces)
    assert plain(received) == plainly(reference.read(stream))


@every_http
def test_http_is_no_ami(captured: Capture) -> None:
    connection = ClientConnection()
    with pytest.raises(ProtocolError, match=r"no AMI server; it answered: HTTP/1\.1 200 OK"):
        connection.receive(captured.read())


@every_http
def test_behind_a_banner_http_is_junk_around_frames(captured: Capture) -> None:
    stream = BANNER + captured.read()
    transcript = reference.read(stream)
    for pieces in ([stream], byte_by_byte(stream)):
        _, *received = heard(ClientConnection(), pieces)
        assert plain(received) == plainly(transcript)
    junk = [frame.raw.decode("latin-1") for frame in transcript.named("junk")]
    assert len(junk) == len(captured.odd_frames)
    assert all(raw.startswith(odd[:15]) for raw, odd in zip(junk, captured.odd_frames, strict=True))
    assert Counter(frame.name for frame in transcript.named("response")) == captured.responses
    assert Counter(frame.name for frame in transcript.named("event")) == captured.events


# A channel's name with a colon in it: the name of the header ends behind the parenthesis.
def test_a_header_may_be_named_after_a_channel_with_a_colon() -> None:
    frames = expected(capture("16-chanvariable-colon")).named("event")
    (report,) = [frame for frame in frames if frame.name == "OriginateResponse"]
    headers = parse_headers(report.raw)
    assert headers["ChanVariable(Local/12:34 5@h2-000000cb;1)"] == "FOO=a: b"
