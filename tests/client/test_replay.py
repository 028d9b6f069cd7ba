"""Law 11: the core is pure, so that the bytes of a session can be played again."""

from __future__ import annotations

from typing import Any

import pytest

from amitrio.protocol import Answered, ClientConnection, EventsReceived, ListEnded
from tests.client.peer import Peer
from tests.client.streams import MemoryStream
from tests.client.waiting import Beside
from tests.protocol.transcripts import singly


class Recording(MemoryStream):
    """Keeps what was received."""

    received = b""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        data = await super().receive(max_bytes)
        self.received += data
        return data


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
async def test_the_bytes_of_a_session_tell_its_story_again(
    peer: Peer, beside: Beside, size: int
) -> None:
    assert isinstance(peer.stream, MemoryStream)
    recording = peer.stream = Recording(peer.stream.chunks)
    async with peer.accept() as client:
        with client.events() as stream:
            beside.go(peer.attend())
            reply = await client.send("Echo", Text="x")
            channels = await client.send("CoreShowChannels")
            await peer.event("Hangup", N="1")
            event = await stream.receive()

    again = ClientConnection()
    told: list[Any] = []
    data = recording.received
    asked = {request.action_id: request.action for request in peer.heard}
    banner = data.index(b"\r\n") + 2
    told += again.receive(data[:banner])
    for action_id, action in asked.items():
        again.send(action, [], action_id=action_id)
    for at in range(banner, len(data), size):
        told += again.receive(data[at : at + size])
    told = list(singly(told))
    answered = {one.exchange.action_id: one.frame for one in told if isinstance(one, Answered)}
    assert answered[reply["ActionID"]] == reply._frame
    assert [one.frames for one in told if isinstance(one, EventsReceived)][-1][-1] == event._frame
    ended = next(one for one in told if isinstance(one, ListEnded))
    assert ended.exchange.items == len(channels) == 3
    assert again.counts.unmatched == 0
    assert again.pending == 0
