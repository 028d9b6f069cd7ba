"""The catalogue is whole: 28 faults, each with its test, and each test with its fault."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import amitrio
from tests.faults.catalogue import FAULTS, GROUPS
from tests.faults.page import PAGE, table, with_tables

_TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


def written_for(group: str) -> list[str]:
    return _TEST.findall((Path(__file__).parent / f"test_{group}.py").read_text("utf-8"))


def test_there_are_28() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) == 28


def test_every_fault_has_its_test_and_every_test_its_fault() -> None:
    for group in GROUPS:
        wanted = Counter(name for fault in FAULTS if fault.group == group for name in fault.tests)
        assert Counter(written_for(group)) == wanted


def test_every_file_of_tests_is_a_group() -> None:
    files = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert files == {*GROUPS, "catalogue"}


def test_the_page_holds_the_catalogue() -> None:
    page = PAGE.read_text("utf-8")
    assert with_tables(page) == page, "run python -m tests.faults"
    assert [page.count(table(group)) for group in GROUPS] == [1] * len(GROUPS)


def test_the_page_names_what_there_is() -> None:
    names = re.findall(r"\{py:\w+\}`~?amitrio\.(\w+)`", PAGE.read_text("utf-8"))
    assert names
    assert [name for name in names if not hasattr(amitrio, name)] == []
