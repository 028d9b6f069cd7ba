"""What Asterisk documents has a model: every event, action and parameter of both releases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import attrs
import pytest

from amitrio.models.generated import index
from amitrio.models.kinds import Spec, spec_of
from amitrio.models.layout import layout_of
from amitrio.models.registry import event_class, load
from amitrio.models.requests import TypedAction
from amitrio.models.snapshots import BridgeEvent, BridgeSnapshot, ChannelEvent, ChannelSnapshot
from amitrio.models.typed import TypedEvent
from tools.models.extracts import load as extract

RELEASES = (16, 22)
DOCUMENTED = {release: extract(f"documented-{release}") for release in RELEASES}

RENAMED = {"NewExten": "Newexten"}
"""Events whose name on the wire is another."""

# How an event came, which every class has; the second Event of ResourceListDetail is not found.
ENVELOPE = {"ActionID", "Event", "EventList", "ListItems"}
NOT_SENT = {
    ("TransportDetail", "AsycOperations"): "a slip: it is sent as AsyncOperations",
    ("AOC-S", "RateType"): "the names of the headers tell it",
    ("AOC-S", "StepFunction"): "a value of ChargingType",
    ("UserEvent", "Header1"): "stands for any header",
    ("UserEvent", "HeaderN"): "stands for any header",
}
"""Parameters that are no headers."""

# parking_manager.c documents the parker's snapshot and sends none.
NO_PARKER = {"ParkedCallGiveUp", "ParkedCallSwap", "ParkedCallTimeOut", "UnParkedCall"}

WRONG_CLASSES = {"ChannelTalkingStart": "call", "ChannelTalkingStop": "call"}
"""Events whose documentation names a class that there is not; stasis_channels.c says which."""

LISTED = {one for items, complete in index.LISTS.values() for one in (*items, complete)}
"""Events that are items of lists, or end one."""

NEEDED = {
    "BlindTransfer": {"exten"},  # action_blind_transfer() in manager_bridges.c
    "CoreShowChannelMap": {"channel"},
    "JabberSend": {"screenname"},  # it is documented as JID, which nobody reads
    "MixMonitorMute": {"state", "direction"},
}
"""What the code refuses to do without, and the documentation calls optional."""

SPARED = {
    "AOCMessage": {"channel", "chargetype"},  # or ChannelPrefix; not for every kind of message
    "Challenge": {"authtype"},  # there is one only, which is the default
    "ExtensionState": {"context"},  # `default`
    "JabberSend": {"jid"},
    "PJSIPNotify": {"variable"},  # since Option can name what pjsip_notify.conf has
}
"""What the documentation of a release calls required, and can be left out."""


def documented(section: str) -> list[Any]:
    return [
        pytest.param(release, name, id=f"{release}-{name}")
        for release in RELEASES
        for name in DOCUMENTED[release][section]
    ]


every_event = pytest.mark.parametrize(("release", "name"), documented("events"))
every_action = pytest.mark.parametrize(("release", "name"), documented("actions"))


def event_named(name: str) -> type[TypedEvent]:
    cls = event_class(RENAMED.get(name, name))
    assert issubclass(cls, TypedEvent)
    return cls


def action_named(name: str) -> type[TypedAction[Any]]:
    family, class_name = index.ACTIONS[name.lower()]
    return cast("type[TypedAction[Any]]", load(f"actions.{family}", class_name))


def specs_of(cls: type) -> Iterator[Spec]:
    """What the fields know of the wire, those of numbered headers behind the others."""
    own = [spec_of(field) for field in attrs.fields(cls) if field.metadata]
    yield from own
    for spec in own:
        if spec.form == "numbered":
            yield from (
                attrs.evolve(one, header=_inside(spec, one)) for one in specs_of(spec.inner)
            )


def _inside(outer: Spec, inner: Spec) -> str:
    return outer.header.format(index="X", field=inner.header)


def without_field(cls: type, kind: str, params: Iterable[str]) -> list[str]:
    """The parameters that no field takes, whole or as the last word of `Charge/Currency/Cost`."""
    headers = {spec.header.lower() for spec in specs_of(cls)}
    numbered = [one.matches for one in layout_of(cls).numbered]
    words = {word for header in headers for word in [header, *header.replace("(", "/").split("/")]}
    return [
        name
        for name in params
        if name.lower() not in words and name not in ENVELOPE and (kind, name) not in NOT_SENT
        if not any(pattern.fullmatch(name) for pattern in numbered)
    ]


def values_missing(cls: type, said: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The documented values that a field does not read."""
    places = layout_of(cls).places
    for header, values in said.items():
        place = places.get(header.lower())
        if place is None:
            continue
        for value in values:
            try:
                place.spec.codec.read(value)
            except ValueError:
                yield f"{header}: {value}"


