"""Spelling: events and replies of the models as a real server writes them.

The models say which headers there are; this says what is Asterisk's whim about them: the order
where it is not that of the fields, the words for truth and for nothing, the digits of a number.

Law: what is held is written as it is. Asterisk checks nothing of what it sends, and so a line
break in a value begins a header of its own here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import attrs

from amitrio.models import BridgeSnapshot, Event, TypedEvent, TypedReply, Variables
from amitrio.models.codecs import escape, unescape
from amitrio.models.kinds import UNKNOWN, Spec
from amitrio.models.layout import layout_of

__all__ = ["header_lines", "known", "lines_of"]

Pair = tuple[str, str]
Spell = Callable[[Any], str]

# A field keeps the texts of so many values; what is rarer is written anew each time.
_MOST_TEXTS = 1024


def header_lines(pairs: Iterable[Pair]) -> str:
    """Headers as they are sent; one without a name is a line that is no header."""
    return "".join([f"{name}: {value}\r\n" if name else f"{value}\r\n" for name, value in pairs])


def lines_of(message: Event | TypedReply, order: tuple[str, ...] = ()) -> str:
    """What a message says behind its first header and those of its envelope.

    The fields that `order` names come last, and so.
    """
    if not isinstance(message, TypedEvent | TypedReply):
        return header_lines(message.headers.pairs[1:])
    kind = message.about.kind
    lines: list[str] = []
    cls: type = type(message)
    _plan(cls, "", kind, order or _ORDERS.get(kind, ())).write(message, lines)
    others = message.other_headers.pairs
    return "".join(lines) + header_lines(others) if others else "".join(lines)


def known(text: str) -> str | None:
    """A text that may be missing; None where it is empty."""
    return text or None


# How a class is written ------------------------------------------------------------------------

# What is written before a value, how the value is, what stands for None, where the value is
# without which nothing stands for None, and who writes it where it is more than one header.
_Step = tuple[str, Spell | None, str | None, int | None, "_Plan | _Repeated | None"]


@attrs.frozen(eq=False)
class _Plan:
    """The headers of a class, in the order in which they are sent."""

    values_of: Callable[[object], tuple[Any, ...]]
    steps: tuple[_Step, ...]

    def write(self, message: object, lines: list[str]) -> None:
        """Add the headers of the message to the lines."""
        values = self.values_of(message)
        for value, (label, spell, nothing, key, several) in zip(values, self.steps, strict=True):
            if value is None:
                if nothing is not None and (key is None or values[key] is not None):
                    lines.append(f"{label}{nothing}\r\n")
            elif several is not None:
                several.write(value, lines)
            else:
                lines.append(f"{label}{value if spell is None else spell(value)}\r\n")


@attrs.frozen(eq=False)
class _Repeated:
    """A field of as many headers as it holds values."""

    label: str
    spec: Spec

    def write(self, value: Any, lines: list[str]) -> None:
        """Add the headers of what the field holds to the lines."""
        if value:
            lines.append(header_lines(self._pairs(value)))

    def _pairs(self, value: Any) -> Iterable[Pair]:
        write = _spelled(self.spec) or str
        if isinstance(value, Variables):
            return [(self.label, f"{name}={write(text)}") for name, text in value.items()]
        if self.spec.form == "many":
            return [(self.label, text) for text in value]
        if self.spec.form == "numbered":
            return [
                (self.label.format(index=index, field=name), str(text))
                for index, one in enumerate(value)
                for name, text in layout_of(self.spec.inner).write(one)
            ]
        return [(self.label, write(value))]


@cache
def _plan(cls: type, prefix: str, kind: str, order: tuple[str, ...]) -> _Plan:
    """How messages of that class are written."""
    specs = dict(layout_of(cls).fields)
    names = sorted(specs, key=lambda name: order.index(name) if name in order else -1)
    steps = (_step(specs[name], name, prefix, kind, names) for name in names)
    return _Plan(attrgetter(*names) if len(names) > 1 else _alone(names), tuple(steps))


def _alone(names: list[str]) -> Callable[[object], tuple[Any, ...]]:
    """What attrgetter does for several names, for one or none."""
    return lambda message: tuple(getattr(message, name) for name in names)


def _step(spec: Spec, name: str, prefix: str, kind: str, names: list[str]) -> _Step:
    label = prefix + spec.header
    if spec.form == "part":
        return label, None, None, None, _plan(spec.inner, label, kind, ())
    if spec.form != "one":
        return label, None, None, None, _Repeated(label, spec)
    key = None if spec.snapshot_key is None else names.index(spec.snapshot_key)
    nothing = _NOTHING_IN.get(kind, {}).get(name, _NOTHING.get(spec.header))
    return f"{label}: ", _spelled(spec), nothing if key is None else spec.spelled_null, key, None


def _spelled(spec: Spec) -> Spell | None:
    """How a value is written; None for text that is written as it is."""
    codec = spec.codec
    if codec.read is str:
        return None
    if codec.read is unescape:
        return escape
    return _Texts(_SPELLED.get(spec.header, codec.write)).__getitem__


class _Texts(dict[Any, str]):
    """The texts of values that come again and again."""

    def __init__(self, write: Spell) -> None:
        super().__init__()
        self._write = write

    def __missing__(self, value: Any) -> str:
        text = self._write(value)
        if len(self) < _MOST_TEXTS:
            self[value] = text
        return text


# Asterisk's whims ------------------------------------------------------------------------------


def _truth(yes: str, no: str) -> Spell:
    return lambda value: yes if value else no


_CAPITAL = _truth("Yes", "No")
_SPELLED: Mapping[str, Spell] = MappingProxyType(
    {
        "CoreCDRenabled": _CAPITAL,
        "CoreHTTPenabled": _CAPITAL,
        "CoreMaxLoadAvg": "{:.6f}".format,
        "CoreRealTimeEnabled": _CAPITAL,
        "Events": _truth("On", "Off"),
        "IsExternal": _CAPITAL,
        "LocalOptimization": _CAPITAL,
        "Restart": _truth("True", "False"),
        "ServicelevelPerf": "{:.1f}".format,
        "ServicelevelPerf2": "{:.1f}".format,
        "SoundsSearchCustomDir": _CAPITAL,
        "Timestamp": lambda moment: f"{moment.timestamp():.6f}",
    }
)

# What stands for None, in every event, and in some; else the header is left out.
_NOTHING: Mapping[str, str] = MappingProxyType(
    {"LastCall": "0", "LastPause": "0", "LoginTime": "0", "TimeToHangup": "0"}
)
_NOTHING_IN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "OriginateResponse": dict.fromkeys(
            ("uniqueid", "caller_id_num", "caller_id_name"), UNKNOWN
        ),
        "QueueEntry": dict.fromkeys(  # here, and here alone, it is spelled so
            ("caller_id_num", "caller_id_name", "connected_line_num", "connected_line_name"),
            "unknown",
        ),
        "Status": {
            "effective_connected_line_num": UNKNOWN,
            "effective_connected_line_name": UNKNOWN,
            "application": "(null)",  # printf's own word for it
            "data": "(null)",
        },
    }
)

_BRIDGE = tuple(field.name for field in attrs.fields(BridgeSnapshot))
_MEMBER = ("queue", "interface", "member_name")
# The fields that come last, where their order is not that of the class.
_ORDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AgentCalled": _MEMBER,
        "AgentComplete": (*_MEMBER, "hold_time", "talk_time", "reason"),
        "AgentConnect": (*_MEMBER, "hold_time", "ring_time"),
        "AgentRingNoAnswer": (*_MEMBER, "ring_time"),
        "BlindTransfer": (
            *("result", "transferer", "transferee"),
            *_BRIDGE,
            *("is_external", "context", "extension"),
        ),
        "CoreSettings": ("sounds_search_custom_dir",),
        "CoreShowChannel": ("bridge_id",),
        "QueueCallerLeave": ("count",),
        "QueueParams": (
            *("max", "strategy", "calls", "hold_time", "talk_time", "completed", "abandoned"),
            *("service_level", "service_level_perf", "service_level_perf2", "weight"),
        ),
        "RequestBadFormat": ("account_id",),
    }
)
