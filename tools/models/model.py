"""The models as values: what is to be written, before any of it is Python.

Law: nothing here knows a file, a fact's source, or how Python is formatted.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from .snapshots import Base
from .words import EnumWords, General

__all__ = [
    "ActionModel",
    "Catalogue",
    "EventModel",
    "FieldModel",
    "GroupModel",
    "ReplyModel",
    "Story",
]


@attrs.frozen(kw_only=True)
class FieldModel:
    """A field: one header, or several that are alike."""

    header: str
    name: str
    type: str
    """A key of KINDS, or the name of an enumeration, or of a group."""
    text: str = ""
    required: bool = False
    default: str | int | bool | None = None
    since: str | None = None
    until: str | None = None
    releases: tuple[int, ...] | None = None
    null: tuple[str, ...] = ()
    secret: bool = False


@attrs.frozen(kw_only=True)
class Story:
    """Where and since when a thing is there, and what it is for."""

    text: str
    since: tuple[str, ...] = ()
    """The first version that has it, then those of later branches that got it."""
    until: tuple[str, ...] = ()
    """The first version that has it no more, likewise."""
    releases: tuple[int, ...] = ()
    page: tuple[int, str] | None = None
    """The release and the name under which Asterisk's documentation has a page of it."""


@attrs.frozen(kw_only=True)
class EventModel:
    """An event."""

    kind: str
    class_name: str
    story: Story
    event_class: str | None
    base: Base
    fields: tuple[FieldModel, ...]


@attrs.frozen(kw_only=True)
class ReplyModel:
    """A plain reply that says something."""

    action: str
    class_name: str
    story: Story
    fields: tuple[FieldModel, ...]


@attrs.frozen(kw_only=True)
class ActionModel:
    """An action, with the reply that only it has."""

    name: str
    class_name: str
    story: Story
    privileges: tuple[str, ...]
    fields: tuple[FieldModel, ...]
    reply: ReplyModel | None
    reply_class: str | None
    """The class of its reply, where it is one that was written by hand."""


@attrs.frozen(kw_only=True)
class GroupModel:
    """What numbered headers make up."""

    name: str
    text: str
    header: str
    fields: tuple[FieldModel, ...]


@attrs.frozen(kw_only=True)
class Catalogue:
    """All models. Families, and what is in them, in the order of their names."""

    about: Mapping[str, str]
    """Family: what its modules say of themselves."""
    events: Mapping[str, tuple[EventModel, ...]]
    actions: Mapping[str, tuple[ActionModel, ...]]
    enums: Mapping[str, Mapping[str, EnumWords]]
    groups: Mapping[str, GroupModel]
    general: General

    @property
    def homes(self) -> Mapping[str, tuple[str, str]]:
        """Event: its family and its class."""
        return {
            event.kind: (family, event.class_name)
            for family, events in self.events.items()
            for event in events
        }

    @property
    def enum_homes(self) -> Mapping[str, str]:
        """Enumeration: its family."""
        homes = {name: family for family, enums in self.enums.items() for name in enums}
        return {name: homes[name] for name in sorted(homes)}
