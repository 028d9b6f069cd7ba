"""Records: the Cdr event of each part of a call, as cdr_manager publishes it.

Law: a leg that was answered and ran something has a record; a Dial or Queue ends one and begins
the next. Legs that were merely dialled are the destination of their caller's record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitrio.models.generated.enums import AMAFlags, CdrDisposition
from amitrio.models.generated.events.records import Cdr
from amitrio.simulator.channels import Channel, Place

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx

__all__ = ["Records"]


class Records:
    """Writes call detail records."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx

    def dialed(self, caller: Channel, peer: str, disposition: str) -> None:
        """A caller's Dial or Queue is over: that part of the call is written down."""
        if caller.answered is not None:
            self._publish(caller, peer, disposition)
        caller.recorded_until = self._pbx.kernel.now
        caller.last_place = Place()

    def ended(self, channel: Channel) -> None:
        """A channel is gone."""
        if channel.answered is not None and channel.last_place.application:
            self._publish(channel, "", "ANSWERED")

    def _publish(self, channel: Channel, peer: str, disposition: str) -> None:
        pbx, place = self._pbx, channel.last_place
        now, answered = pbx.kernel.now, channel.answered or 0.0
        start = max(channel.created, channel.recorded_until)
        answer = max(answered, channel.recorded_until)
        pbx.publish(
            Cdr(
                account_code=channel.account,
                source=channel.caller.number,
                destination=place.exten,
                destination_context=place.context,
                caller_id=f'"{channel.caller.name}" <{channel.caller.number}>',
                channel=channel.name,
                destination_channel=peer,
                last_application=place.application,
                last_data=place.data,
                start_time=pbx.local_time(start),
                answer_time=pbx.local_time(answer),
                end_time=pbx.local_time(now),
                duration=_whole(now - start),
                billable_seconds=_whole(now - answer),
                disposition=CdrDisposition(disposition),
                ama_flags=AMAFlags.DOCUMENTATION,
                uniqueid=channel.uniqueid,
                user_field=channel.user_field,
            )
        )


def _whole(seconds: float) -> int:
    """Whole seconds; the last digits of sums of floats are no reason for one less."""
    return int(seconds + 1e-6)
