"""Refusals: from Asterisk's `Response: Error` to the exception that says what to do.

Law: Asterisk's own message is kept as it came (`error.message`); what it leaves out is added.
"""

from __future__ import annotations

from amitrio.errors import ActionError, AuthenticationFailed, PermissionDenied, UnknownAction
from amitrio.models import CommandReply, Reply, privileges_of

__all__ = ["refusal"]

_DENIED = "Permission denied"
_UNKNOWN = "Invalid/unknown command"
_LOGIN_FAILED = "Authentication failed"


def refusal(action: str, reply: Reply) -> ActionError:
    """The error for an action that Asterisk refused."""
    message = _message(reply)
    if message == _DENIED:
        return _denied(action, message, reply)
    if message == _LOGIN_FAILED:
        return AuthenticationFailed(
            message,
            action=action,
            headers=reply.headers,
            hint="check the username, the secret, and that permit/deny in manager.conf let this"
            " address in (Asterisk says the same for all three)",
        )
    if message.startswith(_UNKNOWN):
        return UnknownAction(
            message,
            action=action,
            headers=reply.headers,
            hint="is its module loaded (`module show`), and has Asterisk finished booting?",
        )
    return ActionError(message, action=action, headers=reply.headers)


def _message(reply: Reply) -> str:
    """A failed Command says why in its output; its Message only announces that."""
    if isinstance(reply, CommandReply) and reply.lines:
        return reply.lines[0]
    return reply.message


def _denied(action: str, message: str, reply: Reply) -> PermissionDenied:
    needs = privileges_of(action)
    classes = " or ".join(sorted(needs))
    hint = f"give the user write={classes} in manager.conf" if needs else ""
    return PermissionDenied(message, action=action, headers=reply.headers, needs=needs, hint=hint)
