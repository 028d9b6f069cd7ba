"""The script of what needs no call: the server itself, its files, mailboxes, states, dialplan.

Law: what is changed here is the server's own copy, and no scene needs another one before it.
"""

from __future__ import annotations

import hashlib

import amitrio as ami
from amitrio import actions

from .prober import Prober
from .stage import CACHE, LOOSE_CACHE, MESSAGES

__all__ = ["SCENES"]


async def session(probe: Prober) -> None:
    """What a session asks about itself and the server."""
    await probe.send(actions.Ping())
    await probe.send(actions.ListCommands())
    await probe.send(actions.CoreSettings())
    await probe.send(actions.CoreStatus())
    await probe.send(actions.Command(command="core show version"))
    await probe.send(actions.WaitEvent(timeout=1))
    await probe.send(actions.FilterList())


async def sessions(probe: Prober) -> None:
    """What changes a session: each has one of its own, and Logoff is its last."""
    async with probe.connect() as client:
        await probe.send(actions.Events(event_mask="call,system"), client)
    async with probe.connect() as client:
        await probe.send(actions.Filter(filter="!Event: Never"), client)
    async with probe.connect() as client:
        challenge = await probe.send(actions.Challenge(), client)
        await probe.send(_login(probe, "" if challenge is None else challenge.challenge), client)
    async with probe.connect() as client:
        await probe.send(actions.Logoff(), client)


def _login(probe: Prober, challenge: str | None) -> actions.Login:
    secret = probe.server.users["admin"]
    key = hashlib.md5(f"{challenge}{secret}".encode(), usedforsecurity=False).hexdigest()
    return actions.Login(username="admin", auth_type="MD5", key=key)


async def modules(probe: Prober) -> None:
    """A module that nobody misses goes and comes back."""
    echo = "app_echo.so"
    await probe.send(actions.ModuleCheck(module="app_echo"))
    await probe.send(actions.ModuleLoad(module=echo, load_type=ami.ModuleOperation.UNLOAD))
    await probe.send(actions.ModuleLoad(module=echo, load_type=ami.ModuleOperation.LOAD))
    await probe.send(actions.Reload(module="logger"))
    await probe.send(actions.LoggerRotate())


async def files(probe: Prober) -> None:
    """A configuration file that is made, changed and read."""
    name = "amitrio-probe.conf"
    await probe.send(actions.CreateConfig(filename=name))
    await probe.send(
        actions.UpdateConfig(
            source_filename=name,
            destination_filename=name,
            changes=[
                ami.ConfigChange(action=ami.ConfigOperation.NEW_CATEGORY, category="one"),
                ami.ConfigChange(
                    action=ami.ConfigOperation.APPEND, category="one", variable="a", value="b=c"
                ),
            ],
        )
    )
    await probe.send(actions.GetConfig(filename=name))
    await probe.send(actions.GetConfigJSON(filename=name))
    await probe.send(actions.ListCategories(filename=name))


async def database(probe: Prober) -> None:
    """A key that is put, read and deleted."""
    family = "amitrio-probe"
    await probe.send(actions.DBPut(family=family, key="k", value="v: 1"))
    await probe.send(actions.DBGet(family=family, key="k"))
    await probe.send(actions.DBGetTree(family=family))
    await probe.send(actions.DBDel(family=family, key="k"))
    await probe.send(actions.DBPut(family=family, key="k/l", value=""))
    await probe.send(actions.DBDelTree(family=family))


async def caches(probe: Prober) -> None:
    """Caches of Sorcery: one of everything, one of what was asked for."""
    await probe.client.send(actions.PJSIPShowEndpoint(endpoint="alice"))
    await probe.send(actions.SorceryMemoryCachePopulate(cache=CACHE))
    await probe.send(actions.SorceryMemoryCacheStale(cache=CACHE))
    await probe.send(actions.SorceryMemoryCacheStaleObject(cache=LOOSE_CACHE, object="alice"))
    await probe.send(actions.SorceryMemoryCacheExpireObject(cache=LOOSE_CACHE, object="alice"))
    await probe.send(actions.SorceryMemoryCacheExpire(cache=LOOSE_CACHE))


async def dialplan(probe: Prober) -> None:
    """A step of the dialplan that comes and goes, and an event of one's own."""
    context, exten = "amitrio-probe", "1"
    await probe.send(
        actions.DialplanExtensionAdd(
            context=context,
            extension=exten,
            priority="1",
            application="NoOp",
            application_data="a, b",
            replace=True,
        )
    )
    await probe.send(actions.ShowDialPlan(context=context))
    await probe.send(
        actions.DialplanExtensionRemove(context=context, extension=exten, priority="1")
    )
    await probe.send(actions.UserEvent(user_event="Probe", contents={"Key": "a: b", "Empty": ""}))


async def states(probe: Prober) -> None:
    """States of devices, extensions and people."""
    await probe.send(actions.DeviceStateList())
    await probe.send(actions.ExtensionState(exten="hinted", context="h2"))
    await probe.send(actions.ExtensionStateList())
    await probe.send(
        actions.Setvar(variable="PRESENCE_STATE(CustomPresence:h2p)", value="away,lunch,back soon")
    )
    await probe.send(actions.PresenceState(provider="CustomPresence:h2p"))
    await probe.send(actions.PresenceStateList())


async def mailboxes(probe: Prober) -> None:
    """A mailbox with messages, and those that an outside system counts."""
    context, mailbox, folder = "default", "100", "INBOX"
    kept, moved, removed = MESSAGES
    await probe.send(actions.VoicemailRefresh(context=context, mailbox=mailbox))
    await probe.send(actions.MailboxCount(mailbox="100@default"))
    await probe.send(actions.MailboxStatus(mailbox="100@default"))
    await probe.send(actions.VoicemailUsersList())
    await probe.send(actions.VoicemailUserStatus(context=context, mailbox=mailbox))
    await probe.send(actions.VoicemailBoxSummary(context=context, mailbox=mailbox))
    await probe.send(
        actions.VoicemailForward(
            context=context,
            mailbox=mailbox,
            folder=folder,
            message_id=kept,
            to_context=context,
            to_mailbox="101",
            to_folder=folder,
        )
    )
    await probe.send(
        actions.VoicemailMove(
            context=context, mailbox=mailbox, folder=folder, message_id=moved, to_folder="Old"
        )
    )
    await probe.send(
        actions.VoicemailRemove(context=context, mailbox=mailbox, folder=folder, message_id=removed)
    )
    await probe.send(actions.MWIUpdate(mailbox="100@outside", old_messages=1, new_messages=2))
    await probe.send(actions.MWIGet(mailbox="100@outside"))
    await probe.send(actions.MWIDelete(mailbox="100@outside"))


SCENES = (
    session,
    sessions,
    modules,
    files,
    database,
    caches,
    dialplan,
    states,
    mailboxes,
)
"""What happens, in order."""
