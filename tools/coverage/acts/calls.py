"""Calls: placed, refused, dialed, redirected, picked up, and what channels tell meanwhile."""

from __future__ import annotations

from tools.coverage.stage import Stage

__all__ = [
    "answered",
    "asked_about",
    "dialed",
    "handlers",
    "optimized",
    "picked_up",
    "refused",
    "steered",
    "talking",
    "told",
    "tones",
]


async def answered(stage: Stage) -> None:
    """A call that is answered and ends by itself."""
    with stage.hear("Hangup") as hangups:
        await stage.call("answer", "Wait(0.2)", caller_id='"A \\"B\\", C" <0044123>', account="acc")
        for _ in range(2):
            await hangups.receive()


async def refused(stage: Stage) -> None:
    """Calls that nobody answers."""
    for exten in ("busy", "congest", "fail", "never-there@nowhere"):
        await stage.place(exten)
    await stage.place("noanswer", timeout=0.5)


async def dialed(stage: Stage) -> None:
    """Calls that dial another: one answers, one is busy."""
    with stage.hear("BridgeLeave") as leaves:
        await stage.call("dial")
        await leaves.receive()
        await leaves.receive()
    with stage.hear("DialEnd") as ends:
        await stage.place("dialbusy")
        await stage.wait_for(ends, DialStatus="BUSY")


async def told(stage: Stage) -> None:
    """Variables and events that the dialplan makes."""
    with stage.hear("UserEvent") as events:
        await stage.call("vars", variables={"FOO": "a: b", "QUOTE": 'x "y", \\z'})
        await stage.wait_for(events, UserEvent="Other:Name")


async def handlers(stage: Stage) -> None:
    """A hangup handler, and what a channel is called."""
    with stage.hear("HangupHandlerRun") as runs:
        await stage.call("handlers@h2x")
        await runs.receive()
    with stage.hear("HangupHandlerPop") as pops:
        channel = await stage.call()
        for function, value in (("push", "hh,s,1(a)"), ("pop", "")):
            name = f"CHANNEL(hangup_handler_{function})"
            await stage.ask("Setvar", Channel=channel, Variable=name, Value=value)
        await pops.receive()


async def asked_about(stage: Stage) -> None:
    """What there is to ask about a channel."""
    channel = await stage.call(variables={"FOO": "a: b"})
    await stage.ask("Status", Channel=channel, Variables="FOO,NOPE,CHANNEL(state)")
    await stage.ask("Status", AllVariables="true")
    await stage.ask("CoreShowChannels")
    await stage.ask("CoreShowChannelMap", Channel=channel)
    await stage.ask("Getvar", Channel=channel, Variable="CHANNEL(name)")
    await stage.ask("Setvar", Channel=channel, Variable="BAR", Value='b "c" \\d')
    await stage.ask("Setvar", Channel=channel, Variable="CALLERID(name)", Value='New "Name", \\x')
    await stage.ask("Setvar", Channel=channel, Variable="CHANNEL(accountcode)", Value="new")
    await stage.ask("AbsoluteTimeout", Channel=channel, Timeout=60)
    await stage.ask("SendText", Channel=channel, Message="Hello: you")
    await stage.ask("LocalOptimizeAway", Channel=channel)
    await stage.ask("Hangup", Channel=channel, Cause=17)


async def steered(stage: Stage) -> None:
    """A channel that is sent elsewhere, and one that runs out of time."""
    channel = await stage.call()
    with stage.hear("Newexten") as steps:
        await stage.ask("Redirect", Channel=channel, Context="h2", Exten="echo", Priority=1)
        await stage.wait_for(steps, Exten="echo")
    with stage.hear("Hangup") as hangups:
        await stage.ask("AbsoluteTimeout", Channel=channel, Timeout=1)
        await stage.wait_for(hangups, Channel=channel)


async def tones(stage: Stage) -> None:
    """Digits, flashes and winks."""
    channel = await stage.call("mw", "Echo()")  # a digit is as long as the sound beneath it
    with stage.hear("DTMFEnd") as digits:
        await stage.ask("PlayDTMF", Channel=channel, Digit="5", Duration=100)
        await stage.ask("PlayDTMF", Channel=channel, Digit="#", Receive="true")
        await digits.receive()
    await stage.ask("SendFlash", Channel=channel, Receive="true")
    await stage.ask("PlayMF", Channel=channel, Digit="1")
    with stage.hear("DTMFEnd") as digits:
        await stage.call("dtmf", "Read(X,,3,,,5)")
        await stage.wait_for(digits, Digit="#")


async def talking(stage: Stage) -> None:
    """Somebody who talks, and stops."""
    with stage.hear("ChannelTalkingStart") as starts:
        channel = await stage.call("mw", "Echo()")
        await stage.ask("Setvar", Channel=channel, Variable="TALK_DETECT(set)", Value="100,50")
        await starts.receive()


async def picked_up(stage: Stage) -> None:
    """A ringing call that somebody else takes."""
    with stage.hear("Newstate") as states, stage.hear("Pickup") as pickups:
        await stage.call("wait/n", "Dial(Local/noanswer@h2/n,20)")
        ringing = await stage.wait_for(states, ChannelStateDesc="Ringing")
        await stage.call("wait/n", f"PickupChan({ringing['Channel']})")
        await pickups.receive()


async def optimized(stage: Stage) -> None:
    """A Local channel between two bridges, which makes itself superfluous."""
    middle, one, two = [await stage.call(exten) for exten in ("wait", "mw/n", "mw/n")]
    with stage.hear("LocalOptimizationEnd") as ends:
        await stage.ask("Bridge", Channel1=middle, Channel2=one)
        await stage.ask("Bridge", Channel1=middle.replace(";1", ";2"), Channel2=two)
        await ends.receive()
