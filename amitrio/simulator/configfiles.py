"""Configuration files: what GetConfig reads.

Law: a file is an ordered list of categories, a category an ordered list of lines, as Asterisk
reads them: comments and blanks around `=` are gone, and names may repeat.
"""

from __future__ import annotations

from typing import Self

import attrs

__all__ = ["Category", "ConfigFile"]


@attrs.frozen
class Category:
    """One `[category]` and its lines."""

    name: str
    lines: tuple[tuple[str, str], ...] = ()


@attrs.frozen
class ConfigFile:
    """One file."""

    categories: tuple[Category, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a configuration file."""
        found: list[tuple[str, list[tuple[str, str]]]] = []
        for line in text.splitlines():
            bare = _without_comment(line)
            if bare.startswith("[") and "]" in bare:
                found.append((bare[1 : bare.index("]")], []))
            elif found and "=" in bare:
                name, _, value = bare.partition("=")
                found[-1][1].append((name.strip(), value.removeprefix(">").strip()))
        return cls(tuple(Category(name, tuple(lines)) for name, lines in found))


def _without_comment(line: str) -> str:
    kept, at = list[str](), 0
    while at < len(line) and (line[at] != ";" or line[at - 1 : at] == "\\"):
        kept.append(line[at])
        at += 1
    return "".join(kept).replace("\\;", ";").strip()
