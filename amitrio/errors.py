"""The error tree. Each error carries its data as attributes and says in one line what to do.

    AMIError
    ├── ActionError                Asterisk refused an action; .headers is its answer
    │   ├── AuthenticationFailed   user, secret or address
    │   ├── PermissionDenied       .needs: the classes of which the user wants one
    │   ├── UnknownAction          no such module, or still booting
    │   └── OriginateFailed        the call was not answered; .reason is Asterisk's number
    ├── FeatureMissing             this Asterisk would not do what is asked; nothing was sent
    ├── ConnectionFailed           no connection came about
    ├── ConnectionLost             it ended without our wish; .executed
    ├── ConnectionClosed           we closed it
    ├── ResponseTimeout            no answer in time; .executed
    ├── ResponseMissing            a later action was answered first; .executed
    ├── ProtocolError              the peer does not speak AMI, or not within the limits
    ├── SubscriberTooSlow          this consumer's buffer ran over; the connection lives
    └── ListTooLong                a list has more items than `limits.list_items`

Law: every wait of this library ends with a result or with one of these. Mistakes of the caller
are ValueError and TypeError, raised before a byte leaves.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from amitrio.headers import Headers
from amitrio.text import excerpt

__all__ = [
    "AMIError",
    "ActionError",
    "AuthenticationFailed",
    "ConnectionClosed",
    "ConnectionFailed",
    "ConnectionLost",
    "Executed",
    "FeatureMissing",
    "ListTooLong",
    "OriginateFailed",
    "PermissionDenied",
    "ProtocolError",
    "ResponseMissing",
    "ResponseTimeout",
    "SubscriberTooSlow",
    "UnknownAction",
]

Executed = Literal["no", "maybe"]
"""Whether Asterisk may have run the action: "no" when no byte of it had left."""

NO_HEADERS = Headers()


class AMIError(Exception):
    """The root: catch this one to catch all that amitrio raises about the wire."""

    def __reduce__(self) -> tuple[object, ...]:
        # Exception's own way calls the class with `args` alone, which have no keywords.
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[AMIError], args: tuple[object, ...], data: dict[str, object]) -> AMIError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(data)
    return error


class ActionError(AMIError):
    """Asterisk answered `Response: Error`. `message` is what it said, word for word."""

    def __init__(
        self,
        message: str,
        *,
        action: str = "",
        headers: Headers = NO_HEADERS,
        hint: str = "",
    ) -> None:
        shown = excerpt(message)  # somebody else's text, on its way to a terminal or a log
        line = f"{action}: {shown}" if action else shown
        super().__init__(f"{line} ({hint})" if hint else line)
        self.message = message
        self.action = action
        self.headers = headers


class AuthenticationFailed(ActionError):
    """The login was refused. Asterisk says the same for a wrong user, secret or address."""


class PermissionDenied(ActionError):
    """The manager user lacks a privilege: `needs` names the classes of which it wants one."""

    def __init__(
        self,
        message: str,
        *,
        needs: Collection[str] = (),
        action: str = "",
        headers: Headers = NO_HEADERS,
        hint: str = "",
    ) -> None:
        super().__init__(message, action=action, headers=headers, hint=hint)
        self.needs = frozenset(needs)


class UnknownAction(ActionError):
    """Asterisk does not know the action: its module is not loaded, or it is still booting."""


class OriginateFailed(ActionError):
    """The originated call was not answered; `reason` is Asterisk's number for why."""

    def __init__(self, message: str, *, reason: int | None, headers: Headers = NO_HEADERS) -> None:
        super().__init__(message, action="Originate", headers=headers)
        self.reason = reason


class FeatureMissing(AMIError):
    """What is asked needs a newer Asterisk, and this one would not say so; nothing was sent."""

    def __init__(self, message: str, *, feature: str) -> None:
        super().__init__(message)
        self.feature = feature


class ConnectionFailed(AMIError):
    """No connection came about: closed port, unknown host, TLS against a plain port, silence."""


class ConnectionLost(AMIError):
    """The connection ended and we did not end it."""

    def __init__(self, message: str, *, executed: Executed = "maybe") -> None:
        super().__init__(message)
        self.executed: Executed = executed


class ConnectionClosed(AMIError):
    """The connection was closed by this program."""

    def __init__(self, message: str, *, executed: Executed = "no") -> None:
        super().__init__(message)
        self.executed: Executed = executed


class ResponseTimeout(AMIError):
    """Asterisk did not answer in time; it may have run the action all the same."""

    def __init__(self, message: str, *, executed: Executed = "maybe") -> None:
        super().__init__(message)
        self.executed: Executed = executed


class ResponseMissing(AMIError):
    """Asterisk answered a later action first, so the answer to this one will never come."""

    def __init__(self, message: str, *, executed: Executed = "maybe") -> None:
        super().__init__(message)
        self.executed: Executed = executed


class ProtocolError(AMIError):
    """What the peer sent is not AMI, or is past the limits. `data` is the start of it."""

    def __init__(self, message: str, *, data: bytes = b"") -> None:
        if data:
            message = f"{message}: {excerpt(data[:200].decode('latin-1'))}"
        super().__init__(message)
        self.data = data[:200]


class SubscriberTooSlow(AMIError):
    """A stream held `buffer` events that its consumer had not taken, and one more came."""

    def __init__(self, message: str, *, buffer: int) -> None:
        super().__init__(message)
        self.buffer = buffer


class ListTooLong(AMIError):
    """A list reply has more items than `limit`; read it with `client.items(...)` instead."""

    def __init__(self, message: str, *, limit: int) -> None:
        super().__init__(message)
        self.limit = limit
