"""Testing programs that use amitrio, without an Asterisk.

    async def test_my_screen_pop(asterisk):              # a fixture of the pytest plugin
        async with asterisk, asterisk.client() as client:
            with client.events("Newstate") as stream:
                asterisk.publish("Newstate", [("Channel", "PJSIP/100-1")], privilege="call")
                assert (await stream.receive())["Channel"] == "PJSIP/100-1"

The fixture runs under pytest-trio, anyio's plugin and pytest-asyncio alike, and on a clock that
jumps: the connection goes through memory, not through a socket.

Law: what is tested here is the client itself, unchanged; only the PBX is played.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitrio.lazy import lazily as _lazily

if TYPE_CHECKING:
    from amitrio.simulator import faults as faults
    from amitrio.testing.asterisk import SimulatedAsterisk as SimulatedAsterisk

__all__ = ["SimulatedAsterisk", "faults"]

_PLACES = {"SimulatedAsterisk": "amitrio.testing.asterisk", "faults": "amitrio.simulator"}

if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, lambda: _PLACES)
