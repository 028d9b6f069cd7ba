"""A scripted AMI server, so that a test reads like a transcript.

    async with peer.accept() as client:
        asked = beside(client.send("MailboxCount", Mailbox="100"))
        request = await peer.expect("MailboxCount", Mailbox="100")
        await peer.answer(request, NewMessages="2")
        assert (await asked)["NewMessages"] == "2"

It hears as Asterisk hears (ServerConnection), so a torn or doubled frame shows at once.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from anyio.abc import ByteStream

from amitrio import Client, connect_over
from amitrio.protocol import Request, ServerConnection, encode_frame
from tests.client.streams import MemoryStream, memory_pair
from tests.client.waiting import Beside

USERNAME = "crm"
SECRET = "canary-7f3a91"
CHALLENGE = "145135071"
BOOTED = (
    b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 107\r\nLastReload: 107\r\n"
    b"Status: Fully Booted\r\n\r\n"
)
GONE = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


def frame(lines: str) -> bytes:
    """A frame from its lines, which ` / ` separates."""
    return lines.replace(" / ", "\r\n").encode("utf-8", "surrogateescape") + b"\r\n\r\n"


def of(request: Request, lines: str) -> str:
    """The lines of a frame that belongs to a request: its ActionID comes second."""
    first, slash, rest = lines.partition(" / ")
    return f"{first} / ActionID: {request.action_id}{slash}{rest}"


def key(challenge: str = CHALLENGE, secret: str = SECRET) -> str:
    """What answers a challenge."""
    return hashlib.md5((challenge + secret).encode(), usedforsecurity=False).hexdigest()


class Peer:
    """The server's end of one connection. `stream` is the client's."""

    def __init__(self, beside: Beside, ends: tuple[ByteStream, ByteStream] | None = None) -> None:
        self.stream, self.own = ends or memory_pair()
        self.connection = ServerConnection()
        self.heard: list[Request] = []
        self._unread: deque[Request] = deque()
        self.beside = beside
        beside.to_close += [self.stream, self.own]
        self._attended = False

    # A whole connection ---------------------------------------------------------------------------

    @asynccontextmanager
    async def accept(self, *, auth: str = "md5", **settings: Any) -> AsyncGenerator[Client]:
        """Banner and login, then the client; at the end the goodbye."""
        self.beside.go(self.log_in(auth))
        async with self.dial(auth=auth, **settings) as client:
            try:
                yield client
            finally:
                if not self._attended:
                    self.beside.go(self.see_off())

    def dial(self, **settings: Any) -> Any:
        """What `connect_over` makes of the client's end."""
        settings = {"username": USERNAME, "secret": SECRET, "name": "pbx", **settings}
        return connect_over(self.stream, **settings)

    # What it hears --------------------------------------------------------------------------------

    async def hear(self) -> Request:
        """The next request, which must be whole. Raises EndOfStream after the last."""
        while not self._unread:
            requests = self.connection.receive(await self.own.receive())
            self._unread.extend(requests)
            self.heard.extend(requests)
        request = self._unread.popleft()
        assert request.fault is None, request
        assert [name for name, _ in request.pairs[:2]] == ["Action", "ActionID"], request
        return request

    async def expect(self, action: str, **headers: str) -> Request:
        """The next request, which must be this one."""
        request = await self.hear()
        assert request.action == action, request
        assert {name: request.get(name) for name in headers} == headers
        return request

    async def expect_end(self) -> None:
        """The client hangs up, and not inside a request."""
        with suppress(*GONE):
            raise AssertionError(f"one more request: {await self.hear()}")
        assert not self.torn

    @property
    def left(self) -> bool:
        """Whether the client has closed its end."""
        assert isinstance(self.stream, MemoryStream)
        return self.stream.closed

    @property
    def torn(self) -> bool:
        """Whether what was heard ended inside a request. To be asked at the end only."""
        requests = self.connection.receive(b"\r\n")
        return not requests or requests[0].lines != ()

    # What it says ---------------------------------------------------------------------------------

    async def send(self, data: bytes) -> None:
        """These bytes, whole frames or not."""
        await self.own.send(data)

    async def say(self, *frames: str) -> None:
        """Frames, in one write; ` / ` separates their lines."""
        await self.send(b"".join(map(frame, frames)))

    async def answer(self, request: Request, *frames: str, **headers: str) -> None:
        """A Success with these headers, and in the same write the frames, which belong to it."""
        kind = headers.pop("Response", "Success")
        response = self.connection.respond(request, kind, list(headers.items()))
        await self.send(response + b"".join(frame(of(request, one)) for one in frames))

    async def refuse(self, request: Request, message: str) -> None:
        """An Error."""
        await self.answer(request, Response="Error", Message=message)

    async def answer_list(self, request: Request, complete: str, *items: str) -> None:
        """A whole list, in one write."""
        count = f"Event: {complete} / EventList: Complete / ListItems: {len(items)}"
        await self.answer(request, *items, count, EventList="start", Message="Items will follow")

    async def event(self, kind: str, **headers: str) -> None:
        """An event."""
        await self.send(encode_frame([("Event", kind), *headers.items()]))

    async def cut(self) -> None:
        """The end, without a word."""
        await anyio.aclose_forcefully(self.own)

    # What it does by itself -----------------------------------------------------------------------

    async def greet(self, version: str = "11.0.0") -> None:
        """The banner."""
        await self.send(self.connection.greet(version))

    async def log_in(self, auth: str = "md5", *, booted: bool = True) -> None:
        """Banner and login, up to where the client is ready."""
        await self.greet()
        if auth == "md5":
            await self.answer(await self.expect("Challenge", AuthType="MD5"), Challenge=CHALLENGE)
            login = await self.expect("Login", AuthType="MD5", Username=USERNAME, Key=key())
        else:
            login = await self.expect("Login", Username=USERNAME, Secret=SECRET)
        self.connection.logged_in()
        await self.answer(login, Message="Authentication accepted")
        if booted:
            await self.send(BOOTED)
        await self.answer(await self.expect("Ping"), Ping="Pong")

    async def see_off(self) -> None:
        """Drop what is still asked, and say goodbye to the Logoff."""
        with suppress(*GONE):
            while (request := await self.hear()).action != "Logoff":
                pass
            await self.answer(request, Response="Goodbye", Message="Thanks for all the fish.")
        await self.cut()

    async def serve(self) -> None:
        """Greet, then answer whatever is asked, the login too, until Logoff or the end."""
        with suppress(*GONE):
            await self.greet()
        await self.attend()

    async def attend(self) -> None:
        """Answer whatever is asked, in order, until Logoff or the end."""
        self._attended = True
        with suppress(*GONE):
            while (request := await self.hear()).action != "Logoff":
                await self.respond(request)
            await self.answer(request, Response="Goodbye", Message="Thanks for all the fish.")
        await self.cut()

    async def respond(self, request: Request) -> None:
        """The usual answer to an action: its own headers come back."""
        if request.action == "Challenge":
            await self.answer(request, Challenge=CHALLENGE)
        elif request.action == "Login":
            assert request.get("Key") == key() or request.get("Secret") == SECRET
            await self.answer(request, Message="Authentication accepted")
        elif request.action == "CoreShowChannels":
            items = [f"Event: CoreShowChannel / Channel: Local/{n}" for n in range(3)]
            await self.answer_list(request, "CoreShowChannelsComplete", *items)
        elif request.action == "Command":
            await self.answer(request, Message="Command output follows", Output="one line")
        elif request.action == "Originate":
            await self.answer(request, Message="Originate successfully queued")
            await self.say(
                f"Event: OriginateResponse / Privilege: call,all / ActionID: {request.action_id}"
                " / Response: Success / Reason: 4"
            )
        else:
            await self.answer(request, **dict(request.pairs[2:]))
