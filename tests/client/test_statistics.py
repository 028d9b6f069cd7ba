"""How a connection stands, in numbers."""

from __future__ import annotations

from amitrio import EventsDropped, StreamStatistics
from tests.client.peer import Peer
from tests.client.waiting import Beside


async def test_what_came_and_what_waits_is_counted(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        before = client.statistics()
        assert before.pending == 0
        assert before.streams == ()
        asked = beside(client.ping())
        request = await peer.expect("Ping")
        assert client.statistics().pending == 1
        await peer.answer(request)
        await asked
        after = client.statistics()
        assert after.pending == 0
        assert after.frames == before.frames + 1
        assert after.bytes > before.bytes


async def test_each_stream_tells_how_far_it_is_behind(peer: Peer) -> None:
    async with peer.accept() as client:
        with (
            client.events("Hangup", buffer=2, overflow="drop_oldest") as slow,
            client.events("Newstate") as idle,
        ):
            for _ in range(5):
                await peer.event("Hangup")
            await peer.event("Newstate")
            await idle.receive()  # what was sent before has come, too
            hangups, newstates = client.statistics().streams
            assert hangups == StreamStatistics(2, 0, 3, 2)
            assert hangups.kinds == slow.statistics().kinds == ("hangup",)
            assert slow.statistics() == hangups
            assert slow.statistics().lag >= hangups.lag
            assert newstates == StreamStatistics(0, 1, 0, 8192)
            assert newstates.lag == 0
            assert client.statistics().largest_lag >= hangups.lag > 0
            assert await slow.receive() == EventsDropped(3)
            assert slow.statistics().lag > 0  # one is in the stream's hand
            assert client.statistics().largest_lag == 0
            assert idle.statistics().buffered == 0
        assert client.statistics().streams == ()
