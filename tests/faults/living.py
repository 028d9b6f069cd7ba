"""Living on: what every connection shows that has outlived a fault.

    async with outlived(peer, beside) as client:    # at its end the connection must work
        await peer.send(b"no header at all\r\n\r\n")

Law: it lives only if a stream that was opened before the fault hears what comes after it, and
nothing else, and if the next action gets its own answer.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import attrs
from anyio.abc import ByteStream, SocketAttribute

from amitrio import Client, Disconnected, EventStream, Reconnected, SupervisedClient
from amitrio.client.transport import SocketStream
from tests.client.peer import Peer
from tests.client.sockets import tcp_pair
from tests.client.waiting import Beside
from tests.supervisor.site import Site

__all__ = ["Survivor", "WiredSite", "mended", "outlived", "reset", "wired", "works"]


async def works(
    client: Client | SupervisedClient, peer: Peer, beside: Beside, witness: EventStream[Any]
) -> None:
    """An action is answered, and the stream hears the next event, not another."""
    asked = beside(client.send("Echo", Text="still there"))
    request = await peer.expect("Echo")
    await peer.event("Hangup", Channel="PJSIP/next")
    await peer.answer(request, Text="still there")
    assert (await asked)["Text"] == "still there"
    assert (await witness.receive()).channel == "PJSIP/next"
    assert client.connected


@asynccontextmanager
async def outlived(peer: Peer, beside: Beside, **settings: Any) -> AsyncGenerator[Client]:
    """A connection that must work after whatever the body does to it."""
    async with peer.accept(**settings) as client:
        with client.events("Hangup") as witness:
            yield client
            await works(client, peer, beside, witness)


@attrs.define(eq=False)
class Survivor:
    """A supervised client, and a stream of it."""

    client: SupervisedClient
    witness: EventStream[Any]

    async def loss(self) -> Disconnected:
        """The loss, as the stream tells it: nothing else may come before."""
        gap = await self.witness.receive()
        assert isinstance(gap, Disconnected)
        return gap


@asynccontextmanager
async def mended(site: Site, **options: Any) -> AsyncGenerator[Survivor]:
    """A supervised connection that the body loses and lets in again: then all must work.

    The body reads the loss from the witness; what comes next there is that it is over.
    """
    async with site.client(**options) as client:
        with client.events("Hangup") as witness:
            yield Survivor(client, witness)
            await client.wait_connected()
            assert isinstance(await witness.receive(), Reconnected)
            await works(client, site.peer, site.beside, witness)
        site.beside.go(site.peer.see_off())


# Over real sockets --------------------------------------------------------------------------------


def wired(beside: Beside) -> Peer:
    """A peer at the other end of a TCP connection."""
    return Peer(beside, _ends())


class WiredSite(Site):
    """A site whose connections go over TCP."""

    def __init__(self, beside: Beside) -> None:
        super().__init__(beside)
        self.hurries = True  # its ends are those of `_ends`

    @staticmethod
    def _ends() -> tuple[ByteStream, ByteStream]:
        return _ends()


async def reset(peer: Peer) -> None:
    """End the connection as a process does that is killed with bytes unread."""
    sock = peer.own.extra(SocketAttribute.raw_socket)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await peer.own.aclose()


def _ends() -> tuple[ByteStream, ByteStream]:
    one, other = tcp_pair()
    return SocketStream(one), SocketStream(other)
