"""System: settings, configuration, modules, the database, who may log in, every action bare."""

from __future__ import annotations

from contextlib import suppress

import amitrio as ami
from tools.coverage.stage import Stage

__all__ = ["configuration", "intruders", "modules", "roll_call", "settings"]


async def settings(stage: Stage) -> None:
    """What the server says of itself, and the session."""
    for action in ("Ping", "CoreSettings", "CoreStatus", "ListCommands", "LoggerRotate"):
        await stage.ask(action)
    for command in ("core show uptime", "queue show", "core show channels", "no such thing"):
        await stage.ask("Command", Command=command)
    await stage.ask("Events", EventMask="on")
    await stage.ask("Filter", Operation="Add", Filter="!Never: there")
    await stage.ask("UserEvent", [("Any-Header", "a: b")], UserEvent="Coverage")
    await stage.ask("WaitEvent", Timeout=1)
    await stage.ask("Challenge", AuthType="MD5")


async def configuration(stage: Stage) -> None:
    """Files, the database, the dialplan."""
    for action in ("GetConfig", "GetConfigJSON", "ListCategories"):
        await stage.ask(action, Filename="queues.conf")
        await stage.ask(action, Filename="never.conf")
    await stage.ask("GetConfig", Filename="queues.conf", Category="never")
    await stage.ask("CreateConfig", Filename="coverage.conf")
    await stage.ask("ListCategories", Filename="coverage.conf")
    update = [("Action-000000", "newcat"), ("Cat-000000", "one")]
    files = {"SrcFilename": "coverage.conf", "DstFilename": "coverage.conf"}
    await stage.ask("UpdateConfig", update, **files)
    await stage.ask("DBPut", Family="coverage/a", Key="k", Val="v: 1")
    await stage.ask("DBGet", Family="coverage/a", Key="k")
    await stage.ask("DBGetTree", Family="coverage")
    await stage.ask("DBPut", Family="coverage/a", Key="j", Val="")
    await stage.ask("DBDel", Family="coverage/a", Key="k")
    await stage.ask("DBDelTree", Family="coverage")
    await stage.ask("DBGet", Family="coverage/a", Key="k")
    await stage.ask("ShowDialPlan")
    await stage.ask("ShowDialPlan", Context="never")
    place = {"Context": "h2", "Extension": "coverage", "Priority": 1}
    await stage.ask("DialplanExtensionAdd", **place, Application="NoOp")
    await stage.ask("DialplanExtensionRemove", **place)
    await stage.ask("SorceryMemoryCacheExpire", Cache="never")


async def modules(stage: Stage) -> None:
    """Modules that go and come, and what is read anew."""
    module = "app_zapateller.so"
    await stage.ask("ModuleCheck", Module=module)
    with stage.hear("Reload", "Load") as events:
        for load in ("unload", "load", "reload"):
            await stage.ask("ModuleLoad", Module=module, LoadType=load)
        await stage.ask("Reload", Module="res_parking")
        await stage.ask("Reload", Module="logger")
        await stage.ask("Command", Command="logger mute")
        await stage.ask("Command", Command="logger reload")
        if "Reload" in stage.actions:
            await events.receive()


async def intruders(stage: Stage) -> None:
    """Those who may not log in, or may not do what they try."""
    for user, options in (
        ("admin", {"secret": "wrong", "auth": "plain"}),
        ("admin", {"secret": "wrong"}),
        ("nobody", {"secret": "x", "auth": "plain"}),
        ("acl", {"auth": "plain"}),
    ):
        with suppress(ami.AMIError):
            async with stage.connect(user, **options):
                pass
    async with stage.connect("single"):
        with suppress(ami.AMIError):
            async with stage.connect("single"):
                pass
    async with stage.connect("limited") as client:
        for action in ("Originate", "NoSuchAction"):
            with suppress(ami.ActionError):
                await client.send(action)


# They end the session or change what it hears, or do not answer as others do.
_NOT_BARE = frozenset(
    {"Challenge", "Events", "Filter", "IAXnetstats", "JabberSend", "Login", "Logoff"}
    | {"Queues", "WaitEvent"}
)


async def roll_call(stage: Stage) -> None:
    """Every action that there is, with nothing beside it."""
    for action in sorted(stage.actions - _NOT_BARE):
        await stage.ask(action)
