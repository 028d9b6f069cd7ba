"""The demonstration: a simulated PBX, real TCP, calls, and the story of each as it happens.

Law: it uses nothing that its reader could not use, and it ends by itself.
"""

from __future__ import annotations

import anyio
import attrs
from rich.console import Console
from rich.table import Table

import amitrio as ami
from amitrio.cli.office import SECRET, USER, office, users
from amitrio.cli.story import KINDS, sentence
from amitrio.simulator import Simulator

__all__ = ["run_demo"]

_LIMIT = 18.0  # seconds: whatever happens, it is over then
_TALK = 1.5


@attrs.define(eq=False)
class _Call:
    """One call of the demonstration, and what became of it."""

    caller: str
    exten: str
    whom: str
    color: str
    after: float
    channel_id: str = ""
    outcome: str = ""

    @property
    def title(self) -> str:
        return f"{self.caller.capitalize()} calls {self.whom}"


def _calls() -> list[_Call]:
    return [
        _Call("ann", "101", "Carl", "cyan", 0.0),
        _Call("bob", "102", "Dora", "red", 0.3),
        _Call("cyd", "500", "support", "green", 0.6),
        _Call("eve", "500", "support", "magenta", 0.8),
        _Call("fay", "500", "support", "yellow", 1.0),
    ]


async def run_demo(seed: int) -> None:
    """Play it. Raises AMIError when it does not come to its end in time."""
    console = Console(highlight=False)
    simulator = Simulator(users=users(), setup=office, seed=seed)
    with anyio.move_on_after(_LIMIT) as limit:
        async with simulator.serve_tcp() as (host, port):
            console.print(f"A simulated PBX listens on {host}:{port}.")
            async with ami.connect(host, port, username=USER, secret=SECRET) as client:
                console.print(f"Connected: {client.asterisk.line}.\n")
                await _Play(client, console, _calls()).run()
    if limit.cancelled_caught:
        raise ami.AMIError(f"the demonstration was not over after {_LIMIT:g} s")


class _Play:
    """The calls under way, and who tells of them."""

    def __init__(self, client: ami.Client, console: Console, calls: list[_Call]) -> None:
        self._client = client
        self._console = console
        self._calls = calls
        self._began = anyio.current_time()

    async def run(self) -> None:
        """All calls at once, the story beside them, then the summary."""
        with self._client.events(*KINDS) as stream:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._tell, stream)
                async with anyio.create_task_group() as calls:
                    for call in self._calls:
                        calls.start_soon(self._place, call)
                await self._client.ping()  # all that was sent before it has come by now
                tasks.cancel_scope.cancel()
        await self._sum_up()

    async def _place(self, call: _Call) -> None:
        """Order a call, let the two talk a while once they are connected, then hang up."""
        await anyio.sleep(call.after)
        mine = f"PJSIP/{call.caller}-"
        with self._client.events("BridgeEnter", "Hangup") as stream:
            placed = await self._client.originate(
                f"PJSIP/{call.caller}",
                context="office",
                exten=call.exten,
                caller_id=f"{call.caller.capitalize()} <2{call.exten}>",
            )
            call.channel_id = placed.channel_id
            await placed.wait_answered()
            async for event in stream:
                if not event["Channel"].startswith(mine):
                    continue
                if event.kind == "Hangup":
                    call.outcome = call.outcome or event["Cause-txt"].lower()
                    break
                call.outcome = "connected"
                await anyio.sleep(_TALK)
                await self._client.send("Hangup", Channel=event["Channel"])

    async def _tell(self, stream: ami.EventStream[ami.Event]) -> None:
        async for event in stream:
            words = sentence(event)
            call = self._call_of(event)
            if words is not None and call is not None:
                self._say(call, words)

    def _say(self, call: _Call, words: str) -> None:
        seconds = anyio.current_time() - self._began
        self._console.print(f"{seconds:6.2f} s  ", end="")
        self._console.print(f"{call.title:20}", style=call.color, end="")
        self._console.print(words, markup=False)

    def _call_of(self, event: ami.Event) -> _Call | None:
        headers = event.headers
        linked = headers.get("Linkedid") or headers.get("DestLinkedid")
        return next((call for call in self._calls if call.channel_id == linked), None)

    async def _sum_up(self) -> None:
        table = Table(title="\nWhat became of the calls", title_justify="left")
        for heading in ("call", "outcome"):
            table.add_column(heading)
        for call in self._calls:
            table.add_row(call.title, call.outcome, style=call.color)
        self._console.print(table)
        (queue,) = await self._client.send("QueueStatus", Queue="support", Member="none")
        counts = self._client.statistics()
        self._console.print(
            f"The queue completed {queue['Completed']} calls and lost {queue['Abandoned']}."
            f" amitrio read {counts.frames} messages, {counts.bytes} bytes, and missed none.",
            soft_wrap=True,
        )
