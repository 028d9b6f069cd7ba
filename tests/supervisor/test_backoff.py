"""Backoff: longer after each failure, up to a bound, and not in step with others."""

from __future__ import annotations

import math
import random
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio import Backoff
from tests.supervisor.site import Site

seconds = st.floats(1e-3, 1e6)
shares = st.floats(0, 1)


def backoff(**settings: Any) -> Backoff:
    return Backoff(**{"random": lambda: 0.0, **settings})


@pytest.mark.parametrize(
    ("settings", "waits"),
    [
        ({}, [0.5, 1, 2, 4, 8, 16, 30, 30]),
        ({"first": 3}, [3, 6, 12, 24, 30]),
        ({"factor": 1}, [0.5, 0.5, 0.5]),
        ({"factor": 10, "most": 100}, [0.5, 5, 50, 100, 100]),
        ({"first": 60}, [30, 30]),
        ({"random": lambda: 0.5}, [0.375, 0.75, 1.5]),
        ({"random": lambda: 1.0}, [0.25, 0.5, 1]),
        ({"random": lambda: 1.0, "jitter": 0}, [0.5, 1, 2]),
        ({"random": lambda: 0.75, "jitter": 1}, [0.125, 0.25]),
    ],
)
def test_the_waits(settings: dict[str, Any], waits: list[float]) -> None:
    made = backoff(**settings)
    assert [made.delay(failure + 1) for failure in range(len(waits))] == waits


@pytest.mark.parametrize(
    ("settings", "wait"), [({}, 60), ({"random": lambda: 1.0}, 30), ({"jitter": 0}, 60)]
)
def test_a_wait_that_somebody_else_says_is_shortened_too(
    settings: dict[str, Any], wait: float
) -> None:
    assert backoff(**settings).shortened(60) == wait


@given(seconds, st.floats(1, 1e300), seconds, shares, shares, st.integers(1, 10**9))
def test_every_wait_is_within_its_bounds(
    first: float, factor: float, most: float, jitter: float, chance: float, failures: int
) -> None:
    made = Backoff(first=first, factor=factor, most=most, jitter=jitter, random=lambda: chance)
    delay = made.delay(failures)
    assert 0 <= delay <= most
    assert delay >= min(first, most) * (1 - jitter) * (1 - 1e-9)


@given(seconds, st.floats(1, 1e3), seconds, st.integers(1, 2000))
def test_no_wait_is_shorter_than_the_one_before(
    first: float, factor: float, most: float, failures: int
) -> None:
    made = backoff(first=first, factor=factor, most=most)
    assert made.delay(failures) <= made.delay(failures + 1)


def test_no_number_of_failures_is_too_large() -> None:
    assert backoff().delay(10**12) == 30
    assert backoff(factor=1e308).delay(3) == 30
    assert backoff(factor=math.inf).delay(2) == 30
    assert backoff(factor=math.inf).delay(1) == 0.5


def test_two_programs_do_not_wait_in_step() -> None:
    one, other = (Backoff(random=random.Random(seed).random) for seed in (1, 2))
    assert [one.delay(n) for n in range(1, 9)] != [other.delay(n) for n in range(1, 9)]
    usual = Backoff()
    assert len({usual.delay(1) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": 0},
        {"first": math.nan},
        {"most": math.inf},
        {"most": -1},
        {"factor": 0.5},
        {"factor": math.nan},
        {"jitter": -0.1},
        {"jitter": 1.1},
        {"stable": 0},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        Backoff(**wrong)


@pytest.mark.virtual_time
async def test_it_sleeps_on_the_loops_clock() -> None:
    began = anyio.current_time()
    await Backoff().sleep(3600)
    assert anyio.current_time() - began == pytest.approx(3600)


@pytest.mark.virtual_time
async def test_how_long_a_connection_lived_is_told_by_the_clock(site: Site) -> None:
    now = 0.0
    patience = Backoff(random=lambda: 0.0, clock=lambda: now, sleep=site.sleep)
    async with site.client(backoff=patience) as client:
        for lived in (1.0, 9.0, 10.0, 1.0):
            now += lived
            await site.lose()
            await site.restore()
            await client.wait_connected()
    assert site.slept == [0.5, 1, 0.5, 1]
