"""A short slice of each soak that needs no Asterisk; the whole ones are sessions of nox."""

from __future__ import annotations

from soak import memory


async def test_a_flood_grows_nothing_and_every_event_is_accounted_for() -> None:
    flooded = await memory.flood(20_000)
    assert flooded.taken + flooded.told_dropped == 20_000
    assert flooded.told_dropped > 0
    assert flooded.good, flooded


async def test_connections_leave_nothing_behind() -> None:
    left = await memory.connects(100)
    assert left.descriptors == 0
    assert left.good, left