# Events ------------------------------------------------------------------------------------------


@every_event
def test_an_event_has_a_class_in_its_family(release: int, name: str) -> None:
    kind = RENAMED.get(name, name)
    family, class_name = index.EVENTS[kind.lower()]
    cls = event_named(name)
    assert (cls.__module__, cls.__name__) == (
        f"amitrio.models.generated.events.{family}",
        class_name,
    )
    assert cls.about.kind == kind
    assert release in cls.about.releases


@every_event
def test_who_may_read_it_is_known(release: int, name: str) -> None:
    said = {
        one
        for any_release in RELEASES
        for one in DOCUMENTED[any_release]["events"].get(name, {}).get("classes", ())
    }
    known = event_named(name).about.event_class
    if known is None:
        assert name in LISTED  # whoever asked for the list may read it
    else:
        assert known == WRONG_CLASSES.get(name, known)
        assert known in said or name in WRONG_CLASSES


@every_event
def test_its_parameters_are_fields(release: int, name: str) -> None:
    params = DOCUMENTED[release]["events"][name].get("params", ())
    assert without_field(event_named(name), name, params) == []


@every_event
def test_its_snapshots_are_there(release: int, name: str) -> None:
    cls = event_named(name)
    parts = {(spec.header, spec.inner) for spec in specs_of(cls) if spec.form == "part"}
    names = {field.name for field in attrs.fields(cls)}
    for snapshot in DOCUMENTED[release]["events"][name].get("snapshots", ()):
        what, _, prefix = snapshot.partition(":")
        if prefix == "Parker" and name in NO_PARKER:
            continue
        base, part = SNAPSHOTS[what]
        flat = {field.name for field in attrs.fields(base)} <= names
        assert (prefix, part) in parts if prefix else flat


SNAPSHOTS: dict[str, tuple[type[TypedEvent], type]] = {
    "channel": (ChannelEvent, ChannelSnapshot),
    "bridge": (BridgeEvent, BridgeSnapshot),
}


@every_event
def test_its_fields_read_every_value_that_is_documented(release: int, name: str) -> None:
    said = DOCUMENTED[release]["events"][name].get("enums", {})
    assert list(values_missing(event_named(name), said)) == []


# Actions -----------------------------------------------------------------------------------------


@every_action
def test_an_action_has_a_class_in_its_family(release: int, name: str) -> None:
    family, class_name = index.ACTIONS[name.lower()]
    cls = action_named(name)
    assert (cls.__module__, cls.__name__) == (
        f"amitrio.models.generated.actions.{family}",
        class_name,
    )
    assert issubclass(cls, TypedAction)
    assert cls.about.name == name
    assert release in cls.about.releases


@every_action
def test_its_parameters_can_be_given(release: int, name: str) -> None:
    params = DOCUMENTED[release]["actions"][name].get("params", ())
    assert without_field(action_named(name), name, params) == []


@every_action
def test_what_is_required_must_be_given(release: int, name: str) -> None:
    fields = attrs.fields(action_named(name))
    asked = {spec_of(one).header.lower() for one in fields if one.default is attrs.NOTHING}
    said = {one.lower() for one in DOCUMENTED[release]["actions"][name].get("required", ())}
    said.discard("actionid")
    assert asked - said <= NEEDED.get(name, set())
    assert said - asked <= SPARED.get(name, set())


@every_action
def test_its_fields_take_every_value_that_is_documented(release: int, name: str) -> None:
    said = DOCUMENTED[release]["actions"][name].get("enums", {})
    assert list(values_missing(action_named(name), said)) == []


# The tables --------------------------------------------------------------------------------------


def test_no_exception_is_needless() -> None:
    asked = {
        (name, spec_of(one).header.lower())
        for name in {*NEEDED, *SPARED}
        for one in attrs.fields(action_named(name))
        if one.default is attrs.NOTHING
    }
    said = {
        (name, header.lower())
        for release in RELEASES
        for name, entry in DOCUMENTED[release]["actions"].items()
        for header in entry.get("required", ())
    }
    assert {(name, one) for name, some in NEEDED.items() for one in some} <= asked - said
    assert {(name, one) for name, some in SPARED.items() for one in some} <= said - asked
