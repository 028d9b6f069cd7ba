"""Stage: a server to play on, and the few things that every act does with it.

Law: an act waits for what it brought about, never for a time; what a server refuses is an answer
like any other, and is counted with the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import anyio
import attrs

import amitrio as ami

__all__ = ["Stage"]

_CLEARED = 20.0  # seconds; hanging up takes a fraction of one


@attrs.frozen(eq=False)
class Stage:
    """A server that is played on by one client whose connection is taped."""

    client: ami.Client
    connect: Callable[..., ami.Connection]
    """Further connections, which are not taped: `connect("limited")`, `secret="wrong"`."""
    actions: frozenset[str]
    """What the server can do."""

    async def ask(self, action: str, headers: Any = (), /, **fields: Any) -> ami.Reply | None:
        """The reply; None where it is an error, or where the server has no such action."""
        if action not in self.actions:
            return None
        try:
            return await self.client.send(action, headers, **fields)
        except ami.ActionError:
            return None

    def hear(self, *kinds: str) -> ami.EventStream[Any]:
        """The events of these kinds from now on."""
        return self.client.events(*kinds)

    async def call(self, exten: str = "wait", does: str = "Wait(60)", **options: Any) -> str:
        """Call an extension from a channel that runs an application; once it is answered.

        Gives the channel's name. Raises OriginateFailed.
        """
        application, _, data = does.removesuffix(")").partition("(")
        place, slash, kept = exten.partition("/")
        target = f"{place}{'' if '@' in place else '@h2'}{slash}{kept}"
        call = await self.client.originate(
            f"Local/{target}", application=application, data=data, **options
        )
        return (await call.wait_answered())["Channel"]

    async def place(self, exten: str, does: str = "Wait(60)", **options: Any) -> str | None:
        """The same for a call that may fail: None where it does."""
        with suppress(ami.OriginateFailed):
            return await self.call(exten, does, **options)
        return None

    async def wait_for(self, stream: ami.EventStream[Any], **wanted: str) -> Any:
        """The next event of the stream whose headers are as wanted."""
        while True:
            event = await stream.receive()
            if all(event.headers.get(name) == value for name, value in wanted.items()):
                return event

    async def clear(self) -> None:
        """Hang up every channel, those too that are just being made, until none is left."""
        with anyio.fail_after(_CLEARED), self.hear("Hangup") as hangups:
            while await self.client.send("CoreShowChannels"):
                await self.client.send("Hangup", Channel="/^.*$/")
                with anyio.move_on_after(1):
                    await hangups.receive()
