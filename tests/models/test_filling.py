"""Filling: the fields of a frozen object are set at once, and it is as frozen as before."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.models import filling
from amitrio.models.filling import Converter, Fill, Gathered, Plan, filler, unlocked

T = TypeVar("T")

TWO = re.compile("([^,]*+),([^,]*+)").fullmatch
NOTHING: Mapping[int, Converter] = MappingProxyType({})


@attrs.frozen
class Point:
    x: object
    y: object


@attrs.frozen
class Line:
    start: Point | None
    end: Point | None
    label: object = None


@attrs.frozen
class Nested:
    inner: object
    label: object


@attrs.frozen
class Drawing:
    line: Line | None
    origin: Point | None


def blank(cls: type[T]) -> T:
    return cls.__new__(cls)


def point(steps: Mapping[int, Converter] = NOTHING) -> Fill:
    return filler(TWO, 2, Plan(Point, {"x": 0, "y": 1}, {}), steps)


def names_of(thing: object) -> list[str]:
    return [field.name for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(thing)))]


def held(thing: object) -> dict[str, object]:
    """The fields that are set."""
    return {name: getattr(thing, name) for name in names_of(thing) if hasattr(thing, name)}


def is_frozen(thing: object) -> bool:
    name = names_of(thing)[0]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(thing, name, "other")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delattr(thing, name)
    return True


def gathering(pieces: Iterable[str], make: Callable[[tuple[tuple[str, str], ...]], object]) -> Fill:
    """What makes x of all pieces together, each under its name."""
    named = [(name, number) for number, name in enumerate(pieces)]
    match = re.compile(",".join(["([^,]*+)"] * len(named))).fullmatch
    return filler(
        match, len(named), Plan(Point, {}, {"y": 0}, gathered={"x": Gathered(make, named)}), {}
    )


# What is set -------------------------------------------------------------------------------------


def test_it_sets_and_leaves_it_frozen() -> None:
    one = blank(Point)
    assert point()(one, "1,2") is True
    assert type(one) is Point
    assert one == Point("1", "2")
    assert hash(one) == hash(Point("1", "2"))
    assert is_frozen(one)


def test_what_is_filled_again_holds_what_came_last() -> None:
    one, fill = blank(Point), point()
    assert fill(one, "1,2")
    assert fill(one, "3,4")
    assert one == Point("3", "4")
    assert is_frozen(one)


def test_pieces_go_where_the_plan_says() -> None:
    one = blank(Point)
    assert filler(TWO, 2, Plan(Point, {"y": 0, "x": 1}, {}), {})(one, "1,2")
    assert one == Point("2", "1")
    assert filler(TWO, 2, Plan(Point, {"x": 0, "y": 0}, {}), {})(one, "1,2")
    assert one == Point("1", "1")


def test_fields_that_the_plan_leaves_out_stay_as_they_are() -> None:
    one = blank(Point)
    fill = filler(TWO, 2, Plan(Point, {"y": 0}, {}), {})
    assert fill(one, "1,2")
    assert held(one) == {"y": "1"}
    other = Point("x", "y")
    assert fill(other, "1,2")
    assert other == Point("x", "1")


def test_blanks_are_set_as_they_are() -> None:
    empty = object()
    one = blank(Line)
    assert filler(TWO, 2, Plan(Line, {"label": 1}, {"start": empty, "end": None}), {})(one, "1,2")
    assert held(one) == {"start": empty, "end": None, "label": "2"}
    assert is_frozen(one)


def test_there_may_be_no_piece_or_one() -> None:
    one = blank(Point)
    assert filler(re.compile("x*").fullmatch, 0, Plan(Point, {}, {"x": 1, "y": 2}), {})(one, "xx")
    assert one == Point(1, 2)
    assert filler(re.compile("(x*)").fullmatch, 1, Plan(Point, {"x": 0}, {}), {})(one, "xx")
    assert one == Point("xx", 2)


def test_the_text_may_be_longer_than_what_is_looked_at() -> None:
    one = blank(Point)
    assert filler(re.compile("(.),(.)").match, 2, Plan(Point, {"x": 0, "y": 1}, {}), {})(
        one, "1,2,3"
    )
    assert one == Point("1", "2")


# What becomes of the pieces ----------------------------------------------------------------------


def test_only_pieces_with_a_step_are_converted() -> None:
    one = blank(Point)
    assert point({1: int})(one, "1,2")
    assert one == Point("1", 2)
    assert point({0: int, 1: str.split})(one, "1,2")
    assert one == Point(1, ["2"])


def test_a_piece_that_is_not_there_is_none_and_not_converted() -> None:
    match = re.compile("(?:-|([0-9]+)),(?:-|([0-9]+))").fullmatch
    fill = filler(match, 2, Plan(Point, {"x": 0, "y": 1}, {}), {0: int, 1: int})
    for text, expected in {
        "-,2": Point(None, 2),
        "1,-": Point(1, None),
        "-,-": Point(None, None),
        "0,0": Point(0, 0),
    }.items():
        one = blank(Point)
        assert fill(one, text)
        assert one == expected


def test_an_empty_piece_is_there() -> None:
    one = blank(Point)
    assert point({0: len, 1: len})(one, ",")
    assert one == Point(0, 0)


def test_a_piece_is_converted_once_however_many_take_it() -> None:
    one = blank(Point)
    plan = Plan(Point, {"x": 0, "y": 0}, {})
    assert filler(TWO, 2, plan, {0: lambda text: [text]})(one, "1,2")
    assert one.x is one.y


# What is not set ---------------------------------------------------------------------------------


def test_what_does_not_match_sets_nothing() -> None:
    one, other = blank(Point), Point(1, 2)
    for text in ("", "1", "1,2,3"):
        for thing in (one, other):
            assert point({0: int})(thing, text) is False
    assert held(one) == {}
    assert other == Point(1, 2)
    assert type(one) is type(other) is Point
    assert is_frozen(other)


@pytest.mark.parametrize("text", ["x,2", "1,x", "x,x"])
def test_what_does_not_convert_sets_nothing(text: str) -> None:
    fill = filler(TWO, 2, Plan(Line, {"label": 0, "start": 1}, {"end": None}), {0: int, 1: int})
    one, other = blank(Line), Line(None, Point(1, 2), "kept")
    for thing in (one, other):
        with pytest.raises(ValueError, match="'x'"):
            fill(thing, text)
        assert type(thing) is Line
    assert held(one) == {}
    assert other == Line(None, Point(1, 2), "kept")
    assert is_frozen(other)
    assert fill(one, "1,2")


def test_what_does_not_convert_inside_a_part_sets_nothing() -> None:
    plan = Plan(Line, {"label": 0}, {}, {"start": Plan(Point, {"x": 1}, {"y": None})})
    one = blank(Line)
    with pytest.raises(ValueError, match="'x'"):
        filler(TWO, 2, plan, {1: int})(one, "1,x")
    assert held(one) == {}
    assert type(one) is Line


# Parts -------------------------------------------------------------------------------------------


def test_parts_are_made_and_are_frozen_too() -> None:
    ends = {"start": Plan(Point, {"x": 0}, {"y": None}), "end": Plan(Point, {"y": 1}, {"x": 7})}
    fill = filler(TWO, 2, Plan(Line, {"label": 1}, {}, ends), {0: int})
    one, other = blank(Line), blank(Line)
    assert fill(one, "1,2")
    assert fill(other, "3,4")
    assert one == Line(Point(1, None), Point(7, "2"), "2")
    assert other == Line(Point(3, None), Point(7, "4"), "4")
    assert type(one.start) is type(one.end) is Point
    assert is_frozen(one)
    assert is_frozen(one.start)
    assert is_frozen(one.end)


def test_a_part_may_have_parts() -> None:
    start, end = Plan(Point, {"x": 0}, {"y": "a"}), Plan(Point, {"x": 1}, {"y": "b"})
    line = Plan(Line, {}, {"label": "c"}, {"start": start, "end": end})
    origin = Plan(Point, {"y": 0}, {"x": "d"})
    one = blank(Drawing)
    assert filler(TWO, 2, Plan(Drawing, {}, {}, {"line": line, "origin": origin}), {1: int})(
        one, "1,2"
    )
    assert one == Drawing(Line(Point("1", "a"), Point(2, "b"), "c"), Point("d", "1"))
    assert one.line is not None
    assert is_frozen(one)
    assert is_frozen(one.line)
    assert is_frozen(one.line.end)


def test_a_part_that_is_there_already_is_left_alone() -> None:
    there = Point(1, 2)
    one = Line(there, None)
    plan = Plan(Line, {}, {}, {"start": Plan(Point, {"x": 0, "y": 1}, {})})
    assert filler(TWO, 2, plan, {})(one, "3,4")
    assert one.start == Point("3", "4")
    assert there == Point(1, 2)


# What is gathered --------------------------------------------------------------------------------


def test_what_is_gathered_is_made_of_names_and_pieces() -> None:
    one = blank(Point)
    assert gathering(["A", "B", "A"], dict)(one, "1,2,3")
    assert one == Point({"A": "3", "B": "2"}, 0)
    assert gathering(["A", "B", "A"], list)(one, "1,2,3")
    assert one == Point([("A", "1"), ("B", "2"), ("A", "3")], 0)
    assert is_frozen(one)


def test_one_piece_is_gathered_like_many() -> None:
    one = blank(Point)
    assert gathering(["A"], tuple)(one, "1")
    assert one.x == (("A", "1"),)


def test_what_is_gathered_was_converted_before() -> None:
    one = blank(Point)
    plan = Plan(Point, {"y": 0}, {}, gathered={"x": Gathered(tuple, [("A", 0), ("B", 1)])})
    assert filler(TWO, 2, plan, {1: int})(one, "1,2")
    assert one == Point((("A", "1"), ("B", 2)), "1")


def test_what_is_gathered_in_a_part_is_its_own() -> None:
    def gathered(make: Callable[[tuple[tuple[str, str], ...]], object]) -> dict[str, Gathered]:
        return {"label": Gathered(make, [("A", 0), ("B", 1)])}

    innermost = Plan(Nested, {}, {"inner": None}, gathered=gathered(list))
    inner = Plan(Nested, {}, {}, {"inner": innermost}, gathered=gathered(dict))
    plan = Plan(Nested, {}, {}, {"inner": inner}, gathered=gathered(len))
    one = blank(Nested)
    assert filler(TWO, 2, plan, {})(one, "1,2")
    deepest = Nested(None, [("A", "1"), ("B", "2")])
    assert one == Nested(Nested(deepest, {"A": "1", "B": "2"}), 2)


def test_what_is_gathered_in_two_parts_is_the_own_of_each() -> None:
    ends = {
        name: Plan(Point, {"y": 0}, {}, gathered={"x": Gathered(make, [(name, 1)])})
        for name, make in (("start", dict), ("end", list))
    }
    one = blank(Line)
    assert filler(TWO, 2, Plan(Line, {}, {"label": None}, ends), {})(one, "1,2")
    assert one == Line(Point({"start": "2"}, "1"), Point([("end", "2")], "1"))


NASTY = [
    "'",
    '"',
    '"""',
    "\\",
    "\\'",
    "\n",
    "\r\n    raise SystemExit",
    "'), v0)); raise SystemExit((('",
    "{0}%s",
    "#",
    "\0",
    "\u2028",
    "\udcff",
    "",
]


