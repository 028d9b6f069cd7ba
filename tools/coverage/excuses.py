"""Excuses: what no field takes, and why that is right.

Law: an excuse names the least that it must, and one for a stream that does not need it is told.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import attrs

__all__ = ["EXCUSES", "Excuse"]


@attrs.frozen
class Excuse:
    """What is found and is no fault of the models; each name is a pattern."""

    why: str
    kind: str
    header: str = ""
    source: str = "*"

    def covers(self, source: str, kind: str, header: str) -> bool:
        """Whether it is about this finding."""
        return (
            self.concerns(source)
            and fnmatchcase(kind, self.kind)
            and fnmatchcase(header, self.header)
        )

    def concerns(self, source: str) -> bool:
        """Whether it holds for that stream."""
        return fnmatchcase(source, self.source)


EXCUSES = (
    Excuse("whoever sends a UserEvent chooses its headers", "UserEvent", "*"),
    Excuse("the name of a channel is part of it", "OriginateResponse", "ChanVariable(*"),
    Excuse("a header for each action that there is", "reply to ListCommands", "*"),
    Excuse("a sentence in place of the categories", "reply to GetConfig", ""),
    Excuse("a sentence in place of the categories", "reply to ListCategories", "Error"),
    Excuse("a sentence without a name, likewise", "reply to [?]", "", "16-db-config"),
    Excuse("a sentence in place of the categories", "reply to [?]", "Error", "16-db-config"),
    Excuse("forged by a variable with line breaks", "Fake", "", "*-injection-dialplan"),
    Excuse("forged by a variable with line breaks", "Rest", "", "*-injection-dialplan"),
    Excuse(
        "the end of StatusComplete, glued on by an ActionID that is too long",
        "Status",
        "Items",
        "*-actionid-truncation",
    ),
    Excuse("IAXnetstats has no frame", "IAX2/*", "", "*-iaxnetstats-raw"),
)
