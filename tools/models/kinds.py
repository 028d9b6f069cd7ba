"""The types of fields, and how each is written in Python.

A type of the overrides is a function of amitrio.models.kinds, with the annotation that its field
has in messages, and the one that it has in actions, which take what a caller is likely to hold.

Law: a type that is not here, and is no enumeration, is a mistake in the overrides.
"""

from __future__ import annotations

from types import MappingProxyType

import attrs

__all__ = ["KINDS", "MODULE_OF", "Kind"]


@attrs.frozen
class Kind:
    """A type of fields. A container is empty where others are None."""

    function: str
    annotation: str
    given: str = ""
    """The annotation in actions, where it is another."""
    container: bool = False
    given_function: str = ""
    """The function in actions, where it is another."""

    @property
    def in_actions(self) -> Kind:
        """The same type as actions have it."""
        return Kind(
            self.given_function or self.function,
            self.given or self.annotation,
            container=self.container,
        )


KINDS = MappingProxyType(
    {
        "text": Kind("text", "str"),
        "verbatim": Kind("verbatim", "str"),
        "escaped": Kind("escaped", "str"),
        "percent": Kind("percent", "str"),
        "integer": Kind("integer", "int"),
        "number": Kind("number", "float"),
        "hex": Kind("hexadecimal", "int"),
        "flag": Kind("flag", "bool"),
        "true_false": Kind("true_false", "bool"),
        "yes_no": Kind("yes_no", "bool"),
        "on_off": Kind("on_off", "bool"),
        "clock": Kind("clock", "int"),
        "epoch": Kind("epoch", "datetime"),
        "iso": Kind("iso", "datetime"),
        "local_time": Kind("local_time", "datetime"),
        "address": Kind("address", "Address"),
        "words": Kind("words", "tuple[str, ...]", "Sequence[str]", container=True),
        "many": Kind("many", "tuple[str, ...]", "Sequence[str]", container=True),
        "variables": Kind(
            "variables",
            "Variables",
            "Mapping[str, str]",
            container=True,
            given_function="settings",
        ),
        "headers": Kind("headers", "Variables", "Mapping[str, str]", container=True),
    }
)

MODULE_OF = MappingProxyType(
    {
        "Address": "amitrio.models.values",
        "Any": "typing",
        "ClassVar": "typing",
        "Mapping": "collections.abc",
        "Sequence": "collections.abc",
        "Variables": "amitrio.models.values",
        "datetime": "datetime",
    }
)
"""Where the names in annotations come from."""
