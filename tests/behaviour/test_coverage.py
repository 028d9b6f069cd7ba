"""Coverage: a rich scenario on each server, and no message of it that the models do not hold."""

from __future__ import annotations

import pytest

from amitrio.models.registry import event_kinds
from tests.behaviour.pbx import Pbx
from tools.coverage.acts import ACTS
from tools.coverage.census import Census, take
from tools.coverage.play import Performance, perform

LACKING = {"asterisk-22": {"media.monitored"}, "asterisk-16": set[str]()}
"""Acts that a server has not what it takes for: res_monitor went with 21."""

RICH = {"simulator": 40, "asterisk-22": 160, "asterisk-16": 160}
"""So many kinds of events come at least."""


@pytest.fixture(params=["trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """One backend does: the messages are the server's."""
    backend: str = request.param
    return backend


async def played_on(pbx: Pbx) -> tuple[Performance, Census]:
    performance = await perform(pbx.host, pbx.port, pbx.connect, pbx.users["admin"])
    heard = bytes(performance.tape.heard)
    return performance, take(pbx.name, heard, performance.tape.actions)


async def test_the_models_hold_all_that_a_rich_scenario_brings(mortal_pbx: Pbx) -> None:
    performance, census = await played_on(mortal_pbx)
    assert performance.broken == {}
    assert not census.findings, census.examples
    if mortal_pbx.name in LACKING:
        assert set(performance.left_out) == LACKING[mortal_pbx.name]
    assert performance.done.keys() | set(performance.left_out) == {act.name for act in ACTS}
    assert len(census.events.keys() & set(event_kinds())) >= RICH[mortal_pbx.name]
