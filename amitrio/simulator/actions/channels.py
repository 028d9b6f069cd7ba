"""What is done to channels: Hangup, Redirect, Setvar, Getvar, AbsoluteTimeout.

Law: each missing header has its own message, and they are looked for in Asterisk's order.
"""

from __future__ import annotations

import re

from amitrio.models.generated.actions.channels import GetvarReply
from amitrio.models.generated.events.channels import ChannelHungup, ChannelsHungupListComplete
from amitrio.simulator.actions.listing import may_evaluate
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall, leading_number
from amitrio.simulator.channels import Channel
from amitrio.simulator.substitution import read_variable, write_variable

_GETVAR_BYTES = 1023  # action_getvar() has room for no more


@action("Hangup", "Hang up a channel.", "system,call")
def hangup(call: ActionCall) -> None:
    """Hang up one channel, or with `/regex/` all that match."""
    name = call.get("Channel")
    if not name:
        call.error("No channel specified")
        return
    cause = call.get("Cause")
    code = int(cause) if re.fullmatch(r"\d{1,3}", cause) and int(cause) <= 127 else 0
    if name.startswith("/"):
        _hang_up_matching(call, name, code)
        return
    found = call.pbx.find_channels(name)
    if not found:
        call.error("No such channel")
        return
    found[0].soft_hangup(code)
    call.ack("Channel Hungup")


def _hang_up_matching(call: ActionCall, name: str, cause: int) -> None:
    if len(name) < 2 or not name.endswith("/"):
        call.error("Regex format invalid, Channel param should be /regex/")
        return
    try:
        wanted = re.compile(name[1:-1])
    except re.error:
        call.error(f"Regex compile failed on: {name}")
        return
    call.list_start("Channels hung up will follow")
    matching = [each for each in call.pbx.channels.values() if wanted.search(each.name)]
    for channel in matching:
        channel.soft_hangup(cause)
        call.item(ChannelHungup(channel=channel.name), id_last=True)
    call.list_end(ChannelsHungupListComplete(), len(matching))


@action("Redirect", "Send a channel elsewhere in the dialplan.", "call")
def redirect(call: ActionCall) -> None:
    """Redirect one channel, or two at once."""
    problem = _missing(call, "", "Channel not specified")
    if problem is None and call.get("ExtraChannel") and call.get("ExtraContext"):
        problem = _missing(call, "Extra", "")
    if problem is not None:
        call.error(problem)
        return
    channel = _up(call, "Channel", "Channel does not exist", "Redirect failed, channel not up.")
    if channel is None:
        return
    target = _target(call, "")
    if not call.get("ExtraChannel"):
        channel.redirect(*target)
        call.ack("Redirect successful")
        return
    other = _up(
        call,
        "ExtraChannel",
        "ExtraChannel does not exist",
        "Redirect failed, extra channel not up.",
    )
    if other is not None:
        channel.redirect(*target)
        other.redirect(*(_target(call, "Extra") if call.get("ExtraContext") else target))
        call.ack("Dual Redirect successful")


def _missing(call: ActionCall, prefix: str, no_channel: str) -> str | None:
    """What a redirect lacks, in the order in which Asterisk looks."""
    if no_channel and not call.get("Channel"):
        return no_channel
    names = ["Context", "Exten", "Priority"] if not prefix else ["Exten", "Priority"]
    for name in names:
        if not call.get(prefix + name):
            return f"{prefix}{name} not specified"
    if leading_number(call.get(prefix + "Priority")) < 1:
        return f"{prefix}Priority is invalid"
    return None


def _target(call: ActionCall, prefix: str) -> tuple[str, str, int]:
    priority = leading_number(call.get(f"{prefix}Priority"))
    return call.get(f"{prefix}Context"), call.get(f"{prefix}Exten"), priority


def _up(call: ActionCall, header: str, unknown: str, down: str) -> Channel | None:
    name = call.get(header)
    found = call.pbx.find_channels(name)
    if not found:
        call.error(f"{unknown}: {name}")
        return None
    channel = found[0]
    if channel.hung_up:
        call.error(down)
        return None
    if not channel.in_dialplan and channel.answered is None:
        call.error("Redirect failed")  # it is being called, and nobody can take it from the caller
        return None
    return channel


def _one_channel(call: ActionCall) -> tuple[Channel | None, bool]:
    """The channel that is named, if any, and whether the action can go on."""
    name = call.get("Channel")
    found = call.pbx.find_channels(name) if name else []
    if name and not found:
        call.error("No such channel")
    return (found[0] if found else None), bool(found) or not name


@action("Setvar", "Set a variable.", "call")
def setvar(call: ActionCall) -> None:
    """Set a variable of a channel, or a global one."""
    name = call.get("Variable")
    if not name:
        call.error("No variable specified")
        return
    channel, going = _one_channel(call)
    if not going:
        return
    if write_variable(name, call.get("Value"), channel, call.pbx):
        call.ack("Variable Set")
    else:
        call.error("Variable not set")


@action("Getvar", "Read a variable.", "call,reporting")
def getvar(call: ActionCall) -> None:
    """Read a variable of a channel, or a global one, or a function."""
    name = call.get("Variable")
    if not name:
        call.error("No variable specified")
        return
    if not may_evaluate(call, name):
        call.error("GetVar Access Forbidden: Variable")
        return
    channel, going = _one_channel(call)
    if not going:
        return
    value = (read_variable(name, channel, call.pbx) or "").encode("utf-8", "surrogateescape")
    text = value[:_GETVAR_BYTES].decode("utf-8", "surrogateescape")
    call.reply(GetvarReply(variable=name, value=text))


@action("AbsoluteTimeout", "Hang up a channel after some time.", "system,call")
def absolute_timeout(call: ActionCall) -> None:
    """Hang up a channel in so many seconds."""
    if not call.get("Channel"):
        call.error("No channel specified")
        return
    found = re.match(r"\s*\+?(\d+\.?\d*|\.\d+)", call.get("Timeout"))
    if found is None or not float(found[1]):
        call.error("No timeout specified")
        return
    channel, going = _one_channel(call)
    if going and channel is not None:
        channel.expire_after(float(found[1]))
        call.ack("Timeout Set")
