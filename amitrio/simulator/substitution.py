"""Substitution: `${VARIABLES}`, `${FUNCTIONS(x)}` and `$[expressions]` in what applications get.

Law: as Asterisk, an unknown variable is the empty text, and what comes out is put in raw, line
breaks and all. Nothing is ever run: `SHELL` knows `printf` and no other program.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from amitrio.simulator.channels import Channel, Party
from amitrio.simulator.tables import state_text

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx

__all__ = ["read_variable", "substitute", "write_variable"]

_FUNCTION = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\((.*)\)", re.DOTALL)


def substitute(text: str, channel: Channel) -> str:
    """The text with every `${}` and `$[]` worked out for that channel."""
    done: list[str] = []
    rest = text
    while rest:
        start = min((at for at in (rest.find("${"), rest.find("$[")) if at >= 0), default=-1)
        if start < 0:
            break
        inside, after = _bracketed(rest[start + 1 :])
        inner = substitute(inside, channel)
        value = _variable(inner, channel) if rest[start + 1] == "{" else _expression(inner)
        done += [rest[:start], value]
        rest = after
    return "".join([*done, rest])


def read_variable(name: str, channel: Channel | None, pbx: Pbx) -> str | None:
    """What Getvar and `${}` find under that name; None where there is nothing."""
    if function := _FUNCTION.fullmatch(name):
        reader = _READERS.get(function[1].upper())
        return reader(function[2], channel, pbx) if reader else None
    if channel is not None:
        builtin = _BUILTINS.get(name)
        found = builtin(channel) if builtin else channel.variable(name)
        if found is not None:
            return found
    return pbx.variables.get(name)


def write_variable(name: str, value: str, channel: Channel | None, pbx: Pbx) -> bool:
    """Set a variable or write a function, as Set and Setvar do; False where that fails."""
    if function := _FUNCTION.fullmatch(name):
        writer = _WRITERS.get(function[1].upper())
        return writer(function[2], value, channel, pbx) if writer else False
    if channel is None:
        pbx.set_global(name, value)
    else:
        channel.set_variable(name, value)
    return True


def _bracketed(text: str) -> tuple[str, str]:
    """What is inside the bracket that the text begins with, and what follows it."""
    opening, closing = text[0], {"{": "}", "[": "]"}[text[0]]
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == opening) - (letter == closing)
        if depth == 0:
            return text[1:at], text[at + 1 :]
    return text[1:], ""


def _variable(name: str, channel: Channel) -> str:
    plain, *cut = name.split(":", 2) if "(" not in name else [name]
    value = read_variable(plain, channel, channel.pbx) or ""
    if not cut:
        return value
    start = int(cut[0] or 0)
    length = int(cut[1]) if len(cut) > 1 else None
    part = value[start:]
    return part if length is None else part[:length]


def _expression(text: str) -> str:
    """`a=b` and its like, and sums; enough for the conditions of a small dialplan."""
    found = re.fullmatch(r"\s*(.*?)\s*(!=|<=|>=|=|<|>|\+|-)\s*(.*?)\s*", text, re.DOTALL)
    if found is None:
        return text.strip()
    left, operator, right = found[1], found[2], found[3]
    return _OPERATORS[operator](left, right)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _compared(test: Callable[[float, float], bool]) -> Callable[[str, str], str]:
    return lambda left, right: str(int(test(_number(left), _number(right))))


_OPERATORS: dict[str, Callable[[str, str], str]] = {
    "=": lambda left, right: str(int(left == right)),
    "!=": lambda left, right: str(int(left != right)),
    "<": _compared(lambda left, right: left < right),
    ">": _compared(lambda left, right: left > right),
    "<=": _compared(lambda left, right: left <= right),
    ">=": _compared(lambda left, right: left >= right),
    "+": lambda left, right: f"{_number(left) + _number(right):g}",
    "-": lambda left, right: f"{_number(left) - _number(right):g}",
}

_BUILTINS: dict[str, Callable[[Channel], str]] = {
    "CHANNEL": lambda channel: channel.name,
    "CONTEXT": lambda channel: channel.context,
    "EXTEN": lambda channel: channel.exten,
    "PRIORITY": lambda channel: str(channel.priority),
    "UNIQUEID": lambda channel: channel.uniqueid,
    "HANGUPCAUSE": lambda channel: str(channel.hangup_cause),
}

Reader = Callable[[str, "Channel | None", "Pbx"], "str | None"]
Writer = Callable[[str, str, "Channel | None", "Pbx"], bool]


def _read_if(argument: str, _channel: Channel | None, _pbx: Pbx) -> str:
    condition, _, branches = argument.partition("?")
    yes, _, no = branches.partition(":")
    return yes if condition not in {"", "0"} else no


_CHANNEL_FIELDS: dict[str, Callable[[Channel], str]] = {
    "name": lambda channel: channel.name,
    "state": lambda channel: state_text(channel.state),
    "language": lambda channel: channel.language,
    "accountcode": lambda channel: channel.account,
    "uniqueid": lambda channel: channel.uniqueid,
    "linkedid": lambda channel: channel.linkedid,
    "channeltype": lambda channel: channel.technology,
}


def _read_channel(argument: str, channel: Channel | None, _pbx: Pbx) -> str | None:
    field = _CHANNEL_FIELDS.get(argument.lower())
    return field(channel) if field and channel else None


def _write_channel(argument: str, value: str, channel: Channel | None, _pbx: Pbx) -> bool:
    if channel is None or argument.lower() not in {"language", "accountcode"}:
        return False
    setattr(channel, {"language": "language", "accountcode": "account"}[argument.lower()], value)
    channel.publish_changes()
    return True


def _read_party(which: str) -> Reader:
    def read(argument: str, channel: Channel | None, _pbx: Pbx) -> str | None:
        if channel is None:
            return None
        party: Party = getattr(channel, which)
        both = f'"{party.name}" <{party.number}>'
        return {"num": party.number, "name": party.name, "all": both}.get(argument.lower())

    return read


def _write_party(which: str) -> Writer:
    def write(argument: str, value: str, channel: Channel | None, _pbx: Pbx) -> bool:
        if channel is None or argument.lower() not in {"num", "name"}:
            return False
        party: Party = getattr(channel, which)
        changed = (value, party.name) if argument.lower() == "num" else (party.number, value)
        setattr(channel, which, Party(*changed))
        channel.publish_changes()
        return True

    return write


def _write_array(argument: str, value: str, channel: Channel | None, pbx: Pbx) -> bool:
    names, values = argument.split(","), value.split(",")
    values += [""] * (len(names) - len(values))
    return all(
        write_variable(name, each, channel, pbx) for name, each in zip(names, values, strict=False)
    )


def _write_hash(argument: str, value: str, channel: Channel | None, _pbx: Pbx) -> bool:
    if channel is not None:
        channel.hashes[argument] = value
    return channel is not None


def _write_global(argument: str, value: str, _channel: Channel | None, pbx: Pbx) -> bool:
    pbx.set_global(argument, value)
    return True


def _write_db(argument: str, value: str, _channel: Channel | None, pbx: Pbx) -> bool:
    family, slash, key = argument.partition("/")
    return bool(slash) and pbx.database.put(family, key, value)


def _write_cdr(argument: str, value: str, channel: Channel | None, _pbx: Pbx) -> bool:
    if channel is not None and argument.lower() == "userfield":
        channel.user_field = value
    return channel is not None


def _write_devstate(argument: str, value: str, _channel: Channel | None, pbx: Pbx) -> bool:
    return pbx.states.change_custom(argument, value)


def _printf(argument: str, _channel: Channel | None, _pbx: Pbx) -> str | None:
    """`printf 'text'` with its escapes; every other program is not there."""
    found = re.fullmatch(r"""printf\s+(?:'([^']*)'|"([^"]*)")""", argument, re.DOTALL)
    if found is None:
        return ""
    return re.sub(r"\\([nrt\\])", lambda match: _PRINTF[match[1]], found[1] or found[2] or "")


