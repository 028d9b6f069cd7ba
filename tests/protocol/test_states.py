"""Every state and every step: where it leads, or that it is refused."""

from __future__ import annotations

import itertools

import pytest

from amitrio.protocol.states import State, Step, after

# One row a state, one column a step; a dash is a step that the state does not have.
GRID = """
                CONNECTED  GREETED         LOGGED_IN  LEFT     VIOLATED  ENDED
NEW             GREETING   -               -          -        -         CLOSED
GREETING        -          AUTHENTICATING  -          -        BROKEN    CLOSED
AUTHENTICATING  -          -               READY      LEAVING  BROKEN    CLOSED
READY           -          -               READY      LEAVING  BROKEN    CLOSED
LEAVING         -          -               LEAVING    LEAVING  BROKEN    CLOSED
BROKEN          -          -               -          -        -         CLOSED
CLOSED          -          -               -          -        -         CLOSED
"""

_head, *_rows = [line.split() for line in GRID.strip().splitlines()]
CELLS = [
    (state, step, follows)
    for state, *cells in _rows
    for step, follows in zip(_head, cells, strict=True)
]
ALLOWED = [cell for cell in CELLS if cell[2] != "-"]
REFUSED = [cell[:2] for cell in CELLS if cell[2] == "-"]


def test_the_grid_has_every_pair() -> None:
    pairs = {(state.name, step.name) for state, step in itertools.product(State, Step)}
    assert {cell[:2] for cell in CELLS} == pairs


@pytest.mark.parametrize(("state", "step", "follows"), ALLOWED)
def test_a_step_that_is_allowed(state: str, step: str, follows: str) -> None:
    assert after(State[state], Step[step]) is State[follows]


@pytest.mark.parametrize(("state", "step"), REFUSED)
def test_a_step_that_is_refused(state: str, step: str) -> None:
    with pytest.raises(RuntimeError, match=f"no step {step} from {state}"):
        after(State[state], Step[step])


@pytest.mark.parametrize("state", State)
def test_every_state_can_end(state: State) -> None:
    assert after(state, Step.ENDED) is State.CLOSED
