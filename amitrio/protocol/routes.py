"""Routes: what a frame is and whether anybody wants it, known by its first line.

An event's name is looked at once. From then on the frames of a whole chunk are classified by C
code alone, which cuts the beginning off each and looks it up.

Law: the tables only remember. They are bounded, since names come from the wire (UserEvent does not
make new ones, forged frames can), and begun anew when they are full.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from operator import attrgetter, itemgetter
from typing import cast

import attrs

from amitrio.protocol.framing import CRLF
from amitrio.protocol.message import SUCCESS, event_kind

__all__ = ["Route", "Routes", "kinds_of", "names_of", "wanted_of"]

_MAX_ROUTES = 4096
_MAX_LINE = 256
# Most first lines end within so many bytes. A few more would reach into the ActionID of a response,
# `Response: Success` CR LF `ActionID: `, and no two responses would begin alike.
_HEAD = 28

_head: Callable[[bytes], bytes] = itemgetter(slice(_HEAD))


@attrs.frozen(eq=False)
class Route:
    """What a first line says: an event's name (None for anything else), and if it is wanted."""

    kind: str | None
    wanted: bool
    response: bool = False
    success: bool = False


_kind: Callable[[Route], str] = attrgetter("kind")
_wanted: Callable[[Route], bool] = attrgetter("wanted")


class _Lines(dict[bytes, Route]):
    """First lines that were seen, classified once each."""

    def __init__(self, interest: Callable[[str], bool]) -> None:
        super().__init__()
        self._interest = interest

    def __missing__(self, line: bytes) -> Route:
        kind = event_kind(line)
        wanted = kind is not None and self._interest(kind)
        route = Route(kind, wanted, line.startswith(b"Response: "), line + CRLF == SUCCESS)
        if len(line) <= _MAX_LINE:
            if len(self) >= _MAX_ROUTES:
                self.clear()
            self[line] = route
        return route


class _Heads(dict[bytes, Route | None]):
    """Beginnings of frames, and the route of the first line that ends in each.

    None where the line is longer.
    """

    def __init__(self, lines: _Lines) -> None:
        super().__init__()
        self._lines = lines

    def __missing__(self, head: bytes) -> Route | None:
        end = head.find(CRLF)
        if end < 0 and len(head) == _HEAD:
            return None
        if len(self) >= _MAX_ROUTES:
            self.clear()
        route = self[head] = self._lines[head[:end] if end >= 0 else head]
        return route


class Routes:
    """The routes of frames. `interest` is asked once for each name of an event."""

    def __init__(self, interest: Callable[[str], bool]) -> None:
        self._lines = _Lines(interest)
        self._heads = _Heads(self._lines)

    def of(self, frames: Sequence[bytes]) -> tuple[list[Route], Collection[Route]]:
        """The route of each frame; and each of these routes once, in their order."""
        found = list(map(self._heads.__getitem__, map(_head, frames)))
        different = dict.fromkeys(found)
        if None not in different:
            return cast("list[Route]", found), cast("dict[Route, None]", different)
        routes = [
            self._lines[frame.partition(CRLF)[0]] if route is None else route
            for route, frame in zip(found, frames, strict=True)
        ]
        return routes, dict.fromkeys(routes)

    def clear(self) -> None:
        """Ask again for each name."""
        self._lines.clear()
        self._heads.clear()


def kinds_of(routes: Sequence[Route]) -> list[str]:
    """The names of events."""
    return list(map(_kind, routes))


def names_of(different: Iterable[Route]) -> set[str]:
    """The names of the events that are wanted."""
    return {_kind(route) for route in different if route.wanted}


def wanted_of(routes: Sequence[Route]) -> list[bool]:
    """Whether each is wanted."""
    return list(map(_wanted, routes))
