"""The script of calls: channels, bridges, conferences, parking, queues, media, AGI.

Law: each scene makes the calls that it needs, and the prober hangs them up behind it.
"""

from __future__ import annotations

import amitrio as ami
from amitrio import actions

from .prober import Prober

__all__ = ["SCENES"]


def other(channel: str) -> str:
    """The other half of a Local channel."""
    return channel[:-1] + ("2" if channel.endswith("1") else "1")


async def channels(probe: Prober) -> None:
    """What is asked of a channel, and done to it."""
    channel = await probe.call()
    await probe.send(actions.Setvar(channel=channel, variable="PROBE", value='a,b "c" \\d'))
    await probe.send(actions.Getvar(channel=channel, variable="PROBE"))
    await probe.send(actions.Status(channel=channel, variables=["PROBE"], all_variables=True))
    await probe.send(actions.CoreShowChannels())
    await probe.send(actions.AbsoluteTimeout(channel=channel, timeout=600.5))
    await probe.send(actions.SendText(channel=channel, message="hello: probe"))
    await probe.send(actions.PlayDTMF(channel=channel, digit="5", duration=100, receive=False))
    await probe.send(actions.PlayMF(channel=channel, digit="5", duration=100))
    await probe.send(actions.SendFlash(channel=channel, receive=True))
    await probe.send(actions.LocalOptimizeAway(channel=channel))
    await probe.send(
        actions.Redirect(channel=other(channel), context="h2", exten="wait", priority="1")
    )
    await probe.send(
        actions.AOCMessage(
            channel=channel,
            msg_type=ami.AOCMessageType.DURING,
            charge_type=ami.AOCMessageCharge.CURRENCY,
            currency_name="EUR",
            currency_amount=12,
            currency_multiplier=ami.AOCMessageMultiplier.ONE_HUNDREDTH,
            total_type=ami.AOCTotal.SUB_TOTAL,
        )
    )
    await probe.send(actions.Hangup(channel="/^Local/wait.*$/", cause=ami.HangupCause.USER_BUSY))


async def placing(probe: Prober) -> None:
    """Calls that are placed by a typed action."""
    async with probe.until("OriginateResponse"):
        await probe.send(
            actions.Originate(
                channel="Local/wait@h2",
                application="Wait",
                data="60",
                timeout=5000,
                caller_id='"Ada, Countess" <200>',
                variables={"A": "1,2", "B": 'say "hi"'},
                account="probe",
                async_=True,
                codecs=["ulaw", "alaw"],
                channel_id="probe-1",
                other_channel_id="probe-2",
            )
        )


async def bridges(probe: Prober) -> None:
    """Two channels in a bridge."""
    await probe.send(actions.BridgeTechnologyList())
    await probe.send(actions.BridgeTechnologySuspend(bridge_technology="holding_bridge"))
    await probe.send(actions.BridgeTechnologyUnsuspend(bridge_technology="holding_bridge"))
    one, bridge = await _bridged(probe)
    await probe.send(actions.BridgeList())
    await probe.send(actions.BridgeInfo(bridge_uniqueid=bridge))
    await probe.send(actions.CoreShowChannelMap(channel=one))
    await probe.send(actions.Atxfer(channel=one, exten="wait", context="h2"))
    await probe.send(actions.CancelAtxfer(channel=one))


async def leaving_bridges(probe: Prober) -> None:
    """What takes channels out of their bridges."""
    one, _ = await _bridged(probe)
    await probe.send(actions.BlindTransfer(channel=one, context="h2", exten="wait"))
    one, bridge = await _bridged(probe)
    await probe.send(actions.BridgeKick(bridge_uniqueid=bridge, channel=one))
    _, bridge = await _bridged(probe)
    await probe.send(actions.BridgeDestroy(bridge_uniqueid=bridge))


async def _bridged(probe: Prober) -> tuple[str, str]:
    """Two calls in one bridge: a channel of theirs, and the bridge."""
    one, two = await probe.call(), await probe.call()
    with probe.client.events(ami.BridgeEnter) as entered:
        await probe.send(actions.Bridge(channel1=one, channel2=two, tone=ami.BridgeTone.NO))
        await entered.receive()
        bridge = (await entered.receive()).bridge_uniqueid
    return one, bridge or ""


async def conferences(probe: Prober) -> None:
    """A room of ConfBridge, and those of MeetMe where there are any."""
    room = "h2conf"
    async with probe.until("ConfbridgeJoin"):
        member = other(await probe.call("conf"))
    await probe.send(actions.ConfbridgeListRooms())
    await probe.send(actions.ConfbridgeList(conference=room))
    await probe.send(actions.ConfbridgeLock(conference=room))
    await probe.send(actions.ConfbridgeUnlock(conference=room))
    await probe.send(actions.ConfbridgeMute(conference=room, channel=member))
    await probe.send(actions.ConfbridgeUnmute(conference=room, channel=member))
    await probe.send(actions.ConfbridgeSetSingleVideoSrc(conference=room, channel=member))
    await probe.send(actions.ConfbridgeStartRecord(conference=room, record_file="probe.wav"))
    await probe.send(actions.ConfbridgeStopRecord(conference=room))
    await probe.send(actions.ConfbridgeKick(conference=room, channel=member))
    await probe.send(actions.MeetmeListRooms())
    await probe.send(actions.MeetmeList())
    await probe.send(actions.MeetmeMute(meetme="1", user_number=1))
    await probe.send(actions.MeetmeUnmute(meetme="1", user_number=1))


