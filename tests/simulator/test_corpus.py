"""Calls as the real servers played them: the same calls, told in the same way.

Threads of a real server write between each other, so what is compared is what is told of each
channel in turn, and the headers of every event with their order.
"""

from __future__ import annotations

import re

import pytest

from tests.corpus import CAPTURES, capture
from tests.simulator.talk import Frame, Talk, frames, talking

pytestmark = pytest.mark.virtual_time

ASYNC = "Action: Originate\nAsync: true\nActionID: o"
# What the simulator does not play, and what differs with the minute or the machine.
UNPLAYED = {"CEL", "TestEvent", "Cdr", "DeviceStateChange", "QueueMemberStatus"}
LATER = {"OriginateResponse", "AgentComplete", "QueueCallerLeave"}

FLOWS = {
    "22-originate-answer-hangup": [
        (
            f"{ASYNC}\nChannel: Local/answer@h2\nApplication: Wait\nData: 0.5\nAccount: acct1\n"
            'CallerID: "Alice A" <100>\nVariable: FOO=bar'
        )
    ],
    "22-dial-answer": [
        (
            f"{ASYNC}\nChannel: Local/wait@h2\nContext: h2\nExten: dial\nPriority: 1\n"
            "CallerID: Caller <200>"
        )
    ],
    "22-dial-busy": [f"{ASYNC}\nChannel: Local/wait@h2\nContext: h2\nExten: dialbusy\nPriority: 1"],
    "22-queue-call": [
        (
            f"{ASYNC}\nChannel: Local/wait@h2\nContext: h2\nExten: queue\nPriority: 1\n"
            "CallerID: Queue Caller <300>"
        )
    ],
    "22-vars-userevent": [
        (
            f"{ASYNC}\nChannel: Local/wait@h2\nContext: h2\nExten: vars\nPriority: 1\n"
            'Account: acc\nCallerID: "A: B" <1>\n'
            "Variable: X1=a,Y1=b: c\nVariable: Z=1\nVariable: __INH=x"
        )
    ],
    "22-originate-failures": [
        f"{ASYNC}\nChannel: Local/busy@h2\nApplication: Wait\nData: 1",
        f"{ASYNC}\nChannel: Local/congest@h2\nApplication: Wait\nData: 1",
        f"{ASYNC}\nChannel: Local/noanswer@h2\nApplication: Wait\nData: 1\nTimeout: 1000",
        f"{ASYNC}\nChannel: Local/fail@h2\nApplication: Wait\nData: 1",
        f"{ASYNC}\nChannel: Local/nope@nowhere\nApplication: Wait",
    ],
}
FLOWS["16-originate-answer-hangup"] = FLOWS["22-originate-answer-hangup"]
FLOWS["16-dial-answer"] = FLOWS["22-dial-answer"]
FLOWS["16-dial-busy"] = FLOWS["22-dial-busy"]
FLOWS["16-queue-call"] = FLOWS["22-queue-call"]
FLOWS["16-originate-failures"] = FLOWS["22-originate-failures"]


async def _played(name: str) -> list[Frame]:
    async with talking(events="on", release=name[:2]) as (_, talk):
        await talk.hear()
        heard = "".join([await talk.ask(action, 10) for action in FLOWS[name]])
        return [frame for frame in frames(heard) if frame[0][0] == "Event"]


def _captured(name: str) -> list[Frame]:
    text = capture(name).read().decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    return [frame for frame in frames(text) if frame[0][0] == "Event"]


@pytest.mark.parametrize("name", FLOWS)
async def test_each_channel_is_told_of_in_the_same_way(name: str) -> None:
    real, played = _stories(_captured(name)), _stories(await _played(name))
    assert played == real


def _stories(told: list[Frame]) -> dict[str, list[str]]:
    """What is told of each channel, with the channels named in the order of their coming."""
    numbers: dict[str, str] = {}
    stories: dict[str, list[str]] = {}
    for frame in told:
        headers = dict(reversed(frame))
        channel = headers.get("Channel", headers.get("DestChannel", ""))
        if headers["Event"] in UNPLAYED | LATER or not _is_local(channel):
            continue
        if channel not in numbers:
            base, half = channel.rsplit(";", 1)
            count = len({each.rsplit(";", 1)[0] for each in numbers} | {base})
            numbers[channel] = f"{re.sub('-[0-9a-f]{8}$', '', base)} {count};{half}"
        stories.setdefault(numbers[channel], []).append(_told(headers))
    return stories


def _is_local(channel: str) -> bool:
    return re.search(r"-[0-9a-f]{8};[12]$", channel) is not None


def _told(headers: dict[str, str]) -> str:
    """One event in a word, with what matters about it."""
    wanted = _MATTERS.get(headers["Event"], ())
    values = [headers.get(name, "-") for name in wanted]
    if headers["Event"] == "VarSet" and re.search("TIME|WAIT|PEER|MEMBERLAST", values[0]):
        values[1] = ""  # a time, or the name of a channel
    return " ".join([headers["Event"], *values])


