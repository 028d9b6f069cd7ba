"""Cuts: the headers that a program reads, cut out of a frame by one expression.

A program reads the same few headers of all messages of a class, and Asterisk sends these with the
same headers in the same order nearly every time. So the names that are asked for and the order
they come in are remembered, and become a regular expression that checks a frame up to the last of
them and has them all. What fits none is searched header by header.

Law: what is cut out is what a search finds. The expression tells every line up to the last one
from those that are read, so that none before it can have the same name in other letters; it
declines text that is not UTF-8 and carriage returns inside values. What is learned is bounded,
whatever is sent and asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol, cast

import attrs

from amitrio.headers import Headers
from amitrio.models.lines import LINE_END, VALUE, named, passed_over

__all__ = ["NEVER", "Cuts", "Fits", "Match"]

Match = re.Match[str]
Names = tuple[str, ...]
Fits = Callable[[str], Match | None]

# What a frame that fits none comes to: it has no group of any name.
_NOTHING = cast("Match", re.compile("").match(""))
NEVER: Fits = re.compile("(?!)").match
"""What fits nothing."""

_MAX_ORDERS = 8
_MAX_NAMES = 16
# It takes about a millisecond to compile an expression: there must be something to save.
_ENOUGH = 32
_MOST_LEARNED = 64
# Fewer in a batch do not say what most are like.
_MOST_AT_LEAST = 4


class _HasHeaders(Protocol):
    """A message, which is made of what is here."""

    @property
    def headers(self) -> Headers:
        """All of them, in order."""
        ...


@attrs.define(eq=False)
class Cuts:
    """What was learned of one class of messages."""

    _known: dict[Names, Fits] = attrs.field(factory=dict)
    """The expressions, by the headers that they name. The longest is tried first."""
    _fits: tuple[Fits, ...] = ()
    """The same expressions."""
    _whole: frozenset[Fits] = frozenset()
    """Those of them that no other goes on from."""
    latest: Fits = NEVER
    """The one of these that a frame fitted last: the next frame most likely fits it, too."""
    _strays: int = 0
    """How many fitted another than the usual one, since it was asked last whether most do."""
    _asked: dict[str, list[str]] = attrs.field(factory=dict)
    """The headers that are read, in lower case, and how the program spells each."""
    _missed: int = 0

    def match(self, frame: bytes) -> Match:
        """The headers that are known to be read, each a group of its name."""
        try:
            text = frame.decode()
        except UnicodeDecodeError:
            return _NOTHING
        return self.latest(text) or self._match_another(text)

    def _match_another(self, text: str) -> Match:
        found = self.other(text)
        if found is None:
            return _NOTHING
        fits, match = found
        if fits in self._whole:
            self.latest = fits
        return match

    def other(self, text: str) -> tuple[Fits, Match] | None:
        """The expression that fits, whichever it is, and the headers; None where none does."""
        for fits in self._fits:
            if (match := fits(text)) is not None:
                return fits, match
        return None

    def strayed(self, others: Sequence[Fits], count: Callable[[], int]) -> Fits | None:
        """Of `count()` frames in one batch some did not fit the usual expression, but these.

        Now and then it is asked whether one of them fits most of the batch: that is the usual one
        from now on. None where there is none.
        """
        self._strays += len(others)
        if self._strays < _ENOUGH or len(others) < _MOST_AT_LEAST:
            return None
        self._strays = 0
        usual, number = Counter(others).most_common(1)[0]
        if usual not in self._whole or number * 2 <= count():
            return None
        self.latest = usual
        return usual

    def missed(self, name: str, message: _HasHeaders) -> None:
        """A header had to be searched for. Each time that was often, the frame is learned from.

        It takes the message, not a function that gives the headers: whoever looks a header up would
        make one, and the cell that holds it, each time, for the one time that something is missed.
        """
        self._missed += 1
        self._note(name)
        if self._missed % _ENOUGH == 0 and self._missed <= _ENOUGH * _MOST_LEARNED:
            self._learn(tuple(header for header, _ in message.headers.pairs))

    def _note(self, name: str) -> None:
        if name.isascii() and name.isidentifier():  # or it can be no group's
            spelled = self._asked.get(name.lower(), ())
            if name not in spelled and sum(map(len, self._asked.values())) < _MAX_NAMES:
                self._asked[name.lower()] = [*spelled, name]

    def _learn(self, names: Names) -> None:
        lowered = list(map(_lowered, names))
        places = {lowered.index(name): name for name in self._asked if name in lowered}
        begin = names[: max(places, default=-1) + 1]
        if begin and all(map(_is_plain, begin)):
            spelled = {place: self._asked[name] for place, name in places.items()}
            fits = _compiled(begin, spelled)
            if self._known.get(begin) == fits:
                return  # it is not the expression that is wanting
            others = [one for one in self._known.items() if one[0] != begin[: len(one[0])]]
            known = [*others, (begin, fits)]
            self._known = dict(sorted(known, key=_length, reverse=True)[:_MAX_ORDERS])
            self._fits = tuple(self._known.values())
            self._whole = frozenset(
                fits
                for names, fits in self._known.items()
                if not any(other[: len(names)] == names != other for other in self._known)
            )
            self.latest = NEVER


def _length(known: tuple[Names, Fits]) -> int:
    return len(known[0])


def _lowered(name: str) -> str:
    return name.lower() if name.isascii() else name


def _is_plain(name: str) -> bool:
    """Whether the name ends at its first colon; `ChanVariable(` goes on to a parenthesis."""
    return bool(name) and "chanvariable(" not in name.lower()


def _compiled(names: Names, spelled: dict[int, list[str]]) -> Fits:
    lines: list[str] = []
    taken = [names[place].lower() for place in spelled]
    for place, name in enumerate(names):
        value = VALUE
        for group in spelled.get(place, ()):
            value = f"(?P<{group}>{value})"
        lines.append(named(name, value) if place in spelled else passed_over(name, taken))
    return re.compile("\r\n".join(lines) + LINE_END).match
