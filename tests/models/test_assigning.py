"""Assigning: the fields of a frozen object are set at once, and it is as frozen as before."""

from __future__ import annotations

import attrs
import pytest

from amitrio.models.assigning import assigner, unlocked


@attrs.frozen
class Point:
    x: int
    y: int


def test_it_sets_and_leaves_it_frozen() -> None:
    point = Point.__new__(Point)
    assigner(Point, ["y", "x"])(point, (2, 1))
    assert type(point) is Point
    assert point == Point(1, 2)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        point.x = 3  # type: ignore[misc]


def test_too_few_values_set_nothing() -> None:
    point = Point(1, 2)
    with pytest.raises(ValueError, match="not enough values"):
        assigner(Point, ["x", "y"])(point, (5,))
    assert type(point) is Point
    assert point == Point(1, 2)


def test_only_names_are_written_out() -> None:
    with pytest.raises(ValueError, match="not all names"):
        assigner(Point, ["x = 1; import os; y"])


def test_a_class_has_one_twin() -> None:
    assert unlocked(Point) is unlocked(Point)
