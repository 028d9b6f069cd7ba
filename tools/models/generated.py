"""All files that are generated: their paths in the project, and their text.

Law: a directory of generated modules holds what is named here and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from .catalogue import catalogue
from .extracts import FACTS
from .facts import load_facts
from .index import index_module
from .model import Catalogue
from .overloads import sources_stub
from .source import docstring, module
from .words import OVERRIDES, Problems, load_families, load_general
from .written import (
    actions_module,
    enums_face,
    enums_module,
    events_module,
    family_stars,
    groups_module,
)

__all__ = ["PROJECT", "generated", "stale"]

PROJECT = Path(__file__).resolve().parents[2]
_MODELS = "amitrio/models/generated"
_DIRECTORIES = (_MODELS, *(f"{_MODELS}/{part}" for part in ("actions", "enums", "events")))


def generated(
    problems: Problems, *, facts: Path = FACTS, overrides: Path = OVERRIDES
) -> dict[str, str]:
    """Path: text. What was missing or not understood is added to `problems`."""
    general = load_general(overrides)
    families = load_families(problems, overrides)
    made = catalogue(load_facts(general.event_names, facts), families, general, problems)
    return dict(sorted(_files(made).items()))


def _files(made: Catalogue) -> dict[str, str]:
    files = {
        f"{_MODELS}/__init__.py": _package("The typed models, one module per family."),
        f"{_MODELS}/enums/__init__.py": enums_face(made),
        f"{_MODELS}/groups.py": groups_module(made),
        f"{_MODELS}/index.py": index_module(made),
        f"{_MODELS}/events/__init__.py": _face("events", "Events", made.events),
        f"{_MODELS}/actions/__init__.py": _face("actions", "Actions", made.actions),
        "amitrio/client/sources.pyi": sources_stub(made),
    }
    files |= {f"{_MODELS}/enums/{name}.py": enums_module(made, name) for name in made.enums}
    files |= {f"{_MODELS}/events/{name}.py": events_module(made, name) for name in made.events}
    files |= {f"{_MODELS}/actions/{name}.py": actions_module(made, name) for name in made.actions}
    return files


def _package(text: str) -> str:
    return module(docstring(text), {}, [])


def _face(directory: str, what: str, families: Iterable[str]) -> str:
    """The package of the families; what is in them is named for type checkers only."""
    stars = family_stars(directory, families)
    text = docstring(f"{what}, one module per family; the registry loads them as they are named.")
    return module(text, {"typing": {"TYPE_CHECKING"}}, ["if TYPE_CHECKING:", *stars])


def stale(files: Mapping[str, str], project: Path) -> list[Path]:
    """Modules in the generated directories that are generated no more."""
    return [
        path
        for directory in _DIRECTORIES
        for path in sorted((project / directory).glob("*.py"))
        if path.relative_to(project).as_posix() not in files
    ]
