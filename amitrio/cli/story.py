"""The story of a call: one sentence an event.

Law: what came over the wire is escaped before it is printed, and an event that has no sentence
is passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from amitrio.models import Event
from amitrio.text import printable

__all__ = ["KINDS", "sentence", "who"]


def who(channel: str) -> str:
    """Whose phone a channel is: `PJSIP/ann-00000001` is Ann's."""
    phone = channel.partition("/")[2].rpartition("-")[0]
    return printable(phone).capitalize()


def sentence(event: Event) -> str | None:
    """What happened, in words; None for what a story leaves out."""
    tell = _SENTENCES.get(event.kind)
    return None if tell is None else tell(event)


def _rings(event: Event) -> str | None:
    return f"{who(event['DestChannel'])}'s phone rings" if _says(event, "RINGING") else None


def _dialed(event: Event) -> str:
    called = who(event["DestChannel"])
    status = printable(event["DialStatus"])
    known = {"ANSWER": "answers", "BUSY": "is busy", "NOANSWER": "does not answer"}
    return f"{called} {known.get(status, status)}"


def _joins(event: Event) -> str:
    place = f"position {printable(event['Position'])}"
    return f"{who(event['Channel'])} waits in {printable(event['Queue'])}, {place}"


def _connected(event: Event) -> str:
    waited = printable(event["HoldTime"])
    agent = printable(event["MemberName"])
    return f"{agent} takes {who(event['Channel'])}'s call after {waited} s in the queue"


def _completed(event: Event) -> str:
    agent, ended = printable(event["MemberName"]), printable(event["Reason"])
    return f"{agent} is free again ({ended} hung up after {printable(event['TalkTime'])} s)"


def _hung_up(event: Event) -> str:
    return f"{who(event['Channel'])}'s line is free: {printable(event['Cause-txt'])}"


def _says(event: Event, status: str) -> bool:
    return event["DialStatus"] == status


_SENTENCES: MappingProxyType[str, Callable[[Event], str | None]] = MappingProxyType(
    {
        "DialState": _rings,
        "DialEnd": _dialed,
        "QueueCallerJoin": _joins,
        "AgentConnect": _connected,
        "AgentComplete": _completed,
        "Hangup": _hung_up,
    }
)

KINDS = tuple(_SENTENCES)
"""The events that have a sentence."""
