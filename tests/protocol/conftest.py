"""Fixtures of the protocol's tests."""

from __future__ import annotations

import pytest

from tests.protocol.transcripts import Session


@pytest.fixture
def session() -> Session:
    return Session()
