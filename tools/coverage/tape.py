"""Tape: a connection to a server that keeps everything that went over it, in both directions.

Law: what is kept is what the client itself was given, byte for byte.
"""

from __future__ import annotations

import anyio
import attrs
from anyio.abc import ByteStream

from amitrio.protocol.message import parse_headers

__all__ = ["Tape"]

_END = b"\r\n\r\n"


@attrs.define(eq=False)
class Tape(ByteStream):
    """A byte stream, and what went through it."""

    stream: ByteStream
    heard: bytearray = attrs.field(factory=bytearray)
    said: bytearray = attrs.field(factory=bytearray)

    @property
    def actions(self) -> dict[str, str]:
        """The actions that were sent, by their ActionIDs."""
        sent = map(parse_headers, bytes(self.said).split(_END)[:-1])
        return {headers["ActionID"]: headers["Action"] for headers in sent}

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """What has come, which is kept."""
        data = await self.stream.receive(max_bytes)
        self.heard += data
        return data

    async def send(self, item: bytes) -> None:
        """Send it, and keep it."""
        self.said += item
        await self.stream.send(item)

    async def send_eof(self) -> None:
        """Say that no more comes."""
        await self.stream.send_eof()

    async def aclose(self) -> None:
        """Close the connection; what was kept stays."""
        await self.stream.aclose()


async def taped(host: str, port: int) -> Tape:
    """A connection to a server. Raises OSError."""
    return Tape(await anyio.connect_tcp(host, port))
