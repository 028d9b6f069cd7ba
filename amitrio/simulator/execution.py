"""Execution: the thread that runs the dialplan on a channel.

Law: the order of things is __ast_pbx_run()'s: each priority publishes Newexten and runs, a
channel that was redirected goes on elsewhere, and at the end come SoftHangupRequest, the
extension h, and Hangup.
"""

from __future__ import annotations

from amitrio.simulator.applications import APPLICATIONS, AppFailed
from amitrio.simulator.channels import Channel, HungUp, Place, Redirected
from amitrio.simulator.kernel import Steps
from amitrio.simulator.substitution import substitute

__all__ = ["run_application", "run_pbx"]

# A dialplan that runs so many priorities while no time passes is a loop without a Wait.
_MOST_PRIORITIES = 10_000
_FALLTHROUGH = {"BUSY": "Busy", "CONGESTION": "Congestion", "CHANUNAVAIL": "Congestion"}


def run_pbx(channel: Channel) -> Steps[None]:
    """Run the dialplan on the channel from where it stands, until it ends."""
    channel.in_dialplan = True
    channel.pbx.calls_made += 1
    if not channel.exten:
        channel.exten, channel.priority = "s", 1
    yield from _run_priorities(channel)
    channel.redirected = False
    channel.leave_dialplan()
    if _exists(channel, "h", 1):
        yield from _run_h(channel)
    channel.in_dialplan = False
    channel.hangup()


def run_application(channel: Channel, name: str, data: str) -> Steps[None]:
    """Run one application on a channel outside the dialplan, then hang up."""
    channel.attend()
    channel.application, channel.data = name, data
    channel.last_place = Place(channel.context, channel.exten, name, data)
    application = APPLICATIONS.get(name.lower())
    try:
        if application is not None:
            yield from application(channel, data)
    except (HungUp, AppFailed):
        pass
    except Redirected:
        channel.redirected = False
        yield from run_pbx(channel)
        return
    channel.hangup()


def _run_priorities(channel: Channel) -> Steps[None]:
    guard = _LoopGuard(channel)
    while True:
        guard.step()
        position = (channel.context, channel.exten, channel.priority)
        step = channel.pbx.dialplan.step(*position, channel.caller.number)
        if step is None:
            if not _next_extension(channel):
                yield from _fall_through(channel)
                return
            continue
        try:
            yield from _execute(channel, step.application, step.data)
            channel.check()
        except Redirected:
            channel.redirected = False
            continue
        except (HungUp, AppFailed):
            return
        channel.priority += 1


def _execute(channel: Channel, application: str, data: str) -> Steps[None]:
    """One priority: substitute, tell, run (pbx_extension_helper)."""
    found = APPLICATIONS.get(application.lower())
    channel.application = application
    channel.data = substitute(data, channel)
    if not channel.hung_up:
        channel.last_place = Place(channel.context, channel.exten, application, channel.data)
    channel.publish_changes()
    if found is None:
        raise AppFailed(application)
    yield from found(channel, channel.data)


def _run_h(channel: Channel) -> Steps[None]:
    """The hangup extension: the channel is hung up already, and waits for nothing."""
    channel.exten, channel.priority = "h", 1
    guard = _LoopGuard(channel)
    while step := channel.pbx.dialplan.step(channel.context, "h", channel.priority, ""):
        guard.step()
        try:
            yield from _execute(channel, step.application, step.data)
        except (HungUp, Redirected, AppFailed):
            return
        channel.priority += 1


def _exists(channel: Channel, exten: str, priority: int) -> bool:
    return channel.pbx.dialplan.exists(channel.context, exten, priority, channel.caller.number)


def _next_extension(channel: Channel) -> bool:
    """Where an extension that is none leads: to `i`, if there is one."""
    if _exists(channel, channel.exten, 1) or not _exists(channel, "i", 1):
        return False
    channel.set_variable("INVALID_EXTEN", channel.exten)
    channel.exten, channel.priority = "i", 1
    return True


def _fall_through(channel: Channel) -> Steps[None]:
    """The priorities have run out: what DIALSTATUS says is indicated for ten seconds."""
    name = _FALLTHROUGH.get(channel.variable("DIALSTATUS") or "")
    if name is None or not _exists(channel, channel.exten, 1):
        return
    try:
        yield from APPLICATIONS[name.lower()](channel, "10")
    except (HungUp, Redirected, AppFailed):
        return


class _LoopGuard:
    """Counts what happens while no time passes."""

    def __init__(self, channel: Channel) -> None:
        self._kernel = channel.pbx.kernel
        self._where = channel
        self._when = self._kernel.now
        self._count = 0

    def step(self) -> None:
        if self._kernel.now != self._when:
            self._when, self._count = self._kernel.now, 0
        self._count += 1
        if self._count > _MOST_PRIORITIES:
            place = f"{self._where.exten}@{self._where.context}"
            raise RuntimeError(f"the dialplan at {place} loops without waiting")
