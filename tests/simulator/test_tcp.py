"""The simulator on real sockets."""

from __future__ import annotations

import socket
from collections.abc import Callable

import anyio
import pytest
from anyio.abc import SocketAttribute

from amitrio.client.dial import dial
from amitrio.simulator import Simulator
from tests.simulator.talk import Talk


async def _hear_until(talk: Talk, wanted: str) -> str:
    heard = ""
    with anyio.fail_after(10):
        while wanted not in heard and not talk.over:
            heard += await talk.hear(0.05)
    return heard


async def test_a_session_over_tcp() -> None:
    async with (
        Simulator().serve_tcp() as (host, port),
        await anyio.connect_tcp(host, port) as stream,
    ):
        talk = Talk(stream)
        await talk.say(
            "Action: Login\nUsername: admin\nSecret: mysecret",
            "Action: CoreShowChannels",
            "Action: Logoff",
        )
        heard = await _hear_until(talk, "fish")
        assert "Asterisk Call Manager/11.0.0\n" in heard
        assert f"LocalAddress: IPV4/TCP/127.0.0.1/{port}\n" in heard
        assert "CoreShowChannelsComplete" in heard
        await _hear_until(talk, "nothing more")
        assert talk.over


async def test_a_client_that_vanishes_leaves_no_session() -> None:
    async with Simulator() as simulator:
        host, port = await simulator.listen()
        stream = await anyio.connect_tcp(host, port)
        talk = Talk(stream)
        await talk.say("Action: Login\nUsername: admin\nSecret: mysecret")
        await _hear_until(talk, "accepted")
        stream.extra(SocketAttribute.raw_socket).setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
        )
        await stream.aclose()
        await _until(lambda: not simulator.sessions)


async def test_a_restart_comes_back_on_the_same_port() -> None:
    async with Simulator() as simulator:
        host, port = await simulator.listen()
        simulator.go_down()
        with anyio.fail_after(10):
            while await _answers(host, port):
                pass
        await simulator.restart()
        with anyio.fail_after(10):
            while not await _answers(host, port):
                pass


async def _until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - nothing tells of it
            await anyio.sleep(0.01)


async def _answers(host: str, port: int) -> bool:
    try:
        stream = await anyio.connect_tcp(host, port)
    except OSError:
        await anyio.sleep(0.01)
        return False
    async with stream:
        return "Asterisk" in await Talk(stream).hear(0.5)


async def test_a_slow_client_is_cut_over_tcp_too() -> None:
    async with Simulator() as simulator:
        host, port = await simulator.listen()
        # A stream that reads only when it is asked; some of anyio's own read ahead.
        async with await dial(host, port, None) as stream:
            talk = Talk(stream)
            await talk.say("Action: Login\nUsername: admin\nSecret: mysecret")
            await _hear_until(talk, "accepted")
            with anyio.fail_after(20):
                while simulator.sessions:
                    for _ in range(100):
                        pad = [("Pad", 10_000 * "x")]
                        simulator.publish("UserEvent", pad, privilege="user")
                    await anyio.sleep(0.02)


async def test_a_port_that_is_taken_is_told() -> None:
    async with Simulator() as simulator:
        _, port = await simulator.listen()
        with pytest.raises(OSError):  # noqa: PT011 - the errno is the platform's
            await simulator.listen(port=port)
