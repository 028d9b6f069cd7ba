"""Login: from the banner to a session in which events flow.

Law: bounded in time, the secret in no local variable, one try, and a refusal says what to check.
"""

from __future__ import annotations

from contextlib import suppress

import anyio

from amitrio.client.request import request
from amitrio.client.session import Session
from amitrio.client.settings import Settings
from amitrio.client.speaking import Line
from amitrio.errors import ActionError, ConnectionFailed, ConnectionLost, ProtocolError
from amitrio.models import Action
from amitrio.protocol import Banner
from amitrio.protocol.auth import challenge_headers, md5_login, plain_login

__all__ = ["log_in"]


async def log_in(session: Session, settings: Settings) -> Line:
    """Greet, log in, learn whether Asterisk is fully booted, and say which events are wanted.

    Raises ConnectionFailed, ProtocolError, ActionError (AuthenticationFailed above all).
    """
    try:
        banner = await _greeting(session, settings)
        mask = settings.mask_for(banner.release)
        with anyio.fail_after(settings.response_timeout):
            reply = await request(session, await _login_action(session, settings, mask))
            # FullyBooted, if this user may hear it now, is sent by the login itself
            # (action_login in manager.c), so it has come before the answer to whatever is next.
            await request(session, Action("Ping"))
            await _narrow(session, settings)
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
    return Line(session, reply, mask, settings.only)


async def _greeting(session: Session, settings: Settings) -> Banner:
    with anyio.move_on_after(settings.connect_timeout):
        return await session.wait_greeted()
    other = (
        "is TLS spoken there? Try tls=False"
        if settings.tls
        else "is it the HTTP port (8088), or the TLS port (5039), which needs tls=True?"
    )
    raise ConnectionFailed(
        f"{settings.label} accepted the connection but sent no AMI banner within"
        f" {settings.connect_timeout:g} s: {other}"
    )


async def _login_action(session: Session, settings: Settings, mask: str) -> Action:
    if settings.auth == "plain":
        headers = plain_login(settings.username, settings.secret, mask)
    else:
        challenge = await _challenge(session)
        headers = md5_login(settings.username, challenge, settings.secret, mask)
    return Action("Login", tuple(headers))


async def _challenge(session: Session) -> str:
    reply = await request(session, Action("Challenge", tuple(challenge_headers())))
    challenge = reply.headers.get("Challenge")
    if challenge is None:
        raise ProtocolError(f"{session.label} answered Challenge with no challenge")
    return challenge


async def _narrow(session: Session, settings: Settings) -> None:
    """Have Asterisk send no other events than the program asks for, if this user may say so.

    A refused filter is no reason to fail: more events come then, and nobody takes them.
    """
    said = None if settings.only is None else settings.only.filter()
    if said is not None and await _may_filter(session):
        with suppress(ActionError):
            await request(session, said)


async def _may_filter(session: Session) -> bool:
    """Whether Asterisk lists the action for this user. To try would be a security event."""
    commands = await request(session, Action("ListCommands"))
    return "Filter" in commands.headers
