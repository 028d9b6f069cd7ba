"""Fixtures of the catalogue's tests: those of the client's and the supervisor's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.client.conftest import beside, limit, peer
from tests.supervisor.conftest import site

__all__ = ["beside", "peer", "site"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    limit(items, Path(__file__).parent)
