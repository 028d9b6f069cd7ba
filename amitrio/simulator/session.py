"""A session: one connection to the manager interface, from the banner to its end.

One task reads and one works. The worker takes one action after the other, writes its answer in
one piece, then the events that have come meanwhile; events that come while it is idle go out at
once, even in the middle of a half-read action.

Law: the tests that an event passes on its way are process_events()'s: what the user may read,
what the session asked for, what its filters let through. A client that takes nothing for the
user's write timeout is cut off in the middle of a frame.
"""

from __future__ import annotations

import math
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteStream, SocketAttribute, TaskGroup

from amitrio.models import Address
from amitrio.protocol import Request, ServerConnection
from amitrio.simulator.actions import find_action
from amitrio.simulator.calls import ActionCall, SessionOver, run_handler
from amitrio.simulator.events import Published, Raw
from amitrio.simulator.filters import EventFilter, passes
from amitrio.simulator.gate import Gate
from amitrio.simulator.security import report_bad_format, report_not_allowed
from amitrio.simulator.users import ManagerUser

if TYPE_CHECKING:
    from amitrio.simulator.server import Simulator

__all__ = ["Session"]

_NOWHERE = ("127.0.0.1", 0)
_PIECE = 65536  # bytes written at a time, each within the write timeout
_UNKNOWN = "Invalid/unknown command: {}. Use Action: ListCommands to show available commands."
# process_message() writes that sentence into a buffer of 512 bytes, its end included.
_LONGEST_MESSAGE = 511
_BEFORE_LOGIN = frozenset({"login", "logoff", "challenge"})


