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
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, cast

import anyio
from anyio.abc import ByteStream, Listener, SocketAttribute, TaskGroup
from anyio.streams.tls import TLSListener

from amitrio.models import Event
from amitrio.models.generated.enums import ShutdownManner
from amitrio.models.generated.events.system import FullyBooted, Shutdown
from amitrio.protocol.privileges import permissions
from amitrio.simulator.calls import Handler
from amitrio.simulator.defaults import default_pbx, default_users
from amitrio.simulator.events import Published
from amitrio.simulator.gate import Gate
from amitrio.simulator.pbx import Pbx
from amitrio.simulator.pipes import DEFAULT_ROOM, memory_pipe
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
        self._up = Gate()
        self._down = anyio.Event()
        self._stops_when_empty = False
        self._tasks: TaskGroup | None = None
        self._bugs: list[Exception] = []
        self._alarm = anyio.Event()
        self._origin: float | None = None
        self.pbx = self._new_pbx(start)

    # --- its life ---

    async def __aenter__(self) -> Self:
        if self._tasks is not None:
            raise RuntimeError("the simulator runs already; listen() opens a further port")
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
            self._tasks = self._origin = None
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
        pbx = Pbx(
            seed=self._seed,
            start=start,
            stamps=self._stamps,
            release=self.release,
        )
        self._setup(pbx)
        pbx.states.remember_hints()
        pbx.listeners.append(self._offer)
        pbx.kernel.on_earlier = self._ring
        pbx.kernel.clock = self._elapsed
        return pbx

    def catch_up(self) -> None:
        """Let everything happen in the PBX that is due by now."""
        self.pbx.advance(self._elapsed())

    def _elapsed(self) -> float:
        """Seconds since the PBX came to life; it does so when the context is entered."""
        return anyio.current_time() - self._origin if self._origin is not None else 0.0

    def _ring(self) -> None:
        self._alarm.set()

    async def _drive(self) -> None:
        """Keep the PBX's time in step with the clock."""
        while True:
            self._alarm = anyio.Event()
            self.catch_up()
            self._stop_if_empty()
            wait = self.pbx.kernel.next_due - self._elapsed()
            with anyio.move_on_after(None if math.isinf(wait) else max(0.0, wait)):
                await self._alarm.wait()

    # --- connections ---

    async def listen(
        self, host: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None
    ) -> Address:
        """Accept TCP connections, or with a server's `tls` context TLS ones; host and port.

        May be called more than once, for several ports. Raises OSError when it cannot.
        """
        listener = await anyio.create_tcp_listener(local_host=host, local_port=port)
        address = (host, listener.extra(SocketAttribute.local_port))

        async def serve() -> None:
            nonlocal listener
            while True:
                async with _secured(listener, tls) as door, anyio.create_task_group() as accepting:
                    accepting.start_soon(door.serve, self._welcome)
                    await self._down.wait()
                    accepting.cancel_scope.cancel()
                await self._up.passage()
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
        if not self._up.is_open:
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

    def publish(
        self,
        event: Event | str,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        privilege: str | None = None,
    ) -> None:
        """Publish an event, given as such or by name with headers, to every session that gets it.

        simulator.publish(Newstate(channel="PJSIP/100-00000001"))
        simulator.publish("UserEvent", [("UserEvent", "Hello")], privilege="user")

        `privilege` is the class of those who may read it: an event's own, else `call`.
        """
        made = Event(event, headers) if isinstance(event, str) else event
        self.pbx.publish(made, None if privilege is None else permissions(privilege))

    def _offer(self, event: Published) -> None:
        for session in self.sessions:
            session.offer(event)

    def send_raw(self, data: bytes) -> None:
        """Send these bytes to every session, be they a frame or not."""
        for session in self.sessions:
            session.send_raw(data)

    def on(self, action: str, handler: Handler, *, times: int | None = None) -> Script:
        """Let a handler answer an action, or stand before the one that does.

            async def slow(call: ActionCall) -> None:
                await anyio.sleep(5)
                await call.usual()

            simulator.on("Ping", slow, times=1)

        The newest handler comes first. It goes after `times` calls, or with `script.remove()`.
        """
        return self.scripts.add(action, handler, times)

    # --- its ups and downs ---

    def kick(self) -> None:
        """Cut every session without a word, as `manager kick session` does."""
        for session in list(self.sessions):
            session.cut()

    def stop_gracefully(self) -> None:
        """Refuse every action from now on, and `stop` after the last call."""
        self.shutting_down = self._stops_when_empty = True
        self._stop_if_empty()

    def stop(self) -> None:
        """Say Shutdown, end every session and go down; `restart` brings the server back."""
        self.catch_up()
        self.pbx.publish(Shutdown(shutdown=ShutdownManner.CLEANLY, restart=False))
        self.shutting_down, self._stops_when_empty = True, False
        for session in list(self.sessions):
            session.end()
        self._close_door()

    def _stop_if_empty(self) -> None:
        if self._stops_when_empty and not self.pbx.channels:
            self.stop()

    def go_down(self) -> None:
        """Vanish: every session is cut, and nobody can connect until `come_up`."""
        self.kick()
        self._close_door()

    def come_up(self) -> None:
        """Let clients connect again; the PBX has gone on meanwhile."""
        self._down = anyio.Event()
        self._up.open()

    def _close_door(self) -> None:
        self._up.close()
        self._down.set()

    async def restart(self, *, down_for: float = 0.0, boot_time: float = 0.0) -> None:
        """Start anew: sessions are cut, and the PBX is as `setup` makes it.

        Nobody can connect for `down_for` seconds. For `boot_time` more the actions of modules
        are unknown, then comes FullyBooted. Returns when clients can connect again.
        """
        self.go_down()
        await anyio.sleep(down_for)
        self.pbx.listeners.clear()
        start = self.pbx.started + self._elapsed()
        self._origin = anyio.current_time()
        self.pbx = self._new_pbx(start)
        self.shutting_down = self._stops_when_empty = False
        self.booted = not boot_time
        if boot_time:
            self.pbx.kernel.call_at(boot_time, self._boot)
        self.come_up()
        self._ring()

    def _boot(self) -> None:
        self.booted = True
        since = int(self.pbx.now - self.pbx.started)
        self.pbx.publish(FullyBooted(status="Fully Booted", uptime=since, last_reload=since))


def _alone(error: Exception) -> Exception:
    """The one exception in a group of one."""
    inside = cast("ExceptionGroup[Exception]", error).exceptions if _is_group(error) else ()
    return _alone(inside[0]) if len(inside) == 1 else error


def _is_group(error: Exception) -> bool:
    return isinstance(error, ExceptionGroup)


def _secured(listener: Listener[ByteStream], tls: ssl.SSLContext | None) -> Listener[ByteStream]:
    # Asterisk ends a connection without close_notify too.
    return TLSListener(listener, tls, standard_compatible=False) if tls else listener
