"""The answer of GetConfig: a configuration file as an ordered structure.

Asterisk numbers what it sends: `Category-000000: general`, `Line-000000-000001: port=5038`. The
numbers are the order; a category may occur twice, and so may a variable.

Law: nothing is merged and nothing reordered.
"""

from __future__ import annotations

import re

import attrs

from amitrio.headers import redacted
from amitrio.models.replies import Reply

__all__ = ["Category", "ConfigReply"]

_CATEGORY = re.compile(r"Category-(\d+)", re.IGNORECASE)
_LINE = re.compile(r"Line-(\d+)-\d+", re.IGNORECASE)


@attrs.frozen
class Category:
    """One `[section]` of a file, with its variables in order."""

    name: str
    variables: tuple[tuple[str, str], ...] = attrs.field(
        default=(),
        repr=lambda pairs: repr([(name, redacted(name, value)) for name, value in pairs]),
    )

    def getall(self, name: str) -> list[str]:
        """Every value that is set under that name, in order."""
        return [value for key, value in self.variables if key == name]


class ConfigReply(Reply):
    """A configuration file."""

    __slots__ = ()

    @property
    def categories(self) -> list[Category]:
        """The sections of the file in order; templates and repeated names included."""
        names: dict[str, str] = {}
        variables: dict[str, list[tuple[str, str]]] = {}
        for header, value in self.headers.pairs:
            if found := _CATEGORY.fullmatch(header):
                names[found[1]] = value
            elif found := _LINE.fullmatch(header):
                name, _, content = value.partition("=")
                variables.setdefault(found[1], []).append((name, content))
        return [Category(name, tuple(variables.get(key, ()))) for key, name in names.items()]
