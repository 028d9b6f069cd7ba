"""SimulatedAsterisk: a simulator with the doors of both kinds of client."""

from __future__ import annotations

from typing import Any

from anyio.abc import ByteStream

from amitrio.client import Connection, connect_over
from amitrio.simulator import Simulator
from amitrio.supervisor import Supervision, supervise_over

__all__ = ["SimulatedAsterisk"]


class SimulatedAsterisk(Simulator):
    """A simulator to which `client()` connects and `supervised()` stays connected.

    Takes what `Simulator` takes.
    """

    def client(self, user: str = "admin", **options: Any) -> Connection:
        """A connection of that manager user, through memory: `async with asterisk.client()`.

        `options` are those of `amitrio.connect_over`; the user's secret is known. Raises KeyError
        for a user that the simulator does not have.
        """
        known = self._known(user, options)
        return connect_over(self.connect(), **known)

    def supervised(self, user: str = "admin", **options: Any) -> Supervision:
        """As `client`, but it stays connected: through `kick`, `restart`, `go_down` and faults.

        `options` are those of `amitrio.supervise_over`. Raises KeyError as `client` does.
        """

        async def open_stream() -> ByteStream:
            return self.connect()

        return supervise_over(open_stream, **self._known(user, options))

    def _known(self, user: str, options: dict[str, Any]) -> dict[str, Any]:
        """The options, with what is known of the user."""
        secret = self.users[user.lower()].secret
        return {"username": user, "secret": secret, "name": "the simulated PBX", **options}
