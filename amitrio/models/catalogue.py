"""The catalogue: what is known about the actions of Asterisk, found by their names.

Which events make up a list, which errors only mean "nothing to list", which privileges an action
wants, and how long it may take. The facts were read from manager.c and its modules and captured
from running servers, 16 and 22 alike.

Law: a name that is not here is an action like any other, and its answer is understood from what
it says of itself (EventList).
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Literal

from amitrio.models.actions import Action
from amitrio.models.config import ConfigReply
from amitrio.models.replies import CommandReply, Reply
from amitrio.protocol.exchange import ReplyShape

__all__ = ["ListAction", "allowance_of", "privileges_of", "reply_class_of", "shape_of"]

ListAction = Literal[
    "Agents",
    "BridgeInfo",
    "BridgeList",
    "BridgeTechnologyList",
    "ConfbridgeList",
    "ConfbridgeListRooms",
    "CoreShowChannelMap",
    "CoreShowChannels",
    "DAHDIShowChannels",
    "DAHDIShowStatus",
    "DBGet",
    "DBGetTree",
    "DeviceStateList",
    "ExtensionStateList",
    "FAXSession",
    "FAXSessions",
    "FAXStats",
    "IAXpeerlist",
    "IAXpeers",
    "IAXregistry",
    "MWIGet",
    "MeetmeList",
    "MeetmeListRooms",
    "PJSIPShowAors",
    "PJSIPShowAuths",
    "PJSIPShowContacts",
    "PJSIPShowEndpoints",
    "PJSIPShowMaintenance",
    "PJSIPShowResourceLists",
    "PRIShowSpans",
    "ParkedCalls",
    "Parkinglots",
    "PresenceStateList",
    "QueueStatus",
    "QueueSummary",
    "SIPpeers",
    "SIPpeerstatus",
    "SIPshowregistry",
    "SKINNYdevices",
    "SKINNYlines",
    "ShowDialPlan",
    "Status",
    "VoicemailBoxSummary",
    "VoicemailUserStatus",
    "VoicemailUsersList",
    "WaitEvent",
]
"""The actions that answer with a list."""

# Action: the event that completes its list, and its items.
_LISTS = {
    "Agents": ("AgentsComplete", "Agents"),
    "BridgeInfo": ("BridgeInfoComplete", "BridgeInfoChannel"),
    "BridgeList": ("BridgeListComplete", "BridgeListItem"),
    "BridgeTechnologyList": ("BridgeTechnologyListComplete", "BridgeTechnologyListItem"),
    "ConfbridgeList": ("ConfbridgeListComplete", "ConfbridgeList"),
    "ConfbridgeListRooms": ("ConfbridgeListRoomsComplete", "ConfbridgeListRooms"),
    "CoreShowChannelMap": ("CoreShowChannelMapComplete", "CoreShowChannelMap"),
    "CoreShowChannels": ("CoreShowChannelsComplete", "CoreShowChannel"),
    "DAHDIShowChannels": ("DAHDIShowChannelsComplete", "DAHDIShowChannels"),
    "DAHDIShowStatus": ("DAHDIShowStatusComplete", "DAHDIShowStatus"),
    "DBGet": ("DBGetComplete", "DBGetResponse"),
    "DBGetTree": ("DBGetTreeComplete", "DBGetTreeResponse"),
    "DeviceStateList": ("DeviceStateListComplete", "DeviceStateChange"),
    "ExtensionStateList": ("ExtensionStateListComplete", "ExtensionStatus"),
    "FAXSessions": ("FAXSessionsComplete", "FAXSessionsEntry"),
    "Hangup": ("ChannelsHungupListComplete", "ChannelHungup"),
    "IAXpeerlist": ("PeerlistComplete", "PeerEntry"),
    "IAXpeers": ("PeerlistComplete", "PeerEntry"),
    "IAXregistry": ("RegistrationsComplete", "RegistryEntry"),
    "MeetmeList": ("MeetmeListComplete", "MeetmeList"),
    "MeetmeListRooms": ("MeetmeListRoomsComplete", "MeetmeListRooms"),
    "MWIGet": ("MWIGetComplete", "MWIGet"),
    "ParkedCalls": ("ParkedCallsComplete", "ParkedCall"),
    "Parkinglots": ("ParkinglotsComplete", "Parkinglot"),
    "PJSIPHangup": ("ChannelsHungupListComplete", "ChannelHungup"),
    "PJSIPShowAors": ("AorListComplete", "AorList"),
    "PJSIPShowAuths": ("AuthListComplete", "AuthList"),
    "PJSIPShowContacts": ("ContactListComplete", "ContactList"),
    "PJSIPShowEndpoint": (
        "EndpointDetailComplete",
        "EndpointDetail AorDetail AuthDetail TransportDetail ContactStatusDetail IdentifyDetail",
    ),
    "PJSIPShowEndpoints": ("EndpointListComplete", "EndpointList"),
    "PJSIPShowMaintenance": ("PJSIPMaintenanceStatusComplete", "PJSIPMaintenanceStatus"),
    "PJSIPShowRegistrationInboundContactStatuses": (
        "ContactStatusDetailComplete",
        "ContactStatusDetail",
    ),
    "PJSIPShowRegistrationsInbound": (
        "InboundRegistrationDetailComplete",
        "InboundRegistrationDetail",
    ),
    "PJSIPShowRegistrationsOutbound": (
        "OutboundRegistrationDetailComplete",
        "OutboundRegistrationDetail AuthDetail",
    ),
    "PJSIPShowResourceLists": ("ResourceListDetailComplete", "ResourceListDetail"),
    "PJSIPShowSubscriptionsInbound": (
        "InboundSubscriptionDetailComplete",
        "InboundSubscriptionDetail",
    ),
    "PJSIPShowSubscriptionsOutbound": (
        "OutboundSubscriptionDetailComplete",
        "OutboundSubscriptionDetail",
    ),
    "PresenceStateList": ("PresenceStateListComplete", "PresenceStateChange"),
    "PRIShowSpans": ("PRIShowSpansComplete", "PRIShowSpans"),
    "QueueStatus": ("QueueStatusComplete", "QueueParams QueueMember QueueEntry"),
    "QueueSummary": ("QueueSummaryComplete", "QueueSummary"),
    "ShowDialPlan": ("ShowDialPlanComplete", "ListDialplan"),
    "SIPpeers": ("PeerlistComplete", "PeerEntry"),
    "SIPpeerstatus": ("SIPpeerstatusComplete", "PeerStatus"),
    "SIPshowregistry": ("RegistrationsComplete", "RegistryEntry"),
    "SKINNYdevices": ("DevicelistComplete", "DeviceEntry"),
    "SKINNYlines": ("LinelistComplete", "LineEntry"),
    "Status": ("StatusComplete", "Status"),
    "VoicemailBoxSummary": ("VoicemailBoxDetailComplete", "VoicemailBoxDetail"),
    "VoicemailUsersList": ("VoicemailUserEntryComplete", "VoicemailUserEntry"),
    "VoicemailUserStatus": ("VoicemailUserDetailComplete", "VoicemailUserDetail"),
    # Not lists, but alike: a response, then one event with our ActionID.
    "FAXSession": ("FAXSession", ""),
    "FAXStats": ("FAXStats", ""),
    "WaitEvent": ("WaitEventComplete", ""),
}

# These list only when they are given a pattern; else they answer plainly.
_SOMETIMES = frozenset({"Hangup", "PJSIPHangup"})

# Asterisk answers these with Response: Error where there is nothing to list.
_EMPTY = {
    "ConfbridgeList": ("No active conferences.", "No Conference by that name found."),
    "ConfbridgeListRooms": ("No active conferences.",),
    "DBGet": ("Database entry not found",),
    "MeetmeList": ("No active conferences.",),
    "MeetmeListRooms": ("No active conferences.",),
    "PJSIPShowAors": ("No AORs found",),
    "PJSIPShowAuths": ("No Auths found",),
    "PJSIPShowContacts": ("No Contacts found",),
    "PJSIPShowEndpoints": ("No endpoints found",),
    "PJSIPShowResourceLists": ("No resource lists found",),
    "ShowDialPlan": ("Did not find ",),
}

# The privileges of which a user's `write` line needs one.
_PRIVILEGES = {
    "agent": (
        "AgentLogoff Agents QueueAdd QueueLog QueueMemberRingInUse QueuePause "
        "QueuePenalty QueueRemove"
    ),
    "agi": "AGI",
    "aoc": "AOCMessage",
    "call": (
        "Atxfer BlindTransfer Bridge CancelAtxfer ChangeMonitor ConfbridgeKick "
        "ConfbridgeLock ConfbridgeMute ConfbridgeSetSingleVideoSrc ConfbridgeUnlock "
        "ConfbridgeUnmute ControlPlayback FAXSession FAXSessions Monitor Park ParkedCalls "
        "Parkinglots PauseMonitor PlayDTMF PlayMF Redirect SendFlash SendText Setvar "
        "StopMonitor UnpauseMonitor"
    ),
    "call reporting": (
        "DeviceStateList ExtensionState ExtensionStateList Getvar MailboxCount "
        "MailboxStatus PresenceState PresenceStateList VoicemailBoxSummary "
        "VoicemailUsersList VoicemailUserStatus"
    ),
    "call reporting system": "Status",
    "call system": (
        "AbsoluteTimeout Hangup LocalOptimizeAway MixMonitorMute PJSIPHangup StopMixMonitor"
    ),
    "command": "Command",
    "config": "CreateConfig ListCategories UpdateConfig",
    "config reporting": "ShowDialPlan",
    "config system": "GetConfig GetConfigJSON Reload",
    "message": "MessageSend",
    "originate": "Originate",
    "reporting": "ConfbridgeList ConfbridgeListRooms FAXStats",
    "reporting system": (
        "CoreSettings CoreShowChannelMap CoreShowChannels CoreStatus DBGet DBGetTree "
        "IAXnetstats IAXpeerlist IAXpeers IAXregistry LoggerRotate PJSIPQualify "
        "PJSIPRegister PJSIPShowMaintenance PJSIPShowRegistrationsOutbound "
        "PJSIPUnregister SIPpeers SIPqualifypeer SIPshowpeer SIPshowregistry"
    ),
    "system": (
        "ConfbridgeStartRecord ConfbridgeStopRecord DBDel DBDelTree DBPut "
        "DialplanExtensionAdd DialplanExtensionRemove Filter JabberSend MixMonitor "
        "ModuleCheck ModuleLoad MuteAudio PJSIPNotify PJSIPSetMaintenance PJSIPShowAors "
        "PJSIPShowAuths PJSIPShowContacts PJSIPShowEndpoint PJSIPShowEndpoints "
        "PJSIPShowRegistrationInboundContactStatuses PJSIPShowRegistrationsInbound "
        "PJSIPShowResourceLists PJSIPShowSubscriptionsInbound "
        "PJSIPShowSubscriptionsOutbound SIPnotify SIPpeerstatus SorceryMemoryCacheExpire "
        "SorceryMemoryCacheExpireObject SorceryMemoryCachePopulate "
        "SorceryMemoryCacheStale SorceryMemoryCacheStaleObject"
    ),
    "user": "UserEvent VoicemailForward VoicemailMove VoicemailRefresh VoicemailRemove",
}

_REPLIES: dict[str, type[Reply]] = {"command": CommandReply, "getconfig": ConfigReply}

# Seconds for actions that Asterisk itself may take long over, all of the session waiting.
_SLOW = MappingProxyType({"command": 300.0, "reload": 300.0, "moduleload": 300.0})
# An Originate that is not asynchronous answers when the call does; Timeout is in milliseconds.
_ORIGINATE_TIMEOUT = 30.0


def _shapes() -> dict[str, ReplyShape]:
    shapes: dict[str, ReplyShape] = {}
    for action, (complete, items) in _LISTS.items():
        shapes[action.lower()] = ReplyShape(
            items=frozenset(items.split()),
            complete=complete,
            opening="completed." if action == "WaitEvent" else "will follow",
            empty=_EMPTY.get(action, ()),
            anonymous=action == "IAXpeers",
            sometimes=action in _SOMETIMES,
        )
    return shapes


_SHAPES = MappingProxyType(_shapes())
_NEEDS = MappingProxyType(
    {
        action.lower(): frozenset(classes.split())
        for classes, actions in _PRIVILEGES.items()
        for action in actions.split()
    }
)
_SIMPLE = ReplyShape()


def shape_of(action: str) -> ReplyShape:
    """How the answer to the action of that name looks."""
    return _SHAPES.get(action.lower(), _SIMPLE)


def privileges_of(action: str) -> frozenset[str]:
    """The privileges of which the action wants one; empty where it wants none or is unknown."""
    return _NEEDS.get(action.lower(), frozenset())


def reply_class_of(action: str) -> type[Reply]:
    """The class of the action's reply."""
    return _REPLIES.get(action.lower(), Reply)


def allowance_of(action: Action) -> float:
    """Seconds beyond the usual that Asterisk may take to answer; 0 for a quick action."""
    name = action.name.lower()
    if name == "originate":
        return _originate_allowance(action)
    if name == "waitevent":
        return _seconds(action.get("Timeout"), 0.0)
    return _SLOW.get(name, 0.0)


def _originate_allowance(action: Action) -> float:
    if str(action.get("Async") or "").lower() in {"true", "yes", "y", "t", "1", "on"}:
        return 0.0
    return _seconds(action.get("Timeout"), _ORIGINATE_TIMEOUT * 1000) / 1000


def _seconds(value: object, default: float) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        return default
    return max(0.0, seconds) if math.isfinite(seconds) else default
