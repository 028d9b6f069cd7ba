"""Services: states, mailboxes, AsyncAGI, SIP, IAX."""

from __future__ import annotations

from tools.coverage.stage import Stage

__all__ = ["agi", "messages", "peers", "sip", "states"]


async def states(stage: Stage) -> None:
    """States of devices and of people."""
    with stage.hear("ExtensionStatus") as hints:
        for state in ("INUSE", "RINGING", "ONHOLD", "UNAVAILABLE", "NOT_INUSE"):
            name = "DEVICE_STATE(Custom:h2dev)"
            await stage.ask("Setvar", Variable=name, Value=state)
            await hints.receive()
    with stage.hear("PresenceStateChange") as presences:
        name = "PRESENCE_STATE(CustomPresence:h2p)"
        if await stage.ask("Setvar", Variable=name, Value='away,sub "x",mes: sage'):
            await presences.receive()
    await stage.ask("PresenceState", Provider="CustomPresence:h2p")
    await stage.ask("ExtensionState", Exten="hinted", Context="h2")
    for action in ("DeviceStateList", "PresenceStateList", "ExtensionStateList"):
        await stage.ask(action)


async def messages(stage: Stage) -> None:
    """A message that is left in a mailbox, moved about, and removed."""
    with stage.hear("MessageWaiting") as waiting:
        await stage.call("moh/n", "VoiceMail(100@default,s)", caller_id='"V: M" <55>')
        await waiting.receive()
    await stage.ask("VoicemailUsersList")
    await stage.ask("VoicemailRefresh", Context="default", Mailbox="100")
    await stage.ask("MailboxCount", Mailbox="100@default")
    await stage.ask("MailboxStatus", Mailbox="100@default")
    mailbox = {"Context": "default", "Mailbox": "100"}
    await stage.ask("VoicemailUserStatus", **mailbox)
    await stage.ask("VoicemailBoxSummary", **mailbox)


async def agi(stage: Stage) -> None:
    """A channel that is controlled from here."""
    with stage.hear("AsyncAGI*") as events:
        await stage.call("wait/n", "AGI(agi:async)")
        channel = (await stage.wait_for(events))["Channel"]
        for number, command in enumerate(
            ("ANSWER", "GET VARIABLE CHANNEL(name)", 'EXEC NoOp "a: b"', "BOGUS", "ASYNCAGI BREAK")
        ):
            await stage.ask("AGI", Channel=channel, Command=command, CommandID=f"c-{number}")
            await stage.wait_for(events, Event="AsyncAGIExec")
        await stage.wait_for(events, Event="AsyncAGIEnd")


async def sip(stage: Stage) -> None:
    """What there is to ask of PJSIP, and to have it do."""
    for what in (
        *("Endpoints", "Aors", "Auths", "Contacts", "ResourceLists"),
        *("RegistrationsInbound", "RegistrationsOutbound", "RegistrationInboundContactStatuses"),
        *("SubscriptionsInbound", "SubscriptionsOutbound", "Maintenance"),
    ):
        await stage.ask(f"PJSIPShow{what}")
    for endpoint in ("alice", "bob", "nobody"):
        await stage.ask("PJSIPShowEndpoint", Endpoint=endpoint)
        await stage.ask("PJSIPQualify", Endpoint=endpoint)
    await stage.ask("PJSIPNotify", Endpoint="bob", Variable="Event=check-sync")
    await stage.ask("PJSIPRegister", Registration="reg")
    await stage.ask("PJSIPUnregister", Registration="reg")
    await stage.ask("PJSIPSetMaintenance", Endpoint="bob", State="on")
    await stage.ask("PJSIPShowMaintenance")
    await stage.ask("PJSIPSetMaintenance", Endpoint="bob", State="off")


async def peers(stage: Stage) -> None:
    """What there is to ask of the older channel drivers."""
    for action in ("SIPpeers", "SIPpeerstatus", "SIPshowregistry"):
        await stage.ask(action)
    for peer in ("sippeer1", "sippeer2", "nobody"):
        await stage.ask("SIPshowpeer", Peer=peer)
        await stage.ask("SIPqualifypeer", Peer=peer)
    await stage.ask("SIPnotify", Channel="sippeer2", Variable="Event=check-sync")
    for action in ("IAXpeers", "IAXpeerlist", "IAXregistry"):
        await stage.ask(action)
