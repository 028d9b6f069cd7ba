"""The client's end: its states, who is interested in what, junk, and old Command output."""

from __future__ import annotations

import attrs
import pytest

from amitrio.errors import ProtocolError
from amitrio.limits import Limits
from amitrio.protocol import Answered, ClientConnection, State
from tests.protocol.shapes import LISTS, ORIGINATE
from tests.protocol.transcripts import BANNER, Session, byte_by_byte, frame, heard, told_all

# States.


def state_of(connection: ClientConnection) -> State:
    return connection.state


def test_a_session_from_its_banner_to_its_end() -> None:
    connection = ClientConnection()
    assert (state_of(connection), connection.banner) == (State.GREETING, None)

    assert told_all(connection.receive(BANNER)) == ["greeted by Asterisk Call Manager/11.0.0"]
    assert state_of(connection) is State.AUTHENTICATING
    assert connection.banner is not None
    assert connection.banner.release == 22

    _, login = connection.send("Login", [("Username", "crm")], action_id="a1")
    assert login == b"Action: Login\r\nActionID: a1\r\nUsername: crm\r\n\r\n"
    connection.receive(frame("Response: Success / ActionID: a1"))
    assert state_of(connection) is State.READY

    connection.send("Logoff", [], action_id="a2")
    connection.receive(frame("Response: Goodbye / ActionID: a2"))
    assert state_of(connection) is State.LEAVING

    assert connection.receive_eof() == []
    assert state_of(connection) is State.CLOSED


@pytest.mark.parametrize(
    ("action", "response", "state"),
    [
        ("Login", "Success", State.READY),
        ("login", "Success", State.READY),
        ("Login", "Error", State.AUTHENTICATING),
        ("Challenge", "Success", State.AUTHENTICATING),
        ("Ping", "Error", State.AUTHENTICATING),
        ("Logoff", "Goodbye", State.LEAVING),
    ],
)
def test_what_an_answer_does_before_login(
    session: Session, action: str, response: str, state: State
) -> None:
    session.ask(action, "a1")
    session.hear(f"Response: {response} / ActionID: a1")
    assert session.connection.state is state


def test_nobody_is_logged_in_by_a_forged_answer(session: Session) -> None:
    session.ask("Login", "a1")
    session.hear("Response: Success / ActionID: guess", "Response: Goodbye")
    assert session.connection.state is State.AUTHENTICATING


def test_what_is_under_way_at_logoff_still_arrives(session: Session) -> None:
    session.ask("Login", "a0")
    session.ask("Logoff", "a1")
    session.ask("Ping", "a2")
    assert session.hear(
        "Response: Success / ActionID: a0", "Response: Goodbye / ActionID: a1", "Event: Late"
    ) == ["a0 answered", "a1 answered", "event Late"]
    assert session.lose() == ["a2"]


@pytest.mark.parametrize("state", [State.GREETING, State.BROKEN, State.CLOSED])
def test_nothing_can_be_sent_while(state: State) -> None:
    connection = ClientConnection()
    if state is State.BROKEN:
        with pytest.raises(ProtocolError):
            connection.receive(b"HTTP/1.1 400 Bad Request\r\n")
    if state is State.CLOSED:
        connection.receive_eof()
    with pytest.raises(RuntimeError, match=f"nothing can be sent while {state.value}"):
        connection.send("Ping", [], action_id="a1")


def test_nothing_is_received_after_a_violation_or_the_end() -> None:
    connection = ClientConnection()
    with pytest.raises(ProtocolError):
        connection.receive(b"HTTP/1.1 400 Bad Request\r\n")
    with pytest.raises(RuntimeError, match="nothing can be received while broken"):
        connection.receive(BANNER)
    connection.receive_eof()
    with pytest.raises(RuntimeError, match="nothing can be received while closed"):
        connection.receive(BANNER)


def test_an_action_that_cannot_be_encoded_is_not_expected(session: Session) -> None:
    with pytest.raises(ValueError, match="line break"):
        session.connection.send("Ping", [("X", "a\nb")], action_id="a1")
    assert session.connection.pending == 0
    session.ask("Ping", "a1")


def test_the_banner_may_come_in_pieces_and_with_more_behind_it() -> None:
    stream = BANNER + frame("Event: FullyBooted / Privilege: system,all")
    for pieces in ([stream], [stream[:3], stream[3:]], byte_by_byte(stream)):
        assert told_all(heard(ClientConnection(), pieces)) == [
            "greeted by Asterisk Call Manager/11.0.0",
            "event FullyBooted",
        ]


