"""The Asterisk releases that can be booted, and the Debian suite that each one comes from.

Law: this table is the only place that knows a suite or a package name.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

Major: TypeAlias = Literal["22", "16"]

_COMMON = ("asterisk", "asterisk-core-sounds-en-gsm", "openssl")


@dataclass(frozen=True, slots=True)
class Release:
    """One major version: where it is installed from, and where its ports begin."""

    major: Major
    suite: str
    packages: tuple[str, ...]
    first_port: int  # below the ephemeral range, so that no client socket ever sits on one

    @property
    def directory(self) -> str:
        """The name of its tree; another recipe gets another name, so no stale tree is used."""
        recipe = " ".join((self.suite, *self.packages))
        return f"asterisk-{self.major}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"


RELEASES: dict[Major, Release] = {
    "22": Release("22", "sid", _COMMON, 22000),
    # Debian 11 splits app_voicemail off; without it 16 would lack the Voicemail actions.
    "16": Release("16", "bullseye", (*_COMMON, "asterisk-voicemail"), 16000),
}
