"""Plain: values as text, numbers, truth, None, lists and dicts, for json, sqlite and the web.

Law: whatever a message holds has a plain form, and no text in it holds a lone surrogate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any, cast

import attrs

from amitrio.headers import Headers
from amitrio.models.values import Address, Variables

__all__ = ["JSON", "plain", "plain_headers"]

JSON = str | int | float | bool | None | list["JSON"] | dict[str, "JSON"]


def plain(value: Any, clean: Callable[[str], str] = str) -> JSON:
    """The plain form of what a field holds."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple):
        return [plain(one, clean) for one in cast("tuple[object, ...]", value)]
    if isinstance(value, Headers):
        return plain_headers(value, clean)
    if isinstance(value, Variables):
        return {clean(name): clean(one) for name, one in value.items()}
    return None if value is None else _object(value, clean)


def _object(value: Any, clean: Callable[[str], str]) -> JSON:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Address):
        return clean(str(value))
    fields = attrs.fields(_class_of(value))
    return {field.name: plain(getattr(value, field.name), clean) for field in fields}


def _class_of(value: object) -> type:
    return type(value)


def plain_headers(headers: Headers, clean: Callable[[str], str]) -> JSON:
    """Each name with its value, or with a list of values where it is repeated."""
    told: dict[str, JSON] = {}
    for name in headers:
        values: list[JSON] = [clean(value) for value in headers.getall(name)]
        told[clean(name)] = values[0] if len(values) == 1 else values
    return told
