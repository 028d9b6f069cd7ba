"""Every captured message as a value of its own class: nothing lost, nothing wrong, in both ways."""

from __future__ import annotations

import copy
import functools
import json
import pickle
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import attrs
import pytest

from amitrio import Event
from amitrio.models import typed
from amitrio.models.codecs import TEXT, VERBATIM
from amitrio.models.layout import layout_of
from amitrio.models.narrow import Narrow
from amitrio.models.typed import TypedEvent, TypedReply
from amitrio.protocol.message import parse_headers
from tests.corpus import STREAMS, Capture, capture
from tests.protocol import reference
from tools.coverage.census import take
from tools.coverage.frames import Answer, messages

Typed = TypedEvent | TypedReply

every_stream = pytest.mark.parametrize("captured", STREAMS, ids=repr)

ENOUGH = 40
"""So many of one kind are looked at in one stream; only that of 150 calls has more."""
FEW = 2
"""So many where one is as good as another."""

FORGED = {
    "16-injection-dialplan.bin": {"Fake", "Rest"},
    "22-injection-dialplan.bin": {"Fake", "Rest"},
}
"""Kinds that Asterisk never had: somebody's text made them."""

# The words of how a message came; what it says are its other headers.
ENVELOPE = {
    *("event", "response", "privilege", "timestamp", "systemname", "actionid", "eventlist"),
    *("listitems", "sequencenumber", "file", "line", "func"),
}


@functools.cache
def typed_in(captured: Capture, most: int = ENOUGH) -> list[Typed]:
    """The messages with fields, at most so many of a class."""
    counts = Counter[type]()
    found: list[Typed] = []
    for message in messages(captured.read()):
        one = message.reply if isinstance(message, Answer) else message
        counts[type(one)] += 1
        if isinstance(one, TypedEvent | TypedReply) and counts[type(one)] <= most:
            found.append(one)
    return found


def anew(message: Typed) -> Typed:
    """The same message, nothing of it read yet."""
    return type(message).from_frame(message._frame)


def by_hand(message: Typed) -> Typed:
    """The same fields, made by hand: it has no frame until it writes one."""
    return attrs.evolve(message)


def first_values(message: Typed) -> dict[str, str]:
    return {name.lower(): value for name, value in reversed(message.headers.pairs[1:])}


# Classes -----------------------------------------------------------------------------------------


@every_stream
def test_each_event_is_of_its_own_class(captured: Capture) -> None:
    strange = set[str]()
    for message in messages(captured.read()):
        if isinstance(message, TypedEvent):
            assert message.about.kind == message.kind
        elif isinstance(message, Event):
            strange.add(message.kind)
    assert strange == FORGED.get(captured.name, set())


@pytest.mark.parametrize(
    "captured", [one for one in STREAMS if not one.name.startswith("13")], ids=repr
)
def test_each_event_is_of_the_class_that_it_is_said_to_be(captured: Capture) -> None:
    """From Asterisk 16 on; an event mask is made of these."""
    for message in messages(captured.read()):
        if isinstance(message, TypedEvent) and "Privilege" in message.headers:
            said = message["Privilege"].removesuffix(",all").lower()  # Status says `Call` alone
            assert said == message.about.event_class, message.kind


@every_stream
def test_the_models_hold_all_of_it(captured: Capture) -> None:
    census = take(captured.name.removesuffix(".bin"), captured.read())
    assert not census.findings, census.examples


@every_stream
def test_no_value_fails_to_convert(captured: Capture) -> None:
    for message in typed_in(captured):
        assert message.problems == ()


# Raw ---------------------------------------------------------------------------------------------


@every_stream
def test_each_header_is_there_as_it_was_sent(captured: Capture) -> None:
    for message in typed_in(captured):
        pairs = [reference.header(line) for line in message._frame.split(b"\r\n")]
        assert list(message.headers.pairs) == pairs == list(parse_headers(message._frame).pairs)
        for name, value in first_values(message).items():
            assert message[name] == message[name.upper()] == value


# Fields ------------------------------------------------------------------------------------------


