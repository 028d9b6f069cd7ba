"""Values that several headers share: variables, addresses, and text that is one of a few words.

Law: immutable, comparable, hashable; what Asterisk spells in two ways is one value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Self

import attrs

from amitrio.headers import redacted

__all__ = ["Address", "Variables", "WireText"]

# ast_json_ipaddr() leaves out a transport that it does not know.
_SECURITY_ADDRESS = re.compile(r"IPV[46]/(?:([A-Za-z]+)/)?([^/\s]+)/([0-9]{1,5})")
_BRACKETED = re.compile(r"\[([^\]\s]+)\](?::([0-9]{1,5}))?")
_PLAIN = re.compile(r"([^:/\[\]\s]+)(?::([0-9]{1,5}))?")
_MAX_PORT = 65535


class WireText(StrEnum):
    """One of the words that Asterisk uses for something; found in any case."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        wanted = value.lower()
        return next((member for member in cls if member.value.lower() == wanted), None)


class Variables(Mapping[str, str]):
    """Channel variables in the order that Asterisk gave them; names as they are, case included."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, str] = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Variables):
            return self._values == other._values
        return self._values == other if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __reduce__(self) -> tuple[object, ...]:
        return Variables, (self._values,)

    def __repr__(self) -> str:
        return repr({name: redacted(name, value) for name, value in self._values.items()})


@attrs.frozen
class Address:
    """A network address: `transport` (`TCP`, `TLS`, ...) only where Asterisk says it."""

    host: str
    port: int | None = None
    transport: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The address; ValueError for what is none."""
        host, port, transport = _cut(text)
        if host is None or (port is not None and int(port) > _MAX_PORT):
            raise ValueError(f"{text!r} is no address")
        return cls(host, None if port is None else int(port), transport)

    def __str__(self) -> str:
        """As Asterisk writes it."""
        colons = ":" in self.host
        if self.transport is not None:
            return f"IPV{6 if colons else 4}/{self.transport}/{self.host}/{self.port}"
        host = f"[{self.host}]" if colons else self.host
        return host if self.port is None else f"{host}:{self.port}"


def _cut(text: str) -> tuple[str | None, str | None, str | None]:
    if found := _SECURITY_ADDRESS.fullmatch(text):
        return found[2], found[3], found[1]
    if found := _BRACKETED.fullmatch(text) or _PLAIN.fullmatch(text):
        return found[1], found[2], None
    return None, None, None
