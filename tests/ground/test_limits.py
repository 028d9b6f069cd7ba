"""The bounds: what they are, and what they cannot be."""

from __future__ import annotations

import attrs
import pytest

from amitrio.limits import DEFAULT_LIMITS, Limits

NAMES = [field.name for field in attrs.fields(Limits)]


def test_the_defaults() -> None:
    assert attrs.asdict(DEFAULT_LIMITS) == {
        "line": 16 * 1024**2,
        "frame": 64 * 1024**2,
        "banner": 1024,
        "list_items": 100_000,
        "pending_actions": 16_384,
        "outbound_calls": 65_536,
    }
    assert Limits() == DEFAULT_LIMITS


@pytest.mark.parametrize("name", NAMES)
def test_one_is_the_least(name: str) -> None:
    assert getattr(Limits(**{name: 1}), name) == 1
    for value in (0, -1):
        with pytest.raises(ValueError, match=f"'{name}' must be >= 1"):
            Limits(**{name: value})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [1.5, "16", None])
def test_a_bound_is_a_whole_number(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"'{name}' must be <class 'int'>"):
        Limits(**{name: value})  # type: ignore[arg-type] # the mistake under test


def test_they_are_named_and_stay_as_they_are() -> None:
    with pytest.raises(TypeError):
        Limits(1024)  # type: ignore[call-arg] # the mistake under test
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        DEFAULT_LIMITS.line = 1  # type: ignore[misc] # the mistake under test
