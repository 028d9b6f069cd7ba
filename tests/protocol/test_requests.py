"""How Asterisk reads an action: what it is kind about, what it refuses, where it splits."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.protocol import Request, ServerConnection
from amitrio.protocol.requests import LINE_TOO_LONG, TOO_MANY_LINES, RequestReader
from tests.protocol.transcripts import byte_by_byte, cut

PING = b"Action: Ping\r\nActionID: p\r\n\r\n"


def read(data: bytes) -> list[Request]:
    """The requests in the data, which no splitting may change."""
    whole = RequestReader().feed(data)
    reader = RequestReader()
    assert [one for byte in byte_by_byte(data) for one in reader.feed(byte)] == whole
    return whole


def read_one(data: bytes) -> Request:
    (request,) = read(data)
    return request


def test_an_action() -> None:
    request = read_one(
        b"Action: Originate\r\nActionID: k2\r\nVariable: A=1\r\nVariable: B=2\r\n\r\n"
    )
    assert (request.action, request.action_id, request.fault) == ("Originate", "k2", None)
    assert request.getall("variable") == ["A=1", "B=2"]
    assert (request.get("Variable"), request.get("Exten"), request.get("Exten", "s")) == (
        "A=1",
        "",
        "s",
    )


@pytest.mark.parametrize(
    ("message", "action"),
    [
        (b"Action: Ping\r\n\r\n", "Ping"),
        (b"Action: Ping\n\n", "Ping"),
        (b"Action:Ping\r\n\r\n", "Ping"),
        (b"aCTION: Ping\r\n\r\n", "Ping"),
        (b"Action: \t\x01 Ping\r\n\r\n", "Ping"),
        (b"Action: Ping \r\n\r\n", "Ping "),  # "Invalid/unknown command: Ping ."
        (b"Action : Ping\r\n\r\n", ""),  # "Missing action in request"
        (b" Action: Ping\r\n\r\n", ""),
        (b"Action: Ping\0 and more\r\n\r\n", "Ping"),
        (b"no colon\r\nAction: Ping\r\n\r\n", "Ping"),
        (b"Action: Ping\r\nAction: Hangup\r\n\r\n", "Ping"),
        (b"Action: \r\nAction: Hangup\r\n\r\n", "Hangup"),  # GET_HEADER_SKIP_EMPTY
        (b"Action: Pi\rng\r\n\r\n", "Pi\rng"),
        (b"Action: Ping\r\r\n\r\n", "Ping\r"),
        (b"Action: caf\xe9\r\n\r\n", "caf\udce9"),
        (b"\r\n", ""),
    ],
)
def test_what_asterisk_takes_for_the_action(message: bytes, action: str) -> None:
    assert read_one(message).action == action


def test_a_nul_ends_a_line_silently() -> None:
    assert read_one(b"Action: Ping\r\nActionID: a\0b\r\n\r\n").action_id == "a"


def test_a_line_that_begins_with_a_nul_is_empty() -> None:
    assert [request.action for request in read(b"Action: A\r\n\0X: 1\r\nAction: B\r\n\r\n")] == [
        "A",
        "B",
    ]


def test_an_actionid_is_the_first_even_if_empty() -> None:
    assert read_one(b"Action: Ping\r\nActionID: \r\nActionID: b\r\n\r\n").action_id == ""


# strncasecmp() knows ASCII; the Kelvin sign and the dotted I are other letters to it.
def test_only_ascii_letters_have_two_cases() -> None:
    request = read_one("Action: X\r\n\u212aey: 1\r\n\u0130d: 2\r\n\u00c4: 3\r\n\r\n".encode())
    assert request.getall("key") == []
    assert request.getall("\u0130d") == ["2"]
    assert request.getall("\u00e4") == []


def test_each_empty_line_is_a_request() -> None:
    assert read(b"\r\n\r\n" + PING + b"\n") == [
        Request(()),
        Request(()),
        Request(("Action: Ping", "ActionID: p")),
        Request(()),
    ]


def test_half_a_request_is_none() -> None:
    assert read(PING[:-1]) == []


# The limits of get_input() and do_message().


def line(size: int) -> bytes:
    return b"X: " + b"a" * (size - 3)


@pytest.mark.parametrize(("size", "end"), [(1022, b"\r\n"), (1023, b"\n")])
def test_the_longest_line(size: int, end: bytes) -> None:
    first, ping = read(b"Action: Ping\r\n" + line(size) + end + b"\r\n" + PING)
    assert first.fault is None
    assert len(first.lines[1]) == size
    assert ping.action_id == "p"


@pytest.mark.parametrize(
    ("size", "end"), [(1024, b"\r\n"), (1500, b"\r\n"), (1024, b"\n"), (5000, b"\n")]
)
def test_a_longer_line_spoils_its_message_only(size: int, end: bytes) -> None:
    message = b"Action: Ping\r\nActionID: a1\r\n" + line(size) + end + b"\r\n"
    first, ping = read(message + PING)
    assert (first.fault, first.action_id) == (LINE_TOO_LONG, "a1")
    assert (ping.fault, ping.action_id) == (None, "p")


@pytest.mark.parametrize("size", [1023, 2046, 3069])
def test_a_line_of_1023_bytes_splits_the_request(size: int) -> None:
    assert read(b"Action: Ping\r\n" + line(size) + b"\r\nActionID: orig\r\n\r\n") == [
        Request(("Action: Ping",), LINE_TOO_LONG),
        Request(("ActionID: orig",)),
    ]


def test_128_lines_are_read() -> None:
    first, ping = read(b"Action: Ping\r\n" + b"X: 1\r\n" * 127 + b"\r\n" + PING)
    assert (first.fault, len(first.lines), ping.fault) == (None, 128, None)


def test_the_129th_is_too_many() -> None:
    first, ping = read(b"Action: Ping\r\n" + b"X: 1\r\n" * 128 + b"\r\n" + PING)
    assert (first.fault, len(first.lines), ping.fault) == (TOO_MANY_LINES, 128, None)


# do_message() clears the mark of a line too long only where it reports it.
def test_a_message_with_both_faults_spoils_the_next_one_too() -> None:
    both = b"X: 1\r\n" * 129 + line(1500) + b"\r\n\r\n"
    assert [request.fault for request in read(both + PING + PING)] == [
        TOO_MANY_LINES,
        LINE_TOO_LONG,
        None,
    ]


@given(
    st.binary(max_size=3000) | st.text("\r\n\0:aA ", max_size=3000).map(str.encode), st.integers()
)
def test_how_the_bytes_are_cut_decides_nothing(data: bytes, seed: int) -> None:
    reader = RequestReader()
    pieces = cut(data, 1500, random.Random(seed))
    assert [one for piece in pieces for one in reader.feed(piece)] == RequestReader().feed(data)


def test_what_is_held_is_bounded() -> None:
    reader = RequestReader()
    for _ in range(200):
        assert reader.feed(b"a" * 5000 + b"\n") == []
        assert len(reader._buffer) <= 1024
        assert len(reader._lines) <= 128


# The exchanges with a real server that WIRE.md's first section has, byte for byte.


def answers(data: bytes) -> bytes:
    """What Asterisk says to requests that are faulty or name no action."""
    server = ServerConnection()
    said = []
    for request in server.receive(data):
        assert request.fault or not request.action
        message = request.fault or "Missing action in request"
        said.append(server.respond(request, "Error", [("Message", message)]))
    return b"".join(said)


REFUSED = b"Response: Error\r\n"
TOO_LONG = b"Message: Failed to parse message: line too long\r\n\r\n"
TOO_MANY = b"Message: Too many lines in message or allocation failure\r\n\r\n"
MISSING = b"Message: Missing action in request\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "captured"),
    [
        pytest.param(
            b"Action: Ping\r\nX: " + 1020 * b"a" + b"\r\nActionID: orig\r\n\r\n",
            REFUSED + TOO_LONG + REFUSED + b"ActionID: orig\r\n" + MISSING,
            id="a line of 1023 bytes splits",
        ),
        pytest.param(
            b"Action: Ping\r\nActionID: len1024\r\nX: " + 1021 * b"a" + b"\r\n\r\n",
            REFUSED + b"ActionID: len1024\r\n" + TOO_LONG,
            id="a line of 1024 bytes",
        ),
        pytest.param(
            b"Action: Ping\r\nActionID: cnt129\r\n" + 127 * b"X: 1\r\n" + b"\r\n",
            REFUSED + b"ActionID: cnt129\r\n" + TOO_MANY,
            id="129 lines",
        ),
        pytest.param(
            b"Action: Ping\r\n" + 127 * b"X: 1\r\n" + b"ActionID: late\r\n\r\n",
            REFUSED + TOO_MANY,
            id="an ActionID behind line 128",
        ),
        pytest.param(b"\r\n", REFUSED + MISSING, id="an empty message"),
    ],
)
def test_asterisk_answers_so(sent: bytes, captured: bytes) -> None:
    assert answers(sent) == captured
