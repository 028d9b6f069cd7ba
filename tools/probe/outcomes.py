"""Outcomes: what a server said to an action, and what in its reply the models do not explain.

Law: an outcome is one of four, and the same server with the same configuration always gives the
same one; only the words beside it may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, cast

import attrs

import amitrio as ami
from amitrio.models import Message, TypedEvent, TypedReply
from amitrio.models.generated import index

__all__ = ["Outcome", "Sort", "Unexplained", "in_message", "outcome_of", "unexplained"]

Sort = Literal["succeeded", "refused", "silent", "absent"]

# What every reply may say, and no field takes.
_USUAL = frozenset({"response", "actionid", "message", "eventlist"})
# Whose headers have any names: somebody else's, lines of files, the actions that there are.
_FREE = (ami.CommandReply, ami.ConfigReply, ami.UserEvent)
_FREE_ACTIONS = frozenset({"ListCommands"})
# Events that are all that there is to say, and complete a list without items.
_ALONE = frozenset(complete for items, complete in index.LISTS.values() if not items)


@attrs.frozen
class Outcome:
    """What became of an action.

    `silent` is an answer without a response, `absent` that the server knows no such action.
    """

    sort: Sort
    said: str = ""

    def __str__(self) -> str:
        return f"{self.sort}: {self.said}" if self.said else self.sort


@attrs.frozen
class Unexplained:
    """A header that no field takes, or a value that its field cannot hold."""

    message: str
    header: str
    text: str


def outcome_of(reply: ami.Reply) -> Outcome:
    """The outcome of an action that got this reply."""
    listed = _as_list(reply)
    return Outcome("succeeded", reply.message if listed is None else _summary(listed))


def _as_list(reply: ami.Reply) -> ami.ListReply[ami.Event, ami.Event] | None:
    if not isinstance(reply, ami.ListReply):
        return None
    return cast("ami.ListReply[ami.Event, ami.Event]", reply)


def _summary(listed: ami.ListReply[ami.Event, ami.Event]) -> str:
    if kinds := sorted({item.kind for item in listed}):
        return f"a list of {', '.join(kinds)}"
    complete = None if listed.complete is None else listed.complete.kind
    return f"the event {complete}" if complete in _ALONE else "an empty list"


def unexplained(action: str, reply: ami.Reply) -> Iterator[Unexplained]:
    """What the models do not explain in a reply and, if it is a list, in its items."""
    if action in _FREE_ACTIONS:
        return
    listed = _as_list(reply)
    if listed is None:
        yield from in_message(reply)
        return
    for item in (*listed, *filter(None, [listed.complete])):
        yield from in_message(item)
    if listed.announced not in {None, len(listed)}:
        text = f"{listed.announced} announced, {len(listed)} came"
        yield Unexplained(action, "ListItems", text)


def in_message(message: Message) -> Iterator[Unexplained]:
    """What the models do not explain in one message."""
    name = type(message).__name__
    for header, text in _others(message):
        yield Unexplained(name, header, text)
    if isinstance(message, TypedEvent | TypedReply):
        for problem in message.problems:
            yield Unexplained(name, problem.header, problem.text)


def _others(message: Message) -> Iterable[tuple[str, str]]:
    if isinstance(message, _FREE):
        return ()
    if isinstance(message, TypedEvent | TypedReply):
        pairs = message.other_headers.pairs
    else:
        pairs = message.headers.pairs
    return [pair for pair in pairs if pair[0].lower() not in _USUAL]
