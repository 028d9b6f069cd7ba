"""Calls: made by actions, by phones, and by tests."""

from __future__ import annotations

import pytest

from amitrio.simulator import Origination, Outcome, Party, Pbx, Phone
from tests.simulator.talk import Talk, events, frames, names, talking

pytestmark = pytest.mark.virtual_time

ASYNC = "Action: Originate\nAsync: true\nActionID: o"
WAIT = f"{ASYNC}\nChannel: Local/wait@h2/n\nContext: h2\nExten: echo\nPriority: 1"


async def _channels(talk: Talk) -> dict[str, dict[str, str]]:
    told = events(await talk.ask("Action: CoreShowChannels"))
    return {each["Channel"]: each for each in told if each["Event"] == "CoreShowChannel"}


async def test_a_synchronous_originate_holds_its_session_and_its_events() -> None:
    async with talking(events="call") as (_, talk):
        await talk.say(
            "Action: Originate\nActionID: o\nChannel: Local/member@h2\nApplication: Wait\nData: 1",
            "Action: Ping\nActionID: p",
        )
        assert await talk.hear(0.29) == ""
        heard = await talk.hear(0.05)
        firsts = [part.split("\n")[0] for part in heard.split("\n\n") if part]
        assert firsts[0] == "Response: Success"
        assert heard.startswith(
            "Response: Success\nActionID: o\nMessage: Originate successfully queued\n\n"
            "Event: Newchannel"
        )
        assert firsts.count("Response: Success") == 2
        assert "Newstate" in names(heard)


async def test_other_sessions_hear_while_one_is_held() -> None:
    async with talking(events="call") as (simulator, held):
        other = Talk(simulator.connect())
        await other.hear()
        await other.log_in(events="call")
        await held.say("Action: Originate\nChannel: Local/noanswer@h2\nApplication: Wait")
        assert await held.hear(1) == ""
        assert names(await other.hear())[0] == "Newchannel"


async def test_an_unanswered_call_ends_at_its_timeout() -> None:
    async with talking() as (_, talk):
        originate = "Action: Originate\nChannel: Local/noanswer@h2\nApplication: Wait"
        assert await talk.ask(f"{originate}\nTimeout: 5000", 4.9) == ""
        assert "Originate failed" in await talk.hear(0.2)
        assert await talk.ask(originate, 29.9) == ""  # Asterisk's own timeout
        assert "Originate failed" in await talk.hear(0.2)


async def test_chosen_ids_are_used_and_are_not_given_twice() -> None:
    async with talking(events="call") as (_, talk):
        heard = await talk.ask(f"{WAIT}\nChannelId: my.1\nOtherChannelId: my.2", 1)
        assert [each.get("Uniqueid") for each in events(heard)][:2] == ["my.1", "my.2"]
        response = next(each for each in events(heard) if each["Event"] == "OriginateResponse")
        assert response["Uniqueid"] == "my.1"
        heard = await talk.ask(f"{WAIT}\nChannelId: my.1", 1)
        assert [
            (each["Response"], each["Reason"])
            for each in events(heard)
            if each["Event"] == "OriginateResponse"
        ] == [("Failure", "0")]
        heard = await talk.ask(f"{WAIT}\nChannelId: other", 1)
        assert events(heard)[1]["Uniqueid"] == "other;2"


async def test_a_failed_call_runs_the_extension_failed() -> None:
    async with talking(events="call,dialplan") as (_, talk):
        heard = await talk.ask(
            f"{ASYNC}\nChannel: Local/busy@h2\nContext: h2\nExten: wait\nPriority: 1", 1
        )
        spool = [each for each in events(heard) if each.get("Channel") == "OutgoingSpoolFailed"]
        assert [each["Event"] for each in spool][:3] == ["Newchannel", "VarSet", "Newexten"]
        assert spool[1]["Value"] == "5"


async def test_variables_of_originate_are_a_list_of_their_own() -> None:
    async with talking() as (_, talk):
        await talk.ask(
            f'{WAIT}\nVariable: A=1,B="x,y",C=a\\,b\nVariable: __INH=q (1,2) z\nVariable: NOEQ\n'
            "Variable: =x\nVariable:   D=  y\nVariable: E=f=g",
            1,
        )
        heard = await talk.ask(
            "Action: Status\nChannel: Local/wait@h2-00000000;2\nAllVariables: yes"
        )
        (status,) = [frame for frame in frames(heard) if frame[0][1] == "Status"]
        assert [value for name, value in status if name == "Variable"] == [
            "A=1",
            "B=x,y",
            "C=a,b",
            "INH=q (1,2) z",
            "D=  y",
            "E=f=g",
        ]


