"""Login, Challenge, Logoff.

Law: every refusal of a login says the same, a second later, and is the last that is said; why it
was refused is told to security events alone (authenticate() in manager.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from amitrio.models.generated.actions.system import ChallengeReply
from amitrio.models.generated.events.system import FullyBooted
from amitrio.protocol.auth import md5_key
from amitrio.protocol.privileges import PRIVILEGES, event_mask
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall, SessionOver
from amitrio.simulator.security import report_account, report_challenge, report_success
from amitrio.simulator.users import ManagerUser

if TYPE_CHECKING:
    from amitrio.simulator.session import Session

SYSTEM = PRIVILEGES["system"]

# process_message() and action_login() sleep that long before they refuse.
_REFUSAL_DELAY = 1.0


@action("Login", "Log in to the manager interface.")
async def login(call: ActionCall) -> None:
    """Log in, plain or with the answer to a challenge."""
    if call.session.user is not None:
        call.ack("Already authenticated")
        return
    await refuse_second_login(call)
    user = _authenticate(call)
    if user is None:
        await _refuse(call, "Authentication failed")
        return
    _accept(call, user)


@action("Challenge", "Ask for a challenge, for an MD5 login.")
async def challenge(call: ActionCall) -> None:
    """A number to be answered; the same one however often it is asked for."""
    if call.session.user is None:
        await refuse_second_login(call)
    if call.get("AuthType").lower() != "md5":
        call.error("Must specify AuthType")
        return
    if not call.session.challenge:
        call.session.challenge = str(call.pbx.random.getrandbits(30))
    call.reply(ChallengeReply(challenge=call.session.challenge))


@action("Logoff", "Leave the manager interface.")
def logoff(call: ActionCall) -> None:
    """Say goodbye."""
    call.respond([("Message", "Thanks for all the fish.")], "Goodbye")
    call.session.connection.left()
    raise SessionOver


async def refuse_second_login(call: ActionCall) -> None:
    """End the session of a user who may be logged in but once, and is."""
    user = call.simulator.users.get(call.get("Username").lower())
    if user is None or user.allow_multiple_login:
        return
    if any(session.user is user for session in call.simulator.sessions):
        report_account(call.session, "SessionLimit", "")
        await _refuse(call, "Login Already In Use")


async def _refuse(call: ActionCall, message: str) -> None:
    await anyio.sleep(_REFUSAL_DELAY)
    call.error(message)
    call.session.connection.left()
    raise SessionOver


def _authenticate(call: ActionCall) -> ManagerUser | None:
    name = call.get("Username")
    if not name:
        return None
    user = call.simulator.users.get(name.lower())
    if user is None:
        report_account(call.session, "InvalidAccountID", name)
        return None
    if not user.admits(call.session.remote_address.host):
        report_account(call.session, "FailedACL", name)
        return None
    return user if _proven(call, user) else None


def _proven(call: ActionCall, user: ManagerUser) -> bool:
    """Whether the secret, or the answer to the challenge, is right."""
    session = call.session
    if call.get("AuthType").lower() != "md5":
        if call.get("Secret") == user.secret.reveal():
            return True
        report_account(session, "InvalidPassword", call.get("Username"))
        return False
    key = call.get("Key")
    if not key or not session.challenge:
        return False
    expected = md5_key(session.challenge, user.secret).reveal()
    if key != expected:
        report_challenge(session, session.challenge, key, expected)
    return key == expected


def _accept(call: ActionCall, user: ManagerUser) -> None:
    session = call.session
    mask = event_mask(call.get("Events"))
    session.mask = user.may_read if mask is None else mask
    session.begin(user)
    report_success(session, call.get("Username"))
    call.ack("Authentication accepted")
    if session.mask & user.may_read & SYSTEM and call.simulator.booted:
        call.tell(_fully_booted(session), order=_AFTER_LOGIN)


# FullyBooted as it follows a login is no event, and is ordered unlike the event.
_AFTER_LOGIN = ("uptime", "last_reload", "status")


def _fully_booted(session: Session) -> FullyBooted:
    pbx = session.simulator.pbx
    return FullyBooted(
        status="Fully Booted",
        uptime=int(pbx.now - pbx.started),
        last_reload=int(pbx.now - pbx.reloaded),
    )
