"""Actors: the program that uses the client, task by task, and notes what it is told.

Each deed of the script is a task of its own. What cancels it is a scope around one call, or that
of the group in which it runs; what is noted of it is noted where it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any
from warnings import catch_warnings

import anyio
import attrs

from amitrio import (
    Action,
    AMIError,
    ConnectionClosed,
    ConnectionLost,
    Disconnected,
    EventsDropped,
    Reconnected,
    SubscriberTooSlow,
    UnknownEventWarning,
)
from amitrio.client import Client, EventStream
from amitrio.supervisor import SupervisedClient
from tests.chaos.deeds import Ask, ClientDeed, Listen, WaitFor
from tests.chaos.journal import Asked, Journal, Mark, Stream, Token
from tests.chaos.script import SLOW
from tests.chaos.server import Server

__all__ = ["Actors"]

AnyClient = Client | SupervisedClient

_BATCH = 7
_WITHIN = 0.25
_CALL = 5.0


@attrs.define(eq=False)
class Actors:
    """The tasks of one program."""

    client: AnyClient
    server: Server
    journal: Journal

    async def play(self, deed: ClientDeed) -> None:
        """Do the deed when its time has come."""
        await anyio.sleep_until(deed.at)
        if isinstance(deed, Listen):
            await self._listen(deed)
        else:
            await self._operate(deed)

    # Operations -----------------------------------------------------------------------------------

    async def _operate(self, deed: Ask | WaitFor) -> None:
        ahead = sum(one.ended is None for one in self.journal.asked)
        asked = Asked(deed, anyio.current_time(), ahead)
        self.journal.asked.append(asked)
        try:
            with anyio.CancelScope() as scope:
                if deed.patience is not None:
                    scope.deadline = anyio.current_time() + deed.patience
                await self._attempt(deed, asked)
            if scope.cancelled_caught:
                asked.outcome = "cancelled"
        except AMIError as exc:
            _note_error(asked, exc)
        except anyio.get_cancelled_exc_class():
            asked.outcome = "cancelled"
            raise
        finally:
            asked.ended = anyio.current_time()
            what = type(asked.error).__name__ if asked.error else ""
            line = f"{_name(deed)}: {asked.outcome} {what} {asked.executed or ''}"
            asked.tick = self.journal.say("program", line)

    async def _attempt(self, deed: Ask | WaitFor, asked: Asked) -> None:
        self.journal.say("program", f"{_name(deed)} begins, patience {deed.patience}")
        if isinstance(deed, WaitFor):
            event = await self.client.wait_for(deed.kind)
            asked.echo = event["Number"]
        else:
            await _WAYS[deed.how](self.client, deed, asked)
        asked.outcome = asked.outcome or "answered"

    # Streams --------------------------------------------------------------------------------------

    async def _listen(self, deed: Listen) -> None:
        try:
            with catch_warnings(action="ignore", category=UnknownEventWarning):  # items of lists
                events = self.client.events(*deed.kinds, buffer=deed.buffer, overflow=deed.overflow)
        except (ConnectionLost, ConnectionClosed) as exc:
            self.journal.say("program", f"stream {deed.number}: {type(exc).__name__}")
            return
        stream = Stream(deed, self.mark(), self._is_up())
        self.journal.streams.append(stream)
        self.journal.say("program", f"stream {deed.number} opens {deed.kinds} {deed.buffer}")
        with events, anyio.move_on_after(deed.stays) as staying:
            await self._consume(events, stream)
        if staying.cancelled_caught:
            stream.end = "left"
        self.journal.say("program", f"stream {deed.number} ends: {stream.end}")

    async def _consume(self, events: EventStream[Any], stream: Stream) -> None:
        try:
            while True:
                await self._take(events, stream)
                if len(stream.tokens) % stream.deed.every == 0:
                    await anyio.sleep(stream.deed.nap)
        except anyio.EndOfStream:
            stream.end = "plain"
        except (ConnectionLost, ConnectionClosed):
            stream.end = "lost"
        except SubscriberTooSlow:
            stream.end = "slow"
        finally:
            stream.end = stream.end or "left"

    async def _take(self, events: EventStream[Any], stream: Stream) -> None:
        with anyio.move_on_after(stream.deed.patience):
            if stream.deed.how == "batch":
                for one in await events.receive_batch(_BATCH, within=_WITHIN):
                    self._told(stream, one)
            elif stream.deed.how == "receive":
                self._told(stream, await events.receive())
            else:
                await self._take_nowait(events, stream)

    async def _take_nowait(self, events: EventStream[Any], stream: Stream) -> None:
        try:
            self._told(stream, events.receive_nowait())
        except anyio.WouldBlock:
            self._told(stream, await events.receive())

    def _told(self, stream: Stream, one: Any) -> None:
        token = self._token(one, self.received(stream))
        stream.tokens.append(token)
        self.journal.say("program", f"stream {stream.deed.number}: {token.what} {token.number}")

    def _token(self, one: Any, received: int) -> Token:
        if isinstance(one, EventsDropped):
            return Token("dropped", one.count, received)
        if isinstance(one, Disconnected):
            return Token("down", 0, received)
        if isinstance(one, Reconnected):
            return Token("up", 0, received)
        return Token("event", int(one.headers.get("Number", "-1")), received)

    # Where the client stands ----------------------------------------------------------------------

    def mark(self) -> Mark:
        """How much the client has received by now."""
        links = self.server.links
        return Mark(len(links) - 1, links[-1].down.taken) if links else Mark(-1, 0)

    def received(self, stream: Stream) -> int:
        """How many events for that stream the client has received since it was opened."""
        # A supervised client ends its streams as it is left; one connection says goodbye first.
        until = None if isinstance(self.client, Client) else self.journal.left
        return len(expected(self.server, stream, until))

    def _is_up(self) -> bool:
        if isinstance(self.client, Client):
            return self.client.connected
        try:
            self.client._keeper.check_up()
        except AMIError:
            return False
        return True


def expected(server: Server, stream: Stream, until: Mark | None) -> list[tuple[int, int]]:
    """Link and number of each event that the client received for a stream since its opening."""
    found: list[tuple[int, int]] = []
    wants = _wants(stream.deed.kinds)
    first = max(0, stream.opened.link)
    for link in server.links[first : None if until is None else until.link + 1]:
        since = stream.opened.taken if link.index == stream.opened.link else 0
        last = until is not None and until.link == link.index
        upto = until.taken if last and until is not None else link.down.taken
        found += [
            (link.index, sent.number)
            for sent in link.events
            if since < sent.end <= upto and wants(sent.kind)
        ]
    return found


def _wants(kinds: tuple[str, ...]) -> Callable[[str], bool]:
    """What the patterns of the script mean, said in another way than the client's."""
    if "*" in kinds:
        return lambda _: True
    names = {kind.lower() for kind in kinds} | ({"userevent"} if "User*" in kinds else set())
    return lambda kind: kind.lower() in names