@pytest.mark.parametrize("name", NASTY, ids=ascii)
def test_any_name_is_gathered_as_it_is(name: str) -> None:
    one = blank(Point)
    assert gathering([name, f"{name}{name}"], tuple)(one, "1,2")
    assert one.x == ((name, "1"), (f"{name}{name}", "2"))


@given(st.lists(st.text(st.characters()) | st.sampled_from(NASTY), min_size=1, max_size=4))
def test_names_are_data(names: list[str]) -> None:
    one = blank(Point)
    assert gathering(names, tuple)(one, ",".join("x" * len(names)))
    assert one.x == tuple((name, "x") for name in names)


# What is written out -----------------------------------------------------------------------------

NO_NAMES = [
    "",
    "1x",
    "x y",
    "x.y",
    "x-y",
    "(x)",
    "x\n",
    "x\nimport os",
    "x = v0; raise SystemExit; message.x",
    "x[0]",
    "\udcff",
    *keyword.kwlist,
]


def never(*_: object) -> None:
    pytest.fail("it was run")


@pytest.mark.parametrize("name", NO_NAMES, ids=ascii)
def test_only_names_are_written_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "exec", never, raising=False)
    inner = Plan(Point, {name: 0}, {})
    for plan in (
        Plan(Line, {name: 0}, {}),
        Plan(Line, {}, {name: 0}),
        Plan(Line, {}, {}, {name: Plan(Point, {}, {})}),
        Plan(Line, {}, {}, gathered={name: Gathered(tuple, [("A", 0)])}),
        Plan(Line, {}, {}, {"start": inner}),
        Plan(Drawing, {}, {}, {"line": Plan(Line, {}, {}, {"start": inner})}),
    ):
        with pytest.raises(ValueError, match="no name of a field"):
            filler(TWO, 2, plan, {})


