"""Answers that are lists of events, and every way in which Asterisk's actions deviate."""

from __future__ import annotations

import pytest

from amitrio.protocol import SIMPLE, ItemsReceived, ListEnded, ReplyShape
from tests.protocol.shapes import ANONYMOUS, FAX_STATS, LISTS, ORIGINATE, STARTS, WAIT_EVENT
from tests.protocol.transcripts import Session, frame

CHANNELS = LISTS["CoreShowChannels"]
START = "Response: Success / ActionID: a1 / EventList: start / Message: Channels will follow"
ITEM = "Event: CoreShowChannel / ActionID: a1 / Channel: PJSIP/100-00000001"
COMPLETE = "Event: CoreShowChannelsComplete / ActionID: a1 / EventList: Complete / ListItems: 2"


@pytest.mark.parametrize("action", sorted(set(LISTS) - ANONYMOUS))
def test_every_list_action_that_asterisk_has(session: Session, action: str) -> None:
    shape = LISTS[action]
    exchange = session.ask(action, "a1", shape)
    items = sorted(shape.items)
    assert session.hear(
        f"Response: Success / ActionID: a1 / EventList: {STARTS[action]} / Message: x",
        *(f"Event: {kind} / ActionID: a1" for kind in items),
        f"Event: {shape.complete} / ActionID: a1 / EventList: Complete / ListItems: {len(items)}",
    ) == [
        "a1 list",
        *(f"a1 item {kind}" for kind in items),
        f"a1 complete {shape.complete}",
    ]
    assert exchange.settled
    assert exchange.items == len(items)
    assert session.connection.pending == 0


def test_an_empty_list_has_a_start_and_an_end(session: Session) -> None:
    exchange = session.ask("CoreShowChannels", "a1", CHANNELS)
    assert session.hear(START, COMPLETE) == ["a1 list", "a1 complete CoreShowChannelsComplete"]
    assert exchange.items == 0


def test_the_open_list_is_the_oldest_exchange(session: Session) -> None:
    listing, ping = session.ask("CoreShowChannels", "a1", CHANNELS), session.ask("Ping", "a2")
    session.hear(START)
    assert session.connection.oldest is listing
    session.hear(COMPLETE)
    assert session.connection.oldest is ping


def test_items_are_no_events_for_others(session: Session) -> None:
    session.ask("CoreShowChannels", "a1", CHANNELS)
    assert session.hear(ITEM, START, ITEM, COMPLETE, ITEM, COMPLETE) == [
        "event CoreShowChannel",
        "a1 list",
        "a1 item CoreShowChannel",
        "a1 complete CoreShowChannelsComplete",
        "event CoreShowChannel",
        "event CoreShowChannelsComplete",
    ]


def test_the_actionid_may_stand_last(session: Session) -> None:
    session.ask("CoreShowChannels", "a1", CHANNELS)
    assert session.hear(START, "Event: CoreShowChannel / Channel: x / ActionID: a1") == [
        "a1 list",
        "a1 item CoreShowChannel",
    ]


# The names of items are names of unsolicited events, too: DeviceStateChange, ParkedCall, ...
@pytest.mark.parametrize(
    "event",
    [
        "Event: DeviceStateChange / Privilege: call,all / Device: PJSIP/100 / State: INUSE",
        "Event: DeviceStateChange / ActionID: of-somebody-else / State: INUSE",
        "Event: Newchannel / ActionID: a1",
        "Event: DeviceStateListComplete / EventList: Complete",
        "Event: DeviceStateListComplete / ActionID: a9 / EventList: Complete",
        "Event: CoreShowChannelsComplete / ActionID: a1 / EventList: Complete",
        "Event: UserEvent / ActionID: a1 / EventList: Complete / Event: DeviceStateListComplete",
        "Event: UserEvent / ActionID: a1 / EventList: Complete / Response: Success",
        "Event: OriginateResponse / ActionID: a1 / Response: Success",
    ],
)
def test_no_other_event_joins_or_ends_an_open_list(session: Session, event: str) -> None:
    exchange = session.ask("DeviceStateList", "a1", LISTS["DeviceStateList"])
    session.hear("Response: Success / ActionID: a1 / EventList: start")
    assert session.hear(event) == [f"event {event.split(' ')[1]}"]
    assert (exchange.settled, exchange.items) == (False, 0)


def test_interest_decides_nothing_about_items() -> None:
    session = Session(interest=lambda _kind: False)
    session.ask("CoreShowChannels", "a1", CHANNELS)
    assert session.hear(ITEM, START, ITEM, "Event: Newchannel", COMPLETE) == [
        "a1 list",
        "a1 item CoreShowChannel",
        "a1 complete CoreShowChannelsComplete",
    ]


