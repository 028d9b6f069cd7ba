"""Kinds of fields: what the fields of typed messages and actions are declared with.

    cause: HangupCause | None = enumerated("Cause", HangupCause)

Each function gives an attrs field that knows its header (a Spec, in the field's metadata). A
field is None, or empty where it is a container, when its header is absent. The functions are
typed as attrs.field itself is: the annotation beside them says the type.

Law: a field names its header once, here, and for both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from types import NoneType
from typing import Any, Literal, TypedDict, Unpack, cast

import attrs

from amitrio.credentials import Secret
from amitrio.models import codecs
from amitrio.models.codecs import Codec
from amitrio.models.values import Variables

__all__ = [
    "NONE",
    "UNKNOWN",
    "Options",
    "Spec",
    "address",
    "clock",
    "enumerated",
    "epoch",
    "escaped",
    "flag",
    "headers",
    "hexadecimal",
    "hidden",
    "integer",
    "iso",
    "local_time",
    "many",
    "number",
    "numbered",
    "on_off",
    "part",
    "percent",
    "required",
    "settings",
    "snapshot_text",
    "snapshot_variables",
    "spec_of",
    "text",
    "texts",
    "true_false",
    "variables",
    "verbatim",
    "words",
    "yes_no",
]

NONE = Variables()
UNKNOWN = "<unknown>"
"""How Asterisk writes a number or a name that it does not have."""

Form = Literal["one", "many", "variables", "settings", "words", "numbered", "part", "headers"]


@attrs.frozen
class Spec:
    """What a field knows of the wire."""

    header: str
    codec: Codec[Any]
    form: Form = "one"
    inner: type = NoneType
    """The class of a part, or of what numbered headers make up."""
    spelled_null: str | None = None
    """How None is written where a snapshot is; else the header of what is None is left out."""
    snapshot_key: str | None = None
    """The field that is set where the snapshot is."""
    since: str | None = None
    until: str | None = None
    releases: tuple[int, ...] | None = None
    secret: bool = False


class Options(TypedDict, total=False):
    """What any field function takes beside the header."""

    default: object
    """What it is where nothing is given, if not None."""
    since: str
    """The first Asterisk that has it, where that is known."""
    until: str
    """The first Asterisk that has it no more."""
    releases: tuple[int, ...]
    """The measured releases that have it, where one of them has not."""
    secret: bool
    """Never shown."""
    null: tuple[str, ...]
    """Further texts that mean None."""


def required(field: Any) -> Mapping[str, Any]:
    """The metadata of a field that has no default: `attrs.field(metadata=required(text("X")))`.

    Written out like this, since a type checker sees a default wherever it sees no attrs.field.
    """
    metadata: Mapping[str, Any] = field.metadata
    return metadata


def spec_of(attribute: attrs.Attribute[Any]) -> Spec:
    """What a field knows of the wire."""
    spec: Spec = attribute.metadata["wire"]
    return spec


def _field(
    header: str,
    codec: Codec[Any],
    options: Options,
    *,
    form: Form = "one",
    inner: type = NoneType,
    empty: object = None,
    converter: Callable[[Any], Any] | None = None,
) -> Any:
    if nulls := options.get("null"):
        codec = attrs.evolve(codec, nulls=codec.nulls | set(nulls))
    spec = Spec(
        header,
        codec,
        form,
        inner,
        since=options.get("since"),
        until=options.get("until"),
        releases=options.get("releases"),
        secret=options.get("secret", False),
    )
    return attrs.field(
        default=options.get("default", empty),
        converter=converter,
        repr=not spec.secret,
        metadata={"wire": spec},
    )


# One header, one value -------------------------------------------------------------------------


def text(header: str, **options: Unpack[Options]) -> Any:
    """Text; what Asterisk writes where it has none is None."""
    return _field(header, codecs.TEXT, options)


def verbatim(header: str, **options: Unpack[Options]) -> Any:
    """Text exactly as it was sent: what users and dialplans wrote."""
    return _field(header, codecs.VERBATIM, options)


def escaped(header: str, **options: Unpack[Options]) -> Any:
    """Text that Asterisk escaped in C's manner."""
    return _field(header, codecs.ESCAPED, options)


def percent(header: str, **options: Unpack[Options]) -> Any:
    """Text that Asterisk percent-encoded; what is not UTF-8 inside is read as latin-1."""
    return _field(header, codecs.PERCENT, options)


def integer(header: str, **options: Unpack[Options]) -> Any:
    """A whole number."""
    return _field(header, codecs.INTEGER, options)


def number(header: str, **options: Unpack[Options]) -> Any:
    """A number with a fraction."""
    return _field(header, codecs.NUMBER, options)


def hexadecimal(header: str, **options: Unpack[Options]) -> Any:
    """A whole number that is written as 0x..."""
    return _field(header, codecs.HEXADECIMAL, options)


