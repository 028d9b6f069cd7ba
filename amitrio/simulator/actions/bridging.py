"""Bridges: Bridge, BridgeList, BridgeInfo, BridgeDestroy, BridgeKick, BlindTransfer.

Law: a channel that is bridged from outside goes on in the dialplan behind where it was, once the
bridge is over (action_bridge() in features.c).
"""

from __future__ import annotations

from amitrio.models import ChannelSnapshot
from amitrio.models.generated.enums import TransferResult
from amitrio.models.generated.events.bridges import (
    BlindTransfer,
    BridgeInfoChannel,
    BridgeInfoComplete,
    BridgeListComplete,
    BridgeListItem,
)
from amitrio.simulator.actions.registry import action
from amitrio.simulator.bridges import Bridge, BridgeFields, impart
from amitrio.simulator.calls import ActionCall
from amitrio.simulator.channels import Channel


@action("Bridge", "Bridge two channels.", "call", core=False)
def bridge(call: ActionCall) -> None:
    """Put two channels into a bridge of their own."""
    names = (call.get("Channel1"), call.get("Channel2"))
    if not all(names):
        call.error("Missing channel parameter in request")
        return
    channels = [_by_prefix(call, name) for name in names]
    for number, (name, channel) in enumerate(zip(names, channels, strict=True), start=1):
        if channel is None:
            call.error(f"Channel{number} does not exist: {name}")
            return
    found = [channel for channel in channels if channel is not None]
    made = Bridge(call.pbx, tells_lines=True)
    for number, channel in enumerate(found, start=1):
        if channel.hung_up or channel.answered is None:
            call.error(f"Unable to add Channel{number} to bridge: {channel.name}")
            made.dissolve()
            return
        _move(channel, made)
    call.ack("Channels have been bridged")


def _by_prefix(call: ActionCall, name: str) -> Channel | None:
    """The channel of that name, or the first whose name begins so."""
    named = call.pbx.find_channels(name)
    begin = [each for each in call.pbx.channels.values() if each.name.startswith(name)]
    return next(iter([*named, *begin]), None)


def _move(channel: Channel, target: Bridge) -> None:
    resumes = channel.in_dialplan
    if resumes:
        channel.priority += 1
    channel.application = channel.data = ""
    channel.serve(impart(target, channel, resumes=resumes))


@action("BridgeList", "List all bridges.", core=False)
def bridge_list(call: ActionCall) -> None:
    """All bridges, or those whose technology (so compares Asterisk) is `BridgeType`."""
    wanted = call.get("BridgeType")
    found = [each for each in call.pbx.bridges.values() if wanted in {"", each.technology}]
    call.list_start("Bridge listing will follow")
    for each in found:
        call.item(BridgeListItem(**each.snapshot()))
    call.list_end(BridgeListComplete(), len(found))


@action("BridgeInfo", "Show one bridge and who is in it.", core=False)
def bridge_info(call: ActionCall) -> None:
    """The channels of a bridge."""
    found = _bridge(call)
    if found is None:
        return
    call.list_start("Bridge channel listing will follow")
    for channel in found.channels:
        call.item(BridgeInfoChannel(**channel.snapshot()))
    call.list_end(BridgeInfoComplete(**found.snapshot()), len(found.channels))


def _bridge(call: ActionCall) -> Bridge | None:
    uniqueid = call.get("BridgeUniqueid")
    if not uniqueid:
        call.error("BridgeUniqueid must be provided")
        return None
    found = call.pbx.bridges.get(uniqueid)
    if found is None:
        call.error("Specified BridgeUniqueid not found")
    return found


@action("BridgeDestroy", "Let everybody out of a bridge.", core=False)
def bridge_destroy(call: ActionCall) -> None:
    """Dissolve a bridge."""
    found = _bridge(call)
    if found is not None:
        found.dissolve()
        call.ack("Bridge has been destroyed")


@action("BridgeKick", "Take a channel out of its bridge.", core=False)
def bridge_kick(call: ActionCall) -> None:
    """Take one channel out."""
    name, uniqueid = call.get("Channel"), call.get("BridgeUniqueid")
    if not name:
        call.error("Channel must be provided")
        return
    channels = call.pbx.find_channels(name)
    if not channels:
        call.error("Channel does not exist")
        return
    place = call.pbx.bridges.get(uniqueid) if uniqueid else channels[0].bridge
    if place is None:
        call.error("Bridge not found" if uniqueid else "Channel is not in a bridge")
    elif channels[0] not in place.channels:
        call.error("Channel kick from bridge failed")
    else:
        place.kick(channels[0])
        call.ack("Channel has been kicked")


@action("BlindTransfer", "Send whom a channel talks to elsewhere.", "call")
def blind_transfer(call: ActionCall) -> None:
    """Send the other channel of a bridge to an extension."""
    name, exten = call.get("Channel"), call.get("Exten")
    if not name or not exten:
        call.error("No extension specified" if name else "No channel specified")
        return
    found = call.pbx.find_channels(name)
    if not found:
        call.error("Channel specified does not exist")
        return
    context = call.get("Context") or found[0].context
    others = _others(found[0])
    if not others:
        call.error("Transfer invalid")
    elif not call.pbx.dialplan.exists(context, exten, 1):
        call.error("Transfer failed")
    else:
        _transfer(found[0], others[0], context, exten)
        call.ack("Transfer succeeded")


def _others(channel: Channel) -> list[Channel]:
    inside = channel.bridge.channels if channel.bridge else []
    return [each for each in inside if each is not channel]


def _transfer(transferer: Channel, transferee: Channel, context: str, exten: str) -> None:
    transferer.set_variable("BLINDTRANSFER", transferee.name)
    transferee.set_variable("BLINDTRANSFER", transferer.name)
    place = transferer.bridge
    where: BridgeFields = place.snapshot() if place else {}
    transferer.pbx.publish(
        BlindTransfer(
            **where,
            transferer=ChannelSnapshot(**transferer.snapshot()),
            transferee=ChannelSnapshot(**transferee.snapshot()),
            result=TransferResult.SUCCESS,
            is_external=True,
            context=context,
            extension=exten,
        )
    )
    transferee.redirect(context, exten, 1)
    if place is not None:
        place.kick(transferer)
