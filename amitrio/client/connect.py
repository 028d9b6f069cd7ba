"""Connect: the door. From a host, a user and a secret to a Client, inside one `async with`.

Law: `connect` is a plain function, so that the secret is wrapped before anything can fail and
show it. The context manager owns all tasks, and lets out bare what its body raises.
"""

from __future__ import annotations

import ipaddress
import math
import ssl
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType

import anyio
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSAttribute

from amitrio.client.client import Client
from amitrio.client.dial import dial
from amitrio.client.login import log_in
from amitrio.client.scope import owning
from amitrio.client.session import Session
from amitrio.client.settings import Settings
from amitrio.client.watch import Watch
from amitrio.credentials import Secret
from amitrio.errors import ConnectionFailed
from amitrio.limits import DEFAULT_LIMITS, Limits
from amitrio.protocol import State
from amitrio.protocol.auth import AuthMethod

__all__ = ["CleartextWarning", "Connection", "connect", "connect_over"]

Dial = Callable[[], Awaitable[ByteStream]]


class CleartextWarning(UserWarning):
    """AMI goes over a network in clear: whoever listens reads calls and controls the PBX."""


class Connection(AbstractAsyncContextManager[Client]):
    """A connection to be: `async with` makes it and gives the Client. For one use.

    `state` tells where it stands: NEW before, READY inside, CLOSED after, and after a failure.
    """

    def __init__(self, settings: Settings, dial: Dial) -> None:
        self._settings = settings
        self._dial = dial
        self._scope: AbstractAsyncContextManager[Client] | None = None
        self._session: Session | None = None
        self._failed = False

    @property
    def state(self) -> State:
        """Where the connection stands."""
        if self._session is not None:
            return self._session.state
        return State.CLOSED if self._failed else State.NEW

    async def __aenter__(self) -> Client:
        if self._scope is not None:
            raise RuntimeError("a connection is for one use; call connect() again")
        self._scope = self._open()
        try:
            return await self._scope.__aenter__()
        except BaseException:
            self._failed = True
            raise

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        assert self._scope is not None  # noqa: S101 - entered before
        return await self._scope.__aexit__(exc_type, exc, traceback)

    def __repr__(self) -> str:
        return f"<Connection to {self._settings.label}: {self.state.value}>"

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[Client]:
        settings = self._settings
        stream = await self._reach()
        session = self._session = Session(
            stream,
            label=settings.label,
            limits=settings.limits,
            watch=_watch(settings),
            fallback_encoding=settings.fallback_encoding,
        )
        async with owning(session.read, session.write, session.watch):
            try:
                reply = await log_in(session, settings)
                yield Client(session, reply, settings.event_mask)
            finally:
                await session.close()

    async def _reach(self) -> ByteStream:
        try:
            with anyio.fail_after(self._settings.connect_timeout):
                stream = await self._dial()
        except TimeoutError as exc:
            raise ConnectionFailed(
                f"no connection to {self._settings.label} within"
                f" {self._settings.connect_timeout:g} s: is the address right, and is a firewall"
                " in between?"
            ) from exc
        try:
            _warn_of_cleartext(stream, self._settings)
        except BaseException:  # warnings may be errors
            await anyio.aclose_forcefully(stream)
            raise
        return stream


def connect(
    host: str,
    port: int | None = None,
    *,
    username: str,
    secret: str | Secret,
    tls: bool | ssl.SSLContext = False,
    tls_insecure_skip_verify: bool = False,
    auth: AuthMethod = "md5",
    event_mask: str = "on",
    limits: Limits = DEFAULT_LIMITS,
    connect_timeout: float = 10.0,
    response_timeout: float = 30.0,
    ping_interval: float = 10.0,
    ping_timeout: float = 10.0,
    fallback_encoding: str = "latin-1",
    name: str | None = None,
) -> Connection:
    """Connect and log in: `async with amitrio.connect(...) as client`. One connection, one try.

    The port is 5038, with `tls` 5039. `tls=True` verifies the server's certificate; give an
    `ssl.SSLContext` to trust your own. `auth="md5"` answers a challenge, so that the secret
    itself never travels. `event_mask` is Asterisk's: "on", "off", or classes such as
    "call,agent". Times are seconds, `math.inf` switches them off. Text that is not UTF-8 is
    read in `fallback_encoding` where it becomes a field. `name` is what errors and
    `event.server` call this server.

    Entering raises ConnectionFailed (address, port, TLS, silence), ProtocolError (no AMI
    server), AuthenticationFailed and other ActionErrors; cancelled, it leaves nothing open.
    Leaving takes two seconds at most, and raises nothing of its own. A connection that is lost
    does not cancel the body: what waits on it raises ConnectionLost.
    """
    try:
        hidden = Secret(secret)
    finally:
        del secret
    settings = Settings(
        host=host,
        port=port,
        username=username,
        secret=hidden,
        tls=tls,
        tls_insecure_skip_verify=tls_insecure_skip_verify,
        auth=auth,
        event_mask=event_mask,
        limits=limits,
        connect_timeout=connect_timeout,
        response_timeout=response_timeout,
        ping_interval=ping_interval,
        ping_timeout=ping_timeout,
        fallback_encoding=fallback_encoding,
        name=name,
    )
    context = settings.tls_context
    return Connection(settings, lambda: dial(settings.host, settings.port, context))


def connect_over(
    stream: ByteStream,
    *,
    username: str,
    secret: str | Secret,
    auth: AuthMethod = "md5",
    event_mask: str = "on",
    limits: Limits = DEFAULT_LIMITS,
    connect_timeout: float = 10.0,
    response_timeout: float = 30.0,
    ping_interval: float = 10.0,
    ping_timeout: float = 10.0,
    fallback_encoding: str = "latin-1",
    name: str = "the stream",
) -> Connection:
    """As `connect`, over a byte stream that is there already: a tunnel, or a simulator's.

    The stream is the connection's from then on: leaving closes it, and so does a failed login.
    """
    try:
        hidden = Secret(secret)
    finally:
        del secret
    settings = Settings(
        host=name,
        username=username,
        secret=hidden,
        auth=auth,
        event_mask=event_mask,
        limits=limits,
        connect_timeout=connect_timeout,
        response_timeout=response_timeout,
        ping_interval=ping_interval,
        ping_timeout=ping_timeout,
        fallback_encoding=fallback_encoding,
        name=name,
    )

    async def there() -> ByteStream:
        return stream

    return Connection(settings, there)


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
