"""The prober: sends typed actions through amitrio's own client, and notes what becomes of each.

Law: every action goes out as an object of its class, and a refusal is a result like any other.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
import attrs

import amitrio as ami
from amitrio.models import TypedAction
from tools.asterisk import Asterisk

from .outcomes import Outcome, Unexplained, outcome_of, unexplained

__all__ = ["Prober"]

R = TypeVar("R", bound=ami.Reply)
L = TypeVar("L", bound=ami.ListReply[Any, Any])

_PATIENCE = 20.0  # seconds for whatever is waited for; the servers need a fraction of one
_AGAIN = 0.02  # seconds until something is asked again
_ORDER = ("succeeded", "refused", "silent", "absent")


@attrs.define(eq=False)
class Prober:
    """One server, and what it said so far."""

    server: Asterisk
    client: ami.Client
    outcomes: dict[str, Outcome] = attrs.field(factory=dict)
    unexplained: list[Unexplained] = attrs.field(factory=list)

    @property
    def release(self) -> int:
        """22 or 16."""
        return int(self.server.release)

    # Asking --------------------------------------------------------------------------------------

    async def send(self, action: TypedAction[R], client: ami.Client | None = None) -> R | None:
        """Send an action; its reply, or None where there is none. The best of several counts."""
        try:
            with anyio.fail_after(_PATIENCE):
                reply = await (client or self.client).send(action)
        except ami.UnknownAction:
            self._note(action, Outcome("absent"))
        except ami.ActionError as error:
            self._note(action, Outcome("refused", error.message))
        else:
            self.unexplained += unexplained(action.name, reply)
            self._note(action, outcome_of(reply))
            return reply
        return None

    async def listed(self, action: TypedAction[L]) -> L | None:
        """Send it until it lists something: an application begins after its call is answered."""
        reply = await self.send(action)
        with anyio.move_on_after(_PATIENCE):
            while reply is not None and not len(reply):
                await anyio.sleep(_AGAIN)
                reply = await self.send(action)
        return reply

    async def send_silent(self, action: TypedAction[R]) -> None:
        """Send an action that is answered without a response: the next response tells so."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._hear_nothing, action)
            await anyio.wait_all_tasks_blocked()
            await self.client.ping()

    async def _hear_nothing(self, action: TypedAction[Any]) -> None:
        try:
            await self.send(action)
        except ami.ResponseMissing:
            self._note(action, Outcome("silent"))

    def _note(self, action: TypedAction[Any], outcome: Outcome) -> None:
        known = self.outcomes.get(action.name)
        if known is None or _ORDER.index(outcome.sort) < _ORDER.index(known.sort):
            self.outcomes[action.name] = outcome

    # What actions are about ----------------------------------------------------------------------

    async def call(
        self, exten: str = "wait", application: str = "Wait", data: str = "60", **more: Any
    ) -> str:
        """Call an extension of h2 by a Local channel; the channel that runs the application.

        The extension runs in the other half, `other(channel)`.
        """
        return await self.dial(f"Local/{exten}@h2", application, data, **more)

    async def dial(self, what: str, application: str, data: str, **more: Any) -> str:
        """Call something, and wait until it answers; its channel."""
        with anyio.fail_after(_PATIENCE):
            placed = await self.client.originate(what, application=application, data=data, **more)
            report = await placed.wait_answered()
        return report["Channel"]

    @asynccontextmanager
    async def until(
        self, kind: str, where: Callable[[ami.Event], bool] | None = None
    ) -> AsyncGenerator[None]:
        """Leave only when such an event has come since entering."""
        with self.client.events(kind, where=where) as stream:
            yield
            with anyio.fail_after(_PATIENCE):
                await stream.receive()

    async def hang_up(self) -> None:
        """End every call, and wait until each is gone."""
        with anyio.fail_after(_PATIENCE), self.client.events("Hangup") as hangups:
            await self.client.send("Hangup", Channel="/^.*$/")
            while await self.client.send("CoreShowChannels"):
                await hangups.receive()

    def connect(self, user: str = "admin") -> ami.Connection:
        """A connection of its own, for what must not disturb the others."""
        secret = self.server.users[user]
        return ami.connect(self.server.host, self.server.port, username=user, secret=secret)
