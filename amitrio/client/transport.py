"""Transport: a TCP socket as a byte stream that can also send at once.

anyio's own TCP stream hides the socket on asyncio. Here the socket is ours: a lone action leaves
by one non-blocking send from the task that asks, without waking the writer; and what comes is taken
in one large recv, as soon as there is something, and handed on at once.

Law: `send_nowait` never waits; a stream that cannot do so (TLS, memory) simply is none of these.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from operator import methodcaller
from typing import Any

import anyio
from anyio.abc import ByteStream, SocketAttribute

from amitrio.client.eventloop import Readable, Step, Waiter, this_event_loop

__all__ = ["SocketStream", "pump_of", "until_of"]

Take = Callable[[bytes], bool]
"""Takes a chunk; whether that is enough for now."""
Pump = Callable[[Take], Awaitable[None]]
"""Hands on what a stream brings until `Take` has enough for now."""
Until = Callable[[Waiter], Awaitable[None]]
"""Waits for what a stream is to bring next."""

# Room for what comes: usually little, so that the allocator has it at hand (for 128 KiB and more it
# asks the kernel each time); much while there is more than that to read. Measured: each doubling
# from 64 KiB on makes an event cheaper by 4 to 6 %. Not more than this: a UserEvent can have 65
# bytes, a DeviceStateChange 76, and what one read brings must fit into a stream that is empty.
_USUALLY = 64 * 1024
_MOST = 512 * 1024

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
        self._readable: Readable | None = None  # from when it is read first
        self._kept = b""
        self._room = _USUALLY
        self._closed = False
        self._receiving = False
        self._sending = False

    async def receive(self, max_bytes: int = _USUALLY) -> bytes:
        """What has come, at least one byte. Cancelled, it has taken nothing.

        Raises EndOfStream at the end, ClosedResourceError, BrokenResourceError, and
        BusyResourceError for a second reader.
        """

        def keep() -> bool:
            self._kept = self._received(max_bytes)
            return bool(self._kept)

        with self._reading():
            if self._kept:  # it was received in the tick in which its taker was cancelled
                await anyio.lowlevel.checkpoint()
            else:
                await self._each_time(keep)
            data, self._kept = self._kept[:max_bytes], self._kept[max_bytes:]
            return data

    async def pump(self, take: Take) -> None:
        """Hand on what comes until `take` has enough for now. Cancelled, nothing is in between.

        Raises as `receive` does, and what `take` raises.
        """

        def hand_on() -> bool:
            data = self._received(self._room)
            self._room = _MOST if len(data) == self._room else _USUALLY
            return bool(data) and take(data)

        with self._reading():
            kept, self._kept = self._kept, b""
            if not (kept and take(kept)):
                await self._each_time(hand_on)

    def until(self, thing: Waiter) -> Awaitable[None]:
        """Wait for what this is to bring next. Whoever waits may be the one who hands it on."""
        return thing.wait() if self._readable is None else self._readable.until(thing)

    @contextmanager
    def _reading(self) -> Generator[None]:
        """One task at a time."""
        self._check_open()
        if self._receiving:
            raise anyio.BusyResourceError("reading from")
        self._receiving = True
        try:
            yield
        finally:
            self._receiving = False

    def _each_time(self, step: Step) -> Awaitable[None]:
        if self._readable is None:
            self._readable = this_event_loop().readable(self._sock)
        return self._readable.each_time(step)

    def _received(self, room: int) -> bytes:
        """What is there, which may be nothing."""
        try:
            data = self._sock.recv(room)
        except BlockingIOError:
            return b""
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
                # What is said to be closed may only have been told to look (on_trio_socket).
                with suppress(anyio.ClosedResourceError):
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
            if self._readable is not None:
                self._readable.close()
            anyio.notify_closing(self._sock)  # who waits until it is writable
            self._sock.close()
        await anyio.lowlevel.checkpoint()

    def _check_open(self) -> None:
        if self._closed:
            raise anyio.ClosedResourceError

    def _broken(self, exc: OSError) -> Exception:
        if exc.errno == errno.EBADF:
            return anyio.ClosedResourceError()
        return anyio.BrokenResourceError(str(exc))


def pump_of(stream: ByteStream) -> Pump:
    """Its own `pump` if it has one; with any other stream a task receives, and hands on."""
    return stream.pump if isinstance(stream, SocketStream) else partial(_pump, stream)


async def _pump(stream: ByteStream, take: Take) -> None:
    while not take(await stream.receive()):
        pass


def until_of(stream: ByteStream) -> Until:
    """Its own `until` if it has one; with any other stream, whoever waits is woken."""
    return stream.until if isinstance(stream, SocketStream) else methodcaller("wait")


def _set_options(sock: socket.socket) -> None:
    """Find a dead peer even when nobody writes; what a platform or kernel lacks is left out."""
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for level, option, value in _OPTIONS:
        with suppress(AttributeError, OSError):
            sock.setsockopt(getattr(socket, level), getattr(socket, option), value)
