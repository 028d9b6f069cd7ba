"""Cuts: headers that are cut out of a frame say what a search for them says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.models import Event
from amitrio.models import cuts as cutting
from amitrio.models.base import Message
from amitrio.models.cuts import Cuts
from amitrio.models.registry import event_from
from amitrio.protocol import ClientConnection, EventsReceived
from tests.corpus import STREAMS, Capture

FRAME = b"Event: Hangup\r\nChannel: PJSIP/1\r\nCause: 16\r\nUniqueid: 1.2\r\nAccountCode: x"


@pytest.fixture(autouse=True)
def _nothing_learned(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(Event, "_cuts", Cuts())
        yield


def read(frame: bytes, *names: str) -> list[str | None]:
    event = Event.from_frame(frame)
    return [event._get(name) for name in names]


def cut_out(frame: bytes) -> dict[str, str]:
    """What is known of a frame as soon as the first of its headers is asked for."""
    return Event._cuts.match(frame).groupdict()


def learn(frame: bytes, *names: str) -> None:
    for _ in range(cutting._ENOUGH):
        read(frame, *names)


def searched(message: Message, name: str) -> str | None:
    try:
        return message._searched(name)
    except KeyError:
        return None


def test_what_is_read_again_and_again_is_cut_out_together() -> None:
    learn(FRAME, "Channel", "Uniqueid")
    assert cut_out(FRAME) == {"Channel": "PJSIP/1", "Uniqueid": "1.2"}
    assert cut_out(FRAME.replace(b"PJSIP/1", b"").replace(b"x", b"\r")) == {
        "Channel": "",
        "Uniqueid": "1.2",
    }


def test_what_is_read_now_and_then_is_searched() -> None:
    for _ in range(cutting._ENOUGH - 1):
        assert read(FRAME, "Channel") == ["PJSIP/1"]
    assert cut_out(FRAME) == {}


def test_a_name_is_found_as_the_program_spells_it() -> None:
    learn(FRAME, "Channel", "channel", "CHANNEL", "Cause")
    assert cut_out(FRAME) == {
        "Channel": "PJSIP/1",
        "channel": "PJSIP/1",
        "CHANNEL": "PJSIP/1",
        "Cause": "16",
    }
    assert read(FRAME, "cHANNEL", "Cause") == ["PJSIP/1", "16"]


def test_what_is_asked_for_later_is_cut_out_too() -> None:
    learn(FRAME, "Channel")
    assert cut_out(FRAME) == {"Channel": "PJSIP/1"}
    learn(FRAME, "Channel", "AccountCode")
    assert cut_out(FRAME) == {"Channel": "PJSIP/1", "AccountCode": "x"}
    learn(FRAME, "Event")
    assert cut_out(FRAME) == {"Event": "Hangup", "Channel": "PJSIP/1", "AccountCode": "x"}


@pytest.mark.parametrize(
    "odd",
    [
        FRAME.replace(b"Channel: PJSIP/1", b"channel: first\r\nChannel: PJSIP/1"),
        FRAME.replace(b"Cause", b"UNIQUEID: first\r\nCause"),
        FRAME.replace(b"1.2", b"1\r2"),
        FRAME.replace(b"PJSIP/1", b"Local/\rx"),
        FRAME.replace(b"PJSIP/1", b"Local/\nUniqueid: x"),
        FRAME.replace(b"PJSIP", b"J\xfcrgen"),
        FRAME.replace(b"Channel: ", b"Channel:"),
        FRAME.replace(b"Uniqueid", b"Uniqueid:x"),
        FRAME.replace(b"\r\nUniqueid: 1.2", b""),
        FRAME[: FRAME.index(b"Cause")],
        FRAME.replace(b"Cause: 16", b"no header"),
    ],
)
def test_what_looks_otherwise_is_searched(odd: bytes) -> None:
    learn(FRAME, "Channel", "Uniqueid")
    assert cut_out(odd) in ({}, {"Channel": "Local/\nUniqueid: x", "Uniqueid": "1.2"})
    event = Event.from_frame(odd)
    for name in ("Channel", "Uniqueid"):
        assert event._get(name) == searched(event, name)


def test_the_longer_order_is_tried_first() -> None:
    short = FRAME.replace(b"\r\nUniqueid: 1.2\r\nAccountCode: x", b"")
    learn(FRAME, "Channel", "Uniqueid")
    learn(short, "Channel", "Uniqueid")
    assert cut_out(FRAME) == {"Channel": "PJSIP/1", "Uniqueid": "1.2"}
    assert cut_out(short) == {"Channel": "PJSIP/1"}
    assert read(short, "Channel", "Uniqueid") == ["PJSIP/1", None]


def test_an_order_that_lacks_a_header_is_tried_first_where_none_goes_on_from_it() -> None:
    learn(FRAME, "Channel", "ActionID")
    assert cut_out(FRAME) == {"Channel": "PJSIP/1"}
    (fits,) = Event._cuts._fits
    assert Event._cuts.latest is fits
    assert read(FRAME, "Channel", "ActionID") == ["PJSIP/1", None]


def test_an_order_is_not_tried_first_where_another_goes_on_from_it() -> None:
    longer, asked = FRAME + b"\r\nActionID: 7", ("Channel", "ActionID")
    for frame in (FRAME, longer, FRAME):
        learn(frame, *asked)
    assert list(map(len, Event._cuts._known)) == [6, 2]
    for _ in range(3):
        assert cut_out(FRAME) == {"Channel": "PJSIP/1"}
        assert cut_out(longer) == {"Channel": "PJSIP/1", "ActionID": "7"}
        assert Event._cuts.latest is Event._cuts._fits[0]
        assert read(FRAME, *asked) == ["PJSIP/1", None]
        assert read(longer, *asked) == ["PJSIP/1", "7"]


def test_nor_where_most_strays_have_it() -> None:
    longer, asked = FRAME + b"\r\nActionID: 7", ("Channel", "ActionID")
    for frame in (FRAME, longer, FRAME):
        learn(frame, *asked)
    (long, short), strays = Event._cuts._fits, cutting._ENOUGH
    assert Event._cuts.strayed([short] * strays, lambda: strays) is None
    assert Event._cuts.strayed([long] * strays, lambda: strays) is long


def test_most_is_what_most_have() -> None:
    for name in (b"X", b"Y", b"Z"):
        learn(FRAME.replace(b"Channel", name + b": 1\r\nChannel"), "Channel")
    (one, other, third) = Event._cuts._fits
    assert Event._cuts.strayed([one] * 49 + [other] * 51 + [third], lambda: 101) is other
    assert Event._cuts.strayed([one] * 49 + [other] * 50 + [third], lambda: 100) is None


def test_an_order_that_begins_otherwise_hinders_no_other() -> None:
    other = FRAME.replace(b"Channel", b"SystemName: s\r\nChannel")
    for frame in (FRAME, other):
        learn(frame, "Channel", "ActionID")
    for frame, number in ((FRAME, 1), (other, 0)):
        assert cut_out(frame) == {"Channel": "PJSIP/1"}
        assert Event._cuts.latest is Event._cuts._fits[number]


@pytest.mark.parametrize(
    ("frame", "name"),
    [(FRAME, "Never"), (FRAME.replace(b"PJSIP", b"J\xfcrgen"), "Channel")],
    ids=["never there", "not UTF-8"],
)
def test_what_cannot_be_cut_out_changes_nothing(frame: bytes, name: str) -> None:
    learn(FRAME, "Channel", "Cause")
    assert cut_out(FRAME) == {"Channel": "PJSIP/1", "Cause": "16"}
    fits, known = Event._cuts.latest, dict(Event._cuts._known)
    for _ in range(2):
        learn(frame, name)
    assert Event._cuts.latest is fits
    assert Event._cuts._known == known


def test_many_orders_and_many_names_fill_no_memory() -> None:
    for number in range(4 * cutting._MOST_LEARNED):
        frame = FRAME.replace(b"Cause", b"X%d" % number)
        for _ in range(cutting._ENOUGH):
            assert read(frame, f"X{number}", "Uniqueid") == ["16", "1.2"]
    cuts = Event._cuts
    assert 0 < len(cuts._known) == len(cuts._fits) <= cutting._MAX_ORDERS
    assert sum(map(len, cuts._asked.values())) <= cutting._MAX_NAMES


def test_names_that_no_group_can_have_are_searched() -> None:
    frame = FRAME + b"\r\nChanVariable(Local/1:2@x): A=1\r\nX-Name: y\r\nK\xe2\x84\xaa: z"
    names = ["ChanVariable(Local/1:2@x)", "X-Name", "", "K\N{KELVIN SIGN}", "KK", "AccountCode"]
    learn(frame, *names)
    assert cut_out(frame) == {"AccountCode": "x"}
    assert read(frame, *names)[:3] == ["A=1", "y", None]
    event = Event.from_frame(frame)
    assert read(frame, *names)[3:] == [searched(event, name) for name in names[3:]]


# Against the search ------------------------------------------------------------------------------

NAMES = ["Channel", "channel", "Uniqueid", "Exten", "Privilege", "Event", "ActionID", "Value", "No"]


def events_of(captured: Capture) -> Iterator[Event]:
    for run in ClientConnection().receive(captured.read()):
        if isinstance(run, EventsReceived):
            yield from map(event_from, run.frames)


@pytest.mark.parametrize("captured", STREAMS, ids=repr)
def test_what_servers_sent_is_read_alike(
    captured: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "_ENOUGH", 2)
    for _ in range(2):  # to learn, and to use it
        for event in events_of(captured):
            for name in NAMES:
                assert event._get(name) == searched(event, name), (event, name)


names = st.sampled_from(["Channel", "channel", "CHANNEL", "Exten", "K", "", "ChanVariable(a:b)"])
values = st.sampled_from(["", "x", " x", "a\rb", "a\nb", "caf\xe9", "\udce9", "\0", "a: b"])
line = st.builds("{}{}{}".format, names, st.sampled_from([": ", ":", "", ":  "]), values)
frames = st.lists(line, max_size=6).map(
    lambda lines: "\r\n".join(["Event: X", *lines]).encode("utf-8", "surrogateescape")
)


@given(st.lists(frames, min_size=1, max_size=6), st.lists(names, min_size=1, max_size=4))
def test_any_frames_are_read_alike(some: list[bytes], asked: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "_ENOUGH", 2)
        patch.setattr(Event, "_cuts", Cuts())
        for frame in some * 4:
            event = Event.from_frame(frame)
            for name in asked:
                assert event._get(name) == searched(event, name)
