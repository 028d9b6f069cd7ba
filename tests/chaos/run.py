"""Run: one seed on one backend, from the script to the verdict."""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Literal
from unittest.mock import patch

import anyio
import attrs
from anyio.abc import TaskGroup

from amitrio import AMIError, Limits
from amitrio.client import Connection, opening
from amitrio.client.session import Session
from amitrio.client.settings import Settings
from amitrio.credentials import Secret
from amitrio.supervisor import Backoff, Supervision
from tests.chaos.actors import Actors
from tests.chaos.deeds import ClientDeed, Script
from tests.chaos.journal import Journal
from tests.chaos.judge import Run, breaches
from tests.chaos.script import written
from tests.chaos.server import Server
from tests.virtual_time import run_virtually

__all__ = ["BACKENDS", "Backend", "Verdict", "run"]

Backend = Literal["trio", "asyncio"]
Plant = Callable[[], AbstractContextManager[object]]
BACKENDS: tuple[Backend, ...] = ("trio", "asyncio")

# Seconds of the clock that jumps after which a run hangs: past every promise of the client's.
_HANGS = 1000.0
# So often does nobody ask for the time in one instant: a busy one has some hundred.
_STANDS_STILL = 20_000


@attrs.frozen
class Verdict:
    """What a run has come to."""

    seed: int
    backend: Backend
    breaches: tuple[str, ...]
    trace: tuple[str, ...] = attrs.field(repr=False)

    def __str__(self) -> str:
        lines = [*self.trace, "", f"seed {self.seed} on {self.backend}:", *self.breaches]
        return "\n".join(lines)


def run(seed: int, backend: Backend, plant: Plant = nullcontext) -> Verdict:
    """Play the script of this seed, with a bug in the client where one is planted."""
    script, journal = written(seed), Journal()
    play = _Play(script, journal)
    with _same_order_always(seed), _clock_that_moves(), plant():
        found = run_virtually(play.judged, backend)
    return Verdict(seed, backend, tuple(found), tuple(journal.lines))


@contextmanager
def _same_order_always(seed: int) -> Iterator[None]:
    """trio runs the tasks of one round in random order: here in an order that the seed decides."""
    with (
        patch("trio._core._run._r", random.Random(seed)),
        patch("trio._core._run._ALLOW_DETERMINISTIC_SCHEDULING", new=True),
    ):
        yield


@contextmanager
def _clock_that_moves() -> Iterator[None]:
    """Whoever turns in circles asks for the time again and again, and it is always the same."""
    current_time, asked, last = anyio.current_time, 0, -1.0

    def counted() -> float:
        nonlocal asked, last
        now = current_time()
        asked, last = (asked + 1 if now == last else 0), now
        if asked > _STANDS_STILL:
            raise RuntimeError("the clock stands still")
        return now

    with patch.object(anyio, "current_time", counted):
        yield


class _Play:
    """One run."""

    def __init__(self, script: Script, journal: Journal) -> None:
        self.script = script
        self.journal = journal
        self.sessions: list[Session] = []

    async def judged(self) -> list[str]:
        """The breaches that were found."""
        before = len(anyio.get_running_tasks())
        try:
            with anyio.move_on_after(_HANGS) as guard, self._noting_sessions():
                server = await self._in_tasks()
        except Exception as exc:  # noqa: BLE001 - whatever it is, it was a breach
            return [f"crashed: {exc!r}"]
        if guard.cancelled_caught:
            return ["hangs", *(f"still waits: {a.deed}" for a in self.journal.asked if not a.ended)]
        tasks = len(anyio.get_running_tasks()) - before
        return breaches(Run(self.script, self.journal, server, self.sessions, tasks))

    async def _in_tasks(self) -> Server:
        async with anyio.create_task_group() as serving:
            server = Server(self.script, self.journal, serving)
            serving.start_soon(server.run)
            async with anyio.create_task_group() as acting:
                await self._use(server, acting)
            serving.cancel_scope.cancel()
        return server

    async def _use(self, server: Server, acting: TaskGroup) -> None:
        journal = self.journal
        actors: Actors | None = None
        try:
            async with self._door(server.dial) as client:
                actors = Actors(client, server, journal)
                await self._act(actors, acting)
                journal.left, journal.left_at = actors.mark(), anyio.current_time()
                journal.connected = client.connected
                journal.alive = any(session.ending is None for session in self.sessions[-1:])
                journal.say("program", f"leaves, connected: {client.connected}")
        except AMIError as exc:
            journal.say("program", f"cannot enter: {exc!r}")
            return
        journal.gone_at = anyio.current_time()
        journal.say("program", "has left")

    async def _act(self, actors: Actors, acting: TaskGroup) -> None:
        for deed in self.script.client:
            acting.start_soon(self._do, deed, actors)
        await anyio.sleep_until(self.script.leave)

    async def _do(self, deed: ClientDeed, actors: Actors) -> None:
        """One scope a task: asyncio cancels the tasks of a common one in any order."""
        deadline = math.inf if deed.group is None else self.script.groups[deed.group]
        with anyio.CancelScope(deadline=deadline):
            await actors.play(deed)

    def _door(self, dial: Callable[[], Awaitable[Any]]) -> Any:
        if not self.script.supervised:
            return Connection(self._settings(), dial)
        times = self.script.times
        return Supervision(
            self._settings(),
            dial,
            start="at_once" if self.script.starts_at_once else "connected",
            backoff=Backoff(
                first=times.backoff_first,
                most=times.backoff_most,
                random=random.Random(self.script.seed).random,
            ),
            retry_refused=None,
        )

    def _settings(self) -> Settings:
        times = self.script.times
        return Settings(
            host="pbx",
            username="crm",
            secret=Secret("canary"),
            connect_timeout=times.connect_timeout,
            response_timeout=times.response_timeout,
            ping_interval=times.ping_interval,
            ping_timeout=times.ping_timeout,
            limits=Limits(pending_actions=self.script.pending, list_items=self.script.list_items),
        )

    @contextmanager
    def _noting_sessions(self) -> Iterator[None]:
        def noted(*args: Any, **kwargs: Any) -> Session:
            session = Session(*args, **kwargs)
            self.sessions.append(session)
            return session

        with patch.object(opening, "Session", noted):
            yield
