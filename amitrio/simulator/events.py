"""Events: what the PBX publishes, as headers and as the bytes that every session gets.

Law: header names and their order are those that real servers sent; a value goes out as it is,
except where Asterisk itself escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable

from amitrio.protocol import encode_frame
from amitrio.protocol.privileges import privilege_text

__all__ = ["UNKNOWN", "Event", "Headers", "Pair", "Raw", "c_escape"]

Pair = tuple[str, str]
Headers = list[Pair]

UNKNOWN = "<unknown>"
"""How Asterisk writes a number or a name that it does not have."""

# ast_escape_c(): backslash and letter.
_ESCAPES = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "?": "\\?",
    }
)


def c_escape(text: str) -> str:
    """The text as VarSet and the names in channel snapshots carry it."""
    return text.translate(_ESCAPES)


class Raw:
    """Bytes that a test sends where events are sent."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class Event:
    """One published event: its name, who may read it, and its bytes."""

    __slots__ = ("data", "name", "privilege")

    def __init__(
        self, name: str, privilege: int, headers: Iterable[Pair], stamp: str | None = None
    ) -> None:
        first = [("Event", name), ("Privilege", privilege_text(privilege))]
        if stamp is not None:
            first.append(("Timestamp", stamp))
        self.name = name
        self.privilege = privilege
        self.data = encode_frame([*first, *headers])

    @property
    def text(self) -> str:
        """The event as event filters see it."""
        return self.data.decode("latin-1")
