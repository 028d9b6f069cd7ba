"""Dial: from a host name to a connected stream, TCP or TLS.

Law: each way to fail ends in one ConnectionFailed, with one line that says what to look at.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl

import anyio
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from amitrio.client.transport import SocketStream
from amitrio.errors import ConnectionFailed

__all__ = ["dial", "tls_context"]

# RFC 8305 5: the delay before the next address is tried beside one that does not answer.
_STAGGER = 0.25

_Address = tuple[int, tuple[str, int]]

_REASONS = {
    errno.ECONNREFUSED: (
        "nothing listens there: is Asterisk running, and has manager.conf enabled=yes and this"
        " port and bindaddr?"
    ),
    errno.ETIMEDOUT: "no answer: is a firewall in between?",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "no route to the network",
}


async def dial(host: str, port: int, tls: ssl.SSLContext | None) -> ByteStream:
    """Connect. Raises ConnectionFailed. Cancelled, nothing stays open."""
    stream: ByteStream = SocketStream(await _connect(host, port))
    if tls is None:
        return stream
    try:
        # Asterisk closes without close_notify, so a missing one is no truncation attack here:
        # AMI's own frames tell whether the end is whole.
        return await TLSStream.wrap(
            stream, server_side=False, hostname=host, ssl_context=tls, standard_compatible=False
        )
    except BaseException as exc:
        await anyio.aclose_forcefully(stream)
        if isinstance(exc, ssl.SSLError | OSError | anyio.EndOfStream | anyio.BrokenResourceError):
            raise ConnectionFailed(_tls_failure(host, port, exc)) from exc
        raise


def tls_context(*, verify: bool) -> ssl.SSLContext:
    """TLS as it should be; without verification only for who asks for it by name."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _tls_failure(host: str, port: int, exc: BaseException) -> str:
    where = f"TLS with {host}:{port} failed"
    cause = exc.__cause__ if isinstance(exc.__cause__, ssl.SSLError) else exc
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"{where}: {cause.verify_message}; pass tls=ssl.create_default_context(cafile=...)"
            " with the certificate that Asterisk's tlscertfile holds"
        )
    if isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER":
        return f"{where}: the port does not speak TLS; use the TLS port (5039) or tls=False"
    return f"{where}: {str(cause) or type(cause).__name__}"


async def _connect(host: str, port: int) -> socket.socket:
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:  # socket.gaierror is one
        raise ConnectionFailed(f"cannot find the host {host!r}: {exc.strerror or exc}") from exc
    except UnicodeError as exc:
        raise ConnectionFailed(f"{host!r} is no host name: {exc}") from exc
    addresses = [(int(family), (str(target[0]), int(target[1]))) for family, *_, target in found]
    won, errors = await _race(addresses)
    if won is None:
        raise ConnectionFailed(f"cannot connect to {host}:{port}: {_reason(errors)}") from errors[0]
    return won


def _reason(errors: list[OSError]) -> str:
    first = errors[0]
    return _REASONS.get(first.errno or 0) or first.strerror or str(first)


async def _race(addresses: list[_Address]) -> tuple[socket.socket | None, list[OSError]]:
    """The first address that answers, each tried a little after the one before (RFC 8305)."""
    won: list[socket.socket] = []
    errors: list[OSError] = []

    async def attempt(address: _Address, failed: anyio.Event) -> None:
        try:
            sock = await _open(address)
        except OSError as exc:
            errors.append(exc)
            failed.set()
            return
        if won:
            sock.close()
        else:
            won.append(sock)
            tasks.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as tasks:
            for address in addresses:
                failed = anyio.Event()
                tasks.start_soon(attempt, address, failed)
                with anyio.move_on_after(_STAGGER):
                    await failed.wait()
    except BaseException:
        for sock in won:
            sock.close()
        raise
    return (won[0] if won else None), errors


async def _open(address: _Address) -> socket.socket:
    family, target = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        await _finish_connect(sock, target)
    except BaseException:
        sock.close()
        raise
    return sock


async def _finish_connect(sock: socket.socket, target: tuple[str, int]) -> None:
    sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
    error = sock.connect_ex(target)
    if error in (errno.EINPROGRESS, errno.EWOULDBLOCK):
        await anyio.wait_writable(sock)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))
