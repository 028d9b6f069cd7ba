"""What channels there are: CoreShowChannels, Status, CoreShowChannelMap.

Law: items and their headers as manager.c writes them, Status with its odd `Privilege: Call`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from amitrio.headers import Headers
from amitrio.models.generated.events.channels import (
    CoreShowChannel,
    CoreShowChannelMap,
    CoreShowChannelMapComplete,
    CoreShowChannelsComplete,
    Status,
    StatusComplete,
)
from amitrio.protocol.privileges import PRIVILEGES, is_true
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall
from amitrio.simulator.channels import Channel
from amitrio.simulator.spelling import known
from amitrio.simulator.substitution import read_variable
from amitrio.simulator.technologies import LocalHalf

SYSTEM = PRIVILEGES["system"]

# What a user without the class system may not have evaluated.
_DANGEROUS = ("SHELL", "EVAL")


def may_evaluate(call: ActionCall, text: str) -> bool:
    """Whether the user may have such a text evaluated."""
    return call.session.may_run(SYSTEM) or not any(word in text for word in _DANGEROUS)


@action("CoreShowChannels", "List all channels.", "system,reporting")
def core_show_channels(call: ActionCall) -> None:
    """All channels."""
    call.list_start("Channels will follow")
    channels = list(call.pbx.channels.values())
    for channel in channels:
        call.item(
            CoreShowChannel(
                **channel.snapshot(),
                application=channel.application,
                application_data=channel.data,
                duration=int(call.pbx.kernel.now - channel.created),
                bridge_id=channel.bridge.uniqueid if channel.bridge else "",
            )
        )
    call.list_end(CoreShowChannelsComplete(), len(channels))


@action("Status", "List channels in detail.", "system,call,reporting")
def status(call: ActionCall) -> None:
    """One channel or all, with variables if they are asked for."""
    variables = call.get("Variables")
    if not may_evaluate(call, variables):
        call.error("Status Access Forbidden: Variables")
        return
    name = call.get("Channel")
    channels = call.pbx.find_channels(name)
    if name and not channels:
        call.error("No such channel")
        return
    call.list_start("Channel status will follow")
    wanted = [each for each in variables.split(",") if each]
    for channel in channels:
        values = _variables(channel, wanted)
        if is_true(call.get("AllVariables")):
            own = reversed(channel.variables.items())
            values += [("Variable", f"{key.lstrip('_')}={value}") for key, value in own]
        call.item(_status(channel, Headers(values)), privilege="Call", id_last=True)
    count = len(channels)
    call.list_end(StatusComplete(items=count), count)


@action("CoreShowChannelMap", "List who a channel is connected to.", "system,reporting")
def core_show_channel_map(call: ActionCall) -> None:
    """Everybody who can be reached from a channel through bridges and Local channels."""
    name = call.get("Channel")
    if not name:
        call.error("CoreShowChannelMap requires a channel.\n")  # the line feed is Asterisk's
        return
    found = call.pbx.find_channels(name)
    if not found:
        call.error("Could not get channel snapshot\n")
        return
    others = [each for each in _connected(found[0]) if each is not found[0]]
    call.list_start("Channel map will follow")
    for other in others:
        call.item(CoreShowChannelMap(channel=found[0].name, connected_channel=other.name))
    call.list_end(CoreShowChannelMapComplete(), len(others))


def _connected(start: Channel) -> list[Channel]:
    found = {start: None}
    waiting = [start]
    while waiting:
        channel = waiting.pop()
        near = list(channel.bridge.channels) if channel.bridge else []
        if isinstance(channel, LocalHalf) and channel is not start:
            near.append(channel.pair.other(channel))
        for each in near:
            if each not in found and not each.gone:
                found[each] = None
                waiting.append(each)
    return list(found)


def _status(channel: Channel, variables: Headers) -> Status:
    """`variables` are headers: a mapping would hold no name twice, and here one can come twice."""
    running = bool(channel.application)
    return Status(
        **channel.snapshot(),
        type=channel.technology,
        dnid=channel.dialed_number,
        effective_connected_line_num=known(channel.connected.number),
        effective_connected_line_name=known(channel.connected.name),
        time_to_hangup=_time_to_hangup(channel),
        bridge_id=channel.bridge.uniqueid if channel.bridge else "",
        application=channel.application if running else None,
        data=channel.data if running else None,
        native_formats="(slin)",
        read_format="slin",
        read_translation="",
        write_format="slin",
        write_translation="",
        call_group=0,
        pickup_group=0,
        seconds=int(channel.pbx.kernel.now - channel.created),
        other_headers=variables,
    )


def _time_to_hangup(channel: Channel) -> datetime | None:
    if channel.hangup_at is None:
        return None
    return datetime.fromtimestamp(int(channel.pbx.started + channel.hangup_at), UTC)


def _variables(channel: Channel, names: list[str]) -> list[tuple[str, str]]:
    found = [(name, read_variable(name, channel, channel.pbx)) for name in names]
    # printf writes a missing variable as (null), and a missing function as nothing.
    missing = [(name, "" if name.endswith(")") else "(null)") for name in names]
    return [
        ("Variable", f"{name}={value if value is not None else blank}")
        for (name, value), (_, blank) in zip(found, missing, strict=True)
    ]
