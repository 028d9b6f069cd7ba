"""How hard hypothesis tries: few and always the same examples, unless more are asked for.

HYPOTHESIS_PROFILE=thorough pytest tests/protocol
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", parent=settings.get_profile("ci"), max_examples=3000)
_PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci")
settings.load_profile(_PROFILE)


def examples(*, few: int, many: int) -> settings:
    """The settings of a test with numbers of its own: `many` under the thorough profile."""
    return settings(max_examples=many if _PROFILE == "thorough" else few)
