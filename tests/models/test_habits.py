"""Habits: what a program usually reads is read beforehand, and is what it would have been."""

from __future__ import annotations

import gc
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from functools import partial
from itertools import chain, cycle, pairwise
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio import Event
from amitrio.client import batches as batching
from amitrio.client.inbox import Inbox, hand_on
from amitrio.errors import SubscriberTooSlow
from amitrio.models import Chunk, Server, base, habits, typed
from amitrio.models import cuts as cutting
from amitrio.models import narrow as narrowing
from amitrio.models.base import Message, from_frames
from amitrio.models.habits import Habit, Way
from amitrio.models.layout import layout_of
from amitrio.models.registry import event_class, event_classes, events_from
from amitrio.models.typed import Typed, TypedEvent
from amitrio.protocol import ClientConnection, EventsReceived
from tests.corpus import STREAMS, Capture
from tests.models.declared import Parted, Reported, Sampled
from tests.models.test_cuts import searched
from tests.models.test_narrow import fields_of, is_set
from tests.models.test_shapes import header_by_header, streams

HANGUP = (
    b"Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/1\r\nUniqueid: 1.2\r\n"
    b"Cause: 16\r\nCause-txt: Normal Clearing"
)
EXTENSION = (
    b"Event: Newexten\r\nPrivilege: dialplan,all\r\nChannel: PJSIP/1\r\nUniqueid: 1.2\r\n"
    b"Extension: 100\r\nApplication: Dial"
)
NOT_UTF_8 = HANGUP.replace(b"PJSIP", b"J\xfcrgen")
NOT_A_NUMBER = HANGUP.replace(b"16", b"many")
HANGUPS, EXTENSIONS = event_class("Hangup"), event_class("Newexten")

ENOUGH, LEFT = habits._ENOUGH, habits._LEFT

Touch = Callable[[Event], object]
IsAhead = Callable[[Message], bool]
Taken = tuple[Inbox[Event], ...]

T = TypeVar("T", bound=TypedEvent)


def classes(of: type[Message] = Message) -> Iterator[type[Message]]:
    yield of
    for cls in type.__subclasses__(of):
        yield from classes(cls)


@contextmanager
def _as_at_first() -> Iterator[pytest.MonkeyPatch]:
    """Nothing is known of any class; afterwards what was known is known again."""
    before = {cls: (cls._cuts, cls._habit) for cls in classes()}
    ways = [(way, dict(vars(way))) for way in habits._WAYS]
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(typed, "_NARROW", {})
            patch.setattr(habits, "_turns", habits._Turns())
            patch.setattr(habits, "_WAYS", [])
            for way, was in ways:
                vars(way).clear()
                Way.__init__(way, was["_prepare"], was["_leave"])
            for cls in before:
                cls._learn_anew()
            yield patch
    finally:
        for way, was in ways:
            vars(way).clear()
            vars(way).update(was)
        for cls in classes():
            if cls in before:
                cls._cuts, cls._habit = before[cls]
            else:  # it was loaded meanwhile
                cls._learn_anew()


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    with _as_at_first():
        yield


def of_fields(message: Message) -> bool:
    """Whether fields of it are there already; looking does not fill them."""
    return isinstance(message, Typed) and bool(is_set(message))


def of_headers(message: Message) -> bool:
    """Whether headers of it are cut out already."""
    return object.__getattribute__(message, "_match") is not None


def cause(event: Event) -> object:
    return getattr(event, "cause")  # noqa: B009 - for the type checker it has none


def channel(event: Event) -> object:
    return event["Channel"]


def channel_field(event: Event) -> object:
    return getattr(event, "channel")  # noqa: B009


def made_ahead(kinds: Sequence[str], frames: Sequence[bytes]) -> list[Event]:
    """Made for somebody who is about to touch them."""
    of = event_classes(kinds)
    events = from_frames(of, frames, None, bare=True)
    habits.prepare(events, frames, of)
    return events


def hangups(number: int, frame: bytes = HANGUP) -> list[Event]:
    return made_ahead(["Hangup"] * number, [frame] * number)


def extensions(number: int) -> list[Event]:
    return made_ahead(["Newexten"] * number, [EXTENSION] * number)


def is_left_next() -> bool:
    """Whether the next batch is one that is left."""
    return copy(habits._turns).left()


def begin_batch() -> None:
    """The next batch is not one that is left."""
    while is_left_next():
        habits._turns.left()


def until_left(times: int, make: Callable[[], object]) -> None:
    """Make batches until so many of them were left."""
    while times:
        times -= is_left_next()
        make()


def accustomed(*touches: Touch, make: Callable[[int], list[Event]] = hangups) -> None:
    """The program has touched all of many."""
    for _ in range(20):
        for event in make(16):
            for touch in touches:
                touch(event)
    begin_batch()


each_way = pytest.mark.parametrize(
    ("touch", "is_ahead"), [(cause, of_fields), (channel, of_headers)], ids=["fields", "headers"]
)


# What is touched ---------------------------------------------------------------------------------


@each_way
@pytest.mark.parametrize("size", [1, 4, 7, 16, 64, 100, 256])
def test_what_is_touched_of_all_is_read_ahead(touch: Touch, is_ahead: IsAhead, size: int) -> None:
    for _ in range(0, 4096, size):
        for event in hangups(size):
            touch(event)
    begin_batch()
    assert all(map(is_ahead, hangups(size)))


@each_way
@pytest.mark.parametrize("sizes", [(100,), (103,), (100, 103), (64, 65), (256,)], ids=str)
def test_it_is_read_ahead_from_the_third_batch_on(
    touch: Touch, is_ahead: IsAhead, sizes: tuple[int, ...]
) -> None:
    ahead: list[set[bool]] = []
    for _, size in zip(range(20), cycle(sizes), strict=False):
        events = hangups(size)
        ahead.append(set(map(is_ahead, events)))
        for event in events:
            touch(event)
    # Of smaller ones one batch more: the first 32 messages go for finding out what is touched.
    first = 2 if min(sizes) >= 100 else 3
    assert ahead == [{False}] * first + [{True}] * (20 - first)