class Session:
    """One session. `user` is None until the login."""

    def __init__(self, simulator: Simulator, stream: ByteStream, number: int) -> None:
        self.simulator = simulator
        self.number = number
        self.stream = stream
        self.connection = ServerConnection()
        self.challenge = ""
        self.since = 0.0  # of the login, in seconds since the epoch
        self.user: ManagerUser | None = None
        self.mask = 0
        self.filters: list[EventFilter] = []
        self.reading = Gate()
        self.writing = Gate()
        self._events: deque[Published | Raw] = deque()
        self._requests: deque[Request] = deque()
        self._input = b""
        self._input_taken = anyio.Event()
        self._ended = False
        self._ending = False
        self._busy = False
        self._changed = anyio.Event()
        self._scope = anyio.CancelScope()
        self._last_words = b""

    # --- what it is called ---

    @property
    def identity(self) -> str:
        """The address that stands for the session in security events."""
        return f"0x7f{self.number:010x}"

    @property
    def local_address(self) -> Address:
        """Where the server listens."""
        return _address(self.stream.extra(SocketAttribute.local_address, _NOWHERE))

    @property
    def remote_address(self) -> Address:
        """Where the client is."""
        return _address(self.stream.extra(SocketAttribute.remote_address, _NOWHERE))

    # --- what others do to it ---

    def offer(self, event: Published) -> None:
        """An event was published."""
        if self.user is not None:
            self._keep(event)

    def send_raw(self, data: bytes) -> None:
        """Send these bytes where events would be sent, be they a frame or not."""
        self._keep(Raw(data))

    def _keep(self, event: Published | Raw) -> None:
        self._events.append(event)
        if len(self._events) > self.simulator.event_backlog:
            self.cut()
        self._changed.set()

    def begin(self, user: ManagerUser) -> None:
        """The login was accepted: from here on events are kept for the session."""
        self.user = user
        self.since = self.simulator.pbx.now
        self.filters = [
            EventFilter.parse(pattern, "", release_reads_criteria=False)
            for pattern in user.event_filters
        ]
        self.connection.logged_in()

    def cut(self, torn: bytes = b"") -> None:
        """End it at once; `torn` are last bytes, such as a part of a frame."""
        self._last_words = torn
        self._scope.cancel()

    def end(self) -> None:
        """Let it say what it has to say, and end; one that is busy is cut."""
        self._ending = True
        self._changed.set()
        if self._busy:
            self.cut()

    def stall(self, *, reading: bool = True, writing: bool = True) -> None:
        """Hang: read nothing more, write nothing more, or both, until `resume`."""
        for gate, wanted in ((self.reading, reading), (self.writing, writing)):
            if wanted:
                gate.close()

    def resume(self) -> None:
        """Go on after `stall`."""
        self.reading.open()
        self.writing.open()

    @property
    def has_input(self) -> bool:
        """Whether something was sent that has not been worked on."""
        return bool(self._requests or self._input or self._ended)

    @property
    def has_events(self) -> bool:
        """Whether events are waiting to go out."""
        return bool(self._events)

    # --- its life ---

    async def run(self) -> None:
        """Serve until either side has had enough; returns with the stream closed."""
        try:
            with self._scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._read)
                    await self._work(tasks)
        finally:
            self.connection.ended()
            with anyio.CancelScope(shield=True), anyio.move_on_after(1):
                await self._close()

    async def _close(self) -> None:
        if self._last_words:
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self.stream.send(self._last_words)
        await self.stream.aclose()

    async def _read(self) -> None:
        try:
            while True:
                await self.reading.passage()
                data = await self.stream.receive()
                self._input, self._input_taken = data, anyio.Event()
                self._changed.set()
                await self._input_taken.wait()
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._ended = True
            self._changed.set()

    async def _work(self, tasks: TaskGroup) -> None:
        try:
            await self.write(self.connection.greet(self.simulator.release.ami))
            with anyio.move_on_after(self.simulator.auth_timeout) as login_time:
                while True:
                    if self.user is not None:
                        login_time.deadline = math.inf
                    await self._turn()
        except (SessionOver, anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        tasks.cancel_scope.cancel()

    async def _turn(self) -> None:
        """One round of do_message(): events first, then input."""
        self.simulator.catch_up()
        await self.flush_events()
        if self._ending:
            raise SessionOver
        if self._requests:
            await self._process(self._requests.popleft())
        elif self._input:
            data, self._input = self._input, b""
            self._input_taken.set()
            self._requests.extend(self.connection.receive(data))
        elif self._ended:
            raise SessionOver
        else:
            await self.wait_for_change()

    async def wait_for_change(self) -> None:
        """Wait until something is sent, published, or over."""
        if self.has_input or self.has_events or self._ending:
            return
        self._changed = anyio.Event()
        await self._changed.wait()

    # --- writing ---

    async def flush_events(self) -> None:
        """Write all events that are waiting and that this session gets."""
        if self._events:
            events, self._events = self._events, deque()
            await self.write(b"".join(event.data for event in events if self.wants(event)))

    def take_events(self) -> list[Published | Raw]:
        """The events that are waiting, for whoever writes them (WaitEvent)."""
        events, self._events = self._events, deque()
        return [event for event in events if self.wants(event)]

    def wants(self, event: Published | Raw) -> bool:
        """Whether this session gets the event."""
        if isinstance(event, Raw):
            return True
        readable = self.user.may_read if self.user is not None else 0
        both = readable & self.mask & event.privilege
        return both == event.privilege and passes(self.filters, event)

    async def write(self, data: bytes) -> None:
        """Write, or cut the session when the client takes nothing for the write timeout."""
        timeout = self.user.write_timeout if self.user is not None else 0.1
        for start in range(0, len(data), _PIECE):
            await self.writing.passage()
            with anyio.move_on_after(timeout) as patience:
                await self.stream.send(data[start : start + _PIECE])
            if patience.cancelled_caught:
                raise SessionOver

    # --- actions ---

    async def _process(self, request: Request) -> None:
        """One action (process_message)."""
        call = ActionCall(self, request)
        over = False
        self._busy = True
        try:
            await self._run(call)
        except SessionOver:
            over = True
        finally:
            self._busy = False
        await self.write(b"".join(call.frames))
        if over:
            raise SessionOver
        self.simulator.catch_up()
        if call.events_wanted:
            await self.flush_events()

    async def _run(self, call: ActionCall) -> None:
        if refusal := self._refusal(call):
            call.error(refusal)
            return
        handlers = self.simulator.scripts.taken_for(call.request.action)
        found = find_action(call.request.action, self.simulator)
        if found is not None and not self.may_run(found.privilege):
            report_not_allowed(self, call.request.action)
            call.error("Permission denied")
            return
        if found is not None:
            handlers.append(found.handler)
        if not handlers:
            report_bad_format(self, call.request.action)
            message = _UNKNOWN.format(call.request.action).encode("utf-8", "surrogateescape")
            call.error(message[:_LONGEST_MESSAGE].decode("utf-8", "surrogateescape"))
            return
        call.put_before(handlers[1:])
        await run_handler(handlers[0], call)

    def _refusal(self, call: ActionCall) -> str | None:
        """What is wrong with an action before anybody looks for its handler."""
        request = call.request
        if request.fault is not None:
            return request.fault
        if not request.action:
            report_bad_format(self, "NONE")
            return "Missing action in request"
        if self.simulator.shutting_down:
            return "Asterisk is shutting down"
        if self.user is None and request.action.lower() not in _BEFORE_LOGIN:
            report_not_allowed(self, request.action)
            return "Permission denied"
        return None

    def may_run(self, privilege: int) -> bool:
        """Whether the user may run an action of these classes."""
        return not privilege or (self.user is not None and bool(self.user.may_write & privilege))


def _address(address: tuple[str, int] | str) -> Address:
    """An address of the stream; one in memory has port 0 of this host."""
    host, port = _NOWHERE if isinstance(address, str) else address
    return Address(host, port, "TCP")
