"""What can go wrong around a real Asterisk.

Law: `Unavailable` is about this machine, and a reason to skip; `AsteriskFailed` is about a server
that was there and did not do as asked, and a reason to fail.
"""

from __future__ import annotations


class Unavailable(Exception):  # noqa: N818 - names a state of this machine, not a mistake
    """A real Asterisk cannot be had here. `reason` is one line that tells why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason: str = reason


class AsteriskFailed(Exception):  # noqa: N818 - Asterisk failed, as in amitrio's own error tree
    """A server did not do in time what was asked of it. `log` is the end of what it logged."""

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(f"{message}\n{log}".rstrip())
        self.log: str = log
