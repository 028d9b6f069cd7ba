"""Habits: what a program reads of nearly all messages of a class is read for it beforehand.

A message is read when it is touched first. To find that out costs an exception and half a dozen
calls, more than the reading itself. Where many messages are made at once, and each of them will be
touched as a rule, they are read when they are made. Whether they will be is not guessed: what is
made and what is touched of it is counted.

Law: it changes when something is read, never what is read. Who touches nothing pays for nothing;
and who stops touching is noticed, since now and then a batch is left to be touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs

__all__ = ["Habit", "Way", "prepare"]

H = TypeVar("H")

Prepare = Callable[
    [Sequence[Any], Sequence[bytes], Sequence[type], Mapping[type, H]], Iterable[type]
]
"""Reads messages, made of these frames and of these classes, as far as they are touched as a rule.

The mapping has what the habits say of their classes. It raises nothing: what cannot be read
beforehand is left to whoever touches it, and the classes of these are given back.
"""
Leave = Callable[[Sequence[Any]], None]
"""Makes messages ready to be touched."""
Batch = tuple[Sequence[Any], Sequence[bytes], Sequence[type]]
"""Messages, their frames, and their classes."""

# So many messages that were not prepared make a verdict.
_ENOUGH = 64
# One batch in so many is left as it is. What is touched no more is noticed after some thousands of
# events of its class, each of which has cost half a microsecond for nothing.
_LEFT = 64


class Way(Generic[H]):
    """One way in which messages are touched (by their headers, by their fields)."""

    def __init__(self, prepare: Prepare[H], leave: Leave = lambda _: None) -> None:
        self.kept: dict[type, H] = {}
        """What to do for a class of which nearly all are touched."""
        self.watched: dict[type, Habit[H]] = {}
        self._weighed = 0
        self._prepare = prepare
        self._leave = leave
        _WAYS.append(self)

    def weigh(self, habit: Habit[H], weight: int) -> None:
        """One habit more, or less, is to be found out about."""
        self.watched[habit.cls] = habit
        self._weighed += weight

    def go(self, batch: Batch, *, left: bool) -> None:
        """Prepare them unless they are `left`, and count those that are not prepared."""
        messages, frames, classes = batch
        if self._weighed or (left and self.watched):
            for cls, number in Counter(classes).items():
                if (habit := self.watched.get(cls)) is not None:
                    habit.judge()
                    if left or not habit.kept:
                        habit.made(number)
        if left or not self.kept:
            self._leave(messages)
            return
        for cls in self._prepare(messages, frames, classes, self.kept):
            if cls in self.kept:
                self.watched[cls].made(1)


_WAYS: list[Way[Any]] = []


@attrs.define(eq=False)
class Habit(Generic[H]):
    """Whether nearly all messages of a class are touched in that way."""

    cls: type
    way: Way[H]
    kept: bool = False
    _how: H | None = None
    """What prepares a message like the one that was touched last."""
    _weighed: bool = False
    _made: int = 0
    _touched: int = 0
    _patience: int = _ENOUGH

    def touch(self, how: H) -> None:
        """A message was touched that had not been prepared; `how` is what prepares the next."""
        self._how = how
        self._touched += 1
        if self.kept:
            self.way.kept[self.cls] = how
        elif self._touched >= self._patience and not self._weighed:
            self._made = 0
            self._weighed = True
            self.way.weigh(self, 1)

    def made(self, number: int) -> None:
        """So many were made that are not prepared."""
        if not self._made:
            self._touched = 0  # those were made before
        self._made += number

    def judge(self) -> None:
        """More are about to be made: those before had time to be touched."""
        if self._made < _ENOUGH:
            return
        least = self._made * (2 if self.kept else 3)
        how = self._how if self._touched * 4 >= least else None
        self._made = 0
        self.kept = how is not None
        if self._weighed:
            self._weighed = False
            self.way.weigh(self, -1)
        if how is not None:
            self.way.kept[self.cls] = how
        else:
            self._touched = 0
            self._patience *= 2  # so that a program without habits is not weighed for ever
            self.way.kept.pop(self.cls, None)
            self.way.watched.pop(self.cls, None)


@attrs.define
class _Turns:
    """Which batches are left: one in so many, and in no rhythm, since classes come in rhythms."""

    _state: int = 1

    def left(self) -> bool:
        self._state = self._state * 48271 % 0x7FFFFFFF  # the generator of Park and Miller
        return self._state % _LEFT == 0


_turns = _Turns()


def prepare(messages: Sequence[object], frames: Sequence[bytes], classes: Sequence[type]) -> None:
    """Read messages, made of these frames just now, as far as they will be read anyhow.

    For the task that is about to touch them, and has touched those before.
    """
    left = _turns.left()
    for way in _WAYS:
        way.go((messages, frames, classes), left=left)