def test_names_that_were_used_in_writing_it_are_names_like_others() -> None:
    names = ["match", "message", "text", "found", "twin", "cls", "become", "v0", "c0", "fill"]
    names += ["case", "type"]  # keywords at times
    names += ["k_x", "make_x", "part_0", "cls_0", "twin_0", "exec", "int"]
    cls: type[object] = attrs.make_class("Odd", names, frozen=True)
    pieces = dict.fromkeys(names[::2], 0)
    blanks = {name: name for name in names[1::2]}
    one = blank(cls)
    assert filler(TWO, 2, Plan(cls, pieces, blanks), {0: int})(one, "1,2")
    assert held(one) == {**dict.fromkeys(names[::2], 1), **blanks}


# The twin ----------------------------------------------------------------------------------------


def test_a_class_has_one_twin() -> None:
    assert unlocked(Point) is unlocked(Point)
    assert unlocked(Point) is not unlocked(Line)
    assert unlocked(Point) is not Point
    assert issubclass(unlocked(Point), Point)


def test_what_becomes_the_twin_for_a_while_is_the_same_object() -> None:
    one = Point(1, 2)
    filling._become(one, unlocked(Point))
    one.x = 3  # type: ignore[misc]
    del one.y
    one.__class__ = Point
    assert held(one) == {"x": 3}
    assert is_frozen(Point(1, 2))


def test_a_class_that_is_filled_is_asked_nothing() -> None:
    class Asked:
        __slots__ = ("x",)
        x: str

        def __setattr__(self, name: str, value: object) -> None:
            pytest.fail("it was asked")

    one = blank(Asked)
    assert filler(TWO, 2, Plan(Asked, {"x": 1}, {}), {})(one, "1,2")
    assert one.x == "2"
    assert type(one) is Asked
