"""Strangers' text in the stream: forged frames settle nothing, and the stream stays in step."""

from __future__ import annotations

from collections import Counter

import pytest

from amitrio.protocol import ClientConnection, EventsReceived, Exchange, IdLine
from amitrio.protocol.correlation import Correlator
from amitrio.protocol.encoding import MAX_ACTION_ID
from tests.corpus import STREAMS, Capture, capture
from tests.protocol import reference
from tests.protocol.shapes import LISTS, ORIGINATE
from tests.protocol.transcripts import Session, byte_by_byte, frame, heard, settled_by

HOSTILE = [one for one in STREAMS if one.hostile]
UNGUESSABLE = "Jx0vYz5jS3mTQk8l_pWq2A"


def behind_banner(captured: Capture) -> bytes:
    return captured.read().split(b"\r\n", 1)[1]


def test_there_are_hostile_captures() -> None:
    assert [one.name for one in HOSTILE] == [
        "16-injection-dialplan.bin",
        "16-injection-replies.bin",
        "22-injection-dialplan.bin",
    ]


@pytest.mark.parametrize("captured", HOSTILE, ids=repr)
def test_forged_frames_settle_nothing(captured: Capture) -> None:
    session = Session()
    waiting = [
        session.ask("Login", UNGUESSABLE),
        session.ask("Command", f"{UNGUESSABLE}c"),
        session.ask("Originate", f"{UNGUESSABLE}o", ORIGINATE),
        session.ask("Status", f"{UNGUESSABLE}s", LISTS["Status"]),
    ]
    state = session.connection.state
    received = heard(session.connection, byte_by_byte(behind_banner(captured)))
    assert not any(map(settled_by, received))
    assert not any(exchange.settled for exchange in waiting)
    assert session.connection.state is state
    assert session.connection.counts.unmatched == sum(captured.responses.values())


@pytest.mark.parametrize("captured", HOSTILE, ids=repr)
def test_forged_frames_neither_join_nor_end_a_list(captured: Capture) -> None:
    session = Session()
    listing = session.ask("Status", UNGUESSABLE, LISTS["Status"])
    session.hear(f"Response: Success / ActionID: {UNGUESSABLE} / EventList: start")
    session.hear_bytes(behind_banner(captured))
    assert (listing.settled, listing.items) == (False, 0)
    assert session.hear(f"Event: StatusComplete / ActionID: {UNGUESSABLE}") == [
        f"{UNGUESSABLE} complete StatusComplete"
    ]


@pytest.mark.parametrize("captured", HOSTILE, ids=repr)
def test_the_stream_stays_in_step(captured: Capture) -> None:
    session = Session()
    session.ask("Ping", UNGUESSABLE)
    session.hear_bytes(behind_banner(captured))
    assert not session.connection.torn
    assert session.hear(f"Response: Success / ActionID: {UNGUESSABLE}") == [
        f"{UNGUESSABLE} answered"
    ]


# A variable holds CR LF CR LF and a forged response: Getvar, Status, DBGet and Command show it.
def test_the_true_answers_around_forged_ones() -> None:
    session = Session()
    session.ask("Originate", "o", ORIGINATE)
    session.ask("Getvar", "g1")
    status = session.ask("Status", "s1", LISTS["Status"])
    entry = session.ask("DBGet", "d1", LISTS["DBGet"])
    session.ask("Command", "cmd")
    said = session.hear_bytes(behind_banner(capture("16-injection-replies")))
    start, end = said.index("g1 answered"), said.index("cmd answered")
    assert said[start : end + 1] == [
        "g1 answered",
        "unmatched",  # the forged one, for "guess"
        "s1 list",
        "event Status",  # cut in two: its ActionID stood behind the forged frame
        "unmatched",
        "s1 complete StatusComplete",
        "d1 list",
        "event DBGetResponse",
        "unmatched",
        "d1 complete DBGetComplete",
        "cmd answered",  # Command writes every line behind "Output: ", which forges nothing
    ]
    assert (status.items, entry.items) == (0, 0)
    assert "o reported" in said


