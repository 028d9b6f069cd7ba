"""What the steps of a dialplan do, one by one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amitrio.simulator import Pbx, Phone, Queue
from amitrio.simulator.technologies import PhoneLeg
from tests.simulator.talk import events, names, talking

pytestmark = pytest.mark.virtual_time


def _running(*steps: str, more: str = "") -> Callable[[Pbx], None]:
    """A PBX with a phone whose calls run these steps."""

    def setup(pbx: Pbx) -> None:
        pbx.dialplan.load("[c]\nexten => s,1,NoOp()\n" + more)
        pbx.dialplan.add("c", "s", *steps)
        pbx.add_phone(Phone(name="PJSIP/me", context="c"))
        pbx.add_phone(Phone(name="PJSIP/you", context="c"))
        pbx.queues.add(Queue(name="full", max_callers=1))

    return setup


async def _variables(setup: Callable[[Pbx], None], seconds: float = 30) -> dict[str, str]:
    """What is set on the phone's channel until it is gone."""
    async with talking(events="dialplan", setup=setup) as (simulator, talk):
        simulator.pbx.call("PJSIP/me", "s")
        told = events(await talk.hear(seconds))
        return {each["Variable"]: each["Value"] for each in told if each["Event"] == "VarSet"}


async def _hangup(setup: Callable[[Pbx], None], seconds: float = 30) -> dict[str, str]:
    async with talking(events="call", setup=setup) as (simulator, talk):
        simulator.pbx.call("PJSIP/me", "s")
        told = events(await talk.hear(seconds))
        return next(each for each in told if each["Event"] == "Hangup")


@pytest.mark.parametrize(
    ("step", "cause"),
    [
        ("Hangup()", "16"),
        ("Hangup(21)", "21"),
        ("Hangup(nonsense)", "16"),
        ("Busy(1)", "17"),
        ("Congestion(1)", "34"),
        ("Nonexistent()", "0"),
        ("NoOp()", "0"),
    ],
)
async def test_how_a_call_ends(step: str, cause: str) -> None:
    assert (await _hangup(_running(step)))["Cause"] == cause


async def test_steps_go_where_they_are_sent() -> None:
    steps = (
        "Set(A=1)",
        "GotoIf($[${A}=1]?4)",
        "Set(B=skipped)",
        "GotoIf($[${A}=2]?3:6)",
        "Set(C=skipped)",
        "Goto(other,2)",
    )
    more = "exten => other,1,Set(D=skipped)\n same => n,Set(E=here)\n same => n,Goto(d,s,1)\n[d]\n"
    found = await _variables(_running(*steps, more=more + "exten => s,1,Set(F=there)\n"))
    assert found == {"A": "1", "E": "here", "F": "there"}


async def test_an_extension_that_is_none_leads_to_i() -> None:
    found = await _variables(
        _running("Goto(nowhere,1)", more="exten => i,1,Set(I=${INVALID_EXTEN})\n")
    )
    assert found == {"INVALID_EXTEN": "nowhere", "I": "nowhere"}


async def test_a_dialplan_that_runs_out_says_what_dial_said() -> None:
    hangup = await _hangup(_running("Set(DIALSTATUS=BUSY)"))
    assert hangup["Cause"] == "17"
    hangup = await _hangup(_running("Set(DIALSTATUS=CHANUNAVAIL)"))
    assert hangup["Cause"] == "34"


async def test_a_step_that_waits_is_ended_by_a_hangup() -> None:
    for step in ("Wait(100)", "Echo()", "Milliwatt()"):
        async with talking(events="call", setup=_running(step)) as (simulator, talk):
            leg = simulator.pbx.call("PJSIP/me", "s")
            assert "Hangup" not in names(await talk.hear(50))
            leg.hang_up(21)
            told = [each for each in events(await talk.hear()) if each["Event"] == "Hangup"]
            assert [each["Cause"] for each in told] == ["21"]


async def test_the_extension_h_runs_when_all_is_over() -> None:
    more = "exten => h,1,Set(H=${HANGUPCAUSE})\n same => n,Wait(5)\n same => n,Set(NEVER=1)\n"
    assert await _variables(_running("Hangup(19)", more=more)) == {"H": "19"}


async def test_ringing_and_progress_are_heard_by_the_caller() -> None:
    steps = ("Progress()", "Ringing()", "Wait(1)", "Answer()", "Wait(1)")
    async with talking(events="call", setup=_running(*steps)) as (_, talk):
        heard = await talk.ask(
            "Action: Originate\nAsync: 1\nChannel: Local/s@c\nApplication: Wait\nData: 1", 10
        )
        states = [
            each["ChannelStateDesc"]
            for each in events(heard)
            if each["Event"] == "Newstate" and each["Channel"].endswith(";1")
        ]
        assert states == ["Ringing", "Up"]


async def test_a_full_queue_sends_callers_on() -> None:
    setup = _running("Queue(full,,,,3)", "Wait(100)")
    async with talking(events="dialplan", setup=setup) as (simulator, talk):
        simulator.pbx.call("PJSIP/me", "s")
        await talk.hear(1)
        simulator.pbx.call("PJSIP/you", "s")
        told = events(await talk.hear(1))
        assert [each["Value"] for each in told if each.get("Variable") == "QUEUESTATUS"] == ["FULL"]