def flag(header: str, **options: Unpack[Options]) -> Any:
    """Truth, written 1 or 0."""
    return _field(header, codecs.FLAG, options)


def true_false(header: str, **options: Unpack[Options]) -> Any:
    """Truth, written true or false."""
    return _field(header, codecs.TRUE_FALSE, options)


def yes_no(header: str, **options: Unpack[Options]) -> Any:
    """Truth, written yes or no."""
    return _field(header, codecs.YES_NO, options)


def on_off(header: str, **options: Unpack[Options]) -> Any:
    """Truth, written on or off."""
    return _field(header, codecs.ON_OFF, options)


def clock(header: str, **options: Unpack[Options]) -> Any:
    """Seconds, written as hours, minutes and seconds."""
    return _field(header, codecs.CLOCK, options)


def epoch(header: str, **options: Unpack[Options]) -> Any:
    """A moment, written in seconds since 1970."""
    return _field(header, codecs.EPOCH, options)


def iso(header: str, **options: Unpack[Options]) -> Any:
    """A moment, written as a date with its zone."""
    return _field(header, codecs.ISO, options)


def local_time(header: str, **options: Unpack[Options]) -> Any:
    """A moment in the server's own time, whose zone it does not tell."""
    return _field(header, codecs.LOCAL_TIME, options)


def address(header: str, **options: Unpack[Options]) -> Any:
    """A network address."""
    return _field(header, codecs.ADDRESS, options)


def enumerated(header: str, members: type[Enum], **options: Unpack[Options]) -> Any:
    """One of an enumeration; given as text it is looked up."""

    def member(value: object) -> object:
        return value if value is None else members(value)

    return _field(header, codecs.enumeration(members), options, converter=member)


def hidden(header: str, **options: Unpack[Options]) -> Any:
    """A secret that an action carries: wrapped when it is given, and shown nowhere."""
    return _field(header, codecs.VERBATIM, {**options, "secret": True}, converter=_hidden)


# Several values --------------------------------------------------------------------------------


def words(header: str, **options: Unpack[Options]) -> Any:
    """Words in one header, separated by commas."""
    return _field(header, codecs.WORDS, options, form="words", empty=(), converter=texts)


def many(header: str, **options: Unpack[Options]) -> Any:
    """The values of a header that is repeated."""
    return _field(header, codecs.VERBATIM, options, form="many", empty=(), converter=texts)


def variables(header: str, **options: Unpack[Options]) -> Any:
    """Variables that Asterisk tells, one header each."""
    return _field(
        header, codecs.VERBATIM, options, form="variables", empty=NONE, converter=_variables
    )


def settings(header: str, **options: Unpack[Options]) -> Any:
    """Variables that an action sets, one header each, escaped for Asterisk's parser."""
    return _field(
        header, codecs.VERBATIM, options, form="settings", empty=NONE, converter=_variables
    )


def headers(**options: Unpack[Options]) -> Any:
    """Whatever further headers an action is given, by their own names."""
    return _field("", codecs.VERBATIM, options, form="headers", empty=NONE, converter=_variables)


def numbered(header: str, inner: type, **options: Unpack[Options]) -> Any:
    """Values of several headers each, which share a number: `{index}`, and `{field}` their name."""
    return _field(
        header,
        codecs.VERBATIM,
        options,
        form="numbered",
        inner=inner,
        empty=(),
        converter=tuple,
    )


def part(prefix: str, inner: type, **options: Unpack[Options]) -> Any:
    """A snapshot whose headers all begin alike."""
    return _field(prefix, codecs.VERBATIM, options, form="part", inner=inner)


# Inside a snapshot -----------------------------------------------------------------------------


def snapshot_text(header: str, key: str, *, c_escaped: bool = False) -> Any:
    """Text for which a snapshot has `<unknown>` where there is none: it leaves no header out."""
    codec = codecs.ESCAPED_NAME if c_escaped else codecs.TEXT
    spec = Spec(header, codec, spelled_null=UNKNOWN, snapshot_key=key)
    return attrs.field(default=None, metadata={"wire": spec})


def snapshot_variables(header: str) -> Any:
    """The channel variables of a snapshot; their values are escaped in C's manner."""
    return _field(header, codecs.ESCAPED, {}, form="variables", empty=NONE, converter=_variables)


# Converters ------------------------------------------------------------------------------------


def _hidden(text: str | Secret | None) -> Secret | None:
    return None if text is None else Secret(text)


def texts(values: Iterable[str]) -> tuple[str, ...]:
    """Several texts; TypeError for one text, which would be taken letter by letter."""
    if isinstance(values, str):
        raise TypeError(f"several texts are wanted, not the one text {values!r}")
    return tuple(values)


def _variables(values: Mapping[str, object]) -> Variables:
    if isinstance(values, Variables):
        return values
    for name, value in values.items():
        if not isinstance(value, str):
            raise TypeError(f"the value of {name} is no text: {value!r}")
    return Variables(cast("Mapping[str, str]", values))
