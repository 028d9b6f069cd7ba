"""A program that computes for long is no reason to call an answer late that is there already.

The server runs in a thread of its own: it answers while the event loop stands still.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import anyio
import attrs
import pytest

import amitrio as ami
from tests.client.sockets import LOOPBACK
from tests.client.waiting import Beside

TIMEOUT = 0.4


@attrs.define(eq=False)
class Server:
    """Answers everything at once; but `First` when `Second` has come, and that when it is told."""

    listener: socket.socket = attrs.field(factory=lambda: socket.create_server((LOOPBACK, 0)))
    told: threading.Event = attrs.field(factory=threading.Event)
    answered: threading.Event = attrs.field(factory=threading.Event)

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    def serve(self) -> None:
        with suppress(OSError):
            sock, _ = self.listener.accept()
            with sock, sock.makefile("rb") as lines:
                sock.sendall(b"Asterisk Call Manager/11.0.0\r\n")
                while True:
                    action = _read(lines)
                    if action.get("Action") in {None, "Logoff"}:
                        return
                    self._answer(sock, action, lines)

    def _answer(self, sock: socket.socket, action: dict[str, str], lines: Iterator[bytes]) -> None:
        first = action["Action"] == "First"
        second = _read(lines) if first else None
        sock.sendall(_success(action))
        if second is not None:
            self.told.wait()
            sock.sendall(_success(second))
            self.answered.set()


def _read(lines: Iterator[bytes]) -> dict[str, str]:
    action: dict[str, str] = {}
    for line in lines:
        if line == b"\r\n":
            break
        name, _, value = line.decode().strip().partition(": ")
        action[name] = value
    return action


def _success(action: dict[str, str]) -> bytes:
    return f"Response: Success\r\nActionID: {action['ActionID']}\r\nChallenge: 1\r\n\r\n".encode()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.told.set()
    server.listener.close()
    thread.join()


@pytest.mark.parametrize("asked_before", [False, True])
@pytest.mark.parametrize("_again", range(3))  # trio runs what is due together in any order
async def test_what_came_meanwhile_is_not_late(
    server: Server,
    beside: Beside,
    asked_before: bool,  # noqa: FBT001 - a parameter
    _again: int,
) -> None:
    async with ami.connect(
        LOOPBACK, server.port, username="crm", secret="x", response_timeout=TIMEOUT
    ) as client:
        if asked_before:
            await client.ping()
        else:
            await anyio.sleep(0.01)  # so that whoever asks next asks beside the reader
        waiting = beside(client.send("Second"))
        await client.send("First")
        server.told.set()
        server.answered.wait()
        time.sleep(1.1 * TIMEOUT)  # noqa: ASYNC251 - the program is at fault, but not answered late
        assert (await waiting).succeeded