async def test_status_tells_what_is_asked_for() -> None:
    async with talking() as (_, talk):
        await talk.ask(f"{WAIT}\nVariable: A=1\nCallerID: <70>\nAccount: acc", 1)
        heard = await talk.ask(
            "Action: Status\nChannel: Local/wait@h2-00000000;1\nActionID: s\n"
            "Variables: A,NOPE,CHANNEL(state),NOFUNC(x),GLOB"
        )
        status = frames(heard)[1]
        assert status[:2] == [("Event", "Status"), ("Privilege", "Call")]
        assert status[-1] == ("ActionID", "s")
        assert [value for name, value in status if name == "Variable"] == [
            "A=1",
            "NOPE=(null)",
            "CHANNEL(state)=Up",
            "NOFUNC(x)=",
            "GLOB=global value",
        ]


async def test_two_channels_are_bridged_and_go_on_afterwards() -> None:
    async with talking(events="call,dialplan") as (_, talk):
        for number in ("701", "702"):
            await talk.ask(f"{WAIT}\nCallerID: B <{number}>", 1)
        one, two = "Local/wait@h2-00000000;1", "Local/wait@h2-00000001;1"
        heard = await talk.ask(f"Action: Bridge\nChannel1: {one}\nChannel2: {two}\nActionID: b")
        assert heard.startswith(
            "Response: Success\nActionID: b\nMessage: Channels have been bridged\n\n"
        )
        told = events(heard)
        assert [each["Event"] for each in told] == [
            "BridgeCreate",
            "BridgeEnter",
            "BridgeEnter",
            "VarSet",
            "VarSet",
            "NewConnectedLine",
            "NewConnectedLine",
        ]
        uniqueid = told[0]["BridgeUniqueid"]
        assert told[2]["Linkedid"] == told[1]["Linkedid"]
        info = frames(await talk.ask(f"Action: BridgeInfo\nBridgeUniqueid: {uniqueid}"))
        assert [dict(frame).get("Channel") for frame in info[1:3]] == [one, two]
        assert info[3][0] == ("Event", "BridgeInfoComplete")
        assert info[3][-2:] == [("BridgeNumChannels", "2"), ("BridgeVideoSourceMode", "none")]
        shown = await _channels(talk)
        assert (shown[one]["BridgeId"], shown[one]["Application"]) == (uniqueid, "")
        assert "(null)" in await talk.ask(f"Action: Status\nChannel: {one}")
        mapped = events(await talk.ask(f"Action: CoreShowChannelMap\nChannel: {one}"))
        assert [each.get("ConnectedChannel") for each in mapped[:2]] == [
            two,
            "Local/wait@h2-00000001;2",
        ]
        heard = await talk.ask(f"Action: BridgeDestroy\nBridgeUniqueid: {uniqueid}")
        assert "Bridge has been destroyed" in heard
        told = events(heard)
        assert [each["BridgeNumChannels"] for each in told if each["Event"] == "BridgeLeave"] == [
            "1",
            "0",
        ]
        assert one not in await _channels(talk)  # echo has no third step


async def test_a_blind_transfer_moves_the_other() -> None:
    async with talking(events="call") as (_, talk):
        for _ in range(2):
            await talk.ask(WAIT, 1)
        one, two = "Local/wait@h2-00000000;1", "Local/wait@h2-00000001;1"
        await talk.ask(f"Action: Bridge\nChannel1: {one}\nChannel2: {two}")
        transfer = f"Action: BlindTransfer\nChannel: {one}\nContext: h2x"
        assert "Transfer failed" in await talk.ask(f"{transfer}\nExten: nope")
        heard = await talk.ask(f"{transfer}\nExten: blind")
        assert "Message: Transfer succeeded\n" in heard
        assert "BlindTransfer" in names(heard)
        shown = await _channels(talk)
        assert one not in shown
        assert (shown[two]["Exten"], shown[two]["Application"]) == ("blind", "Wait")


