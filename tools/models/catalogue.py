"""The catalogue: facts and words put together.

Facts say which headers there are, words what they mean. A header is spelled as the wire spells
it; its field is named after that, unless somebody gave it a name.

Law: nothing is dropped in silence. What has no text, no home, or one home too many is reported,
and the rest is made all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import attrs

from .facts import Facts, Known
from .families import guessed
from .fields import Fields
from .model import ActionModel, Catalogue, EventModel, GroupModel, ReplyModel, Story
from .naming import ACTION_RESERVED, EVENT_RESERVED, REPLY_RESERVED, class_name
from .snapshots import base_of
from .words import (
    ActionWords,
    EnumWords,
    EventWords,
    FamilyWords,
    General,
    GroupWords,
    Problems,
    ReplyWords,
)

__all__ = ["catalogue"]

M = TypeVar("M")
D = TypeVar("D", EnumWords, GroupWords)


def catalogue(
    facts: Facts, families: Mapping[str, FamilyWords], general: General, problems: Problems
) -> Catalogue:
    """The models that facts and words make."""
    return _Maker(facts, families, general, problems).catalogue()


@attrs.frozen
class _Maker:
    facts: Facts
    families: Mapping[str, FamilyWords]
    general: General
    problems: Problems

    def catalogue(self) -> Catalogue:
        events = self.homes("events", self.facts.event_kinds())
        actions = self.homes("actions", self.facts.action_names())
        names = sorted({*self.families, *events.values(), *actions.values()})
        self.check_namesakes(events)
        return Catalogue(
            about={name: self.about(name) for name in names},
            events=_gathered(events, self.event),
            actions=_gathered(actions, self.action),
            enums=self.enums(),
            groups=self.groups(),
            general=self.general,
        )

    # Homes ---------------------------------------------------------------------------------------

    def homes(self, section: str, names: set[str]) -> dict[str, str]:
        """Name: family, in the order of the names."""
        homes: dict[str, str] = {}
        for family, words in self.families.items():
            for key, entry in getattr(words, section).items():
                name = getattr(entry, "kind", None) or key
                if name in homes:
                    self.report(family, f"{section}.{name}", f"is in {homes[name]}.toml too")
                homes[name] = family
        for name in sorted(names - homes.keys()):
            guess = guessed(section, name)
            if guess is None:
                self.report("?", f"{section}.{name}", "no family says anything of it")
            else:
                homes[name] = guess  # and its missing text is reported
        return {name: homes[name] for name in sorted(homes)}

    def about(self, family: str) -> str:
        text = self.words(family).about
        if not text:
            self.report(family, "about", "there is no text")
        return text or f"{family.capitalize()}."

    def words(self, family: str) -> FamilyWords:
        return self.families.get(family) or FamilyWords(name=family)

    def shared(self, section: str, of: Callable[[FamilyWords], Mapping[str, D]]) -> dict[str, D]:
        """What all families define under that heading."""
        defined: dict[str, D] = {}
        for family, words in self.families.items():
            for name, entry in of(words).items():
                if name in defined:
                    self.report(family, f"{section}.{name}", "another family defines it too")
                self.told(family, f"{section}.{name}", entry.text)
                defined[name] = entry
        return {name: defined[name] for name in sorted(defined)}

    def enums(self) -> dict[str, dict[str, EnumWords]]:
        """The enumerations of each family that has some."""
        defined = self.shared("enums", lambda words: words.enums)
        return {
            family: {name: defined[name] for name in sorted(words.enums)}
            for family, words in sorted(self.families.items())
            if words.enums
        }

    def check_namesakes(self, events: Mapping[str, str]) -> None:
        """Events, enumerations and groups are imported from one place."""
        classes = {class_name(kind) for kind in events}
        for family, words in self.families.items():
            for name in sorted(classes.intersection([*words.enums, *words.groups])):
                self.report(family, name, "an event has the same name")

    # Models --------------------------------------------------------------------------------------

    def event(self, family: str, kind: str) -> EventModel:
        said = self.words(family).events
        words = said.get(kind) or _of_kind(said, kind) or EventWords()
        known = self.facts.event(kind)
        base = base_of(known.snapshots if words.snapshots is None else words.snapshots)
        fields = self.fields(family, f"events.{kind}", EVENT_RESERVED | base.names)
        return EventModel(
            kind=kind,
            class_name=class_name(kind),
            story=self.story(family, f"events.{kind}", known, words),
            event_class=self.event_class(family, known, words),
            base=base,
            fields=fields.of_message(
                known.fields,
                words.fields,
                without=base.headers | {header.lower() for header in words.ignore},
                extra=self.general.extra.get(kind, ()),
            ),
        )

    def event_class(self, family: str, known: Known, words: EventWords) -> str | None:
        """The class that a user must read; None for what comes only in answer to an action."""
        if words.class_ is not None:
            return words.class_ or None
        listed = any(known.name in events for events in self.general.lists.values())
        if (listed and not known.privileged) or known.name in self.general.internal:
            return None
        if known.event_class is None or known.event_class == "class":
            self.report(family, f"events.{known.name}", "its class is not known")
            return None
        return known.event_class

    def action(self, family: str, name: str) -> ActionModel:
        said = self.words(family)
        words = said.actions.get(name) or ActionWords()
        known = self.facts.action(name)
        reply = said.replies.get(name)
        return ActionModel(
            name=name,
            class_name=class_name(name),
            story=self.story(family, f"actions.{name}", known, words),
            privileges=known.privileges,
            fields=self.fields(family, f"actions.{name}", ACTION_RESERVED).of_action(
                known.fields,
                words.fields,
                without=frozenset(header.lower() for header in words.ignore),
            ),
            reply=None if reply is None else self.reply(family, name, reply),
            reply_class=None if reply is None else self.hand_written(family, name, reply),
        )

    def hand_written(self, family: str, action: str, words: ReplyWords) -> str | None:
        """The class that was written by hand for that reply."""
        if words.class_ is None or words.class_ in self.general.replies:
            return words.class_
        self.report(family, f"replies.{action}", f"there is no class {words.class_}")
        return None

    def reply(self, family: str, action: str, words: ReplyWords) -> ReplyModel | None:
        """None where the reply's class is written by hand, or is a list."""
        if words.class_ is not None:
            return None
        where = f"replies.{action}"
        if action in self.general.lists:
            self.report(family, where, "the action answers with a list")
            return None
        fields = self.fields(family, where, REPLY_RESERVED)
        return ReplyModel(
            action=action,
            class_name=f"{class_name(action)}Reply",
            story=Story(text=self.told(family, where, words.text)),
            fields=fields.of_message(self.facts.reply(action), words.fields),
        )

    def groups(self) -> dict[str, GroupModel]:
        homes = {name: family for family, words in self.families.items() for name in words.groups}
        return {
            name: GroupModel(
                name=name,
                text=words.text,
                header=words.header,
                fields=self.fields(homes[name], f"groups.{name}").of_group(words.fields),
            )
            for name, words in self.shared("groups", lambda words: words.groups).items()
        }

    def fields(self, family: str, where: str, reserved: frozenset[str] = frozenset()) -> Fields:
        return Fields(
            general=self.general,
            shared=self.words(family).headers,
            enums=frozenset(name for words in self.families.values() for name in words.enums),
            groups={n: g for words in self.families.values() for n, g in words.groups.items()},
            reserved=reserved,
            report=lambda header, what: self.report(family, f"{where}.{header}", what),
        )

    def story(
        self, family: str, where: str, known: Known, words: EventWords | ActionWords
    ) -> Story:
        return Story(
            text=self.told(family, where, words.text),
            since=_versions(known.since, words.since),
            until=_versions(known.until, words.until),
            releases=words.releases or known.releases,
            page=known.page,
        )

    def told(self, family: str, where: str, text: str) -> str:
        if not text:
            self.report(family, where, "there is no text")
        elif not text.endswith("."):
            self.report(family, where, "its text ends without a full stop")
        return text or "Not described yet."

    def report(self, family: str, where: str, what: str) -> None:
        self.problems.append(f"{family}.toml: {where}: {what}")


def _versions(known: tuple[str, ...], said: str | None) -> tuple[str, ...]:
    """What is said, with the other branches where it is known of them."""
    return known if said is None or said in known else (said,)


def _of_kind(said: Mapping[str, EventWords], kind: str) -> EventWords | None:
    return next((words for words in said.values() if words.kind == kind), None)


def _gathered(homes: Mapping[str, str], make: Callable[[str, str], M]) -> dict[str, tuple[M, ...]]:
    made: dict[str, list[M]] = {}
    for name, family in homes.items():
        made.setdefault(family, []).append(make(family, name))
    return {family: tuple(made[family]) for family in sorted(made)}
