"""Real Asterisk servers on loopback, for the tests of behaviour.

    with booted("22") as pbx:
        socket.create_connection((pbx.host, pbx.port))

Law: the standard library only, so that it runs before anything is installed; whatever is started
here is gone when its owner is, even if the owner was killed.

Needs root and a Debian mirror, or raises `Unavailable`. `AMITRIO_CACHE` says where the servers are
installed; `AMITRIO_MIRROR`, or `AMITRIO_MIRROR_22` and `AMITRIO_MIRROR_16`, from which mirror.
"""

from __future__ import annotations

from .bootstrap import cache_directory, location, prepare
from .errors import AsteriskFailed, Unavailable
from .instance import Asterisk, booted
from .release import Major
from .slots import Ports

__all__ = [
    "Asterisk",
    "AsteriskFailed",
    "Major",
    "Ports",
    "Unavailable",
    "booted",
    "cache_directory",
    "location",
    "prepare",
]
