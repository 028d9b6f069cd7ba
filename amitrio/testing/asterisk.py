"""SimulatedAsterisk: a simulator with a client's door."""

from __future__ import annotations

from typing import Any

from amitrio.client import Connection, connect_over
from amitrio.simulator import Simulator

__all__ = ["SimulatedAsterisk"]


class SimulatedAsterisk(Simulator):
    """A simulator to which `client()` connects. Takes what `Simulator` takes."""

    def client(self, user: str = "admin", **options: Any) -> Connection:
        """A connection of that manager user, through memory: `async with asterisk.client()`.

        `options` are those of `amitrio.connect_over`; the user's secret is known. Raises KeyError
        for a user that the simulator does not have.
        """
        options.setdefault("secret", self.users[user.lower()].secret)
        options.setdefault("name", "the simulated PBX")
        return connect_over(self.connect(), username=user, **options)
