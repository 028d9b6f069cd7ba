"""Registry: from Asterisk's names to the classes that stand for them.

The classes are generated, one module per family, and a family is loaded when the first of its
names is asked for: whoever only counts hangups never loads the queues.

Law: every name has a class; one that Asterisk does not document has `Event`, or `Reply`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from importlib import import_module
from typing import cast

from amitrio.models.base import Chunk, Event, from_frames
from amitrio.models.generated import index
from amitrio.models.replies import CommandReply, Reply
from amitrio.protocol.framing import CRLF
from amitrio.text import decode

__all__ = [
    "action_names",
    "enum_class",
    "event_class",
    "event_classes",
    "event_from",
    "event_kinds",
    "events_from",
    "is_known",
    "load",
    "nearest_kind",
    "read_class",
    "reply_class_of",
]

_GENERATED = "amitrio.models.generated"
_BEHIND_EVENT = len(b"Event: ")

# Names come from the wire; past this many spellings they are looked up anew each time.
_MAX_NAMES = 4096


def load(module: str, name: str) -> object:
    """A generated class, its family loaded if it was not."""
    return getattr(import_module(f"{_GENERATED}.{module}"), name)


class _EventClasses(dict[str, type[Event]]):
    """The classes of events by their names as sent."""

    def __missing__(self, kind: str) -> type[Event]:
        found = index.EVENTS.get(kind.lower())
        cls = Event if found is None else cast("type[Event]", load(f"events.{found[0]}", found[1]))
        if len(self) < _MAX_NAMES:
            self[kind] = cls
        return cls


_EVENT_CLASSES = _EventClasses()


class _ReplyClasses(dict[str, type[Reply]]):
    """The classes of replies by the names of their actions, in lower case."""

    def __missing__(self, name: str) -> type[Reply]:
        found = index.REPLIES.get(name)
        if name in _CONFIGURATIONS:
            cls = cast("type[Reply]", import_module("amitrio.models.config").ConfigReply)
        elif found is None:
            return Reply
        else:
            cls = cast("type[Reply]", load(f"actions.{found[0]}", found[1]))
        self[name] = cls
        return cls


_CONFIGURATIONS = frozenset({"getconfig", "listcategories"})
_REPLY_CLASSES = _ReplyClasses(command=CommandReply)


def event_class(kind: str) -> type[Event]:
    """The class of the events of that name."""
    return _EVENT_CLASSES[kind]


def event_classes(kinds: Iterable[str]) -> list[type[Event]]:
    """The class of the events of each of these names."""
    return list(map(_EVENT_CLASSES.__getitem__, kinds))


def event_from(frame: bytes, chunk: Chunk | None = None, kind: str | None = None) -> Event:
    """The event that a frame is, as an object of its own class. `kind`, where it is known."""
    if kind is None:
        kind = decode(frame[_BEHIND_EVENT:].split(CRLF, 1)[0])
    return _EVENT_CLASSES[kind].from_frame(frame, chunk)


def events_from(kinds: Iterable[str], frames: Sequence[bytes], chunk: Chunk | None) -> list[Event]:
    """The events that these frames are, of these kinds: `event_from` for many, in C."""
    return from_frames(event_classes(kinds), frames, chunk)


def reply_class_of(action: str) -> type[Reply]:
    """The class of the reply to the action of that name."""
    return _REPLY_CLASSES[action.lower()]


def enum_class(name: str) -> object:
    """An enumeration by its name."""
    return load("enums", name)


def event_kinds() -> tuple[str, ...]:
    """The names of all events that are known, sorted."""
    return index.EVENT_KINDS


def read_class(kind: str) -> str | None:
    """The class that a user must be allowed to read, to hear that event.

    None where the event comes in answers to actions only, and where it is not known.
    """
    about = getattr(event_class(kind), "about", None)
    return None if about is None else cast("str | None", about.event_class)


def action_names() -> Iterator[str]:
    """The class names of all actions that are known."""
    return (name for _, name in index.ACTIONS.values())


def is_known(pattern: str) -> bool:
    """Whether an event of that name, or one that the pattern matches, is known."""
    wanted = pattern.lower()
    return wanted in index.EVENTS or any(fnmatchcase(kind, wanted) for kind in index.EVENTS)


def nearest_kind(kind: str) -> str | None:
    """The known event whose name is most like that one, or None when none is like it."""
    near = get_close_matches(kind.lower(), index.EVENTS, n=1, cutoff=0.7)
    return next((one for one in index.EVENT_KINDS if near and one.lower() == near[0]), None)
