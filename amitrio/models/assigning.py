"""Assigning: all fields of a frozen object set at once, by one unpacking.

A frozen class refuses assignments in a method of its own, which is asked each time. For the moment
of the assignment the object becomes one of a twin, of the same layout but without that method, and
the interpreter stores straight into the slots: a sixth of what object.__setattr__ costs. The
function is written out as source for it, as attrs writes `__init__`.

Law: only for objects that nobody else has seen filled; what one sees afterwards is of its class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, cast

__all__ = ["Assigner", "assigner", "unlocked"]

Assigner = Callable[[object, Sequence[Any]], None]

_become = object.__dict__["__class__"].__set__


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


def assigner(cls: type, names: Sequence[str]) -> Assigner:
    """What sets these fields of an object of the class to as many values."""
    if not all(map(str.isidentifier, names)):
        raise ValueError(f"{names!r} are not all names of fields")
    values = "".join(f"v{number}, " for number in range(len(names)))
    stores = "".join(f"    message.{name} = v{number}\n" for number, name in enumerate(names))
    source = (
        "def assign(message, values):\n"
        f"    ({values}) = values\n"
        "    become(message, twin)\n"
        f"{stores}"
        "    message.__class__ = cls\n"
    )
    made: dict[str, Any] = {"become": _become, "twin": unlocked(cls), "cls": cls}
    exec(source, made)  # noqa: S102 - of names that were just checked
    return cast("Assigner", made["assign"])
