"""The public face: what it names, and what it costs to import."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

import amitrio

PUBLIC = [
    "amitrio",
    "amitrio.client",
    "amitrio.credentials",
    "amitrio.errors",
    "amitrio.headers",
    "amitrio.limits",
    "amitrio.models",
    "amitrio.protocol",
    "amitrio.text",
]

# Milliseconds that amitrio's own modules may take, on a machine of which nothing is known.
_GENEROUS = 400


def modules() -> list[str]:
    """Every module of the layers that `import amitrio` brings in."""
    names = [
        name
        for _, name, _ in pkgutil.walk_packages(amitrio.__path__, "amitrio.")
        if name.split(".")[1] in {"client", "models", "protocol"}
    ]
    return sorted({*PUBLIC, *names})


@pytest.mark.parametrize("name", modules())
def test_what_a_module_names_is_there_sorted_and_once(name: str) -> None:
    module = importlib.import_module(name)
    assert isinstance(module, ModuleType)
    named: list[str] = module.__all__
    assert named == sorted(named, key=_rank)
    assert len(set(named)) == len(named)
    for one in named:
        assert hasattr(module, one), one


def _rank(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions: as the linter sorts."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("name", modules())
def test_what_a_module_makes_and_does_not_hide_is_named(name: str) -> None:
    module = importlib.import_module(name)
    made = {
        one
        for one, value in vars(module).items()
        if not one.startswith("_")
        and getattr(value, "__module__", None) == name
        and (inspect.isclass(value) or inspect.isfunction(value))
    }
    assert made - set(module.__all__) - _INTERNAL.get(name, set()) == set()


# Used by a sibling module, and by nobody else.
_INTERNAL = {
    "amitrio.protocol.framing": {"trimmed"},
    "amitrio.client.outbound": {"CallReport"},
}


@pytest.mark.parametrize(
    "name", ["amitrio", "amitrio.client", "amitrio.models", "amitrio.protocol"]
)
def test_a_packages_face_shows_no_more_than_it_names(name: str) -> None:
    package = importlib.import_module(name)
    shown = {
        one
        for one, value in vars(package).items()
        if not one.startswith("_") and not inspect.ismodule(value) and one != "annotations"
    }
    assert shown == set(package.__all__)


def test_whatever_the_public_api_raises_or_yields_can_be_named() -> None:
    for name in amitrio.errors.__all__:
        if name != "Executed":
            assert getattr(amitrio, name) is getattr(amitrio.errors, name)
    for name in amitrio.client.__all__:
        assert getattr(amitrio, name) is getattr(amitrio.client, name)


def test_every_public_thing_says_what_it_is() -> None:
    for name in amitrio.__all__:
        thing = getattr(amitrio, name)
        assert inspect.getdoc(thing), name
        if not inspect.isclass(thing):
            continue
        for method, value in vars(thing).items():
            if not method.startswith("_") and callable(getattr(thing, method)):
                assert inspect.getdoc(value) or inspect.getdoc(getattr(thing, method)), method


# What it costs -----------------------------------------------------------------------------------

_MEASURE = """
import json, sys, time
import anyio, anyio.streams.tls, attrs
before = set(sys.modules)
began = time.perf_counter()
import amitrio
taken = (time.perf_counter() - began) * 1000
print(json.dumps({"taken": taken, "new": sorted(set(sys.modules) - before)}))
"""


def measured() -> dict[str, list[str] | float]:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE], capture_output=True, text=True, check=True
    )
    told: dict[str, list[str] | float] = json.loads(done.stdout)
    return told


def test_importing_brings_no_backend_and_no_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, amitrio; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    unwanted = {"trio", "cyclopts", "rich", "pytest", "hypothesis", "starlette", "hypercorn"}
    assert loaded & unwanted == set()
    brought = [name for name in done.stdout.split() if name.startswith("amitrio.")]
    assert not any(name.split(".")[1] in {"cli", "simulator", "testing"} for name in brought), (
        brought
    )


def test_importing_is_cheap() -> None:
    runs = [measured() for _ in range(3)]
    brought = runs[0]["new"]
    assert isinstance(brought, list)
    assert len([name for name in brought if name.startswith("amitrio")]) < 60
    assert len(brought) < 90
    assert min(float(run["taken"]) for run in runs if isinstance(run["taken"], float)) < _GENEROUS
