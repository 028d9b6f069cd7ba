from __future__ import annotations

import pytest

from tests.chaos.planted import PLANTED, SEEDS
from tests.chaos.run import BACKENDS, Backend, run
from tests.chaos.seeds import ALWAYS

# What a bug leaves behind when it is stopped is its own fault.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name: str, backend: Backend) -> None:
    for seed in SEEDS[name]:
        assert seed in ALWAYS
        assert run(seed, backend, PLANTED[name]).breaches, f"seed {seed} does not find it"


def test_every_planted_bug_has_its_seeds() -> None:
    assert set(PLANTED) == set(SEEDS)
    assert all(len(seeds) > 1 for seeds in SEEDS.values())