_MATTERS = {
    "Newchannel": ("ChannelStateDesc", "Exten", "Context", "Priority"),
    "Newexten": ("Exten", "Priority", "Extension", "Application", "AppData"),
    "Newstate": ("ChannelStateDesc", "CallerIDNum", "ConnectedLineNum"),
    "NewCallerid": ("CallerIDNum", "CallerIDName", "CID-CallingPres"),
    "NewConnectedLine": ("ConnectedLineNum", "ConnectedLineName"),
    "NewAccountCode": ("OldAccountCode",),
    "VarSet": ("Variable", "Value"),
    "DialState": ("DialStatus",),
    "DialEnd": ("DialStatus", "DestChannelStateDesc"),
    "HangupRequest": ("Cause",),
    "SoftHangupRequest": ("Cause",),
    "Hangup": ("Cause", "Cause-txt", "ChannelStateDesc", "Exten"),
    "BridgeEnter": ("BridgeNumChannels", "BridgeType", "BridgeTechnology"),
    "BridgeLeave": ("BridgeNumChannels",),
    "AgentCalled": ("Queue", "Interface", "MemberName"),
    "AgentConnect": ("Queue", "Interface", "MemberName"),
    "QueueCallerJoin": ("Queue", "Position", "Count"),
    "UserEvent": ("UserEvent", "Key1", "ActionID"),
}


@pytest.mark.parametrize("name", FLOWS)
async def test_each_event_has_the_headers_of_a_real_one(name: str) -> None:
    real = _shapes(
        [
            frame
            for each in CAPTURES
            if each.name[:2] == name[:2] and not each.hostile and each.frames is not None
            for frame in _captured(each.name.removesuffix(".bin"))
        ]
    )
    for frame in await _played(name):
        event = frame[0][1]
        if event != "UserEvent":
            assert [header for header, _ in frame] in real[event], event


def _shapes(told: list[Frame]) -> dict[str, list[list[str]]]:
    shapes: dict[str, list[list[str]]] = {}
    for frame in told:
        shapes.setdefault(frame[0][1], []).append([header for header, _ in frame])
    return shapes


@pytest.mark.parametrize(
    ("channel", "reason"),
    [("busy", "5"), ("congest", "8"), ("noanswer", "3"), ("fail", "0"), ("nope", "0")],
)
async def test_the_reasons_of_failure_are_those_of_the_capture(channel: str, reason: str) -> None:
    place = "nope@nowhere" if channel == "nope" else f"{channel}@h2"
    real = [dict(each) for each in _captured("22-originate-failures")]
    (told,) = [
        each
        for each in real
        if each.get("Channel") == f"Local/{place}" and each["Event"] == "OriginateResponse"
    ]
    assert told["Reason"] == reason
    async with talking(events="call") as (_, talk):
        heard = await talk.ask(
            f"{ASYNC}\nChannel: Local/{place}\nApplication: Wait\nData: {told['Data']}\n"
            "Timeout: 1000",
            5,
        )
        (played,) = [dict(each) for each in frames(heard) if each[0][1] == "OriginateResponse"]
        assert played == {**told, "ActionID": "o"}


async def test_a_list_has_the_headers_of_a_real_one(anyio_backend_name: str) -> None:
    del anyio_backend_name
    real = _shapes(_captured("22-lists-all-actions") + _captured("22-bridge-transfer"))
    async with talking() as (_, talk):
        await talk.ask(f"{ASYNC}\nChannel: Local/wait@h2\nContext: h2\nExten: dial\nPriority: 1", 1)
        for action in _LISTS:
            for frame in frames(await talk.ask(f"Action: {action}\nActionID: l")):
                if frame[0][0] == "Event":
                    assert [header for header, _ in frame] in real[frame[0][1]], frame


_LISTS = (
    "CoreShowChannels",
    "Status",
    "BridgeList",
    "QueueStatus",
    "QueueSummary",
    "DeviceStateList",
    "ExtensionStateList",
    "PresenceStateList",
    "DBGetTree",
    "Hangup\nChannel: /none/",
)


async def test_the_whole_capture_of_a_login_but_for_times_and_places() -> None:
    async with talking("") as (_, talk):
        heard = "Asterisk Call Manager/11.0.0\n" + await _as_in_login_plain(talk)
        assert _blurred(heard) == _blurred(capture("22-login-plain").read().decode())


async def _as_in_login_plain(talk: Talk) -> str:
    login = "Action: Login\nUsername: admin\nSecret: mysecret\nActionID: login-1"
    ping, bye = "Action: Ping\nActionID: p1", "Action: Logoff\nActionID: bye"
    return "".join([await talk.ask(action) for action in (login, ping, bye)])


def _blurred(text: str) -> str:
    text = text.replace("\r\n", "\n")
    for header in ("Uptime", "LastReload", "EventTV", "SessionTV", "SessionID", "Timestamp"):
        text = re.sub(f"{header}: .*", f"{header}: ...", text)
    return re.sub(r"Address: .*", "Address: ...", text)
