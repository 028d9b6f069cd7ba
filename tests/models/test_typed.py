"""Typed messages: values with fields, from the wire or made by hand."""

from __future__ import annotations

import copy
import json
import pickle
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio import Event, Headers, Reply, Server
from amitrio.models import Chunk
from amitrio.models.layout import Problem, layout_of
from amitrio.models.protocols import HasBridge, HasChannel
from amitrio.models.snapshots import ChannelEvent, ChannelSnapshot
from amitrio.models.typed import TypedEvent
from amitrio.models.values import Address, Variables
from tests.models.declared import (
    Counted,
    Free,
    Joined,
    Light,
    Mood,
    Parted,
    Report,
    Reported,
    Sampled,
    Side,
    Spanned,
)

CHUNK = Chunk(datetime(2026, 1, 2, tzinfo=UTC), Server("west"))
FRAME = (
    b"Event: Sampled\r\nPrivilege: call,all\r\nTimestamp: 1.5\r\nActionID: 9\r\n"
    b"Text: caf\xc3\xa9\r\nInteger: 7\r\nMood: busy\r\nAddress: [::1]:5060\r\n"
    b"Epoch: 1.5\r\nWords: a,b\r\nMany: x\r\nMany: y\r\nTold: A=1\r\nHidden: swordfish\r\n"
    b"NearChannel: PJSIP/1\r\nNearNumber: <unknown>\r\nNearVariable: B=2\r\nNew: one\r\nNew: two"
)


def from_wire() -> Sampled:
    return Sampled.from_frame(FRAME, CHUNK)


def read_already() -> Sampled:
    event = from_wire()
    assert event.integer == 7
    return event


def by_hand() -> Sampled:
    return Sampled(
        text="café",
        integer=7,
        mood=Mood.BUSY,
        address=Address("::1", 5060),
        epoch=datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC),
        words=("a", "b"),
        many=("x", "y"),
        told=Variables({"A": "1"}),
        secret="swordfish",
        near=Side(channel="PJSIP/1", variables=Variables({"B": "2"})),
        other_headers=Headers([("New", "one"), ("New", "two")]),
    )


def written_already() -> Sampled:
    event = by_hand()
    assert event.headers["Integer"] == "7"
    return event


every = pytest.mark.parametrize("make", [from_wire, read_already, by_hand, written_already])
Make = Callable[[], Sampled]

# A value -----------------------------------------------------------------------------------------


@every
def test_it_is_equal_to_what_says_the_same(make: Make) -> None:
    assert make() == from_wire()
    assert make() == by_hand()
    assert make() != attrs.evolve(by_hand(), integer=8)
    assert make() != attrs.evolve(by_hand(), other_headers=Headers())
    assert make() != Event.from_frame(FRAME)
    assert Event.from_frame(FRAME) != make()
    assert make() != Parted.from_frame(FRAME)
    assert make() != FRAME
    assert hash(make()) == hash(by_hand()) == hash(from_wire())
    assert len({make(), by_hand(), from_wire()}) == 1


@every
def test_its_fields_are_those_of_the_frame(make: Make) -> None:
    event = make()
    assert event.text == "café"
    assert event.verbatim is None
    assert event.mood is Mood.BUSY
    assert event.many == ("x", "y")
    assert event.near == Side(channel="PJSIP/1", variables=Variables({"B": "2"}))
    assert event.far is None
    assert event.other_headers.getall("new") == ["one", "two"]
    assert event.problems == ()
    assert event.kind == "Sampled"
    assert event["NEARchannel"] == "PJSIP/1"
    assert "Missing" not in event


@every
def test_it_is_frozen(make: Make) -> None:
    event: Any = make()
    for name in ("integer", "near", "other_headers", "new_name"):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(event, name, None)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del event.integer
    assert event == by_hand()