def unaccounted(message: Typed) -> Iterator[str]:
    """The headers that are neither in a field nor anywhere else."""
    envelope = ENVELOPE | {"message"} if isinstance(message, TypedReply) else ENVELOPE
    written = {name.lower() for name, _ in by_hand(message).headers.pairs}
    told = {problem.header.lower() for problem in message.problems}
    places = layout_of(type(message)).places
    for name, value in first_values(message).items():
        place = places.get(name)
        is_null = place is not None and value in place.spec.codec.nulls
        if name not in envelope | written | told and not is_null:
            yield name


@every_stream
def test_each_header_is_in_a_field_or_with_the_others(captured: Capture) -> None:
    for message in typed_in(captured):
        assert list(unaccounted(message)) == []


@every_stream
def test_text_is_in_its_field_as_it_was_sent(captured: Capture) -> None:
    for message in typed_in(captured):
        sent = first_values(message)
        for name, place in layout_of(type(message)).places.items():
            if place.inner is None and place.spec.codec in {TEXT, VERBATIM} and name in sent:
                value = getattr(message, place.field)
                if place.spec.form == "one" and value is not None:
                    assert value == message._clean()(sent[name])


@every_stream
def test_what_is_written_from_the_fields_reads_the_same(captured: Capture) -> None:
    for message in typed_in(captured):
        again = by_hand(message)
        assert again == message
        assert type(message).from_frame(again._frame) == message


@every_stream
def test_a_shape_cuts_what_is_read_header_by_header(captured: Capture) -> None:
    for message in typed_in(captured):
        fast, slow = anew(message), anew(message)
        slow._fill_slowly(typed._narrow_of(type(slow)))
        assert fast == slow
        assert fast.problems == slow.problems
        assert fast.other_headers.pairs == slow.other_headers.pairs


def test_shapes_cut_nearly_all_of_a_long_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    typed._NARROW.clear()
    slow = Counter[str]()
    fill_slowly = typed.Typed._fill_slowly

    def counted(self: typed.Typed, narrow: Narrow) -> None:
        slow[type(self).__name__] += 1
        fill_slowly(self, narrow)

    monkeypatch.setattr(typed.Typed, "_fill_slowly", counted)
    longest = capture("16-load-150calls")
    read = [anew(message) for message in typed_in(longest)]
    for message in read:
        assert message.problems == ()
    assert 0 < slow.total() < len(read) / 4


# What is done with them --------------------------------------------------------------------------


@every_stream
def test_json_holds_them_and_a_database_keeps_it(captured: Capture) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("create table messages (text text)")
        for message in typed_in(captured):
            text = message.to_json()
            assert json.loads(text) == message.to_dict()
            database.execute("insert into messages values (?)", (text,))
        kept = [text for (text,) in database.execute("select text from messages")]
    assert kept == [message.to_json() for message in typed_in(captured)]


@every_stream
def test_they_can_be_copied_pickled_and_compared(captured: Capture) -> None:
    for message in typed_in(captured, FEW):
        twins = [copy.copy(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))]
        for twin in [*twins, anew(message), by_hand(message)]:
            assert twin == message
            assert hash(twin) == hash(message)
        assert repr(anew(message)) == repr(message)


@functools.cache
def one_of_each() -> dict[str, Typed]:
    found: dict[str, Typed] = {}
    for captured in STREAMS:
        for message in typed_in(captured, 1):
            found.setdefault(type(message).__name__, message)
    return found


def test_attrs_takes_each_class_apart_and_puts_it_together() -> None:
    for message in one_of_each().values():
        fields = attrs.asdict(message, recurse=False)
        assert type(message)(**fields) == message
        assert fields.keys() == {field.name for field in attrs.fields(type(message))}


def test_each_class_can_be_changed_in_one_field() -> None:
    for message in one_of_each().values():
        changed = attrs.evolve(message, other_headers={"Amitrio": "x"})
        assert changed["Amitrio"] == "x"
        assert changed != message
        assert attrs.evolve(changed, other_headers=message.other_headers) == message


def test_there_is_something_of_nearly_every_family() -> None:
    families = {type(message).__module__ for message in one_of_each().values()}
    print(f"{len(one_of_each())} classes of {len(families)} modules were captured")
    assert len(one_of_each()) > 150
