"""Fixtures of the client's tests.

Every test that talks to a peer has a task group around it, which holds what runs beside it; and
every one has a time limit, so that a wait that should have ended fails the test, not the run.
"""

from __future__ import annotations

import functools
import gc
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.client.peer import GONE, Peer
from tests.client.waiting import Beside

_SECONDS = 15.0
_VIRTUAL_SECONDS = 1e7


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    limit(items, Path(__file__).parent)


def limit(items: list[pytest.Item], here: Path) -> None:
    """Give each async test of the directory its time limit."""
    for item in items:
        if not isinstance(item, pytest.Function) or here not in item.path.parents:
            continue
        if inspect.iscoroutinefunction(item.obj):
            virtual = item.get_closest_marker("virtual_time") is not None
            item.obj = _limited(item.obj, _VIRTUAL_SECONDS if virtual else _SECONDS)


def _limited(test: Callable[..., Awaitable[None]], seconds: float) -> Callable[..., Any]:
    @functools.wraps(test)
    async def limited(*args: Any, **kwargs: Any) -> None:
        with anyio.fail_after(seconds):
            await test(*args, **kwargs)

    return limited


@pytest.fixture
async def beside() -> AsyncIterator[Beside]:
    async with anyio.create_task_group() as tasks:
        beside = Beside(tasks)
        yield beside
        tasks.cancel_scope.cancel()
    for resource in beside.to_close:
        with suppress(*GONE, OSError):
            await anyio.aclose_forcefully(resource)
    gc.collect(1)  # what was dropped without being closed warns in the test that dropped it


@pytest.fixture
def peer(beside: Beside) -> Peer:
    return Peer(beside)
