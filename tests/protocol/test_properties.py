"""What holds for any bytes, any cut and any order of things."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from amitrio.errors import ProtocolError
from amitrio.limits import Limits
from amitrio.protocol import (
    SIMPLE,
    ClientConnection,
    EventsReceived,
    Exchange,
    Junk,
    Received,
    ReplyShape,
    Unmatched,
    encode_frame,
)
from amitrio.protocol.message import parse_headers
from tests.corpus import STREAMS
from tests.protocol import reference
from tests.protocol.shapes import LISTS, ORIGINATE, WAIT_EVENT
from tests.protocol.transcripts import (
    BANNER,
    Session,
    byte_by_byte,
    cut,
    frame,
    heard,
    settled_by,
    singly,
    told,
    told_all,
)

UNGUESSABLE = "Jx0vYz5jS3mTQk8l_pWq2A"

# Bytes that look like AMI to various degrees.

marks = st.sampled_from(
    [
        b"\r\n",
        b"\r\n\r\n",
        b"\r",
        b"\n",
        b": ",
        b"Event: ",
        b"Response: ",
        b"Response: Follows",
        b"Response: Success\r\n",
        b"ActionID: ",
        b"a1",
        b"EventList: start",
        b"EventList: Complete",
        b"--END COMMAND--",
        b"ChanVariable(a:b): ",
        b"Event: UserEvent\r\nActionID: a1\r\n\r\n",
        b"Hangup",
        b"\x00\xff",
    ]
)
soup = st.lists(marks | st.binary(max_size=8), max_size=30).map(b"".join)
FRAMES = sorted(
    {
        one.raw
        for stream in STREAMS
        if stream.size < 8000
        for one in reference.read(stream.read()).frames
    }
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Some captured frames, in which bytes were changed, lost, doubled and put in."""
    data = bytearray(b"\r\n\r\n".join(draw(st.lists(st.sampled_from(FRAMES), max_size=4))))
    data += b"\r\n\r\n"
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(data)))
        upto = at + draw(st.integers(0, 40))
        match draw(st.sampled_from(["change", "lose", "double", "put in"])):
            case "change":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "lose":
                del data[at:upto]
            case "double":
                data[at:at] = data[at:upto]
            case _:
                data[at:at] = draw(soup)
    return bytes(data)


garbage = st.binary(max_size=200) | soup | mutated()


def plain(received: list[Received]) -> list[tuple[str, bytes]]:
    return [
        (type(one).__name__, raw)
        for one in received
        if isinstance(one, EventsReceived | Unmatched | Junk)
        for raw in (one.frames if isinstance(one, EventsReceived) else [one.frame])
    ]


def plainly(transcript: reference.Transcript) -> list[tuple[str, bytes]]:
    words = {"event": "EventsReceived", "response": "Unmatched", "junk": "Junk"}
    return [(words[one.sort], one.raw) for one in transcript.frames]


@given(garbage)
def test_before_the_banner_garbage_is_refused_or_waited_for(data: bytes) -> None:
    connection = ClientConnection()
    try:
        received = connection.receive(data)
    except ProtocolError:
        received = []
    assert received == [] or b"Call Manager" in data


@given(garbage)
def test_the_core_and_the_reference_agree_on_garbage(data: bytes) -> None:
    stream = BANNER + data + b"\r\n\r\n"
    received = list(singly(ClientConnection().receive(stream)))[1:]
    transcript = reference.read(stream)
    assert plain(received) == plainly(transcript)
    assert len(plain(received)) == len(received)
    for one in transcript.frames:
        assert list(parse_headers(one.raw).pairs) == one.headers


@given(garbage, st.integers())
def test_any_cut_of_garbage_gives_the_same(data: bytes, seed: int) -> None:
    whole = list(singly(ClientConnection().receive(BANNER + data)))
    assert heard(ClientConnection(), cut(BANNER + data, 9, random.Random(seed))) == whole
    assert heard(ClientConnection(), byte_by_byte(BANNER + data)) == whole


@given(garbage, st.integers())
def test_with_actions_pending_any_cut_gives_the_same(data: bytes, seed: int) -> None:
    """Here the soup's `a1` is a pending action, so that answers and lists really happen."""
    for shape in (SIMPLE, LISTS["Agents"], ORIGINATE):
        outcomes = []
        for pieces in ([data], byte_by_byte(data), cut(data, 9, random.Random(seed))):
            session = Session()
            session.ask("Ping", "a0")
            session.ask("Command", "a1", shape)
            session.ask("Ping", "a2")
            received = heard(session.connection, pieces)
            outcomes.append((told_all(received), session.connection.torn, session.lose()))
        assert outcomes[0] == outcomes[1] == outcomes[2]


@given(garbage, st.integers(1, 60), st.integers(1, 60), st.integers())
def test_with_tight_limits_any_cut_gives_a_beginning_of_the_same(
    data: bytes, line: int, frame_size: int, seed: int
) -> None:
    limits = Limits(line=line, frame=frame_size)
    wide = told_all(ClientConnection().receive(BANNER + data))
    refused = []
    for pieces in (
        [BANNER + data],
        byte_by_byte(BANNER + data),
        cut(BANNER + data, 9, random.Random(seed)),
    ):
        connection = ClientConnection(limits=limits)
        received: list[Received] = []
        try:
            for piece in pieces:
                received += connection.receive(piece)
        except ProtocolError:
            refused.append(True)
        else:
            refused.append(False)
            assert told_all(received) == wide
        said = told_all(received)
        assert said == wide[: len(said)]
    assert len(set(refused)) == 1


