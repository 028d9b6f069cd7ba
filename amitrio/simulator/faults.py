"""Faults: ready-made handlers for what servers and networks do wrong.

    simulator.on("Ping", faults.drop(), times=1)
    simulator.on("*", faults.delay(2.0))
    simulator.on("Login", faults.refuse_login())

What befalls a whole session or the whole server is done to it: `Session.cut`, `stall`, `resume`
and `Simulator.kick`, `stop`, `go_down`, `come_up`, `restart`.

Law: a fault lets the action be run as usual and spoils the answer, except where it says that the
action is not run.
"""

from __future__ import annotations

import anyio

from amitrio.simulator.calls import ActionCall, Handler, SessionOver
from amitrio.text import encode

__all__ = [
    "cut",
    "delay",
    "drop",
    "duplicate",
    "garble",
    "misaddress",
    "refuse",
    "refuse_login",
]

# action_login() sleeps so long before it says no.
_REFUSAL_DELAY = 1.0


def delay(seconds: float) -> Handler:
    """Run the action so many seconds late; like any slow action, it holds up the session."""

    async def handler(call: ActionCall) -> None:
        await anyio.sleep(seconds)
        await call.usual()

    return handler


def drop() -> Handler:
    """Run the action, and never answer it."""

    async def handler(call: ActionCall) -> None:
        await call.usual()
        call.frames.clear()

    return handler


def duplicate() -> Handler:
    """Answer twice."""

    async def handler(call: ActionCall) -> None:
        await call.usual()
        call.frames.extend(list(call.frames))

    return handler


def misaddress(action_id: str) -> Handler:
    """Answer with another ActionID."""

    async def handler(call: ActionCall) -> None:
        await call.usual()
        own = encode(f"\r\nActionID: {call.request.action_id}\r\n")
        other = encode(f"\r\nActionID: {action_id}\r\n")
        call.frames[:] = [frame.replace(own, other, 1) for frame in call.frames]

    return handler


def garble(data: bytes) -> Handler:
    """Send these bytes, and then the answer."""

    async def handler(call: ActionCall) -> None:
        await call.usual()
        call.frames.insert(0, data)

    return handler


def cut(after: int = 0) -> Handler:
    """Cut the session after so many bytes of the answer."""

    async def handler(call: ActionCall) -> None:
        await call.usual()
        call.frames[:] = [b"".join(call.frames)[:after]]
        raise SessionOver

    return handler


def refuse(message: str) -> Handler:
    """Answer with an error; the action is not run."""

    def handler(call: ActionCall) -> None:
        call.error(message)

    return handler


def refuse_login(message: str = "Authentication failed") -> Handler:
    """Refuse a login as Asterisk does: a second later, and the session is over."""

    async def handler(call: ActionCall) -> None:
        await anyio.sleep(_REFUSAL_DELAY)
        call.error(message)
        raise SessionOver

    return handler
