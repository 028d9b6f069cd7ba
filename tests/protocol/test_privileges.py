"""Event masks and privileges, read as strings_to_mask() in manager.c reads them."""

from __future__ import annotations

import pytest

from amitrio.protocol.privileges import (
    ALL,
    PRIVILEGES,
    event_mask,
    permissions,
    privilege_text,
)


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("", None),
        ("on", ALL),
        ("YES", ALL),
        ("1", PRIVILEGES["system"]),  # digits are the bits themselves, before they are a truth
        ("3", PRIVILEGES["system"] | PRIVILEGES["call"]),
        ("off", 0),
        ("none", 0),
        ("all", ALL),
        ("call,agent", PRIVILEGES["call"] | PRIVILEGES["agent"]),
        ("call, agent", PRIVILEGES["call"]),  # a blank belongs to the name
        ("Call,Agent", 0),
    ],
)
def test_an_event_mask_means_what_asterisk_reads(text: str, mask: int | None) -> None:
    assert event_mask(text) == mask


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        (PRIVILEGES["system"], "system,all"),
        (permissions("call,reporting"), "call,reporting,all"),
        (0, "<none>"),
    ],
)
def test_a_mask_is_written_as_asterisk_writes_it(mask: int, text: str) -> None:
    assert privilege_text(mask) == text
