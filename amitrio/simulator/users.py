"""Manager users: who may log in, what they may hear and what they may do.

Law: a user is what a category of manager.conf says, with Asterisk's defaults.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Self

import attrs

from amitrio.credentials import Secret
from amitrio.protocol.privileges import permissions
from amitrio.simulator.configfiles import Category

__all__ = ["ManagerUser"]


def _secret(text: str | Secret) -> Secret:
    return Secret(text)


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class ManagerUser:
    """One user of the manager interface.

        ManagerUser(name="crm", secret="s3cret", read="call,agent", write="originate")

    `read` and `write` are classes as in manager.conf, `deny` networks such as `0.0.0.0/0`,
    `write_timeout` seconds, and `event_filters` what `eventfilter =` would say.
    """

    name: str
    secret: Secret = attrs.field(converter=_secret)
    read: str = ""
    write: str = ""
    allow_multiple_login: bool = True
    deny: tuple[str, ...] = attrs.field(default=(), converter=_strings)
    write_timeout: float = 0.1  # manager.c: "writetimeout", 100 ms unless said otherwise
    event_filters: tuple[str, ...] = attrs.field(default=(), converter=_strings)

    @classmethod
    def from_category(cls, category: Category) -> Self:
        """The user that a category of manager.conf describes."""
        lines = dict(category.lines)
        return cls(
            name=category.name,
            secret=lines.get("secret", ""),
            read=lines.get("read", ""),
            write=lines.get("write", ""),
            allow_multiple_login=lines.get("allowmultiplelogin", "yes") == "yes",
            deny=[value for name, value in category.lines if name == "deny"],
            write_timeout=float(lines.get("writetimeout", "100")) / 1000,
            event_filters=[value for name, value in category.lines if name == "eventfilter"],
        )

    @property
    def may_read(self) -> int:
        """The classes of events that reach this user."""
        return permissions(self.read)

    @property
    def may_write(self) -> int:
        """The classes of actions that this user may run."""
        return permissions(self.write)

    def admits(self, host: str) -> bool:
        """Whether the user may come from that address."""
        return not any(ip_address(host) in ip_network(network) for network in self.deny)
