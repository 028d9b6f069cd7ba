"""Real sockets on the loopback: listeners, pairs, and addresses where nobody answers."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from tests.client.peer import GONE
from tests.client.waiting import Beside

LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def listening(
    beside: Beside, serve: Callable[[ByteStream], Awaitable[object]]
) -> AsyncIterator[int]:
    """A port whose connections are served so, each beside the test."""

    async def handle(stream: ByteStream) -> None:
        async with stream:
            with suppress(*GONE, OSError):
                await serve(stream)

    async with await anyio.create_tcp_listener(local_host=LOOPBACK, local_port=0) as listener:
        serving = beside(listener.serve(handle))
        try:
            yield listener.extra(SocketAttribute.local_port)
        finally:
            await serving.stop()


def closed_port() -> int:
    """A port at which nothing listens."""
    with socket.socket() as sock:
        sock.bind((LOOPBACK, 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that never answers: its queue of connections is full."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(0)
        waiting: list[socket.socket] = []
        try:
            for _ in range(100):
                sock = socket.socket()
                waiting.append(sock)
                sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
                sock.connect_ex(listener.getsockname())
                if not select.select([], [sock], [], 0.05)[1]:
                    break
            yield listener.getsockname()[1]
        finally:
            for sock in waiting:
                sock.close()


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two connected TCP sockets."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        other, _ = listener.accept()
    return one, other


def reset(sock: socket.socket) -> None:
    """Close so that the peer gets a reset, as from a process that was killed."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def resolve(monkeypatch: pytest.MonkeyPatch, *targets: tuple[str, int] | Exception) -> None:
    """Let every host name stand for these addresses; an exception is raised."""

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in (LOOPBACK, LOOPBACK.encode(), None):
            return original(host, *args, **kwargs)
        for target in targets:
            if isinstance(target, Exception):
                raise target
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", target) for target in targets]

    original = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
