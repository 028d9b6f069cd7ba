"""Moments: seconds since 1970, as Asterisk writes them, and the time that they are.

Law: to the microsecond, and always with a zone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["moment", "written_moment"]

_EPOCH = re.compile(r"([0-9]{1,11})(?:\.([0-9]{1,6}))?")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str) -> datetime:
    """The moment; ValueError for what is none."""
    found = _EPOCH.fullmatch(text)
    if found is None:
        raise ValueError(text)
    try:
        return _BEGINNING + timedelta(
            seconds=int(found[1]), microseconds=int((found[2] or "").ljust(6, "0"))
        )
    except OverflowError:
        raise ValueError(text) from None


def written_moment(when: datetime) -> str:
    """The moment as Asterisk writes it; ValueError for one that it cannot say."""
    if when.tzinfo is None or when <= _BEGINNING:
        raise ValueError(f"{when} is no moment since 1970 with a zone")
    since = when - _BEGINNING
    seconds = since.days * 86400 + since.seconds
    return f"{seconds}.{since.microseconds:06}" if since.microseconds else str(seconds)