@every
@pytest.mark.parametrize("name", ["intger", "Integer", "_private", "__wrapped__", "reply"])
def test_an_unknown_name_is_an_attribute_error(make: Make, name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(make(), name)
    assert getattr(make(), name, None) is None
    assert not hasattr(make(), name)


@every
def test_it_has_no_room_for_more(make: Make) -> None:
    assert not hasattr(make(), "__dict__")


@every
def test_it_can_be_copied(make: Make) -> None:
    event = make()
    for copied in (
        copy.copy(event),
        copy.deepcopy(event),
        *(pickle.loads(pickle.dumps(event, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)),
    ):
        assert type(copied) is Sampled
        assert copied == event
        assert copied.headers == event.headers
        assert (copied.received, copied.server) == (event.received, event.server)


@every
def test_it_can_be_made_anew_with_another_field(make: Make) -> None:
    event = attrs.evolve(make(), integer=8)
    assert event.integer == 8
    assert event["Integer"] == "8"
    assert event.near == make().near
    assert attrs.evolve(event, integer=7) == make()
    assert attrs.evolve(make()) == make()


@every
def test_it_is_an_attrs_value(make: Make) -> None:
    told = attrs.asdict(make(), recurse=False)
    assert list(told) == [field.name for field in attrs.fields(Sampled)]
    assert told["integer"] == 7
    assert attrs.asdict(make())["near"]["channel"] == "PJSIP/1"


def test_every_field_has_its_header_but_the_last_ones() -> None:
    without = [field.name for field in attrs.fields(Sampled) if not field.metadata]
    assert without == ["other_headers"]
    assert len({spec.header for _, spec in layout_of(Sampled).fields}) == 22


@every
def test_it_can_be_matched(make: Callable[[], object]) -> None:
    event = make()
    match event:
        case Parted():
            pytest.fail("another class")
        case Sampled(integer=8):
            pytest.fail("another number")
        case Sampled(integer=7, mood=Mood.BUSY, near=Side(channel=channel), far=None):
            assert channel == "PJSIP/1"
        case _:
            pytest.fail("no match")


# Where it came from ------------------------------------------------------------------------------


def test_it_knows_where_it_came_from() -> None:
    event = from_wire()
    assert (event.received, event.server) == (CHUNK.received, CHUNK.server)
    assert (event.privilege, event.action_id) == ("call,all", "9")
    assert event.timestamp == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    made = by_hand()
    assert (made.received, made.server, made.privilege) == (None, None, None)


def test_how_it_came_is_not_what_it_says() -> None:
    assert "Privilege" not in from_wire().other_headers
    assert from_wire().headers["Privilege"] == "call,all"
    assert from_wire() == Sampled.from_frame(FRAME.replace(b"ActionID: 9", b"ActionID: 10"))


def test_nothing_is_read_before_it_is_touched() -> None:
    event = from_wire()
    assert event["Integer"] == "7"
    with pytest.raises(AttributeError):
        object.__getattribute__(event, "integer")
    assert event.text == "café"
    assert object.__getattribute__(event, "integer") == 7


def test_nothing_is_written_before_it_is_asked_for() -> None:
    event = by_hand()
    assert event.problems == ()
    assert hash(event)
    assert repr(event)
    with pytest.raises(AttributeError):
        object.__getattribute__(event, "_frame")


# Problems and others -----------------------------------------------------------------------------


def test_what_a_field_cannot_hold_is_a_problem() -> None:
    event = Sampled.from_frame(b"Event: Sampled\r\nInteger: many\r\nNew: x")
    assert event.integer is None
    assert event.problems == (Problem("integer", "Integer", "many"),)
    assert event["Integer"] == "many"
    assert dict(event.other_headers) == {"New": "x"}


@pytest.mark.parametrize("name", ["problems", "other_headers", "integer"])
def test_whatever_is_touched_first_is_there(name: str) -> None:
    event = Sampled.from_frame(b"Event: Sampled\r\nInteger: many\r\nNew: x")
    getattr(event, name)
    assert len(event.problems) == len(event.other_headers) == 1


@pytest.mark.parametrize(
    "given_headers", [{"A": "1", "b": "2"}, Headers([("A", "1"), ("b", "2")])], ids=type
)
def test_others_may_be_given_as_a_mapping(given_headers: Any) -> None:
    event = Sampled(other_headers=given_headers)
    assert isinstance(event.other_headers, Headers)
    assert event.headers.pairs == (("Event", "Sampled"), ("A", "1"), ("b", "2"))


def test_what_is_given_as_text_is_looked_up() -> None:
    assert Sampled(mood="not in use").mood is Mood.NOT_IN_USE  # type: ignore[arg-type] # converted
    with pytest.raises(ValueError, match="is not a valid Mood"):
        Sampled(mood="merry")  # type: ignore[arg-type] # converted


@pytest.mark.parametrize("name", ["words", "many"])
def test_one_text_is_not_several(name: str) -> None:
    with pytest.raises(TypeError, match="several texts are wanted"):
        Sampled(**{name: "abc"})  # type: ignore[arg-type] # what must fail


@given(st.binary())
def test_no_frame_is_an_error(junk: bytes) -> None:
    for cls in (Sampled, Parted, Reported, Counted):
        message = cls.from_frame(b"Event: X\r\n" + junk, CHUNK)
        again = cls.from_frame(b"Event: X\r\n" + junk)
        assert hash(message) == hash(again)
        assert message == again
        assert repr(message).isprintable()
        assert json.loads(message.to_json()) == message.to_dict()
        assert pickle.loads(pickle.dumps(message)) == message


# Text that is not UTF-8 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fallback", "text"),
    [("latin-1", "ÿ"), ("cp1251", "я"), ("ascii", "\N{REPLACEMENT CHARACTER}")],
)
def test_text_that_is_not_utf_8_is_read_as_the_server_writes_it(fallback: str, text: str) -> None:
    chunk = Chunk(CHUNK.received, Server("west", fallback_encoding=fallback))
    event = Sampled.from_frame(
        b"Event: Sampled\r\nText: \xff\r\nVerbatim: \xc3\xa9\r\nMany: \xff\r\nTold: \xff=\xff\r\n"
        b"NearName: \xff\r\nInteger: \xff\r\nNew\xff: \xff",
        chunk,
    )
    assert (event.text, event.verbatim, event.many) == (text, "é", (text,))
    assert event.told == {text: text}
    assert event.near == Side(name=text)
    assert event.problems == (Problem("integer", "Integer", text),)
    assert event["Text"] == event.other_headers["New\udcff"] == "\udcff"
    assert event.to_dict()["other_headers"] == {f"New{text}": text}


def test_without_a_server_it_is_latin_1() -> None:
    assert Sampled.from_frame(b"Event: Sampled\r\nText: \xff").text == "ÿ"


def test_what_is_hidden_in_percents_is_latin_1() -> None:
    chunk = Chunk(CHUNK.received, Server("west", fallback_encoding="cp1251"))
    assert Sampled.from_frame(b"Event: Sampled\r\nPercent: %FF", chunk).percent == "ÿ"


# Made by hand ------------------------------------------------------------------------------------


def test_what_is_made_by_hand_has_headers() -> None:
    event = Sampled(text="a", light=Light.RED, near=Side(channel="x"), other_headers={"N": "1"})
    assert event.headers.pairs == (
        ("Event", "Sampled"),
        ("Text", "a"),
        ("Light", "1"),
        ("NearChannel", "x"),
        ("NearNumber", "<unknown>"),
        ("NearName", "<unknown>"),
        ("N", "1"),
    )
    assert event["light"] == "1"


def test_an_event_may_be_about_nothing() -> None:
    assert Sampled().headers.pairs == (("Event", "Sampled"),)
    assert Sampled() == Sampled.from_frame(b"Event: Sampled")
    assert repr(Sampled()) == "Sampled()"


def test_a_reply_is_a_success() -> None:
    told = Counted(count=5, other_headers=Headers([("Message", "Fine")]))
    assert told.headers.pairs == (("Response", "Success"), ("Count", "5"), ("Message", "Fine"))
    assert told.message == "Fine"
    reply = Counted(count=5)
    assert reply.succeeded
    assert reply == Counted.from_frame(
        b"Response: Success\r\nActionID: 1\r\nMessage: Fine\r\nCount: 5"
    )
    assert isinstance(reply, Reply)
    assert told.to_dict()["message"] == "Fine"
    assert reply.to_dict() == {"kind": "Counted", "message": "", "count": 5, "other_headers": {}}


def test_positions_mean_nothing() -> None:
    with pytest.raises(TypeError):
        Sampled("a")  # type: ignore[call-arg, arg-type] # what must fail


# Showing -----------------------------------------------------------------------------------------


@every
def test_it_shows_what_it_holds_and_no_secret(make: Make) -> None:
    assert repr(make()) == (
        "Sampled(text='café', integer=7, epoch=datetime.datetime(1970, 1, 1, 0, 0, 1, 500000,"
        " tzinfo=datetime.timezone.utc), address=Address(host='::1', port=5060, transport=None),"
        " mood=<Mood.BUSY: 'BUSY'>, words=('a', 'b'), many=('x', 'y'), told={'A': '1'},"
        " secret='…', near=Side(channel='PJSIP/1', variables={'B': '2'}),"
        " other_headers=<Headers New: 'one', New: 'two'>)"
    )


def test_zero_and_no_are_shown_and_none_is_not() -> None:
    assert repr(Sampled(integer=0, flag=False, text="", verbatim=None)) == (
        "Sampled(text='', integer=0, flag=False)"
    )


@pytest.mark.parametrize("text", ["\x1b[2J", "\udcff", "\n", "\N{RIGHT-TO-LEFT OVERRIDE}", "\0"])
def test_what_a_peer_sent_is_shown_escaped(text: str) -> None:
    event = Sampled(
        text=text,
        many=(text,),
        told=Variables({text: text}),
        near=Side(channel=text),
        other_headers=Headers([(text, text)]),
    )
    assert repr(event).isprintable()
    assert text not in repr(event)


def test_a_header_whose_name_is_secret_is_not_shown() -> None:
    assert "swordfish" not in repr(Sampled(other_headers=Headers([("Password", "swordfish")])))
    assert "swordfish" not in repr(Free(password="swordfish"))


# Plain values ------------------------------------------------------------------------------------


@every
def test_its_plain_form(make: Make) -> None:
    told = make().to_dict()
    assert {name: value for name, value in told.items() if value is not None} == {
        "kind": "Sampled",
        "text": "café",
        "integer": 7,
        "mood": "BUSY",
        "address": "[::1]:5060",
        "epoch": "1970-01-01T00:00:01.500000+00:00",
        "words": ["a", "b"],
        "many": ["x", "y"],
        "told": {"A": "1"},
        "secret": "swordfish",
        "near": {
            "channel": "PJSIP/1",
            "priority": None,
            "number": None,
            "name": None,
            "variables": {"B": "2"},
        },
        "other_headers": {"New": ["one", "two"]},
    }
    assert list(told) == ["kind", *(name for name, _ in layout_of(Sampled).fields), "other_headers"]
    assert json.loads(make().to_json()) == told


def test_numbered_values_are_plain_too() -> None:
    event = Reported(reports=(Report(source=1),))
    assert event.to_dict()["reports"] == [{"source": 1, "source_lost": None}]


@every
def test_its_plain_form_can_be_stored(make: Make) -> None:
    with closing(sqlite3.connect(":memory:")) as store:
        store.execute("create table events (kind text, number integer, whole text)")
        told = make().to_dict()
        row = (told["kind"], told["integer"], make().to_json())
        store.execute("insert into events values (?, ?, ?)", row)
        assert store.execute("select * from events").fetchall() == [row]


def strict_json(event: TypedEvent) -> object:
    def refused(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    text = event.to_json()
    assert text.encode("utf-8")  # no lone surrogate
    return json.loads(text, parse_constant=refused)


def test_surrogates_of_the_wire_are_in_no_plain_form() -> None:
    event = Sampled.from_frame(
        b"Event: Sampled\r\nText: \xed\xa0\x80\r\nTold: \xff=\xff\r\nMany: \xff\r\nPercent: %FF\r\n"
        b"NearVariable: \xff=\xff\r\nNew\xff: \xff\r\nNew\xff: \xfe"
    )
    assert strict_json(event) == event.to_dict()


# Declared by others ------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [True, False])
def test_what_has_a_channel_or_a_bridge(*, wire: bool) -> None:
    def made(cls: type[TypedEvent]) -> TypedEvent:
        return cls.from_frame(b"Event: X\r\nChannel: a") if wire else cls()

    has = {
        cls: (isinstance(made(cls), HasChannel), isinstance(made(cls), HasBridge))
        for cls in (Parted, Spanned, Joined, Sampled)
    }
    assert has == {
        Parted: (True, False),
        Spanned: (False, True),
        Joined: (True, True),
        Sampled: (False, False),
    }
    assert isinstance(ChannelSnapshot(), HasChannel)
    assert not isinstance(Event("X"), HasChannel)


def test_the_protocols_name_the_fields_of_the_snapshots() -> None:
    def named(protocol: type) -> set[str]:
        return {name for name in vars(protocol) if isinstance(vars(protocol)[name], property)}

    channel = {field.name for field in attrs.fields(ChannelSnapshot)}
    assert named(HasChannel) == channel
    assert named(HasBridge) == {name for name, _ in layout_of(Spanned).fields}
    assert {name for name, _ in layout_of(Joined).fields} == channel | named(HasBridge)
    assert {name for name, _ in layout_of(ChannelEvent).fields} == channel


# Where the law does not hold yet -----------------------------------------------------------------

BREAK = "PJSIP/1\r\nInteger: 666"


def broken() -> Sampled:
    return Sampled(text=BREAK, integer=7)


def pickled(event: Sampled) -> Sampled:
    copied: Sampled = pickle.loads(pickle.dumps(event))
    return copied


def test_what_the_wire_cannot_carry_can_be_held() -> None:
    event = broken()
    assert event == broken()
    assert hash(event) == hash(broken())
    assert event.text == BREAK
    assert event.problems == ()
    assert repr(event).isprintable()
    assert attrs.evolve(event, integer=8).text == BREAK
    assert event.to_dict()["text"] == json.loads(event.to_json())["text"] == BREAK


@pytest.mark.parametrize(
    "event",
    [
        broken(),
        Sampled(near=Side(channel=BREAK)),
        Sampled(told=Variables({BREAK: "1"})),
        Sampled(other_headers=Headers([(BREAK, "1")])),
    ],
)
def test_what_the_wire_cannot_carry_has_no_headers(event: Sampled) -> None:
    with pytest.raises(ValueError, match="line break"):
        event.headers  # noqa: B018


@pytest.mark.parametrize(
    "event", [broken(), Sampled(text="<unknown>"), Sampled(words=("",))], ids=["break", "null", ""]
)
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_of_what_is_made_by_hand_is_the_same(
    copied: Callable[[Sampled], Sampled], event: Sampled
) -> None:
    assert copied(event) == event


@pytest.mark.parametrize("event", [broken(), Sampled(text="<unknown>")], ids=["break", "null"])
def test_to_ask_for_headers_and_problems_changes_nothing(event: Sampled) -> None:
    before = attrs.evolve(event)
    assert event.kind == "Sampled"
    assert event.problems == ()
    assert event == before


@pytest.mark.parametrize("text", ["\udcff", "a\ud800"], ids=ascii)
def test_surrogates_made_by_hand_are_in_no_plain_form(text: str) -> None:
    event = Sampled(text=text, many=(text,), told=Variables({text: text}), near=Side(name=text))
    assert strict_json(event) == event.to_dict()


@pytest.mark.parametrize(
    "event",
    [Sampled.from_frame(b"Event: Sampled\r\nNumber: 1e999"), Sampled(number=float("nan"))],
    ids=["wire", "hand"],
)
def test_numbers_without_end_are_in_no_json(event: Sampled) -> None:
    strict_json(event)
