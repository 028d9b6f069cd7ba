"""Requests: the actions of Asterisk as classes, and what is known of each.

    reply = await client.send(actions.MailboxCount(mailbox="100@default"))
    reply.new_messages

A typed action knows its reply's type, so `send` returns that one. At the door it becomes the
plain Action that travels.

Law: an action is a value that is checked when it is encoded; what it says is its fields.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Generic, Self, TypeVar

import attrs

from amitrio.models.actions import Action
from amitrio.models.layout import layout_of
from amitrio.models.replies import Reply
from amitrio.models.showing import shown
from amitrio.models.values import Variables
from amitrio.protocol.encoding import HeaderValue

__all__ = ["ActionAbout", "TypedAction"]

_MISSING: tuple[object, ...] = (None, (), Variables())

R_co = TypeVar("R_co", bound=Reply, covariant=True)


@attrs.frozen
class ActionAbout:
    """What is known of an action.

    `privileges` are those of which a user's `write` line needs one; empty where it needs none.
    `since` is the first Asterisk that has it and `until` the first that has it no more, where
    that is known; `releases` are those of the measured ones (16 and 22) that have it.
    """

    name: str
    privileges: frozenset[str] = frozenset()
    since: str | None = None
    until: str | None = None
    releases: tuple[int, ...] = (16, 22)


@attrs.frozen(kw_only=True, repr=False)
class TypedAction(Generic[R_co]):
    """An action with fields. `R_co` is what `Client.send` returns for it."""

    __attrs_attrs__: ClassVar[tuple[attrs.Attribute[Any], ...]]
    about: ClassVar[ActionAbout]
    privileges: ClassVar[frozenset[str]] = frozenset()
    """The privileges of which a user's `write` line needs one; empty where it needs none."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.privileges = cls.about.privileges

    def __repr__(self) -> str:
        return shown(self)

    @property
    def name(self) -> str:
        """Asterisk's name for it."""
        return self.about.name

    @property
    def headers(self) -> tuple[tuple[str, HeaderValue], ...]:
        """Its headers in order, as they are sent."""
        return tuple(layout_of(type(self)).write(self))

    def plain(self) -> Action:
        """The same action as name and headers."""
        return Action(self.name, self.headers)

    @classmethod
    def from_headers(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """The action that these headers are, as Asterisk would read them.

        Raises ValueError for a value that its field cannot hold and for one that is missing.
        """
        reading = layout_of(cls).read(pairs)
        for problem in reading.problems:
            raise ValueError(f"{problem.header}: {problem.text!r} is none of what it can be")
        for field in attrs.fields(cls):
            if field.default is attrs.NOTHING and reading.values[field.name] in _MISSING:
                raise ValueError(f"{cls.about.name} needs {field.metadata['wire'].header}")
        return cls(**reading.values)
