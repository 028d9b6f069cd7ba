"""States: extensions, devices, presences, mailboxes.

Law: what is not there is answered as Asterisk answers it, mostly with success.
"""

from __future__ import annotations

from amitrio.headers import Headers
from amitrio.models.generated.actions.states import ExtensionStateReply, PresenceStateReply
from amitrio.models.generated.actions.voicemail import MailboxCountReply, MailboxStatusReply
from amitrio.models.generated.enums import PresenceState
from amitrio.models.generated.events.states import (
    DeviceStateListComplete,
    ExtensionStateListComplete,
    ExtensionStatus,
    PresenceStateChange,
    PresenceStateListComplete,
)
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall
from amitrio.simulator.spelling import known
from amitrio.simulator.states import Presence, device_state_change, extension_fields


@action("ExtensionState", "Show the state of a hint.", "call,reporting")
def extension_state(call: ActionCall) -> None:
    """The state of one hint; -1 where there is none."""
    exten, context = call.get("Exten"), call.get("Context") or "default"
    if not exten:
        call.error("Extension not specified")
        return
    hint = call.pbx.dialplan.hint(context, exten) or ""
    state = call.pbx.states.extension(context, exten)
    fields = extension_fields(context, exten, hint, state)
    call.reply(ExtensionStateReply(**fields), "Extension Status")


@action("ExtensionStateList", "List the states of all hints.", "call,reporting", core=False)
def extension_state_list(call: ActionCall) -> None:
    """All hints."""
    found = list(call.pbx.dialplan.hints())
    call.list_start("Extension Statuses will follow")
    for context, exten, hint in found:
        state = call.pbx.states.extension(context, exten)
        call.item(ExtensionStatus(**extension_fields(context, exten, hint, state)))
    call.list_end(ExtensionStateListComplete(), len(found))


@action("DeviceStateList", "List the states of all devices.", "call,reporting", core=False)
def device_state_list(call: ActionCall) -> None:
    """All devices that something was told of."""
    found = call.pbx.states.devices
    call.list_start("Device State Changes will follow")
    for device, state in found.items():
        call.item(device_state_change(device, state))
    call.list_end(DeviceStateListComplete(), len(found))


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
    message = found.message
    others = [("Message", message), ("PresenceMessage", message)] if message else []
    reply = PresenceStateReply(
        state=PresenceState(found.state),
        subtype=known(found.subtype),
        other_headers=Headers(others),
    )
    call.reply(reply, "Presence State")


@action("PresenceStateList", "List all presences.", "call,reporting", core=False)
def presence_state_list(call: ActionCall) -> None:
    """All presences."""
    found = call.pbx.states.presences
    call.list_start("Presence State Changes will follow")
    for provider, presence in found.items():
        call.item(PresenceStateChange(presentity=provider, **presence.fields))
    call.list_end(PresenceStateListComplete(), len(found))


@action("MailboxStatus", "Show whether messages wait.", "call,reporting")
def mailbox_status(call: ActionCall) -> None:
    """Whether somebody should listen."""
    mailbox = call.get("Mailbox")
    if not mailbox:
        call.error("Mailbox not specified")
        return
    waiting = call.pbx.voicemail.counts(mailbox).waiting
    call.reply(MailboxStatusReply(mailbox=mailbox, waiting=waiting), "Mailbox Status")


@action("MailboxCount", "Count the messages of a mailbox.", "call,reporting")
def mailbox_count(call: ActionCall) -> None:
    """How many messages there are; none where there is no such mailbox."""
    mailbox = call.get("Mailbox")
    if not mailbox:
        call.error("Mailbox not specified")
        return
    box = call.pbx.voicemail.counts(mailbox)
    reply = MailboxCountReply(
        mailbox=mailbox, urgent_messages=box.urgent, new_messages=box.new, old_messages=box.old
    )
    call.reply(reply, "Mailbox Message Count")
