"""Dialing: what Dial and Queue share, several channels that ring for one caller.

Law: variables and events come in the order of app_dial.c: the outgoing channels are made, told
who calls, called, and watched together until one answers.
"""

from __future__ import annotations

import attrs

from amitrio.simulator.bridges import Bridge, impart
from amitrio.simulator.channels import Channel, ChannelIds, Party
from amitrio.simulator.kernel import FOREVER, Steps
from amitrio.simulator.originate import publish_dial
from amitrio.simulator.tables import Cause, ChannelState, Control, dial_status
from amitrio.simulator.technologies import request_channel

__all__ = ["dial", "talk"]

_CLEARED = (
    "DIALSTATUS",
    "DIALEDPEERNUMBER",
    "DIALEDPEERNAME",
    "ANSWEREDTIME",
    "ANSWEREDTIME_MS",
    "DIALEDTIME",
    "DIALEDTIME_MS",
    "RINGTIME",
    "RINGTIME_MS",
    "PROGRESSTIME",
    "PROGRESSTIME_MS",
)


@attrs.define
class _Attempt:
    """How far a Dial has come."""

    caller: Channel
    started: float
    ringing: dict[Channel, None] = attrs.field(factory=dict[Channel, None])
    peer: Channel | None = None
    status: str = "CHANUNAVAIL"
    last: str = ""  # the last that was called, for the record

    @property
    def disposition(self) -> str:
        """What the record of the call says of a Dial that nobody answered."""
        return {"BUSY": "BUSY", "CONGESTION": "CONGESTION"}.get(self.status, "NO ANSWER")

    def hear(self, channel: Channel, control: Control) -> None:
        """One of those that ring says something."""
        if control is Control.RINGING:
            set_duration(self.caller, "RINGTIME", self.caller.pbx.kernel.now - self.started)
            publish_dial(self.caller, channel, status="RINGING")
            self.caller.indicate(Control.RINGING)
        elif control is Control.ANSWER:
            self.peer = channel
        elif control in {Control.BUSY, Control.CONGESTION}:
            self.lose(channel, control.name)

    def lose(self, channel: Channel, status: str) -> None:
        """One of those that ring is out."""
        self.caller.hangup_cause = channel.hangup_cause
        publish_dial(self.caller, channel, status=status)
        del self.ringing[channel]
        channel.hangup()
        if not self.ringing:
            self.status = status


def dial(caller: Channel, destinations: str, seconds: str, options: str) -> Steps[None]:
    """The Dial application."""
    pbx = caller.pbx
    for name in _CLEARED:
        caller.set_variable(name, "")
    attempt = _Attempt(caller, pbx.kernel.now)
    _call_all(attempt, destinations)
    deadline = pbx.kernel.now + float(seconds) if seconds else FOREVER
    try:
        yield from _watch(attempt, deadline)
    finally:
        _give_up(attempt)
    if attempt.peer is None:
        caller.pbx.records.dialed(caller, attempt.last, attempt.disposition)
        caller.set_variable("DIALSTATUS", attempt.status)
        caller.check()
        return
    yield from _answered(attempt, attempt.peer)
    caller.pbx.records.dialed(caller, attempt.peer.name, "ANSWERED")
    caller.set_variable("DIALSTATUS", "ANSWER")
    if "g" not in options and not caller.redirected:
        caller.hung_up = True
    caller.check()


def _call_all(attempt: _Attempt, destinations: str) -> None:
    caller, made = attempt.caller, list[tuple[Channel, str]]()
    for destination in destinations.split("&"):
        technology, _, address = destination.partition("/")
        channel = request_channel(caller.pbx, technology, address, ChannelIds(), caller)
        if channel is not None:
            _prepare(caller, channel, address)
            made.append((channel, address))
    for channel, address in made:
        channel.attend()
        if not channel.call():
            channel.hangup()
            continue
        attempt.ringing[channel] = None
        attempt.last = channel.name
        publish_dial(caller, channel, begin=address)


def _prepare(caller: Channel, channel: Channel, address: str) -> None:
    """What an outgoing channel is told about the caller."""
    channel.set_variable("DIALEDPEERNUMBER", address)
    channel.inherit_variables(caller)
    channel.application, channel.data = "AppDial", "(Outgoing Line)"
    if not channel.caller.number:
        channel.caller = Party(caller.exten, caller.connected.name)
    channel.connected = caller.caller
    channel.context, channel.exten = caller.context, caller.exten
    channel.publish_changes()


def _watch(attempt: _Attempt, deadline: float) -> Steps[None]:
    caller = attempt.caller
    while attempt.ringing and attempt.peer is None:
        if caller.hung_up or caller.redirected:
            attempt.status = "CANCEL"
            return
        if caller.pbx.kernel.now >= deadline:
            attempt.status = "NOANSWER"
            return
        caller.frames.clear()
        if not _listen(attempt):
            yield deadline


def _listen(attempt: _Attempt) -> bool:
    """Take one thing that one of those that ring has said."""
    for channel in list(attempt.ringing):
        if channel.hung_up:
            attempt.lose(channel, dial_status(channel.hangup_cause))
            return True
        if channel.frames:
            attempt.hear(channel, channel.frames.popleft())
            return True
    return False


def _give_up(attempt: _Attempt) -> None:
    """Those that still ring, ring no more (hanguptree)."""
    elsewhere = attempt.peer is not None
    for channel in list(attempt.ringing):
        if channel is attempt.peer:
            continue
        publish_dial(attempt.caller, channel, status="CANCEL" if elsewhere else attempt.status)
        channel.hangup_cause = Cause.ANSWERED_ELSEWHERE if elsewhere else channel.hangup_cause
        channel.hangup()


def _answered(attempt: _Attempt, peer: Channel) -> Steps[None]:
    caller, now = attempt.caller, attempt.caller.pbx.kernel.now
    peer.exten = ""
    caller.hangup_cause = peer.hangup_cause = Cause.NORMAL
    caller.set_variable("DIALSTATUS", "ANSWER")
    caller.set_variable("DIALEDPEERNAME", peer.name)
    caller.set_variable("DIALEDPEERNUMBER", peer.variable("DIALEDPEERNUMBER") or "")
    publish_dial(caller, peer, status="ANSWER")
    yield from talk(caller, peer)
    set_duration(caller, "ANSWEREDTIME", caller.pbx.kernel.now - now)
    set_duration(caller, "DIALEDTIME", caller.pbx.kernel.now - attempt.started)


def talk(caller: Channel, peer: Channel) -> Steps[None]:
    """Bridge the two until one of them leaves (ast_bridge_call)."""
    if caller.state is not ChannelState.UP:
        caller.answer()
    bridge = Bridge(caller.pbx)
    peer.publish_changes()
    peer.serve(impart(bridge, peer))
    yield caller.pbx.kernel.now  # the peer comes in first
    yield from bridge.stay(caller)


def set_duration(channel: Channel, name: str, seconds: float) -> None:
    """Set a duration in seconds, and in milliseconds."""
    channel.set_variable(name, str(int(seconds)))
    channel.set_variable(f"{name}_MS", str(round(seconds * 1000)))
