"""Outbound calls: what Originate asks for, and what becomes of it.

Asterisk answers an asynchronous Originate at once ("successfully queued") and reports later, in
one OriginateResponse, whether the call was answered. The channel's unique id is chosen here, so
that the call's events can be told apart from the first one on.

Law: what is asked for is escaped so that Asterisk reads back exactly what was given; waiting for
the report ends with it, with an error, or when its time is over.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

import anyio
import attrs

from amitrio.client.pending import Failure, Pending
from amitrio.client.refusals import refusal
from amitrio.client.session import Session
from amitrio.errors import OriginateFailed, PermissionDenied, ResponseTimeout
from amitrio.models import Action, Chunk, Reply, assignment, event_from
from amitrio.protocol import SIMPLE, ReplyShape
from amitrio.protocol.encoding import HeaderValue

if TYPE_CHECKING:
    from amitrio.models.generated.events.channels import OriginateResponse

__all__ = ["OutboundCall", "new_channel_id", "originate_action", "place_call"]

_REPORT = "OriginateResponse"
_SHAPE = ReplyShape(report=_REPORT)

# Seconds that the report may come later than the call's own timeout: Asterisk sends it when the
# dialing thread is done, and this covers a loaded machine.
_MARGIN = 30.0

# Seconds. action_originate() in manager.c reads milliseconds into an int.
_LONGEST = 2_147_483

# AST_CONTROL frames, as ast_pbx_outgoing_exten() gives them: what Reason means.
_REASONS = MappingProxyType(
    {
        0: "no such channel or extension, or it was hung up",
        1: "nobody answered",
        3: "nobody answered in time",
        5: "busy",
        8: "congestion",
    }
)


@attrs.define(eq=False)
class CallReport(Pending):
    """What the session tells about one Originate: the reply to it, then the report."""

    replied: anyio.Event = attrs.field(factory=anyio.Event, init=False)
    finished: anyio.Event = attrs.field(factory=anyio.Event, init=False)
    reply: Reply | None = None
    event: OriginateResponse | None = None
    failure: Failure | None = None

    def on_answer(self, frame: bytes, chunk: Chunk) -> None:
        """Asterisk has taken the action, or refused it."""
        self.reply = Reply.from_frame(frame, chunk)
        self.replied.set()

    def on_report(self, frame: bytes, chunk: Chunk) -> None:
        """The OriginateResponse has come."""
        self.event = cast("OriginateResponse", event_from(frame, chunk, _REPORT))
        self.finished.set()

    def on_failure(self, failure: Failure) -> None:
        """Nothing more will come."""
        self.failure = failure
        self.replied.set()
        self.finished.set()

    async def wait_reply(self) -> Reply:
        """Asterisk's answer to the action itself; the error where it was refused."""
        await self.replied.wait()
        if self.reply is None:
            assert self.failure is not None  # noqa: S101 - one of the two has come
            raise self.failure()
        if not self.reply.succeeded:
            raise refusal("Originate", self.reply)
        return self.reply


@attrs.define(eq=False)
class OutboundCall:
    """A call that Asterisk is placing. `channel_id` is the Uniqueid of its channel."""

    channel: str
    channel_id: str
    timeout: float
    """Seconds that the called party has to answer."""
    reply: Reply
    """Asterisk's answer to the action itself."""
    _report: CallReport = attrs.field(repr=False)
    _give_up: Callable[[], None] = attrs.field(repr=False)
    _heard: bool = attrs.field(repr=False)

    @property
    def report(self) -> OriginateResponse | None:
        """Asterisk's OriginateResponse, once it has come."""
        return self._report.event

    async def wait_answered(self) -> OriginateResponse:
        """The OriginateResponse of a call that was answered. May be asked more than once.

        Raises OriginateFailed with Asterisk's reason, ConnectionLost, ConnectionClosed;
        PermissionDenied at once where the connection's own event mask keeps the report away;
        ResponseTimeout when none comes. Cancellation leaves the call as it is.
        """
        if not self._heard:
            raise PermissionDenied(
                "no OriginateResponse can come: the connection's event_mask leaves `call` out",
                action="Originate",
                needs={"call"},
            )
        with anyio.move_on_after(self.timeout + _MARGIN):
            await self._report.finished.wait()
        if self._report.failure is not None:
            raise self._report.failure()
        if self._report.event is None:
            self._give_up()
            raise self._silence()
        return _outcome(self.channel, self._report.event)

    def _silence(self) -> ResponseTimeout:
        return ResponseTimeout(
            f"Asterisk did not report on the call to {self.channel} within"
            f" {self.timeout + _MARGIN:g} s: OriginateResponse needs read=call in manager.conf, and"
            " no Filter that hides it"
        )


async def place_call(
    session: Session, action: Action, *, channel: str, channel_id: str, timeout: float, heard: bool
) -> OutboundCall:
    """Send the action and wait until Asterisk has taken it. Cancelled, the call may be placed."""
    report = CallReport("Originate", _SHAPE if heard else SIMPLE)
    await session.post(action, report)
    try:
        reply = await report.wait_reply()
    except BaseException:
        session.ledger.abandon(report)
        raise
    give_up = partial(session.ledger.forget_report, report)
    return OutboundCall(channel, channel_id, timeout, reply, report, give_up, heard)


def originate_action(
    channel: str,
    *,
    channel_id: str,
    timeout: float,
    target: Mapping[str, str | int | None],
    variables: Mapping[str, str],
    headers: Mapping[str, str | None],
) -> Action:
    """The Originate for these; ValueError for a name or a time that Asterisk cannot take."""
    if not 0 < timeout <= _LONGEST:
        raise ValueError(f"timeout is a positive number of seconds, up to {_LONGEST}")
    pairs: list[tuple[str, HeaderValue]] = [("Channel", channel)]
    pairs += [(name, str(value)) for name, value in target.items() if value is not None]
    pairs += [("Async", "true"), ("Timeout", str(round(timeout * 1000)))]
    pairs += [("ChannelId", channel_id)]
    pairs += [(name, value) for name, value in headers.items() if value is not None]
    pairs += [("Variable", assignment(name, value)) for name, value in variables.items()]
    return Action("Originate", tuple(pairs))


def new_channel_id() -> str:
    """A Uniqueid that no channel of this server has."""
    return f"amitrio-{secrets.token_hex(8)}"


def _outcome(channel: str, report: OriginateResponse) -> OriginateResponse:
    if report.headers.get("Response") == "Success":
        return report
    text = report.headers.get("Reason", "")
    reason = int(text) if text.isdecimal() and len(text) < 10 else None
    meaning = _REASONS.get(-1 if reason is None else reason, "the call failed")
    raise OriginateFailed(
        f"the call to {channel} was not answered: {meaning} (reason {text})",
        reason=reason,
        headers=report.headers,
    )
