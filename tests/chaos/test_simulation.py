from __future__ import annotations

import pytest

from tests.chaos.run import BACKENDS, Backend, run
from tests.chaos.script import written
from tests.chaos.seeds import ALWAYS, KEPT

_SLICE = 25


@pytest.mark.parametrize("first", ALWAYS[::_SLICE])
def test_seeds_that_are_always_run(first: int) -> None:
    for seed in ALWAYS[first : first + _SLICE]:
        verdicts = [run(seed, backend) for backend in BACKENDS]
        for verdict in verdicts:
            assert not verdict.breaches, str(verdict)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("seed", KEPT)
def test_seeds_that_once_found_a_bug(seed: int, backend: Backend) -> None:
    verdict = run(seed, backend)
    assert not verdict.breaches, str(verdict)


def test_a_seed_makes_one_script() -> None:
    for seed in range(50):
        assert written(seed) == written(seed)
    assert len({repr(written(seed)) for seed in range(50)}) == 50


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_seed_makes_one_trace(backend: Backend) -> None:
    for seed in range(20):
        assert run(seed, backend).trace == run(seed, backend).trace


def test_the_scripts_hold_what_they_are_for() -> None:
    scripts = [written(seed) for seed in ALWAYS]
    assert {script.supervised for script in scripts} == {True, False}
    deeds = {type(deed).__name__ for script in scripts for deed in script.server}
    assert deeds == {"Burst", "Noise", "Cut", "Stall", "Hole", "Restart"}
    manners = [manner for script in scripts for manner in script.manners]
    assert {m.how for m in manners} == {"answer", "silent", "twice", "postponed", "refuse", "cut"}
    assert {m.end for m in manners} == {"complete", "error", "never", "miscounted"}
