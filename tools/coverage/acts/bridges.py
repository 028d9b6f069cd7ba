"""Bridges: two who talk, transfers, parking."""

from __future__ import annotations

from tools.coverage.stage import Stage

__all__ = [
    "attended_transfer",
    "blind_transfer",
    "bridged",
    "kicked",
    "merged",
    "park_timeout",
    "parked",
]


async def _talking(stage: Stage) -> tuple[str, str]:
    """The two channels of a call that may transfer, and that is bridged."""
    with stage.hear("BridgeEnter") as entered:
        caller = await stage.call("wait/n", "Dial(Local/wait@h2/n,20,tTkK)")
        names = {(await entered.receive())["Channel"] for _ in range(2)}
    (peer,) = names - {caller}
    return caller, peer


async def bridged(stage: Stage) -> None:
    """Two channels in one bridge, and what there is to ask about it."""
    one, two = await stage.call(), await stage.call()
    with stage.hear("BridgeEnter") as entered:
        await stage.ask("Bridge", Channel1=one, Channel2=two, Tone="yes")
        bridge = (await entered.receive())["BridgeUniqueid"]
        await entered.receive()
    await stage.ask("Status")
    await stage.ask("BridgeList")
    await stage.ask("BridgeInfo", BridgeUniqueid=bridge)
    await stage.ask("CoreShowChannelMap", Channel=one)
    with stage.hear("BridgeDestroy") as destroyed:
        await stage.ask("BridgeDestroy", BridgeUniqueid=bridge)
        await destroyed.receive()


async def kicked(stage: Stage) -> None:
    """One who is put out of a bridge; and the technologies that there are."""
    one, two = await stage.call(), await stage.call()
    with stage.hear("BridgeLeave") as left:
        await stage.ask("Bridge", Channel1=one, Channel2=two)
        await stage.ask("BridgeKick", Channel=one)
        await left.receive()
    await stage.ask("BridgeTechnologyList")
    await stage.ask("BridgeTechnologySuspend", BridgeTechnology="holding_bridge")
    await stage.ask("BridgeTechnologyUnsuspend", BridgeTechnology="holding_bridge")


async def blind_transfer(stage: Stage) -> None:
    """A call that is sent on."""
    caller, _ = await _talking(stage)
    with stage.hear("BlindTransfer") as transfers:
        await stage.ask("BlindTransfer", Channel=caller, Context="h2x", Exten="blind")
        await transfers.receive()


async def _consulting(stage: Stage) -> str:
    """The channel of one who asks a third before transferring the second."""
    caller, _ = await _talking(stage)
    with stage.hear("BridgeEnter") as entered:
        await stage.ask("Atxfer", Channel=caller, Context="h2", Exten="123")
        await stage.wait_for(entered, Channel=caller)
    return caller


async def attended_transfer(stage: Stage) -> None:
    """A call that is sent on after a word with the other, and one where that is given up."""
    caller = await _consulting(stage)
    with stage.hear("AttendedTransfer") as transfers:
        await stage.ask("Hangup", Channel=caller)
        await transfers.receive()
    caller = await _consulting(stage)
    with stage.hear("BridgeEnter") as entered:
        await stage.ask("CancelAtxfer", Channel=caller)
        await stage.wait_for(entered, Channel=caller)


async def merged(stage: Stage) -> None:
    """A word with the other that becomes a conference of three."""
    caller = await _consulting(stage)
    with stage.hear("BridgeMerge") as merges:
        for digit in "*3":
            await stage.ask("PlayDTMF", Channel=caller, Digit=digit, Receive="true")
        await merges.receive()


async def parked(stage: Stage) -> None:
    """A call that is parked and fetched, and one that gives up."""
    await stage.ask("Parkinglots")
    with stage.hear("ParkedCall") as parked, stage.hear("UnParkedCall") as fetched:
        channel = await stage.call()
        await stage.ask("Park", Channel=channel, AnnounceChannel=channel)
        space = (await parked.receive())["ParkingSpace"]
        await stage.ask("ParkedCalls")
        await stage.call("wait", f"ParkedCall(default,{space})")
        await fetched.receive()
    with stage.hear("ParkedCall") as parked, stage.hear("ParkedCallGiveUp") as given_up:
        channel = (await stage.call("park")).replace(";1", ";2")
        await parked.receive()
        await stage.ask("Hangup", Channel=channel)
        await given_up.receive()


async def park_timeout(stage: Stage) -> None:
    """A call that stays parked for too long."""
    with stage.hear("ParkedCallTimeOut") as timeouts:
        channel = await stage.call()
        await stage.ask("Park", Channel=channel, Timeout=1000)
        await timeouts.receive()
