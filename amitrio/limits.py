"""Limits: every bound on what a peer or a program may make this process hold.

Law: what is received is bounded, in one value, and each bound says why it is what it is.
"""

from __future__ import annotations

import attrs
from attrs import validators

__all__ = ["DEFAULT_LIMITS", "Limits"]

_MEBI = 1024 * 1024


def _positive(default: int) -> int:
    field: int = attrs.field(
        default=default, validator=[validators.instance_of(int), validators.ge(1)]
    )
    return field


@attrs.frozen(kw_only=True)
class Limits:
    """The bounds of one connection. Sizes are bytes, the others are counts."""

    # Asterisk sends whole files in one line: GetConfigJSON of a 1 MB file was one line of
    # 1,068,905 bytes. Sixteen times that is still nothing an honest server comes near.
    line: int = _positive(16 * _MEBI)
    # GetConfig of 20,003 lines was one frame of 1.4 MB.
    frame: int = _positive(64 * _MEBI)
    # "Asterisk Call Manager/11.0.0" has 28 bytes. Whoever sends a kilobyte without a line break
    # is no Asterisk, and is told so before more is read.
    banner: int = _positive(1024)
    # Items of one list that nobody has read yet. PBXs with 20,000 endpoints exist; an item
    # costs about a kilobyte, so this holds a list to some 100 MB.
    list_items: int = _positive(100_000)
    # Actions sent and not yet answered. Asterisk answered 15,000 pipelined ones in order; past
    # this bound `send` waits for room, and Asterisk's own socket buffer is spared. One whose
    # response_timeout is over takes no room any more: else a slow answer would hold up the next.
    pending_actions: int = _positive(16_384)
    # Calls whose OriginateResponse is still awaited. One PBX seldom holds 10,000 channels.
    outbound_calls: int = _positive(65_536)


DEFAULT_LIMITS = Limits()
