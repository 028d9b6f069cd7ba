"""What channels there are: CoreShowChannels, Status, CoreShowChannelMap.

Law: items and their headers as manager.c writes them, Status with its odd `Privilege: Call`.
"""

from __future__ import annotations

from amitrio.protocol.privileges import PRIVILEGES, is_true
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall
from amitrio.simulator.channels import Channel
from amitrio.simulator.events import UNKNOWN, Headers
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
        extra = [
            ("Application", channel.application),
            ("ApplicationData", channel.data),
            ("Duration", _clock(int(call.pbx.kernel.now - channel.created))),
            ("BridgeId", channel.bridge.uniqueid if channel.bridge else ""),
        ]
        call.item("CoreShowChannel", [*channel.snapshot(), *extra])
    call.list_end("CoreShowChannelsComplete", len(channels))


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
    for channel in channels:
        wanted = [each for each in variables.split(",") if each]
        headers = [*_status(channel), *_variables(channel, wanted)]
        if is_true(call.get("AllVariables")):
            own = reversed(channel.variables.items())
            headers += [("Variable", f"{key.lstrip('_')}={value}") for key, value in own]
        call.send([("Event", "Status"), ("Privilege", "Call"), *headers, *call.id])
    count = len(channels)
    call.list_end("StatusComplete", count, [("Items", str(count))])


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
        pair = [("Channel", found[0].name), ("ConnectedChannel", other.name)]
        call.item("CoreShowChannelMap", pair)
    call.list_end("CoreShowChannelMapComplete", len(others))


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


def _status(channel: Channel) -> Headers:
    now = channel.pbx.kernel.now
    hangup_at = channel.pbx.started + channel.hangup_at if channel.hangup_at is not None else 0
    return [
        *channel.snapshot(),
        ("Type", channel.technology),
        ("DNID", channel.dialed_number),
        ("EffectiveConnectedLineNum", channel.connected.number or UNKNOWN),
        ("EffectiveConnectedLineName", channel.connected.name or UNKNOWN),
        ("TimeToHangup", str(int(hangup_at))),
        ("BridgeID", channel.bridge.uniqueid if channel.bridge else ""),
        ("Application", channel.application or "(null)"),
        ("Data", channel.data if channel.application else "(null)"),
        ("Nativeformats", "(slin)"),
        ("Readformat", "slin"),
        ("Readtrans", ""),
        ("Writeformat", "slin"),
        ("Writetrans", ""),
        ("Callgroup", "0"),
        ("Pickupgroup", "0"),
        ("Seconds", str(int(now - channel.created))),
    ]


def _variables(channel: Channel, names: list[str]) -> Headers:
    found = [(name, read_variable(name, channel, channel.pbx)) for name in names]
    # printf writes a missing variable as (null), and a missing function as nothing.
    missing = [(name, "" if name.endswith(")") else "(null)") for name in names]
    return [
        ("Variable", f"{name}={value if value is not None else blank}")
        for (name, value), (_, blank) in zip(found, missing, strict=True)
    ]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
