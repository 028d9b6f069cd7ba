"""Declarations: fields, and what classes say of themselves, as lines of Python.

Law: what is a default is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import attrs

from .facts import RELEASES
from .kinds import KINDS, MODULE_OF
from .model import Catalogue, FieldModel, Story
from .source import bracketed, docstring, flat, indented, quoted

__all__ = ["Names", "about", "field_lines", "story_lines"]

_KINDS = "amitrio.models.kinds"
_ENUMS = "amitrio.models.generated.enums"
_GROUPS = "amitrio.models.generated.groups"
_SITE = "https://docs.asterisk.org"
_STEP = 4
_TEXTS = frozenset({"many", "words"})


@attrs.define
class Names:
    """The names that a module has to import, gathered while it is written."""

    needed: dict[str, set[str]] = attrs.field(factory=dict)
    own: frozenset[str] = frozenset()
    """The classes that the module defines."""

    def use(self, module: str, *names: str) -> None:
        """These names of that module are used; without names the module itself."""
        self.needed.setdefault(module, set()).update(names)


def field_lines(
    field: FieldModel, catalogue: Catalogue, names: Names, *, given: bool = False
) -> list[str]:
    """A field and its text. `given` says that it is an action's."""
    annotation, call = _typed(field, catalogue, names, given=given)
    head = f"{field.name}: {annotation} = "
    arguments = [*call[1:], *_options(field, given=given)]
    if field.required:
        made = f"{call[0]}({', '.join(arguments)})"
        declared = _without_default(head, made, call[0], names)
    else:
        declared = bracketed(f"{head}{call[0]}(", arguments, ")", indent=_STEP)
    return indented([*declared, *(docstring(field.text, indent=_STEP) if field.text else ())])


def _without_default(head: str, made: str, function: str, names: Names) -> list[str]:
    """A field that must be given; type checkers see that by attrs.field alone."""
    names.use(_KINDS, "required")
    arguments = [f"metadata=required({made})"]
    if function in _TEXTS:
        names.use(_KINDS, "texts")
        arguments.append("converter=texts")
    return bracketed(f"{head}attrs.field(", arguments, ")", indent=_STEP)


def _typed(
    field: FieldModel, catalogue: Catalogue, names: Names, *, given: bool
) -> tuple[str, list[str]]:
    """The annotation, and the function with the arguments that its type asks for."""
    header = quoted(field.header)
    if field.type in catalogue.enum_homes:
        names.use(_KINDS, "enumerated")
        enum = _enum_name(field.type, catalogue.enum_homes[field.type], names)
        return _optional(enum, field), ["enumerated", header, enum]
    if field.type in catalogue.groups:
        names.use(_KINDS, "numbered")
        names.use(_GROUPS, field.type)
        many = f"Sequence[{field.type}]" if given else f"tuple[{field.type}, ...]"
        _use_annotation(many, names)
        return many, ["numbered", header, field.type]
    kind = KINDS[field.type].in_actions if given else KINDS[field.type]
    if given and field.secret:
        names.use("amitrio.credentials", "Secret")
        names.use(_KINDS, "hidden")
        return _optional("str | Secret", field), ["hidden", header]
    names.use(_KINDS, kind.function)
    _use_annotation(kind.annotation, names)
    annotation = kind.annotation if kind.container else _optional(kind.annotation, field)
    return annotation, [kind.function, *([] if field.type == "headers" else [header])]


def _enum_name(name: str, home: str, names: Names) -> str:
    """The enumeration's name here: an action may have the same."""
    if name in names.own:
        names.use(_ENUMS, f"{home} as {home}_enums")
        return f"{home}_enums.{name}"
    names.use(f"{_ENUMS}.{home}", name)
    return name


def _optional(annotation: str, field: FieldModel) -> str:
    return annotation if field.required or field.default is not None else f"{annotation} | None"


def _use_annotation(annotation: str, names: Names) -> None:
    for name, module in MODULE_OF.items():
        if annotation == name or annotation.startswith(f"{name}["):
            names.use(module, name)


def _options(field: FieldModel, *, given: bool) -> list[str]:
    options = {
        "default": field.default,
        "since": field.since,
        "until": field.until,
        "releases": _some(field.releases),
        "secret": (field.secret and not given) or None,
        "null": field.null or None,
    }
    return [f"{name}={_literal(value)}" for name, value in options.items() if value is not None]


def _some(releases: Iterable[int] | None) -> tuple[int, ...] | None:
    """The releases, where they are not all of them."""
    ordered = tuple(sorted(releases or ()))
    return ordered if ordered and ordered != tuple(sorted(RELEASES)) else None


def _literal(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple):
        return flat(cast("tuple[object, ...]", value), _literal)
    return repr(value)


# Classes -----------------------------------------------------------------------------------------


def about(
    annotation: str, name: str, story: Story, event_class: str | None = None, *more: str
) -> list[str]:
    """The `about` of a class: what is known of it."""
    arguments = [quoted(name), *([quoted(event_class)] if event_class else ()), *more]
    options = {
        "since": next(iter(story.since), None),
        "until": next(iter(story.until), None),
        "releases": _some(story.releases),
    }
    arguments += [f"{key}={_literal(value)}" for key, value in options.items() if value is not None]
    head = f"about: ClassVar[{annotation}] = {annotation}("
    return indented(bracketed(head, arguments, ")", indent=_STEP))


def story_lines(story: Story, section: str) -> list[str]:
    """The docstring of a class."""
    more = [_when(story), _link(story, section)]
    paragraph = "\n".join(line for line in more if line)
    return indented(docstring(story.text, *([paragraph] if paragraph else ()), indent=_STEP))


def _when(story: Story) -> str:
    since, until = ", ".join(story.since), ", ".join(story.until)
    if since and until:
        return f"Asterisk {since} and later, before {until}."
    if since:
        return f"Asterisk {since} and later."
    return f"Asterisk before {until}." if until else ""


def _link(story: Story, section: str) -> str:
    if story.page is None:
        return ""
    release, name = story.page
    return f"{_SITE}/Asterisk_{release}_Documentation/API_Documentation/{section}/{name}/"