async def test_a_queue_that_is_none_is_passed_by() -> None:
    assert await _variables(_running("Queue(nope)", "Set(AFTER=1)")) == {"AFTER": "1"}


@pytest.mark.parametrize("place", ["caller", "called"])
async def test_either_side_of_a_dial_may_be_redirected(place: str) -> None:
    setup = _running("Dial(PJSIP/you,10)", more="exten => away,1,Wait(100)\n")
    async with talking(setup=setup) as (simulator, talk):
        simulator.pbx.call("PJSIP/me", "s")
        await talk.hear(1)
        name = "PJSIP/me-00000000" if place == "caller" else "PJSIP/you-00000001"
        heard = await talk.ask(
            f"Action: Redirect\nChannel: {name}\nContext: c\nExten: away\nPriority: 1", 1
        )
        assert "Redirect successful" in heard
        (left,) = simulator.pbx.channels.values()
        assert (left.name, left.exten, left.application) == (name, "away", "Wait")
        assert simulator.pbx.bridges == {}


async def test_a_channel_that_is_being_called_is_not_redirected() -> None:
    async with talking() as (_, talk):
        await talk.ask("Action: Originate\nAsync: 1\nChannel: Local/noanswer@h2\nApplication: Wait")
        one = "Local/noanswer@h2-00000000;1"
        heard = await talk.ask(
            f"Action: Redirect\nChannel: {one}\nContext: h2\nExten: wait\nPriority: 1"
        )
        assert "Message: Redirect failed\n" in heard
        heard = await talk.ask(f"Action: Bridge\nChannel1: {one}\nChannel2: {one}")
        assert f"Unable to add Channel1 to bridge: {one}\n" in heard


async def test_a_channel_that_runs_an_application_may_be_redirected() -> None:
    async with talking() as (simulator, talk):
        await talk.ask("Action: Originate\nAsync: 1\nChannel: Local/wait@h2\nApplication: Echo", 1)
        one = "Local/wait@h2-00000000;1"
        await talk.ask(f"Action: Redirect\nChannel: {one}\nContext: h2\nExten: echo\nPriority: 1")
        assert simulator.pbx.channels[one].exten == "echo"


async def test_a_channel_is_kicked_out_of_its_bridge() -> None:
    setup = _running("Dial(PJSIP/you,10,g)", "Wait(100)", more="exten => idle,1,Wait(100)\n")
    async with talking(setup=setup) as (simulator, talk):
        simulator.pbx.call("PJSIP/me", "s")
        await talk.hear(1)
        me = "PJSIP/me-00000000"
        other = simulator.pbx.call("PJSIP/you", "idle")
        kick = f"Action: BridgeKick\nChannel: {other.name}"
        assert "Channel is not in a bridge" in await talk.ask(kick)
        assert "Bridge not found" in await talk.ask(f"{kick}\nBridgeUniqueid: x")
        (uniqueid,) = {
            each.uniqueid
            for each in simulator.pbx.bridges.values()
            if simulator.pbx.channels[me] in each.channels
        }
        refused = await talk.ask(f"{kick}\nBridgeUniqueid: {uniqueid}")
        assert "Channel kick from bridge failed" in refused
        assert "Channel has been kicked" in await talk.ask(f"Action: BridgeKick\nChannel: {me}")
        assert simulator.pbx.channels[me].application == "Wait"


async def test_a_phone_is_picked_up_and_hung_up_by_hand() -> None:
    setup = _running("Dial(PJSIP/slow,60)")
    async with talking(events="call", setup=setup) as (simulator, talk):
        simulator.pbx.add_phone(Phone(name="PJSIP/slow", rings=None, answers=None))
        simulator.pbx.call("PJSIP/me", "s")
        assert "Newstate" not in names(await talk.hear(5))
        (slow,) = [each for each in simulator.pbx.channels.values() if "slow" in each.name]
        assert isinstance(slow, PhoneLeg)
        slow.pick_up()
        assert "BridgeEnter" in names(await talk.hear())
        slow.hang_up()
        assert names(await talk.hear()).count("Hangup") == 2


async def test_all_calls_are_hung_up() -> None:
    async with talking(setup=_running("Wait(100)")) as (simulator, talk):
        simulator.pbx.call("PJSIP/me", "s")
        simulator.pbx.call("PJSIP/you", "s")
        simulator.pbx.hang_up_all()
        await talk.hear()
        assert simulator.pbx.channels == {}


async def test_records_of_a_call() -> None:
    setup = _running("Answer()", "Dial(PJSIP/you,10,g)", "Wait(2)", "Hangup()")
    async with talking(events="cdr", setup=setup) as (simulator, talk):
        leg = simulator.pbx.call("PJSIP/me", "s")
        await talk.hear(3)
        (you,) = [each for each in simulator.pbx.channels.values() if each is not leg]
        you.queue_hangup(16)
        told = events(await talk.hear(10))
        assert [
            (each["DestinationChannel"], each["LastApplication"], each["Duration"]) for each in told
        ] == [("PJSIP/you-00000001", "Dial", "3"), ("", "Hangup", "2")]
        assert told[0]["Disposition"] == "ANSWERED"
        assert told[1]["StartTime"] == told[0]["EndTime"]
