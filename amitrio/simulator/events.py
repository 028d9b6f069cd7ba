"""Events: what the PBX publishes, as a model and as the bytes that every session gets.

Law: an event is rendered once, however many sessions get it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from amitrio.models import Event, TypedEvent
from amitrio.protocol.privileges import permissions, privilege_text
from amitrio.simulator.spelling import header_lines, lines_of
from amitrio.text import encode

__all__ = ["Published", "Raw", "privilege_of"]


class Raw:
    """Bytes that a test sends where events are sent."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class Published:
    """One published event: what it says, who may read it, and its bytes."""

    __slots__ = ("data", "event", "privilege")

    def __init__(
        self,
        event: Event,
        privilege: int | None = None,
        envelope: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.event = event
        self.privilege = privilege_of(event) if privilege is None else privilege
        first = f"Event: {event.kind}\r\nPrivilege: {_privilege_text(self.privilege)}\r\n"
        self.data = encode(f"{first}{header_lines(envelope)}{lines_of(event)}\r\n")

    @property
    def text(self) -> str:
        """The event as event filters see it."""
        return self.data.decode("latin-1")


def privilege_of(event: Event) -> int:
    """The classes of those who may read it, where Asterisk sends it."""
    known = event.about.event_class if isinstance(event, TypedEvent) else None
    return _permissions(known or "call")


# There are few classes, and few masks made of them.
_permissions = lru_cache(maxsize=64)(permissions)
_privilege_text = lru_cache(maxsize=64)(privilege_text)
