"""Snapshots: what Asterisk says of a channel or a bridge in every event about one.

manager_channels.c and manager_bridges.c write the same headers into all of them. The snapshot an
event is about comes without a prefix and is flat: `event.caller_id_num`. Further ones have a
prefix (`DestCallerIDNum`) and are parts: `event.dest.caller_id_num`.

A global variable's VarSet has a channel named `none` and nothing else of a channel, so it is the
state that tells that a snapshot is there.

Law: a snapshot is whole or not there: a number or name that Asterisk does not have is
`<unknown>` on the wire, and None here.
"""

from __future__ import annotations

from typing import Any

import attrs

from amitrio.models.generated.enums.channels import ChannelState
from amitrio.models.kinds import (
    enumerated,
    integer,
    part,
    snapshot_text,
    snapshot_variables,
    text,
)
from amitrio.models.showing import shown
from amitrio.models.typed import TypedEvent
from amitrio.models.values import Variables

__all__ = [
    "BridgeEvent",
    "BridgeSnapshot",
    "BridgedChannelEvent",
    "ChannelEvent",
    "ChannelSnapshot",
    "bridge_part",
    "channel_part",
]


@attrs.frozen(kw_only=True, repr=False)
class ChannelSnapshot:
    """A channel as it was when the event was made."""

    channel: str | None = text("Channel")
    """Its name, such as `PJSIP/100-00000001`."""
    channel_state: ChannelState | None = enumerated("ChannelState", ChannelState)
    channel_state_desc: str | None = text("ChannelStateDesc")
    caller_id_num: str | None = snapshot_text("CallerIDNum", "channel_state")
    caller_id_name: str | None = snapshot_text("CallerIDName", "channel_state", c_escaped=True)
    connected_line_num: str | None = snapshot_text("ConnectedLineNum", "channel_state")
    connected_line_name: str | None = snapshot_text(
        "ConnectedLineName", "channel_state", c_escaped=True
    )
    language: str | None = text("Language")
    account_code: str | None = text("AccountCode")
    context: str | None = text("Context")
    """Where in the dialplan it is: context, extension, priority."""
    exten: str | None = text("Exten")
    priority: int | None = integer("Priority")
    uniqueid: str | None = text("Uniqueid")
    """The channel's own id, which no other channel has."""
    linkedid: str | None = text("Linkedid")
    """The id that all channels of one call share."""
    tenantid: str | None = text("Tenantid", releases=(22,))
    chan_variables: Variables = snapshot_variables("ChanVariable")
    """The variables that `channelvars` in manager.conf names."""

    def __repr__(self) -> str:
        return shown(self)


@attrs.frozen(kw_only=True, repr=False)
class BridgeSnapshot:
    """A bridge as it was when the event was made."""

    bridge_uniqueid: str | None = text("BridgeUniqueid")
    bridge_type: str | None = text("BridgeType")
    bridge_technology: str | None = text("BridgeTechnology")
    bridge_creator: str | None = snapshot_text("BridgeCreator", "bridge_uniqueid")
    """What made it, such as `ConfBridge`."""
    bridge_name: str | None = snapshot_text("BridgeName", "bridge_uniqueid")
    bridge_num_channels: int | None = integer("BridgeNumChannels")
    bridge_video_source_mode: str | None = text("BridgeVideoSourceMode")
    bridge_video_source: str | None = text("BridgeVideoSource")
    """The unique id of the channel whose video all see, in the mode `single`."""

    def __repr__(self) -> str:
        return shown(self)


def channel_part(prefix: str) -> Any:
    """The field for a further channel of an event."""
    return part(prefix, ChannelSnapshot)


def bridge_part(prefix: str) -> Any:
    """The field for a further bridge of an event."""
    return part(prefix, BridgeSnapshot)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ChannelEvent(TypedEvent):
    """An event about a channel."""

    channel: str | None = text("Channel")
    channel_state: ChannelState | None = enumerated("ChannelState", ChannelState)
    channel_state_desc: str | None = text("ChannelStateDesc")
    caller_id_num: str | None = snapshot_text("CallerIDNum", "channel_state")
    caller_id_name: str | None = snapshot_text("CallerIDName", "channel_state", c_escaped=True)
    connected_line_num: str | None = snapshot_text("ConnectedLineNum", "channel_state")
    connected_line_name: str | None = snapshot_text(
        "ConnectedLineName", "channel_state", c_escaped=True
    )
    language: str | None = text("Language")
    account_code: str | None = text("AccountCode")
    context: str | None = text("Context")
    exten: str | None = text("Exten")
    priority: int | None = integer("Priority")
    uniqueid: str | None = text("Uniqueid")
    linkedid: str | None = text("Linkedid")
    tenantid: str | None = text("Tenantid", releases=(22,))
    chan_variables: Variables = snapshot_variables("ChanVariable")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class BridgeEvent(TypedEvent):
    """An event about a bridge."""

    bridge_uniqueid: str | None = text("BridgeUniqueid")
    bridge_type: str | None = text("BridgeType")
    bridge_technology: str | None = text("BridgeTechnology")
    bridge_creator: str | None = snapshot_text("BridgeCreator", "bridge_uniqueid")
    bridge_name: str | None = snapshot_text("BridgeName", "bridge_uniqueid")
    bridge_num_channels: int | None = integer("BridgeNumChannels")
    bridge_video_source_mode: str | None = text("BridgeVideoSourceMode")
    bridge_video_source: str | None = text("BridgeVideoSource")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class BridgedChannelEvent(BridgeEvent):
    """An event about a channel in a bridge."""

    channel: str | None = text("Channel")
    channel_state: ChannelState | None = enumerated("ChannelState", ChannelState)
    channel_state_desc: str | None = text("ChannelStateDesc")
    caller_id_num: str | None = snapshot_text("CallerIDNum", "channel_state")
    caller_id_name: str | None = snapshot_text("CallerIDName", "channel_state", c_escaped=True)
    connected_line_num: str | None = snapshot_text("ConnectedLineNum", "channel_state")
    connected_line_name: str | None = snapshot_text(
        "ConnectedLineName", "channel_state", c_escaped=True
    )
    language: str | None = text("Language")
    account_code: str | None = text("AccountCode")
    context: str | None = text("Context")
    exten: str | None = text("Exten")
    priority: int | None = integer("Priority")
    uniqueid: str | None = text("Uniqueid")
    linkedid: str | None = text("Linkedid")
    tenantid: str | None = text("Tenantid", releases=(22,))
    chan_variables: Variables = snapshot_variables("ChanVariable")
