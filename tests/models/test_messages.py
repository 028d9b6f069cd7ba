"""Messages: every header reachable as it was sent, and a message is a value."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio import Event, Headers, Reply, Server
from amitrio.models import Chunk, Message
from amitrio.protocol import Banner
from amitrio.protocol.message import parse_headers

CHUNK = Chunk(datetime(2026, 1, 2, tzinfo=UTC), Server("west", Banner("x", (11, 0, 0))))
FRAME = (
    b"Event: Newexten\r\nPrivilege: dialplan,all\r\nChannel: PJSIP/1\r\nUniqueid: 1.2\r\n"
    b"ChanVariable: A=1\r\nchanvariable: B=2\r\nAppData: \r\nX:  two blanks \r\nY:none\r\n"
    b"no colon at all\r\nChanVariable(Local/12:34 5@x;1): FOO=a: b\r\n"
    b"Caf\xc3\xa9: \xe9\xff\xf0\x9f\x94\x94\r\nLone: a\nb\rc"
)


def event(frame: bytes = FRAME, chunk: Chunk | None = CHUNK) -> Event:
    return Event.from_frame(frame, chunk)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Event", "Newexten"),
        ("event", "Newexten"),
        ("Channel", "PJSIP/1"),
        ("CHANNEL", "PJSIP/1"),
        ("uniqueID", "1.2"),
        ("ChanVariable", "A=1"),  # the first of several
        ("AppData", ""),
        ("X", " two blanks "),
        ("Y", "none"),
        ("ChanVariable(Local/12:34 5@x;1)", "FOO=a: b"),
        ("Café", "\udce9\udcff\N{BELL}"),
        ("Lone", "a\nb\rc"),
    ],
)
def test_a_header_is_found_in_any_case_and_given_as_it_was_sent(name: str, value: str) -> None:
    assert event()[name] == value
    assert event().headers[name] == value
    assert name in event()
    assert name in event().headers


@pytest.mark.parametrize("name", ["Missing", "Chan", "annel", "PJSIP/1", "no colon at all", "ä"])
def test_a_header_that_is_not_there_is_a_key_error(name: str) -> None:
    assert name not in event()
    with pytest.raises(KeyError, match=name):
        event()[name]
    assert event().headers.get(name) is None
    assert event().headers.getall(name) == []


@pytest.mark.parametrize("name", [1, None, b"Channel"])
def test_what_is_no_text_is_no_header(name: object) -> None:
    assert name not in event()
    assert name not in event().headers


def test_repeated_headers_are_all_there_in_order() -> None:
    headers = event().headers
    assert headers.getall("chanVARIABLE") == ["A=1", "B=2"]
    assert headers.pairs[0] == ("Event", "Newexten")
    assert headers.pairs[9] == ("", "no colon at all")
    assert len(headers.pairs) == 13
    assert list(headers)[:2] == ["Event", "Privilege"]


def test_raw_bytes_survive() -> None:
    value = event()["Café"]
    assert value.encode("utf-8", "surrogateescape") == b"\xe9\xff\xf0\x9f\x94\x94"


names = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":("))
values = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))


@given(st.lists(st.tuples(names, values)), names)
def test_both_ways_to_look_up_agree(pairs: list[tuple[str, str]], other: str) -> None:
    made = Event("X", pairs)
    for name in {name for name, _ in pairs if name} | ({other} if other else set()):
        assert (name in made) == (name in made.headers)
        if name in made:
            assert made[name] == made[name.swapcase()] == made.headers[name]


@given(st.binary())
def test_no_frame_is_an_error(junk: bytes) -> None:
    made = event(b"Event: X\r\n" + junk)
    assert made.headers == parse_headers(made._frame)
    assert made.kind == made.headers["Event"]
    assert repr(made).isprintable()
    assert made == pickle.loads(pickle.dumps(made))


# Where it came from ------------------------------------------------------------------------------


def test_a_message_knows_where_and_when() -> None:
    assert event().server == Server("west", Banner("x", (11, 0, 0)))
    assert event().received == datetime(2026, 1, 2, tzinfo=UTC)
    assert event(chunk=None).server is None
    assert event(chunk=None).received is None


# A value -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Event, Reply, Message])
def test_it_is_a_value(kind: type[Message]) -> None:
    one, other = kind.from_frame(FRAME, CHUNK), kind.from_frame(FRAME)
    assert one == other  # the same text, whenever it came
    assert hash(one) == hash(other)
    assert one != kind.from_frame(FRAME + b"!")
    assert one != FRAME
    for copied in (
        copy.copy(one),
        copy.deepcopy(one),
        *(pickle.loads(pickle.dumps(one, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)),
    ):
        assert copied == one
        assert type(copied) is kind
        assert copied.received == one.received
        assert copied.server == one.server
        assert copied["Channel"] == "PJSIP/1"


def test_kinds_of_messages_differ() -> None:
    assert Event.from_frame(FRAME) != Reply.from_frame(FRAME)
    assert len({Event.from_frame(FRAME), Event.from_frame(FRAME), Reply.from_frame(FRAME)}) == 2


def test_what_was_looked_up_does_not_change_what_it_is() -> None:
    one, other = event(), event()
    one["Channel"]
    one.headers["Channel"]
    assert one == other
    assert pickle.dumps(one) == pickle.dumps(other)


def test_it_shows_itself_safely() -> None:
    shown = repr(event(b"Event: X\x1b[2J\r\nA: \x07\xff\n'"))
    assert shown.isprintable()
    assert shown.startswith("<Event X\\x1b[2J A=")


# Made by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Channel": "PJSIP/1", "Cause": "16"},
        [("Channel", "PJSIP/1"), ("Cause", "16")],
        Headers([("Channel", "PJSIP/1"), ("Cause", "16")]),
        (pair for pair in [("Channel", "PJSIP/1"), ("Cause", "16")]),
    ],
    ids=["mapping", "pairs", "headers", "generator"],
)
def test_an_event_made_by_hand_is_one_from_the_wire(headers: object) -> None:
    made = Event("Hangup", headers)  # type: ignore[arg-type] # each of them is allowed
    assert made == Event.from_frame(b"Event: Hangup\r\nChannel: PJSIP/1\r\nCause: 16")
    assert (made.kind, made["cause"]) == ("Hangup", "16")


def test_an_event_may_have_no_headers() -> None:
    assert Event("Hangup") == Event.from_frame(b"Event: Hangup")
    assert Event("Hangup").headers.pairs == (("Event", "Hangup"),)
    assert repr(Event("Hangup")) == "<Event Hangup >"


def test_repeated_headers_stay_repeated_by_hand() -> None:
    headers = Headers([("Variable", "A"), ("Variable", "B"), ("", "no colon")])
    made = Event("Status", headers)
    assert made.headers.getall("Variable") == ["A", "B"]
    assert made.headers.pairs[1:] == headers.pairs


def test_events_can_be_matched() -> None:
    match Event("Hangup", {"Cause": "16"}):
        case Event(kind="Hangup", headers={"Cause": cause}):
            assert cause == "16"
        case _:
            pytest.fail("no match")