# Interest.


def test_interest_is_asked_once_per_name() -> None:
    asked: list[str] = []

    def interest(kind: str) -> bool:
        asked.append(kind)
        return kind == "Hangup"

    session = Session(interest=interest)
    assert session.hear("Event: Hangup / X: 1", "Event: VarSet", "Event: Hangup / X: 2") == [
        "event Hangup",
        "event Hangup",
    ]
    assert session.hear("Event: VarSet", "Event: Hangup") == ["event Hangup"]
    assert asked == ["Hangup", "VarSet"]


def test_interest_is_asked_again_when_it_has_changed() -> None:
    wanted = {"Hangup"}
    session = Session(interest=lambda kind: kind in wanted)
    assert session.hear("Event: VarSet", "Event: Hangup") == ["event Hangup"]
    wanted.add("VarSet")
    assert session.hear("Event: VarSet") == []
    session.connection.interest_changed()
    assert session.hear("Event: VarSet") == ["event VarSet"]


def test_names_that_strangers_make_up_fill_no_memory() -> None:
    session = Session(interest=lambda _kind: False)
    for n in range(5000):
        session.hear(f"Event: Forged-{n}")
    session.hear(f"Event: {'x' * 300}")
    lines, heads = session.connection._routes._lines, session.connection._routes._heads
    assert 0 < len(lines) <= 4096
    assert 0 < len(heads) <= 4096
    assert all(len(line) <= 256 for line in lines)


# Frames that are neither, and text in front of frames.


@pytest.mark.parametrize(
    ("junk", "heard_as"),
    [
        ("Rest / X: 1", ["junk b'Rest\\r\\nX: 1'"]),
        ("event: Hangup", ["junk b'event: Hangup'"]),
        (" Event: Hangup", ["junk b' Event: Hangup'"]),
        ("Response:Success / ActionID: a1", ["junk b'Response:Success\\r\\nActionID: a1'"]),
        ("X: 1\nEvent: Hangup", ["junk b'X: 1\\nEvent: Hangup'"]),
        # IAXnetstats ends its text with one line break, so the next frame hangs on behind it.
        ("IAX2/a Rx:ACK\n / Event: Hangup / X: 1", ["junk b'IAX2/a Rx:ACK\\n'", "event Hangup"]),
        ("text / Response: Success / ActionID: a1", ["junk b'text'", "a1 answered"]),
        ("text / Event: A / Response: B", ["junk b'text'", "event A"]),
        ("text / Response: B / Event: A", ["junk b'text'", "unmatched"]),
    ],
)
def test_junk_is_counted_and_the_stream_stays_in_step(
    session: Session, junk: str, heard_as: list[str]
) -> None:
    session.ask("Ping", "a1")
    assert session.hear("Event: Before", junk, "Event: After") == [
        "event Before",
        *heard_as,
        "event After",
    ]
    assert session.connection.counts.junk == 1


@pytest.mark.parametrize("surplus", [1, 2, 3, 4, 5])
def test_surplus_empty_lines_are_nothing(session: Session, surplus: int) -> None:
    session.ask("Ping", "a1")
    stream = (b"\r\n" * surplus).join(
        [b"", frame("Event: A"), frame("Response: Success / ActionID: a1"), frame("Rest"), b""]
    )
    assert session.hear_bytes(stream) == ["event A", "a1 answered", "junk b'Rest'"]
    assert session.connection.counts.frames == 3
    assert not session.connection.torn


def test_everything_is_counted(session: Session) -> None:
    session.ask("Ping", "a1")
    frames = ["Event: A", "Rest", "Response: Success / ActionID: a1", "Response: Error"]
    session.hear(*frames)
    assert attrs.asdict(session.connection.counts) == {
        "bytes": len(BANNER) + sum(len(frame(lines)) for lines in frames),
        "frames": 4,
        "junk": 1,
        "unmatched": 1,
    }


def test_a_stream_that_ends_inside_a_frame_is_torn(session: Session) -> None:
    session.hear_bytes(b"Event: UserEvent\r\nPad: xxx")
    assert session.connection.torn
    session.hear_bytes(b"\r\n\r\n")
    assert not session.connection.torn


# Command on Asterisk 13 and older: raw text up to an end mark.

HEAD = "Response: Follows / Privilege: Command / ActionID: c1 / "