# Why an ActionID must be unguessable: one that was guessed is believed.
def test_a_guessed_actionid_would_be_believed() -> None:
    session = Session()
    session.ask("Ping", "guess")
    assert "guess answered" in session.hear_bytes(behind_banner(capture("16-injection-replies")))


@pytest.mark.parametrize("name", ["16-injection-dialplan", "22-injection-dialplan"])
def test_forged_events_look_like_events(name: str) -> None:
    received = ClientConnection().receive(capture(name).read())
    kinds = Counter(k for one in received if isinstance(one, EventsReceived) for k in one.kinds)
    assert (kinds["Fake"], kinds["Rest"]) == (3, 3)
    assert kinds["Newexten"] > 3  # a lone LF splits nothing


# A UserEvent may carry any header; the first one says what the frame is.
@pytest.mark.parametrize("asked", ["Ping", "Originate", "Status"])
def test_a_user_event_is_a_user_event(session: Session, asked: str) -> None:
    shape = {"Originate": ORIGINATE, "Status": LISTS["Status"]}.get(asked, LISTS["Agents"])
    exchange = session.ask(asked, "a1", shape)
    if asked == "Status":
        session.hear("Response: Success / ActionID: a1 / EventList: start")
    if asked == "Originate":
        session.hear("Response: Success / ActionID: a1")
    before = exchange.progress
    assert session.hear(
        "Event: UserEvent / Privilege: user,all / UserEvent: x / ActionID: a1 / EventList: Complete"
        " / Event: StatusComplete / Response: Success / Event: OriginateResponse"
    ) == ["event UserEvent"]
    assert exchange.progress is before


def test_the_user_events_of_a_real_dialplan() -> None:
    session = Session()
    session.ask("Originate", "o1", ORIGINATE)
    session.ask("Ping", "spoofed")
    said = session.hear_bytes(behind_banner(capture("22-vars-userevent")))
    assert said.count("o1 accepted") == said.count("o1 reported") == 1
    assert "event UserEvent" in said
    assert not any(line.startswith("spoofed") for line in said)
    assert session.lose() == ["spoofed"]


# Why an ActionID has at most 64 bytes: confbridge's items lose their line end from 68 on.
@pytest.mark.parametrize("name", ["16-actionid-truncation", "22-actionid-truncation"])
def test_longer_actionids_lose_their_items(name: str) -> None:
    items: dict[int, int] = {}
    for response in reference.read(capture(name).read()).named("response"):
        action_id = response.action_id or ""
        if set(action_id) == {"i"} and response.values("Message")[0].startswith("Confbridge"):
            items[len(action_id)] = items_for(action_id, name)
    assert items == {67: 1, 68: 0, 69: 0, 70: 0, 100: 0}
    assert min(items) > MAX_ACTION_ID


def items_for(action_id: str, name: str) -> int:
    """How many items reach the action. ClientConnection would refuse to send it."""
    id_line = IdLine(f"ActionID: {action_id}\r\n".encode())
    exchange = Exchange("ConfbridgeList", LISTS["ConfbridgeList"], id_line)
    correlator = Correlator(max_reports=1)
    correlator.register(exchange)
    for read in reference.read(capture(name).read()).frames:
        if read.sort == "response":
            correlator.response(read.raw)
        elif correlator.item(read.name, read.raw) is None:
            correlator.event(read.name, read.raw)
    assert exchange.settled
    return exchange.items


def test_a_frame_that_is_only_a_name_is_no_harm(session: Session) -> None:
    session.ask("Ping", UNGUESSABLE)
    for first_line in ("Event: ", "Response: ", "ActionID: x", ":", "\r", "\n", "\x00"):
        assert len(session.hear_bytes(frame(first_line))) == 1
    assert session.connection.receive(b"\r\n\r\n") == []
    assert session.lose() == [UNGUESSABLE]
