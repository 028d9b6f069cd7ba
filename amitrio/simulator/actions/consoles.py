"""Command: a few commands of Asterisk's console.

Law: what the console prints comes as `Output:` headers, one a line, also where it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall
from amitrio.simulator.channels import Channel
from amitrio.simulator.states import PRESENCES, Presence
from amitrio.simulator.tables import DeviceState, state_text

Console = Callable[[ActionCall, list[str]], list[str]]
CONSOLES: dict[str, Console] = {}
"""Every command, under its fixed words."""

_BLACKLIST = ("module load", "module unload", "restart gracefully")
_MINUTE, _HOUR, _DAY, _WEEK, _YEAR = 60, 3600, 86400, 604800, 31536000


class UsageError(Exception):
    """The words behind a command are not what it takes."""


class CommandFailed(Exception):  # noqa: N818 - so says the console
    """The command could not do what it was told."""


def console(words: str) -> Callable[[Console], Console]:
    """Register a command of the console."""

    def register(command: Console) -> Console:
        CONSOLES[words] = command
        return command

    return register


@action("Command", "Run a command of the console.", "command")
def command(call: ActionCall) -> None:
    """Run a command."""
    line = call.get("Command")
    words = _words(line)
    if not line:
        call.error("No command provided")
        return
    if any(words[: len(each.split())] == each.split() for each in _BLACKLIST):
        call.error("Command blacklisted")
        return
    found = _find(words)
    if found is None:
        help_text = f"(type 'core show help {' '.join(words)}' for other possible commands)"
        _print(call, [f"No such command '{' '.join(words)}' {help_text}"], "Error")
        return
    run, arguments = found
    try:
        _print(call, run(call, arguments))
    except UsageError as error:
        _print(call, [str(error)], "Error")
    except CommandFailed as error:
        _print(call, [str(error), f"Command '{line}' failed."], "Error")


def _words(line: str) -> list[str]:
    """The words of a line; blanks between quotes do not part them."""
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', line)]


def _find(words: list[str]) -> tuple[Console, list[str]] | None:
    for length in range(len(words), 0, -1):
        found = CONSOLES.get(" ".join(words[:length]).lower())
        if found is not None:
            return found, words[length:]
    return None


def _print(call: ActionCall, lines: list[str], kind: str = "Success") -> None:
    output = [("Output", line) for line in lines or [""]]
    call.respond([("Message", "Command output follows"), *output], kind)


@console("core show version")
def show_version(call: ActionCall, words: list[str]) -> list[str]:
    """The version, and where it was built."""
    del words
    version = call.simulator.release.asterisk
    return [f"Asterisk {version} built by amitrio @ simulator on a x86_64 running Linux"]


@console("core show uptime")
def show_uptime(call: ActionCall, words: list[str]) -> list[str]:
    """How long it has run, and how long since the last reload."""
    up, reloaded = (int(call.pbx.now - since) for since in (call.pbx.started, call.pbx.reloaded))
    if words == ["seconds"]:
        return [f"System uptime: {up} ", f"Last reload: {reloaded} "]
    return [f"System uptime: {duration(up)}", f"Last reload: {duration(reloaded)}"]


@console("core show channels concise")
def show_concise(call: ActionCall, words: list[str]) -> list[str]:
    """Every channel in one line of fields."""
    del words
    return [_concise(channel) for channel in call.pbx.channels.values()]


@console("core show channels count")
def show_count(call: ActionCall, words: list[str]) -> list[str]:
    """How many channels and calls there are, and were."""
    del words
    channels, calls = len(call.pbx.channels), call.pbx.active_calls
    made = call.pbx.calls_made
    return [
        f"{channels} active channel{'' if channels == 1 else 's'}",
        f"{calls} active call{'' if calls == 1 else 's'}",
        f"{made} call{'' if made == 1 else 's'} processed",
    ]


@console("database show")
def show_database(call: ActionCall, words: list[str]) -> list[str]:
    """The database, or a part of it."""
    found = call.pbx.database.tree(*words[:2])
    lines = [f"{path:<50}: {value:<25}" for path, value in found]
    return [*lines, f"{len(found)} results found."]


@console("database put")
def put_database(call: ActionCall, words: list[str]) -> list[str]:
    """Store a value."""
    if len(words) < 3:
        raise UsageError("Usage: database put <family> <key> <value>")
    call.pbx.database.put(words[0], words[1], " ".join(words[2:]))
    return ["Updated database successfully"]


@console("dialplan show")
def show_dialplan(call: ActionCall, words: list[str]) -> list[str]:
    """A context, or an extension of one as `exten@context`."""
    exten, at, context = (words[0] if words else "").rpartition("@")
    found = list(call.pbx.dialplan.extensions(context))
    steps = [each for each in found if not at or each[0] == exten]
    if not found:
        raise CommandFailed(f"There is no existence of '{context}' context")
    if not steps:
        raise CommandFailed(f"There is no existence of {words[0]} extension")
    lines = [f"[ Context '{context}' created by 'pbx_config' ]"]
    for name, priority, step in steps:
        head = f"'{name}' =>" if priority == 1 else ""
        text = f"{priority}. {step.application}({step.data})"
        lines.append(f"  {head:<16}  {text:<45} [pbx_config]")
    extensions = len({name for name, _, _ in steps})
    count = f"{extensions} extension{'' if extensions == 1 else 's'}"
    priorities = f"({len(steps)} priorit{'y' if len(steps) == 1 else 'ies'})"
    return [*lines, "", f"-= {count} {priorities} in 1 context. =-"]


@console("devstate change")
def change_device_state(call: ActionCall, words: list[str]) -> list[str]:
    """Change the state of a custom device."""
    if len(words) != 2 or words[1].upper() not in DeviceState.__members__:
        raise UsageError("Usage: devstate change <device> <state>")
    device, state = words
    if not device.startswith("Custom:"):
        raise CommandFailed("The devstate command can only be used to set 'Custom:' device state!")
    call.pbx.states.change_custom(device, state)
    return [f"Changing {device.removeprefix('Custom:')} to {state}"]


@console("presencestate change")
def change_presence_state(call: ActionCall, words: list[str]) -> list[str]:
    """Change a custom presence; what is more than one word stands in quotes."""
    usage = "Usage: presencestate change <entity> <state>[,<subtype>[,message[,options]]]"
    if len(words) != 2:
        raise UsageError(usage)
    state, subtype, message = [*words[1].split(",", 2), "", ""][:3]
    if not words[0].startswith("CustomPresence:") or state.lower() not in PRESENCES:
        raise UsageError(usage)
    call.pbx.states.change_presence(words[0], Presence(state.lower(), subtype, message))
    return [f"Changing {words[0].removeprefix('CustomPresence:')} to {state}"]


def _concise(channel: Channel) -> str:
    now = channel.pbx.kernel.now
    fields = (
        channel.name,
        channel.context,
        channel.exten,
        str(channel.priority),
        state_text(channel.state),
        channel.application or "(None)",
        channel.data,
        channel.caller.number,
        channel.account,
        channel.peer_account,
        "3",
        str(int(now - channel.created)),
        channel.bridge.uniqueid if channel.bridge else "",
        channel.uniqueid,
    )
    return "!".join(fields)


def duration(seconds: int) -> str:
    """A time as the console tells it: `1 week, 2 days, 3 seconds`."""
    units = (
        ("year", _YEAR),
        ("week", _WEEK),
        ("day", _DAY),
        ("hour", _HOUR),
        ("minute", _MINUTE),
        ("second", 1),
    )
    parts: list[str] = []
    for word, length in units:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {word}{'' if count == 1 else 's'}")
    return ", ".join(parts)
