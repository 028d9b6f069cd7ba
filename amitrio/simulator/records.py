"""Records: the Cdr event of each call leg, as cdr_manager publishes it.

Law: only a leg that was answered and ran something has a record; legs that were merely dialled
are told of as the destination of their caller's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitrio.simulator.channels import Channel
from amitrio.simulator.privileges import PRIVILEGES

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx

__all__ = ["Records"]


class Records:
    """Writes call detail records."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx

    def ended(self, channel: Channel) -> None:
        """A channel is gone."""
        if channel.answered is None or channel.application in {"AppDial", "AppQueue"}:
            return
        now, answered = self._pbx.kernel.now, channel.answered
        place = channel.last_place
        headers = [
            ("AccountCode", channel.account),
            ("Source", channel.caller.number),
            ("Destination", place.exten),
            ("DestinationContext", place.context),
            ("CallerID", f'"{channel.caller.name}" <{channel.caller.number}>'),
            ("Channel", channel.name),
            ("DestinationChannel", channel.last_peer),
            ("LastApplication", place.application),
            ("LastData", place.data),
            ("StartTime", self._pbx.local_time(channel.created)),
            ("AnswerTime", self._pbx.local_time(answered)),
            ("EndTime", self._pbx.local_time(now)),
            ("Duration", str(int(now - channel.created))),
            ("BillableSeconds", str(int(now - answered))),
            ("Disposition", "ANSWERED"),
            ("AMAFlags", "DOCUMENTATION"),
            ("UniqueID", channel.uniqueid),
            ("UserField", channel.user_field),
        ]
        self._pbx.publish("Cdr", headers, PRIVILEGES["cdr"])
