"""The targets by name, each with the seeds that it starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs

from fuzz.hearing import client
from fuzz.seeds import action_seeds, client_seeds, request_seeds
from fuzz.sending import actions, requests

__all__ = ["TARGETS", "Target"]


@attrs.frozen
class Target:
    """What is checked, where it starts, and how long an input is worth its time."""

    check: Callable[[bytes], None]
    make_seeds: Callable[[], list[bytes]]
    longest: int

    def seeds(self) -> list[bytes]:
        """Always the same inputs, none of them too long."""
        return [*dict.fromkeys(seed[: self.longest] for seed in self.make_seeds())]


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "client": Target(client, client_seeds, 640),
        "requests": Target(requests, request_seeds, 3072),
        "actions": Target(actions, action_seeds, 4096),
    }
)
