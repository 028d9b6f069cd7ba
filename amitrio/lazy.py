"""Lazy: names of a module that are loaded when they are first asked for (PEP 562).

All of the library together costs more to load than most programs want to wait for, and no program
wants all of it.

Law: a name that is there can be imported, listed by `dir` and completed, loaded or not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module

__all__ = ["Places", "lazily"]

Places = Callable[[], Mapping[str, str]]
"""Gives the names that a module has lazily, and the module of each; called when it is needed."""


def lazily(
    module: str, *places: Places, submodules: tuple[str, ...] = ()
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The `__getattr__` and the `__dir__` of a module that has these names lazily.

    A name is looked for in `places` in their order; one that is not reached is not called.
    """
    tables = [cache(one) for one in places]

    def getter(name: str) -> object:
        if name in submodules:
            return import_module(f"{module}.{name}")  # which sets it here, too
        asked = () if name.startswith("__") else tables
        place = next((table()[name] for table in asked if name in table()), None)
        if place is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value: object = getattr(import_module(place), name)
        setattr(sys.modules[module], name, value)
        return value

    def lister() -> list[str]:
        told = (name for table in tables for name in table())
        return sorted({*vars(sys.modules[module]), *told, *submodules})

    return getter, lister
