"""Connect: the door. From a host, a user and a secret to a Client, inside one `async with`.

Law: `connect` is a plain function, so that the secret is wrapped before anything can fail and
show it. The context manager owns all tasks, and lets out bare what its body raises.
"""

from __future__ import annotations

import ssl
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Unpack

from anyio.abc import ByteStream

from amitrio.client.client import Client
from amitrio.client.dial import dial
from amitrio.client.opening import Dial, opened
from amitrio.client.session import Session
from amitrio.client.settings import Options, Settings
from amitrio.credentials import Secret
from amitrio.protocol import State

__all__ = ["Connection", "connect", "connect_over"]


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
        self._scope = opened(self._settings, self._dial, self._made)
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

    def _made(self, session: Session) -> None:
        self._session = session

    def __repr__(self) -> str:
        return f"<Connection to {self._settings.label}: {self.state.value}>"


def connect(
    host: str,
    port: int | None = None,
    *,
    username: str,
    secret: str | Secret,
    tls: bool | ssl.SSLContext = False,
    tls_insecure_skip_verify: bool = False,
    **options: Unpack[Options],
) -> Connection:
    """Connect and log in: `async with amitrio.connect(...) as client`. One connection, one try.

    The port is 5038, with `tls` 5039. `tls=True` verifies the server's certificate; give an
    `ssl.SSLContext` to trust your own. `auth="md5"` answers a challenge, so that the secret
    itself never travels. `only=[ami.Hangup, "Queue*"]` has Asterisk send these kinds of events
    and no others; `event_mask` is Asterisk's own word: "on", "off", or classes such as
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
        **options,
    )
    context = settings.tls_context
    return Connection(settings, lambda: dial(settings.host, settings.port, context))


def connect_over(
    stream: ByteStream,
    *,
    username: str,
    secret: str | Secret,
    **options: Unpack[Options],
) -> Connection:
    """As `connect`, over a byte stream that is there already: a tunnel, or a simulator's.

    The stream is the connection's from then on: leaving closes it, and so does a failed login.
    """
    try:
        hidden = Secret(secret)
    finally:
        del secret
    options.setdefault("name", "the stream")
    settings = Settings(host="", username=username, secret=hidden, **options)

    async def there() -> ByteStream:
        return stream

    return Connection(settings, there)
