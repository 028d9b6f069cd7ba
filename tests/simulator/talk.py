"""Talking to the simulator in raw bytes: tests read as transcripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.abc import ByteStream

from amitrio.simulator import Simulator

Frame = list[tuple[str, str]]


class Talk:
    """One connection, from the client's side."""

    def __init__(self, stream: ByteStream) -> None:
        self.stream = stream
        self.over = False

    async def say(self, *actions: str) -> None:
        """Send actions, written with plain line feeds and without the empty line."""
        text = "".join(f"{action}\n\n" for action in actions)
        await self.stream.send(text.replace("\n", "\r\n").encode())

    async def hear(self, seconds: float = 0.01) -> str:
        """All that comes within that time, with plain line feeds."""
        data = b""
        with anyio.move_on_after(seconds):
            try:
                while True:
                    data += await self.stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                self.over = True
        return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")

    async def ask(self, action: str, seconds: float = 0.01) -> str:
        """Send one action, and hear what comes."""
        await self.say(action)
        return await self.hear(seconds)

    async def log_in(self, user: str = "admin", secret: str = "mysecret", events: str = "") -> str:
        mask = f"\nEvents: {events}" if events else ""
        return await self.ask(f"Action: Login\nUsername: {user}\nSecret: {secret}{mask}")


@asynccontextmanager
async def talking(
    user: str = "admin", secret: str = "mysecret", events: str = "off", **options: Any
) -> AsyncIterator[tuple[Simulator, Talk]]:
    """A simulator, and a session in memory that is logged in; an empty user logs nobody in."""
    async with Simulator(**options) as simulator:
        talk = Talk(simulator.connect())
        await talk.hear()
        if user:
            await talk.log_in(user, secret, events)
        yield simulator, talk


def frames(text: str) -> list[Frame]:
    """The frames of a text, each as its headers."""
    parts = (part.strip("\n") for part in text.split("\n\n"))
    return [[_header(line) for line in part.split("\n")] for part in parts if part]


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.removeprefix(" ")


def events(text: str) -> list[dict[str, str]]:
    """The events of a text, each with the first value of every header."""
    return [_first(frame) for frame in frames(text) if frame[0][0] == "Event"]


def _first(frame: Frame) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in frame:
        found.setdefault(name, value)
    return found


def names(text: str) -> list[str]:
    """The names of the events of a text."""
    return [event["Event"] for event in events(text)]
