"""States: extensions, devices, presences, mailboxes.

Law: what is not there is answered as Asterisk answers it, mostly with success.
"""

from __future__ import annotations

from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall
from amitrio.simulator.events import Headers
from amitrio.simulator.states import Presence, extension_headers, presence_headers


@action("ExtensionState", "Show the state of a hint.", "call,reporting")
def extension_state(call: ActionCall) -> None:
    """The state of one hint; -1 where there is none."""
    exten, context = call.get("Exten"), call.get("Context") or "default"
    if not exten:
        call.error("Extension not specified")
        return
    hint = call.pbx.dialplan.hint(context, exten) or ""
    headers = extension_headers(context, exten, hint, call.pbx.states.extension(context, exten))
    call.respond([("Message", "Extension Status"), *headers])


@action("ExtensionStateList", "List the states of all hints.", "call,reporting", core=False)
def extension_state_list(call: ActionCall) -> None:
    """All hints."""
    found = list(call.pbx.dialplan.hints())
    call.list_start("Extension Statuses will follow")
    for context, exten, hint in found:
        state = call.pbx.states.extension(context, exten)
        call.item("ExtensionStatus", extension_headers(context, exten, hint, state))
    call.list_end("ExtensionStateListComplete", len(found))


@action("DeviceStateList", "List the states of all devices.", "call,reporting", core=False)
def device_state_list(call: ActionCall) -> None:
    """All devices that something was told of."""
    found = call.pbx.states.devices
    call.list_start("Device State Changes will follow")
    for device, state in found.items():
        call.item("DeviceStateChange", [("Device", device), ("State", state.name)])
    call.list_end("DeviceStateListComplete", len(found))


@action("PresenceState", "Show a presence.", "call,reporting")
def presence_state(call: ActionCall) -> None:
    """One presence; its message comes twice, once under a name that is taken."""
    provider = call.get("Provider")
    if not provider:
        call.error("No provider specified")
        return
    if not provider.startswith("CustomPresence:"):
        call.error(f"Invalid provider {provider} or provider in invalid state")
        return
    found = call.pbx.states.presences.get(provider, Presence())
    headers: Headers = [("Message", "Presence State"), ("State", found.state)]
    if found.subtype:
        headers.append(("Subtype", found.subtype))
    if found.message:
        headers += [("Message", found.message), ("PresenceMessage", found.message)]
    call.respond(headers)


@action("PresenceStateList", "List all presences.", "call,reporting", core=False)
def presence_state_list(call: ActionCall) -> None:
    """All presences."""
    found = call.pbx.states.presences
    call.list_start("Presence State Changes will follow")
    for provider, presence in found.items():
        headers = [("Presentity", provider), *presence_headers(presence)]
        call.item("PresenceStateChange", headers)
    call.list_end("PresenceStateListComplete", len(found))


@action("MailboxStatus", "Show whether messages wait.", "call,reporting")
def mailbox_status(call: ActionCall) -> None:
    """Whether somebody should listen."""
    mailbox = call.get("Mailbox")
    if not mailbox:
        call.error("Mailbox not specified")
        return
    waiting = str(int(call.pbx.voicemail.counts(mailbox).waiting))
    call.respond([("Message", "Mailbox Status"), ("Mailbox", mailbox), ("Waiting", waiting)])


@action("MailboxCount", "Count the messages of a mailbox.", "call,reporting")
def mailbox_count(call: ActionCall) -> None:
    """How many messages there are; none where there is no such mailbox."""
    mailbox = call.get("Mailbox")
    if not mailbox:
        call.error("Mailbox not specified")
        return
    box = call.pbx.voicemail.counts(mailbox)
    call.respond(
        [
            ("Message", "Mailbox Message Count"),
            ("Mailbox", mailbox),
            ("UrgMessages", str(box.urgent)),
            ("NewMessages", str(box.new)),
            ("OldMessages", str(box.old)),
        ]
    )