def test_the_answer_to_a_later_action_ends_an_open_list(session: Session) -> None:
    exchange = session.ask("CoreShowChannels", "a1", CHANNELS)
    session.ask("Ping", "a2")
    assert session.hear(START, ITEM, "Response: Success / ActionID: a2", ITEM) == [
        "a1 list",
        "a1 item CoreShowChannel",
        "a1 failed by Ping",
        "a2 answered",
        "event CoreShowChannel",
    ]
    assert exchange.settled


def test_the_next_list_ends_an_open_list_and_opens_its_own(session: Session) -> None:
    session.ask("CoreShowChannels", "a1", CHANNELS)
    session.ask("QueueStatus", "a2", LISTS["QueueStatus"])
    assert session.hear(
        START,
        "Response: Success / ActionID: a2 / EventList: start",
        ITEM,
        "Event: QueueMember / ActionID: a2",
    ) == [
        "a1 list",
        "a1 failed by QueueStatus",
        "a2 list",
        "event CoreShowChannel",
        "a2 item QueueMember",
    ]


# Deviations, one by one.


def test_faxsessions_writes_start_with_a_capital(session: Session) -> None:
    session.ask("FAXSessions", "a1", LISTS["FAXSessions"])
    assert session.hear(
        "Response: Success / ActionID: a1 / EventList: Start"
        " / Message: FAXSessionsEntry event list will follow",
        "Event: FAXSessionsComplete / ActionID: a1 / EventList: Complete / ListItems: 0 / Total: 0",
    ) == ["a1 list", "a1 complete FAXSessionsComplete"]


def test_the_items_of_iaxpeers_have_no_actionid(session: Session) -> None:
    exchange = session.ask("IAXpeers", "ip", LISTS["IAXpeers"])
    assert session.hear(
        "Response: Success / ActionID: ip / EventList: start",
        "Event: PeerEntry / Channeltype: IAX2 / ObjectName: iaxpeer",
        "Event: PeerEntry / Channeltype: IAX2 / ObjectName: other",
        "Event: PeerlistComplete / EventList: Complete / ListItems: 9",
        "Event: PeerlistComplete / ActionID: ip / EventList: Complete / ListItems: 2",
    ) == [
        "ip list",
        "ip item PeerEntry",
        "ip item PeerEntry",
        "event PeerlistComplete",
        "ip complete PeerlistComplete",
    ]
    assert exchange.items == 2


def test_without_that_mark_an_item_needs_its_actionid(session: Session) -> None:
    session.ask("IAXpeerlist", "a1", LISTS["IAXpeerlist"])
    assert session.hear(
        "Response: Success / ActionID: a1 / EventList: start",
        "Event: PeerEntry / Channeltype: IAX2",
    ) == ["a1 list", "event PeerEntry"]


# What chan_skinny of 16.28 sent, shortened: it ends its items with one CR LF, not two.
DEVICES = (
    "Response: Success / ActionID: a1 / EventList: start / Message: Device status list will follow",
    (
        "Event: DeviceEntry / ActionID: a1 / Channeltype: SKINNY / ObjectName: probephone"
        " / IPaddress: -none- / NumberOfLines: 1"
        " / Event: DeviceEntry / ActionID: a1 / Channeltype: SKINNY / ObjectName: otherphone"
        " / IPaddress: -none- / NumberOfLines: 1"
        " / Event: DevicelistComplete / ActionID: a1 / EventList: Complete / ListItems: 2"
    ),
)


def test_skinny_glues_its_list_together(session: Session) -> None:
    exchange = session.ask("SKINNYdevices", "a1", LISTS["SKINNYdevices"])
    assert session.hear(*DEVICES, "Event: Newchannel") == [
        "a1 list",
        "a1 item DeviceEntry",
        "a1 item DeviceEntry",
        "a1 complete DevicelistComplete",
        "event Newchannel",
    ]
    assert (exchange.settled, exchange.items) == (True, 2)
    assert session.connection.counts.frames == 5


def test_the_pieces_are_the_frames_that_asterisk_meant(session: Session) -> None:
    session.ask("SKINNYdevices", "a1", LISTS["SKINNYdevices"])
    _, items, complete = session.connection.receive(b"".join(map(frame, DEVICES)))
    assert isinstance(items, ItemsReceived)
    first, second = items.frames
    assert isinstance(complete, ListEnded)
    assert first.endswith(b"ObjectName: probephone\r\nIPaddress: -none-\r\nNumberOfLines: 1")
    assert second == first.replace(b"probephone", b"otherphone")
    assert complete.frame.startswith(b"Event: DevicelistComplete\r\nActionID: a1\r\n")


