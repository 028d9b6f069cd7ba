"""Replies: what Asterisk answers to an action.

Law: a reply reads like an event, an error is never a reply (it is raised), and a list is a
sequence whose items are events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Generic, Self, TypeVar, cast, overload

from amitrio.models.base import Event, Message
from amitrio.protocol.framing import CRLF
from amitrio.text import decode

__all__ = ["CommandReply", "ListReply", "Reply", "announced_by", "missing_from"]

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)
C_co = TypeVar("C_co", bound=Event, covariant=True)

# Nine digits hold every list there can be, and keep int() from what it would refuse.
_COUNT = re.compile(r"[0-9]{1,9}")
_SUCCESS = b"Response: Success\r\n"
_FOLLOWS = "Follows"
_END_COMMAND = "--END COMMAND--"


def announced_by(complete: Event | None) -> int | None:
    """How many items the event that completes a list says were sent."""
    count = None if complete is None else complete.headers.get("ListItems")
    return int(count) if count is not None and _COUNT.fullmatch(count) else None


def missing_from(came: int, complete: Event | None) -> int:
    """How many fewer items came than were announced."""
    return max(0, (announced_by(complete) or 0) - came)


class Reply(Message):
    """A response. `reply["Header"]` is one of its values as text."""

    __slots__ = ()

    @property
    def succeeded(self) -> bool:
        """Whether it is anything but an error."""
        return self._frame.startswith(_SUCCESS) or self["Response"] != "Error"

    @property
    def message(self) -> str:
        """Asterisk's sentence, without the line feed that some modules add; often empty."""
        return (self._get("Message") or "").rstrip("\r\n")


class CommandReply(Reply):
    """What a command-line command printed."""

    __slots__ = ()

    @property
    def lines(self) -> list[str]:
        """The lines of the output, blanks, colons and empty lines kept."""
        if self["Response"] == _FOLLOWS:
            return self._following_lines()
        lines = self.headers.getall("Output")
        return [] if lines == [""] else lines  # one empty Output says that nothing was printed

    def _following_lines(self) -> list[str]:
        """Before 14: raw text behind Response, Privilege and ActionID, up to an end mark."""
        output = self._frame
        for name in (b"response:", b"privilege:", b"actionid:"):
            line, _, rest = output.partition(CRLF)
            output = rest if line.lower().startswith(name) else output
        text = decode(output).removesuffix(_END_COMMAND)
        return text.removesuffix("\n").split("\n") if text else []


class ListReply(Reply, Sequence[E_co], Generic[E_co, C_co]):
    """A whole list: a sequence of its items, and as a reply the response that opened it.

    `E_co` is what its items are, `C_co` the event that completes it.
    """

    __slots__ = ("_complete", "_items")

    _items: tuple[E_co, ...]
    _complete: C_co | None

    @classmethod
    def gathered(
        cls,
        response: Reply,
        items: tuple[E_co, ...] = (),
        complete: C_co | None = None,
    ) -> Self:
        """The list that these make up."""
        self = cls.from_frame(*response._parts())
        self._items = items
        self._complete = complete
        return self

    @property
    def response(self) -> Reply:
        """The response alone."""
        return Reply.from_frame(*self._parts())

    @property
    def complete(self) -> C_co | None:
        """The event that ended the list; None where Asterisk said that there is nothing to list."""
        return self._complete

    @property
    def announced(self) -> int | None:
        """How many items Asterisk says it sent; None where it does not say."""
        return announced_by(self._complete)

    @property
    def missing(self) -> int:
        """How many fewer came than Asterisk says it sent; 0 for a list that is whole.

        More than announced may come: DBGetTree of Asterisk 16 says 1 whatever it sends.
        """
        return missing_from(len(self), self._complete)

    @overload
    def of(self, kind: type[E]) -> list[E]: ...
    @overload
    def of(self, kind: str) -> list[E_co]: ...
    def of(self, kind: str | type[E]) -> list[E_co] | list[E]:
        """The items of one kind, by name or by class."""
        if isinstance(kind, str):
            return [item for item in self._items if item.kind == kind]
        return [item for item in self._items if isinstance(item, kind)]

    @overload
    def __getitem__(self, index: int) -> E_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[E_co, ...]: ...
    @overload
    def __getitem__(self, index: str) -> str: ...
    def __getitem__(self, index: str | int | slice) -> str | E_co | tuple[E_co, ...]:
        return super().__getitem__(index) if isinstance(index, str) else self._items[index]

    def __contains__(self, thing: object) -> bool:
        return super().__contains__(thing) if isinstance(thing, str) else thing in self._items

    def __iter__(self) -> Iterator[E_co]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ListReply):
            return NotImplemented
        listed = cast("ListReply[Event, Event]", other)
        return super().__eq__(listed) and self._whole() == listed._whole()

    def __hash__(self) -> int:
        return hash((self._frame, self._whole()))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self).gathered, (self.response, *self._whole())

    def __repr__(self) -> str:
        return f"<ListReply of {len(self)}: {list(self._items)!r}>"

    def _whole(self) -> tuple[tuple[E_co, ...], C_co | None]:
        return self._items, self._complete