@given(garbage)
def test_after_any_garbage_the_stream_is_in_step_again(data: bytes) -> None:
    session = Session()
    session.ask("Ping", UNGUESSABLE)
    session.hear_bytes(data)
    session.hear_bytes(b"\r\n\r\n")
    assert session.hear(f"Response: Success / ActionID: {UNGUESSABLE}") == [
        f"{UNGUESSABLE} answered"
    ]


values = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    [
        "x\nEvent: Fake\nActionID: a1",
        "x\rResponse: Success",
        "Event: Fake",
        "\u2028Response: Success",
    ]
)


@given(values.filter(lambda text: "\r\n" not in text))
def test_no_value_without_crlf_makes_a_frame_or_an_answer(value: str) -> None:
    session = Session()
    session.ask("Ping", "a1")
    stream = encode_frame([("Event", "UserEvent"), ("ActionID", "a1"), ("Value", value)])
    assert session.hear_bytes(stream) == ["event UserEvent"]
    assert session.lose() == ["a1"]


# Every exchange settles exactly once, whatever comes in whatever order.

SHAPES = {
    "Ping": SIMPLE,
    "Unknown": ReplyShape(),
    "QueueStatus": LISTS["QueueStatus"],
    "IAXpeers": LISTS["IAXpeers"],
    "Originate": ORIGINATE,
    "WaitEvent": WAIT_EVENT,
    "Command": SIMPLE,
}


KINDS = [
    "QueueMember",
    "PeerEntry",
    "QueueStatusComplete",
    "PeerlistComplete",
    "WaitEventComplete",
    "OriginateResponse",
    "UserEvent",
    "Newchannel",
]
SAID = {
    "accepted",
    "answered",
    "complete",
    "event",
    "failed",
    "item",
    "list",
    "reported",
    "unmatched",
}


class Chaos:
    """A client and a server that do whatever the seed says."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.session = Session(limits=Limits(outbound_calls=3))
        self.asked: list[Exchange] = []
        self.settled: Counter[int] = Counter()
        self.said: Counter[str] = Counter()

    def run(self, steps: int) -> None:
        for _ in range(steps):
            step: Callable[[], None] = self.random.choice(
                [self.ask, self.ask, self.answer, self.answer, self.event, self.event, self.leave]
            )
            step()
        for exchange in self.session.connection.receive_eof():
            self.settled[id(exchange)] += 1

    def ask(self) -> None:
        name = self.random.choice(list(SHAPES))
        self.asked.append(self.session.ask(name, f"a{len(self.asked)}", SHAPES[name]))

    def answer(self) -> None:
        kind = self.random.choice(["Success", "Success", "Success", "Error", "Goodbye"])
        flag = self.random.choice(["", " / EventList: start", " / Message: things will follow"])
        self.hear(f"Response: {kind} / ActionID: {self.some_id()}{flag}")

    def event(self) -> None:
        kind = self.random.choice(KINDS)
        flag = self.random.choice(["", " / EventList: Complete"])
        self.hear(f"Event: {kind} / ActionID: {self.some_id()}{flag}")

    def leave(self) -> None:
        """Withdraw what was not sent, give up what takes too long, forget what is due."""
        connection = self.session.connection
        waiting = [one for one in self.asked if not one.settled]
        if self.random.random() < 0.5 and connection.oldest is not None:
            connection.give_up(connection.oldest)
        elif waiting and waiting[-1].progress.name == "WAITING" and not waiting[-1].overdue:
            connection.withdraw(waiting[-1])
            self.settled[id(waiting[-1])] += 1
        elif waiting:
            connection.forget_report(waiting[0])
            self.settled[id(waiting[0])] += waiting[0].settled

    def some_id(self) -> str:
        """Mostly that of something under way, sometimes an old or a forged one."""
        under_way = [one.action_id for one in self.asked if not one.settled]
        if under_way and self.random.random() < 0.8:
            return self.random.choice(under_way[:3])
        return f"a{self.random.randint(0, len(self.asked))}"

    def hear(self, lines: str) -> None:
        for received in self.session.connection.receive(frame(lines)):
            for words in map(str.split, told(received)):
                self.said[words[1] if words[0].startswith("a") else words[0]] += 1
            exchange = settled_by(received)
            if exchange is not None:
                assert exchange.settled
                self.settled[id(exchange)] += 1


@given(st.integers(), st.integers(0, 120))
def test_every_exchange_settles_exactly_once(seed: int, steps: int) -> None:
    chaos = Chaos(seed)
    chaos.run(steps)
    assert all(exchange.settled for exchange in chaos.asked)
    assert {id(exchange): 1 for exchange in chaos.asked} == dict(+chaos.settled)
    assert chaos.session.connection.pending == 0


def test_chaos_reaches_every_kind_of_end() -> None:
    said: Counter[str] = Counter()
    for seed in range(60):
        chaos = Chaos(seed)
        chaos.run(300)
        said += chaos.said
    assert set(said) == SAID
    assert min(said.values()) > 20
