"""What the PBX publishes as models is what a client reads as models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from amitrio.headers import Headers
from amitrio.models import (
    ChannelSnapshot,
    Event,
    TypedEvent,
    TypedReply,
    Variables,
    event_class,
    event_from,
)
from amitrio.models.generated.actions.queues import QueueRuleReply
from amitrio.models.generated.enums import ChannelState, HangupCause
from amitrio.models.generated.events.bridges import BlindTransfer
from amitrio.models.generated.events.channels import (
    DialEnd,
    Hangup,
    LocalBridge,
    Newchannel,
    Status,
)
from amitrio.models.generated.events.dialplan import VarSet
from amitrio.models.generated.events.queues import QueueEntry, QueueMember, QueueParams
from amitrio.models.generated.events.states import DeviceStateChange
from amitrio.simulator import Party, Pbx, Phone, Queue
from amitrio.simulator.events import Published
from amitrio.simulator.queues import Member
from amitrio.simulator.spelling import lines_of
from tests.simulator.talk import talking

CALLS = ("answer", "vars", "dial", "dialbusy", "queue", "load", "fail", "nl", "ring", "q2")


def _lines(message: Event | TypedReply) -> list[str]:
    return lines_of(message).split("\r\n")[:-1]


def _fill(pbx: Pbx) -> None:
    pbx.add_phone(Phone(name="PJSIP/1", caller=Party("1", 'Al "x" \\ ?'), answers=0.5))
    pbx.add_phone(Phone(name="PJSIP/2", answers=None))
    pbx.dialplan.add("h2", "ring", "Answer()", "Dial(PJSIP/1&PJSIP/2,5)", "Hangup(4)")
    pbx.dialplan.add("h2", "q2", "Answer()", "Queue(q2,,,,4)")
    queue = pbx.queues.add(Queue(name="q2", timeout=2, retry=1))
    member = Member(interface="PJSIP/2", name="Two: x", state_interface="PJSIP/2")
    pbx.queues.add_static_member(queue, member)


async def _published(release: str) -> list[Published]:
    published: list[Published] = []
    async with talking(events="on", release=release) as (simulator, talk):
        _fill(simulator.pbx)
        simulator.pbx.listeners.append(published.append)
        for number, exten in enumerate(CALLS):
            await talk.say(
                f"Action: Originate\nAsync: 1\nActionID: {number}\nChannel: Local/wait@h2\n"
                f"Context: h2\nExten: {exten}\nPriority: 1\nCallerID: C <55>\nAccount: acc"
            )
            await talk.hear(6)
        simulator.pbx.call("PJSIP/1", "ring")
        await anyio.sleep(6)
        simulator.pbx.voicemail.set_counts("100", new=2)
        await talk.ask("Action: QueueAdd\nQueue: q2\nInterface: x")
        await talk.ask("Action: QueuePause\nInterface: x\nPaused: 1\nReason: r")
        await talk.ask("Action: Setvar\nVariable: G\nValue: a'b\"?")
        await talk.ask("Action: Nonsense")
        await talk.ask("Action: Hangup\nChannel: /./", 1)
    return published


@pytest.mark.virtual_time
@pytest.mark.parametrize("release", ["22", "16"])
async def test_what_is_published_is_what_is_read(release: str) -> None:
    published = await _published(release)
    kinds = {each.event.kind for each in published}
    assert len(kinds) > 30
    assert all(isinstance(each.event, TypedEvent) for each in published)
    for each in published:
        if b"Fake" not in each.data and b"l2" not in each.data:  # line breaks the dialplan sent
            assert event_from(each.data.removesuffix(b"\r\n\r\n")) == _as_read(each.event)
    assert any(b"\r\nEvent: Fake\r\n" in each.data for each in published)


def _as_read(event: Event) -> Event:
    """The event with the causes that are none, which a client finds among its problems."""
    others: Headers = getattr(event, "other_headers", Headers())
    if "Cause" not in others:
        return event
    frame = "\r\n".join([f"Event: {event.kind}", lines_of(event).removesuffix("\r\n")])
    return event_class(event.kind).from_frame(frame.encode())


CHANNEL = {"channel": "x", "channel_state": ChannelState.UP, "channel_state_desc": "Up"}
SNAPSHOT = ["Channel: x", "ChannelState: 6", "ChannelStateDesc: Up"]
PARTIES = [
    f"{who}: <unknown>"
    for who in ("CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName")
]
OF_DEST = [f"Dest{line}" for line in SNAPSHOT + PARTIES]

SPELLED: list[tuple[Event | TypedReply, list[str]]] = [
    (Newchannel(**CHANNEL), [*SNAPSHOT, *PARTIES]),  # type: ignore[arg-type]
    (
        Newchannel(channel="x", chan_variables=Variables({"A": 'b"', "C": ""})),
        ["Channel: x", r"ChanVariable: A=b\"", "ChanVariable: C="],
    ),
    (
        VarSet(channel="none", uniqueid="none", variable="A", value="it's\n"),
        ["Channel: none", "Uniqueid: none", "Variable: A", r"Value: it\'s\n"],
    ),
    (
        DialEnd(dest=ChannelSnapshot(**CHANNEL)),  # type: ignore[arg-type]
        OF_DEST,
    ),
    (
        Hangup(cause=HangupCause.USER_BUSY, other_headers=Headers([("X", "1"), ("", "odd")])),
        ["Cause: 17", "X: 1", "odd"],
    ),
    (DeviceStateChange(device="a\r\nB: c"), ["Device: a", "B: c"]),
    (LocalBridge(local_optimization=False), ["LocalOptimization: No"]),
    (
        QueueMember(queue="q", last_call=datetime(2026, 1, 1, tzinfo=UTC), paused=False),
        ["Queue: q", "LastCall: 1767225600", "LastPause: 0", "LoginTime: 0", "Paused: 0"],
    ),
    (
        QueueParams(queue="q", service_level=3, service_level_perf=200 / 3, weight=0),
        ["Queue: q", "ServiceLevel: 3", "ServicelevelPerf: 66.7", "Weight: 0"],
    ),
    (
        QueueEntry(caller_id_num="5"),
        [
            "CallerIDNum: 5",
            "CallerIDName: unknown",
            "ConnectedLineNum: unknown",
            "ConnectedLineName: unknown",
        ],
    ),
    (
        Status(variables=Variables({"A": "1"})),
        [
            "EffectiveConnectedLineNum: <unknown>",
            "EffectiveConnectedLineName: <unknown>",
            "TimeToHangup: 0",
            "Application: (null)",
            "Data: (null)",
            "Variable: A=1",
        ],
    ),
    (
        BlindTransfer(bridge_type="basic", is_external=True, context="c"),
        ["BridgeType: basic", "IsExternal: Yes", "Context: c"],
    ),
    (QueueRuleReply(rule_lists=("a", "b"), rules=()), ["RuleList: a", "RuleList: b"]),
    (Event("Made up", [("A", "b"), ("", "odd")]), ["A: b", "odd"]),
]


@pytest.mark.parametrize(("message", "lines"), SPELLED)
def test_a_message_is_spelled_as_asterisk_does(
    message: Event | TypedReply, lines: list[str]
) -> None:
    assert _lines(message) == lines


def test_the_fields_that_are_named_come_last() -> None:
    params = QueueParams(queue="q", max=1, calls=2)
    assert _lines(params) == ["Queue: q", "Max: 1", "Calls: 2"]
    assert lines_of(params, order=("max", "queue")) == "Calls: 2\r\nMax: 1\r\nQueue: q\r\n"


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("event", "options", "heard"),
    [
        (DeviceStateChange(device="D"), {}, "DeviceStateChange\nPrivilege: call,all\nDevice: D"),
        (VarSet(variable="V"), {}, "VarSet\nPrivilege: dialplan,all\nVariable: V"),
        (Event("Own", {"A": "b"}), {}, "Own\nPrivilege: call,all\nA: b"),
        (Event("Own"), {"privilege": "user,agent"}, "Own\nPrivilege: agent,user,all"),
    ],
)
async def test_a_test_publishes_events_of_its_own(
    event: Event, options: dict[str, Any], heard: str
) -> None:
    async with talking(events="on") as (simulator, talk):
        await talk.hear()
        simulator.publish(event, **options)
        assert await talk.hear() == f"Event: {heard}\n\n"
