"""Small classes of every kind of field, as the generated ones are declared."""
# ruff: noqa: RUF009 - the functions of models/kinds.py make attrs fields

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum

import attrs

from amitrio import Reply, Secret
from amitrio.models import kinds
from amitrio.models.requests import ActionAbout, TypedAction
from amitrio.models.showing import shown
from amitrio.models.snapshots import (
    BridgedChannelEvent,
    BridgeEvent,
    ChannelEvent,
    ChannelSnapshot,
    channel_part,
)
from amitrio.models.typed import About, TypedEvent, TypedReply
from amitrio.models.values import Address, Variables, WireText


class Light(IntEnum):
    RED = 1
    GREEN = 3


class Mood(WireText):
    NOT_IN_USE = "Not in use"
    BUSY = "BUSY"


@attrs.frozen(kw_only=True)
class Report:
    source: int | None = kinds.hexadecimal("Source")
    source_lost: int | None = kinds.integer("SourceLost")


@attrs.frozen(kw_only=True)
class Side:
    channel: str | None = kinds.text("Channel")
    priority: int | None = kinds.integer("Priority")
    number: str | None = kinds.snapshot_text("Number", "channel")
    name: str | None = kinds.snapshot_text("Name", "channel", c_escaped=True)
    variables: Variables = kinds.snapshot_variables("Variable")

    def __repr__(self) -> str:
        return shown(self)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Sampled(TypedEvent):
    about = About("Sampled", event_class="call")

    text: str | None = kinds.text("Text", null=("N/A",))
    verbatim: str | None = kinds.verbatim("Verbatim")
    escaped: str | None = kinds.escaped("Escaped")
    percent: str | None = kinds.percent("Percent")
    integer: int | None = kinds.integer("Integer")
    number: float | None = kinds.number("Number")
    hexadecimal: int | None = kinds.hexadecimal("Hexadecimal")
    flag: bool | None = kinds.flag("Flag")
    yes_no: bool | None = kinds.yes_no("YesNo")
    clock: int | None = kinds.clock("Clock")
    epoch: datetime | None = kinds.epoch("Epoch")
    iso: datetime | None = kinds.iso("Iso")
    local_time: datetime | None = kinds.local_time("LocalTime")
    address: Address | None = kinds.address("Address")
    light: Light | None = kinds.enumerated("Light", Light)
    mood: Mood | None = kinds.enumerated("Mood", Mood)
    words: tuple[str, ...] = kinds.words("Words")
    many: tuple[str, ...] = kinds.many("Many")
    told: Variables = kinds.variables("Told")
    secret: str | None = kinds.text("Hidden", secret=True)
    near: Side | None = kinds.part("Near", Side)
    far: Side | None = kinds.part("Far", Side)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Reported(TypedEvent):
    about = About("Reported")

    count: int | None = kinds.integer("Count")
    reports: tuple[Report, ...] = kinds.numbered("Report{index}{field}", Report)
    padded: tuple[Report, ...] = kinds.numbered("Padded-{index:06}-{field}", Report)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Parted(ChannelEvent):
    about = About("Parted", event_class="call")

    cause: Light | None = kinds.enumerated("Cause", Light)
    dest: ChannelSnapshot | None = channel_part("Dest")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Spanned(BridgeEvent):
    about = About("Spanned")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Joined(BridgedChannelEvent):
    about = About("Joined")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Counted(TypedReply):
    about = About("Counted")

    count: int | None = kinds.integer("Count")


@attrs.frozen(kw_only=True, repr=False)
class Count(TypedAction[Counted]):
    about = ActionAbout("Count", frozenset({"call", "reporting"}))

    mailbox: str = attrs.field(metadata=kinds.required(kinds.text("Mailbox")))
    limit: int | None = kinds.integer("Limit")
    quick: bool | None = kinds.true_false("Quick")
    light: Light | None = kinds.enumerated("Light", Light)
    codecs: tuple[str, ...] = kinds.words("Codecs")
    members: tuple[str, ...] = kinds.many("Member")
    variables: Variables = kinds.settings("Variable")
    password: str | Secret | None = kinds.hidden("Password")


@attrs.frozen(kw_only=True, repr=False)
class Shout(TypedAction[Reply]):
    about = ActionAbout("Shout")

    event: str = attrs.field(metadata=kinds.required(kinds.verbatim("ShoutEvent")))
    fields: Variables = kinds.headers()


@attrs.frozen(kw_only=True, repr=False)
class Need(TypedAction[Reply]):
    about = ActionAbout("Need")

    members: tuple[str, ...] = attrs.field(
        metadata=kinds.required(kinds.many("Member")), converter=kinds.texts
    )


@attrs.frozen(kw_only=True, repr=False)
class Keyed(TypedAction[Reply]):
    about = ActionAbout("Keyed")

    key: str | None = kinds.text("Key")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Free(TypedEvent):
    about = About("Free")

    text: str | None = kinds.text("Text")
    password: str | None = kinds.text("Password")
    fields: Variables = kinds.headers()


def bare(pairs: Iterable[tuple[str, str | Secret]]) -> list[tuple[str, str]]:
    """Headers as they are read: secrets are text like any other."""
    return [(name, one.reveal() if isinstance(one, Secret) else one) for name, one in pairs]
