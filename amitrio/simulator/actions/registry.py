"""The registry: every action by its name, with what it takes to run it.

Law: names are found in any case; an action is what ListCommands tells of it.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from amitrio.protocol.privileges import permissions
from amitrio.simulator.calls import Handler

__all__ = ["ACTIONS", "Action", "action"]


@attrs.frozen
class Action:
    """One action."""

    name: str
    synopsis: str
    privilege: int  # one of these classes is enough; 0 for none
    handler: Handler
    core: bool  # known before the modules are loaded


ACTIONS: dict[str, Action] = {}
"""Every action, under its name in lower case."""


def action(
    name: str, synopsis: str, privilege: str = "", *, core: bool = True
) -> Callable[[Handler], Handler]:
    """Register a handler; `core=False` for what a module brings."""

    def register(handler: Handler) -> Handler:
        ACTIONS[name.lower()] = Action(name, synopsis, permissions(privilege), handler, core)
        return handler

    return register
