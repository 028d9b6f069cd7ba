"""Failures of one side alone: a peer that sends and never answers, a stream that only hears."""

from __future__ import annotations

import anyio
import pytest
from anyio.abc import ByteStream

import amitrio as ami
from amitrio.client import session
from amitrio.simulator import faults
from amitrio.testing import SimulatedAsterisk

pytestmark = pytest.mark.virtual_time


class HalfBroken(ByteStream):
    """A stream that hears on when it can no longer send."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.broken = False

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._stream.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        if self.broken:
            raise anyio.BrokenResourceError("ENOBUFS")
        await self._stream.send(item)

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


async def test_a_stream_that_can_only_hear_is_lost(asterisk: SimulatedAsterisk) -> None:
    async with asterisk:
        stream = HalfBroken(asterisk.connect())
        async with ami.connect_over(
            stream, username="admin", secret=asterisk.users["admin"].secret
        ) as client:
            stream.broken = True
            with (
                anyio.fail_after(5),
                pytest.raises(ami.ConnectionLost, match="nothing can be sent"),
            ):
                await client.ping()
            assert not client.connected


async def test_a_peer_that_sends_and_never_answers_is_left(
    asterisk: SimulatedAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_MOST_OVERDUE", 2)
    async with (
        asterisk,
        asterisk.client(response_timeout=0.5, ping_interval=0.5) as client,
        anyio.create_task_group() as tasks,
    ):
        asterisk.on("*", faults.drop())
        tasks.start_soon(_chatter, asterisk)
        for _ in range(3):
            with pytest.raises(ami.ResponseTimeout):
                await client.ping()
        assert isinstance(await client.wait_closed(), ami.ConnectionLost)
        tasks.cancel_scope.cancel()


async def _chatter(asterisk: SimulatedAsterisk) -> None:
    while True:
        asterisk.publish("Newstate", [("Channel", "x")], privilege="call")
        await anyio.sleep(0.1)
