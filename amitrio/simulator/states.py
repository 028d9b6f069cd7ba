"""States: what devices, hints and presences are doing, and who is told of it.

Law: a device is asked when something about it changes, and what it said is published behind the
step of the PBX that changed it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypedDict

import attrs

from amitrio.models.generated.enums import DeviceState as DeviceStateName
from amitrio.models.generated.enums import ExtensionState, PresenceState
from amitrio.models.generated.events.states import (
    DeviceStateChange,
    ExtensionStatus,
    PresenceStateChange,
    PresenceStatus,
)
from amitrio.simulator.channels import Channel
from amitrio.simulator.tables import DeviceState, extension_state_text
from amitrio.simulator.technologies import local_address

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx

__all__ = [
    "PRESENCES",
    "Presence",
    "States",
    "device_state_change",
    "extension_fields",
]

PRESENCES = ("not_set", "unavailable", "available", "away", "xa", "chat", "dnd")


class ExtensionFields(TypedDict):
    """What events and replies say of a hint."""

    exten: str
    context: str
    hint: str
    status: ExtensionState
    status_text: str


class PresenceFields(TypedDict):
    """What events say of a presence."""

    status: PresenceState
    subtype: str
    message: str


@attrs.frozen
class Presence:
    """What somebody says of being there."""

    state: str = "not_set"
    subtype: str = ""
    message: str = ""

    @property
    def fields(self) -> PresenceFields:
        """What events say of it."""
        state = PresenceState(self.state)
        return {"status": state, "subtype": self.subtype, "message": self.message}


class States:
    """Every state of the PBX."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._custom: dict[str, DeviceState] = {}
        self._hints: dict[tuple[str, str], int] = {}
        self.devices: dict[str, DeviceState] = {}  # the last that was told of each
        self.presences: dict[str, Presence] = {}

    # --- devices ---

    def device(self, name: str) -> DeviceState:
        """The state of a device as it is now."""
        kind, slash, address = name.partition("/")
        if slash and kind.lower() == "local":
            return self._local(address)
        if slash:
            return self._phone(name)
        kind, colon, rest = name.partition(":")
        if colon and kind == "Custom":
            return self._custom.get(rest, DeviceState.UNKNOWN)
        if colon and kind == "Queue":
            return self._pbx.queues.device_state(rest)
        if colon and kind == "MWI":
            waiting = self._pbx.voicemail.counts(rest).waiting
            return DeviceState.INUSE if waiting else DeviceState.NOT_INUSE
        return DeviceState.INVALID

    def channel_changed(self, channel: Channel) -> None:
        """A channel has another state, or is gone."""
        self.device_changed(channel.device)

    def device_changed(self, name: str) -> None:
        """Tell the state of a device, behind what is going on."""
        kernel, state = self._pbx.kernel, self.device(name)
        kernel.call_at(kernel.now, lambda: self._tell(name, state))

    def change_custom(self, name: str, state: str) -> bool:
        """Change `Custom:name`; False where there is no such state or the device is another's."""
        kind, _, custom = name.partition(":")
        if kind != "Custom" or state.upper() not in DeviceState.__members__:
            return False
        new = DeviceState[state.upper()]
        if self._custom.get(custom, DeviceState.UNKNOWN) is not new:
            self._custom[custom] = new
            self.device_changed(f"Custom:{custom}")
        return True

    def _tell(self, name: str, state: DeviceState) -> None:
        self.devices[name] = state
        self._tell_hints(name)
        self._pbx.publish(device_state_change(name, state))
        self._pbx.queues.device_changed(name, state)

    def _local(self, address: str) -> DeviceState:
        try:
            wanted = local_address(address)
        except ValueError:
            return DeviceState.INVALID
        place = (wanted.exten, wanted.context)
        pairs = [
            pair
            for pair in self._pbx.local_pairs
            if (pair.address.exten, pair.address.context) == place
        ]
        if any(pair.called and not pair.one.gone and not pair.two.gone for pair in pairs):
            return DeviceState.INUSE
        if pairs or self._pbx.dialplan.exists(wanted.context, wanted.exten, 1):
            return DeviceState.NOT_INUSE
        return DeviceState.INVALID

    def _phone(self, name: str) -> DeviceState:
        phone = self._pbx.phones.get(name.lower())
        if phone is None:
            return DeviceState.INVALID
        channels = self._pbx.channels.values()
        used = [each.device_state for each in channels if each.device.lower() == name.lower()]
        return aggregate(used) if used else phone.idle_state

    # --- hints ---

    def extension(self, context: str, exten: str) -> int:
        """The state of a hint; -1 where there is none."""
        hint = self._pbx.dialplan.hint(context, exten)
        if hint is None:
            return -1
        devices = hint_devices(hint)
        return aggregate([self.device(each) for each in devices]).extension_state if devices else 0

    def remember_hints(self) -> None:
        """Take all hints as they are now for known."""
        for context, exten, _ in self._pbx.dialplan.hints():
            self._hints[context, exten] = self.extension(context, exten)

    def _tell_hints(self, device: str) -> None:
        for context, exten, hint in self._pbx.dialplan.hints():
            if device not in hint_devices(hint):
                continue
            state = self.extension(context, exten)
            if self._hints.get((context, exten), 0) != state:
                self._hints[context, exten] = state
                fields = extension_fields(context, exten, hint, state)
                self._pbx.publish(ExtensionStatus(**fields))

    # --- presence ---

    def change_presence(self, provider: str, presence: Presence) -> None:
        """Change `CustomPresence:name`."""
        if self.presences.get(provider) == presence:
            return
        self.presences[provider] = presence
        for context, exten, hint in self._pbx.dialplan.hints():
            if provider in hint.partition(",")[2].split("&"):
                self._pbx.publish(
                    PresenceStatus(exten=exten, context=context, hint=hint, **presence.fields)
                )
        self._pbx.publish(PresenceStateChange(presentity=provider, **presence.fields))


def hint_devices(hint: str) -> list[str]:
    """The devices of a hint, which stand before the comma."""
    return [each for each in hint.partition(",")[0].split("&") if each]


def device_state_change(name: str, state: DeviceState) -> DeviceStateChange:
    """The event that tells the state of a device."""
    return DeviceStateChange(device=name, state=DeviceStateName(state.name))


def extension_fields(context: str, exten: str, hint: str, state: int) -> ExtensionFields:
    """What is said of a hint."""
    return {
        "exten": exten,
        "context": context,
        "hint": hint,
        "status": ExtensionState(state),
        "status_text": extension_state_text(state),
    }


def aggregate(states: Iterable[DeviceState]) -> DeviceState:
    """What several devices come to (ast_devstate_aggregate)."""
    found = set(states)
    if DeviceState.RINGING in found and found & _IN_USE:
        return DeviceState.RINGINUSE
    return next((state for state in _STRONGEST if state in found), DeviceState.UNKNOWN)


_IN_USE = frozenset({DeviceState.INUSE, DeviceState.ONHOLD, DeviceState.BUSY})
_STRONGEST = (
    DeviceState.RINGINUSE,
    DeviceState.RINGING,
    DeviceState.INUSE,
    DeviceState.ONHOLD,
    DeviceState.BUSY,
    DeviceState.NOT_INUSE,
    DeviceState.UNAVAILABLE,
    DeviceState.INVALID,
    DeviceState.UNKNOWN,
)
