"""A slice of the fuzzing (fuzz/README.md) that needs no fuzzer: mutations by seeded chance."""

from __future__ import annotations

import pytest

from amitrio.models import shapes, typed
from amitrio.protocol import Exchange, ListEnded, Received, encoding, requests
from amitrio.protocol.correlation import Correlator
from amitrio.protocol.framing import Framer
from fuzz.mutations import mutations
from fuzz.seeds import client_seeds
from fuzz.targets import TARGETS

COUNTS = {"client": 2500, "requests": 1000, "actions": 4000}


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds(name: str) -> None:
    seeds = TARGETS[name].seeds()
    assert len(seeds) > 10
    for seed in seeds:
        TARGETS[name].check(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_mutations_of_the_seeds(name: str) -> None:
    target = TARGETS[name]
    for data in mutations(target.seeds(), COUNTS[name], seed=4):
        target.check(data)


def test_the_same_seed_makes_the_same_inputs() -> None:
    seeds = client_seeds()
    assert [*mutations(seeds, 50, seed=1)] == [*mutations(seeds, 50, seed=1)]
    assert [*mutations(seeds, 50, seed=1)] != [*mutations(seeds, 50, seed=2)]


# The targets must be able to tell: each of these faults is found by some hundred inputs.


def found(name: str) -> bool:
    try:
        for data in mutations(TARGETS[name].seeds(), 700, seed=4):
            TARGETS[name].check(data)
    except Exception:  # noqa: BLE001 - whatever escapes is a finding
        return True
    return False


def cuts_at_the_seam(_framer: Framer, data: bytes) -> bytes:
    """Looks for an end in what came last only."""
    return data


def settles_twice(_: Correlator, exchange: Exchange, kind: str, frame: bytes) -> Received:
    """Tells the end of a list, and does not close it."""
    return ListEnded(exchange, kind, frame)


FAULTS: list[tuple[str, object, str, object]] = [
    ("client", Framer, "_with_seam", cuts_at_the_seam),
    ("client", Framer, "_check_held", lambda _framer, _start: None),
    ("client", Correlator, "_completed", settles_twice),
    # `<unknown>` is text like any other, but only where a shape has cut the frame.
    ("client", shapes, "_expression_of", lambda _codec, piece: piece),
    ("requests", requests, "_BUFFER", 4096),
    ("actions", encoding, "MAX_LINE", 1023),
    ("actions", encoding, "MAX_LINES", 200),
    ("actions", encoding, "_check_name", lambda _name: None),
    ("actions", encoding, "_check_value", lambda _name, _value: None),
]


@pytest.mark.parametrize(("name", "owner", "attribute", "fault"), FAULTS)
def test_a_fault_would_be_found(
    name: str, owner: object, attribute: str, fault: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, attribute, fault)
    monkeypatch.setattr(typed, "_NARROW", {})  # what a fault teaches is forgotten with it
    assert found(name)
