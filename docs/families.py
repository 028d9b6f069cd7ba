# ruff: noqa: INP001 - Sphinx loads it, nobody else
"""The pages of the typed models: `.. family:: channels` documents one family of them.

Autodoc does the work. What is added here is what the classes know of the wire: which header a
field is, since when there is one, and what a user must be allowed.

Law: every family has a page, and every class is on one; else the build fails.
"""

from __future__ import annotations

import builtins
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import amitrio
from amitrio import actions
from amitrio.models import ActionAbout
from amitrio.models.kinds import Spec
from amitrio.models.lazy import action_places, event_places

_GENERATED = "amitrio.models.generated"
_BASES = {"amitrio.models.snapshots", "amitrio.models.typed"}


class Family(SphinxDirective):
    """A list of the family's classes, then each of them."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """What autodoc makes of them."""
        return self.parse_text_to_nodes("\n".join(_page(self.arguments[0])))


def _page(family: str) -> Iterator[str]:
    for title, public, module in (
        ("Events", amitrio, f"{_GENERATED}.events.{family}"),
        ("Actions and replies", actions, f"{_GENERATED}.actions.{family}"),
        ("All of them", amitrio, f"{_GENERATED}.{family}"),
    ):
        names = _names(public, module)
        if names and public is amitrio:
            yield from (inspect.getdoc(import_module(module)) or "", "")
        if names:
            yield from (f".. rubric:: {title}", "")
            yield from _listed(public, names)


def _names(public: ModuleType, module: str) -> list[str]:
    places = action_places() if public is actions else event_places()
    inside = f"{module}."
    return sorted(
        (name for name, place in places.items() if place == module or place.startswith(inside)),
        key=str.lower,
    )


def _listed(public: ModuleType, names: list[str]) -> Iterator[str]:
    for name in names:
        about = (inspect.getdoc(getattr(public, name)) or "").split("\n\n", 1)[0]
        yield f"* :class:`{name} <{public.__name__}.{name}>`: " + _plain(about.replace("\n", " "))
    yield ""
    for name in names:
        yield from (f".. autoclass:: {public.__name__}.{name}", "   :undoc-members:")
        yield from ("   :exclude-members: about, privileges", "")


# What is added to what autodoc finds -------------------------------------------------------------


def _tell(
    _app: Sphinx, what: str, name: str, thing: object, _options: object, lines: list[str]
) -> None:
    """Say of a field which header it is, and of a class what a user must be allowed."""
    if what == "attribute":
        lines[:] = [*_of_field(*name.rpartition(".")[::2]), *map(_plain, lines)]
    elif what == "class" and _is_model(thing):
        lines[:] = [*map(_plain, lines), *_of_class(getattr(thing, "about", None))]


def _of_field(owner: str, field: str) -> list[str]:
    module, _, name = owner.rpartition(".")
    cls: Any = getattr(import_module(module), name, None) if module else None
    attribute = getattr(attrs.fields(cls), field, None) if attrs.has(cls) else None
    spec = None if attribute is None else attribute.metadata.get("wire")
    if attribute is None or not isinstance(spec, Spec):
        return []
    told = [f"``{spec.header}{'...' if spec.form == 'part' else ''}``"] if spec.header else []
    told += ["required"] if attribute.default is attrs.NOTHING else []
    told += [] if spec.since is None else [f"Asterisk {spec.since} and later"]
    told += [] if spec.until is None else [f"before Asterisk {spec.until}"]
    return [", ".join(told) + ".", ""] if told else []


def _of_class(about: Any) -> Iterator[str]:
    if isinstance(about, ActionAbout):
        if about.privileges:
            allowed = " or ".join(f"``{one}``" for one in sorted(about.privileges))
            yield from ("", f"The user's ``write`` needs {allowed}.")
    elif getattr(about, "event_class", None) is not None:
        yield from ("", f"The user's ``read`` needs ``{about.event_class}``.")


def _plain(line: str) -> str:
    """A line of words and of `code`; nothing else in it means anything."""
    pieces = re.split(r"(`[^`]*`|https?:\S+)", line)
    return "".join(
        piece if number % 2 else re.sub(r"([*|]|_\b)", r"\\\1", piece)
        for number, piece in enumerate(pieces)
    )


def _is_model(thing: object) -> bool:
    module = str(getattr(thing, "__module__", ""))
    return module in _BASES or module.startswith(f"{_GENERATED}.")


def _quiet(_app: Sphinx, what: str, _name: str, thing: object, *_: object) -> Any:
    """No signature: what it would hold are the fields, which are listed with their types."""
    return ("", None) if what == "class" and _is_model(thing) else None


def _refer(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.TextElement
) -> nodes.Node | None:
    """A class is annotated by the name of its module, and documented under its public one."""
    target = str(node.get("reftarget", ""))
    if not target.startswith("amitrio.models."):
        return None
    public = "amitrio.actions" if f"{_GENERATED}.actions." in target else "amitrio"
    name = f"{public}.{target.rpartition('.')[2]}"
    domain = env.domains.python_domain
    return domain.resolve_xref(env, node["refdoc"], app.builder, "class", name, node, text)


def _leave_builtins(_app: Sphinx, doctree: nodes.document) -> None:
    """`type` in an annotation is Python's, not one of the fields that are called so."""
    for node in list(doctree.findall(pending_xref)):
        if "refspecific" in node and hasattr(builtins, node["reftarget"]):
            node.replace_self(node.children)


# The law -----------------------------------------------------------------------------------------


def _check(app: Sphinx) -> None:
    places = {*event_places().values(), *action_places().values()}
    families = {_page_name(place) for place in places if place.startswith(_GENERATED)}
    pages = {page.stem for page in Path(app.srcdir, "models").glob("*.rst")}
    if families != pages:
        raise ExtensionError(f"docs/models has no page for, or no family: {families ^ pages}")


def _page_name(place: str) -> str:
    """A family's events and actions are on one page, and all enumerations are on one."""
    what, _, family = place.removeprefix(f"{_GENERATED}.").partition(".")
    return family if what in {"actions", "events"} else what


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx's door."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("family", Family)
    app.connect("builder-inited", _check)
    app.connect("autodoc-process-docstring", _tell)
    app.connect("autodoc-process-signature", _quiet)
    app.connect("doctree-read", _leave_builtins)
    app.connect("missing-reference", _refer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
