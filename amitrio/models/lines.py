"""Lines: the expressions that the lines of a frame are checked and cut by.

Law: a value ends at the carriage return, and one that holds one is not for an expression. There is
one way only to match a line, so a frame that fits none is declined in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["LINE_END", "VALUE", "named", "passed_over"]

VALUE = "[^\r]*+"
LINE_END = "(?=\r\n|\\Z)"


def named(name: str, value: str = VALUE) -> str:
    """A line of exactly that name."""
    return f"{re.escape(name)}: {value}"


def passed_over(name: str, wanted: Iterable[str]) -> str:
    """A line whose name is none of `wanted` (in lower case), as that of this name is none.

    Of the name only so much is looked at as tells it from all of these.
    """
    told = max((_common(name.lower(), other) for other in wanted), default=0) + 1
    if told > len(name) or not name.isascii():
        return named(name)
    return re.escape(name[:told]) + VALUE


def _common(name: str, other: str) -> int:
    """How many letters both begin with."""
    for at, (one, another) in enumerate(zip(name, other, strict=False)):
        if one != another:
            return at
    return min(len(name), len(other))
