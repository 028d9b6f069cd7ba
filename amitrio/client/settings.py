"""Settings: how to reach and treat one Asterisk, as one value.

Law: what is wrong with it is told when it is made, before anything is connected.
"""

from __future__ import annotations

import math
import ssl
from collections.abc import Iterable
from typing import TypedDict

import attrs

from amitrio.client.dial import tls_context
from amitrio.client.masks import check_mask
from amitrio.client.only import Only
from amitrio.credentials import Secret
from amitrio.limits import DEFAULT_LIMITS, Limits
from amitrio.models import Event
from amitrio.protocol.auth import AuthMethod
from amitrio.protocol.encoding import encode_action

__all__ = ["Options", "Settings"]

_PLAIN_PORT = 5038
_TLS_PORT = 5039


def _check_port(_: object, __: object, port: int | None) -> None:
    if port is not None and not 0 < port < 65536:
        raise ValueError(f"{port} is no port")


def _check_seconds(_: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not value > 0 or math.isnan(value):
        raise ValueError(f"{attribute.name} is a positive number of seconds, or math.inf")


def _check_encoding(_: object, __: object, name: str) -> None:
    try:
        b"\xff".decode(name, "replace")
    except LookupError:
        raise ValueError(f"Python knows no encoding {name!r}") from None


def _only(given: Iterable[str | type[Event]] | Only | None) -> Only | None:
    return given if given is None or isinstance(given, Only) else Only.of(given)


def _seconds(default: float) -> float:
    field: float = attrs.field(default=default, validator=_check_seconds)
    return field


class Options(TypedDict, total=False):
    """What may be said about any connection. Times are seconds; `math.inf` switches them off."""

    auth: AuthMethod
    """`md5`, the default, answers a challenge; `plain` sends the secret itself."""
    event_mask: str
    """As Asterisk takes it: `on` (the default), `off`, or classes such as `call,agent`."""
    only: Iterable[str | type[Event]]
    """The kinds of events that the program will ever ask for, as `events()` takes them."""
    limits: Limits
    """The bounds of what is received and kept."""
    connect_timeout: float
    """To reach the server, and again for its banner; 10."""
    response_timeout: float
    """For the oldest unanswered action, beyond what it may take by its nature; 30."""
    ping_interval: float
    """Of silence before a Ping is sent; 10."""
    ping_timeout: float
    """After that Ping, before the connection is given up; 10."""
    fallback_encoding: str
    """How text that is not UTF-8 is read where it becomes a field; `latin-1`."""
    name: str | None
    """What errors and `event.server` call the server; its address by default."""


@attrs.frozen(kw_only=True)
class Settings:
    """One server and one user. Times are seconds; `math.inf` switches a timeout off."""

    host: str
    given_port: int | None = attrs.field(default=None, validator=_check_port, alias="port")
    username: str
    secret: Secret = attrs.field(repr=False)
    tls: bool | ssl.SSLContext = False
    tls_insecure_skip_verify: bool = False
    auth: AuthMethod = attrs.field(default="md5", validator=attrs.validators.in_(("md5", "plain")))
    event_mask: str | None = None
    only: Only | None = attrs.field(default=None, converter=_only)
    limits: Limits = DEFAULT_LIMITS
    connect_timeout: float = _seconds(10.0)
    response_timeout: float = _seconds(30.0)
    ping_interval: float = _seconds(10.0)
    ping_timeout: float = _seconds(10.0)
    fallback_encoding: str = attrs.field(default="latin-1", validator=_check_encoding)
    name: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.tls_insecure_skip_verify and not self.tls:
            raise ValueError("tls_insecure_skip_verify means something with tls=True only")
        # Raises now what it would raise then.
        mask = self.mask_for(None)
        encode_action("Login", "x", [("Username", self.username), ("Events", mask)])
        check_mask(mask)

    def mask_for(self, release: int | None) -> str:
        """The event mask for an Asterisk of that release: as given, else what `only` needs."""
        if self.event_mask is not None:
            return self.event_mask
        return "on" if self.only is None else self.only.mask(release)

    @property
    def port(self) -> int:
        """The port that was given, else AMI's own: 5038, with TLS 5039."""
        return self.given_port or (_TLS_PORT if self.tls else _PLAIN_PORT)

    @property
    def tls_context(self) -> ssl.SSLContext | None:
        """The TLS context; None for a plain connection."""
        if isinstance(self.tls, ssl.SSLContext):
            return self.tls
        return tls_context(verify=not self.tls_insecure_skip_verify) if self.tls else None

    @property
    def label(self) -> str:
        """What messages and `event.server` call this server."""
        return self.name or f"{self.host}:{self.port}"
