"""Shapes: frames that are cut by what was learned of them say what they always said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.models import typed
from amitrio.models.layout import layout_of
from amitrio.models.shapes import Shapes
from amitrio.models.typed import Typed, TypedEvent
from amitrio.text import encode
from tests.models.declared import Counted, Free, Parted, Reported, Sampled


def shapes_of(cls: type[Typed]) -> Shapes:
    return typed._narrow_of(cls).shapes


@pytest.fixture(autouse=True)
def _nothing_learned() -> Iterator[None]:
    typed._NARROW.clear()
    yield
    typed._NARROW.clear()


def filled(message: Typed) -> tuple[object, ...]:
    values = {name: getattr(message, name) for name, _ in layout_of(type(message)).fields}
    return repr(values), message.other_headers.pairs, message.problems


def header_by_header(message: Typed) -> tuple[object, ...]:
    reading = layout_of(type(message)).read(message.headers.pairs[1:], message._clean())
    others = tuple(pair for pair in reading.others if pair[0].lower() not in message._envelope)
    return repr(reading.values), others, tuple(reading.problems)


def never(self: object, shapes: object) -> None:
    pytest.fail("no shape was used")


# What is learned ---------------------------------------------------------------------------------

FRAME = (
    b"Event: Sampled\r\nPrivilege: call,all\r\nText: caf\xc3\xa9\r\nInteger: 7\r\nNew: x\r\n"
    b"NearChannel: PJSIP/1\r\nTold: A=1\r\nWords: a,b\r\nEpoch: 1.5\r\nLight: \r\n: none"
    b"\r\nText : z"
)


def test_what_came_twice_is_cut_the_third_time(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = FRAME.replace(b"\r\n: none", b"")
    expected = [filled(Sampled.from_frame(frame)) for _ in range(2)]
    monkeypatch.setattr(Typed, "_fill_slowly", never)
    event = Sampled.from_frame(frame)
    assert filled(event) == expected[0] == expected[1] == header_by_header(event)
    assert event.other_headers.pairs == (("New", "x"), ("Text ", "z"))
    assert Sampled.from_frame(frame.replace(b"Integer: 7", b"Integer: 8")).integer == 8


def test_what_came_once_is_not_yet_a_shape() -> None:
    filled(Sampled.from_frame(FRAME))
    assert shapes_of(Sampled).known == []


def test_a_reply_has_shapes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = b"Response: Success\r\nActionID: 1\r\nCount: 5\r\nMessage: Fine"
    for _ in range(2):
        filled(Counted.from_frame(frame))
    monkeypatch.setattr(Typed, "_fill_slowly", never)
    reply = Counted.from_frame(frame)
    assert filled(reply) == header_by_header(reply)
    assert (reply.count, reply.message) == (5, "Fine")


@pytest.mark.parametrize(
    "odd",
    [
        b"Event: Sampled\r\nMany: a\r\nmany: b",  # repeated
        b"Event: Sampled\r\nevent: Sampled",
        b"Event: Sampled\r\nno colon at all",
        b"Event: Reported\r\nReport0Source: 0x1",
    ],
)
def test_what_no_shape_can_say_is_none(odd: bytes) -> None:
    cls = Reported if b"Reported" in odd else Sampled
    for _ in range(3):
        event = cls.from_frame(odd)
        assert filled(event) == header_by_header(event)
    assert shapes_of(cls).known == []


@pytest.mark.parametrize(
    "text",
    [
        b"a\rb",
        b"a\nb",
        b"\r",
        b"\n",
        b"\xff",
        b"\xed\xa0\x80",
        b"",
        b" two blanks",
        b"a\0b",
        b"a\xe2\x80\xa8b",  # a line separator of Unicode
        b"a\x0bb\x85",
        b"Integer: 9",
    ],
)
def test_a_value_that_fits_no_shape_is_read_all_the_same(text: bytes) -> None:
    for _ in range(2):
        filled(Sampled.from_frame(b"Event: Sampled\r\nText: x\r\nInteger: 1"))
    assert len(shapes_of(Sampled).known) == 1
    event = Sampled.from_frame(b"Event: Sampled\r\nText: " + text + b"\r\nInteger: 1")
    assert filled(event) == header_by_header(event)
    assert event.integer == 1


def test_a_value_that_does_not_convert_leaves_nothing_behind() -> None:
    for _ in range(2):
        filled(Sampled.from_frame(b"Event: Sampled\r\nText: x\r\nInteger: 1\r\nLight: 1"))
    event = Sampled.from_frame(b"Event: Sampled\r\nText: y\r\nInteger: 2\r\nLight: 2")
    assert filled(event) == header_by_header(event)
    assert (event.text, event.integer, event.light) == ("y", 2, None)
    assert len(event.problems) == 1


# Bounds ------------------------------------------------------------------------------------------


def test_there_are_never_more_than_eight() -> None:
    for number in range(20):
        for _ in range(3):
            event = Sampled.from_frame(b"Event: Sampled\r\nNew%d: x" % number)
            assert event.other_headers[f"New{number}"] == "x"
    assert len(shapes_of(Sampled).known) == 8


def test_what_was_sighted_is_bounded() -> None:
    for number in range(100):
        filled(Sampled.from_frame(b"Event: Sampled\r\nNew%d: x" % number))
    assert len(shapes_of(Sampled)._sighted) == 32


def test_strangers_do_not_keep_the_usual_from_being_learned() -> None:
    for number in range(100):
        filled(Sampled.from_frame(b"Event: Sampled\r\nNew%d: x" % number))
    for _ in range(3):
        filled(Sampled.from_frame(b"Event: Sampled\r\nText: x"))
    assert len(shapes_of(Sampled).known) == 1


# The law -----------------------------------------------------------------------------------------

NAMES = [
    *(spec.header for _, spec in layout_of(Sampled).fields if spec.form != "part"),
    *(f"{side}{name}" for side in ("Near", "Far") for name in ("Channel", "Number", "Variable")),
    *("Privilege", "ActionID", "Timestamp", "Response", "SequenceNumber"),
    *("Channel", "ChannelState", "Priority", "Uniqueid", "DestPriority", "DestChannel"),
    *("Cause", "ChanVariable", "DestChanVariable", "CallerIDName", "Count", "Report0Source"),
    *(
        "ChanVariable(Local/12:34 5@x;1)",
        "New",
        "New.*(",
        "Text ",
        "",
        "Caf\N{LATIN SMALL LETTER E}",
    ),
]
GOOD = [
    "1",
    "3",
    "0x1",
    "1.5",
    "yes",
    "12:00:00",
    "Busy",
    "a,b",
    "A=1",
    "a\\nb",
    "%41",
    "<unknown>",
]

names = st.sampled_from(NAMES) | st.sampled_from(NAMES).map(str.swapcase) | st.just("\udcff\xe9")
texts = st.one_of(
    st.sampled_from(GOOD),
    st.sampled_from(["", "N/A", "0", " 1", "a\rb", "a\nb", "\r", "\n", "\udcff", "é", ": ", "\0"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6).filter(
        lambda text: "\r\n" not in text
    ),
)
orders = st.lists(st.tuples(names, st.sampled_from([": ", ": ", ": ", ":"])), max_size=8)


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    some = draw(st.lists(orders, min_size=1, max_size=3))
    return [draw(frames(order)) for order in draw(st.lists(st.sampled_from(some), max_size=10))]


@st.composite
def frames(draw: st.DrawFn, order: Sequence[tuple[str, str]]) -> bytes:
    lines = [f"{name}{sign}{draw(texts)}" if name else draw(texts) for name, sign in order]
    return encode("\r\n".join(["Event: Sampled", *lines]))


@pytest.mark.parametrize("cls", [Sampled, Parted, Reported])
@given(stream=streams())
def test_what_is_cut_is_what_is_read_header_by_header(
    cls: type[TypedEvent], stream: list[bytes]
) -> None:
    typed._NARROW.clear()
    for frame in stream:
        event = cls.from_frame(frame)
        assert filled(event) == header_by_header(event)
        assert event == cls.from_frame(frame)


def test_a_half_open_name_is_no_shape() -> None:
    for value in (b"b", b"b", b"b): c"):
        event = Sampled.from_frame(b"Event: Sampled\r\nChanVariable(a: " + value)
        assert filled(event) == header_by_header(event)


def test_an_event_with_free_headers_keeps_them() -> None:
    for _ in range(3):
        event = Free.from_frame(b"Event: Free\r\nText: a\r\nNew: b")
        assert event.fields == {"New": "b"}


def test_the_shapes_of_one_class_are_not_those_of_another() -> None:
    made: list[Any] = [Sampled, Parted]
    for cls in made * 2:
        filled(cls.from_frame(b"Event: X\r\nPriority: 1"))
    assert all(len(shapes_of(cls).known) == 1 for cls in made)
    assert Parted.from_frame(b"Event: X\r\nPriority: 1").priority == 1
    assert Sampled.from_frame(b"Event: X\r\nPriority: 1").other_headers["Priority"] == "1"
