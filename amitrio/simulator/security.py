"""Security events: who logged in, who was refused, who asked for what is not theirs.

Law: each names the session and its addresses in the order of res_security_log's fields.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from amitrio.protocol.privileges import PRIVILEGES
from amitrio.simulator.events import Headers

if TYPE_CHECKING:
    from amitrio.simulator.session import Session

__all__ = [
    "report_account",
    "report_bad_format",
    "report_challenge",
    "report_not_allowed",
    "report_success",
]

SECURITY = PRIVILEGES["security"]


def report_success(session: Session, account: str) -> None:
    """A login was accepted."""
    _report(session, "SuccessfulAuth", account, [("UsingPassword", "0")], "Informational")


def report_account(session: Session, event: str, account: str) -> None:
    """InvalidAccountID, InvalidPassword, FailedACL or SessionLimit."""
    _report(session, event, account)


def report_challenge(session: Session, challenge: str, response: str, expected: str) -> None:
    """The answer to a challenge was wrong; whose it was is not told."""
    extra = [("Challenge", challenge), ("Response", response), ("ExpectedResponse", expected)]
    _report(session, "ChallengeResponseFailed", "", extra)


def report_not_allowed(session: Session, action: str) -> None:
    """An action that the session may not run."""
    account = session.user.name if session.user is not None else ""
    _report(session, "RequestNotAllowed", account, [("RequestType", f"Action: {action}")])


def report_bad_format(session: Session, action: str) -> None:
    """An action that there is not."""
    base = _base(session, "Error")
    account = session.user.name if session.user is not None else ""
    tail = [("RequestType", f"Action: {action}"), ("SessionTV", _when(session))]
    tail.append(("AccountID", account))
    session.simulator.pbx.publish("RequestBadFormat", [*base, *_place(session), *tail], SECURITY)


# ast_security_event_inval_password is the one whose fields have changed since.
_VERSIONS = {"InvalidPassword": "2"}


def _report(
    session: Session,
    event: str,
    account: str,
    extra: Headers | None = None,
    severity: str = "Error",
) -> None:
    base = _base(session, severity, _VERSIONS.get(event, "1"))
    head = [*base, ("AccountID", account), *_place(session)]
    tail = [*(extra or []), ("SessionTV", _when(session))]
    session.simulator.pbx.publish(event, [*head, *tail], SECURITY)


def _base(session: Session, severity: str, version: str = "1") -> Headers:
    return [
        ("EventTV", _time(session.simulator.pbx.now)),
        ("Severity", severity),
        ("Service", "AMI"),
        ("EventVersion", version),
    ]


def _place(session: Session) -> Headers:
    return [
        ("SessionID", session.identity),
        ("LocalAddress", session.local_address),
        ("RemoteAddress", session.remote_address),
    ]


def _when(session: Session) -> str:
    return _time(session.since)


def _time(epoch: float) -> str:
    text = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return f"{text[:-3]}+0000"
