"""Channels: one leg of a call, what it tells about itself, and how it ends.

A channel publishes the difference between its present and its last snapshot, as Asterisk does:
state, dialplan position, caller, account, connected line, in that order. Whoever serves a
channel (its dialplan, a bridge, a dialer) is its `process`, and is woken by whatever happens.

Law: a channel that is hung up is only asked to end; the process that serves it ends it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypedDict

import attrs

from amitrio.headers import Headers
from amitrio.models.generated.enums import HangupCause
from amitrio.models.generated.events.channels import (
    Hangup,
    HangupRequest,
    NewAccountCode,
    NewCallerid,
    Newchannel,
    NewConnectedLine,
    Newstate,
    SoftHangupRequest,
)
from amitrio.models.generated.events.dialplan import Newexten, VarSet
from amitrio.simulator.kernel import FOREVER, Process, Steps, Timer
from amitrio.simulator.spelling import known
from amitrio.simulator.tables import (
    Cause,
    ChannelState,
    Control,
    DeviceState,
    cause_text,
    state_text,
)

if TYPE_CHECKING:
    from amitrio.simulator.bridges import Bridge
    from amitrio.simulator.pbx import Pbx

__all__ = [
    "Channel",
    "ChannelFields",
    "ChannelIds",
    "HungUp",
    "Party",
    "Place",
    "Redirected",
    "Snapshot",
]

_CAUSES = frozenset(HangupCause)

# ast_softhangup(c, AST_SOFTHANGUP_APPUNLOAD): the flag, not a cause, is what the event shows.
_APPUNLOAD = 16


class HungUp(Exception):  # noqa: N818 - it says what happened, to the dialplan alone
    """The channel was asked to end."""


class Redirected(Exception):  # noqa: N818 - see HungUp
    """The channel was sent to another place in the dialplan."""


@attrs.frozen
class Party:
    """A number and a name, each empty where it is not known."""

    number: str = ""
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.number or self.name)


NOBODY = Party()


@attrs.frozen
class ChannelIds:
    """Unique ids that the caller of Originate has chosen; empty for Asterisk's own."""

    first: str = ""
    second: str = ""


ASTERISKS_OWN = ChannelIds()


@attrs.frozen
class Place:
    """Where a channel was in the dialplan, for its record; the extension h does not count."""

    context: str = ""
    exten: str = ""
    application: str = ""
    data: str = ""


class ChannelFields(TypedDict, total=False):
    """What an event about a channel says of it; nothing where there is no channel."""

    channel: str
    channel_state: ChannelState
    channel_state_desc: str
    caller_id_num: str | None
    caller_id_name: str | None
    connected_line_num: str | None
    connected_line_name: str | None
    language: str
    account_code: str
    context: str
    exten: str
    priority: int
    uniqueid: str
    linkedid: str


@attrs.frozen
class Snapshot:
    """What a channel looked like when it was last published."""

    state: ChannelState
    context: str
    exten: str
    priority: int
    application: str
    caller: Party
    account: str
    connected: Party