async def test_a_redirect_leads_elsewhere_also_out_of_a_bridge() -> None:
    async with talking() as (_, talk):
        for _ in range(2):
            await talk.ask(WAIT, 1)
        one, two = "Local/wait@h2-00000000;1", "Local/wait@h2-00000001;1"
        await talk.ask(f"Action: Bridge\nChannel1: {one}\nChannel2: {two}")
        place = "Context: h2x\nExten: blind\nPriority: 1"
        assert "Redirect successful" in await talk.ask(
            f"Action: Redirect\nChannel: {one}\n{place}", 1
        )
        shown = await _channels(talk)
        assert shown[one]["Exten"] == "blind"
        assert two not in shown
        both = f"Action: Redirect\nChannel: {one}\nExtraChannel: Local/wait@h2-00000000;2\n"
        assert "Dual Redirect successful" in await talk.ask(both + place, 1)
        shown = await _channels(talk)
        assert [each["Exten"] for each in shown.values() if "00000000" in each["Channel"]] == [
            "blind",
            "blind",
        ]


async def test_an_absolute_timeout_hangs_up() -> None:
    async with talking(events="call") as (_, talk):
        await talk.ask(WAIT, 1)
        one = "Local/wait@h2-00000000;1"
        assert "Timeout Set" in await talk.ask(
            f"Action: AbsoluteTimeout\nChannel: {one}\nTimeout: 2.5"
        )
        assert names(await talk.hear(2)) == []
        assert names(await talk.hear(1)).count("Hangup") == 2


async def test_a_hangup_may_have_a_cause() -> None:
    async with talking(events="call") as (_, talk):
        await talk.ask(WAIT, 1)
        heard = await talk.ask("Action: Hangup\nChannel: Local/wait@h2-00000000;1\nCause: 21")
        assert "Message: Channel Hungup\n" in heard
        hangups = [each for each in events(heard) if each["Event"] == "Hangup"]
        assert [(each["Cause"], each["Cause-txt"]) for each in hangups] == [
            ("21", "Call Rejected"),
            ("21", "Call Rejected"),
        ]


async def test_all_channels_are_hung_up_by_an_expression() -> None:
    async with talking() as (simulator, talk):
        for _ in range(3):
            await talk.ask(WAIT, 1)
        heard = events(await talk.ask("Action: Hangup\nChannel: /^Local.wait@h2-0000000[12]/"))
        assert [each["Event"] for each in heard] == [
            *["ChannelHungup"] * 4,
            "ChannelsHungupListComplete",
        ]
        assert len(simulator.pbx.channels) == 2


def _office(pbx: Pbx) -> None:
    pbx.dialplan.load(
        "[office]\n"
        "exten => _1XX,1,Dial(PJSIP/${EXTEN},10)\n"
        " same => n,Set(AFTER=${DIALSTATUS})\n"
        " same => n,Hangup()\n"
        "exten => 200,1,Dial(PJSIP/101&PJSIP/102,5,g)\n"
        " same => n,Wait(1)\n"
    )
    pbx.add_phone(Phone(name="PJSIP/100", context="office", caller=Party("100", "Ann")))
    pbx.add_phone(Phone(name="PJSIP/101", context="office", rings=0.5, answers=1.0))
    pbx.add_phone(Phone(name="PJSIP/102", context="office", rings=0.5, answers=None))
    pbx.add_phone(Phone(name="PJSIP/103", context="office", busy=True))
    pbx.add_phone(Phone(name="PJSIP/104", context="office", reachable=False))


async def test_a_phone_calls_another() -> None:
    async with talking(events="call", setup=_office) as (simulator, talk):
        leg = simulator.pbx.call("PJSIP/100", "101")
        heard = await talk.hear(1.4)
        assert [
            (each["Event"], each.get("DestChannelStateDesc") or each.get("ChannelStateDesc"))
            for each in events(heard)
            if each["Event"] != "DeviceStateChange"
        ] == [
            ("Newchannel", "Ring"),
            ("Newchannel", "Down"),
            ("NewCallerid", "Down"),
            ("NewConnectedLine", "Down"),
            ("DialBegin", "Down"),
            ("Newstate", "Ringing"),
            ("DialState", "Ringing"),
        ]
        heard = await talk.hear(1)
        assert [name for name in names(heard) if name != "DeviceStateChange"] == [
            "Newstate",
            "DialEnd",
            "Newstate",
            "BridgeCreate",
            "BridgeEnter",
            "BridgeEnter",
        ]
        assert simulator.pbx.states.device("PJSIP/101").name == "INUSE"
        leg.hang_up()
        heard = await talk.hear(1)
        assert names(heard).count("Hangup") == 2
        assert names(heard)[-1] == "DeviceStateChange"
        assert simulator.pbx.channels == {}
        assert simulator.pbx.bridges == {}


