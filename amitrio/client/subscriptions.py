"""Subscriptions: which inboxes want an event of which name.

Names are compared in any case; a pattern (`Queue*`) matches as a shell would. The answer for a
name is worked out once and kept until somebody subscribes or leaves.

Law: an event that nobody wants costs nothing here, and a subscriber never delays another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

import attrs

from amitrio.client.ending import Ending
from amitrio.client.inbox import Inbox, Way, hand_on
from amitrio.client.naming import is_wild
from amitrio.client.statistics import StreamStatistics, lag
from amitrio.models import Chunk, Event
from amitrio.protocol import EventsReceived

__all__ = ["Subscriptions"]

# Event names come from the wire; past this many the cache is begun anew.
_MAX_NAMES = 4096


@attrs.frozen(eq=False)
class _Subscription:
    patterns: tuple[str, ...]
    inbox: Inbox[Event]

    def wants(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.patterns)

    @property
    def is_exact(self) -> bool:
        """Whether it names its events, instead of describing their names."""
        return not any(map(is_wild, self.patterns))


_NOWHERE: Way = ()


class _Ways(dict[str, Way]):
    """Where the events of each name go; those that go the same way have the same tuple."""

    def __init__(self, find: Callable[[str], Way]) -> None:
        super().__init__()
        self._find = find
        self._same: dict[Way, Way] = {}

    def __missing__(self, kind: str) -> Way:
        way = self._find(kind)
        if len(self) >= _MAX_NAMES:
            self.clear()
        way = self[kind] = self._same.setdefault(way, way)
        return way

    def clear(self) -> None:
        super().clear()
        self._same.clear()


class Subscriptions:
    """The inboxes of all streams, by what they want."""

    def __init__(self) -> None:
        self._all: dict[int, _Subscription] = {}
        # The same again, by what an event's name leads to without asking each of them.
        self._exact: dict[str, dict[int, _Subscription]] = {}
        self._wild: dict[int, _Subscription] = {}
        self._by_name = _Ways(self._found)
        self._changed: Callable[[], None] = _nobody

    def __len__(self) -> int:
        return len(self._all)

    def attach(self, changed: Callable[[], None]) -> None:
        """A session delivers from now on, and wants to know when the answers change."""
        self._changed = changed
        self._renew()

    def ready(self) -> None:
        """The session is logged in: the next thing to come may be an event."""

    def deliver(self, kind: str, event: Event) -> None:
        """An event has come, perhaps one that tells of the server itself."""
        for inbox in self.wanting(kind):
            inbox.put(event)

    def deliver_all(self, received: EventsReceived, chunk: Chunk) -> None:
        """Events of other kinds have come. What goes the same way goes there at once."""
        kinds, frames, names = received
        way_of = self._by_name.__getitem__
        ways = list(map(way_of, names))
        if all(way is ways[0] for way in ways):
            hand_on(ways[0], kinds, frames, chunk)
            return
        began, way = 0, _NOWHERE
        for number, inboxes in enumerate(map(way_of, kinds)):
            if inboxes is not way:
                hand_on(way, kinds[began:number], frames[began:number], chunk)
                began, way = number, inboxes
        hand_on(way, kinds[began:], frames[began:], chunk)

    def lost(self, ending: Ending, heard: float) -> None:  # noqa: ARG002 - for who comes back
        """The session is over, and `heard` when anything came last: streams get no more."""
        for subscription in list(self._all.values()):
            subscription.inbox.end(None if ending.ours else ending.error)

    def add(self, patterns: Iterable[str], inbox: Inbox[Event]) -> None:
        """Let the inbox have events of these names from now on."""
        added = _Subscription(tuple(p.lower() for p in patterns), inbox)
        self._all[id(inbox)] = added
        if added.is_exact:
            for name in added.patterns:
                self._exact.setdefault(name, {})[id(inbox)] = added
        else:
            self._wild[id(inbox)] = added
        self._renew()

    def discard(self, inbox: Inbox[Event]) -> None:
        """The inbox gets no more events. Safe to repeat."""
        gone = self._all.pop(id(inbox), None)
        if gone is None:
            return
        self._wild.pop(id(inbox), None)
        for name in gone.patterns:
            named = self._exact.get(name, {})
            named.pop(id(inbox), None)
            if not named:
                self._exact.pop(name, None)
        self._renew()

    @property
    def behind(self) -> bool:
        """Whether any inbox is."""
        return any(subscription.inbox.behind for subscription in self._all.values())

    def inboxes(self) -> list[Inbox[Event]]:
        """All inboxes."""
        return [subscription.inbox for subscription in self._all.values()]

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """How each stream stands."""
        return tuple(_statistics(one) for one in list(self._all.values()))

    def wanting(self, kind: str) -> tuple[Inbox[Event], ...]:
        """The inboxes that want an event of that name."""
        return self._by_name[kind]

    def _found(self, kind: str) -> Way:
        name = kind.lower()
        named = list(self._exact.get(name, {}).values())
        wild = [one for one in list(self._wild.values()) if one.wants(name)]
        return tuple(one.inbox for one in (*named, *wild))

    def _renew(self) -> None:
        self._by_name.clear()
        self._changed()


def _statistics(one: _Subscription) -> StreamStatistics:
    inbox = one.inbox
    return StreamStatistics(
        len(inbox), inbox.delivered, inbox.dropped, inbox.limit, one.patterns, lag(inbox.oldest)
    )


def _nobody() -> None:
    """Nobody wants to know."""
