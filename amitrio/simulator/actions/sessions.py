"""What a session asks about itself: Ping, Events, Filter, WaitEvent, ListCommands, UserEvent.

Law: a mask and a filter change what comes from now on, and touch no reply.
"""

from __future__ import annotations

import anyio

from amitrio.headers import Headers
from amitrio.models.generated.actions.system import EventsReply, PingReply
from amitrio.models.generated.events.dialplan import UserEvent
from amitrio.models.generated.events.system import WaitEventComplete
from amitrio.protocol.privileges import event_mask, privilege_text
from amitrio.simulator.actions.registry import ACTIONS, action
from amitrio.simulator.calls import ActionCall, leading_number
from amitrio.simulator.filters import EventFilter, FilterError


@action("Ping", "See whether the server is there.")
def ping(call: ActionCall) -> None:
    """Pong."""
    call.reply(PingReply(ping="Pong", timestamp_=call.pbx.moment))


@action("Events", "Say which classes of events to send.")
def events(call: ActionCall) -> None:
    """Set the event mask."""
    mask = event_mask(call.get("EventMask"))
    if mask is None:
        call.error("Invalid event mask")
        return
    call.session.mask = mask
    call.reply(EventsReply(events=bool(mask)))


@action("Filter", "Add an event filter to this session.", "system")
def add_filter(call: ActionCall) -> None:
    """Add a filter."""
    if call.get("Operation").lower() != "add":
        call.error("Unknown operation")
        return
    try:
        call.session.filters.append(
            EventFilter.parse(
                call.get("Filter"),
                call.get("MatchCriteria"),
                release_reads_criteria=call.simulator.release.match_criteria,
            )
        )
    except FilterError as error:
        call.error(str(error))
    else:
        call.ack("Success")


@action("ListCommands", "List the actions that this user may run.")
def list_commands(call: ActionCall) -> None:
    """One header per action."""
    missing = call.simulator.release.missing
    known = [each for name, each in sorted(ACTIONS.items()) if name not in missing]
    call.respond(
        [
            (each.name, f"{each.synopsis}  (Priv: {privilege_text(each.privilege)})")
            for each in known
            if call.session.may_run(each.privilege) and (each.core or call.simulator.booted)
        ]
    )


@action("UserEvent", "Send an event of your own to everybody.", "user")
def user_event(call: ActionCall) -> None:
    """Publish the headers of the action as they came, its ActionID among them."""
    call.ack("Event Sent")
    skipped = ("userevent:", "action:")
    lines = [line for line in call.request.lines if not line.lower().startswith(skipped)]
    others = Headers(("", line) for line in lines)
    call.pbx.publish(UserEvent(user_event=call.get("UserEvent"), other_headers=others))


@action("WaitEvent", "Wait until there is an event.")
async def wait_event(call: ActionCall) -> None:
    """Answer when an event has come, the next action is here, or so many seconds are over."""
    text = call.get("Timeout")
    timeout = max(-1, leading_number(text, -1)) if text else -1
    with anyio.move_on_after(None if timeout < 0 else timeout):
        await call.session.wait_for_change()
    call.ack("Waiting for Event completed.")
    call.frames += [event.data for event in call.session.take_events()]
    call.item(WaitEventComplete())
