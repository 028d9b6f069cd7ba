"""Frames: a stream as the messages that it holds, each as an object of its own class.

Which class a reply has, its action says. Where only the server was recorded, the reply says it
itself: it has the first class that takes all of its headers.

Law: every frame of the stream is given out, junk included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs

from amitrio.models import CommandReply, ConfigReply, Event, Reply, TypedReply
from amitrio.models.generated import index
from amitrio.models.registry import event_from, reply_class_of
from amitrio.protocol import ClientConnection, EventsReceived, Junk, Unmatched

__all__ = ["Answer", "Raw", "messages", "spare_headers"]

# Who recorded a stream often named the ActionIDs after the actions: `GetConfig-64`.
_ACTION = re.compile(r"(?:x-)?([A-Za-z]*)")


@attrs.frozen
class Raw:
    """Text that is no message."""

    frame: bytes


@attrs.frozen
class Answer:
    """A reply, and what it answers: an action, as far as it is known."""

    reply: Reply
    action: str


def messages(
    stream: bytes, actions: Mapping[str, str] | None = None
) -> Iterator[Event | Answer | Raw]:
    """What a server sent, from its banner on. `actions` are the actions by their ActionIDs.

    Without them the client was not recorded.
    """
    for received in ClientConnection().receive(stream):
        if isinstance(received, EventsReceived):
            yield from map(event_from, received.frames)
        elif isinstance(received, Unmatched):
            yield _answer(received.frame, actions)
        elif isinstance(received, Junk):
            yield Raw(received.frame)


def _answer(frame: bytes, actions: Mapping[str, str] | None) -> Answer:
    reply = Reply.from_frame(frame)
    action_id = reply.headers.get("ActionID", "")
    action = _named_in(action_id) if actions is None else actions.get(action_id, "")
    if action.lower() in index.ACTIONS:
        return Answer(reply_class_of(action).from_frame(frame), action)
    cls = Reply if actions is not None else _class_by_headers(reply)
    return Answer(cls.from_frame(frame), "?")


def _named_in(action_id: str) -> str:
    found = _ACTION.match(action_id)
    return found[1] if found else ""


def _class_by_headers(reply: Reply) -> type[Reply]:
    fitting = (cls for cls in _reply_classes() if _takes_all(cls.from_frame(reply._frame)))
    return next(fitting, Reply)


def _reply_classes() -> Iterator[type[Reply]]:
    yield from (Reply, CommandReply, ConfigReply)
    for action in index.REPLIES:
        yield reply_class_of(action)


def _takes_all(reply: Reply) -> bool:
    clean = not reply.problems if isinstance(reply, TypedReply) else True
    return clean and not spare_headers(reply)


# What every reply may have, and what those have that are no typed ones.
_COMMON = frozenset({"response", "actionid", "message", "eventlist", "privilege"})
_HAND_WRITTEN: Mapping[type[Reply], tuple[str, ...]] = {
    CommandReply: ("output",),
    ConfigReply: ("category-", "line-"),
}


def spare_headers(reply: Reply) -> list[str]:
    """The headers of a reply that no field takes."""
    if isinstance(reply, CommandReply) and reply["Response"] == "Follows":
        return []  # before 14: raw text, all of which is `lines`
    if isinstance(reply, TypedReply):
        names = [name for name, _ in reply.other_headers.pairs]
    else:
        names = [name for name, _ in reply.headers.pairs]
    taken = _HAND_WRITTEN.get(type(reply), ())
    return [
        name
        for name in dict.fromkeys(names)
        if name.lower() not in _COMMON and not (taken and name.lower().startswith(taken))
    ]
