"""The server's end of one AMI session, without I/O: the simulator's half of the protocol.

It greets, reads requests by Asterisk's own rules, and knows how far the session has come. What
the answers are is the business of whoever holds it.

Law: the same states as the client's end, moved by the same table.
"""

from __future__ import annotations

from collections.abc import Iterable

from amitrio.protocol.encoding import encode_frame
from amitrio.protocol.requests import Request, RequestReader
from amitrio.protocol.states import State, Step, after

__all__ = ["ServerConnection"]


class ServerConnection:
    """One session from the server's side."""

    def __init__(self) -> None:
        self.state = after(State.NEW, Step.CONNECTED)
        self._reader = RequestReader()

    def greet(self, version: str) -> bytes:
        """The banner, such as `Asterisk Call Manager/11.0.0`."""
        self.state = after(self.state, Step.GREETED)
        return f"Asterisk Call Manager/{version}\r\n".encode("ascii")

    def receive(self, data: bytes) -> list[Request]:
        """The requests that these bytes complete. None once the session is left or closed."""
        if self.state in (State.LEAVING, State.CLOSED):
            return []
        return self._reader.feed(data)

    def logged_in(self) -> None:
        """The login was accepted."""
        self.state = after(self.state, Step.LOGGED_IN)

    def left(self) -> None:
        """Logoff was answered, or the login refused: nothing more is read."""
        self.state = after(self.state, Step.LEFT)

    def ended(self) -> None:
        """The stream is over."""
        self.state = after(self.state, Step.ENDED)

    @staticmethod
    def respond(request: Request, kind: str, headers: Iterable[tuple[str, str]] = ()) -> bytes:
        """A response; the ActionID of the request comes right behind its first line."""
        echo = [("ActionID", request.action_id)] if request.action_id else []
        return encode_frame([("Response", kind), *echo, *headers])

    @staticmethod
    def event(name: str, headers: Iterable[tuple[str, str]]) -> bytes:
        """An event."""
        return encode_frame([("Event", name), *headers])