class Channel:
    """One channel. Its kinds differ in `call`, `indicate` and `_part`."""

    technology = "Surrogate"

    def __init__(
        self, pbx: Pbx, name: str, uniqueid: str, *, parent: Channel | None = None
    ) -> None:
        self.pbx = pbx
        self.name: str = name
        self.uniqueid: str = uniqueid
        self.born: int = pbx.next_birth()
        self.linkedid: str = parent.linkedid if parent else uniqueid
        self.linked_since: int = parent.linked_since if parent else self.born
        self.state: ChannelState = ChannelState.DOWN
        self.caller: Party = NOBODY
        self.connected: Party = NOBODY
        self.dialed_number = ""
        self.language: str = parent.language if parent else "en"
        self.account: str = ""
        self.peer_account = ""
        self.context: str = "default"
        self.exten: str = ""
        self.priority: int = 1
        self.application: str = ""
        self.data: str = ""
        self.variables: dict[str, str] = {}  # newest last; names with their underscores
        self.hashes: dict[str, str] = {}
        self.user_field: str = ""
        self.last_place = Place()
        self.recorded_until = 0.0
        self.created: float = pbx.kernel.now
        self.answered: float | None = None
        self.bridge: Bridge | None = None
        self.hangup_cause: int = Cause.NONE
        self.hung_up = False
        self.redirected = False
        self.gone = False
        self.in_dialplan = False
        self.process: Process | None = None
        self.frames: deque[Control] = deque()
        self._absolute: Timer | None = None
        self.hangup_at: float | None = None
        self._published: Snapshot | None = None

    # --- what the kinds of channel define ---

    def call(self) -> bool:
        """Ring whoever is behind this channel; False when there is nobody."""
        return False

    def indicate(self, control: Control) -> None:
        """Tell whoever is behind this channel."""

    def answer(self) -> None:
        """Answer, as the dialplan's Answer does."""
        if self.state is not ChannelState.UP:
            self.set_state(ChannelState.UP)
            self.indicate(Control.ANSWER)

    def _part(self) -> None:
        """Let go of whoever is behind this channel."""

    # --- waiting ---

    def attend(self) -> None:
        """Let the running process be the one that serves this channel."""
        self.process = self.pbx.kernel.running

    def check(self) -> None:
        """Raise HungUp or Redirected when the channel is not to go on."""
        if self.redirected:
            raise Redirected
        if self.hung_up:
            raise HungUp

    def pause(self, until: float = FOREVER) -> Steps[None]:
        """Wait until that time; control frames are heard and forgotten."""
        self.check()
        while self.pbx.kernel.now < until:
            yield until
            self.check()
            self.frames.clear()

    def tell(self, control: Control) -> None:
        """Put a control frame before whoever serves this channel."""
        self.frames.append(control)
        self.wake()

    def wake(self) -> None:
        """Let whoever serves this channel look at it."""
        if self.process is not None:
            self.process.wake()

    # --- ending ---

    def queue_hangup(self, cause: int = Cause.NONE) -> None:
        """The far end is gone (ast_queue_hangup_with_cause)."""
        if self.gone:
            return
        self.pbx.publish(_hangup_request(self, cause))
        self.soft_hangup(cause)

    def soft_hangup(self, cause: int = Cause.NONE) -> None:
        """Ask the channel to end; nothing is published (ast_softhangup_nolock)."""
        if cause:
            self.hangup_cause = cause
        self.hung_up = True
        self.wake()

    def leave_dialplan(self) -> None:
        """The dialplan is over, whatever it did (ast_softhangup with APPUNLOAD)."""
        self.pbx.publish(SoftHangupRequest(**self.snapshot(), cause=_APPUNLOAD))
        self.hung_up = True

    def hangup(self) -> None:
        """End it (ast_hangup). Safe to repeat."""
        if self.gone:
            return
        self.gone = True
        self.expire_after(None)
        self._part()
        self.pbx.channels.pop(self.name, None)
        self.pbx.publish(_hangup(self, self.hangup_cause))
        self.pbx.records.ended(self)
        self.pbx.states.channel_changed(self)

    def expire_after(self, seconds: float | None) -> None:
        """Hang up in so many seconds (AbsoluteTimeout); None forgets it."""
        if self._absolute is not None:
            self._absolute.cancel()
        self._absolute = self.hangup_at = None
        if seconds is not None:
            self.hangup_at = self.pbx.kernel.now + seconds
            self._absolute = self.pbx.kernel.call_at(self.hangup_at, self.soft_hangup)

    def redirect(self, context: str, exten: str, priority: int) -> None:
        """Send it elsewhere in the dialplan, now (ast_async_goto)."""
        self.context, self.exten, self.priority = context, exten, priority
        self.redirected = True
        self.wake()

    def serve(self, steps: Steps[None]) -> None:
        """Take the channel from whoever serves it, and let these steps do so."""
        if self.process is not None and self.process is not self.pbx.kernel.running:
            self.process.close()
        self.in_dialplan = False
        self.process = self.pbx.kernel.spawn(steps)

    # --- what it tells ---

    def set_state(self, state: ChannelState) -> None:
        """Change the state; devices and hints follow."""
        if state is self.state:
            return
        self.state = state
        if state is ChannelState.UP:
            self.answered = self.pbx.kernel.now
        self.publish_changes()
        self.pbx.states.channel_changed(self)

    def announce(self) -> None:
        """The channel has come to be."""
        self.pbx.channels[self.name] = self
        self._published = self._take_snapshot()
        self.pbx.publish(Newchannel(**self.snapshot()))

    def publish_changes(self) -> None:
        """Publish each event that tells a difference to the last snapshot."""
        old, new = self._published, self._take_snapshot()
        self._published = new
        if old is None:
            return
        if old.state is not new.state:
            self.pbx.publish(Newstate(**self.snapshot()))
        self._publish_position(old, new)
        if old.caller != new.caller:
            presentation = _ALLOWED if new.caller.number else _UNAVAILABLE
            self.pbx.publish(NewCallerid(**self.snapshot(), cid_calling_pres=presentation))
        if old.account != new.account:
            self.pbx.publish(NewAccountCode(**self.snapshot(), old_account_code=old.account))
        if old.connected != new.connected:
            self.pbx.publish(NewConnectedLine(**self.snapshot()))

    def _publish_position(self, old: Snapshot, new: Snapshot) -> None:
        started = bool(new.application) and not old.application
        position = (new.context, new.exten, new.priority)
        if not new.application or self.gone:
            return
        if started or position != (old.context, old.exten, old.priority):
            self.pbx.publish(
                Newexten(
                    **self.snapshot(),
                    extension=self.exten,
                    application=self.application,
                    app_data=self.data,
                )
            )

    def _take_snapshot(self) -> Snapshot:
        return Snapshot(
            self.state,
            self.context,
            self.exten,
            self.priority,
            self.application,
            self.caller,
            self.account,
            self.connected,
        )

    def snapshot(self) -> ChannelFields:
        """What every event about the channel says."""
        return {
            "channel": self.name,
            "channel_state": self.state,
            "channel_state_desc": state_text(self.state),
            "caller_id_num": known(self.caller.number),
            "caller_id_name": known(self.caller.name),
            "connected_line_num": known(self.connected.number),
            "connected_line_name": known(self.connected.name),
            "language": self.language,
            "account_code": self.account,
            "context": self.context,
            "exten": self.exten,
            "priority": self.priority,
            "uniqueid": self.uniqueid,
            "linkedid": self.linkedid,
        }

    # --- variables ---

    def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable, underscores and all, and tell (pbx_builtin_setvar_helper)."""
        plain = name.lstrip("_")
        for old in [old for old in self.variables if old.lstrip("_") == plain]:
            del self.variables[old]
        self.variables[name] = value
        self.pbx.publish(VarSet(**self.snapshot(), variable=name, value=value))

    def variable(self, name: str) -> str | None:
        """The value of a channel variable; None where it is not set."""
        return next(
            (value for full, value in self.variables.items() if full.lstrip("_") == name), None
        )

    def inherit_variables(self, parent: Channel) -> None:
        """Take over what the parent marked for its children: `_X` as `X`, `__X` as it is."""
        for name, value in parent.variables.items():
            if name.startswith("__"):
                self.set_variable(name, value)
            elif name.startswith("_"):
                self.set_variable(name[1:], value)

    # --- its device ---

    @property
    def device(self) -> str:
        """The device that the channel belongs to: the name up to the last dash."""
        return self.name.rpartition("-")[0] or self.name

    @property
    def device_state(self) -> DeviceState:
        """What the channel makes of its device."""
        return _DEVICE_STATES.get(self.state, DeviceState.INUSE)


def _hangup_request(channel: Channel, cause: int) -> HangupRequest:
    if cause in _CAUSES:
        return HangupRequest(**channel.snapshot(), cause=HangupCause(cause))
    return HangupRequest(**channel.snapshot(), other_headers=Headers([("Cause", str(cause))]))


def _hangup(channel: Channel, cause: int) -> Hangup:
    """Why it ended; a number that is no cause is told all the same."""
    text = cause_text(cause)
    if cause in _CAUSES:
        return Hangup(**channel.snapshot(), cause=HangupCause(cause), cause_txt=text)
    others = Headers([("Cause", str(cause)), ("Cause-txt", text)])
    return Hangup(**channel.snapshot(), other_headers=others)


_ALLOWED = "0 (Presentation Allowed, Not Screened)"
_UNAVAILABLE = "67 (Number Unavailable)"
_DEVICE_STATES = {
    ChannelState.DOWN: DeviceState.NOT_INUSE,
    ChannelState.RINGING: DeviceState.RINGING,
}
