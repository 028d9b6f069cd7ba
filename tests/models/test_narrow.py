"""Narrow: a program that reads few fields has them as one that reads all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.models import narrow as narrowing
from amitrio.models import typed
from amitrio.models.layout import layout_of
from amitrio.models.narrow import Narrow
from amitrio.models.registry import event_from
from amitrio.models.typed import Typed, TypedEvent
from amitrio.protocol import ClientConnection, EventsReceived
from tests.corpus import STREAMS, Capture
from tests.models.declared import Parted, Reported, Sampled
from tests.models.test_shapes import streams

FRAME = b"Event: Sampled\r\nPrivilege: call,all\r\nText: x\r\nInteger: 7\r\nLight: 1\r\nWords: a,b"


@pytest.fixture(autouse=True)
def _nothing_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed, "_NARROW", {})


def narrow_of(cls: type[Typed]) -> Narrow:
    return typed._narrow_of(cls)


def is_set(message: Typed) -> set[str]:
    """The fields that are there already; looking does not fill them."""
    there: set[str] = set()
    for name in typed._names(type(message)):
        try:
            object.__getattribute__(message, name)
        except AttributeError:
            continue
        there.add(name)
    return there


def read(frame: bytes, *names: str) -> Sampled:
    event = Sampled.from_frame(frame)
    for name in names:
        getattr(event, name)
    return event


def watched(frame: bytes, *names: str) -> None:
    """Read so often that it is known what is read."""
    for _ in range(narrowing._ENOUGH):
        read(frame, *names)


def whole(message: Typed) -> dict[str, object]:
    reading = layout_of(type(message)).read(message.headers.pairs[1:], message._clean())
    return dict(reading.values)


def test_what_is_read_is_set_together_and_nothing_else() -> None:
    watched(FRAME, "text", "integer")
    event = read(FRAME, "text")
    assert is_set(event) == {"text", "integer"}
    assert (event.text, event.integer) == ("x", 7)


def test_while_it_is_watched_each_field_is_set_alone() -> None:
    for _ in range(3):
        assert is_set(read(FRAME, "text"))
    assert is_set(read(FRAME, "text")) == {"text"}
    assert is_set(read(FRAME, "text", "light")) == {"text", "light"}


def test_whoever_reads_another_field_has_all() -> None:
    watched(FRAME, "text")
    event = read(FRAME, "text")
    assert is_set(event) == {"text"}
    assert event.light is not None
    assert is_set(event) == set(typed._names(Sampled))
    assert event == read(FRAME)
    assert event.to_dict() == read(FRAME).to_dict()


def test_what_is_read_later_is_one_of_the_few() -> None:
    watched(FRAME, "text")
    watched(FRAME, "text", "integer")
    assert is_set(read(FRAME, "text")) == {"text", "integer"}


def test_where_much_is_read_everything_is_set() -> None:
    names = [name for name, _ in layout_of(Sampled).fields][: narrowing._FEW + 1]
    watched(FRAME, *names)
    assert is_set(read(FRAME, names[0])) == set(typed._names(Sampled))
    assert narrow_of(Sampled)._few == ()


def test_what_is_read_changes_a_few_times_at_most() -> None:
    for name, _ in layout_of(Sampled).fields:
        watched(FRAME, name)
    assert narrow_of(Sampled)._missed == narrowing._ENOUGH * narrowing._MOST_SETTLED


def test_a_shape_that_is_learned_later_is_narrowed_too() -> None:
    watched(FRAME, "text")
    other = FRAME.replace(b"Privilege", b"SystemName: s\r\nPrivilege")
    for _ in range(3):
        assert read(other, "text").text == "x"
    assert is_set(read(other, "text")) == {"text"}
    assert is_set(read(FRAME, "text")) == {"text"}


def test_a_field_without_a_header_is_empty_only_where_no_header_is_its() -> None:
    without = FRAME.replace(b"\r\nLight: 1", b"")
    watched(without, "light", "text")
    assert is_set(read(without, "text")) == {"text", "light"}
    assert read(without).light is None
    late = without + b"\r\nLight: 1"
    assert read(late).light == read(FRAME).light is not None


def test_a_header_in_other_letters_in_front_is_the_first() -> None:
    watched(FRAME, "integer")
    assert read(FRAME.replace(b"Text: x", b"INTEGER: 8")).integer == 8
    assert read(FRAME.replace(b"Text: x", b"Text: x\r\ninteger: 8")).integer == 8
    assert read(FRAME + b"\r\nInteger: 8").integer == 7


def test_a_value_that_does_not_convert_is_a_problem_all_the_same() -> None:
    watched(FRAME, "integer")
    event = read(FRAME.replace(b"7", b"seven"))
    assert event.integer is None
    (problem,) = event.problems
    assert (problem.field, problem.text) == ("integer", "seven")


def test_a_problem_elsewhere_is_told_to_whoever_asks() -> None:
    watched(FRAME, "text")
    event = read(FRAME.replace(b"7", b"seven"), "text")
    assert is_set(event) == {"text"}
    assert [one.field for one in event.problems] == ["integer"]
    assert event.integer is None


# Against the whole -------------------------------------------------------------------------------


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrowing, "_ENOUGH", 3)


def fields_of(cls: type[Typed]) -> list[str]:
    return [name for name, _ in layout_of(cls).fields]


@pytest.mark.parametrize("cls", [Sampled, Parted, Reported])
@given(stream=streams(), data=st.data())
def test_the_few_are_what_they_are_among_all(
    cls: type[TypedEvent], stream: list[bytes], data: st.DataObject
) -> None:
    names = data.draw(st.lists(st.sampled_from(fields_of(cls)), min_size=1, max_size=4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typed, "_NARROW", {})
        patch.setattr(narrowing, "_ENOUGH", 3)
        for frame in stream * 2:
            event = cls.from_frame(frame)
            expected = whole(event)
            assert repr([getattr(event, n) for n in names]) == repr([expected[n] for n in names])
            assert event == cls.from_frame(frame)


def typed_events(captured: Capture) -> Iterator[TypedEvent]:
    for run in ClientConnection().receive(captured.read()):
        if isinstance(run, EventsReceived):
            events = map(event_from, run.frames)
            yield from (event for event in events if isinstance(event, TypedEvent))


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("captured", STREAMS, ids=repr)
def test_what_servers_sent_is_read_alike(captured: Capture) -> None:
    for first in range(3):
        typed._NARROW.clear()
        for event in typed_events(captured):
            names = fields_of(type(event))[first::5][: narrowing._FEW]
            expected = whole(event)
            for name in names:
                assert repr(getattr(event, name)) == repr(expected[name]), (event, name)
