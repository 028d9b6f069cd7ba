"""Fields: the headers of one message or action, each with its name and type.

Law: one field for a header, one header for a name; in the order of the documentation, then of
the wire, then of the overrides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import attrs

from .facts import FieldFacts
from .kinds import KINDS
from .model import FieldModel
from .naming import snake_case
from .words import FieldWords, General, GroupWords

__all__ = ["Fields"]

_NOTHING: FieldWords = FieldWords()
_INDEX = re.compile(r"\\\{index[^}]*\\\}")
_NEVER_IN_ACTIONS = frozenset({"action", "actionid"})
Said = Mapping[str, FieldWords]


@attrs.frozen(kw_only=True)
class Fields:
    """Makes the fields of one class."""

    general: General
    shared: Said
    """What the family says of its headers once for all."""
    enums: frozenset[str]
    groups: Mapping[str, GroupWords]
    reserved: frozenset[str]
    report: Callable[[str, str], None]

    def of_message(
        self,
        known: Iterable[FieldFacts],
        said: Said,
        *,
        without: frozenset[str] = frozenset(),
        extra: Iterable[str] = (),
    ) -> tuple[FieldModel, ...]:
        """The fields of an event or a reply: none of them is sure to come."""
        known = [attrs.evolve(fact, required=False) for fact in known]
        counts = {header: FieldWords(type="integer") for header in extra}
        said = counts | dict(said)
        hidden = without | self.general.envelope
        return self.made(self.headers(known, said, hidden, self.general.marks), said, self.shared)

    def of_action(
        self, known: Iterable[FieldFacts], said: Said, *, without: frozenset[str] = frozenset()
    ) -> tuple[FieldModel, ...]:
        """The fields of an action. What headers mean in messages says nothing of actions."""
        hidden = without | _NEVER_IN_ACTIONS
        return self.made(self.headers(known, said, hidden, frozenset()), said, {})

    def of_group(self, said: Said) -> tuple[FieldModel, ...]:
        """The fields of what numbered headers make up."""
        return self.made([FieldFacts(header) for header in said], said, {})

    # Headers -------------------------------------------------------------------------------------

    def headers(
        self,
        known: Iterable[FieldFacts],
        said: Said,
        hidden: frozenset[str],
        marks: frozenset[str],
    ) -> list[FieldFacts]:
        """The headers that become fields."""
        spoken = {header.lower() for header in said}
        grouped = self.grouped(said)
        facts = {fact.header.lower(): fact for fact in known}
        facts = {
            name: fact
            for name, fact in facts.items()
            if name in spoken
            or not (name in hidden or grouped(name) or (name in marks and not fact.documented))
        }
        for header in said:
            facts.setdefault(header.lower(), FieldFacts(header))
        return list(facts.values())

    def grouped(self, said: Said) -> Callable[[str], object]:
        """Whether a header belongs to numbered ones."""
        groups = [self.group(words) for words in said.values()]
        patterns = [_pattern(group) for group in groups if group is not None]
        return lambda name: any(pattern.fullmatch(name) for pattern in patterns)

    def group(self, words: FieldWords) -> GroupWords | None:
        """The numbered headers that are meant."""
        return None if words.group is None else self.groups.get(words.group)

    # Fields --------------------------------------------------------------------------------------

    def made(
        self, headers: Iterable[FieldFacts], said: Said, shared: Said
    ) -> tuple[FieldModel, ...]:
        """A field for each header, unless its name is taken."""
        own = {header.lower(): words for header, words in said.items()}
        common = {header.lower(): words for header, words in shared.items()}
        made: dict[str, FieldModel] = {}
        for fact in headers:
            key = fact.header.lower()
            words = _laid_over(own.get(key, _NOTHING), common.get(key, _NOTHING))
            field = self.field(fact, words)
            if field.name in made:
                other = made[field.name].header
                self.report(fact.header, f"{other} is the field {field.name} already")
            made.setdefault(field.name, field)
        return tuple(made.values())

    def field(self, fact: FieldFacts, words: FieldWords) -> FieldModel:
        """The field for a header."""
        group = self.group(words)
        return FieldModel(
            header=fact.header if group is None else group.header,
            name=words.name or snake_case(fact.header, self.reserved),
            type=self.type_of(fact.header, words),
            text=words.text,
            required=self.required(fact, words),
            default=words.default,
            since=words.since or fact.since,
            until=words.until or fact.until,
            releases=words.releases,
            null=words.null,
            secret=words.secret,
        )

    def type_of(self, header: str, words: FieldWords) -> str:
        """The type that is said, if there is such a one; else text."""
        if words.group is not None:
            if words.group in self.groups:
                return words.group
            self.report(header, f"there is no group {words.group}")
        if words.type is None or words.type in KINDS or words.type in self.enums:
            return words.type or "text"
        self.report(header, f"there is no type {words.type}")
        return "text"

    @staticmethod
    def required(fact: FieldFacts, words: FieldWords) -> bool:
        """Whether it must be given."""
        if words.default is not None:
            return False
        return fact.required if words.required is None else words.required


def _laid_over(own: FieldWords, common: FieldWords) -> FieldWords:
    """What is said here, and where nothing is said, what is said for all."""
    here = {
        field.name: getattr(own, field.name)
        for field in attrs.fields(FieldWords)
        if getattr(own, field.name) != field.default
    }
    return attrs.evolve(common, **here)


def _pattern(group: GroupWords) -> re.Pattern[str]:
    """What the headers of a group look like; the documentation numbers them X, N or 0."""
    pattern = _INDEX.sub("(?:[0-9]+|X|N)", re.escape(group.header))
    names = "|".join(re.escape(header) for header in group.fields)
    return re.compile(pattern.replace(r"\{field\}", f"(?:{names})"), re.IGNORECASE)
