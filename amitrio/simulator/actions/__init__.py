"""The actions: one file per family, each handler registered under its name.

Law: what a release does not have, and what a module brings while modules are still being loaded,
is not found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitrio.simulator.actions import bridging as _bridging
from amitrio.simulator.actions import channels as _channels
from amitrio.simulator.actions import configuration as _configuration
from amitrio.simulator.actions import consoles as _consoles
from amitrio.simulator.actions import databases as _databases
from amitrio.simulator.actions import listing as _listing
from amitrio.simulator.actions import login as _login
from amitrio.simulator.actions import originating as _originating
from amitrio.simulator.actions import queueconsole as _queueconsole
from amitrio.simulator.actions import queueing as _queueing
from amitrio.simulator.actions import sessions as _sessions
from amitrio.simulator.actions import states as _states
from amitrio.simulator.actions import system as _system
from amitrio.simulator.actions.registry import ACTIONS, Action

if TYPE_CHECKING:
    from amitrio.simulator.server import Simulator

__all__ = ["ACTIONS", "FAMILIES", "Action", "find_action"]

FAMILIES = (
    _bridging,
    _channels,
    _configuration,
    _consoles,
    _databases,
    _listing,
    _login,
    _originating,
    _queueconsole,
    _queueing,
    _sessions,
    _states,
    _system,
)
"""The modules of this package; importing them is what registers their actions."""


def find_action(name: str, simulator: Simulator) -> Action | None:
    """The action of that name, if this server has it now."""
    found = ACTIONS.get(name.lower())
    if found is None or name.lower() in simulator.release.missing:
        return None
    return found if found.core or simulator.booted else None
