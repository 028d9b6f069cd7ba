"""Asterisk's documentation XML, read for names and facts.

Asterisk's own tools resolve the includes of this XML; the standard library does not. They all
stay inside the document and are plain paths, so a few lines do.

Law: no prose passes through here. What is documented more than once, as the copies of a module
are, is merged by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict, cast
from xml.etree import ElementTree as ET

__all__ = ["Documented", "Entry", "read_documentation"]

_INCLUDE = "{http://www.w3.org/2001/XInclude}include"
# One of them lacks the leading slash.
_POINTER = re.compile(r"xpointer\(/?docs/(?P<path>.+)\)")
_CONTAINS = re.compile(r"\[contains\(@name, '(?P<part>\w+)'\)\]$")
_FLAG = "EVENT_FLAG_"
_SNAPSHOTS = {"channel_snapshot": "channel", "bridge_snapshot": "bridge"}


class Entry(TypedDict, total=False):
    """What is documented of one action or event. What is empty is left out."""

    classes: list[str]
    """The classes of an event, without EVENT_FLAG_ and in lower case."""
    enums: dict[str, list[str]]
    """The values of a parameter, where they are listed."""
    modules: list[str]
    nested: bool
    """An event that is documented only inside the action that it answers."""
    params: list[str]
    required: list[str]
    since: list[str]
    snapshots: list[str]
    """`channel`, `bridge`, or with a prefix: `channel:Dest`."""


class Documented(TypedDict):
    """What one release documents."""

    actions: dict[str, Entry]
    events: dict[str, Entry]


def read_documentation(path: Path) -> Documented:
    """The facts in a core-en_US.xml."""
    # The XML of an Asterisk that one has installed oneself.
    root = ET.parse(path).getroot()  # noqa: S314
    nested = {id(event) for event in root.findall("manager//managerEvent")}
    _resolve(root)
    return Documented(
        actions=_merged((action, _facts([action])) for action in root.findall("manager")),
        events=_merged(
            (event, _event_facts(event, nested=id(event) in nested))
            for event in _events(root, nested)
        ),
    )


def _events(root: ET.Element, nested: set[int]) -> list[ET.Element]:
    """The events at the top, then those that stand inside an action."""
    inside = [e for e in root.findall("manager//managerEvent") if id(e) in nested]
    return [*root.findall("managerEvent"), *inside]


# Includes ----------------------------------------------------------------------------------------


def _resolve(root: ET.Element) -> None:
    """Put what is included in the place of each include, inside actions and events."""
    for parent in [*root.findall("manager"), *root.findall("managerEvent")]:
        _resolve_inside(root, parent)


def _resolve_inside(root: ET.Element, parent: ET.Element) -> None:
    children = [resolved for child in parent for resolved in _replaced(root, child)]
    parent[:] = children
    for child in children:
        if child.tag != "para":  # prose, which nobody reads here
            _resolve_inside(root, child)


def _replaced(root: ET.Element, child: ET.Element) -> list[ET.Element]:
    if child.tag != _INCLUDE:
        return [child]
    pointer = child.get("xpointer", "")
    found = _POINTER.fullmatch(pointer)
    targets = _targets(root, found["path"]) if found else []
    if not targets:
        raise ValueError(f"an include that leads nowhere: {pointer!r}")
    return targets


def _targets(root: ET.Element, path: str) -> list[ET.Element]:
    """What a path leads to. ElementTree knows all of XPath that is used, but contains()."""
    if contains := _CONTAINS.search(path):
        return [
            target
            for target in root.findall(path[: contains.start()])
            if contains["part"] in _name(target)
        ]
    return root.findall(path)


# Facts -------------------------------------------------------------------------------------------


def _event_facts(event: ET.Element, *, nested: bool) -> Entry:
    instances = event.findall("managerEventInstance")
    facts = _facts(instances)
    if classes := _unique(
        instance.get("class", "").removeprefix(_FLAG).lower() for instance in instances
    ):
        facts["classes"] = classes
    if nested:
        facts["nested"] = True
    return facts


def _facts(holders: list[ET.Element]) -> Entry:
    params = [param for holder in holders for param in holder.findall("syntax/parameter")]
    return _filled(
        Entry(
            enums={_name(param): values for param in params if (values := _values(param))},
            modules=_unique(holder.get("module") or "" for holder in holders),
            params=_unique(_name(param) for param in params),
            required=_unique(_name(p) for p in params if p.get("required") == "true"),
            since=_unique(v.text or "" for h in holders for v in h.findall("since/version")),
            snapshots=_unique(s for holder in holders for s in _snapshots(holder)),
        )
    )


def _filled(entry: Entry) -> Entry:
    """The entry without what is empty."""
    return cast("Entry", {key: value for key, value in entry.items() if value})


def _name(element: ET.Element) -> str:
    return element.get("name", "")


def _values(param: ET.Element) -> list[str]:
    return _unique(_name(value) for value in param.findall("enumlist//enum"))


def _snapshots(holder: ET.Element) -> Iterator[str]:
    for child in holder.findall("syntax/*"):
        if kind := _SNAPSHOTS.get(child.tag):
            prefix = child.get("prefix")
            yield f"{kind}:{prefix}" if prefix else kind


def _unique(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]


# Copies ------------------------------------------------------------------------------------------


def _merged(pairs: Iterable[tuple[ET.Element, Entry]]) -> dict[str, Entry]:
    merged: dict[str, Entry] = {}
    for element, facts in pairs:
        name = _name(element)
        merged[name] = _merge(merged[name], facts) if name in merged else facts
    return merged


def _merge(one: Entry, other: Entry) -> Entry:
    return _filled(
        Entry(
            classes=_both("classes", one, other),
            enums=one.get("enums", {}) | other.get("enums", {}),
            modules=_both("modules", one, other),
            nested=one.get("nested", False) and other.get("nested", False),
            params=_both("params", one, other),
            required=_both("required", one, other),
            since=_both("since", one, other),
            snapshots=_both("snapshots", one, other),
        )
    )


def _both(key: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return _unique([*one.get(key, ()), *other.get(key, ())])
