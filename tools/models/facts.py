"""The facts, put together: what documentation, captures and sources say of one name.

Law: where two sources differ, the wire is right; then the newer release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from .documentation import Entry
from .extracts import FACTS, load

__all__ = ["RELEASES", "Facts", "FieldFacts", "Known", "load_facts"]

RELEASES = (22, 16)
"""The releases that were measured, the newer one first."""

Extract = Mapping[str, Mapping[str, Any]]
_NOTHING: Mapping[str, Any] = {}


@attrs.frozen
class FieldFacts:
    """What is known of a header or a parameter."""

    header: str
    documented: bool = False
    required: bool = False
    since: str | None = None
    until: str | None = None


@attrs.frozen(kw_only=True)
class Known:
    """What is known of an event or an action."""

    name: str
    fields: tuple[FieldFacts, ...] = ()
    snapshots: tuple[str, ...] = ()
    releases: tuple[int, ...] = ()
    since: tuple[str, ...] = ()
    """The first version that has it, then those of later branches that got it."""
    until: tuple[str, ...] = ()
    """The first version that has it no more, likewise."""
    event_class: str | None = None
    privileged: bool = False
    """It was seen with a Privilege header."""
    observed: bool = False
    page: tuple[int, str] | None = None
    """The release and the name under which it has a page of its own."""
    privileges: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Facts:
    """All extracts."""

    documented: Mapping[int, Extract]
    observed: Extract
    sent: Extract
    privileges: Extract
    history: Extract
    event_names: Mapping[str, str]
    """Documented names that are spelled otherwise on the wire."""

    def event_kinds(self) -> set[str]:
        """The names of all events that are documented, were seen, or stand in the source."""
        documented = {name for said in self.documented.values() for name in said["events"]}
        renamed = {self.event_names.get(name, name) for name in documented}
        return renamed | set(self.observed["events"]) | set(self.sent["events"])

    def action_names(self) -> set[str]:
        """The names of all actions that are documented or that a server knows."""
        documented = {name for said in self.documented.values() for name in said["actions"]}
        return documented | set(self.privileges["actions"])

    def event(self, kind: str) -> Known:
        """What is known of the event of that name."""
        entries = self._entries("events", kind)
        seen = self.observed["events"].get(kind, _NOTHING)
        history = self._history("events", kind)
        headers = seen.get("headers", ())
        classes = [name for entry in entries.values() for name in entry.get("classes", ())]
        releases = {*entries, *seen.get("releases", ()), *self._sent(kind)}
        return Known(
            name=kind,
            fields=_fields(entries, headers, self._history("event_fields", kind)),
            snapshots=_unique([*_of(entries, "snapshots"), *seen.get("snapshots", ())]),
            releases=tuple(sorted(releases)),
            since=_since(entries, history, releases),
            until=_versions(history, "until"),
            event_class=classes[0] if classes else None,
            privileged="Privilege" in headers,
            observed=bool(seen),
            page=self._page("events", kind, entries),
        )

    def action(self, name: str) -> Known:
        """What is known of the action of that name."""
        entries = self._entries("actions", name)
        history = self._history("actions", name)
        return Known(
            name=name,
            fields=_fields(entries, (), self._history("action_fields", name)),
            releases=tuple(sorted(entries)),
            since=_since(entries, history, set(entries)),
            until=_versions(history, "until"),
            page=self._page("actions", name, entries),
            privileges=tuple(self.privileges["actions"].get(name, _NOTHING).get("classes", ())),
        )

    def reply(self, action: str) -> tuple[FieldFacts, ...]:
        """What is known of the fields of that action's reply."""
        return tuple(
            FieldFacts(header, since=_first(said, "since"), until=_first(said, "until"))
            for header, said in self._history("reply_fields", action).items()
        )

    def _history(self, section: str, name: str) -> Mapping[str, Any]:
        said: Mapping[str, Any] = self.history.get(section, _NOTHING).get(name, _NOTHING)
        return said

    def _entries(self, section: str, name: str) -> dict[int, Entry]:
        """What each release documents under that name, the newer one first."""
        spelled = self._documented_name(name)
        found: dict[int, Entry] = {}
        for release in RELEASES:
            entry = self.documented[release][section].get(spelled)
            if entry is not None:
                found[release] = entry
        return found

    def _documented_name(self, name: str) -> str:
        return next((old for old, new in self.event_names.items() if new == name), name)

    def _sent(self, kind: str) -> Iterable[int]:
        releases: Iterable[int] = self.sent["events"].get(kind, _NOTHING).get("releases", ())
        return releases

    def _page(
        self, section: str, name: str, entries: Mapping[int, Entry]
    ) -> tuple[int, str] | None:
        for release, entry in entries.items():
            if not entry.get("nested"):
                return release, self._documented_name(name) if section == "events" else name
        return None


def load_facts(event_names: Mapping[str, str], directory: Path = FACTS) -> Facts:
    """The extracts of a directory."""
    return Facts(
        documented={release: load(f"documented-{release}", directory) for release in RELEASES},
        observed=load("observed", directory),
        sent=load("sent", directory),
        privileges=load("privileges", directory),
        history=load("history", directory),
        event_names=event_names,
    )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


def _fields(
    entries: Mapping[int, Entry], headers: Iterable[str], history: Mapping[str, Any]
) -> tuple[FieldFacts, ...]:
    """The headers in the order of the documentation, then those that were only seen."""
    spelled = {header.lower(): header for header in headers}
    documented = dict.fromkeys(name.lower() for name in _of(entries, "params"))
    original = {name.lower(): name for name in reversed(_of(entries, "params"))}
    newest: Entry = next(iter(entries.values()), Entry())
    required = {name.lower() for name in newest.get("required", ())}
    versions = {name.lower(): said for name, said in history.items()}
    return tuple(
        FieldFacts(
            header=spelled.get(name) or original[name],
            documented=name in documented,
            required=name in required,
            since=_first(versions.get(name, _NOTHING), "since"),
            until=_first(versions.get(name, _NOTHING), "until"),
        )
        for name in dict.fromkeys([*documented, *spelled])
    )


def _of(entries: Mapping[int, Entry], key: str) -> list[str]:
    return [value for entry in entries.values() for value in _listed(entry, key)]


def _listed(entry: Mapping[str, Any], key: str) -> list[str]:
    values: list[str] = entry.get(key, [])
    return values


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _since(
    entries: Mapping[int, Entry], history: Mapping[str, Any], releases: set[int]
) -> tuple[str, ...]:
    """Since when it has been there, as far as that is believable.

    What a release before has already is no younger than that one: there the documentation
    tells when it was written, not when the thing came.
    """
    if "since" in history:
        return _versions(history, "since")
    versions = sorted(set(_of(entries, "since")), key=_version)
    if versions and releases and _version(versions[0])[0] > min(releases):
        return ()
    return tuple(versions)


def _versions(history: Mapping[str, Any], key: str) -> tuple[str, ...]:
    versions = [history[key], *history.get("also", ())] if key in history else []
    return tuple(sorted(versions, key=_version))


def _first(history: Mapping[str, Any], key: str) -> str | None:
    return next(iter(_versions(history, key)), None)
