"""Technologies: what is behind a channel, another piece of dialplan (Local) or a phone.

    Local/exten@context[/n]   two halves: what is said to ;1 is heard at ;2, which runs the dialplan
    PJSIP/100, SIP/100, ...   a `Phone` that rings, answers, is busy or is not there

Law: a channel comes to be with Newchannel, both halves of a Local channel at once, and takes its
far end along when it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from amitrio.models import ChannelSnapshot
from amitrio.models.generated.events.channels import LocalBridge
from amitrio.models.generated.events.dialplan import VarSet
from amitrio.simulator.channels import NOBODY, Channel, ChannelIds, Party
from amitrio.simulator.tables import Cause, ChannelState, Control, DeviceState

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx

__all__ = ["LocalHalf", "LocalPair", "Phone", "PhoneLeg", "local_address", "request_channel"]


@attrs.frozen
class LocalAddress:
    """What stands behind `Local/`."""

    exten: str
    context: str
    optimize: bool


def local_address(data: str) -> LocalAddress:
    """Read `exten@context/options`. Raises ValueError without a context."""
    exten, at, rest = data.partition("@")
    if not at:
        raise ValueError(f"Local/{data} has no context")
    context, _, options = rest.partition("/")
    return LocalAddress(exten, context, "n" not in options)


class LocalPair:
    """The two halves of one Local channel."""

    def __init__(
        self, pbx: Pbx, address: LocalAddress, ids: ChannelIds, parent: Channel | None
    ) -> None:
        self.pbx = pbx
        self.address = address
        self.called = False  # AST_UNREAL_CARETAKER_THREAD: a dialplan takes care of ;2
        name = f"Local/{address.exten}@{address.context}-{pbx.next_local():08x}"
        # A chosen id uses up one of Asterisk's own all the same.
        numbers = (pbx.next_uniqueid(), pbx.next_uniqueid())
        first = ids.first or numbers[0]
        second = ids.second or (f"{ids.first};2" if ids.first else numbers[1])
        self.one = LocalHalf(self, f"{name};1", first, parent)
        self.two = LocalHalf(self, f"{name};2", second, parent or self.one)
        self.two.state = ChannelState.RING
        self.one.announce()
        self.two.announce()
        pbx.local_pairs[self] = None

    def other(self, half: LocalHalf) -> LocalHalf:
        """The far half."""
        return self.two if half is self.one else self.one


class LocalHalf(Channel):
    """One half of a Local channel."""

    technology = "Local"

    def __init__(self, pair: LocalPair, name: str, uniqueid: str, parent: Channel | None) -> None:
        super().__init__(pair.pbx, name, uniqueid, parent=parent)
        self.pair = pair
        self.exten, self.context = pair.address.exten, pair.address.context

    def call(self) -> bool:
        """Start the dialplan at the far half (local_call)."""
        pair, two = self.pair, self.pair.two
        self._prepare(two)
        if not self.pbx.dialplan.exists(two.context, two.exten, 1, two.caller.number):
            return False
        self.pbx.publish(_local_bridge(pair))
        pair.called = True
        two.serve(self.pbx.dialplan_thread(two))
        return True

    def _prepare(self, two: LocalHalf) -> None:
        """What ;2 learns from ;1 (ast_unreal_call_setup)."""
        for name, value in reversed(self.variables.items()):
            two.pbx.publish(VarSet(**two.snapshot(), variable=name, value=value))
        two.variables = dict(self.variables)
        two.caller, two.connected = self.connected, self.caller
        two.language = self.language
        two.account, two.peer_account = self.peer_account, self.account
        two.dialed_number = self.dialed_number
        two.publish_changes()

    def indicate(self, control: Control) -> None:
        """What is said at one half is heard at the other."""
        other = self.pair.other(self)
        if other.gone or (control is Control.RINGING and self.state is not ChannelState.RING):
            return
        if other is self.pair.one and other.state is not ChannelState.UP:
            state = _HEARD.get(control)
            if state is not None:
                other.set_state(state)
        other.tell(control)

    def _part(self) -> None:
        pair, other = self.pair, self.pair.other(self)
        if other.gone:
            self.pbx.local_pairs.pop(pair, None)
        elif self is pair.two:
            self._leave_one(other)
        elif pair.called:
            other.queue_hangup(self.hangup_cause)
        else:
            other.hangup()
            self.pbx.local_pairs.pop(pair, None)

    def _leave_one(self, one: LocalHalf) -> None:
        status = self.variable("DIALSTATUS")
        if status is not None:
            one.hangup_cause = self.hangup_cause
            one.set_variable("CHANLOCALSTATUS", status)
        one.queue_hangup(self.hangup_cause)


_HEARD = {Control.RINGING: ChannelState.RINGING, Control.ANSWER: ChannelState.UP}


def _local_bridge(pair: LocalPair) -> LocalBridge:
    return LocalBridge(
        local_one=ChannelSnapshot(**pair.one.snapshot()),
        local_two=ChannelSnapshot(**pair.two.snapshot()),
        context=pair.address.context,
        exten=pair.address.exten,
        local_optimization=pair.address.optimize,
    )


@attrs.define(eq=False, kw_only=True)
class Phone:
    """A phone that calls can be made to, and from.

        pbx.add_phone(Phone(name="PJSIP/100", answers=2.0))

    It rings after `rings` seconds and is answered `answers` seconds after that; None for either
    means never. A `busy` phone says so at once, one that is not `reachable` has no channel.
    """

    name: str
    context: str = "default"
    caller: Party = NOBODY
    rings: float | None = 0.0
    answers: float | None = 0.0
    busy: bool = False
    reachable: bool = True

    @property
    def idle_state(self) -> DeviceState:
        """Its device state while it has no channel."""
        return DeviceState.NOT_INUSE if self.reachable else DeviceState.UNAVAILABLE


class PhoneLeg(Channel):
    """A call to or from a phone."""

    def __init__(self, pbx: Pbx, phone: Phone, uniqueid: str, parent: Channel | None) -> None:
        name = f"{phone.name}-{pbx.next_leg():08x}"
        super().__init__(pbx, name, uniqueid, parent=parent)
        self.technology = phone.name.partition("/")[0]
        self.phone = phone
        self.context = phone.context

    def call(self) -> bool:
        """Let the phone ring."""
        if self.phone.busy:
            self._at(0.0, self._refuse)
            return True
        ringing = self.phone.rings
        if ringing is not None:
            self._at(ringing, self._ring)
        if self.phone.answers is not None:
            self._at((ringing or 0.0) + self.phone.answers, self._pick_up)
        return True

    def pick_up(self) -> None:
        """Answer, as if somebody lifted the receiver."""
        self._pick_up()

    def hang_up(self, cause: int = Cause.NORMAL) -> None:
        """End the call from the phone's side."""
        self.queue_hangup(cause)

    def _at(self, delay: float, call: Callable[[], None]) -> None:
        self.pbx.kernel.call_at(self.pbx.kernel.now + delay, call)

    def _ring(self) -> None:
        if not self.gone and self.state is ChannelState.DOWN:
            self.set_state(ChannelState.RINGING)
            self.tell(Control.RINGING)

    def _pick_up(self) -> None:
        if not self.gone and self.state is not ChannelState.UP:
            self.set_state(ChannelState.UP)
            self.tell(Control.ANSWER)

    def _refuse(self) -> None:
        if not self.gone:
            self.hangup_cause = Cause.BUSY
            self.tell(Control.BUSY)


def request_channel(
    pbx: Pbx, technology: str, data: str, ids: ChannelIds, parent: Channel | None = None
) -> Channel | None:
    """A new channel that is not yet called; None where Asterisk has none to give."""
    taken = {channel.uniqueid for channel in pbx.channels.values()}
    if ids.first in taken or ids.second in taken or (ids.first and ids.first == ids.second):
        pbx.next_local()  # the try uses up a name all the same
        return None
    if technology.lower() == "local":
        try:
            address = local_address(data)
        except ValueError:
            return None
        return LocalPair(pbx, address, ids, parent).one
    phone = pbx.phones.get(f"{technology}/{data}".lower())
    if phone is None or not phone.reachable:
        return None
    leg = PhoneLeg(pbx, phone, ids.first or pbx.next_uniqueid(), parent)
    leg.announce()
    return leg
