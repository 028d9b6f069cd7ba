"""The same seed and the same script give the same bytes, on either backend."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.simulator.talk import talking
from tests.virtual_time import run_virtually

ORIGINATE = "Action: Originate\nAsync: 1\nContext: h2\nPriority: 1"
SCRIPT = (
    "Action: Challenge\nAuthType: MD5",
    f"{ORIGINATE}\nActionID: 1\nChannel: Local/wait@h2\nExten: queue",
    f"{ORIGINATE}\nActionID: 2\nChannel: Local/load@h2\nExten: dial",
    "Action: CoreShowChannels",
    "Action: QueueStatus",
)


def _story(backend: Literal["trio", "asyncio"], seed: int) -> str:
    async def tell() -> str:
        async with talking(events="on", seed=seed) as (_, talk):
            return "".join([await talk.ask(action, 0.7) for action in SCRIPT])

    return run_virtually(tell, backend)


@pytest.mark.parametrize("seed", [0, 7])
def test_both_backends_tell_the_same_story(seed: int) -> None:
    story = _story("trio", seed)
    assert len(story) > 20_000
    assert story == _story("trio", seed) == _story("asyncio", seed)


def test_another_seed_is_another_story() -> None:
    assert _story("asyncio", 1) != _story("asyncio", 2)