def _note_error(asked: Asked, exc: AMIError) -> None:
    asked.error = exc
    asked.executed = getattr(exc, "executed", None)
    headers = getattr(exc, "headers", None)
    asked.outcome = "error" if headers is None else "refused"
    if headers is not None:
        asked.echo = headers.get("Number")


def _name(deed: Ask | WaitFor) -> str:
    if isinstance(deed, WaitFor):
        return f"wait_for {deed.kind} ({deed.number})"
    return f"{deed.how} {deed.number}"


# The ways to ask ----------------------------------------------------------------------------------


async def _send(client: AnyClient, deed: Ask, name: str, **headers: str) -> Any:
    """By itself; or, each third, as the only one of many."""
    action = Action(name, {**headers, "Number": str(deed.number)})
    if deed.number % 3 != 1:
        return await client.send(action)
    with client.send_many([action]) as answers:
        return (await anext(answers)).reply


async def _plain(client: AnyClient, deed: Ask, asked: Asked) -> None:
    asked.echo = (await _send(client, deed, "MailboxCount", Mailbox="100"))["Number"]


async def _slow(client: AnyClient, deed: Ask, asked: Asked) -> None:
    asked.echo = (await _send(client, deed, "WaitEvent", Timeout=f"{SLOW:g}"))["Number"]


async def _list(client: AnyClient, deed: Ask, asked: Asked) -> None:
    reply = await _send(client, deed, "CoreShowChannels")
    asked.echo = reply["Number"]
    asked.items = tuple(f"{item['Of']}.{item['Item']}" for item in reply)
    asked.complete = reply.complete is not None


async def _items(client: AnyClient, deed: Ask, asked: Asked) -> None:
    async with client.items("CoreShowChannels", Number=str(deed.number)) as items:
        asked.echo = items.response["Number"]
        if deed.takes == 0:
            asked.outcome = "left"
            return
        async for item in items:
            asked.items += (f"{item['Of']}.{item['Item']}",)
            if len(asked.items) == deed.takes:
                asked.outcome = "left"
                return
        asked.complete = items.complete is not None


async def _originate(client: AnyClient, deed: Ask, asked: Asked) -> None:
    call = await client.originate(
        "Local/1@x", context="x", exten="1", account=str(deed.number), timeout=_CALL
    )
    asked.echo = call.reply["Number"]
    await call.wait_answered()


_WAYS = MappingProxyType(
    {"plain": _plain, "slow": _slow, "list": _list, "items": _items, "originate": _originate}
)
