"""Originate: a call that nobody dialled. The called channel is rung, and once it answers it runs
an application or an extension.

Law: the order of events and the reasons of failure are those of pbx_outgoing_attempt() and
ast_dial_run(); the outcome is known before the answered channel has done anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from amitrio.models import ChannelSnapshot
from amitrio.models.generated.enums import DialStatus
from amitrio.models.generated.events.channels import DialBegin, DialEnd, DialState
from amitrio.simulator.channels import (
    ASTERISKS_OWN,
    NOBODY,
    Channel,
    ChannelFields,
    ChannelIds,
    Party,
)
from amitrio.simulator.kernel import Steps
from amitrio.simulator.substitution import write_variable
from amitrio.simulator.tables import Control, dial_status
from amitrio.simulator.technologies import request_channel

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx

__all__ = ["Origination", "Outcome", "originate", "publish_dial"]


@attrs.frozen(kw_only=True)
class Origination:
    """What is to be called, and what is to happen then."""

    channel: str  # technology/address
    context: str = ""
    exten: str = ""
    priority: int = 0
    application: str = ""
    data: str = ""
    timeout: float = 30.0  # seconds
    caller: Party = NOBODY
    account: str = ""
    variables: tuple[tuple[str, str], ...] = ()  # in the order in which they are set
    ids: ChannelIds = ASTERISKS_OWN


@attrs.frozen
class Outcome:
    """How it went: the channel that answered, or None and why not."""

    channel: Channel | None
    reason: int

    @property
    def answered(self) -> bool:
        """Whether somebody answered."""
        return self.channel is not None


def originate(pbx: Pbx, wanted: Origination, done: Callable[[Outcome], None]) -> Steps[None]:
    """Make the call; `done` learns the outcome as soon as there is one."""
    technology, _, address = wanted.channel.partition("/")
    channel = request_channel(pbx, technology, address, wanted.ids)
    if channel is None:
        _failed(pbx, wanted, 0, done)
        return
    channel.attend()
    _prepare(channel, wanted)
    if not channel.call():
        channel.hangup()
        _failed(pbx, wanted, 0, done)
        return
    publish_dial(None, channel, begin=address)
    reason = yield from _ring(channel, pbx.kernel.now + wanted.timeout)
    if reason is not Control.ANSWER:
        _failed(pbx, wanted, reason.value if reason else 0, done)
        return
    done(Outcome(channel, Control.ANSWER.value))
    yield from _connect(channel, wanted)


def publish_dial(
    caller: Channel | None, called: Channel, *, begin: str | None = None, status: str = ""
) -> None:
    """DialBegin, DialState or DialEnd: as the status is none, on the way, or the end."""
    who: ChannelFields = caller.snapshot() if caller else {}
    dest = ChannelSnapshot(**called.snapshot())
    if begin is not None:
        called.pbx.publish(DialBegin(**who, dest=dest, dial_string=begin))
        return
    dialed = DialState if status in _ON_THE_WAY else DialEnd
    called.pbx.publish(dialed(**who, dest=dest, dial_status=DialStatus(status)))


_ON_THE_WAY = frozenset({"RINGING", "PROGRESS", "PROCEEDING"})


def _prepare(channel: Channel, wanted: Origination) -> None:
    """What the called channel is told before it rings."""
    channel.application, channel.data = "AppDial2", "(Outgoing Line)"
    channel.publish_changes()
    for name, value in wanted.variables:
        write_variable(name, value, channel, channel.pbx)
    if wanted.account:
        channel.account = channel.peer_account = wanted.account
        channel.publish_changes()
    if wanted.caller:
        channel.caller = wanted.caller
        channel.publish_changes()
        channel.connected = wanted.caller
        channel.publish_changes()


def _ring(channel: Channel, deadline: float) -> Steps[Control | None]:
    """Wait until it is answered; whatever else happens, the channel is gone."""
    while channel.pbx.kernel.now < deadline:
        if channel.hung_up:
            publish_dial(None, channel, status=dial_status(channel.hangup_cause))
            channel.hangup()
            return None
        if channel.frames:
            control = channel.frames.popleft()
            if control is Control.RINGING:
                publish_dial(None, channel, status="RINGING")
            elif control in _ENDS:
                publish_dial(None, channel, status=control.name)
                if control is not Control.ANSWER:
                    channel.hangup()
                return control
            continue
        yield deadline
    channel.hangup_cause = channel.pbx.release.no_answer_cause
    channel.hangup()
    return Control.RINGING


_ENDS = frozenset({Control.ANSWER, Control.BUSY, Control.CONGESTION})


def _connect(channel: Channel, wanted: Origination) -> Steps[None]:
    """What the answered channel does now."""
    if wanted.application:
        yield from channel.pbx.application_thread(channel, wanted.application, wanted.data)
        return
    channel.context, channel.exten = wanted.context, wanted.exten
    channel.priority = wanted.priority
    yield from channel.pbx.dialplan_thread(channel)


def _failed(pbx: Pbx, wanted: Origination, reason: int, done: Callable[[Outcome], None]) -> None:
    done(Outcome(None, reason))
    wants_exten = not wanted.application and wanted.context
    if wants_exten and pbx.dialplan.exists(wanted.context, "failed", 1):
        pbx.run_failed(wanted, reason)
