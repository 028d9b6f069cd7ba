"""The index: where each name's class is, and what is known of the actions, as plain dicts.

Law: importing it imports nothing else, so that a name can be looked up before any family is
loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .model import ActionModel, Catalogue
from .source import Literal, bracketed, docstring, literal, module, quoted, table

__all__ = ["index_module"]

_DOC = """Index: Asterisk's names, and where their classes are.

Keys are in lower case, but for classes; values are families and class names."""


def index_module(catalogue: Catalogue) -> str:
    """amitrio/models/generated/index.py."""
    actions = {
        action.name: (family, action)
        for family, all_of_it in catalogue.actions.items()
        for action in all_of_it
    }
    sections: dict[str, tuple[str, Mapping[str, Literal]]] = {
        "EVENTS": ("dict[str, tuple[str, str]]", catalogue.homes),
        "ACTIONS": ("dict[str, tuple[str, str]]", _classes(actions)),
        "REPLIES": ("dict[str, tuple[str, str]]", _replies(actions)),
        "LISTS": ("dict[str, tuple[tuple[str, ...], str]]", _lists(catalogue)),
        "EMPTY": ("dict[str, tuple[str, ...]]", catalogue.general.empty),
        "OPENING": (
            "dict[str, str]",
            dict(catalogue.general.opening),
        ),
        "PRIVILEGES": ("dict[str, str]", _privileges(actions)),
    }
    body: list[str] = []
    for name, (annotation, rows) in sections.items():
        lowered = {key.lower(): value for key, value in rows.items()}
        ordered = {key: lowered[key] for key in sorted(lowered)}
        body += [*table(f"{name}: {annotation} = {{", ordered), f'"""{_ABOUT[name]}"""', ""]
    for name, values in _sets(catalogue).items():
        body += [*values, f'"""{_ABOUT[name]}"""', ""]
    return module(docstring(*_DOC.split("\n\n")), {}, body, public=[*sections, *_sets(catalogue)])


_ABOUT = {
    "ACTIONS": "Action: its family and its class.",
    "ANONYMOUS": "Actions whose lists' items have no ActionID.",
    "EMPTY": "Action: how an Error begins that only says that there is nothing to list.",
    "ENUMS": "Enumeration: its family.",
    "EVENTS": "Event: its family and its class.",
    "EVENT_KINDS": "The names of all events, as the wire spells them.",
    "GLUED": "Actions whose lists come as one frame, without the empty lines.",
    "GROUPS": "The classes of what numbered headers make up.",
    "LISTS": "Action: the items of its list, and the event that completes it.",
    "OPENING": "Action: how the Message ends that opens its list, if not as usual.",
    "PRIVILEGES": "Action: the privileges of which a user's `write` line needs one.",
    "REPLIES": "Action: the family and the class of its reply, where it has one of its own.",
    "SOMETIMES": "Actions that list only when they are given a pattern.",
}

Actions = Mapping[str, tuple[str, ActionModel]]


def _classes(actions: Actions) -> dict[str, Literal]:
    return {name: (family, action.class_name) for name, (family, action) in actions.items()}


def _replies(actions: Actions) -> dict[str, Literal]:
    return {
        name: (family, action.reply.class_name)
        for name, (family, action) in actions.items()
        if action.reply is not None
    }


def _lists(catalogue: Catalogue) -> dict[str, Literal]:
    return {
        action: (tuple(items), complete)
        for action, (complete, *items) in catalogue.general.lists.items()
    }


def _privileges(actions: Actions) -> dict[str, Literal]:
    return {
        name: " ".join(sorted(action.privileges))
        for name, (_, action) in actions.items()
        if action.privileges
    }


def _sets(catalogue: Catalogue) -> dict[str, list[str]]:
    general = catalogue.general
    return {
        "SOMETIMES": _set("SOMETIMES", general.sometimes),
        "ANONYMOUS": _set("ANONYMOUS", general.anonymous),
        "GLUED": _set("GLUED", general.glued),
        "ENUMS": table("ENUMS: dict[str, str] = {", catalogue.enum_homes),
        "GROUPS": _names("GROUPS", catalogue.groups),
        "EVENT_KINDS": _names("EVENT_KINDS", catalogue.homes),
    }


def _set(name: str, actions: Iterable[str]) -> list[str]:
    ordered = sorted(action.lower() for action in actions)
    return bracketed(f"{name}: frozenset[str] = frozenset({{", map(quoted, ordered), "})")


def _names(name: str, values: Iterable[str]) -> list[str]:
    return literal(f"{name}: tuple[str, ...] = ", tuple(sorted(values)))
