"""Tables: the numbers of Asterisk and the words that go with them.

Law: numbers and words are Asterisk's own, and are written down here once.
"""

from __future__ import annotations

import enum
from types import MappingProxyType

from amitrio.models.generated.enums import ChannelState

__all__ = [
    "CAUSES",
    "Cause",
    "ChannelState",
    "Control",
    "DeviceState",
    "cause_text",
    "dial_status",
    "extension_state_text",
    "state_text",
]


def state_text(state: ChannelState) -> str:
    """The word of `ChannelStateDesc:`."""
    return _STATE_WORDS[state]


_STATE_WORDS = ("Down", "Rsrvd", "OffHook", "Dialing", "Ring", "Ringing", "Up", "Busy")


class Control(enum.Enum):
    """What one end of a call tells the other; the numbers are those of `Reason:`."""

    HANGUP = 1
    RING = 2
    RINGING = 3
    ANSWER = 4
    BUSY = 5
    CONGESTION = 8
    PROGRESS = 14


class Cause:
    """The hangup causes that the PBX itself sets."""

    NONE = 0
    NO_ROUTE = 3
    NORMAL = 16
    BUSY = 17
    NO_ANSWER = 19
    SUBSCRIBER_ABSENT = 20
    ANSWERED_ELSEWHERE = 26
    CONGESTION = 34


CAUSES = MappingProxyType(
    {
        1: "Unallocated (unassigned) number",
        2: "No route to specified transmit network",
        3: "No route to destination",
        5: "Misdialed trunk prefix",
        6: "Channel unacceptable",
        7: "Call awarded and being delivered in an established channel",
        8: "Pre-empted",
        14: "Number ported elsewhere",
        16: "Normal Clearing",
        17: "User busy",
        18: "No user responding",
        19: "User alerting, no answer",
        20: "Subscriber absent",
        21: "Call Rejected",
        22: "Number changed",
        23: "Redirected to new destination",
        26: "Answered elsewhere",
        27: "Destination out of order",
        28: "Invalid number format",
        29: "Facility rejected",
        30: "Response to STATus ENQuiry",
        31: "Normal, unspecified",
        34: "Circuit/channel congestion",
        38: "Network out of order",
        41: "Temporary failure",
        42: "Switching equipment congestion",
        43: "Access information discarded",
        44: "Requested channel not available",
        50: "Facility not subscribed",
        52: "Outgoing call barred",
        54: "Incoming call barred",
        57: "Bearer capability not authorized",
        58: "Bearer capability not available",
        65: "Bearer capability not implemented",
        66: "Channel not implemented",
        69: "Facility not implemented",
        81: "Invalid call reference value",
        88: "Incompatible destination",
        95: "Invalid message unspecified",
        96: "Mandatory information element is missing",
        97: "Message type nonexist.",
        98: "Wrong message",
        99: "Info. element nonexist or not implemented",
        100: "Invalid information element contents",
        101: "Message not compatible with call state",
        102: "Recover on timer expiry",
        103: "Mandatory IE length error",
        111: "Protocol error, unspecified",
        127: "Interworking, unspecified",
    }
)


def cause_text(cause: int) -> str:
    """The words of `Cause-txt:`."""
    return CAUSES.get(cause, "Unknown")


def dial_status(cause: int) -> str:
    """The DialStatus of a called channel that hung up with that cause."""
    return _DIAL_STATUS.get(cause, "NOANSWER")


_DIAL_STATUS = {
    Cause.BUSY: "BUSY",
    Cause.CONGESTION: "CONGESTION",
    Cause.NO_ROUTE: "CHANUNAVAIL",
    Cause.SUBSCRIBER_ABSENT: "CHANUNAVAIL",
}


class DeviceState(enum.IntEnum):
    """The state of a device; `Status:` of a queue member is the number, `State:` the name."""

    UNKNOWN = 0
    NOT_INUSE = 1
    INUSE = 2
    BUSY = 3
    INVALID = 4
    UNAVAILABLE = 5
    RINGING = 6
    RINGINUSE = 7
    ONHOLD = 8

    @property
    def extension_state(self) -> int:
        """The number of `Status:` in ExtensionStatus, where bits are added up."""
        return _EXTENSION_STATES[self]


_EXTENSION_STATES = {
    DeviceState.UNKNOWN: 0,
    DeviceState.NOT_INUSE: 0,
    DeviceState.INUSE: 1,
    DeviceState.BUSY: 2,
    DeviceState.INVALID: 4,
    DeviceState.UNAVAILABLE: 4,
    DeviceState.RINGING: 8,
    DeviceState.RINGINUSE: 9,
    DeviceState.ONHOLD: 16,
}

_EXTENSION_WORDS = {
    -1: "Unknown",
    0: "Idle",
    1: "InUse",
    2: "Busy",
    4: "Unavailable",
    8: "Ringing",
    9: "InUse&Ringing",
    16: "Hold",
    17: "InUse&Hold",
}


def extension_state_text(state: int) -> str:
    """The word of `StatusText:`."""
    return _EXTENSION_WORDS.get(state, "Unknown")
