"""The pytest plugin: the fixture `asterisk`.

Law: importing it costs nothing; what it needs is loaded when a test asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from amitrio.testing.asterisk import SimulatedAsterisk

__all__ = ["asterisk"]


@pytest.fixture
def asterisk() -> SimulatedAsterisk:
    """A simulated Asterisk 22 of the test's own. Start it with `async with asterisk:`."""
    from amitrio.testing.asterisk import SimulatedAsterisk  # noqa: PLC0415 - see the law

    return SimulatedAsterisk()
