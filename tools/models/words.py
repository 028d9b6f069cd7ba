"""The words: what people wrote about events and actions, for want of it in the documentation.

tools/overrides.toml holds what is general, tools/overrides/<family>.toml what belongs to one
family: texts, types, spellings, enumerations, and what is not documented at all.

Law: a key that is not understood is reported, never passed over.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

__all__ = [
    "ActionWords",
    "EnumWords",
    "EventWords",
    "FamilyWords",
    "FieldWords",
    "General",
    "GroupWords",
    "Problems",
    "ReplyWords",
    "load_families",
    "load_general",
]

OVERRIDES = Path(__file__).resolve().parent.parent / "overrides"

Problems = list[str]


def _releases(given: Iterable[int] | None) -> tuple[int, ...] | None:
    return None if given is None else tuple(given)


def _some_texts(given: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(given)


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(given)


@attrs.frozen(kw_only=True)
class FieldWords:
    """What is said of a header."""

    type: str | None = None
    text: str = ""
    name: str | None = None
    since: str | None = None
    until: str | None = None
    releases: tuple[int, ...] | None = attrs.field(default=None, converter=_releases)
    null: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    secret: bool = False
    required: bool | None = None
    default: str | int | bool | None = None
    group: str | None = None


@attrs.frozen(kw_only=True)
class _Entry:
    text: str = ""
    since: str | None = None
    until: str | None = None
    releases: tuple[int, ...] | None = attrs.field(default=None, converter=_releases)
    fields: Mapping[str, FieldWords] = attrs.field(factory=dict[str, FieldWords])
    ignore: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    unseen: bool = False
    """Nobody has seen it come; it was read from the source."""


@attrs.frozen(kw_only=True)
class EventWords(_Entry):
    """What is said of an event."""

    class_: str | None = None
    snapshots: tuple[str, ...] | None = attrs.field(default=None, converter=_some_texts)
    kind: str | None = None
    """The event's name, where the key is not."""


@attrs.frozen(kw_only=True)
class ReplyWords(_Entry):
    """What is said of a plain reply."""

    class_: str | None = None
    """The class that was written for it by hand."""


@attrs.frozen(kw_only=True)
class ActionWords(_Entry):
    """What is said of an action."""


@attrs.frozen(kw_only=True)
class EnumWords:
    """An enumeration: its members in order, whole numbers or words."""

    text: str = ""
    base: str = "text"
    members: Mapping[str, int | str] = attrs.field(factory=dict[str, int | str])


@attrs.frozen(kw_only=True)
class GroupWords:
    """Numbered headers that make one value each."""

    text: str = ""
    header: str = ""
    fields: Mapping[str, FieldWords] = attrs.field(factory=dict[str, FieldWords])


@attrs.frozen(kw_only=True)
class FamilyWords:
    """What is said of a family."""

    name: str
    about: str = ""
    headers: Mapping[str, FieldWords] = attrs.field(factory=dict[str, FieldWords])
    events: Mapping[str, EventWords] = attrs.field(factory=dict[str, EventWords])
    replies: Mapping[str, ReplyWords] = attrs.field(factory=dict[str, ReplyWords])
    actions: Mapping[str, ActionWords] = attrs.field(factory=dict[str, ActionWords])
    enums: Mapping[str, EnumWords] = attrs.field(factory=dict[str, EnumWords])
    groups: Mapping[str, GroupWords] = attrs.field(factory=dict[str, GroupWords])


@attrs.frozen(kw_only=True)
class General:
    """What is said of no family in particular."""

    envelope: frozenset[str]
    """What is never a field, in lower case."""
    marks: frozenset[str]
    """What is a field only where it is documented, or somebody says so."""
    event_names: Mapping[str, str]
    internal: frozenset[str]
    """Events that no client is sent."""
    lists: Mapping[str, tuple[str, ...]]
    """Action: the completing event, then the items."""
    extra: Mapping[str, tuple[str, ...]]
    empty: Mapping[str, tuple[str, ...]]
    opening: Mapping[str, str]
    sometimes: frozenset[str]
    anonymous: frozenset[str]
    glued: frozenset[str]
    replies: Mapping[str, str]
    """The classes of replies that are written by hand, each with its module."""


def load_general(directory: Path = OVERRIDES) -> General:
    """What tools/overrides.toml says."""
    given = tomllib.loads(directory.with_suffix(".toml").read_text(encoding="utf-8"))
    kinds = given["lists-kinds"]
    return General(
        envelope=frozenset(name.lower() for name in given["envelope"]),
        marks=frozenset(name.lower() for name in given["marks"]),
        event_names=given["names"]["events"],
        internal=frozenset(given["names"]["internal"]),
        lists={action: tuple(events) for action, events in given["lists"].items()},
        extra={event: tuple(names) for event, names in given["lists-extra"].items()},
        empty={action: tuple(texts) for action, texts in given["lists-empty"].items()},
        opening=given["lists-opening"],
        sometimes=frozenset(kinds["sometimes"]),
        anonymous=frozenset(kinds["anonymous"]),
        glued=frozenset(kinds["glued"]),
        replies=given["replies"],
    )


def load_families(problems: Problems, directory: Path = OVERRIDES) -> dict[str, FamilyWords]:
    """What each family's file says, in the order of their names."""
    families: dict[str, FamilyWords] = {}
    for path in sorted(directory.glob("*.toml")):
        try:
            given = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            problems.append(f"{path.name}: {error}")
            continue
        families[path.stem] = _Reader(path.name, problems).family(path.stem, given)
    return families


@attrs.frozen
class _Reader:
    """Reads one file, and reports what it does not understand."""

    file: str
    problems: Problems

    def family(self, name: str, given: Mapping[str, Any]) -> FamilyWords:
        sections = {
            "headers": self.fields("headers", given.get("headers", {})),
            "events": self.entries("events", EventWords, given),
            "replies": self.entries("replies", ReplyWords, given),
            "actions": self.entries("actions", ActionWords, given),
            "enums": self.entries("enums", EnumWords, given),
            "groups": self.entries("groups", GroupWords, given),
        }
        rest = {key: value for key, value in given.items() if key not in sections}
        made: FamilyWords = self.made("", FamilyWords, {"name": name} | rest | sections)
        return made

    def entries(self, section: str, made_of: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self.entry(f"{section}.{name}", made_of, entry)
            for name, entry in given.get(section, {}).items()
        }

    def entry(self, where: str, made_of: type[Any], given: Mapping[str, Any]) -> Any:
        keys = dict(given)
        if "class" in keys:
            keys["class_"] = keys.pop("class")
        if "fields" in keys:
            keys["fields"] = self.fields(where, keys["fields"])
        return self.made(where, made_of, keys)

    def fields(self, where: str, given: Mapping[str, Any]) -> dict[str, FieldWords]:
        return {
            header: self.made(f"{where}.{header}", FieldWords, words)
            for header, words in given.items()
        }

    def made(self, where: str, made_of: type[Any], keys: Mapping[str, Any]) -> Any:
        """An instance of the words that are known, and a problem for each that is not."""
        known = {field.name for field in attrs.fields(made_of)}
        for key in keys.keys() - known:
            self.problems.append(f"{self.file}: {where}: nothing is known of {key!r}")
        return made_of(**{key: value for key, value in keys.items() if key in known})
