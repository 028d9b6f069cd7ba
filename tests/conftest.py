"""One suite, two backends: every async test runs on trio and on asyncio.

pytest-trio runs the tests that want its clock or nursery, anyio's plugin all others; neither has
its auto mode on, and no test may have two runners. A test marked `virtual_time` runs on a clock
that jumps: hours pass in no time, and no real socket may be used.
"""

from __future__ import annotations

import inspect
from collections import Counter
from typing import Any

import pytest
import trio.testing

import tests.profiles  # noqa: F401 - registers and loads hypothesis's profile
from tests.virtual_time import VirtualLoop

TRIO_FIXTURES = {"autojump_clock", "mock_clock", "nursery"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--asterisk",
        action="store_true",
        help="run the behaviour tests against real Asterisk 22 and 16 too (Debian, root)",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what did not run, one line a reason."""
    places = [report.longrepr for report in terminalreporter.getreports("skipped")]
    reasons = Counter(place[2] for place in places if isinstance(place, tuple))
    for reason, count in reasons.items():
        terminalreporter.write_line(f"NOT RUN: {count} tests. {reason}")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: Any) -> None:
    """Give every async test exactly one runner."""
    if not collector.istestfunction(obj, name):
        return
    inner = obj.hypothesis.inner_test if hasattr(obj, "hypothesis") else obj
    if not inspect.iscoroutinefunction(inner):
        return
    marks = {mark.name for mark in getattr(obj, "pytestmark", ())}
    marks |= {mark.name for mark in collector.iter_markers()}
    if marks & {"trio", "anyio"}:
        return
    wants_trio = TRIO_FIXTURES & set(inspect.signature(inner).parameters)
    (pytest.mark.trio if wants_trio else pytest.mark.anyio)(obj)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("trio") and item.get_closest_marker("anyio"):
            raise pytest.UsageError(f"{item.nodeid}: marked both trio and anyio")


@pytest.fixture(params=["trio", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    virtual = request.node.get_closest_marker("virtual_time") is not None
    if request.param == "trio":
        options: dict[str, Any] = {"restrict_keyboard_interrupt_to_checkpoints": True}
        if virtual:
            options["clock"] = trio.testing.MockClock(autojump_threshold=0)
        return "trio", options
    return "asyncio", {"loop_factory": VirtualLoop} if virtual else {"use_uvloop": False}
