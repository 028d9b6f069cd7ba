"""The two machines joined by a wire that delivers in pieces of any size."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from amitrio.credentials import Secret
from amitrio.protocol import (
    SIMPLE,
    Answered,
    ClientConnection,
    Exchange,
    HeaderValue,
    ItemsReceived,
    Received,
    ReplyShape,
    Request,
    ServerConnection,
    State,
)
from amitrio.protocol.auth import challenge_headers, md5_key, md5_login, plain_login
from amitrio.protocol.message import parse_headers
from tests.protocol.shapes import LISTS
from tests.protocol.transcripts import frame, told_all

CHALLENGE = "145135071"
SECRET = Secret("mysecret")
CHANNELS = ("PJSIP/100-00000001", "Local/12:34 5@h2-0000025b;1")


class FakeServer:
    """As much of Asterisk as these conversations need."""

    def __init__(self) -> None:
        self.machine = ServerConnection()

    def receive(self, data: bytes) -> bytes:
        return b"".join(self._answer(request) for request in self.machine.receive(data))

    def _answer(self, request: Request) -> bytes:
        if self.machine.state is State.LEAVING:
            return b""
        answers = {
            "Challenge": self._challenge,
            "Login": self._login,
            "Ping": self._ping,
            "CoreShowChannels": self._list,
            "Logoff": self._logoff,
        }
        return answers.get(request.action, self._unknown)(request)

    def _unknown(self, request: Request) -> bytes:
        return self.machine.respond(request, "Error", [("Message", "Invalid/unknown command")])

    def _challenge(self, request: Request) -> bytes:
        return self.machine.respond(request, "Success", [("Challenge", CHALLENGE)])

    def _ping(self, request: Request) -> bytes:
        return self.machine.respond(request, "Success", [("Ping", "Pong")])

    def _logoff(self, request: Request) -> bytes:
        self.machine.left()
        return self.machine.respond(request, "Goodbye", [("Message", "Thanks for all the fish.")])

    def _login(self, request: Request) -> bytes:
        key, secret = md5_key(CHALLENGE, SECRET).reveal(), SECRET.reveal()
        if request.get("Key") != key and request.get("Secret") != secret:
            self.machine.left()
            return self.machine.respond(request, "Error", [("Message", "Authentication failed")])
        self.machine.logged_in()
        accepted = [("Message", "Authentication accepted")]
        booted = self.machine.event("FullyBooted", [("Privilege", "system,all")])
        return self.machine.respond(request, "Success", accepted) + booted

    def _list(self, request: Request) -> bytes:
        ours = ("ActionID", request.action_id)
        start = self.machine.respond(request, "Success", [("EventList", "start")])
        items = [
            self.machine.event("CoreShowChannel", [ours, ("Channel", name)]) for name in CHANNELS
        ]
        end = [ours, ("EventList", "Complete"), ("ListItems", str(len(items)))]
        return b"".join([start, *items, self.machine.event("CoreShowChannelsComplete", end)])


class Wire:
    """Both ends and the bytes between them, delivered in random pieces and in random turns."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.client = ClientConnection()
        self.server = FakeServer()
        self._to_client = bytearray(self.server.machine.greet("11.0.0"))
        self._to_server = bytearray()
        self.received: list[Received] = []

    @property
    def states(self) -> str:
        """Where the client stands, and where the server."""
        return f"{self.client.state.value}, {self.server.machine.state.value}"

    def ask(
        self,
        name: str,
        action_id: str,
        headers: Iterable[tuple[str, HeaderValue]] = (),
        shape: ReplyShape = SIMPLE,
    ) -> Exchange:
        exchange, sent = self.client.send(name, headers, action_id=action_id, shape=shape)
        self._to_server += sent
        return exchange

    def settle(self) -> list[str]:
        """Deliver until nothing is under way; what the client was told meanwhile."""
        before = len(self.received)
        while self._to_client or self._to_server:
            if self._random.random() < 0.5:
                self._to_client += self.server.receive(self._piece(self._to_server))
            else:
                self.received += self.client.receive(self._piece(self._to_client))
        return told_all(self.received[before:])

    def _piece(self, waiting: bytearray) -> bytes:
        size = self._random.choice([1, 2, 3, 20, 1000])
        piece = bytes(waiting[:size])
        del waiting[:size]
        return piece


