"""Supervise: the door to a client that stays connected.

Law: as with `connect`, the secret is wrapped before anything can fail, and one context manager
owns all tasks and lets out bare what its body raises.
"""

from __future__ import annotations

import math
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Literal, Unpack

from anyio.abc import ByteStream

from amitrio.client.dial import dial
from amitrio.client.opening import Dial
from amitrio.client.outbox import BROKEN
from amitrio.client.scope import owning
from amitrio.client.settings import Options, Settings
from amitrio.credentials import Secret
from amitrio.errors import ConnectionFailed
from amitrio.supervisor.backoff import Backoff
from amitrio.supervisor.client import SupervisedClient
from amitrio.supervisor.keeper import Keeper

__all__ = ["Supervision", "supervise", "supervise_over"]

Start = Literal["connected", "at_once"]

_DEFAULT_BACKOFF = Backoff()


class Supervision(AbstractAsyncContextManager[SupervisedClient]):
    """A supervised client to be: `async with` gives it. For one use."""

    def __init__(
        self,
        settings: Settings,
        dial: Dial,
        *,
        start: Start,
        backoff: Backoff,
        retry_refused: float | None,
    ) -> None:
        self._keeper = Keeper(settings, dial, backoff, retry_refused)
        if start not in {"connected", "at_once"}:
            raise ValueError(f'start is "connected" or "at_once", not {start!r}')
        if retry_refused is not None and not 0 < retry_refused < math.inf:
            raise ValueError("retry_refused is a positive number of seconds")
        self._start = start
        self._scope: AbstractAsyncContextManager[SupervisedClient] | None = None

    async def __aenter__(self) -> SupervisedClient:
        if self._scope is not None:
            raise RuntimeError("a supervision is for one use; call supervise() again")
        self._scope = self._open()
        return await self._scope.__aenter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        assert self._scope is not None  # noqa: S101 - entered before
        return await self._scope.__aexit__(exc_type, exc, traceback)

    def __repr__(self) -> str:
        return f"<Supervision of {self._keeper.settings.label}: {self._keeper.link.value}>"

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[SupervisedClient]:
        keeper = self._keeper
        async with owning(keeper.run):
            try:
                if self._start == "connected":
                    await keeper.wait_connected()
                yield SupervisedClient(keeper)
            finally:
                keeper.close()


def supervise(
    host: str,
    port: int | None = None,
    *,
    username: str,
    secret: str | Secret,
    tls: bool | ssl.SSLContext = False,
    tls_insecure_skip_verify: bool = False,
    start: Start = "connected",
    backoff: Backoff = _DEFAULT_BACKOFF,
    retry_refused: float | None = None,
    **options: Unpack[Options],
) -> Supervision:
    """A client that stays connected: `async with amitrio.supervise(...) as client`.

    Takes what `connect` takes. Lost, the connection is made anew: after crashes, restarts and
    kicks, through closed ports and half-open links, `backoff` saying how often it is tried. The
    login, the event mask and the filters are said again, streams live on. They yield `X | Gap`:
    Disconnected at the place of a loss, Reconnected before the first event after it;
    `client.skipping_gaps.events(...)` and `client.raising_gaps.events(...)` yield `X` alone.

    Entered when the first login is done, however long that takes (bound it with
    `anyio.fail_after`), or with `start="at_once"` before. A refused login and a certificate that
    does not verify are final, and so is a peer that does not speak AMI at the first try: raised
    on entering, later by `send`, `wait_connected` and every stream. With `retry_refused=seconds`
    a login or certificate that was refused is tried again after that time, which `backoff`
    shortens by chance as any other. No action is ever sent twice.

    Cancelled while entering, it leaves nothing open. Leaving takes two seconds at most.
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
    return Supervision(
        settings,
        lambda: dial(settings.host, settings.port, context),
        start=start,
        backoff=backoff,
        retry_refused=retry_refused,
    )


def supervise_over(
    open_stream: Callable[[], Awaitable[ByteStream]],
    *,
    username: str,
    secret: str | Secret,
    start: Start = "connected",
    backoff: Backoff = _DEFAULT_BACKOFF,
    retry_refused: float | None = None,
    **options: Unpack[Options],
) -> Supervision:
    """As `supervise`, over byte streams of your own: tunnels, or those of a simulator.

    `open_stream` is awaited for each connection, within `connect_timeout`, and gives a new stream,
    which is the client's from then on. What says that there is none at the moment (OSError,
    ConnectionFailed, anyio's broken and closed streams) is tried again; anything else that it
    raises ends the `async with` as it is. Cancelled, it has to leave nothing open itself.
    """
    try:
        hidden = Secret(secret)
    finally:
        del secret
    options.setdefault("name", "the stream")
    settings = Settings(host="", username=username, secret=hidden, **options)
    return Supervision(
        settings,
        lambda: _opened_by(open_stream, settings.label),
        start=start,
        backoff=backoff,
        retry_refused=retry_refused,
    )


async def _opened_by(open_stream: Callable[[], Awaitable[ByteStream]], label: str) -> ByteStream:
    try:
        return await open_stream()
    except BROKEN as exc:
        reason = str(exc) or type(exc).__name__
        raise ConnectionFailed(f"cannot connect to {label}: {reason}") from exc
