"""Criteria: whether the server reads the MatchCriteria of a Filter.

One that does not passes over them and answers Success: the filter is then a regular expression on
the whole text of an event, and nobody notices what is missing or too much.

Law: a filter that is known not to mean what it says does not leave; what is unknown is believed.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from amitrio.errors import FeatureMissing
from amitrio.models import Action
from amitrio.text import excerpt

__all__ = ["has_criteria", "ignored_criteria", "reads_criteria"]

# The first minor version of each release line that reads them, by Asterisk's release notes. The
# lines that are missing ended before that, and those after the last began with it.
_SINCE = MappingProxyType({18: 26, 20: 11, 21: 6, 22: 1})

# A distribution's ("22.10.1~dfsg") as well; "GIT-22-a1b2c3" tells no minor version.
_VERSION = re.compile(r"(?:certified[/-])?(\d{1,4})\.(\d{1,4})")


def has_criteria(action: Action) -> bool:
    """Whether the action is a filter with criteria."""
    return action.name.lower() == "filter" and bool(action.get("MatchCriteria"))


def reads_criteria(release: int | None, version: str | None) -> bool | None:
    """Whether an Asterisk of that release line and version reads criteria; None if unknown."""
    known = _VERSION.match(version or "")
    if known is not None:
        release = int(known[1])
    if release is None or release > max(_SINCE):
        return None if release is None else True
    if release not in _SINCE:
        return False
    return None if known is None else int(known[2]) >= _SINCE[release]


def ignored_criteria(release: int | None, version: str | None) -> FeatureMissing:
    """The error for a filter that would not mean what it says."""
    shown = excerpt(version or str(release))
    return FeatureMissing(
        f"Filter: Asterisk {shown} ignores MatchCriteria and answers Success; that takes 18.26,"
        " 20.11, 21.6, 22.1 or newer. Give a regular expression in Filter alone, or choose with"
        " where= in events()",
        feature="MatchCriteria",
    )
