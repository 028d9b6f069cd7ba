"""Seeds: which scripts are always run.

`KEPT` are those that once found a bug in the client. A script is what its seed makes of it, so a
change of `script` gives them another meaning: then their bug belongs among the planted ones, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ALWAYS", "KEPT"]

ALWAYS = range(500)

KEPT: Mapping[int, str] = MappingProxyType(
    {
        44: "a list that came after it was given up made the watch turn in circles",
        127: "the watch gave up an action of a connection that had ended in the same instant",
        208: "the same, of a list",
        290: "the report on a call that was given up came in the same bytes as its answer",
        395: "a supervised client was left while it waited for FullyBooted, and crashed",
        561: "the same, on another path",
    }
)
"""What a seed found, whether it lies within those or beyond."""
