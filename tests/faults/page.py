"""The page: the tables of docs/reliability.md, written from the catalogue.

Law: what users read is what the tests show.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults.catalogue import FAULTS, GROUPS

__all__ = ["PAGE", "table", "with_tables"]

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

_HEAD = ("| Fault | What your program sees | The connection lives on |", "|---|---|---|")
_NAME = re.compile(r"\{(\w+)\}")


def table(group: str) -> str:
    """The faults of one group, as the page shows them."""
    rows = [
        " | ".join(_cell(text) for text in (fault.title, fault.told, fault.lives))
        for fault in FAULTS
        if fault.group == group
    ]
    return "\n".join((*_HEAD, *(f"| {row} |" for row in rows)))


def with_tables(page: str) -> str:
    """The page with the tables of today, each between two marks."""
    for group in GROUPS:
        begin, end = f"<!-- faults: {group} -->\n", "\n<!-- end -->"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}{table(group)}{end}{after}"
    return page


def _cell(text: str) -> str:
    linked = _NAME.sub(r"{py:class}`~amitrio.\1`", text)
    return linked if linked.startswith("{") else linked[:1].upper() + linked[1:]
