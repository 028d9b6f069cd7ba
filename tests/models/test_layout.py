"""Layout: which header goes into which field, and back."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.models.layout import GATHER, Problem, Reading, layout_of
from amitrio.models.values import Variables
from amitrio.text import storable
from tests.models.declared import (
    Count,
    Light,
    Mood,
    Parted,
    Report,
    Reported,
    Sampled,
    Shout,
    Side,
    bare,
)

SAMPLED = layout_of(Sampled)
REPORTED = layout_of(Reported)


def read(*pairs: tuple[str, str]) -> Reading:
    return SAMPLED.read(pairs)


def held(reading: Reading) -> dict[str, Any]:
    return {name: value for name, value in reading.values.items() if value not in (None, (), {})}


# One header, one value ---------------------------------------------------------------------------


def test_headers_become_values() -> None:
    reading = read(("Text", "a"), ("Integer", "-7"), ("Light", "3"), ("Mood", "busy"))
    assert held(reading) == {"text": "a", "integer": -7, "light": Light.GREEN, "mood": Mood.BUSY}
    assert (reading.others, reading.problems) == ([], [])


def test_every_field_has_a_value_without_any_header() -> None:
    reading = read()
    assert held(reading) == {}
    assert reading.values["text"] is None
    assert reading.values["near"] is None
    assert reading.values["words"] == reading.values["many"] == ()
    assert reading.values["told"] == Variables()
    assert list(reading.values) == [name for name, _ in SAMPLED.fields]


@pytest.mark.parametrize("name", ["Integer", "INTEGER", "integer", "iNTEGER"])
def test_a_header_is_found_in_any_case(name: str) -> None:
    assert held(read((name, "7"))) == {"integer": 7}


def test_of_a_repeated_header_the_first_wins() -> None:
    reading = read(("Integer", "1"), ("INTEGER", "2"), ("Integer", "x"))
    assert held(reading) == {"integer": 1}
    assert (reading.others, reading.problems) == ([], [])


@pytest.mark.parametrize("first", ["", "x"])
def test_the_first_wins_though_it_holds_nothing(first: str) -> None:
    assert held(read(("Integer", first), ("Integer", "2"))) == {}


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Text", "<unknown>"),
        ("Text", "N/A"),
        ("Integer", ""),
        ("Epoch", "0"),
        ("Light", "-none-"),
        ("Words", ""),
        ("Words", "<none>"),
    ],
)
def test_what_asterisk_writes_for_nothing_is_nothing(header: str, text: str) -> None:
    reading = read((header, text))
    assert held(reading) == {}
    assert reading.problems == []


@pytest.mark.parametrize(
    ("header", "text"), [("Verbatim", "<unknown>"), ("Escaped", "(null)"), ("Text", "")]
)
def test_what_may_have_been_meant_is_kept(header: str, text: str) -> None:
    assert held(read((header, text))) == {header.lower(): text}


# Others and problems -----------------------------------------------------------------------------


def test_what_no_field_takes_is_handed_back_in_order() -> None:
    pairs = [("New", "1"), ("", "no colon"), ("new", "2"), ("Tex", "3"), ("Textt", "4")]
    reading = read(*pairs)
    assert reading.others == pairs
    assert held(reading) == {}


def test_a_value_that_does_not_convert_is_a_problem() -> None:
    reading = read(("INTEGER", "many"), ("Light", "2"), ("FarPriority", "top"), ("Clock", "1"))
    assert reading.problems == [
        Problem("integer", "INTEGER", "many"),
        Problem("light", "Light", "2"),
        Problem("far.priority", "FarPriority", "top"),
        Problem("clock", "Clock", "1"),
    ]
    assert held(reading) == {"far": Side()}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*SAMPLED.places, "other", ""]) | st.text(max_size=5),
            st.text(st.characters(categories=None), max_size=10),
        )
    )
)
def test_no_headers_are_an_error(pairs: list[tuple[str, str]]) -> None:
    reading = SAMPLED.read(pairs)
    assert [pair for pair in pairs if pair[0].lower() not in SAMPLED.places] == reading.others
    for problem in reading.problems:
        assert (problem.header, problem.text) in pairs
    assert set(reading.values) == {name for name, _ in SAMPLED.fields}


def test_text_is_cleaned_before_it_is_read() -> None:
    clean = partial(storable, fallback="cp1251")
    reading = SAMPLED.read(
        [("Text", "\udcff"), ("Integer", "\udcff"), ("Many", "\udcff"), ("New\udcff", "\udcff")],
        clean,
    )
    assert held(reading) == {"text": "я", "many": ("я",)}
    assert reading.problems == [Problem("integer", "Integer", "я")]
    assert reading.others == [("New\udcff", "\udcff")]  # as it was sent


# Several values ----------------------------------------------------------------------------------


def test_repeated_headers_are_gathered() -> None:
    reading = read(
        ("Many", "a"), ("Told", "A=1"), ("Integer", "1"), ("many", "<unknown>"), ("TOLD", "b=2=3")
    )
    assert reading.values["many"] == ("a", "<unknown>")
    assert list(reading.values["told"].items()) == [("A", "1"), ("b", "2=3")]


def test_words_are_those_of_the_first_header() -> None:
    assert read(("Words", "a, b,"), ("Words", "c")).values["words"] == ("a", "b", "")


@pytest.mark.parametrize("form", GATHER)
@given(sent=st.lists(st.text(st.characters(categories=None)), min_size=1))
def test_no_text_is_too_strange_to_be_gathered(form: str, sent: list[str]) -> None:
    specs = [
        spec
        for cls in (Sampled, Count, Parted, Side)
        for _, spec in layout_of(cls).fields
        if spec.form == form
    ]
    assert specs
    for spec in specs:
        GATHER[form](sent, spec)


# Parts -------------------------------------------------------------------------------------------


def test_the_headers_of_a_part_have_its_prefix() -> None:
    reading = read(
        ("NearChannel", "PJSIP/1"),
        ("farPRIORITY", "2"),
        ("NearVariable", r"A=\n"),
        ("Channel", "x"),
    )
    assert held(reading) == {
        "near": Side(channel="PJSIP/1", variables=Variables({"A": "\n"})),
        "far": Side(priority=2),
    }
    assert reading.others == [("Channel", "x")]


def test_a_part_is_there_as_soon_as_one_header_of_it_is() -> None:
    assert read(("NearNumber", "<unknown>")).values["near"] == Side()


def test_the_headers_of_an_event_are_not_those_of_its_part() -> None:
    values = layout_of(Parted).read([("Channel", "a"), ("DestChannel", "b")]).values
    assert (values["channel"], values["dest"].channel) == ("a", "b")


# Numbered headers --------------------------------------------------------------------------------


def test_numbered_headers_make_one_value_each_number() -> None:
    reading = REPORTED.read(
        [
            ("Count", "2"),
            ("Report0Source", "0x1"),
            ("Report0SourceLost", "3"),
            ("REPORT10SOURCE", "0x2"),
            ("Report0Source", "0x9"),
            ("Padded-000007-Source", "0x7"),
        ]
    )
    assert reading.values == {
        "count": 2,
        "reports": (Report(source=1, source_lost=3), Report(source=2)),
        "padded": (Report(source=7),),
    }
    assert (reading.others, reading.problems) == ([], [])


@pytest.mark.parametrize(
    "name", ["ReportSource", "Report0", "Report0Sources", "XReport0Source", "Report0xSource"]
)
def test_what_is_not_quite_numbered_is_handed_back(name: str) -> None:
    assert REPORTED.read([(name, "1")]).others == [(name, "1")]


def test_a_numbered_value_that_does_not_convert_is_a_problem() -> None:
    reading = REPORTED.read([("Report0Source", "x"), ("Report0SourceLost", "1")])
    assert reading.values["reports"] == (Report(source_lost=1),)
    assert [problem.text for problem in reading.problems] == ["x"]


def test_the_problem_of_a_numbered_value_says_where() -> None:
    (problem,) = REPORTED.read([("Report3Source", "x")]).problems
    assert problem.header == "Report3Source"
    assert problem.field.startswith("reports")


# Free headers ------------------------------------------------------------------------------------


def test_one_field_may_take_what_no_other_takes() -> None:
    reading = layout_of(Shout).read([("A", "1"), ("shoutevent", "hey"), ("b", "2")])
    assert reading.values == {"event": "hey", "fields": Variables({"A": "1", "b": "2"})}
    assert reading.others == []


# Writing -----------------------------------------------------------------------------------------


def test_values_are_written_in_the_order_of_the_fields() -> None:
    event = Sampled(
        text="a",
        escaped="\n",
        percent="a b",
        flag=False,
        yes_no=True,
        light=Light.RED,
        words=("a", "b"),
        many=("x", "y"),
        told={"A": "1", "B": "2"},  # type: ignore[arg-type] # any mapping will do
    )
    assert list(SAMPLED.write(event)) == [
        ("Text", "a"),
        ("Escaped", r"\n"),
        ("Percent", "a%20b"),
        ("Flag", "0"),
        ("YesNo", "yes"),
        ("Light", "1"),
        ("Words", "a,b"),
        ("Many", "x"),
        ("Many", "y"),
        ("Told", "A=1"),
        ("Told", "B=2"),
    ]


def test_what_is_none_or_empty_has_no_header() -> None:
    assert list(SAMPLED.write(Sampled())) == []
    assert list(REPORTED.write(Reported())) == []


def test_a_snapshot_is_whole_where_its_channel_is() -> None:
    event = Sampled(near=Side(channel="a", name='"'), far=Side(priority=1))
    assert list(SAMPLED.write(event)) == [
        ("NearChannel", "a"),
        ("NearNumber", "<unknown>"),
        ("NearName", r"\""),
        ("FarPriority", "1"),
    ]


def test_numbered_values_are_numbered_from_nought() -> None:
    event = Reported(
        reports=(Report(source=1), Report(source=2, source_lost=3)), padded=(Report(source=4),)
    )
    written = list(REPORTED.write(event))
    assert written == [
        ("Report0Source", "0x00000001"),
        ("Report1Source", "0x00000002"),
        ("Report1SourceLost", "3"),
        ("Padded-000000-Source", "0x00000004"),
    ]
    assert REPORTED.read(bare(written)).values["reports"] == event.reports


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
plain_words = words.filter(lambda word: word not in SAMPLED.places["text"].spec.codec.nulls)
sides = st.builds(
    Side,
    channel=plain_words,
    priority=st.none() | st.integers(0, 99),
    number=st.none() | plain_words,
    name=st.none() | plain_words,
    variables=st.dictionaries(words.filter(lambda name: "=" not in name), words).map(Variables),
)


@given(
    st.builds(
        Sampled,
        text=st.none() | plain_words,
        verbatim=st.none() | words,
        percent=st.none() | words,
        integer=st.none() | st.integers(-5, 5),
        flag=st.none() | st.booleans(),
        mood=st.none() | st.sampled_from(Mood),
        many=st.lists(words).map(tuple),
        words=st.lists(st.text("ab", min_size=1)).map(tuple),
        near=st.none() | sides,
        far=st.none() | sides,
    )
)
def test_what_is_written_is_read_back(event: Sampled) -> None:
    reading = SAMPLED.read(bare(SAMPLED.write(event)))
    assert reading.values == {name: getattr(event, name) for name, _ in SAMPLED.fields}
    assert (reading.others, reading.problems) == ([], [])


@pytest.mark.parametrize("some", [("",), ("<unknown>",)])
def test_a_word_that_would_be_read_as_none_is_refused(some: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no words"):
        list(SAMPLED.write(Sampled(words=some)))


def test_a_variable_comes_back_or_is_refused() -> None:
    told = Variables({"a=b": "c"})
    try:
        written = list(SAMPLED.write(Sampled(told=told)))
    except ValueError:
        return
    assert SAMPLED.read(bare(written)).values["told"] == told


def test_a_layout_is_worked_out_once() -> None:
    assert layout_of(Sampled) is SAMPLED
