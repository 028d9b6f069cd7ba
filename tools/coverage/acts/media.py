"""Media: conferences, recordings, music, listening in, faxes, RTP."""

from __future__ import annotations

from tools.coverage.stage import Stage

__all__ = [
    "conference",
    "faxes",
    "held",
    "monitored",
    "music",
    "over_rtp",
    "recorded",
    "spied_on",
]

_CONFERENCE = "h2conf"


async def conference(stage: Stage) -> None:
    """Three in a conference: one talks, one administers."""
    with stage.hear("ConfbridgeTalking") as talking, stage.hear("ConfbridgeEnd") as ended:
        await stage.call("mw/n", f"ConfBridge({_CONFERENCE})", caller_id='"To: ne" <1>')
        one = await stage.call("wait/n", f"ConfBridge({_CONFERENCE},default_bridge,admin_user)")
        await talking.receive()
        await stage.ask("ConfbridgeListRooms")
        await stage.ask("ConfbridgeList", Conference=_CONFERENCE)
        for action in ("Mute", "Unmute", "SetSingleVideoSrc"):
            await stage.ask(f"Confbridge{action}", Conference=_CONFERENCE, Channel=one)
        for action in ("Lock", "Unlock", "StartRecord", "StopRecord"):
            await stage.ask(f"Confbridge{action}", Conference=_CONFERENCE)
        await stage.ask("BridgeList")
        await stage.ask("ConfbridgeKick", Conference=_CONFERENCE, Channel="all")
        await ended.receive()


async def recorded(stage: Stage) -> None:
    """A channel that is recorded, and muted."""
    channel = await stage.call("echo", "Echo()")
    with stage.hear("MixMonitorStop") as stops:
        await stage.ask("MixMonitor", Channel=channel, File="coverage.wav", Options="i(MIXID)")
        for state in (1, 0):
            await stage.ask("MixMonitorMute", Channel=channel, Direction="both", State=state)
            await stage.ask("MuteAudio", Channel=channel, Direction="all", State=state)
        await stage.ask("StopMixMonitor", Channel=channel)
        await stops.receive()
    await stage.ask("ControlPlayback", Channel=channel, Control="stop")


async def monitored(stage: Stage) -> None:
    """A channel that is recorded the old way."""
    channel = await stage.call("echo", "Echo()")
    with stage.hear("MonitorStop") as stops:
        await stage.ask("Monitor", Channel=channel, File="coverage", Format="wav", Mix="false")
        await stage.ask("ChangeMonitor", Channel=channel, File="coverage2")
        await stage.ask("PauseMonitor", Channel=channel)
        await stage.ask("UnpauseMonitor", Channel=channel)
        await stage.ask("StopMonitor", Channel=channel)
        await stops.receive()


async def music(stage: Stage) -> None:
    """Music on hold."""
    with stage.hear("MusicOnHoldStop") as stops:
        await stage.call("moh")
        await stops.receive()


async def spied_on(stage: Stage) -> None:
    """Somebody who listens in."""
    spied = await stage.call("mw", "Echo()")
    with stage.hear("ChanSpyStart") as starts, stage.hear("ChanSpyStop") as stops:
        spy = await stage.call("wait/n", f"ChanSpy({spied},q)")
        await starts.receive()
        await stage.ask("Hangup", Channel=spy)
        await stops.receive()


async def held(stage: Stage) -> None:
    """A call on hold."""
    with stage.hear("BridgeEnter") as entered, stage.hear("Hold") as holds:
        caller = await stage.call("wait/n", "Dial(Local/wait@h2/n,20,tT)")
        peer = (await stage.wait_for(entered))["Channel"]
        await entered.receive()
        await stage.ask("Atxfer", Channel=caller, Context="h2", Exten="noanswer")
        await holds.receive()
        await stage.ask("Hangup", Channel=peer)


async def faxes(stage: Stage) -> None:
    """What there is to ask about faxes."""
    await stage.ask("FAXSessions")
    await stage.ask("FAXStats")
    await stage.ask("FAXSession", SessionNumber=1)


async def over_rtp(stage: Stage) -> None:
    """A call over SIP and RTP, from the server to itself."""
    with stage.hear("RTCPReceived") as reports:
        await stage.call("pjsip@h2x/n", "Echo()")
        await stage.ask("PJSIPShowEndpoint", Endpoint="bob")
        await stage.ask("PJSIPShowEndpoints")
        await stage.ask("Status")
        await reports.receive()
        await stage.ask("PJSIPHangup", Channel="/^PJSIP/")
