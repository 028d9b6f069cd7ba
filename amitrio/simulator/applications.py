"""Applications: what the steps of the dialplan do.

Law: an application waits only through its channel, so that a hangup or a redirect ends it at
once; what it publishes is what the real one does.
"""

from __future__ import annotations

from collections.abc import Callable

from amitrio.headers import Headers
from amitrio.models.generated.events.dialplan import UserEvent
from amitrio.simulator.channels import Channel, HungUp
from amitrio.simulator.dialing import dial
from amitrio.simulator.dialplan import arguments
from amitrio.simulator.kernel import FOREVER, Steps
from amitrio.simulator.queueing import visit_queue
from amitrio.simulator.substitution import write_variable
from amitrio.simulator.tables import Cause, ChannelState, Control

__all__ = ["APPLICATIONS", "AppFailed", "Application", "application"]

Application = Callable[[Channel, str], Steps[None]]
APPLICATIONS: dict[str, Application] = {}
"""Every application, under its name in lower case."""

# __ast_answer() waits so long for media, of which a Local channel has none.
_MEDIA_WAIT = 0.5


class AppFailed(Exception):  # noqa: N818 - it ends the dialplan, as the return value -1 does
    """The application asks to end the dialplan."""


def application(name: str) -> Callable[[Application], Application]:
    """Register an application of the dialplan."""

    def register(steps: Application) -> Application:
        APPLICATIONS[name.lower()] = steps
        return steps

    return register


@application("Answer")
def answer(channel: Channel, data: str) -> Steps[None]:
    """Answer; a channel that rang waits for media."""
    del data
    rang = channel.state in {ChannelState.RING, ChannelState.RINGING}
    channel.answer()
    if rang:
        yield from channel.pause(channel.pbx.kernel.now + _MEDIA_WAIT)


@application("Wait")
def wait(channel: Channel, data: str) -> Steps[None]:
    """Wait so many seconds."""
    yield from channel.pause(channel.pbx.kernel.now + _seconds(data))


@application("Echo")
@application("Milliwatt")
@application("MusicOnHold")
@application("WaitExten")
def stay(channel: Channel, data: str) -> Steps[None]:
    """Stay until hung up or sent elsewhere."""
    del data
    yield from channel.pause(FOREVER)


@application("Ringing")
def ringing(channel: Channel, data: str) -> Steps[None]:
    """Say that it rings."""
    del data
    channel.indicate(Control.RINGING)
    yield from ()


@application("Progress")
def progress(channel: Channel, data: str) -> Steps[None]:
    """Say that there is progress."""
    del data
    channel.indicate(Control.PROGRESS)
    yield from ()


@application("Busy")
def busy(channel: Channel, data: str) -> Steps[None]:
    """Say busy, and wait to be hung up."""
    yield from _refuse(channel, data, Control.BUSY, Cause.BUSY)


@application("Congestion")
def congestion(channel: Channel, data: str) -> Steps[None]:
    """Say congestion, and wait to be hung up."""
    yield from _refuse(channel, data, Control.CONGESTION, Cause.CONGESTION)


def _refuse(channel: Channel, data: str, control: Control, cause: int) -> Steps[None]:
    channel.indicate(control)
    if channel.state is not ChannelState.UP:
        channel.hangup_cause = cause
        channel.set_state(ChannelState.BUSY)
    until = channel.pbx.kernel.now + _seconds(data) if data else FOREVER
    yield from channel.pause(until)
    raise AppFailed


@application("Hangup")
def hang_up(channel: Channel, data: str) -> Steps[None]:
    """End the call, with a cause of its own if one is given."""
    channel.hangup_cause = int(_seconds(data)) or channel.hangup_cause or Cause.NORMAL
    channel.hung_up = True
    yield from ()
    raise HungUp


@application("NoOp")
@application("Verbose")
@application("StopMusicOnHold")
@application("StartMusicOnHold")
def nothing(channel: Channel, data: str) -> Steps[None]:
    """Do nothing."""
    del channel, data
    yield from ()


@application("Set")
def set_variable(channel: Channel, data: str) -> Steps[None]:
    """Set a variable or write a function."""
    name, equals, value = data.partition("=")
    if equals:
        write_variable(name, value, channel, channel.pbx)
    yield from ()


@application("Goto")
def goto(channel: Channel, data: str) -> Steps[None]:
    """Go on elsewhere: `[[context,]exten,]priority`."""
    *place, priority = data.split(",")
    if place:
        channel.exten = place[-1]
    if len(place) > 1:
        channel.context = place[0]
    channel.priority = int(priority) - 1  # the dialplan adds one
    yield from ()


@application("GotoIf")
def goto_if(channel: Channel, data: str) -> Steps[None]:
    """Go on elsewhere on a condition."""
    condition, _, branches = data.partition("?")
    yes, _, no = branches.partition(":")
    target = yes if condition.strip() not in {"", "0"} else no
    if target:
        yield from goto(channel, target)


@application("UserEvent")
def user_event(channel: Channel, data: str) -> Steps[None]:
    """Publish an event of the dialplan's own (app_userevent.c)."""
    name, *items = data.split(",")
    pairs = (item.partition(":") for item in items)
    told = Headers((key.strip(), value.strip()) for key, colon, value in pairs if colon)
    channel.pbx.publish(UserEvent(**channel.snapshot(), user_event=name, other_headers=told))
    yield from ()


@application("Dial")
def run_dial(channel: Channel, data: str) -> Steps[None]:
    """Call others for this channel."""
    destinations, seconds, options = arguments(data, 3)
    yield from dial(channel, destinations, seconds, options)


@application("Queue")
def run_queue(channel: Channel, data: str) -> Steps[None]:
    """Wait in a queue, and talk to the member that answers."""
    name, options, _, _, timeout, _ = arguments(data, 6)
    yield from visit_queue(channel, name, options, _seconds(timeout) if timeout else FOREVER)


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0