def test_what_hangs_behind_the_end_is_no_item(session: Session) -> None:
    session.ask("SKINNYdevices", "a1", LISTS["SKINNYdevices"])
    response, glued = DEVICES
    assert session.hear(response, glued + " / Event: DeviceEntry / ActionID: a1") == [
        "a1 list",
        "a1 item DeviceEntry",
        "a1 item DeviceEntry",
        "a1 complete DevicelistComplete",
        "event DeviceEntry",
    ]


# Anywhere else such a line is data: other people's text can hold it.
def test_no_other_list_is_cut(session: Session) -> None:
    session.ask("CoreShowChannels", "a1", CHANNELS)
    assert session.hear(START, f"{ITEM} / {COMPLETE}") == ["a1 list", "a1 item CoreShowChannel"]


def test_an_event_of_others_is_not_cut_meanwhile(session: Session) -> None:
    session.ask("SKINNYdevices", "a1", LISTS["SKINNYdevices"])
    response, glued = DEVICES
    forged = "Event: UserEvent / X: 1 / Event: DevicelistComplete / ActionID: a1"
    assert session.hear(response, forged, glued)[:3] == [
        "a1 list",
        "event UserEvent",
        "a1 item DeviceEntry",
    ]


def test_an_empty_list_can_be_an_error(session: Session) -> None:
    exchange = session.ask("PJSIPShowEndpoints", "a1", LISTS["PJSIPShowEndpoints"])
    assert session.hear("Response: Error / ActionID: a1 / Message: No endpoints found\n") == [
        "a1 answered"
    ]
    assert exchange.settled


@pytest.mark.parametrize(
    ("action", "message", "empty"),
    [
        ("PJSIPShowEndpoints", "No endpoints found\n", True),
        ("PJSIPShowContacts", "No Contacts found\n", True),
        ("PJSIPShowEndpoints", "Permission denied", False),
        ("PJSIPShowEndpoints", "There are No endpoints", False),
        ("PJSIPShowEndpoints", "", False),
        ("CoreShowChannels", "No channels", False),
    ],
)
def test_some_errors_mean_an_empty_list(action: str, message: str, empty: bool) -> None:  # noqa: FBT001
    assert LISTS[action].means_empty(message) is empty


# Without an EventList no list follows, unless the action is of the time before 13.2.
@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("VoicemailUsersList", "There are no voicemail users currently defined."),
        ("VoicemailUserStatus", "There is no voicemail user matching the given user."),
    ],
)
def test_voicemail_answers_plainly_when_there_is_none(
    session: Session, action: str, message: str
) -> None:
    exchange = session.ask(action, "a1", LISTS[action])
    assert session.hear(f"Response: Success / ActionID: a1 / Message: {message}") == ["a1 answered"]
    assert exchange.settled


@pytest.mark.parametrize(
    "message", ["Queue status will follow", "Parked calls will follow", "Result will follow\n"]
)
def test_asterisk_12_announces_a_list_in_its_message(session: Session, message: str) -> None:
    session.ask("QueueStatus", "a1", LISTS["QueueStatus"])
    assert session.hear(
        f"Response: Success / ActionID: a1 / Message: {message}",
        "Event: QueueParams / Queue: q / ActionID: a1",
        "Event: QueueStatusComplete / ActionID: a1",
    ) == ["a1 list", "a1 item QueueParams", "a1 complete QueueStatusComplete"]


@pytest.mark.parametrize(
    "response",
    [
        "Response: Error / ActionID: a1 / Message: Queue status will follow",
        "Response: Error / ActionID: a1 / EventList: start",
        "Response: Success / ActionID: a1 / Message: Will follow tomorrow",
        "Response: Success / ActionID: a1",
        "Response: Success / ActionID: a1 / EventList: cancelled / Message: will follow",
    ],
)
def test_what_announces_no_list_is_the_whole_answer(session: Session, response: str) -> None:
    exchange = session.ask("QueueStatus", "a1", LISTS["QueueStatus"])
    assert session.hear(response) == ["a1 answered"]
    assert exchange.settled


def test_a_message_opens_no_list_for_an_action_that_has_none(session: Session) -> None:
    session.ask("Getvar", "a1")
    assert session.hear("Response: Success / ActionID: a1 / Message: Channels will follow") == [
        "a1 answered"
    ]


