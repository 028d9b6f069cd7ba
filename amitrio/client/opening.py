"""Opening: from settings to a client that is logged in, and back to nothing, in one scope.

Law: the scope owns all tasks of the connection, and lets out bare what its body raises.
"""

from __future__ import annotations

import ipaddress
import math
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSAttribute

from amitrio.client.client import Client
from amitrio.client.login import log_in
from amitrio.client.scope import owning
from amitrio.client.session import Session
from amitrio.client.settings import Settings
from amitrio.client.subscriptions import Subscriptions
from amitrio.client.watch import Watch
from amitrio.errors import ConnectionFailed

__all__ = ["CleartextWarning", "Dial", "opened"]

Dial = Callable[[], Awaitable[ByteStream]]


class CleartextWarning(UserWarning):
    """AMI goes over a network in clear: whoever listens reads calls and controls the PBX."""


@asynccontextmanager
async def opened(
    settings: Settings,
    dial: Dial,
    made: Callable[[Session], None],
    subscriptions: Subscriptions | None = None,
) -> AsyncGenerator[Client]:
    """Connect, log in, and close at the end. `made` gets the session before the login.

    Raises what `amitrio.connect` says. Cancelled, nothing stays open.
    """
    stream = await _reach(settings, dial)
    session = Session(
        stream,
        label=settings.label,
        limits=settings.limits,
        watch=_watch(settings),
        fallback_encoding=settings.fallback_encoding,
        subscriptions=subscriptions,
    )
    made(session)
    async with owning(session.read, session.write, session.watch):
        try:
            yield Client(await log_in(session, settings))
        finally:
            await session.close()


async def _reach(settings: Settings, dial: Dial) -> ByteStream:
    try:
        with anyio.fail_after(settings.connect_timeout):
            stream = await dial()
    except TimeoutError as exc:
        raise ConnectionFailed(
            f"no connection to {settings.label} within {settings.connect_timeout:g} s: is the"
            " address right, and is a firewall in between?"
        ) from exc
    try:
        _warn_of_cleartext(stream, settings)
    except BaseException:  # warnings may be errors
        await anyio.aclose_forcefully(stream)
        raise
    return stream


def _watch(settings: Settings) -> Watch:
    return Watch(
        ping_interval=settings.ping_interval,
        ping_timeout=settings.ping_timeout,
        response_timeout=settings.response_timeout,
        heard=-math.inf,
    )


_warned: set[str] = set()


def _warn_of_cleartext(stream: ByteStream, settings: Settings) -> None:
    """Once for each server, and only where somebody else can listen."""
    if settings.tls or settings.label in _warned or not _goes_over_a_network(stream):
        return
    _warned.add(settings.label)
    warnings.warn(
        f"AMI to {settings.label} goes in clear over the network; use tls=True (tlsenable=yes in"
        " manager.conf)",
        CleartextWarning,
        stacklevel=2,
    )


def _goes_over_a_network(stream: ByteStream) -> bool:
    if stream.extra(TLSAttribute.tls_version, None) is not None:
        return False
    try:
        peer = stream.extra(SocketAttribute.remote_address, None)
    except OSError:  # the peer is gone already: its reader will say so
        return False
    if not isinstance(peer, tuple):
        return False
    return not ipaddress.ip_address(str(peer[0]).partition("%")[0]).is_loopback