async def parking(probe: Prober) -> None:
    """A call that is parked."""
    channel = await probe.call()
    await probe.send(actions.Parkinglots())
    async with probe.until("ParkedCall"):
        await probe.send(actions.Park(channel=channel, timeout=60_000, parking_lot="default"))
    await probe.send(actions.ParkedCalls(parking_lot="default"))


async def queues(probe: Prober) -> None:
    """A queue with a member who never comes, and a caller who waits."""
    queue, member = "emptyq", "Local/never@h2"
    await probe.send(
        actions.QueueAdd(
            queue=queue,
            interface=member,
            penalty=1,
            paused=True,
            reason="probe",
            member_name="Ada, Countess",
            state_interface="Custom:ada",
            wrapup_time=1,
        )
    )
    await probe.send(actions.QueuePause(interface=member, paused=True, queue=queue, reason="lunch"))
    await probe.send(actions.QueuePenalty(interface=member, penalty=2, queue=queue))
    await probe.send(actions.QueueMemberRingInUse(interface=member, ring_in_use=False, queue=queue))
    async with probe.until("QueueCallerJoin"):
        caller = await probe.call(application="Queue", data=queue)
    await probe.send(actions.QueueStatus(queue=queue))
    await probe.send(actions.QueueSummary(queue=queue))
    await probe.send(actions.QueueChangePriorityCaller(queue=queue, caller=caller, priority=3))
    async with probe.until("QueueCallerLeave"):
        await probe.send(
            actions.QueueWithdrawCaller(queue=queue, caller=caller, withdraw_info="probe")
        )
    await probe.send(actions.QueueLog(queue=queue, event="PROBE", message="a|b"))
    await probe.send(actions.QueueRule(rule="myrule"))
    await probe.send(actions.QueueReset(queue=queue))
    await probe.send(actions.QueueRemove(queue=queue, interface=member))
    await probe.send(actions.QueueReload(queue=queue, members=True, rules=False, parameters=True))


async def agents(probe: Prober) -> None:
    """An agent who is logged in."""
    async with probe.until("AgentLogin"):
        await probe.call("agent")
    await probe.send(actions.Agents())
    async with probe.until("AgentLogoff"):
        await probe.send(actions.AgentLogoff(agent="1001", soft=False))


async def recordings(probe: Prober) -> None:
    """MixMonitor, and Monitor where it still is."""
    channel = await probe.call("mw")
    reply = await probe.send(
        actions.MixMonitor(channel=channel, file="probe.wav", options="i(PROBE_MIX)")
    )
    identifier = None if reply is None else reply.mix_monitor_id
    both = ami.MixMonitorDirection.BOTH
    await probe.send(actions.MixMonitorMute(channel=channel, direction=both, muted=True))
    await probe.send(actions.StopMixMonitor(channel=channel, mix_monitor_id=identifier))
    await probe.send(actions.Monitor(channel=channel, file="probe", format="wav", mix=False))
    await probe.send(actions.ChangeMonitor(channel=channel, file="probe2"))
    await probe.send(actions.PauseMonitor(channel=channel))
    await probe.send(actions.UnpauseMonitor(channel=channel))
    await probe.send(actions.StopMonitor(channel=channel))


async def sounds(probe: Prober) -> None:
    """A file that is played, and audio that is silenced."""
    channel = await probe.call(application="ControlPlayback", data="tt-monkeys")
    await probe.send(actions.ControlPlayback(channel=channel, control=ami.PlaybackControl.RESTART))
    everything = ami.MuteAudioDirection.ALL
    await probe.send(actions.MuteAudio(channel=channel, direction=everything, muted=True))
    await probe.send(actions.MuteAudio(channel=channel, direction=everything, muted=False))


async def faxes(probe: Prober) -> None:
    """A fax that is awaited, and sent by nobody."""
    await probe.call(application="ReceiveFAX", data="/tmp/amitrio-probe.tif")  # noqa: S108 - its chroot
    await probe.send(actions.FAXStats())
    sessions = await probe.listed(actions.FAXSessions())
    numbers = [one.session_number for one in sessions or ()]
    await probe.send(actions.FAXSession(session_number=int(numbers[0] or 0) if numbers else 0))


async def agi(probe: Prober) -> None:
    """A channel that waits for commands."""
    async with probe.until("AsyncAGIStart"):
        channel = other(await probe.call("agi"))
    async with probe.until("AsyncAGIExec"):
        await probe.send(actions.AGI(channel=channel, command="NOOP probe", command_id="probe-1"))


SCENES = (
    channels,
    placing,
    bridges,
    leaving_bridges,
    conferences,
    parking,
    queues,
    agents,
    recordings,
    sounds,
    faxes,
    agi,
)
"""What happens, in order. After each the calls are over."""