def test_old_command_output_is_one_frame(session: Session) -> None:
    session.ask("Command", "c1")
    session.ask("Ping", "a2")
    assert session.hear(
        HEAD + "System uptime: 33 seconds\nAction: Ping\n\n--END COMMAND--",
        "Response: Success / ActionID: a2",
    ) == ["c1 answered", "a2 answered"]


@pytest.mark.parametrize(
    "output",
    [
        b"one\r\n\r\ntwo\n",
        b"one\r\n\r\n\r\n\r\n\r\ntwo\n",
        b"\r\n\r\n",
        b"one\r\n\r\nResponse: Success\r\nActionID: a2\r\n\r\nEvent: Hangup\r\n\r\n",
        b"x--END COMMAND--x\r\n\r\n",
    ],
)
def test_it_may_hold_empty_lines_and_whole_frames(output: bytes) -> None:
    whole = frame(HEAD)[:-4] + output + b"--END COMMAND--\r\n\r\n"
    stream = whole + frame("Response: Success / ActionID: a2") + frame("Event: Hangup")
    for pieces in ([stream], byte_by_byte(stream)):
        session = Session()
        session.ask("Command", "c1")
        session.ask("Ping", "a2")
        answered, *rest = heard(session.connection, pieces)
        assert isinstance(answered, Answered)
        assert answered.exchange.action_id == "c1"
        assert answered.frame == whole.removesuffix(b"\r\n\r\n")
        assert told_all(rest) == ["a2 answered", "event Hangup"]
        assert session.connection.counts.frames == 3


def test_a_stream_that_ends_inside_command_output_is_torn(session: Session) -> None:
    session.ask("Command", "c1")
    assert session.hear(HEAD + "one") == []
    assert session.connection.torn
    assert session.hear("--END COMMAND--") == ["c1 answered"]
    assert not session.connection.torn


@pytest.mark.parametrize(
    ("asked", "response"),
    [
        ("Command", "Response: Follows / Privilege: Command / ActionID: guess / x"),
        ("Command", "Response: Follows / x"),
        ("Ping", "Response: Follows / Privilege: Command / ActionID: c1 / x"),
    ],
)
def test_a_forged_one_swallows_nothing(session: Session, asked: str, response: str) -> None:
    session.ask(asked, "c1")
    first, *rest = session.hear(response, "Event: Hangup")
    assert first == ("c1 answered" if "c1" in response else "unmatched")
    assert rest == ["event Hangup"]


def test_nobody_asked_and_it_swallows_nothing(session: Session) -> None:
    assert session.hear(HEAD + "x", "Event: Hangup") == ["unmatched", "event Hangup"]


def test_an_actionid_of_odd_bytes_matches_itself(session: Session) -> None:
    session.ask("Command", "c\udce9")
    assert session.hear("Response: Follows / Privilege: Command / ActionID: c\udce9 / x", "y") == []
    assert session.hear("--END COMMAND--") == ["c\udce9 answered"]


def test_command_output_is_bounded() -> None:
    session = Session(limits=Limits(frame=100))
    session.ask("Command", "c1")
    assert session.hear(HEAD + "one", "two") == []
    with pytest.raises(ProtocolError, match=r"the output of a Command is longer than limits.frame"):
        session.hear("x" * 60)
    assert session.connection.state is State.BROKEN
    assert session.lose() == ["c1"]


def test_what_was_whole_before_the_protocol_broke_is_rescued() -> None:
    session = Session(limits=Limits(frame=100))
    session.ask("Originate", "o1", ORIGINATE)
    session.ask("CoreShowChannels", "a2", LISTS["CoreShowChannels"])
    session.ask("Ping", "a3")
    session.ask("Ping", "a4")
    session.ask("Command", "c1")
    session.ask("Ping", "a5")
    with pytest.raises(ProtocolError):
        session.hear(
            "Response: Success / ActionID: o1",
            "Response: Success / ActionID: a2 / EventList: start",
            "Event: CoreShowChannel / ActionID: a2",
            "Event: OriginateResponse / ActionID: o1",
            "Event: CoreShowChannelsComplete / ActionID: a2",
            "Response: Success / ActionID: a4",
            HEAD + "one",
            "x" * 80,
        )
    assert [type(one).__name__ for one in session.connection.rescued] == [
        "Answered",
        "ListStarted",
        "ItemsReceived",
        "Reported",
        "EventsReceived",
        "ListEnded",
        "Failed",
        "Answered",
    ]
    assert session.lose() == ["c1", "a5"]
    assert session.lose() == []
