"""Server: says the precomputed traffic, as fast as it is taken.

`python -m benchmarks.server` prints its port and serves until it is ended. It knows Login (plain
and by MD5 challenge), Ping, Logoff, `Flood` with `Count: n` events, and CoreShowChannels with
`Count: n` items. A client whose socket stays full for 100 ms is dropped, as Asterisk does it,
where `Impatient: 1` asks for that. Who sends one ping is listened for without sleep for a moment:
to wake up a process takes longer than the answer, and is no work of any client.

Law: while a client is measured nothing is made up here: bytes are ready before they are wanted.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import socketserver
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from benchmarks.traffic import BLOCK, block, list_items

__all__ = ["SECRET", "USERNAME", "serve"]

USERNAME = "bench"
SECRET = "a secret that is none"  # noqa: S105 - of a server on this machine that has no others
_CHALLENGE = "508915231"
_BANNER = b"Asterisk Call Manager/9.0.0\r\n"
_PATIENCE = 0.1
# Seconds that the server looks for the next action before it sleeps.
_AWAKE = 0.0002
_ROOM = 256 * 1024
_END = b"\r\n\r\n"
_HEADER = re.compile(rb"([^:\r\n]+): ?([^\r\n]*)")
# The one action that comes in thousands is answered without looking at its other headers.
_PING = re.compile(rb"action: ping\r\n", re.IGNORECASE)
_ACTION_ID = re.compile(rb"actionid: ([^\r\n]*)", re.IGNORECASE)

Headers = dict[str, str]
Answer = Iterator[bytes]


class _Session(socketserver.BaseRequestHandler):
    """One client."""

    request: socket.socket

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            self.request.sendall(_BANNER)
            self._serve()

    def _serve(self) -> None:
        held = b""
        pongs: list[bytes] = []
        while data := self._next(awake=len(pongs) == 1):
            *frames, held = (held + data).split(_END)
            pongs = []
            for frame in frames:
                if _PING.search(frame):
                    found = _ACTION_ID.search(frame)
                    pongs.append(_pong(found[1] if found else b""))
                    continue
                self.request.sendall(b"".join(pongs))
                pongs = []
                self._answer(frame)
            self.request.sendall(b"".join(pongs))

    def _next(self, *, awake: bool) -> bytes:
        until = time.perf_counter() + _AWAKE
        while awake and time.perf_counter() < until:
            with contextlib.suppress(BlockingIOError):
                return self.request.recv(_ROOM, socket.MSG_DONTWAIT)
        return self.request.recv(_ROOM)

    def _answer(self, frame: bytes) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in _HEADER.findall(frame)}
        answer = _ANSWERS.get(headers.get("action", "").lower(), _unknown)
        self.request.settimeout(_PATIENCE if headers.get("impatient") else None)
        for part in answer(headers):
            self.request.sendall(part)
        self.request.settimeout(None)
        if answer is _logoff:  # as Asterisk does; who waits for that would wait two seconds
            self.request.shutdown(socket.SHUT_WR)


def _pong(action_id: bytes) -> bytes:
    return (
        b"Response: Success\r\nActionID: " + action_id + b"\r\nPing: Pong\r\n"
        b"Timestamp: 1700000000.000000\r\n\r\n"
    )


def _response(headers: Headers, kind: str, *lines: str) -> bytes:
    named = [f"Response: {kind}", f"ActionID: {headers.get('actionid', '')}", *lines]
    return "\r\n".join([*named, "", ""]).encode()


def _login(headers: Headers) -> Answer:
    digest = hashlib.md5((_CHALLENGE + SECRET).encode(), usedforsecurity=False).hexdigest()
    if headers.get("secret") == SECRET or headers.get("key") == digest:
        yield _response(headers, "Success", "Message: Authentication accepted")
    else:
        yield _response(headers, "Error", "Message: Authentication failed")


def _challenge(headers: Headers) -> Answer:
    yield _response(headers, "Success", f"Challenge: {_CHALLENGE}")


def _logoff(headers: Headers) -> Answer:
    yield _response(headers, "Goodbye", "Message: Thanks for all the fish.")


def _flood(headers: Headers) -> Answer:
    yield _response(headers, "Success", "Message: Here it comes")
    rounds, rest = divmod(int(headers["count"]), BLOCK)
    data = block().data
    for _ in range(rounds):
        yield data
    yield b"".join(frame + _END for frame in block().frames[:rest])


def _list(headers: Headers) -> Answer:
    action_id, count = headers.get("actionid", "").encode(), int(headers["count"])
    yield _response(headers, "Success", "EventList: start", "Message: Channels will follow")
    named = b"ActionID: " + action_id
    items = [item.replace(b"ActionID: @", named) + _END for item in list_items()]
    whole, rest = divmod(count, len(items))
    data = b"".join(items)
    for _ in range(whole):
        yield data
    yield b"".join(items[:rest])
    lines = f"Event: CoreShowChannelsComplete\r\nActionID: {action_id.decode()}"
    yield f"{lines}\r\nEventList: Complete\r\nListItems: {count}\r\n\r\n".encode()


def _unknown(headers: Headers) -> Answer:
    yield _response(headers, "Error", "Message: Invalid/unknown command")


_ANSWERS: Mapping[str, Callable[[Headers], Answer]] = MappingProxyType(
    {
        "login": _login,
        "challenge": _challenge,
        "logoff": _logoff,
        "flood": _flood,
        "coreshowchannels": _list,
    }
)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def serve() -> None:
    """Serve on a free port of this machine, and print it."""
    block()
    with _Server(("127.0.0.1", 0), _Session) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve()
