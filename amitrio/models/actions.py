"""Actions: what a client may ask, by name or as an object.

Law: an action is a value; it is checked when it is encoded, before a byte leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, cast

import attrs

from amitrio.headers import redacted
from amitrio.protocol.encoding import HeaderValue

__all__ = ["Action", "ActionLike", "FieldSource", "FieldValue", "action_of"]

Scalar = HeaderValue | int | float
FieldValue = Scalar | None | Iterable[Scalar]
"""What a header may be given as: None leaves it out, several values repeat it."""

FieldSource = Mapping[str, FieldValue] | Iterable[tuple[str, FieldValue]]


def _spread_out(headers: FieldSource) -> tuple[tuple[str, HeaderValue], ...]:
    return tuple(_spread(_pairs(headers)))


def _shown_headers(headers: tuple[tuple[str, HeaderValue], ...]) -> str:
    return repr([(name, redacted(name, str(value))) for name, value in headers])


@attrs.frozen
class Action:
    """An action: its name and its headers in order, given as `Client.send` takes them."""

    name: str
    headers: tuple[tuple[str, HeaderValue], ...] = attrs.field(
        default=(), converter=_spread_out, repr=_shown_headers
    )

    def plain(self) -> Action:
        """Itself."""
        return self

    def get(self, name: str) -> HeaderValue | None:
        """The first value of that name, in any case."""
        wanted = name.lower()
        return next((value for header, value in self.headers if header.lower() == wanted), None)


class ActionLike(Protocol):
    """What can be sent: an Action is, and so is every class of `amitrio.actions`."""

    def plain(self) -> Action:
        """The same as name and headers."""
        ...


def action_of(
    action: str | ActionLike, headers: FieldSource, fields: Mapping[str, FieldValue]
) -> Action:
    """The action that `send` was given: by name with headers, or as an object."""
    pairs = [*_pairs(headers), *fields.items()]
    if isinstance(action, str):
        return Action(action, pairs)
    if pairs:
        raise TypeError("an action object brings its own headers; give none beside it")
    return action.plain()


def _pairs(headers: FieldSource) -> Iterable[tuple[str, FieldValue]]:
    if isinstance(headers, Mapping):
        return cast("Mapping[str, FieldValue]", headers).items()
    return headers


def _spread(pairs: Iterable[tuple[str, FieldValue]]) -> Iterable[tuple[str, HeaderValue]]:
    for name, value in pairs:
        if value is None:
            continue
        if isinstance(value, Mapping | bytes | bytearray):
            raise TypeError(f"the value of {name} is neither text, a number, nor a list of such")
        if isinstance(value, Iterable) and not isinstance(value, str):
            for single in value:
                yield name, _written(single)
        else:
            yield name, _written(value)


def _written(value: Scalar) -> HeaderValue:
    """Asterisk reads truth as "true" (ast_true) and numbers as decimal text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value
