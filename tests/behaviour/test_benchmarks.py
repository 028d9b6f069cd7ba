"""The benchmarks, where they ping a real Asterisk: they work. No time is looked at."""

from __future__ import annotations

import pytest

from benchmarks.on_asterisk import on_asterisk
from benchmarks.rounds import Plan, available
from benchmarks.traffic import BLOCK
from benchmarks.workloads import CLIENTS, WORKLOADS
from tests.behaviour.pbx import SERVERS, prepared


@pytest.mark.parametrize("name", SERVERS[1:])
def test_each_backend_pings_a_real_one(name: str, pytestconfig: pytest.Config) -> None:
    release = prepared(name, pytestconfig)
    ours = [one for one in CLIENTS if one.is_ours and available(one, None)]
    told: list[str] = []
    text = on_asterisk(release, Plan(ours, WORKLOADS, 1, lambda _: BLOCK), told.append)
    assert told == ["round 1 of 1"]
    assert text.startswith(f"### One ping after another, to Asterisk {release}.")
    for client in ours:
        assert f"\n| {client.name} | " in text
