"""actions: what a program can ask of Asterisk, one class each, with the type of its reply.

    import amitrio as ami

    reply = await client.send(ami.actions.MailboxCount(mailbox="100@default"))
    reply.new_messages

Law: every action that Asterisk 16 or 22 has is here; they are loaded when they are first named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitrio.lazy import lazily as _lazily
from amitrio.models.lazy import action_places as _action_places

if TYPE_CHECKING:
    from amitrio.models.generated.actions import *  # noqa: F403

if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _action_places)
