"""Calls: one action as its handler sees it, and the ways in which servers answer.

A handler is a function, plain or async, that takes an `ActionCall` and answers through it:

    def ping(call: ActionCall) -> None:
        call.reply(PingReply(ping="Pong", timestamp_=call.pbx.moment))

Law: the frames are those of astman_send_response() and astman_send_listack(): the ActionID right
behind the first line, `Message` last.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from amitrio.models import Event, TypedReply
from amitrio.protocol import Request, ServerConnection, encode_frame
from amitrio.protocol.privileges import privilege_text
from amitrio.simulator.events import privilege_of
from amitrio.simulator.spelling import header_lines, lines_of
from amitrio.text import encode

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx
    from amitrio.simulator.server import Simulator
    from amitrio.simulator.session import Session

__all__ = ["ActionCall", "Handler", "SessionOver", "leading_number", "run_handler"]

Pair = tuple[str, str]


class SessionOver(Exception):  # noqa: N818 - it says what happened
    """The session is to end, behind what the handler has answered."""


class ActionCall:
    """One action of one session. `frames` is what goes out when the handler is done."""

    def __init__(self, session: Session, request: Request) -> None:
        self.session = session
        self.request = request
        self.frames: list[bytes] = []
        self.events_wanted = not request.get("SuppressEvents")
        self._usual: list[Handler] = []

    @property
    def simulator(self) -> Simulator:
        """The server."""
        return self.session.simulator

    @property
    def pbx(self) -> Pbx:
        """The PBX behind it."""
        return self.session.simulator.pbx

    def get(self, name: str, default: str = "") -> str:
        """A header of the action."""
        return self.request.get(name) or default

    def number(self, name: str, default: int = 0) -> int:
        """A header as a number, read as sscanf does: as far as there are digits."""
        return leading_number(self.get(name), default)

    # --- answers ---

    def respond(self, headers: Iterable[Pair] = (), kind: str = "Success") -> None:
        """Answer with these headers."""
        self.frames.append(ServerConnection.respond(self.request, kind, headers))

    def reply(self, reply: TypedReply, message: str = "") -> None:
        """Answer with a reply of the models; a message comes before its fields."""
        head = [("Response", "Success"), *self.id]
        head += [("Message", message)] if message else []
        self._say(head, lines_of(reply))

    def ack(self, message: str) -> None:
        """`Response: Success` with a message."""
        self.respond([("Message", message)])

    def error(self, message: str) -> None:
        """`Response: Error` with a message."""
        self.respond([("Message", message)], "Error")

    def send(self, headers: Iterable[Pair]) -> None:
        """A frame of exactly these headers."""
        self.frames.append(encode_frame(headers))

    def send_raw(self, data: bytes) -> None:
        """Bytes that need be no frame."""
        self.frames.append(data)

    def item(self, event: Event, *, privilege: str = "", id_last: bool = False) -> None:
        """One event of a list; some handlers put the ActionID behind its headers."""
        head = [("Event", event.kind)]
        head += [("Privilege", privilege)] if privilege else []
        if id_last:
            self._say(head, lines_of(event) + header_lines(self.id))
        else:
            self._say([*head, *self.id], lines_of(event))

    def tell(self, event: Event, order: tuple[str, ...] = ()) -> None:
        """An event for this session alone; the fields that `order` names come last, and so."""
        privilege = privilege_text(privilege_of(event))
        self._say([("Event", event.kind), ("Privilege", privilege)], lines_of(event, order))

    def _say(self, head: Iterable[Pair], lines: str) -> None:
        self.frames.append(encode(f"{header_lines(head)}{lines}\r\n"))

    def list_start(self, message: str) -> None:
        """Begin a list."""
        self.respond([("EventList", "start"), ("Message", message)])

    def list_end(self, event: Event, count: int) -> None:
        """End a list."""
        counted = [("EventList", "Complete"), ("ListItems", str(count))]
        self._say([("Event", event.kind), *self.id, *counted], lines_of(event))

    @property
    def id(self) -> list[Pair]:
        """The ActionID as a header, if the action has one."""
        return [("ActionID", self.request.action_id)] if self.request.action_id else []

    # --- for handlers that stand before others ---

    async def usual(self) -> None:
        """Let the handler run that this one stands before."""
        if not self._usual:
            raise RuntimeError(f"{self.request.action} has no handler of the simulator's own")
        await run_handler(self._usual.pop(0), self)

    def put_before(self, handlers: Iterable[Handler]) -> None:
        """What `usual` runs, and what that one's `usual` runs, and so on."""
        self._usual = list(handlers)


Handler = Callable[[ActionCall], "Awaitable[None] | None"]


async def run_handler(handler: Handler, call: ActionCall) -> None:
    """Run a handler of either kind."""
    waiting = handler(call)
    if waiting is not None:
        await waiting


def leading_number(text: str, default: int = 0) -> int:
    """The number that the text begins with."""
    digits = text.lstrip()
    sign, digits = (digits[:1], digits[1:]) if digits[:1] in {"-", "+"} else ("", digits)
    length = next((at for at, letter in enumerate(digits) if letter not in "0123456789"), None)
    found = digits[:length]
    return int(sign + found) if found else default
