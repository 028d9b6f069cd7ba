"""Which answer belongs to which action: responses, reports, and what nobody asked for."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amitrio.errors import ProtocolError
from amitrio.limits import DEFAULT_LIMITS, Limits
from amitrio.protocol import (
    SIMPLE,
    Answered,
    AnswersReceived,
    ClientConnection,
    EventsReceived,
    Exchange,
    ItemsReceived,
    Junk,
    Received,
    ReplyShape,
    State,
    action_id_line,
)
from amitrio.protocol.correlation import Correlator
from amitrio.protocol.exchange import Progress
from amitrio.protocol.framing import Framer
from tests.protocol.shapes import LISTS, ORIGINATE
from tests.protocol.transcripts import Session, frame, singly


def test_an_answer_settles_its_action(session: Session) -> None:
    ping = session.ask("Ping", "a1")
    assert (ping.settled, session.connection.oldest, session.connection.pending) == (False, ping, 1)
    assert session.hear("Response: Success / ActionID: a1 / Ping: Pong") == ["a1 answered"]
    assert (ping.settled, session.connection.oldest, session.connection.pending) == (True, None, 0)


@pytest.mark.parametrize("kind", ["Success", "Error", "Goodbye", "Whatever"])
def test_any_kind_of_response_is_an_answer(session: Session, kind: str) -> None:
    session.ask("Ping", "a1")
    assert session.hear(f"Response: {kind} / ActionID: a1") == ["a1 answered"]


def test_answers_come_in_the_order_of_the_requests(session: Session) -> None:
    first, second = session.ask("Ping", "a1"), session.ask("Ping", "a2")
    assert session.connection.oldest is first
    assert session.hear("Response: Success / ActionID: a1") == ["a1 answered"]
    assert session.connection.oldest is second
    assert session.hear("Response: Error / ActionID: a2") == ["a2 answered"]


def test_a_later_answer_fails_the_earlier_actions(session: Session) -> None:
    for action_id in ("a1", "a2", "a3", "a4"):
        session.ask("Ping", action_id)
    assert session.hear("Response: Success / ActionID: a3") == [
        "a1 failed by Ping",
        "a2 failed by Ping",
        "a3 answered",
    ]
    assert session.hear("Response: Success / ActionID: a1", "Response: Success / ActionID: a4") == [
        "unmatched",
        "a4 answered",
    ]


@pytest.mark.parametrize(
    "response",
    [
        "Response: Success / ActionID: a9",  # nobody asked
        "Response: Success",  # no ActionID, and none is guessed
        "Response: Error / Message: Missing action in request",
        "Response: Success / ActionID: ",
        "Response: Success / ActionID: A1",
        "Response: Success / ActionID: a1 ",
        "Response: Success / ActionID:  a1",
        "Response: Success / X: ActionID: a1",
        "Response: Success / Message: one\nActionID: a1",
        "Response: Success / ActionID: a9 / ActionID: a1",  # the first one counts
    ],
)
def test_what_names_no_pending_action_is_counted_and_dropped(
    session: Session, response: str
) -> None:
    ping = session.ask("Ping", "a1")
    assert session.hear(response) == ["unmatched"]
    assert session.connection.counts.unmatched == 1
    assert not ping.settled
    assert session.hear("Response: Success / ActionID: a1") == ["a1 answered"]


def test_a_second_answer_is_dropped(session: Session) -> None:
    session.ask("Ping", "a1")
    answer = "Response: Success / ActionID: a1"
    assert session.hear(answer, answer) == ["a1 answered", "unmatched"]


# JabberSend answers twice; so does PRIDebugSet.
def test_jabbersend_is_settled_by_its_first_answer(session: Session) -> None:
    session.ask("JabberSend", "j1")
    session.ask("Ping", "a2")
    assert session.hear(
        "Response: Success / ActionID: j1 / Message: Attempting to send Jabber Message",
        "Response: Error / ActionID: j1 / Message: Could not find Sender",
        "Response: Success / ActionID: a2",
    ) == ["j1 answered", "unmatched", "a2 answered"]


def test_an_actionid_can_be_pending_once_only(session: Session) -> None:
    session.ask("Originate", "a1", ORIGINATE)
    with pytest.raises(ValueError, match="a1 is already pending"):
        session.ask("Ping", "a1")
    session.hear("Response: Success / ActionID: a1")  # its report is due
    with pytest.raises(ValueError, match="a1 is already pending"):
        session.ask("Ping", "a1")
    session.ask("CoreShowChannels", "a2", LISTS["CoreShowChannels"])
    session.hear("Response: Success / ActionID: a2 / EventList: start")
    with pytest.raises(ValueError, match="a2 is already pending"):
        session.ask("Ping", "a2")
    session.hear("Event: CoreShowChannelsComplete / ActionID: a2")
    session.ask("Ping", "a2")


# Withdrawing: the action never left, so no answer can come.


def test_a_withdrawn_action_expects_nothing(session: Session) -> None:
    first, second = session.ask("Ping", "a1"), session.ask("Ping", "a2")
    session.connection.withdraw(first)
    assert first.settled
    assert session.connection.oldest is second
    assert session.hear("Response: Success / ActionID: a2") == ["a2 answered"]
    assert session.hear("Response: Success / ActionID: a1") == ["unmatched"]
    assert session.lose() == []


# Giving up: the action left, nobody waits any more, and its answer may still come.


def test_an_action_that_was_given_up_is_not_the_oldest_any_more(session: Session) -> None:
    slow, ping = session.ask("Reload", "a1"), session.ask("Ping", "a2")
    session.connection.give_up(slow)
    assert (slow.overdue, slow.settled) == (True, False)
    assert session.connection.oldest is ping
    assert session.connection.pending == 2


def test_the_late_answer_to_it_is_still_its_own(session: Session) -> None:
    session.connection.give_up(session.ask("Reload", "a1"))
    assert session.connection.overdue == 1
    session.ask("Ping", "a2")
    assert session.hear("Response: Success / ActionID: a1", "Response: Success / ActionID: a2") == [
        "a1 answered",
        "a2 answered",
    ]


def test_it_is_overtaken_like_any_other(session: Session) -> None:
    for action_id in ("a1", "a2"):
        session.connection.give_up(session.ask("Reload", action_id))
    session.ask("Ping", "a3")
    session.ask("Ping", "a4")
    assert session.hear("Response: Success / ActionID: a2") == [
        "a1 failed by Reload",
        "a2 answered",
    ]
    assert session.hear("Response: Success / ActionID: a4") == ["a3 failed by Ping", "a4 answered"]


def test_those_given_up_are_failed_first(session: Session) -> None:
    session.connection.give_up(session.ask("Reload", "a1"))
    session.ask("Ping", "a2")
    session.ask("Ping", "a3")
    assert session.hear("Response: Success / ActionID: a3") == [
        "a1 failed by Ping",
        "a2 failed by Ping",
        "a3 answered",
    ]


def test_an_open_list_can_be_given_up(session: Session) -> None:
    listing = session.ask("CoreShowChannels", "a1", LISTS["CoreShowChannels"])
    ping = session.ask("Ping", "a2")
    session.hear("Response: Success / ActionID: a1 / EventList: start")
    session.connection.give_up(listing)
    assert session.connection.oldest is ping
    assert session.hear(
        "Event: CoreShowChannel / ActionID: a1",
        "Event: CoreShowChannelsComplete / ActionID: a1 / EventList: Complete",
        "Response: Success / ActionID: a2",
    ) == ["a1 item CoreShowChannel", "a1 complete CoreShowChannelsComplete", "a2 answered"]


# Reports: an asynchronous Originate answers at once and reports its outcome later.

STARTED = "Response: Success / ActionID: o1 / Message: Originate successfully queued"
OUTCOME = "Event: OriginateResponse / Privilege: call,all / ActionID: o1 / Response: Failure"


def test_a_report_belongs_to_its_action_and_to_everybody(session: Session) -> None:
    call = session.ask("Originate", "o1", ORIGINATE)
    assert session.hear(STARTED) == ["o1 accepted"]
    assert call.progress is Progress.DUE
    assert session.connection.oldest is None  # Asterisk is free for the next action
    assert session.hear("Event: Newchannel", OUTCOME) == [
        "event Newchannel",
        "o1 reported",
        "event OriginateResponse",
    ]
    assert call.settled


def test_a_report_comes_even_if_nobody_wants_such_events() -> None:
    session = Session(interest=lambda _kind: False)
    session.ask("Originate", "o1", ORIGINATE)
    assert session.hear(STARTED, "Event: Newchannel", OUTCOME) == ["o1 accepted", "o1 reported"]


def test_other_actions_do_not_disturb_a_report_that_is_due(session: Session) -> None:
    session.ask("Originate", "o1", ORIGINATE)
    session.hear(STARTED)
    session.ask("CoreShowChannels", "a2", LISTS["CoreShowChannels"])
    assert session.hear(
        "Response: Success / ActionID: a2 / EventList: start",
        OUTCOME,
        "Event: CoreShowChannelsComplete / ActionID: a2 / EventList: Complete",
    ) == [
        "a2 list",
        "o1 reported",
        "event OriginateResponse",
        "a2 complete CoreShowChannelsComplete",
    ]


def test_a_refused_originate_has_no_report(session: Session) -> None:
    call = session.ask("Originate", "o1", ORIGINATE)
    assert session.hear("Response: Error / ActionID: o1 / Message: Extension does not exist.") == [
        "o1 answered"
    ]
    assert call.settled
    assert session.hear(OUTCOME) == ["event OriginateResponse"]


@pytest.mark.parametrize(
    "event",
    [
        "Event: OriginateResponse / Privilege: call,all / Response: Success",
        "Event: OriginateResponse / ActionID: of-somebody-else / Response: Success",
        "Event: UserEvent / ActionID: o1 / Response: Success",
        "Event: UserEvent / Event: OriginateResponse / ActionID: o1",
        "Event: Newchannel / ActionID: o1",
    ],
)
def test_only_its_own_event_is_the_report(session: Session, event: str) -> None:
    call = session.ask("Originate", "o1", ORIGINATE)
    session.hear(STARTED)
    kind = event.split(" ")[1]
    assert session.hear(event) == [f"event {kind}"]
    assert not call.settled


def test_a_report_before_the_answer_is_none(session: Session) -> None:
    session.ask("Originate", "o1", ORIGINATE)
    assert session.hear(OUTCOME, STARTED) == ["event OriginateResponse", "o1 accepted"]


def test_a_report_that_was_forgotten_is_an_event_like_any(session: Session) -> None:
    call = session.ask("Originate", "o1", ORIGINATE)
    session.hear(STARTED)
    session.connection.forget_report(call)
    assert call.settled
    assert session.hear(OUTCOME) == ["event OriginateResponse"]
    assert session.connection.pending == 0


def test_a_report_may_be_forgotten_before_it_is_due(session: Session) -> None:
    call = session.ask("Originate", "o1", ORIGINATE)
    session.connection.forget_report(call)
    assert not call.settled
    assert session.hear(STARTED, OUTCOME) == ["o1 answered", "event OriginateResponse"]
    assert session.connection.pending == 0


def test_past_the_limit_the_oldest_report_gives_way_and_is_told() -> None:
    session = Session(limits=Limits(outbound_calls=2))
    calls = [session.ask("Originate", f"o{n}", ORIGINATE) for n in range(1, 5)]
    assert session.hear(*(STARTED.replace("o1", f"o{n}") for n in range(1, 5))) == [
        "o1 accepted",
        "o2 accepted",
        "o3 accepted",
        "o1 failed by ",
        "o4 accepted",
        "o2 failed by ",
    ]
    assert [call.settled for call in calls] == [True, True, False, False]
    assert session.hear(OUTCOME.replace("o1", "o2"), OUTCOME.replace("o1", "o3")) == [
        "event OriginateResponse",
        "o3 reported",
        "event OriginateResponse",
    ]


# The end: everything that still waits is settled, once, and named in order.


def test_the_end_settles_everything_that_is_left(session: Session) -> None:
    due = session.ask("Originate", "o1", ORIGINATE)
    session.hear(STARTED)
    listing = session.ask("CoreShowChannels", "a2", LISTS["CoreShowChannels"])
    session.hear("Response: Success / ActionID: a2 / EventList: start")
    late = session.ask("Reload", "a3")
    session.connection.give_up(late)
    waiting = [session.ask("Ping", "a4"), session.ask("Ping", "a5")]
    assert session.connection.pending == 5
    assert session.lose() == ["a2", "a3", "a4", "a5", "o1"]
    assert all(exchange.settled for exchange in [due, listing, late, *waiting])
    assert session.connection.pending == 0
    assert session.lose() == []


def test_an_exchange_is_named_before_it_begins(session: Session) -> None:
    with pytest.raises(ValueError, match="Ping has no id_line yet"):
        session.connection.begin(Exchange("Ping"), ())
    assert session.connection.pending == 0


def test_an_exchange_knows_what_was_asked() -> None:
    exchange = Exchange("Ping", id_line=action_id_line("a1"))
    assert (exchange.action_id, exchange.name, exchange.shape) == ("a1", "Ping", ReplyShape())
    assert exchange != Exchange("Ping", id_line=action_id_line("a1"))


# The short way -----------------------------------------------------------------------------------


def ready(
    ids: Iterable[str], shape: ReplyShape = SIMPLE, limits: Limits = DEFAULT_LIMITS
) -> ClientConnection:
    """Logged in, with actions of these ids under way."""
    connection = ClientConnection(limits=limits)
    connection.receive(b"Asterisk Call Manager/11.0.0\r\n")
    connection.send("Login", [], action_id="login")
    connection.receive(b"Response: Success\r\nActionID: login\r\n\r\n")
    assert connection.state is State.READY
    for action_id in ids:
        connection.send("Ping", [], action_id=action_id, shape=shape)
    return connection


LINES = (
    b"Response: Success",
    b"Response: Error",
    b"Response: Goodbye",
    b"Response: success",
    b"ActionID: a1",
    b"ActionID: a2",
    b"ActionID: a11",
    b"ActionID:a1",
    b"actionid: a1",
    b"EventList: start",
    b"eventlist: Start",
    b"Extra: EventList: start",
    b"Ping: Pong",
    b"",
)
SHAPES = (SIMPLE, LISTS["QueueStatus"], ReplyShape(report="OriginateResponse"), ReplyShape())
ANSWER = [b"Response: Success", b"ActionID: a2", b"Ping: Pong"]
GOODBYE = [b"Response: Goodbye", b"ActionID: a1", b"Ping: Pong"]  # as long as a Success
LISTED = [b"Response: Success", b"ActionID: a1", b"eventlist: Start"]


@example([GOODBYE], SIMPLE)
@example([GOODBYE, ANSWER], SIMPLE)
@example([GOODBYE, [b"Event: X"]], SIMPLE)
@example([LISTED, ANSWER], SIMPLE)
@example([LISTED, [b"Event: X"]], SIMPLE)
@given(
    st.lists(st.lists(st.sampled_from(LINES), min_size=1, max_size=4), min_size=1, max_size=4),
    st.sampled_from(SHAPES),
)
def test_the_short_way_to_an_answer_leads_where_the_long_one_does(
    frames: list[list[bytes]], shape: ReplyShape
) -> None:
    data = b"".join(b"\r\n".join(lines) + b"\r\n\r\n" for lines in frames)
    short, long = ready(["a1", "a2", "a11"], shape), ready(["a1", "a2", "a11"], shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Correlator, "answer", lambda *_: None)
        patch.setattr(Correlator, "answers", lambda *_: [])
        expected = list(map(said, singly(long.receive(data))))
    assert list(map(said, singly(short.receive(data)))) == expected
    assert short.state is long.state
    assert short.pending == long.pending
    assert [one.action_id for one in short.receive_eof()] == [
        one.action_id for one in long.receive_eof()
    ]


@example([GOODBYE, ANSWER], SIMPLE, b"\r\n\r\n")
@example([LISTED, ANSWER], SIMPLE, b"\r\n\r\n")
@given(
    st.lists(st.lists(st.sampled_from(LINES), min_size=1, max_size=4), min_size=1, max_size=4),
    st.sampled_from(SHAPES),
    st.sampled_from([b"\r\n\r\n", b"\r\n\r\n\r\n", b"\r\n\r", b"\r\n"]),
)
def test_an_answer_that_comes_alone_is_what_it_is_among_others(
    frames: list[list[bytes]], shape: ReplyShape, end: bytes
) -> None:
    reads = [b"\r\n".join(lines) + end for lines in frames]
    alone, among = ready(["a1", "a2", "a11"], shape), ready(["a1", "a2", "a11"], shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientConnection, "_the_answer", lambda *_: None)
        expected = [list(map(said, singly(among.receive(data)))) for data in reads]
    assert [list(map(said, singly(alone.receive(data)))) for data in reads] == expected
    assert attrs.astuple(alone.counts) == attrs.astuple(among.counts)
    assert (alone.torn, alone.pending, alone.state) == (among.torn, among.pending, among.state)


IDS = ["a1", "a2", "a3", "a4", "a5"]
# What may come in the place of an answer; `@` is its ActionID. A plain success comes oftenest.
PONG = "Response: Success / ActionID: @ / Ping: Pong"
PLACES = (
    *[PONG] * 12,
    "Response: Success / ActionID: @",
    "Response: Success / ActionID: @ / EventList: start",
    "Response: Success / ActionID: @ / eventlist: Cancelled",
    "Response: Success / ActionID: a@",
    "Response: Success / ActionID: c / X: y",
    "Response: Success",
    "Response: Error / ActionID: @",
    "Event: X",
    "junk",
    "",
)


@pytest.mark.parametrize("shape", SHAPES[:3], ids=["simple", "list", "report"])
@pytest.mark.parametrize(
    "state", ["ready", "a list is open", "one is overdue", "nobody has logged in", "raw text"]
)
@example(["Response: Success / ActionID: c / X: y", *[PONG] * 4], 5)
@example([PONG] * 5, 5)
@given(st.lists(st.sampled_from(PLACES), min_size=5, max_size=5), st.integers(0, 5))
def test_answers_that_come_together_are_what_each_is_alone(
    state: str, shape: ReplyShape, places: list[str], missing: int
) -> None:
    answers = [place.replace("@", one) for place, one in zip(places, IDS, strict=True)]
    del answers[missing : missing + 1]
    alone, together = _in_state(state), _in_state(state)
    heard = [
        ([said(one) for one in told], attrs.astuple(connection.counts), *how)
        for connection, reads in ((alone, [[one] for one in answers]), (together, [answers]))
        for told, *how in [_heard(connection, reads, shape)]
    ]
    assert heard[0] == heard[1]


def _heard(
    connection: ClientConnection, reads: list[list[str]], shape: ReplyShape
) -> tuple[list[Received], State, list[Progress], list[str]]:
    names = ["Login", *["Ping"] * 4]
    asked = [
        connection.send(name, [], action_id=one, shape=shape)[0]
        for name, one in zip(names, IDS, strict=True)
    ]
    told = [one for read in reads for one in singly(connection.receive(b"".join(map(frame, read))))]
    state, progress = connection.state, [one.progress for one in asked]
    return told, state, progress, [one.action_id for one in connection.receive_eof()]


def _in_state(state: str) -> ClientConnection:
    connection = ready([])
    if state == "nobody has logged in":
        connection = ClientConnection()
        connection.receive(b"Asterisk Call Manager/11.0.0\r\n")
    elif state == "raw text":
        connection.send("Command", [], action_id="c")
        connection.receive(frame("Response: Follows / ActionID: c / one"))
    elif state != "ready":
        exchange, _ = connection.send("QueueStatus", [], action_id="q", shape=LISTS["QueueStatus"])
        if state == "a list is open":
            connection.receive(frame("Response: Success / ActionID: q / EventList: start"))
        else:
            connection.give_up(exchange)
    return connection


def test_answers_that_come_together_are_told_at_once() -> None:
    connection = ready(["a1", "a2", "a3", "a4"])
    answers = [b"Response: Success\r\nActionID: a%d\r\nX: y\r\n\r\n" % one for one in (1, 2, 3, 4)]
    first = connection.receive(b"".join(answers[:2]))
    second = connection.receive(answers[2] + b"Event: Hangup\r\n\r\n" + answers[3])
    assert [type(one) for one in first] == [AnswersReceived]
    assert [type(one) for one in second] == [Answered, EventsReceived, Answered]


def said(received: Received) -> tuple[object, ...]:
    """What it says, whatever its exchange is."""
    told = (one.action_id if isinstance(one, Exchange) else one for one in received)
    return type(received), *told


def test_the_short_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = ready(["a1", "a2"])
    monkeypatch.setattr(Correlator, "response", lambda *_: pytest.fail("the long way"))
    data = b"".join(
        b"Response: Success\r\nActionID: %b\r\nPing: Pong\r\n\r\n" % one for one in (b"a1", b"a2")
    )
    (answered,) = connection.receive(data)
    assert isinstance(answered, AnswersReceived)
    assert [one.action_id for one in answered.exchanges] == ["a1", "a2"]
    assert connection.pending == 0


def test_an_answer_that_comes_alone_is_not_cut_out(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = ready(["a1"])
    monkeypatch.setattr(Framer, "feed", lambda *_: pytest.fail("the long way"))
    (answered,) = connection.receive(b"Response: Success\r\nActionID: a1\r\nPing: Pong\r\n\r\n")
    assert isinstance(answered, Answered)
    assert answered.frame == b"Response: Success\r\nActionID: a1\r\nPing: Pong"
    assert connection.counts.frames == 2  # that of the login is the other


def test_what_ends_a_frame_that_is_held_is_no_answer() -> None:
    connection = ready(["a1"])
    assert connection.receive(b"Message: ") == []
    (junk,) = connection.receive(b"Response: Success\r\nActionID: a1\r\n\r\n")
    assert isinstance(junk, Junk)
    assert connection.pending == 1


@pytest.mark.parametrize("limits", [Limits(frame=60), Limits(line=40)])
def test_an_answer_that_comes_alone_has_its_limits(limits: Limits) -> None:
    connection = ready(["a1"], limits=limits)
    answer = b"Response: Success\r\nActionID: a1\r\nPing: " + b"x" * 50 + b"\r\n\r\n"
    with pytest.raises(ProtocolError):
        connection.receive(answer)


def test_a_chunk_of_items_of_one_list_is_taken_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = ready(["a1"], LISTS["QueueStatus"])
    connection.receive(b"Response: Success\r\nActionID: a1\r\nEventList: start\r\n\r\n")
    items = b"Event: QueueMember\r\nActionID: a1\r\nName: x\r\n\r\n" * 3
    with monkeypatch.context() as patch:
        patch.setattr(Correlator, "item", lambda *_: pytest.fail("one by one"))
        (run,) = connection.receive(items)
        assert isinstance(run, ItemsReceived)
        assert (run.kinds, len(run.frames)) == (["QueueMember"] * 3, 3)
    assert run.exchange.items == 3
    foreign = items.replace(b"ActionID: a1\r\nName", b"ActionID: a9\r\nName", 1)
    assert [len(one.frames) for one in runs(connection.receive(foreign))] == [1, 2]


def runs(all_received: list[Received]) -> list[EventsReceived | ItemsReceived]:
    return [one for one in all_received if isinstance(one, EventsReceived | ItemsReceived)]
