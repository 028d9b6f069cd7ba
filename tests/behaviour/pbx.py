"""The servers that the behaviour is tested on, all in one shape.

A test asks for `pbx` and gets each of them in turn; it must hold on all. It may not disturb the
others: what it makes has a name of its own, and what it kills is a `mortal_pbx`.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from typing import Any, cast

import anyio
import attrs
import pytest

import amitrio as ami
from tools.asterisk import Major, Unavailable, prepare

SERVERS = ("simulator", "asterisk-22", "asterisk-16")


@attrs.define(eq=False)
class Pbx:
    """A server to connect to."""

    name: str
    release: int
    host: str
    port: int
    users: dict[str, str]
    tls_port: int | None = None
    certificate: str | None = None
    die: Callable[[], None] | None = None
    """Ends the server's life without a word; for a mortal one only."""

    def connect(self, user: str = "admin", **options: Any) -> ami.Connection:
        options.setdefault("secret", self.users.get(user, "none"))
        return ami.connect(self.host, self.port, username=user, **options)

    def connect_tls(self, user: str = "admin") -> ami.Connection:
        context = ssl.create_default_context(cafile=self.certificate)
        return ami.connect(
            "localhost", self.tls_port, username=user, secret=self.users[user], tls=context
        )


def prepared(name: str, config: pytest.Config) -> Major:
    """The release of that server, ready to be booted.

    Skips where none is wanted or none can be had; the check must have one.
    """
    if not config.getoption("--asterisk"):
        pytest.skip("no real Asterisk without --asterisk (see CONTRIBUTING.md)")
    release = cast("Major", name.removeprefix("asterisk-"))
    try:
        prepare(release)
    except Unavailable as exc:
        if os.environ.get("CI"):
            pytest.fail(f"{name} must run in the check and cannot be had: {exc}")
        pytest.skip(f"{name} CANNOT BE HAD HERE: {exc}")
    return release


async def hang_up_all(client: ami.Client) -> None:
    """Leave no channel behind, and wait until each is gone."""
    with anyio.fail_after(10), client.events("Hangup") as hangups:
        await client.send("Hangup", Channel="/^.*$/")
        while await client.send("CoreShowChannels"):
            await hangups.receive()
