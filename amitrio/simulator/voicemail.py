"""Voicemail: mailboxes and how many messages wait in them.

Law: what is counted is what MailboxCount says; every change is told by MessageWaiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from amitrio.models.generated.events.voicemail import MessageWaiting

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx

__all__ = ["Mailbox", "Voicemail"]


@attrs.frozen(kw_only=True)
class Mailbox:
    """How many messages a mailbox holds."""

    urgent: int = 0
    new: int = 0
    old: int = 0

    @property
    def waiting(self) -> bool:
        """Whether somebody should listen."""
        return bool(self.urgent or self.new)


class Voicemail:
    """Every mailbox, by `number@context`."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._boxes: dict[str, Mailbox] = {}

    def add(self, mailbox: str) -> None:
        """Make an empty mailbox."""
        self._boxes.setdefault(_full(mailbox), Mailbox())

    def counts(self, mailbox: str) -> Mailbox:
        """What a mailbox holds; nothing where there is none, as Asterisk answers too."""
        return self._boxes.get(_full(mailbox), Mailbox())

    def set_counts(self, mailbox: str, *, new: int = 0, old: int = 0, urgent: int = 0) -> None:
        """Let a mailbox hold that many, and tell."""
        name = _full(mailbox)
        box = self._boxes[name] = Mailbox(urgent=urgent, new=new, old=old)
        self._pbx.publish(
            MessageWaiting(mailbox=name, waiting=box.waiting, new=box.new + box.urgent, old=box.old)
        )
        self._pbx.states.device_changed(f"MWI:{name}")


def _full(mailbox: str) -> str:
    return mailbox if "@" in mailbox else f"{mailbox}@default"