@each_way
def test_what_is_touched_of_nearly_all_is_read_ahead(touch: Touch, is_ahead: IsAhead) -> None:
    for _ in range(40):
        for number, event in enumerate(hangups(20)):
            if number % 5:
                touch(event)
    begin_batch()
    assert all(map(is_ahead, hangups(20)))


@each_way
def test_what_was_touched_a_few_times_is_not_read_ahead(touch: Touch, is_ahead: IsAhead) -> None:
    for _ in range(ENOUGH // 16):
        events = hangups(16)
        assert not any(map(is_ahead, events))
        for event in events:
            touch(event)


@each_way
@pytest.mark.parametrize(
    ("seldom", "size"),
    [(2, 20), (3, 20), (10, 20), (50, 20), (3, 100), (2, 100)],
)
def test_what_is_touched_seldom_is_never_read_ahead(
    touch: Touch, is_ahead: IsAhead, seldom: int, size: int
) -> None:
    for _ in range(400):
        events = hangups(size)
        assert not any(map(is_ahead, events))
        for event in events[::seldom]:
            touch(event)


def test_what_nobody_touches_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(habits, "Counter", never)
    for _ in range(100):
        assert not any(of_fields(one) or of_headers(one) for one in hangups(100))
    assert not any(way.watched or way.kept for way in habits._WAYS)


def never(*_: object) -> None:
    pytest.fail("it was counted")


@each_way
def test_what_is_touched_seldom_is_not_counted_for_ever(
    touch: Touch, is_ahead: IsAhead, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2 * ENOUGH):
        touch(hangups(100)[0])
    assert habit_of(is_ahead)._patience == 2 * ENOUGH  # it was weighed
    monkeypatch.setattr(habits, "Counter", never)
    for _ in range(100):
        hangups(100)


@each_way
def test_a_class_is_read_ahead_and_the_others_are_not(touch: Touch, is_ahead: IsAhead) -> None:
    kinds, frames = ["Hangup", "Newexten", "Hangup"], [HANGUP, EXTENSION, HANGUP]
    accustomed(touch)
    events = made_ahead(kinds, frames)
    assert list(map(is_ahead, events)) == [True, False, True]
    assert list(map(channel, events)) == ["PJSIP/1"] * 3
    accustomed(channel, make=extensions)
    events = made_ahead(kinds, frames)
    assert list(map(is_ahead, events)) == [True, is_ahead is of_headers, True]


@each_way
def test_only_who_asks_has_them_read_ahead(touch: Touch, is_ahead: IsAhead) -> None:
    accustomed(touch)
    assert not any(map(is_ahead, events_from(["Hangup"], [HANGUP], None)))
    assert not is_ahead(HANGUPS.from_frame(HANGUP))


def test_events_without_a_class_are_read_ahead_too() -> None:
    frame = HANGUP.replace(b"Hangup", b"Strange")
    accustomed(channel, make=lambda number: made_ahead(["Strange"] * number, [frame] * number))
    (event,) = made_ahead(["Strange"], [frame])
    assert type(event) is Event
    assert of_headers(event)
    assert event["Channel"] == "PJSIP/1"


def test_a_message_may_be_read_ahead_in_both_ways() -> None:
    accustomed(cause, channel)
    (event,) = hangups(1)
    assert of_headers(event)
    assert is_set(typed_one(event)) == {"cause"}
    assert (event["Channel"], event["Cause"]) == ("PJSIP/1", "16")
    assert cause(event) == 16
    assert event == HANGUPS.from_frame(HANGUP)


def action_id(event: Event) -> object:
    return event.action_id


@pytest.mark.parametrize("touches", [(channel, action_id), (action_id, channel)])
def test_a_header_that_is_never_there_hinders_no_other(touches: tuple[Touch, ...]) -> None:
    accustomed(*touches)
    assert HANGUPS._habit.kept
    events = hangups(16)
    assert all(map(of_headers, events))
    assert [(channel(one), action_id(one)) for one in events] == [("PJSIP/1", None)] * 16


def test_a_header_that_is_there_at_times_is_read_ahead_at_times() -> None:
    longer = HANGUP + b"\r\nActionID: 7"
    accustomed(channel, action_id)
    accustomed(channel, action_id, make=lambda number: hangups(number, longer))
    frames = [HANGUP, longer] * 8
    for _ in range(8 * LEFT):
        events = made_ahead(["Hangup"] * 16, frames)
        assert all(map(ahead_is_right, events))
        assert [(channel(one), action_id(one)) for one in events] == [
            ("PJSIP/1", None),
            ("PJSIP/1", "7"),
        ] * 8
    begin_batch()
    events = made_ahead(["Hangup"] * 16, frames)
    cut_out = [object.__getattribute__(one, "_match") for one in events]
    assert all(cut_out[1::2])
    assert cut_out[1].groupdict() == {"Channel": "PJSIP/1", "ActionID": "7"}


def typed_one(event: Event) -> TypedEvent:
    assert isinstance(event, TypedEvent)
    return event


def test_what_is_read_ahead_is_what_is_read_and_no_more() -> None:
    accustomed(cause, lambda event: event["Uniqueid"])
    (event,) = hangups(1)
    assert is_set(typed_one(event)) == {"cause"}
    assert object.__getattribute__(event, "_match").groupdict() == {"Uniqueid": "1.2"}


def test_what_is_read_later_too_is_read_ahead_too() -> None:
    accustomed(cause, channel)
    for _ in range(LEFT // 4):
        accustomed(cause, channel, lambda event: getattr(event, "uniqueid"), lambda e: e["Cause"])  # noqa: B009
    (event,) = hangups(1)
    assert is_set(typed_one(event)) == {"cause", "uniqueid"}
    cut_out = object.__getattribute__(event, "_match").groupdict()
    assert cut_out == {"Channel": "PJSIP/1", "Cause": "16"}


# What is touched no more -------------------------------------------------------------------------

# So many batches of sixteen, or more, that were left, and were left alone, say that they all are;
# those that were touched before may have to be forgotten first.
SOON = 2 * ENOUGH // 16 + 1


@each_way
@pytest.mark.parametrize("size", [16, 64, 256])
def test_what_is_touched_no_more_is_read_ahead_for_a_while(
    touch: Touch, is_ahead: IsAhead, size: int
) -> None:
    accustomed(touch)
    assert all(map(is_ahead, hangups(size)))
    until_left(SOON, lambda: hangups(size))
    for _ in range(100):
        assert not any(map(is_ahead, hangups(size)))
    assert way_of(is_ahead).watched == {}


def way_of(is_ahead: IsAhead) -> Way[Any]:
    return narrowing._FIELDS if is_ahead is of_fields else base._HEADERS


def habit_of(is_ahead: IsAhead) -> Habit[Any]:
    return typed._NARROW[HANGUPS].habit if is_ahead is of_fields else HANGUPS._habit


@each_way
def test_what_is_touched_now_and_then_only_is_no_more_read_ahead(
    touch: Touch, is_ahead: IsAhead
) -> None:
    accustomed(touch)
    until_left(SOON, lambda: deque(map(touch, hangups(64)[::3])))
    assert not any(map(is_ahead, [*hangups(64), *hangups(64)]))


@each_way
def test_what_is_touched_again_is_read_ahead_again(touch: Touch, is_ahead: IsAhead) -> None:
    accustomed(touch)
    until_left(SOON, lambda: hangups(64))
    assert not any(map(is_ahead, hangups(16)))
    accustomed(touch)
    assert all(map(is_ahead, hangups(16)))


@each_way
@pytest.mark.parametrize("size", [4, 16, 20, 32, 64, 100, 103, 256])
def test_who_goes_on_touching_has_them_read_ahead_for_ever(
    touch: Touch, is_ahead: IsAhead, size: int
) -> None:
    for number in range(40 * LEFT):
        ahead = not is_left_next() and number >= 4 and number * size >= 5 * ENOUGH
        events = hangups(size)
        assert not ahead or all(map(is_ahead, events))
        for event in events:
            touch(event)


@each_way
@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_who_touches_several_batches_together_has_them_read_ahead_for_ever(
    touch: Touch, is_ahead: IsAhead, at_once: int
) -> None:
    accustomed(touch)
    for _ in range(40 * LEFT // at_once):
        batches = [hangups(16) for _ in range(at_once)]  # as several tasks take them
        for event in chain(*batches):
            touch(event)
        assert habit_of(is_ahead).kept


@each_way
def test_one_batch_in_sixty_four_is_left(touch: Touch, is_ahead: IsAhead) -> None:
    accustomed(touch)
    those, ahead = copy(habits._turns), list[int]()
    for _ in range(100 * LEFT):
        events = hangups(5)
        ahead.append(sum(map(is_ahead, events)))
        for event in events:
            assert touch(event) == touch(HANGUPS.from_frame(HANGUP))
    assert ahead == [0 if those.left() else 5 for _ in range(100 * LEFT)]
    assert 60 <= ahead.count(0) <= 140


@pytest.mark.parametrize("makers", [(hangups, extensions), (extensions, hangups)])
@pytest.mark.parametrize(
    ("touch", "is_ahead"),
    [(channel_field, of_fields), (channel, of_headers)],
    ids=["fields", "headers"],
)
def test_what_is_touched_no_more_is_noticed_though_classes_take_turns(
    touch: Touch, is_ahead: IsAhead, makers: tuple[Callable[[int], list[Event]], ...]
) -> None:
    for _, make in zip(range(100), cycle(makers), strict=False):
        deque(map(touch, make(16)))
    assert set(way_of(is_ahead).kept) == {HANGUPS, EXTENSIONS}
    for _, make in zip(range(40 * LEFT), cycle(makers), strict=False):
        events = make(16)
        if make is extensions:
            deque(map(touch, events))
    for _ in range(20):
        assert not any(map(is_ahead, hangups(16)))
    begin_batch()
    assert all(map(is_ahead, extensions(16)))


@pytest.mark.parametrize(
    ("touch", "is_ahead", "odd"),
    [
        (cause, of_fields, [NOT_A_NUMBER] * 16),
        (channel, of_headers, [NOT_UTF_8] * 16),
        (channel, of_headers, [HANGUP.replace(b"PJSIP", b"P\rJSIP")] * 16),
    ],
    ids=["fields", "headers that are no text", "headers that fit none"],
)
def test_what_cannot_be_read_ahead_counts_as_any_other(
    touch: Touch, is_ahead: IsAhead, odd: list[bytes]
) -> None:
    def make() -> list[Event]:
        events = made_ahead(["Hangup"] * 16, odd)
        assert not any(map(is_ahead, events))
        return events

    accustomed(touch)
    until_left(10, lambda: deque(map(touch, make())))
    assert habit_of(is_ahead).kept
    for _ in range(1 + ENOUGH // 16):
        begin_batch()
        make()
    until_left(2, make)  # who touches none of them is noticed as soon as one is left
    assert not habit_of(is_ahead).kept


# What is taken -----------------------------------------------------------------------------------

CHUNK = Chunk(datetime.now(UTC), Server("test"))


@contextmanager
def _inboxes(number: int) -> Iterator[Taken]:
    boxes = tuple(
        Inbox[Event](1000, overflowed=lambda: SubscriberTooSlow("slow", buffer=1000))
        for _ in range(number)
    )
    yield boxes
    for one in boxes:
        one.close()


def hand_on_chunks(boxes: Taken, number: int) -> None:
    for _ in range(number):
        hand_on(boxes, ["Hangup"] * 16, [HANGUP] * 16, CHUNK)


@each_way
@pytest.mark.parametrize("waiting", [1, 2, 4, 16])
def test_who_lags_behind_has_them_read_ahead_as_well(
    touch: Touch, is_ahead: IsAhead, waiting: int
) -> None:
    ahead = 0
    with _inboxes(1) as boxes:
        for _ in range(200):
            hand_on_chunks(boxes, waiting)
            events = boxes[0].take_nowait(256)
            assert len(events) == 16 * waiting
            ahead += sum(map(is_ahead, events))
            for event in events:
                touch(event)
    assert ahead >= 200 * 16 * waiting * 0.8
    assert habit_of(is_ahead)._patience == ENOUGH


@each_way
def test_who_lags_behind_and_touches_some_only_has_none_read_ahead(
    touch: Touch, is_ahead: IsAhead
) -> None:
    with _inboxes(1) as boxes:
        for _ in range(100):
            hand_on_chunks(boxes, 16)
            events = boxes[0].take_nowait(256)
            assert not any(map(is_ahead, events))
            deque(map(touch, events[::2]))


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages there were each time that some were read ahead."""
    numbers: list[int] = []

    def prepare(
        messages: Sequence[object], frames: Sequence[bytes], classes: Sequence[type]
    ) -> None:
        assert [one._frame for one in messages if isinstance(one, Message)] == frames
        assert list(map(type, messages)) == classes
        numbers.append(len(messages))
        habits.prepare(messages, frames, classes)

    monkeypatch.setattr(batching, "prepare", prepare)
    return numbers


def test_all_that_is_taken_is_read_ahead_at_once(prepared: list[int]) -> None:
    with _inboxes(1) as boxes:
        for waiting in (1, 3, 16):
            hand_on_chunks(boxes, waiting)
            boxes[0].take_nowait(256)
    assert prepared == [16, 48, 256]


def test_what_was_taken_is_not_read_ahead_again(prepared: list[int]) -> None:
    with _inboxes(2) as boxes:
        hand_on_chunks(boxes, 2)
        taken = [boxes[0].take_nowait(most) for most in (5, 5, 256)]
        assert list(map(len, taken)) == [5, 5, 22]
        assert prepared == [16, 16]
        deque(map(channel, chain(*taken)))
        others = boxes[1].take_nowait(256)
    assert list(map(id, others)) == list(map(id, chain(*taken)))
    assert prepared == [16, 16]


# Turns -------------------------------------------------------------------------------------------


def turns(number: int) -> list[bool]:
    """Which batches are left, of the first ones."""
    those = habits._Turns()
    return [those.left() for _ in range(number)]


def test_the_same_batches_are_left_each_time() -> None:
    assert turns(100 * LEFT) == turns(100 * LEFT)
    assert 60 <= sum(turns(100 * LEFT)) <= 140
    assert not turns(1)[0]


def test_batches_are_left_in_no_rhythm() -> None:
    longest = 2 * LEFT
    those = turns(100 * LEFT * longest)
    for rhythm in range(2, longest + 1):
        some = those[: 100 * LEFT * rhythm]
        for first in range(rhythm):
            assert 40 <= sum(some[first::rhythm]) <= 160, rhythm


def test_a_batch_that_is_left_is_not_waited_for_very_long() -> None:
    left = [number for number, one in enumerate(turns(100_000)) if one]
    assert max(after - before for before, after in pairwise(left)) < 16 * LEFT


# Weighing ----------------------------------------------------------------------------------------

HOW = "how"
Noted = list[list[str]]


@pytest.fixture
def noted() -> Noted:
    """What was done with the classes of each batch that was prepared."""
    return []


@pytest.fixture
def left() -> list[int]:
    """How many messages there were in each that was not."""
    return []


@pytest.fixture
def odd() -> list[type]:
    """The classes of those messages of each batch that cannot be prepared."""
    return []


@pytest.fixture
def way(
    noted: Noted, left: list[int], odd: list[type], monkeypatch: pytest.MonkeyPatch
) -> Way[str]:
    """One that does nothing, the only one."""
    monkeypatch.setattr(habits, "_WAYS", [])

    def note(
        messages: object, frames: object, kinds: Sequence[type], kept: Mapping[type, str]
    ) -> Iterable[type]:
        noted.append([kept.get(cls, "nothing") for cls in kinds])
        return odd

    return Way(note, lambda messages: left.append(len(messages)))


def go(way: Way[str], number: int, cls: type = int, *, left: bool = False) -> None:
    way.go(([None] * number, [b""] * number, [cls] * number), left=left)


def touch(habit: Habit[str], times: int, how: str = HOW) -> None:
    for _ in range(times):
        habit.touch(how)


def kept(way: Way[str]) -> Habit[str]:
    """One that is kept, and nothing was made since."""
    habit = Habit(int, way)
    touch(habit, ENOUGH)
    habit.made(ENOUGH)
    touch(habit, ENOUGH)
    habit.judge()
    assert habit.kept
    assert way.kept == {int: HOW}
    return habit


def test_what_is_touched_often_is_weighed(way: Way[str]) -> None:
    habit = Habit(int, way)
    touch(habit, ENOUGH - 1)
    assert way.watched == {}
    touch(habit, 1)
    assert way.watched == {int: habit}
    assert not habit.kept


@pytest.mark.parametrize(("made", "enough"), [(64, True), (85, True), (86, False), (640, False)])
def test_three_of_four_are_nearly_all(way: Way[str], made: int, enough: bool) -> None:  # noqa: FBT001
    habit = Habit(int, way)
    touch(habit, ENOUGH)
    go(way, made)
    touch(habit, ENOUGH)
    assert way.watched == {int: habit}
    assert way.kept == {}
    go(way, 1)
    assert habit.kept is enough
    assert way.kept == ({int: HOW} if enough else {})
    assert way.watched == ({int: habit} if enough else {})


@pytest.mark.parametrize("touched", [0, ENOUGH])
def test_a_verdict_comes_with_the_first_batch_after_enough(way: Way[str], touched: int) -> None:
    habit = Habit(int, way)
    touch(habit, ENOUGH)
    for number in (ENOUGH - 1, 1):
        go(way, number)
        touch(habit, touched)
        assert way.watched == {int: habit}
        assert not habit.kept
    go(way, 1)
    assert habit.kept is bool(touched)
    assert way._weighed == 0


def test_no_verdict_comes_while_they_are_touched(way: Way[str]) -> None:
    habit = Habit(int, way)
    touch(habit, ENOUGH)
    go(way, ENOUGH)
    touch(habit, 10 * ENOUGH)
    assert not habit.kept
    assert way._weighed == 1
    go(way, 1)
    assert habit.kept


def test_what_was_made_before_it_is_weighed_does_not_count(way: Way[str]) -> None:
    habit, other = Habit(int, way), Habit(str, way)
    touch(other, ENOUGH)  # so that there is one that is counted
    touch(habit, ENOUGH - 1)
    go(way, 1000)
    touch(habit, 1)
    go(way, ENOUGH)
    touch(habit, ENOUGH)
    go(way, 1)
    assert habit.kept


def test_what_was_made_before_it_is_weighed_does_not_count_as_touched(way: Way[str]) -> None:
    habit = Habit(int, way)
    go(way, 2 * ENOUGH)
    touch(habit, 2 * ENOUGH)
    go(way, ENOUGH)
    go(way, 1)
    assert not habit.kept


def test_patience_doubles_with_each_verdict_against_it(way: Way[str]) -> None:
    habit = Habit(int, way)
    for patience in (64, 128, 256, 512):
        touch(habit, patience - 1)
        assert way.watched == {}
        touch(habit, 1)
        go(way, ENOUGH)
        touch(habit, ENOUGH * 3 // 4 - 1)
        assert way.watched == {int: habit}
        go(way, 1)
        assert not way.watched
        assert not way.kept


def test_patience_doubles_where_nothing_is_touched_while_it_is_weighed(way: Way[str]) -> None:
    habit = Habit(int, way)
    for patience in (64, 128, 256):
        touch(habit, patience - 1)
        assert way.watched == {}
        touch(habit, 1)
        go(way, ENOUGH - 1)
        go(way, 1)
        assert way.watched == {int: habit}
        go(way, 1)
        assert not way.watched
        assert not way.kept


def test_patience_doubles_with_what_is_touched_no_more(way: Way[str]) -> None:
    habit = kept(way)
    go(way, ENOUGH, left=True)
    go(way, 1, left=True)
    assert not way.kept
    assert not way.watched
    touch(habit, 2 * ENOUGH - 1)
    assert way.watched == {}
    touch(habit, 1)
    assert way.watched == {int: habit}


@pytest.mark.parametrize(("made", "touched"), [(64, 32), (63, 0), (64, 64), (1000, 500)])
def test_half_of_those_that_are_left_keep_it(way: Way[str], made: int, touched: int) -> None:
    habit = kept(way)
    go(way, made, left=True)
    touch(habit, touched)
    go(way, 1, left=True)
    assert habit.kept
    assert way.kept == {int: HOW}


@pytest.mark.parametrize(("made", "touched"), [(64, 31), (64, 0), (1000, 499)])
def test_fewer_than_half_do_not(way: Way[str], made: int, touched: int) -> None:
    habit = kept(way)
    go(way, made, left=True)
    touch(habit, touched)
    assert way.kept == {int: HOW}
    go(way, 1, left=True)
    assert not habit.kept
    assert not way.kept
    assert not way.watched


def test_what_was_touched_long_ago_does_not_keep_it(way: Way[str]) -> None:
    habit = kept(way)
    go(way, 1000, left=True)
    touch(habit, 1000)
    go(way, ENOUGH, left=True)
    assert way.kept == {int: HOW}
    go(way, 1, left=True)
    assert not habit.kept


def test_what_is_prepared_is_not_counted(way: Way[str]) -> None:
    habit = kept(way)
    for _ in range(100):
        go(way, 100)
    assert habit.kept
    assert habit._made == 0


def test_what_was_touched_before_some_were_left_does_not_keep_it(way: Way[str]) -> None:
    habit = kept(way)
    go(way, 100)
    touch(habit, 1000)
    go(way, ENOUGH, left=True)
    go(way, 1, left=True)
    assert not habit.kept


@pytest.mark.parametrize(("touched", "keeps"), [(ENOUGH // 2, True), (ENOUGH // 2 - 1, False)])
def test_what_could_not_be_prepared_counts_as_what_was_left(
    way: Way[str],
    odd: list[type],
    touched: int,
    keeps: bool,  # noqa: FBT001
) -> None:
    habit = kept(way)
    odd += [int] * 16
    for number in range(0, ENOUGH, 16):
        assert habit._made == number
        go(way, 20)
    touch(habit, touched)
    assert habit.kept
    go(way, 1, left=True)
    assert habit.kept is keeps


def test_what_could_not_be_prepared_does_not_count_where_it_is_not_kept(
    way: Way[str], odd: list[type]
) -> None:
    habit, other = kept(way), Habit(str, way)
    touch(other, ENOUGH)
    odd += [str, bytes, int]
    go(way, 10, str)
    assert other._made == 10  # and not eleven
    assert habit._made == 1


def test_what_is_touched_of_those_that_are_left_keeps_it(way: Way[str]) -> None:
    habit = kept(way)
    for _ in range(10):
        go(way, ENOUGH, left=True)
        touch(habit, ENOUGH)
        go(way, 100)
    assert habit.kept
    assert (habit._made, habit._touched) == (ENOUGH, ENOUGH)


def test_what_is_left_may_be_touched_after_others_were_made(way: Way[str]) -> None:
    habit = kept(way)
    for _ in range(2):
        go(way, ENOUGH, left=True)
        go(way, ENOUGH)
        touch(habit, ENOUGH)  # those that were left; the others are prepared
    go(way, 1, left=True)
    assert habit.kept


def test_others_that_are_weighed_do_not_have_what_is_prepared_counted(way: Way[str]) -> None:
    habit, other = kept(way), Habit(str, way)
    touch(other, ENOUGH)
    for _ in range(10):
        go(way, 100)
    assert habit.kept
    assert habit._made == 0


def test_a_kept_one_is_counted_where_nothing_is_weighed(way: Way[str]) -> None:
    habit = kept(way)
    assert way._weighed == 0
    go(way, 10, left=True)
    assert habit._made == 10


def test_the_latest_way_to_read_it_is_used(way: Way[str], noted: Noted) -> None:
    habit = kept(way)
    go(way, 2)
    habit.touch("better")
    go(way, 1)
    go(way, 1, str)
    assert noted == [[HOW, HOW], ["better"], ["nothing"]]


def test_what_is_left_is_made_ready_and_not_prepared(
    way: Way[str], noted: Noted, left: list[int]
) -> None:
    go(way, 3)
    kept(way)
    go(way, 5)
    go(way, 7, left=True)
    assert noted == [[HOW] * 5]
    assert left == [3, 7]


def test_a_verdict_against_it_counts_for_the_batch_that_brought_it(
    way: Way[str], noted: Noted, left: list[int]
) -> None:
    kept(way)
    go(way, ENOUGH, left=True)
    go(way, 1, left=True)
    go(way, 2)
    assert noted == []
    assert left == [ENOUGH, 1, 2]


def test_a_verdict_for_it_counts_for_the_batch_that_brought_it(
    way: Way[str], noted: Noted, left: list[int]
) -> None:
    habit = Habit(int, way)
    touch(habit, ENOUGH)
    go(way, ENOUGH)
    touch(habit, ENOUGH)
    go(way, 2)
    assert noted == [[HOW] * 2]
    assert left == [ENOUGH]


def test_the_batch_that_brought_a_verdict_for_it_is_prepared_and_not_counted(
    way: Way[str],
) -> None:
    habit = Habit(int, way)
    touch(habit, ENOUGH)
    go(way, ENOUGH)
    touch(habit, ENOUGH)
    go(way, ENOUGH)
    go(way, 1, left=True)
    assert habit.kept


def test_a_batch_is_left_in_all_ways_or_in_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(habits, "_WAYS", [])
    left, other_left, prepared = list[int](), list[int](), list[int]()

    def prepare(messages: Sequence[Any], *_: object) -> Iterable[type]:
        prepared.extend(messages)
        return ()

    way = Way[str](prepare, left.extend)
    Way[str](lambda *_: (), other_left.extend)
    kept(way)
    for number in range(40 * LEFT):
        habits.prepare([number], [b""], [int])
    assert left == [number for number, one in enumerate(turns(40 * LEFT)) if one]
    assert sorted([*left, *prepared]) == other_left == list(range(40 * LEFT))


steps = st.lists(
    st.tuples(
        st.sampled_from([int, str, bytes]),
        st.sampled_from(["touched", "made", "left", "odd"]),
        st.sampled_from([1, 16, 63, 64, 65, 300, 2000]),
    ),
    max_size=60,
)


@given(steps)
def test_the_books_agree_whatever_happens(script: list[tuple[type, str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(habits, "_WAYS", [])
        odd: list[type] = []
        way = Way[str](lambda *_: odd)
        kinds: list[type] = [int, str, bytes]
        all_habits = {cls: Habit(cls, way) for cls in kinds}
        for cls, what, number in script:
            was_kept = dict(way.kept)
            if what == "touched":
                touch(all_habits[cls], number)
                assert way.kept == was_kept  # verdicts come when something is made
            else:
                odd[:] = [cls] * number if what == "odd" else []
                go(way, number, cls, left=what == "left")
            those = all_habits.values()
            assert set(way.kept) == {one.cls for one in those if one.kept}
            assert way._weighed == sum(one._weighed for one in those)
            assert set(way.watched) == {one.cls for one in those if one.kept or one._weighed}
            assert not any(one.kept and one._weighed for one in those)
            for one in those:
                assert one.kept or one._made < ENOUGH + 2000
                assert one.kept or one._weighed or one._touched < one._patience


# What does not grow ------------------------------------------------------------------------------


@each_way
def test_nothing_grows_with_the_number_of_messages(touch: Touch, is_ahead: IsAhead) -> None:
    def go_on(batches: int) -> tuple[int, int]:
        """How many messages there are afterwards, and how many bytes it came to."""
        for number in range(batches):
            frame = b"%b\r\nX-%d: %d" % (HANGUP, number % 1000, number)
            deque(map(touch, hangups(20, frame if number % 2 else HANGUP)), maxlen=0)
        gc.collect()
        return sum(isinstance(one, Message) for one in gc.get_objects()), allocated()

    accustomed(touch)
    way = way_of(is_ahead)
    habit = way.watched[HANGUPS]
    tracemalloc.start()
    try:
        messages, size = go_on(10 * LEFT)
        messages_then, size_then = go_on(50 * LEFT)
    finally:
        tracemalloc.stop()
    assert messages_then == messages
    assert size_then < size + 2000
    assert set(way.kept) == set(way.watched) == {HANGUPS}
    assert way._weighed == 0
    assert habit._made <= ENOUGH + 20
    assert habit._touched <= ENOUGH + 20
    assert habit._patience == ENOUGH


def allocated() -> int:
    """Bytes that the models hold."""
    models = tracemalloc.Filter(inclusive=True, filename_pattern="*/amitrio/models/*")
    found = tracemalloc.take_snapshot().filter_traces([models]).statistics("filename")
    return sum(one.size for one in found)


@each_way
def test_who_is_asked_for_is_not_remembered(touch: Touch, is_ahead: IsAhead) -> None:
    accustomed(touch)
    for number in range(100):
        made_ahead([f"Strange{number}", "Newexten"], [HANGUP, EXTENSION])
    assert set(way_of(is_ahead).kept) == set(way_of(is_ahead).watched) == {HANGUPS}


# What is read ------------------------------------------------------------------------------------

ODD = [
    NOT_UTF_8,
    NOT_A_NUMBER,
    HANGUP.replace(b"PJSIP", "J\xfcrgen".encode()),
    HANGUP.replace(b"16", b"\xff"),
    HANGUP.replace(b"16", b"1\r6"),
    HANGUP.replace(b"16", b""),
    HANGUP.replace(b"16", b"9999"),
    HANGUP.replace(b"Cause:", b"CAUSE:"),
    HANGUP.replace(b"Cause:", b"cause: 1\r\nCause:"),  # repeated, in other letters
    HANGUP.replace(b"Channel:", b"CHANNEL: x\r\nChannel:"),
    HANGUP.replace(b"Privilege: call,all", b"cause: 1"),
    HANGUP + b"\r\nCause: 1\r\nChannel: x",
    HANGUP.replace(b"Uniqueid: 1.2\r\nCause: 16", b"Cause: 16\r\nUniqueid: 1.2"),
    HANGUP.replace(b"\r\nCause: 16", b""),
    HANGUP.replace(b"\r\nChannel: PJSIP/1", b""),
    HANGUP.replace(b": ", b":"),
    HANGUP.replace(b"1.2", b"1\n2"),
    HANGUP + b"\r\nno colon",
    HANGUP[: HANGUP.index(b"Channel")],
    b"Event: Hangup",
    b"",
]


def as_it_is(event: Event) -> tuple[object, ...]:
    """Everything that it says."""
    said = (event.headers.pairs, *(event._get(name) for name in ("Channel", "cause", "Exten")))
    one = typed_one(event)
    fields = {name: getattr(one, name) for name, _ in layout_of(type(one)).fields}
    return (repr(fields), one.other_headers.pairs, one.problems, *said)


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_what_is_odd_is_read_alike(odd: bytes) -> None:
    lazy = as_it_is(HANGUPS.from_frame(odd))
    accustomed(cause, channel, channel_field)
    frames = [HANGUP, odd, HANGUP]
    events = made_ahead(["Hangup"] * 3, frames)
    for event, frame in zip(events, frames, strict=True):
        assert ahead_is_right(event)
        assert as_it_is(event)[:3] == header_by_header(typed_one(event))
        assert event == HANGUPS.from_frame(frame)
    assert as_it_is(events[1]) == lazy
    assert all(map(of_fields, (events[0], events[2])))


def test_text_that_is_not_utf_8_is_left_to_be_touched() -> None:
    accustomed(cause, channel)
    kinds, frames = ["Hangup", "Newexten", "Hangup"], [HANGUP, EXTENSION, NOT_UTF_8]
    for _ in range(2 * LEFT):
        events = made_ahead(kinds, frames)
        if of_headers(events[0]):  # else the batch was one that is left
            assert list(map(of_fields, events)) == [True, False, False]
            assert list(map(of_headers, events)) == [True, False, False]
        assert list(map(channel, events)) == ["PJSIP/1", "PJSIP/1", "J\udcfcrgen/1"]
        assert [cause(events[0]), cause(events[2])] == [16, 16]
    begin_batch()
    assert all(map(of_headers, hangups(2)))


NAMED = HANGUP.replace(b"Privilege", b"SystemName: s\r\nPrivilege")


def usual() -> object:
    """What Hangups are taken to fit first."""
    return way_of(of_headers).kept[HANGUPS]


def knows_both_orders() -> None:
    accustomed(channel)
    accustomed(channel, make=lambda number: hangups(number, NAMED))
    accustomed(channel)


def test_an_order_that_comes_now_and_then_is_read_ahead_and_becomes_no_habit() -> None:
    knows_both_orders()
    fits = usual()
    for _ in range(10 * ENOUGH):
        begin_batch()
        events = made_ahead(["Hangup"] * 3, [HANGUP, NAMED, HANGUP])
        assert all(map(of_headers, events))
        assert usual() is fits
        assert list(map(channel, events)) == ["PJSIP/1"] * 3


@pytest.mark.parametrize("named", [1, 8, 9, 16])
def test_an_order_that_most_have_becomes_the_habit(named: int) -> None:
    knows_both_orders()
    fits = usual()
    for number in range(ENOUGH):
        begin_batch()
        events = made_ahead(["Hangup"] * 16, [NAMED] * named + [HANGUP] * (16 - named))
        assert all(map(of_headers, events))
        is_most = named > 8 and (number + 1) * named >= cutting._ENOUGH
        assert (usual() is not fits) == is_most
        assert (HANGUPS._cuts.latest is not fits) == is_most


def test_a_few_of_an_order_are_not_most_of_a_class() -> None:
    knows_both_orders()
    fits = usual()
    for number in (*[1] * cutting._ENOUGH, cutting._MOST_AT_LEAST - 1):
        begin_batch()
        made_ahead(["Hangup"] * number, [NAMED] * number)
        assert usual() is fits
    begin_batch()
    made_ahead(["Hangup"] * cutting._MOST_AT_LEAST, [NAMED] * cutting._MOST_AT_LEAST)
    assert usual() is not fits


def test_a_batch_of_an_order_is_not_most_of_a_class_yet() -> None:
    knows_both_orders()
    fits = usual()
    for number in (cutting._ENOUGH - 5, 4):
        begin_batch()
        made_ahead(["Hangup"] * number, [NAMED] * number)
        assert usual() is fits
    begin_batch()
    made_ahead(["Hangup"] * 4 + ["Newexten"] * 9, [NAMED] * 4 + [EXTENSION] * 9)
    assert usual() is not fits


def test_a_value_that_does_not_convert_is_left_to_be_touched() -> None:
    accustomed(cause, channel)
    events = made_ahead(["Hangup"] * 3, [HANGUP, NOT_A_NUMBER, HANGUP])
    assert list(map(of_fields, events)) == [True, False, True]
    assert list(map(cause, events)) == [16, None, 16]
    assert [one.text for one in typed_one(events[1]).problems] == ["many"]


def test_a_further_order_of_headers_is_read_ahead_too() -> None:
    other = HANGUP.replace(b"Privilege", b"SystemName: s\r\nPrivilege")
    accustomed(cause)
    accustomed(cause, make=lambda number: hangups(number, other))
    events = made_ahead(["Hangup"] * 2, [HANGUP, other])
    assert list(map(of_fields, events)) == [True, True]
    assert list(map(cause, events)) == [16, 16]


def ahead_is_right(message: Message) -> bool:
    """Whether what is there of it already is what a search finds, and a reading of all headers."""
    match = object.__getattribute__(message, "_match")
    fresh = type(message).from_frame(message._frame)
    for name, value in ({} if match is None else match.groupdict()).items():
        assert value == searched(fresh, name)
    if isinstance(message, Typed):
        reading = layout_of(type(message)).read(message.headers.pairs[1:], message._clean())
        for name in is_set(message) - {"other_headers"}:
            assert repr(object.__getattribute__(message, name)) == repr(reading.values[name])
    return True


@contextmanager
def _easily_accustomed() -> Iterator[None]:
    """Nothing is known of any class, and little makes a habit."""
    soon = partial(Habit[Any], patience=2)
    with _as_at_first() as patch:
        patch.setattr(habits, "_ENOUGH", 8)
        patch.setattr(cutting, "_ENOUGH", 2)
        patch.setattr(narrowing, "_ENOUGH", 3)
        patch.setattr(narrowing, "Habit", soon)
        patch.setattr(base, "Habit", soon)
        for cls in classes():
            cls._learn_anew()
        yield


NAMES = ["Channel", "channel", "Uniqueid", "Exten", "Privilege", "ActionID", "No"]


def events_in(captured: Capture) -> Iterator[tuple[list[str], list[bytes]]]:
    for run in ClientConnection().receive(captured.read()):
        if isinstance(run, EventsReceived):
            for at in range(0, len(run.frames), 16):
                yield run.kinds[at : at + 16], run.frames[at : at + 16]


@pytest.mark.parametrize("captured", STREAMS, ids=repr)
def test_what_servers_sent_is_read_alike(captured: Capture) -> None:
    batches = list(events_in(captured))
    ahead = 0
    with _easily_accustomed():
        for first in range(2):
            for kinds, frames in batches:
                events = made_ahead(kinds, frames)
                ahead += sum(of_fields(one) or of_headers(one) for one in events)
                for event in events:
                    assert_read_alike(event, first)
    assert ahead * 4 >= sum(len(kinds) for kinds, _ in batches if len(batches) > 20)


def assert_read_alike(event: Event, first: int) -> None:
    """Touch some fields and headers, as a program does that reads these of all."""
    assert ahead_is_right(event)
    lazy = type(event).from_frame(event._frame)
    for name in NAMES[first::2]:
        assert event._get(name) == searched(lazy, name), (event, name)
    if isinstance(event, Typed):
        expected = layout_of(type(event)).read(event.headers.pairs[1:], event._clean())
        for name in fields_of(type(event))[first::5][: narrowing._FEW]:
            assert repr(getattr(event, name)) == repr(expected.values[name]), (event, name)


values = st.sampled_from(["1"] * 5 + ["", "3", "x", "1.5", "A=1", "<unknown>", " 1", "a\nb"])


@st.composite
def programs(draw: st.DrawFn, cls: type[TypedEvent]) -> tuple[list[bytes], list[str], list[str]]:
    """Frames, most of which look alike, and the fields and headers that are read of them."""
    known = [name.title() for name in layout_of(cls).places]
    names = st.sampled_from([*known, "New", "Privilege", "ActionID"])
    order = draw(st.lists(names, min_size=1, max_size=6, unique_by=str.lower))

    def usual(some: list[str]) -> bytes:
        return "\r\n".join(["Event: X", *(f"{n}: {v}" for n, v in zip(order, some))]).encode()  # noqa: B905

    alike = st.lists(values, min_size=len(order), max_size=len(order)).map(usual)
    frames = draw(st.lists(alike, min_size=2, max_size=6))
    frames += draw(streams())[:2] if draw(st.booleans()) else []
    headers = st.sampled_from([*order, *order, *map(str.upper, order), "No", "ChanVariable(a:b)"])
    return (
        draw(st.permutations(frames)),
        draw(st.lists(st.sampled_from(fields_of(cls)), max_size=4)),
        draw(st.lists(headers, max_size=3)),
    )


@pytest.mark.parametrize("cls", [Sampled, Parted, Reported])
@given(data=st.data(), size=st.integers(1, 8), every=st.sampled_from([1, 1, 1, 2, 5]))
def test_any_frames_are_read_alike(
    cls: type[TypedEvent], data: st.DataObject, size: int, every: int
) -> None:
    stream, fields, headers = data.draw(programs(cls))
    frames = stream * 8
    with _easily_accustomed():
        for at in range(0, len(frames), size):
            some = frames[at : at + size]
            for number, event in enumerate(messages_ahead(cls, some)):
                assert ahead_is_right(event)
                if number % every == 0:
                    assert_touched_alike(event, fields, headers)
        for event in messages_ahead(cls, stream):
            again = cls.from_frame(event._frame)
            assert event == again
            assert event.other_headers.pairs == again.other_headers.pairs
            assert event.to_dict() == again.to_dict()


def messages_ahead(cls: type[T], frames: Sequence[bytes]) -> list[T]:
    messages = from_frames([cls] * len(frames), frames, None, bare=True)
    habits.prepare(messages, frames, [cls] * len(frames))
    return messages


def assert_touched_alike(event: TypedEvent, fields: list[str], headers: list[str]) -> None:
    expected = layout_of(type(event)).read(event.headers.pairs[1:], event._clean()).values
    assert repr([getattr(event, n) for n in fields]) == repr([expected[n] for n in fields])
    lazy = type(event).from_frame(event._frame)
    assert [event._get(n) for n in headers] == [searched(lazy, n) for n in headers]