seeds = pytest.mark.parametrize("seed", range(20))
methods = pytest.mark.parametrize("method", ["md5", "plain"])


@seeds
@methods
def test_a_whole_session(seed: int, method: str) -> None:
    wire = Wire(seed)
    assert wire.settle() == ["greeted by Asterisk Call Manager/11.0.0"]
    assert wire.states == "authenticating, authenticating"

    if method == "md5":
        wire.ask("Challenge", "a1", challenge_headers())
        assert wire.settle() == ["a1 answered"]
        answered = wire.received[-1]
        assert isinstance(answered, Answered)
        challenge = parse_headers(answered.frame)["Challenge"]
        wire.ask("Login", "a2", md5_login("crm", challenge, SECRET, "on"))
    else:
        wire.ask("Login", "a2", plain_login("crm", SECRET, "on"))
    assert wire.settle() == ["a2 answered", "event FullyBooted"]
    assert wire.states == "ready, ready"

    wire.ask("Ping", "a3")
    listing = wire.ask("CoreShowChannels", "a4", shape=LISTS["CoreShowChannels"])
    wire.ask("Nonsense", "a5")
    assert wire.settle() == [
        "a3 answered",
        "a4 list",
        "a4 item CoreShowChannel",
        "a4 item CoreShowChannel",
        "a4 complete CoreShowChannelsComplete",
        "a5 answered",
    ]
    assert listing.items == 2
    runs = [one for one in wire.received if isinstance(one, ItemsReceived)]
    items = [parse_headers(item) for run in runs for item in run.frames]
    assert tuple(item["Channel"] for item in items) == CHANNELS

    wire.ask("Logoff", "a6")
    wire.ask("Ping", "a7")
    assert wire.settle() == ["a6 answered"]
    assert wire.states == "leaving, leaving"

    wire.server.machine.ended()
    assert [exchange.action_id for exchange in wire.client.receive_eof()] == ["a7"]
    assert wire.states == "closed, closed"


@seeds
@methods
def test_a_wrong_secret(seed: int, method: str) -> None:
    wrong = Secret("guess")
    wire = Wire(seed)
    wire.settle()
    if method == "md5":
        wire.ask("Login", "a1", md5_login("crm", CHALLENGE, wrong, "on"))
    else:
        wire.ask("Login", "a1", plain_login("crm", wrong, "on"))
    assert wire.settle() == ["a1 answered"]
    assert wire.states == "authenticating, leaving"


@seeds
def test_many_actions_at_once_are_answered_in_order(seed: int) -> None:
    wire = Wire(seed)
    wire.settle()
    exchanges = [wire.ask("Ping", f"a{n}") for n in range(200)]
    assert wire.client.oldest is exchanges[0]
    assert wire.settle() == [f"a{n} answered" for n in range(200)]
    assert wire.client.pending == 0


def test_a_server_hears_nothing_more_once_the_session_is_left() -> None:
    server = ServerConnection()
    server.greet("11.0.0")
    server.left()
    assert server.receive(frame("Action: Ping")) == []
    server.ended()
    assert server.receive(frame("Action: Ping")) == []


def test_a_response_carries_the_actionid_right_behind_its_kind() -> None:
    (with_id, without) = ServerConnection().receive(
        frame("Action: Ping / ActionID: a1") + frame("Action: Ping")
    )
    assert ServerConnection.respond(with_id, "Success", [("Ping", "Pong")]) == frame(
        "Response: Success / ActionID: a1 / Ping: Pong"
    )
    assert ServerConnection.respond(without, "Success") == frame("Response: Success")
