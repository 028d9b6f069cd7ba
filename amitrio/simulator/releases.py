"""Releases: what sets the Asterisk that is played apart from the others.

Law: every difference between the releases is a field here; no other file asks for a number.
"""

from __future__ import annotations

from types import MappingProxyType

import attrs

__all__ = ["RELEASES", "Release"]


@attrs.frozen(kw_only=True)
class Release:
    """One release line of Asterisk."""

    major: int
    asterisk: str  # as CoreSettings and `core show version` give it
    ami: str  # as in the banner
    match_criteria: bool  # Filter reads MatchCriteria, and refuses an empty legacy filter
    sounds_search: bool  # CoreSettings ends with SoundsSearchCustomDir
    counts_trees: bool  # DBGetTreeComplete counts its items, instead of saying 1
    queue_durations: bool  # Queue sets ANSWEREDTIME, DIALEDTIME and QUEUEWAIT
    no_answer_cause: int  # the hangup cause of an originated call that nobody answered
    pause_reason: bool  # QueueMemberPause ends with Reason, besides PausedReason
    processed_calls: bool  # CoreStatus ends with CoreProcessedCalls
    file_refusal: str  # what GetConfig says of files that are not for it
    missing: frozenset[str] = frozenset()  # actions that this release does not have


RELEASES = MappingProxyType(
    {
        "22": Release(
            major=22,
            asterisk="22.10.1",
            ami="11.0.0",
            match_criteria=True,
            sounds_search=True,
            counts_trees=True,
            queue_durations=True,
            no_answer_cause=19,
            pause_reason=False,
            processed_calls=True,
            file_refusal="File requires escalated privileges",
        ),
        "16": Release(
            major=16,
            asterisk="16.28.0",
            ami="5.0.4",
            match_criteria=False,
            sounds_search=False,
            counts_trees=False,
            queue_durations=False,
            no_answer_cause=0,
            pause_reason=True,
            processed_calls=False,
            file_refusal="File requires escalated priveledges",  # spelled so
            missing=frozenset({"coreshowchannelmap"}),
        ),
    }
)
