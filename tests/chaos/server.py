"""Server: plays the server's part of a script.

It numbers every event that it sends, remembers every action that it hears, answers one after the
other as Asterisk does (manager.c, session_do), and misbehaves as it was told.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from itertools import cycle
from types import MappingProxyType
from typing import Any, ClassVar

import anyio
import attrs
from anyio.abc import ByteStream, TaskGroup

from amitrio.errors import ConnectionFailed
from amitrio.protocol import Request, ServerConnection, encode_frame
from tests.chaos.deeds import Burst, Cut, Hole, Manner, Noise, Restart, Script, Stall
from tests.chaos.journal import Journal
from tests.chaos.wire import Link

__all__ = ["Server"]

_CHALLENGE = "145135071"


@attrs.define(eq=False)
class _Talk:
    """One link as the server serves it."""

    link: Link
    connection: ServerConnection = attrs.field(factory=ServerConnection)
    pending: str = "none"
    """The ActionID of the request that is being answered."""
    answered: str = "none"
    postponed: bytes = b""


class Server:
    """`dial` is its port; `run` plays the script and never ends by itself."""

    def __init__(self, script: Script, journal: Journal, tasks: TaskGroup) -> None:
        self.journal = journal
        self.links: list[Link] = []
        self.seen: Counter[int] = Counter()
        self.refused: set[int] = set()
        self.answered: set[int] = set()
        self.items: dict[int, int] = {}
        self.dawdled = 0.0
        """Seconds that lists were on their way."""
        self._script = script
        self._tasks = tasks
        self._talks: list[_Talk] = []
        self._manners = cycle(script.manners)
        self._logins = cycle(script.logins)
        self._ids: set[str] = set()
        self._number = 0
        self._open_at = self._booted_at = self._awake_at = -math.inf
        self._refusing = False

    async def dial(self) -> ByteStream:
        """Connect to it. Raises ConnectionFailed while the port is closed."""
        await anyio.lowlevel.checkpoint()
        if anyio.current_time() < self._open_at:
            self.journal.say("dial", "refused")
            raise ConnectionFailed("nothing listens there")
        link = Link(len(self.links), self._script.wire, self.journal)
        self.links.append(link)
        self.journal.say("dial", f"link {link.index}")
        self._tasks.start_soon(self._serve, link)
        return link.client

    async def run(self) -> None:
        """Do each deed at its time."""
        for deed in self._script.server:
            await anyio.sleep_until(deed.at)
            self._tasks.start_soon(partial(self._DEEDS[type(deed)], self, deed))

    # What is said ---------------------------------------------------------------------------------

    def _say(self, what: str) -> None:
        self.journal.say("server", what)

    def _event(self, kind: str, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
        """An event with the next number, which is sent to all who are logged in."""
        self._number += 1
        data = encode_frame([("Event", kind), ("Number", str(self._number)), *headers])
        for link in self.links:
            if link.logged_in:
                link.tell(kind, self._number, data)
        return data

    async def _awake(self) -> None:
        # Another stall may have begun meanwhile, for which nobody sets an event.
        while anyio.current_time() < self._awake_at:  # noqa: ASYNC110
            await anyio.sleep_until(self._awake_at)

    async def _sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
        await self._awake()

    # Deeds ----------------------------------------------------------------------------------------

    async def _burst(self, deed: Burst) -> None:
        await self._awake()
        first = self._number + 1
        for kind in deed.kinds:
            if deed.gap:
                await self._sleep(deed.gap)
            self._event(kind)
        self._say(f"events from {first} on, {len(deed.kinds)} of them")

    async def _noise(self, deed: Noise) -> None:
        await self._awake()
        self._say(f"noise: {deed.what}")
        for talk in self._talks:
            if talk.link.logged_in:
                self._make_noise(deed.what, talk)

    def _make_noise(self, what: str, talk: _Talk) -> None:
        if what == "an event with a pending ActionID":
            self._event("UserEvent", (("ActionID", talk.pending), ("Item", "0")))
        elif what == "an event that ends the list":
            self._event("UserEvent", (("ActionID", talk.pending), ("EventList", "Complete")))
        elif what == "a report for nobody":
            self._event("OriginateResponse", (("ActionID", "1"), ("Response", "Failure")))
        else:
            talk.link.write(_NOISE[what].replace(b"ANSWERED", talk.answered.encode()))

    async def _cut(self, deed: Cut) -> None:
        await self._awake()
        self._say(f"cut, torn {deed.torn}, reset {deed.reset}")
        for link in self.links:
            link.write(
                b"Event: Newexten\r\nNumber: 999999\r\nTorn: yes, it is\r\n\r\n"[: deed.torn]
            )
            link.cut("cut", reset=deed.reset)

    async def _stall(self, deed: Stall) -> None:
        self._awake_at = max(self._awake_at, anyio.current_time() + deed.seconds)
        self._say(f"stands still until {self._awake_at}")
        await anyio.lowlevel.checkpoint()

    async def _hole(self, _deed: Hole) -> None:
        self._say("the network swallows all")
        for link in self.links:
            link.swallow()
        await anyio.lowlevel.checkpoint()

    async def _restart(self, deed: Restart) -> None:
        await self._awake()
        self._say("refuses logins")
        self._refusing = True
        await self._sleep(deed.refusing)
        if deed.says_so:
            self._event("Shutdown", (("Shutdown", "Cleanly"), ("Restart", "True")))
        self._say("goes down")
        for link in self.links:
            link.cut("restart")
        self._refusing = False
        self._open_at = max(self._open_at, anyio.current_time() + deed.down)
        self._booted_at = max(self._booted_at, self._open_at + deed.booting)
        await self._sleep(self._booted_at - anyio.current_time())
        self._say("booted")
        self._boot()

    def _boot(self) -> None:
        uptime = int(anyio.current_time())
        self._event("FullyBooted", (("Uptime", str(uptime)), ("Status", "Fully Booted")))

    # Actions --------------------------------------------------------------------------------------

    async def _serve(self, link: Link) -> None:
        talk = _Talk(link)
        self._talks.append(talk)
        await self._awake()
        link.write(talk.connection.greet("11.0.0"))
        while data := await link.hear():
            for request in talk.connection.receive(data):
                await self._awake()
                await self._hear(talk, request)
        link.cut("the client hung up")

    async def _hear(self, talk: _Talk, request: Request) -> None:
        if request.fault is not None or request.action_id in self._ids:
            self.journal.broken.append(f"the server heard {request}")
        self._ids.add(request.action_id)
        talk.pending = request.action_id
        number = request.get("Number") or request.get("Account")
        if not number:
            await self._HABITS[request.action](self, talk, request)
        else:
            self.seen[int(number)] += 1
            self._say(f"hears {request.action} {number}")
            await self._answer(talk, request, int(number), next(self._manners))

    async def _challenge(self, talk: _Talk, request: Request) -> None:
        talk.link.write(talk.connection.respond(request, "Success", [("Challenge", _CHALLENGE)]))
        await anyio.lowlevel.checkpoint()

    async def _login(self, talk: _Talk, request: Request) -> None:
        await self._sleep(next(self._logins))
        if self._refusing:
            self._say("refuses a login")
            why = [("Message", "Asterisk is shutting down")]
            talk.link.write(talk.connection.respond(request, "Error", why))
            talk.link.cut("refused")
            return
        self._say(f"login on link {talk.link.index}")
        talk.link.write(talk.connection.respond(request, "Success", [("Message", "Accepted")]))
        talk.link.logged_in = talk.link.over is None and talk.link.hung_up is None
        if anyio.current_time() >= self._booted_at:
            self._boot()

    async def _ping(self, talk: _Talk, request: Request) -> None:
        talk.link.write(talk.connection.respond(request, "Success", [("Ping", "Pong")]))
        await anyio.lowlevel.checkpoint()

    async def _logoff(self, talk: _Talk, request: Request) -> None:
        talk.link.write(talk.connection.respond(request, "Goodbye", [("Message", "Bye")]))
        talk.link.cut("logoff")
        await anyio.lowlevel.checkpoint()

    async def _answer(self, talk: _Talk, request: Request, number: int, manner: Manner) -> None:
        await self._sleep(manner.delay)
        if manner.how == "cut":
            frame = talk.connection.respond(request, "Success", [("Number", str(number))])
            talk.link.write(frame[: len(frame) // 2])
            talk.link.cut("in the middle of an answer")
        elif manner.how == "silent":
            self._say(f"says nothing to {number}")
        elif manner.how == "refuse":
            self.refused.add(number)
            headers = [("Number", str(number)), ("Message", "No")]
            self._respond(talk, request, talk.connection.respond(request, "Error", headers))
        elif request.action == "CoreShowChannels":
            await self._list(talk, request, number, manner)
        else:
            self._reply(talk, request, number, manner)

    def _reply(self, talk: _Talk, request: Request, number: int, manner: Manner) -> None:
        self.answered.add(number)
        frame = talk.connection.respond(request, "Success", [("Number", str(number))])
        if manner.how == "postponed":
            talk.postponed += frame
            return
        self._respond(talk, request, frame * 2 if manner.how == "twice" else frame)
        if request.action == "Originate" and manner.report is not None:
            self._tasks.start_soon(self._report, talk, request.action_id, manner.report)

    def _respond(self, talk: _Talk, request: Request, frame: bytes) -> None:
        self._say(f"answers {request.action} on link {talk.link.index}")
        talk.link.write(frame + talk.postponed)
        talk.postponed = b""
        talk.answered = request.action_id

    async def _report(self, talk: _Talk, action_id: str, after: float) -> None:
        await self._sleep(after)
        if talk.link.logged_in:
            self._event(
                "OriginateResponse",
                (("ActionID", action_id), ("Response", "Success"), ("Reason", "4")),
            )

    async def _list(self, talk: _Talk, request: Request, number: int, manner: Manner) -> None:
        self.answered.add(number)
        self.items[number] = manner.items
        start = [("EventList", "start"), ("Number", str(number)), ("Message", "will follow")]
        parts = [talk.connection.respond(request, "Success", start)]
        mine = ("ActionID", request.action_id)
        for place in range(manner.items):
            about = [("Of", str(number)), ("Item", str(place))]
            parts.append(encode_frame([("Event", "CoreShowChannel"), mine, *about]))
        parts.append(self._list_end(talk, request, number, manner))
        self._say(f"lists {manner.items} items for {number}, pace {manner.pace}, {manner.end}")
        await self._in_steps(talk.link, parts, manner.pace)

    def _list_end(self, talk: _Talk, request: Request, number: int, manner: Manner) -> bytes:
        if manner.end == "never":
            return b""
        if manner.end == "error":
            self.refused.add(number)
            headers = [("Number", str(number)), ("Message", "It breaks off")]
            return talk.connection.respond(request, "Error", headers)
        count = manner.items + (manner.end == "miscounted")
        mine = ("ActionID", request.action_id)
        about = [("EventList", "Complete"), ("ListItems", str(count)), ("Of", str(number))]
        return encode_frame([("Event", "CoreShowChannelsComplete"), mine, *about])

    async def _in_steps(self, link: Link, parts: list[bytes], pace: float) -> None:
        if not pace:
            link.write(b"".join(parts))
            return
        for part in parts:
            link.write(part)
            self.dawdled += pace
            await self._sleep(pace)

    _DEEDS: ClassVar[Mapping[type[Any], Callable[[Server, Any], Coroutine[Any, Any, None]]]] = (
        MappingProxyType(
            {
                Burst: _burst,
                Noise: _noise,
                Cut: _cut,
                Stall: _stall,
                Hole: _hole,
                Restart: _restart,
            }
        )
    )
    _HABITS: ClassVar[Mapping[str, Callable[[Server, _Talk, Request], Awaitable[None]]]] = (
        MappingProxyType(
            {"Challenge": _challenge, "Login": _login, "Ping": _ping, "Logoff": _logoff}
        )
    )


_NOISE = MappingProxyType(
    {
        "no ActionID": b"Response: Error\r\nMessage: Missing action in request\r\n\r\n",
        "unknown ActionID": b"Response: Success\r\nActionID: 1\r\nNumber: 0\r\n\r\n",
        "answered ActionID": b"Response: Success\r\nActionID: ANSWERED\r\nNumber: 0\r\n\r\n",
        "text": b"No such thing\r\nResponse Success\r\n\r\n",
        "empty lines": b"\r\n\r\n\r\n",
        "text that the next frame hangs on": b"-- no lines of its own --\r\n",
    }
)
