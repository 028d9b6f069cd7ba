"""The overloads: what `events("Hangup")` yields, and what `send("QueueStatus")` returns.

They make a stub, one line an overload: type checkers read it, and a program never loads it.

Law: the first overload that fits is the narrowest; names that Asterisk does not have fall
through to the general ones.
"""

from __future__ import annotations

from collections.abc import Iterable

from .model import ActionModel, Catalogue
from .source import MARK, quoted

__all__ = ["sources_stub"]

_HEAD = """
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Literal, TypeVar, overload

import amitrio.models.generated.actions as _a
import amitrio.models.generated.events as _e
from amitrio.client.gaps import EventsDropped
from amitrio.client.streams import EventStream
from amitrio.models import (
    Action,
    CommandReply,
    ConfigReply,
    Event,
    FieldSource,
    FieldValue,
    ListReply,
    Reply,
    TypedAction,
)

__all__ = ["ActionSender", "EventSource"]

E = TypeVar("E", bound=Event)
E2 = TypeVar("E2", bound=Event)
E3 = TypeVar("E3", bound=Event)
E4 = TypeVar("E4", bound=Event)
R = TypeVar("R", bound=Reply)
G_co = TypeVar("G_co", covariant=True)

_Where = Callable[[E], bool] | None
_Fail = Literal["fail"]
_Drop = Literal["drop_oldest"]
"""

_SOURCE = """
class EventSource(ABC, Generic[G_co]):
{events}
    @abstractmethod
    def _open_stream(
        self, patterns: list[str], where: Callable[[Any], bool] | None, buffer: int, *, drops: bool
    ) -> EventStream[Any]: ...
    @abstractmethod
    def _check_listening(self) -> None: ...
    @abstractmethod
    def _ended(self) -> Exception: ...

class ActionSender(ABC):
{sends}
    @abstractmethod
    def _request(self, action: Action) -> Awaitable[Reply]: ...
"""

_SEVERAL = (("E", "E2"), ("E", "E2", "E3"), ("E", "E2", "E3", "E4"))


def sources_stub(catalogue: Catalogue) -> str:
    """amitrio/client/sources.pyi."""
    classes = _SOURCE.format(
        events="\n".join(_indented(_event_overloads(catalogue))),
        sends="\n".join(_indented(_send_overloads(catalogue))),
    )
    return MARK + "\n" + _HEAD + classes


def _indented(lines: Iterable[str]) -> Iterable[str]:
    return (f"    {line}" for overloaded in lines for line in ("@overload", overloaded))


def _event_overloads(catalogue: Catalogue) -> Iterable[str]:
    kinds = {kind: f"_e.{cls}" for kind, (_, cls) in sorted(catalogue.homes.items())}
    for kind, cls in kinds.items():
        yield from _events(f"kind: Literal[{quoted(kind)}], /", cls)
    yield from _events("kind: type[E], /", "E")
    for several in _SEVERAL:
        taken = ", ".join(f"kind{number}: type[{one}]" for number, one in enumerate(several))
        yield from _events(f"{taken}, /", " | ".join(several))
    yield from _events("*kinds: str | type[Event]", "Event")
    for kind, cls in kinds.items():
        yield _wait_for(f"kind: Literal[{quoted(kind)}]", cls)
    yield _wait_for("kind: type[E]", "E")
    yield _wait_for("kind: str = ...", "Event")


def _events(kinds: str, cls: str) -> Iterable[str]:
    """Both ways to overflow: the one ends the stream, the other tells in it what was dropped."""
    named = kinds if kinds.startswith("*") else f"{kinds}, *"
    common = f"def events(self, {named}, where: _Where[{cls}] = ..., buffer: int = ..."
    yield f"{common}, overflow: _Fail = ...) -> EventStream[{cls} | G_co]: ..."
    yield f"{common}, overflow: _Drop) -> EventStream[{cls} | EventsDropped | G_co]: ..."


def _wait_for(kind: str, cls: str) -> str:
    return f"async def wait_for(self, {kind}, /, where: _Where[{cls}] = ...) -> {cls}: ..."


def _send_overloads(catalogue: Catalogue) -> Iterable[str]:
    yield "async def send(self, action: TypedAction[R], /) -> R: ..."
    for actions in catalogue.actions.values():
        for action in actions:
            reply = _reply(action, catalogue)
            if reply is not None:
                yield _send(f"Literal[{quoted(action.name)}]", reply)
    yield _send("str | Action | TypedAction[Reply]", "Reply")


def _send(action: str, reply: str) -> str:
    headers = "headers: FieldSource = ..., /, **fields: FieldValue"
    return f"async def send(self, action: {action}, {headers}) -> {reply}: ..."


def _reply(action: ActionModel, catalogue: Catalogue) -> str | None:
    """What an action by name returns, where that is more than a Reply."""
    general = catalogue.general
    if action.name in general.lists:
        complete, *items = [catalogue.homes[kind][1] for kind in general.lists[action.name]]
        kinds = " | ".join(f"_e.{item}" for item in items) or "Event"
        listed = f"ListReply[{kinds}, _e.{complete}]"
        return f"Reply | {listed}" if action.name in general.sometimes else listed
    if action.reply is not None:
        return f"_a.{action.reply.class_name}"
    return action.reply_class
