"""Correlation: which answer belongs to which action.

What Asterisk does, and what follows:

- one thread runs a session's actions strictly in order (manager.c, session_do), so responses
  come in request order: an answer to a later action means that the earlier ones will get none;
- the frames of a list are contiguous, so at most one list is open, and the next response that
  is not its own ends it;
- other sessions see some of our ActionIDs (OriginateResponse, UserEvent), so an event joins a
  list only while that list is open and only under a name that its shape knows.

Law: only an ActionID that is pending is believed, and each exchange settles exactly once.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Container, Sequence
from functools import partial
from itertools import repeat
from typing import Any

import attrs

from amitrio.protocol.exchange import SIMPLE, Exchange, Progress, ReplyShape
from amitrio.protocol.framing import CRLF
from amitrio.protocol.message import SUCCESS, find, id_line_in
from amitrio.protocol.received import (
    Answered,
    Failed,
    ListEnded,
    ListStarted,
    Received,
    Reported,
    Unmatched,
)
from amitrio.text import decode

__all__ = ["Correlator"]


class _Everything(Container[str]):
    def __contains__(self, kind: object) -> bool:
        return True


# Events that other people's sessions and dialplans can send with any ActionID.
_FOREIGN = frozenset({"UserEvent", "OriginateResponse"})
_LIST_FLAG = re.compile(
    rb"[^\r\n]*+\r\nActionID:[^\r\n]*+\r\nEventList: ?([a-z]+)(?:\r\n|\Z)", re.IGNORECASE
)
# How the line behind the ActionID begins where it may be EventList. (There is a byte behind each
# line of a response: no frame ends with a line break, since it is cut off at the first empty line.)
_MAY_FLAG = b"Ee"
_EVENT = b"Event: "
_AT_LINE = len(SUCCESS)

# To ask the class for it costs as much as a call.
_SETTLED = Progress.SETTLED

# What the class does when it is called, at a third of the cost.
_answer: Callable[[tuple[Exchange, bytes, bool]], Answered] = partial(
    tuple[Any, ...].__new__, Answered
)

_NOTHING: frozenset[str] = frozenset()
_REPORTS = frozenset({"OriginateResponse"})
_EVERYTHING: Container[str] = _Everything()


class Correlator:
    """The exchanges under way, in the order of their requests."""

    def __init__(self, *, max_reports: int) -> None:
        # Not dicts: these are emptied from the front, which a dict searches for ever longer.
        self._waiting: OrderedDict[bytes, Exchange] = OrderedDict()
        self._overdue: OrderedDict[bytes, Exchange] = OrderedDict()
        self._due: OrderedDict[bytes, Exchange] = OrderedDict()
        self._open: Exchange | None = None
        self._mark = b""  # how most items of the open list go on behind their names
        self._max_reports = max_reports
        self.expected: Container[str] = _NOTHING
        """Names of events that may belong to an exchange; the rest need not be looked at."""

    @property
    def oldest(self) -> Exchange | None:
        """The exchange that Asterisk is working at: an open list, else the first unanswered."""
        if self._open is not None and not self._open.overdue:
            return self._open
        for exchange in self._waiting.values():
            return exchange
        return None

    @property
    def glued(self) -> bool:
        """Whether the frames of the open list hang together."""
        return self._open is not None and self._open.shape.glued

    @property
    def overdue(self) -> int:
        """How many exchanges were given up and may still be answered."""
        return len(self._overdue)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._overdue) + len(self._due) + (self._open is not None)

    def register(self, exchange: Exchange) -> None:
        """Expect an answer. The order of calls must be the order of the bytes on the wire."""
        line = exchange.id_line
        late = self._open is not None or self._overdue or self._due  # what may be known beside
        if not line:
            raise ValueError(f"{exchange.name} has no id_line yet")
        if line in self._waiting or (late and self._is_late(line)):
            raise ValueError(f"ActionID {exchange.action_id} is already pending")
        self._waiting[line] = exchange

    def _is_late(self, line: bytes) -> bool:
        listing = self._open is not None and self._open.id_line == line
        return listing or line in self._overdue or line in self._due

    def withdraw(self, exchange: Exchange) -> None:
        """Forget an exchange whose action never left."""
        self._waiting.pop(exchange.id_line, None)
        exchange.progress = Progress.SETTLED

    def give_up(self, exchange: Exchange) -> None:
        """Nobody waits for the oldest exchange any more; its answer may still come."""
        exchange.overdue = True
        if self._waiting.pop(exchange.id_line, None) is not None:
            self._overdue[exchange.id_line] = exchange

    def forget_report(self, exchange: Exchange) -> None:
        """Nobody waits for the report of this exchange any more, be it due yet or not."""
        if exchange.shape.report is not None:
            exchange.shape = attrs.evolve(exchange.shape, report=None)
        if self._due.pop(exchange.id_line, None) is not None:
            exchange.progress = Progress.SETTLED
            self._renew_expected()

    def answer(self, frame: bytes) -> Answered | None:
        """What nearly every response is: the whole answer of the oldest exchange, a success.

        None for any other, which is for `response`.
        """
        if self._open is not None or self._overdue:
            return None
        for exchange in self._waiting.values():
            line = exchange.id_line
            if not frame.startswith(line, _AT_LINE) or exchange.shape is not SIMPLE:
                return None
            if not frame.startswith(SUCCESS) or frame[_AT_LINE + len(line)] in _MAY_FLAG:
                return None
            self._waiting.popitem(last=False)
            exchange.progress = _SETTLED
            return _answer((exchange, frame, True))
        return None

    def answers(self, frames: Sequence[bytes]) -> list[Exchange]:
        """The same for many that begin with SUCCESS: what so many of the first of them answer."""
        answered: list[Exchange] = []
        if self._open is not None or self._overdue:
            return answered
        for frame, exchange in zip(frames, self._waiting.values(), strict=False):
            line = exchange.id_line
            if not frame.startswith(line, _AT_LINE) or exchange.shape is not SIMPLE:
                break
            if frame[_AT_LINE + len(line)] in _MAY_FLAG:
                break
            exchange.progress = _SETTLED
            answered.append(exchange)
        if len(answered) == len(self._waiting):
            self._waiting.clear()
        else:
            for _ in answered:
                self._waiting.popitem(last=False)
        return answered

    def response(self, frame: bytes) -> list[Received]:
        """What a frame that begins with `Response:` brings about."""
        line = id_line_in(frame)
        if self._open is not None and line == self._open.id_line:
            return [self._broken_off(self._open, frame)]
        exchange = self._unanswered(line)
        if exchange is None:
            return [Unmatched(frame)]
        first = self._open is None and not self._overdue and exchange is self.oldest
        received = [] if first else self._overtaken(exchange)
        received.append(self._answered(exchange, frame))
        if len(received) > 1 or exchange.progress is not Progress.SETTLED:
            received.extend(self._evicted())
            self._renew_expected()
        return received

    def item(self, kind: str, frame: bytes) -> Exchange | None:
        """The open list of which the event is an item."""
        exchange = self._open
        if exchange is None or _completes(exchange.shape, kind, frame):
            return None
        if not self._joins(exchange, kind, frame):
            return None
        exchange.items += 1
        return exchange

    def items(self, kind: str, frames: Sequence[bytes]) -> Exchange | None:
        """The open list of which all these events are items, as far as a glance tells."""
        exchange = self._open
        if exchange is None or kind not in exchange.shape.items or kind in _FOREIGN:
            return None
        behind = len(_EVENT) + len(kind)
        if kind == exchange.shape.complete or not all(
            map(bytes.startswith, frames, repeat(self._mark), repeat(behind))
        ):
            return None
        exchange.items += len(frames)
        return exchange

    def event(self, kind: str, frame: bytes) -> Received | None:
        """What an event that is no `item` brings about; None where it belongs to no exchange."""
        exchange = self._open
        if exchange is not None and self._joins(exchange, kind, frame):
            return self._completed(exchange, kind, frame)
        if kind == "OriginateResponse":
            return self._reported(frame)
        return None

    def end(self) -> list[Exchange]:
        """Settle everything: the connection is over. The exchanges that got no end, in order."""
        left = [self._open] if self._open is not None else []
        for known in self._known():
            left.extend(known.values())
            known.clear()
        for exchange in left:
            exchange.progress = Progress.SETTLED
        self._open = None
        self.expected = _NOTHING
        return left

    def _known(self) -> tuple[OrderedDict[bytes, Exchange], ...]:
        return self._overdue, self._waiting, self._due

    def _unanswered(self, line: bytes | None) -> Exchange | None:
        if line is None:
            return None
        return self._waiting.get(line) or self._overdue.get(line)

    def _overtaken(self, answered: Exchange) -> list[Received]:
        """Fail the open list and all requests before `answered`: their answers will not come."""
        late = [self._open] if self._open is not None else []
        self._open = None
        for queue in (self._overdue, self._waiting):
            while queue:
                line, exchange = next(iter(queue.items()))
                if exchange is answered:
                    return self._fail(late, answered)
                del queue[line]
                late.append(exchange)
        raise AssertionError("the answered exchange was pending")  # pragma: no cover

    def _fail(self, late: list[Exchange], answered: Exchange) -> list[Received]:
        for exchange in late:
            exchange.progress = Progress.SETTLED
        return [Failed(exchange, answered.name) for exchange in late]

    def _answered(self, exchange: Exchange, frame: bytes) -> Received:
        if self._waiting.pop(exchange.id_line, None) is None:
            del self._overdue[exchange.id_line]
        if not _succeeded(frame):
            pass  # an error opens no list, and no report follows it
        elif _starts_list(exchange.shape, frame):
            exchange.progress = Progress.LISTING
            self._open = exchange
            self._mark = CRLF + exchange.id_line
            return ListStarted(exchange, frame)
        elif exchange.shape.report is not None:
            exchange.progress = Progress.DUE
            self._due[exchange.id_line] = exchange
            return Answered(exchange, frame, final=False)
        exchange.progress = Progress.SETTLED
        return Answered(exchange, frame)

    def _evicted(self) -> list[Received]:
        """Keep the reports that are due within their bound: the oldest gives way, and is told."""
        if len(self._due) <= self._max_reports:
            return []
        _, oldest = self._due.popitem(last=False)
        oldest.progress = Progress.SETTLED
        return [Failed(oldest, "")]

    def _broken_off(self, exchange: Exchange, frame: bytes) -> Received:
        """A second response while its list is open: PJSIPShowEndpoint fails so in mid-list."""
        self._open = None
        exchange.progress = Progress.SETTLED
        self._renew_expected()
        return Answered(exchange, frame)

    def _joins(self, exchange: Exchange, kind: str, frame: bytes) -> bool:
        shape = exchange.shape
        if shape.complete is not None and kind != shape.complete and kind not in shape.items:
            return False
        if kind in _FOREIGN:
            return False
        if shape.anonymous and kind in shape.items:
            return True
        if frame.startswith(self._mark, len(_EVENT) + len(kind)):
            return True
        return id_line_in(frame) == exchange.id_line

    def _completed(self, exchange: Exchange, kind: str, frame: bytes) -> Received:
        self._open = None
        exchange.progress = Progress.SETTLED
        self._renew_expected()
        return ListEnded(exchange, kind, frame)

    def _reported(self, frame: bytes) -> Received | None:
        line = id_line_in(frame)
        exchange = self._due.pop(line, None) if line is not None else None
        if exchange is None:
            return None
        exchange.progress = Progress.SETTLED
        self._renew_expected()
        return Reported(exchange, frame)

    def _renew_expected(self) -> None:
        kinds = _REPORTS if self._due else _NOTHING
        if self._open is None:
            self.expected = kinds
        elif self._open.shape.complete is None:
            self.expected = _EVERYTHING
        else:
            self.expected = self._open.shape.items | {self._open.shape.complete, *kinds}


def _succeeded(frame: bytes) -> bool:
    return frame.startswith(b"Response: Success")


def _starts_list(shape: ReplyShape, frame: bytes) -> bool:
    """`EventList: start` opens a list (FAXSessions writes `Start`); before 13.2 the message did."""
    flag = _list_flag(frame)
    if flag is not None:
        return flag == b"start"
    if shape.complete is None:
        return False
    message = find(frame, frame.lower(), b"message") or b""
    return decode(message.rstrip()).endswith(shape.opening)


def _completes(shape: ReplyShape, kind: str, frame: bytes) -> bool:
    """Whether this ends a list, and is no item of it."""
    if shape.complete is not None:
        return kind == shape.complete
    return _list_flag(frame) in (b"complete", b"cancelled")


def _list_flag(frame: bytes) -> bytes | None:
    """EventList stands right behind the ActionID (astman_send_response_full in manager.c).

    Further down it would be data: Getvar shows a variable with its line breaks, whoever set it.
    """
    flag = _LIST_FLAG.match(frame)
    return flag[1].lower() if flag is not None else None
