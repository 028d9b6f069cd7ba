"""Greeting: the one line that a server sends before anything is asked of it.

`Asterisk Call Manager/11.0.0` names the version of AMI, and that the release line of Asterisk.

Law: whoever does not begin so is not spoken to.
"""

from __future__ import annotations

import re
from types import MappingProxyType

import attrs

from amitrio.errors import ProtocolError

__all__ = ["Banner", "Greeting"]

_BANNER = re.compile(rb"[^\r\n]{0,200}Call Manager(?:/([0-9]{1,9}(?:\.[0-9]{1,9})*))?[ \t]*")

# The major AMI version by release line, as AMI_VERSION stood in include/asterisk/manager.h of
# each branch. 2.x spans 12 to 14 and is told apart by its minor number.
_RELEASES = MappingProxyType(
    {3: 14, 4: 15, 5: 16, 6: 17, 7: 18, 8: 19, 9: 20, 10: 21, 11: 22, 12: 23, 13: 24}
)
_OLD = MappingProxyType({(1, 0): 1, (1, 1): 1, (1, 2): 10, (1, 3): 11})


@attrs.frozen
class Banner:
    """What the server says it is."""

    line: str
    version: tuple[int, ...] = ()
    """The version of AMI, such as (11, 0, 0); empty where the banner names none."""

    @property
    def release(self) -> int | None:
        """The release line of Asterisk, such as 22; None for one that amitrio does not know."""
        if not self.version:
            return None
        major, minor = (*self.version, 0)[:2]
        if major == 2:
            return 12 if minor < 5 else 13
        return _OLD.get((major, minor)) if major == 1 else _RELEASES.get(major)


class Greeting:
    """Collects the banner line; gives back what came behind it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()

    def feed(self, data: bytes) -> tuple[Banner, bytes] | None:
        """The banner and the rest, once its line is whole. ProtocolError for anything else."""
        seam = max(0, len(self._held) - 1)
        self._held += data
        end = self._held.find(b"\n", seam)
        if end < 0 and len(self._held) <= self._limit:
            return None
        line = bytes(self._held[: max(end, 0) or self._limit])
        match = _BANNER.fullmatch(line.removesuffix(b"\r")) if end <= self._limit else None
        if end < 0 or match is None:
            raise ProtocolError("this is no AMI server; it answered", data=line)
        rest = bytes(self._held[end + 1 :])
        self._held.clear()
        version = tuple(int(part) for part in match[1].split(b".")) if match[1] else ()
        return Banner(line.removesuffix(b"\r").decode("latin-1"), version), rest
