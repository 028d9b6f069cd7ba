"""The flood: a server in a process of its own that sends events as fast as they are taken.

    python -m soak.flood 1000000      prints its port, serves until it is ended

It knows Login, Ping, Logoff and Flood; Flood sends so many events, then a Shutdown that
tells the longest time that the socket was full. It drops nobody: Asterisk would after 100 ms.

Law: one thread, one loop; what it measures is the client.
"""

from __future__ import annotations

import select
import socket
import sys
import threading
import time

__all__ = ["main"]

_BODY = b"".join(b"Header%d: %s\r\n" % (number, b"x" * 18) for number in range(15)) + b"\r\n"
_BATCH = 200
_SEND = 1 << 16


class _Serving:
    """One client: what it asks is answered even while the flood runs."""

    def __init__(self, sock: socket.socket, events: int) -> None:
        self._sock, self._events = sock, events
        self._input, self._output = b"", bytearray()
        self._left, self._sent = 0, 0
        self._stall = 0.0
        self._full_since: float | None = None
        self._over = False
        self._id = ""

    def run(self) -> None:
        """Serve until either side has enough."""
        self._sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._output += b"Asterisk Call Manager/11.0.0\r\n"
        while not (self._over and not self._output):
            self._refill()
            wants = [self._sock] if self._output else []
            readable, writable, _ = select.select([self._sock], wants, [], 1.0)
            if writable:
                self._write()
            if readable and not self._read():
                return

    def _refill(self) -> None:
        if not self._left or len(self._output) > _SEND:
            return
        count = min(_BATCH, self._left)
        for number in range(self._sent, self._sent + count):
            self._output += b"Event: UserEvent\r\nNumber: %d\r\n%s" % (number, _BODY)
        self._sent += count
        self._left -= count
        if not self._left:
            self._output += b"Event: Shutdown\r\nStall: %f\r\n\r\n" % self._stall

    def _write(self) -> None:
        now = time.monotonic()
        if self._full_since is not None:
            self._stall = max(self._stall, now - self._full_since)
            self._full_since = None
        piece = self._output[:_SEND]
        sent = self._sock.send(piece)
        del self._output[:sent]
        if sent < len(piece):
            self._full_since = now

    def _read(self) -> bool:
        data = self._sock.recv(_SEND)
        *requests, self._input = (self._input + data).split(b"\r\n\r\n")
        for request in requests:
            self._answer(dict(line.split(": ", 1) for line in request.decode().split("\r\n")))
        return bool(data)

    def _answer(self, request: dict[str, str]) -> None:
        action = request["Action"]
        if action == "Flood":
            self._left = self._events
        self._over = action == "Logoff"
        response = "Goodbye" if self._over else "Success"
        extra = "Challenge: 1\r\n" if action == "Challenge" else ""
        answer = f"Response: {response}\r\nActionID: {request['ActionID']}\r\n{extra}\r\n"
        self._output += answer.encode()


def main() -> None:
    """Print the port, and serve every client in a thread of its own."""
    events = int(sys.argv[1])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=_serve, args=(sock, events), daemon=True).start()


def _serve(sock: socket.socket, events: int) -> None:
    with sock:
        _Serving(sock, events).run()


if __name__ == "__main__":
    main()
