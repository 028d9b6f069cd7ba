"""Security events: who logged in, who was refused, who asked for what is not theirs.

Law: each names the session, its addresses and its account, as res_security_log has them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, TypedDict

from amitrio.models import Address
from amitrio.models.generated.enums import SecuritySeverity
from amitrio.models.generated.events.security import (
    ChallengeResponseFailed,
    FailedACL,
    InvalidAccountID,
    InvalidPassword,
    RequestBadFormat,
    RequestNotAllowed,
    SessionLimit,
    SuccessfulAuth,
)

if TYPE_CHECKING:
    from amitrio.simulator.session import Session

__all__ = [
    "report_account",
    "report_bad_format",
    "report_challenge",
    "report_not_allowed",
    "report_success",
]


class SecurityFields(TypedDict):
    """What every security event says."""

    event_tv: datetime
    severity: SecuritySeverity
    service: str
    event_version: int
    account_id: str
    session_id: str
    local_address: Address
    remote_address: Address
    session_tv: datetime


_REFUSALS = MappingProxyType(
    {each.about.kind: each for each in (FailedACL, InvalidAccountID, InvalidPassword, SessionLimit)}
)


def report_success(session: Session, account: str) -> None:
    """A login was accepted."""
    fields = _fields(session, account, SecuritySeverity.INFORMATIONAL)
    session.simulator.pbx.publish(SuccessfulAuth(**fields, using_password=False))


def report_account(session: Session, event: str, account: str) -> None:
    """InvalidAccountID, InvalidPassword, FailedACL or SessionLimit."""
    fields = _fields(session, account, version=_VERSIONS.get(event, 1))
    session.simulator.pbx.publish(_REFUSALS[event](**fields))


def report_challenge(session: Session, challenge: str, response: str, expected: str) -> None:
    """The answer to a challenge was wrong; whose it was is not told."""
    session.simulator.pbx.publish(
        ChallengeResponseFailed(
            **_fields(session, ""),
            challenge=challenge,
            response=response,
            expected_response=expected,
        )
    )


def report_not_allowed(session: Session, action: str) -> None:
    """An action that the session may not run."""
    fields = _fields(session, _account(session))
    session.simulator.pbx.publish(RequestNotAllowed(**fields, request_type=f"Action: {action}"))


def report_bad_format(session: Session, action: str) -> None:
    """An action that there is not."""
    fields = _fields(session, _account(session))
    session.simulator.pbx.publish(RequestBadFormat(**fields, request_type=f"Action: {action}"))


# ast_security_event_inval_password is the one whose fields have changed since.
_VERSIONS = MappingProxyType({"InvalidPassword": 2})


def _account(session: Session) -> str:
    return session.user.name if session.user is not None else ""


def _fields(
    session: Session,
    account: str,
    severity: SecuritySeverity = SecuritySeverity.ERROR,
    version: int = 1,
) -> SecurityFields:
    return {
        "event_tv": _time(session.simulator.pbx.now),
        "severity": severity,
        "service": "AMI",
        "event_version": version,
        "account_id": account,
        "session_id": session.identity,
        "local_address": session.local_address,
        "remote_address": session.remote_address,
        "session_tv": _time(session.since),
    }


def _time(epoch: float) -> datetime:
    """A moment in milliseconds."""
    moment = datetime.fromtimestamp(epoch, UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
