"""Scripts: handlers that tests put in the way of actions.

Law: the newest comes first, each counts its own uses, and what is used up is gone.
"""

from __future__ import annotations

from amitrio.simulator.calls import Handler

__all__ = ["Script", "Scripts"]


class Script:
    """One handler of a test's."""

    def __init__(self, scripts: Scripts, action: str, handler: Handler, times: int | None) -> None:
        self._scripts = scripts
        self.action = action.lower()
        self.handler = handler
        self.left = times

    def remove(self) -> None:
        """Take it out of the way. Safe to repeat."""
        self._scripts.discard(self)

    def use(self) -> Handler:
        """Count one use."""
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                self.remove()
        return self.handler


class Scripts:
    """All handlers of tests, newest first."""

    def __init__(self) -> None:
        self._scripts: list[Script] = []

    def add(self, action: str, handler: Handler, times: int | None = None) -> Script:
        """Put a handler before all others; `*` stands for every action."""
        script = Script(self, action, handler, times)
        self._scripts.insert(0, script)
        return script

    def discard(self, script: Script) -> None:
        """Take a handler out of the way."""
        if script in self._scripts:
            self._scripts.remove(script)

    def taken_for(self, action: str) -> list[Handler]:
        """The handlers for one action, each counted as used."""
        names = {action.lower(), "*"}
        return [script.use() for script in list(self._scripts) if script.action in names]
