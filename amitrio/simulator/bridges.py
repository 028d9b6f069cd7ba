"""Bridges: where channels meet.

Law: of two who are alone with each other, each has the other as BRIDGEPEER; when one of them
leaves, the bridge dissolves, and what becomes of the other is the business of whoever serves it.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, TypedDict

from amitrio.models.generated.events.bridges import (
    BridgeCreate,
    BridgeDestroy,
    BridgeEnter,
    BridgeLeave,
)
from amitrio.simulator.channels import Channel
from amitrio.simulator.kernel import FOREVER, Steps
from amitrio.simulator.spelling import known
from amitrio.simulator.tables import Cause

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx

__all__ = ["Bridge", "BridgeFields", "impart"]


class BridgeFields(TypedDict, total=False):
    """What an event about a bridge says of it; nothing where there is no bridge."""

    bridge_uniqueid: str
    bridge_type: str
    bridge_technology: str
    bridge_creator: str | None
    bridge_name: str | None
    bridge_num_channels: int
    bridge_video_source_mode: str


class Bridge:
    """A bridge of two (`basic`, `simple_bridge`)."""

    def __init__(self, pbx: Pbx, *, tells_lines: bool = False) -> None:
        self.pbx = pbx
        self.uniqueid = str(uuid.UUID(int=pbx.random.getrandbits(128), version=4))
        self.type = "basic"
        self.technology = "simple_bridge"
        self.creator = self.name = ""
        self._tells_lines = tells_lines  # who comes in learns whom it talks to
        self.channels: list[Channel] = []
        self.dissolved = False
        self._kicked: set[Channel] = set()
        pbx.bridges[self.uniqueid] = self
        pbx.publish(BridgeCreate(**self.snapshot()))

    def snapshot(self) -> BridgeFields:
        """What every event about the bridge says."""
        return {
            "bridge_uniqueid": self.uniqueid,
            "bridge_type": self.type,
            "bridge_technology": self.technology,
            "bridge_creator": known(self.creator),
            "bridge_name": known(self.name),
            "bridge_num_channels": len(self.channels),
            "bridge_video_source_mode": "none",
        }

    def stay(self, channel: Channel) -> Steps[None]:
        """Keep the channel here until it is hung up, sent elsewhere, or alone."""
        channel.attend()
        self._enter(channel)
        try:
            while not (self._is_over_for(channel) or channel.hung_up or channel.redirected):
                yield FOREVER
                channel.frames.clear()
        finally:
            self._leave(channel)

    def dissolve(self) -> None:
        """Let everybody out."""
        self.dissolved = True
        for channel in self.channels:
            channel.wake()
        self._destroy_if_empty()

    def kick(self, channel: Channel) -> None:
        """Let one channel out."""
        self._kicked.add(channel)
        channel.wake()

    def _is_over_for(self, channel: Channel) -> bool:
        return self.dissolved or channel in self._kicked

    def _enter(self, channel: Channel) -> None:
        self.channels.append(channel)
        channel.bridge = self
        oldest = min(self.channels, key=lambda each: each.linked_since)
        for each in self.channels:
            each.linkedid, each.linked_since = oldest.linkedid, oldest.linked_since
        self.pbx.publish(BridgeEnter(**self.snapshot(), **channel.snapshot()))
        if len(self.channels) == 2:
            one, other = self.channels
            one.peer_account, other.peer_account = other.account, one.account
            one.set_variable("BRIDGEPEER", other.name)
            other.set_variable("BRIDGEPEER", one.name)
            if self._tells_lines:
                other.connected, one.connected = one.caller, other.caller
                other.publish_changes()
                one.publish_changes()

    def _leave(self, channel: Channel) -> None:
        if len(self.channels) == 2:
            others = [each for each in self.channels if each is not channel]
            for each in (channel, *others):
                each.set_variable("BRIDGEPEER", "")
        self.channels.remove(channel)
        channel.bridge = None
        self.pbx.publish(BridgeLeave(**self.snapshot(), **channel.snapshot()))
        self.dissolve()

    def _destroy_if_empty(self) -> None:
        if not self.channels and self.uniqueid in self.pbx.bridges:
            del self.pbx.bridges[self.uniqueid]
            self.pbx.publish(BridgeDestroy(**self.snapshot()))


def impart(bridge: Bridge, channel: Channel, *, resumes: bool = False) -> Steps[None]:
    """Serve a channel that was put into a bridge: then it goes on in the dialplan, or ends."""
    yield from bridge.stay(channel)
    if channel.redirected or (resumes and not channel.hung_up):
        channel.redirected = False
        yield from channel.pbx.dialplan_thread(channel)
        return
    channel.hangup_cause = channel.hangup_cause or Cause.NORMAL
    channel.hangup()
