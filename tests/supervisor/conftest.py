"""Fixtures of the supervisor's tests: those of the client's, and a site to connect to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.client.conftest import beside, limit
from tests.client.waiting import Beside
from tests.supervisor.site import Site

__all__ = ["beside"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    limit(items, Path(__file__).parent)


@pytest.fixture
def site(beside: Beside) -> Site:
    return Site(beside)
