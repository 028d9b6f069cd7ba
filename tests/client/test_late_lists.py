from __future__ import annotations

import math

import anyio
import pytest

from amitrio import ResponseTimeout
from tests.client.peer import Peer
from tests.client.waiting import Beside, quiet

pytestmark = pytest.mark.virtual_time


async def test_a_list_that_comes_when_it_was_given_up_is_nobodys_lateness(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(response_timeout=3.0, ping_interval=math.inf) as client:
        asked = beside(client.send("CoreShowChannels"))
        request = await peer.expect("CoreShowChannels")
        assert isinstance(await asked.error(), ResponseTimeout)
        items = ["Event: CoreShowChannel / Channel: Local/1"] * 3
        await peer.answer_list(request, "CoreShowChannelsComplete", *items)
        await quiet()
        assert client._session._watch.oldest_since == math.inf
        assert not len(client._session.ledger)


async def test_the_goodbye_takes_no_room(peer: Peer) -> None:
    async with peer.accept() as client:
        ledger = client._session.ledger
        room = ledger.room.value
    await anyio.lowlevel.checkpoint()
    assert ledger.room.value == room
    assert not len(ledger)
