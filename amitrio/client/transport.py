"""Transport: a TCP socket as a byte stream that can also send at once.

anyio's own TCP stream hides the socket on asyncio. Here the socket is ours: a lone action leaves
by one non-blocking send from the task that asks, without waking the writer; and reading waits
until there is something, then takes it in one large recv.

Law: `send_nowait` never waits; a stream that cannot do so (TLS, memory) simply is none of these.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import anyio
from anyio.abc import ByteStream, SocketAttribute

__all__ = ["SocketStream"]

# Measured: one recv of 128 to 256 KiB costs less a byte than several of 64.
_RECEIVE = 256 * 1024

_KEEPALIVE_IDLE = 30
_KEEPALIVE_INTERVAL = 10
_KEEPALIVE_COUNT = 3
# Milliseconds that written bytes may stay unacknowledged before the kernel gives up.
_USER_TIMEOUT = 30_000

_OPTIONS = (
    ("IPPROTO_TCP", "TCP_NODELAY", 1),
    ("SOL_SOCKET", "SO_KEEPALIVE", 1),
    ("IPPROTO_TCP", "TCP_KEEPIDLE", _KEEPALIVE_IDLE),
    ("IPPROTO_TCP", "TCP_KEEPINTVL", _KEEPALIVE_INTERVAL),
    ("IPPROTO_TCP", "TCP_KEEPCNT", _KEEPALIVE_COUNT),
    ("IPPROTO_TCP", "TCP_USER_TIMEOUT", _USER_TIMEOUT),
)


class SocketStream(ByteStream):
    """A connected, non-blocking socket. It owns the socket and closes it."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
        _set_options(sock)
        self._sock = sock
        self._closed = False
        self._receiving = False
        self._sending = False

    async def receive(self, max_bytes: int = _RECEIVE) -> bytes:
        """What has come, at least one byte. Cancelled, it has taken nothing.

        Raises EndOfStream at the end, ClosedResourceError, BrokenResourceError, and
        BusyResourceError for a second reader.
        """
        if self._receiving:
            raise anyio.BusyResourceError("reading from")
        self._receiving = True
        try:
            return await self._receive(max_bytes)
        finally:
            self._receiving = False

    async def _receive(self, max_bytes: int) -> bytes:
        while True:
            self._check_open()
            await anyio.wait_readable(self._sock)
            try:
                data = self._sock.recv(max_bytes)
            except BlockingIOError:
                continue
            except OSError as exc:
                raise self._broken(exc) from exc
            if not data:
                raise anyio.EndOfStream
            return data

    def send_nowait(self, item: bytes) -> int:
        """Send what the kernel takes at once; how many bytes that were."""
        if self._sending:
            return 0
        self._check_open()
        try:
            return self._sock.send(item)
        except BlockingIOError:
            return 0
        except OSError as exc:
            raise self._broken(exc) from exc

    async def send(self, item: bytes) -> None:
        """Send all of it. Cancelled, a part may have left: the stream is of no more use then."""
        if self._sending:
            raise anyio.BusyResourceError("writing to")
        self._sending = True
        try:
            await self._send(item)
        finally:
            self._sending = False

    async def _send(self, item: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        left = memoryview(item)
        while left:
            self._check_open()
            try:
                left = left[self._sock.send(left) :]
            except BlockingIOError:
                await anyio.wait_writable(self._sock)
            except OSError as exc:
                raise self._broken(exc) from exc

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """The socket and the addresses of both ends, as typed attributes of anyio."""
        return {
            SocketAttribute.raw_socket: lambda: self._sock,
            SocketAttribute.family: lambda: self._sock.family,
            SocketAttribute.local_address: self._sock.getsockname,
            SocketAttribute.remote_address: self._sock.getpeername,
        }

    async def send_eof(self) -> None:
        """Say that nothing more will be sent."""
        self._check_open()
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError as exc:
            raise self._broken(exc) from exc

    async def aclose(self) -> None:
        """Close the socket. Always done, even when cancelled; a waiting reader is woken."""
        if not self._closed:
            self._closed = True
            anyio.notify_closing(self._sock)
            self._sock.close()
        await anyio.lowlevel.checkpoint()

    def _check_open(self) -> None:
        if self._closed:
            raise anyio.ClosedResourceError

    def _broken(self, exc: OSError) -> Exception:
        if exc.errno == errno.EBADF:
            return anyio.ClosedResourceError()
        return anyio.BrokenResourceError(str(exc))


def _set_options(sock: socket.socket) -> None:
    """Find a dead peer even when nobody writes; what a platform or kernel lacks is left out."""
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for level, option, value in _OPTIONS:
        with suppress(AttributeError, OSError):
            sock.setsockopt(getattr(socket, level), getattr(socket, option), value)
