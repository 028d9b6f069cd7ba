"""The verdict of a soak sees what it is there to see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from soak.verdict import Stretch, compared

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def stretch(numbers: list[int], at: float = 0.0) -> Stretch:
    made = Stretch()
    for number in numbers:
        made.add(b"Event: Tick\r\nNumber: %d" % number, NOON + timedelta(seconds=at + number))
    return made


def holes(ours: list[int], theirs: list[int]) -> list[str]:
    return compared([stretch(ours)], [stretch(theirs)]).holes


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([2, 3], [1, 2, 3]),
        ([1, 2, 3], [2, 3, 4]),
        ([1, 2], [1, 2, 3, 4]),
    ],
)
def test_two_that_began_and_ended_apart_heard_the_same(ours: list[int], theirs: list[int]) -> None:
    assert holes(ours, theirs) == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [([1, 3, 4], [1, 2, 3, 4]), ([1, 2, 2, 3], [1, 2, 3]), ([1, 3, 2, 4], [1, 2, 3, 4])],
    ids=["missing", "twice", "out of order"],
)
def test_a_hole_is_seen(ours: list[int], theirs: list[int]) -> None:
    assert len(holes(ours, theirs)) == 1


def test_what_each_is_told_at_its_own_moment_does_not_count() -> None:
    ours, theirs = stretch([1, 2]), stretch([1])
    theirs.add(b"Event: FullyBooted\r\nStatus: Fully Booted", NOON + timedelta(seconds=2))
    theirs.add(b"Event: Tick\r\nNumber: 2", NOON + timedelta(seconds=3))
    assert compared([ours], [theirs]).holes == []


def test_another_life_of_the_server_is_not_compared() -> None:
    result = compared([stretch([1, 2, 3])], [stretch([1, 3], at=60)])
    assert (result.stretches, result.incomparable, result.holes) == (0, 1, [])


def test_what_was_compared_is_counted() -> None:
    result = compared(
        [stretch([1, 2, 3]), Stretch(), stretch([7])], [stretch([2, 3]), stretch([7])]
    )
    assert (result.stretches, result.events, result.incomparable) == (2, 3, 0)