_PRINTF = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}


def _read_cdr(argument: str, channel: Channel | None, _pbx: Pbx) -> str:
    return channel.user_field if channel and argument.lower() == "userfield" else ""


def _read_db(argument: str, _channel: Channel | None, pbx: Pbx) -> str | None:
    family, slash, key = argument.partition("/")
    return pbx.database.get(family, key) if slash else None


def _read_device_state(argument: str, _channel: Channel | None, pbx: Pbx) -> str:
    return pbx.states.device(argument).name


def _read_global(argument: str, _channel: Channel | None, pbx: Pbx) -> str | None:
    return pbx.variables.get(argument)


def _read_hash(argument: str, channel: Channel | None, _pbx: Pbx) -> str | None:
    return channel.hashes.get(argument) if channel else None


def _read_length(argument: str, _channel: Channel | None, _pbx: Pbx) -> str:
    return str(len(argument.encode("utf-8", "surrogateescape")))


def _read_random(argument: str, _channel: Channel | None, pbx: Pbx) -> str:
    low, _, high = argument.partition(",")
    return str(pbx.random.randint(int(low or 0), int(high or 2**31 - 1)))


_READERS: dict[str, Reader] = {
    "CALLERID": _read_party("caller"),
    "CDR": _read_cdr,
    "CHANNEL": _read_channel,
    "CONNECTEDLINE": _read_party("connected"),
    "DB": _read_db,
    "DEVICE_STATE": _read_device_state,
    "GLOBAL": _read_global,
    "HASH": _read_hash,
    "IF": _read_if,
    "LEN": _read_length,
    "RAND": _read_random,
    "SHELL": _printf,
}

_WRITERS: dict[str, Writer] = {
    "ARRAY": _write_array,
    "CALLERID": _write_party("caller"),
    "CDR": _write_cdr,
    "CHANNEL": _write_channel,
    "CONNECTEDLINE": _write_party("connected"),
    "DB": _write_db,
    "DEVICE_STATE": _write_devstate,
    "GLOBAL": _write_global,
    "HASH": _write_hash,
}
