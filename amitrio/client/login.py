"""Login: from the banner to a session in which events flow.

Law: bounded in time, the secret in no local variable, one try, and a refusal says what to check.
"""

from __future__ import annotations

import anyio

from amitrio.client.request import request
from amitrio.client.session import Session
from amitrio.client.settings import Settings
from amitrio.errors import ConnectionFailed, ConnectionLost, ProtocolError
from amitrio.models import Action, Reply
from amitrio.protocol.auth import challenge_headers, md5_login, plain_login

__all__ = ["log_in"]


async def log_in(session: Session, settings: Settings) -> Reply:
    """Greet, log in, and learn whether Asterisk is fully booted. The reply to Login.

    Raises ConnectionFailed, ProtocolError, ActionError (AuthenticationFailed above all).
    """
    try:
        await _greeting(session, settings)
        with anyio.fail_after(settings.response_timeout):
            reply = await request(session, await _login_action(session, settings))
            # FullyBooted, if this user may hear it now, is sent by the login itself
            # (action_login in manager.c), so it has come before the answer to whatever is next.
            await request(session, Action("Ping"))
    except TimeoutError as exc:
        seconds = settings.response_timeout
        raise ConnectionFailed(
            f"{settings.label} did not answer the login within {seconds:g} s"
        ) from exc
    except ConnectionLost as exc:
        if isinstance(exc.__cause__, ProtocolError):
            raise exc.__cause__ from None
        raise ConnectionFailed(f"{exc}, before the login was done") from exc
    session.begin_watch()
    return reply


async def _greeting(session: Session, settings: Settings) -> None:
    with anyio.move_on_after(settings.connect_timeout):
        await session.wait_greeted()
        return
    other = (
        "is TLS spoken there? Try tls=False"
        if settings.tls
        else "is it the HTTP port (8088), or the TLS port (5039), which needs tls=True?"
    )
    raise ConnectionFailed(
        f"{settings.label} accepted the connection but sent no AMI banner within"
        f" {settings.connect_timeout:g} s: {other}"
    )


async def _login_action(session: Session, settings: Settings) -> Action:
    if settings.auth == "plain":
        headers = plain_login(settings.username, settings.secret, settings.event_mask)
    else:
        challenge = await _challenge(session)
        headers = md5_login(settings.username, challenge, settings.secret, settings.event_mask)
    return Action("Login", tuple(headers))


async def _challenge(session: Session) -> str:
    reply = await request(session, Action("Challenge", tuple(challenge_headers())))
    challenge = reply.headers.get("Challenge")
    if challenge is None:
        raise ProtocolError(f"{session.label} answered Challenge with no challenge")
    return challenge
