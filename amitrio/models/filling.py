"""Filling: what becomes of the pieces of a frame, written out as one function.

A plan says which piece goes into which field, what converts it, and what the other fields hold.
Walking through a plan costs more than what it asks for; so it is written out as source, once, as
attrs writes `__init__`.

A frozen class refuses assignments in a method of its own, which is asked each time. For the moment
of filling the object becomes one of a twin, of the same layout but without that method, and the
interpreter stores straight into the slots: a sixth of what object.__setattr__ costs.

Law: only for objects that nobody else has seen filled. What does not convert raises before the
first field is set; what one sees afterwards is of its class, and frozen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from keyword import iskeyword
from types import MappingProxyType
from typing import Any, cast

import attrs

__all__ = ["Converter", "Fill", "Gathered", "Match", "Plan", "filler", "unlocked"]

Match = Callable[[str], re.Match[str] | None]
Converter = Callable[[str], Any]
Fill = Callable[[object, str], bool]
"""Sets the fields; False, and nothing set, where the text does not match.

Raises ValueError where a value does not convert; then nothing is set either.
"""

_become = object.__dict__["__class__"].__set__


@attrs.frozen(eq=False)
class Gathered:
    """What is made of several pieces together, each under its own name."""

    make: Callable[[tuple[tuple[str, str], ...]], object]
    pieces: Sequence[tuple[str, int]]


@attrs.frozen(eq=False)
class Plan:
    """Which pieces go into the fields of one object, and what all the others hold."""

    cls: type
    pieces: Mapping[str, int]
    blanks: Mapping[str, object]
    parts: Mapping[str, Plan] = MappingProxyType({})
    gathered: Mapping[str, Gathered] = MappingProxyType({})


@cache
def unlocked(cls: type) -> type:
    """The twin of a frozen class that lets its fields be set."""
    plain = {
        "__slots__": (),
        # Both, or the interpreter asks a method all the same: they are one slot of a type.
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    return type(cls.__name__, (cls,), plain)


def filler(match: Match, count: int, plan: Plan, steps: Mapping[int, Converter]) -> Fill:
    """What fills an object from a text that matches in `count` pieces.

    `steps` says which pieces are more than text, and what makes them that.
    """
    names: dict[str, Any] = {"match": match, "become": _become}
    lines = [
        "found = match(text)",
        "if found is None:",
        "    return False",
        *_converted(count, steps, names),
        "become(message, twin)",
        *_stored("message", "", plan, names),
        "message.__class__ = cls",
        "return True",
    ]
    exec("\n    ".join(["def fill(message, text):", *lines]), names)  # noqa: S102 - see _checked
    return cast("Fill", names["fill"])


def _converted(count: int, steps: Mapping[int, Converter], names: dict[str, Any]) -> Iterator[str]:
    if count:
        yield f"({''.join(f'v{piece}, ' for piece in range(count))}) = found.groups()"
    for piece, convert in steps.items():
        names[f"c{piece}"] = convert
        yield f"if v{piece} is not None: v{piece} = c{piece}(v{piece})"


def _stored(target: str, mark: str, plan: Plan, names: dict[str, Any]) -> Iterator[str]:
    """The stores into one object; `mark` tells its names from those of the others."""
    names[f"cls{mark}"], names[f"twin{mark}"] = plan.cls, unlocked(plan.cls)
    for field, piece in plan.pieces.items():
        yield f"{target}.{_checked(field)} = v{piece}"
    for field, value in plan.blanks.items():
        names[f"k{mark}_{field}"] = value
        yield f"{target}.{_checked(field)} = k{mark}_{field}"
    for field, one in plan.gathered.items():
        names[f"make{mark}_{field}"] = one.make
        pairs = "".join(f"({name!r}, v{piece}), " for name, piece in one.pieces)
        yield f"{target}.{_checked(field)} = make{mark}_{field}(({pairs}))"
    for number, (field, part) in enumerate(plan.parts.items()):
        inner = f"{mark}_{number}"
        yield f"part{inner} = twin{inner}.__new__(twin{inner})"
        yield from _stored(f"part{inner}", inner, part, names)
        yield f"part{inner}.__class__ = cls{inner}"
        yield f"{target}.{_checked(field)} = part{inner}"


def _checked(field: str) -> str:
    """Only names are written out."""
    if not field.isidentifier() or iskeyword(field):
        raise ValueError(f"{field!r} is no name of a field")
    return field