def test_pjsipshowendpoint_can_fail_in_mid_list(session: Session) -> None:
    exchange = session.ask("PJSIPShowEndpoint", "a1", LISTS["PJSIPShowEndpoint"])
    session.ask("Ping", "a2")
    assert session.hear(
        "Response: Success / ActionID: a1 / EventList: start / Message: Following are Events",
        "Event: EndpointDetail / ActionID: a1",
        "Response: Error / ActionID: a1 / Message: Unable to retrieve endpoint alice\n",
        "Event: EndpointDetailComplete / ActionID: a1 / EventList: Complete",
        "Response: Success / ActionID: a2",
    ) == [
        "a1 list",
        "a1 item EndpointDetail",
        "a1 answered",
        "event EndpointDetailComplete",
        "a2 answered",
    ]
    assert exchange.settled


def test_faxstats_is_one_event_and_no_complete(session: Session) -> None:
    session.ask("FAXStats", "fx", FAX_STATS)
    assert session.hear(
        "Response: Success / ActionID: fx / Message: FAXStats event will follow",
        "Event: FAXStats / ActionID: fx / CurrentSessions: 0",
    ) == ["fx list", "fx complete FAXStats"]


def test_waitevent_answers_late_and_its_events_are_everybodys(session: Session) -> None:
    session.ask("WaitEvent", "w1", WAIT_EVENT)
    session.ask("Ping", "a2")
    assert session.hear(
        "Response: Success / ActionID: w1 / Message: Waiting for Event completed.",
        "Event: SuccessfulAuth / Privilege: security,all",
        "Event: UserEvent / Privilege: user,all / ActionID: w1",
        "Event: WaitEventComplete / ActionID: w1",
        "Response: Success / ActionID: a2",
    ) == [
        "w1 list",
        "event SuccessfulAuth",
        "event UserEvent",
        "w1 complete WaitEventComplete",
        "a2 answered",
    ]


def test_a_list_and_a_report_can_be_expected_at_once(session: Session) -> None:
    session.ask("Originate", "o1", ORIGINATE)
    session.hear("Response: Success / ActionID: o1")
    session.ask("CoreShowChannels", "a1", CHANNELS)
    assert session.hear(START, "Event: OriginateResponse / ActionID: o1", COMPLETE) == [
        "a1 list",
        "o1 reported",
        "event OriginateResponse",
        "a1 complete CoreShowChannelsComplete",
    ]


# An action whose shape nobody knows: EventList alone says where its list begins and ends.


def test_a_list_of_unknown_shape(session: Session) -> None:
    exchange = session.ask("TomorrowsList", "a1")
    assert session.hear(
        "Response: Success / ActionID: a1 / EventList: start / Message: Tomorrow will follow",
        "Event: Tomorrow / ActionID: a1",
        "Event: DayAfter / Day: 2 / ActionID: a1",
        "Event: Newchannel / Privilege: call,all",
        "Event: UserEvent / ActionID: a1 / EventList: Complete",
        "Event: OriginateResponse / ActionID: a1 / Response: Success",
        "Event: TomorrowComplete / ActionID: a1 / EventList: Complete / ListItems: 2",
        "Event: Tomorrow / ActionID: a1",
    ) == [
        "a1 list",
        "a1 item Tomorrow",
        "a1 item DayAfter",
        "event Newchannel",
        "event UserEvent",
        "event OriginateResponse",
        "a1 complete TomorrowComplete",
        "event Tomorrow",
    ]
    assert exchange.items == 2


def test_a_list_of_unknown_shape_can_be_cancelled(session: Session) -> None:
    session.ask("TomorrowsList", "a1")
    assert session.hear(
        "Response: Success / ActionID: a1 / EventList: start",
        "Event: TomorrowComplete / ActionID: a1 / EventList: cancelled",
    ) == ["a1 list", "a1 complete TomorrowComplete"]


# EventList stands right behind the ActionID. Further down it is somebody's text.
@pytest.mark.parametrize(
    "value", ["x / EventList: start", "x / ActionID: a1 / EventList: start", "EventList: start"]
)
def test_a_variable_cannot_open_a_list(session: Session, value: str) -> None:
    session.ask("Getvar", "a1", SIMPLE)
    assert session.hear(f"Response: Success / ActionID: a1 / Variable: V / Value: {value}") == [
        "a1 answered"
    ]


def test_a_value_cannot_end_a_list(session: Session) -> None:
    session.ask("DBGetTree", "a1", ReplyShape())
    assert session.hear(
        "Response: Success / ActionID: a1 / EventList: start",
        "Event: DBGetTreeResponse / ActionID: a1 / Key: /x / Val: x / EventList: Complete",
        "Event: DBGetTreeComplete / ActionID: a1 / EventList: Complete",
    ) == ["a1 list", "a1 item DBGetTreeResponse", "a1 complete DBGetTreeComplete"]
