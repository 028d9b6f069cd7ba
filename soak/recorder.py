"""The recorder: a second ear on the same server, too simple to be wrong.

A thread with a blocking socket that logs in plainly, keeps every frame that comes, and connects
again when the server is gone. It shares no line with the client that is tested.

Law: it keeps bytes in the order in which they came, and says where one connection ended.
"""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime
from typing import Self

from soak.verdict import Stretch

__all__ = ["Recorder"]

_AGAIN = 0.05
_CHUNK = 1 << 16


class Recorder:
    """`lives` are the connections, each the events that came over it."""

    def __init__(self, host: str, port: int, username: str, secret: str) -> None:
        self._target = (host, port)
        self._login = f"Action: Login\r\nUsername: {username}\r\nSecret: {secret}\r\n\r\n".encode()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.lives: list[Stretch] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with socket.create_connection(self._target, 1) as sock:
                    self._listen(sock)
            except OSError:
                time.sleep(_AGAIN)

    def _listen(self, sock: socket.socket) -> None:
        sock.sendall(self._login)
        sock.settimeout(0.2)
        life = Stretch()
        self.lives.append(life)
        rest = b""
        while not self._stop.is_set():
            try:
                data = sock.recv(_CHUNK)
            except TimeoutError:
                continue
            if not data:
                return
            *frames, rest = (rest + data).split(b"\r\n\r\n")
            for frame in frames:
                if b"Event: " in frame[:64]:
                    life.add(frame.lstrip(b"\r\n"), datetime.now(UTC))
