"""Showing: the repr of values that have many fields, few of them set.

Law: what a peer sent is printable there, and a secret does not show.
"""

from __future__ import annotations

from typing import Any

import attrs

from amitrio.headers import redacted
from amitrio.models.kinds import spec_of

__all__ = ["shown"]


def shown(value: Any) -> str:
    """`Class(field=..., field=...)` with the fields that hold something."""
    cls = _class_of(value)
    fields = sorted(attrs.fields(cls), key=lambda field: not field.metadata)
    held = [(field, getattr(value, field.name)) for field in fields]
    told = [f"{field.name}={_one(field, one)}" for field, one in held if _is_set(one)]
    return f"{cls.__name__}({', '.join(told)})"


def _class_of(value: object) -> type:
    """The class of a value of which nothing is known to a type checker."""
    return type(value)


def _is_set(value: object) -> bool:
    return value is not None and (isinstance(value, str | int | float) or bool(value))


def _one(field: attrs.Attribute[Any], value: object) -> str:
    if not field.metadata:
        return repr(value)
    spec = spec_of(field)
    if spec.secret:
        return "'…'"
    return repr(redacted(spec.header, value)) if type(value) is str else repr(value)