@pytest.mark.parametrize(
    ("exten", "status"),
    [("102", "NOANSWER"), ("103", "BUSY"), ("104", "CHANUNAVAIL"), ("105", "CHANUNAVAIL")],
)
async def test_a_phone_that_does_not_answer(exten: str, status: str) -> None:
    async with talking(events="dialplan", setup=_office) as (simulator, talk):
        simulator.pbx.call("PJSIP/100", exten)
        told = events(await talk.hear(20))
        assert [each["Value"] for each in told if each.get("Variable") == "AFTER"] == [status]


async def test_the_first_that_answers_has_the_call() -> None:
    async with talking(events="call", setup=_office) as (simulator, talk):
        simulator.pbx.call("PJSIP/100", "200")
        told = events(await talk.hear(3))
        ends = {
            each["DestChannel"][:9]: each["DialStatus"]
            for each in told
            if each["Event"] == "DialEnd"
        }
        assert ends == {"PJSIP/101": "ANSWER", "PJSIP/102": "CANCEL"}
        causes = {each["Channel"][:9]: each["Cause"] for each in told if each["Event"] == "Hangup"}
        assert causes == {"PJSIP/102": "26"}


async def test_a_caller_who_hangs_up_cancels() -> None:
    async with talking(events="call,dialplan", setup=_office) as (simulator, talk):
        leg = simulator.pbx.call("PJSIP/100", "102")
        await talk.hear(2)
        leg.hang_up()
        told = events(await talk.hear(2))
        assert [each["DialStatus"] for each in told if each["Event"] == "DialEnd"] == ["CANCEL"]
        assert [each["Value"] for each in told if each.get("Variable") == "DIALSTATUS"] == [
            "CANCEL"
        ]


async def test_a_test_originates_by_itself() -> None:
    async with talking(events="call") as (simulator, talk):
        outcomes: list[Outcome] = []
        wanted = Origination(channel="Local/answer@h2", application="Wait", data="1")
        simulator.pbx.originate(wanted, outcomes.append)
        assert names(await talk.hear())[0] == "Newchannel"
        assert [outcome.answered for outcome in outcomes] == [True]
        assert outcomes[0].reason == 4


async def test_variables_are_inherited_as_they_are_marked() -> None:
    def setup(pbx: Pbx) -> None:
        pbx.dialplan.load(
            "[a]\nexten => s,1,Set(_ONE=1)\n same => n,Set(__ALL=2)\n same => n,Set(NONE=3)\n"
            " same => n,Dial(PJSIP/x,5)\n"
        )
        pbx.add_phone(Phone(name="PJSIP/me", context="a"))
        pbx.add_phone(Phone(name="PJSIP/x"))

    async with talking(setup=setup) as (simulator, talk):
        simulator.pbx.call("PJSIP/me", "s")
        await talk.hear(1)
        (called,) = [each for each in simulator.pbx.channels.values() if "PJSIP/x" in each.name]
        kept = {key: value for key, value in called.variables.items() if key != "BRIDGEPEER"}
        assert kept == {"DIALEDPEERNUMBER": "x", "ONE": "1", "__ALL": "2"}


async def test_one_seed_is_one_story() -> None:
    async def story(seed: int) -> str:
        async with talking(events="on", seed=seed) as (_, talk):
            await talk.hear()
            heard = await talk.ask(
                f"{ASYNC}\nChannel: Local/wait@h2\nContext: h2\nExten: queue\nPriority: 1", 10
            )
            return heard + await talk.ask(
                f"{ASYNC}\nChannel: Local/load@h2\nContext: h2\nExten: load\nPriority: 1", 10
            )

    assert await story(1) == await story(1)
    assert await story(1) != await story(2)


async def test_many_calls_at_once() -> None:
    async with talking(events="call") as (simulator, talk):
        for number in range(200):
            await talk.say(
                f"Action: Originate\nAsync: true\nActionID: {number}\nChannel: Local/answer@h2\n"
                "Application: Wait\nData: 1"
            )
        told = events(await talk.hear(5))
        answered = [each for each in told if each["Event"] == "OriginateResponse"]
        assert [each["ActionID"] for each in answered] == [str(number) for number in range(200)]
        assert sum(each["Event"] == "Hangup" for each in told) == 400
        assert simulator.pbx.channels == {}
