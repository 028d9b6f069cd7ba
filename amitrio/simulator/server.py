"""The simulator: an AMI server with a small PBX behind it.

    async with Simulator(release="22") as simulator:
        host, port = await simulator.listen()     # TCP on loopback
        stream = simulator.connect()              # or a byte stream in memory

It runs on trio and asyncio, and on a clock that jumps: it knows no time but anyio's.

Law: what is not a session's own is here, and all tasks end with the context. A bug in a handler
or in the dialplan ends the context with that very exception.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import anyio
from anyio.abc import ByteStream, SocketAttribute, TaskGroup

from amitrio.simulator.calls import Handler
from amitrio.simulator.defaults import default_pbx, default_users
from amitrio.simulator.events import Event, Headers
from amitrio.simulator.pbx import Pbx
from amitrio.simulator.pipes import DEFAULT_ROOM, memory_pipe
from amitrio.simulator.privileges import permissions
from amitrio.simulator.releases import RELEASES, Release
from amitrio.simulator.scripts import Script, Scripts
from amitrio.simulator.session import Session
from amitrio.simulator.users import ManagerUser

__all__ = ["Simulator"]

Address = tuple[str, int]


class Simulator:
    """An AMI server.

    `release` is "22" or "16". `users` are manager users, `setup` fills the PBX, also after each
    `restart`; both default to those of the tests of behaviour (`defaults`). `seed` decides all
    that is chance, `start` is the time of the first moment in seconds since the epoch, and with
    `timestamp_events` every event carries a Timestamp. A session that has more than
    `event_backlog` events waiting is cut.
    """

    auth_timeout = 30.0  # manager.conf: authtimeout, seconds
    auth_limit = 50  # manager.conf: authlimit, sessions that are not logged in

    def __init__(
        self,
        *,
        release: str = "22",
        users: Iterable[ManagerUser] | None = None,
        setup: Callable[[Pbx], None] = default_pbx,
        seed: int = 0,
        start: float = 1_700_000_000.0,
        timestamp_events: bool = False,
        session_limit: int = 1000,
        event_backlog: int = 100_000,
    ) -> None:
        self.release: Release = RELEASES[release]
        everybody = default_users() if users is None else users
        self.users = {user.name.lower(): user for user in everybody}
        self.session_limit = session_limit
        self.event_backlog = event_backlog
        self.sessions: list[Session] = []
        self.scripts = Scripts()
        self.shutting_down = False
        self.booted = True
        self._setup = setup
        self._seed = seed
        self._stamps = timestamp_events
        self._numbers = 0
        self._up = True
        self._down = anyio.Event()
        self._tasks: TaskGroup | None = None
        self._bugs: list[Exception] = []
        self._alarm = anyio.Event()
        self._origin = math.nan
        self.pbx = self._new_pbx(start)

    # --- its life ---

    async def __aenter__(self) -> Self:
        self._context = self._running()
        return await self._context.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._context.__aexit__(kind, error, trace)

    @asynccontextmanager
    async def _running(self) -> AsyncGenerator[Self]:
        """Run the PBX and the sessions; let the body's exceptions out bare."""
        body: BaseException | None = None
        self._origin = anyio.current_time()
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                self._start(self._drive)
                try:
                    yield self
                except BaseException as exc:
                    body = exc  # the object itself, before any group sees it
                    raise
                finally:
                    tasks.cancel_scope.cancel()
        except BaseExceptionGroup:
            if body is None:
                raise
        finally:
            self._tasks = None
        if self._bugs:
            raise self._bugs[0]
        if body is not None:
            try:
                raise body
            finally:
                del body

    @asynccontextmanager
    async def serve_tcp(self, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[Address]:
        """Run the simulator and listen: `async with Simulator().serve_tcp() as (host, port):`."""
        async with self:
            yield await self.listen(host, port)

    def _start(self, job: Callable[[], Awaitable[None]]) -> None:
        """Run a job beside the others; what it raises ends the simulator."""
        if self._tasks is None:
            raise RuntimeError("the simulator is not running: enter it with `async with`")
        self._tasks.start_soon(self._guarded, job, self._tasks)

    async def _guarded(self, job: Callable[[], Awaitable[None]], tasks: TaskGroup) -> None:
        try:
            await job()
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is a bug to be told
            self._bugs.append(_alone(exc))
            tasks.cancel_scope.cancel()

    # --- time ---

    def _new_pbx(self, start: float) -> Pbx:
        pbx = Pbx(seed=self._seed, start=start, stamps=self._stamps)
        self._setup(pbx)
        pbx.states.remember_hints()
        pbx.listeners.append(self._offer)
        pbx.kernel.on_earlier = self._ring
        return pbx

    def catch_up(self) -> None:
        """Let everything happen in the PBX that is due by now."""
        self.pbx.advance(anyio.current_time() - self._origin)

    def _ring(self) -> None:
        self._alarm.set()

    async def _drive(self) -> None:
        """Keep the PBX's time in step with the clock."""
        while True:
            self._alarm = anyio.Event()
            self.catch_up()
            wait = self.pbx.kernel.next_due - (anyio.current_time() - self._origin)
            with anyio.move_on_after(None if math.isinf(wait) else max(0.0, wait)):
                await self._alarm.wait()

    # --- connections ---

    async def listen(self, host: str = "127.0.0.1", port: int = 0) -> Address:
        """Accept TCP connections; returns host and port. Raises OSError when it cannot."""
        listener = await anyio.create_tcp_listener(local_host=host, local_port=port)
        address: Address = listener.extra(SocketAttribute.local_address)[:2]

        async def serve() -> None:
            nonlocal listener
            while True:
                async with listener, anyio.create_task_group() as accepting:
                    accepting.start_soon(listener.serve, self._welcome)
                    await self._down.wait()
                    accepting.cancel_scope.cancel()
                while not self._up:
                    await anyio.sleep(0.01)
                listener = await anyio.create_tcp_listener(local_host=host, local_port=address[1])

        self._start(serve)
        return address

    async def _welcome(self, stream: ByteStream) -> None:
        async def run() -> None:
            await self._serve(stream, self._session(stream))

        self._start(run)

    def connect(self, room: int = DEFAULT_ROOM) -> ByteStream:
        """A new connection in memory; each direction holds `room` bytes.

        Raises ConnectionRefusedError while the server is down.
        """
        if not self._up:
            raise ConnectionRefusedError("the simulated server is down")
        ours, theirs = memory_pipe(room)
        session = self._session(ours)

        async def run() -> None:
            await self._serve(ours, session)

        self._start(run)
        return theirs

    def _session(self, stream: ByteStream) -> Session | None:
        unknown = sum(session.user is None for session in self.sessions)
        if len(self.sessions) >= self.session_limit or unknown >= self.auth_limit:
            return None  # EOF without a banner
        self._numbers += 1
        session = Session(self, stream, self._numbers)
        self.sessions.append(session)
        return session

    async def _serve(self, stream: ByteStream, session: Session | None) -> None:
        if session is None:
            await stream.aclose()
            return
        try:
            await session.run()
        finally:
            self.sessions.remove(session)

    # --- what tests do to it ---

    def publish(self, name: str, headers: Headers, privilege: str = "call") -> None:
        """Publish an event to every session that gets it.

        simulator.publish("UserEvent", [("UserEvent", "Hello")], privilege="user")
        """
        self.pbx.publish(name, headers, permissions(privilege))

    def _offer(self, event: Event) -> None:
        for session in self.sessions:
            session.offer(event)

    def on(self, action: str, handler: Handler, *, times: int | None = None) -> Script:
        """Let a handler answer an action, or stand before the one that does.

            async def slow(call: ActionCall) -> None:
                await anyio.sleep(5)
                await call.usual()

            simulator.on("Ping", slow, times=1)

        The newest handler comes first. It goes after `times` calls, or with `script.remove()`.
        """
        return self.scripts.add(action, handler, times)


def _alone(error: Exception) -> Exception:
    """The one exception in a group of one."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
