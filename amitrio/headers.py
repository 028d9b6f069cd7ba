"""Headers: the lines of one frame as an ordered multimap.

Law: order and repetition are data (GetConfig's structure is the order of its lines), names are
found in any case, and of a repeated name the first wins, as it does inside Asterisk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from amitrio.text import printable

__all__ = ["Headers", "redacted"]

# Replies carry secrets too: PJSIPShowAuths says Password, GetConfig of manager.conf says
# `Line-000001-000000: secret=...`. What is asked for by name is given; a repr does not show it.
_SECRET = re.compile(
    r"password|secret|key|md5[_-]?cred|md5secret|oauth[_-]secret|refresh[_-]token", re.IGNORECASE
)


def redacted(name: str, value: str) -> str:
    """A header's value as a repr may show it: printable, and hidden where it is a secret."""
    if name.lower().startswith("line-"):
        variable, sign, _ = value.partition("=")
        return (
            f"{printable(variable)}=…" if sign and _SECRET.fullmatch(variable) else printable(value)
        )
    return "…" if _SECRET.fullmatch(name) else printable(value)


class Headers(Mapping[str, str]):
    """What a frame said, in order. As a mapping: each name once, with its first value.

    A line without a colon (Asterisk sends some) is kept under the name ``""``.
    """

    __slots__ = ("_index", "pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs: tuple[tuple[str, str], ...] = tuple(pairs)
        self._index: dict[str, list[tuple[str, str]]] | None = None

    def _by_name(self) -> dict[str, list[tuple[str, str]]]:
        if self._index is None:
            index: dict[str, list[tuple[str, str]]] = {}
            for pair in self.pairs:
                index.setdefault(pair[0].lower(), []).append(pair)
            self._index = index
        return self._index

    def __getitem__(self, name: str) -> str:
        try:
            return self._by_name()[name.lower()][0][1]
        except KeyError:
            raise KeyError(name) from None

    def getall(self, name: str) -> list[str]:
        """Every value of that name, in order; an empty list where there is none."""
        return [value for _, value in self._by_name().get(name.lower(), ())]

    def __iter__(self) -> Iterator[str]:
        return (found[0][0] for found in self._by_name().values())

    def __len__(self) -> int:
        return len(self._by_name())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._by_name()

    def __eq__(self, other: object) -> bool:
        return self.pairs == other.pairs if isinstance(other, Headers) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __reduce__(self) -> tuple[object, ...]:
        return Headers, (self.pairs,)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{printable(name)}: {redacted(name, value)!r}" for name, value in self.pairs
        )
        return f"<Headers {shown}>"
