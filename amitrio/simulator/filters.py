r"""Event filters: what the Filter action and `eventfilter` let through to a session.

A legacy filter is an extended regular expression on the whole text of the event, a leading `!`
excludes. From 22.1, 21.6 and 20.11 on a filter may name an event, a header and a method.

Law: parsing, errors and the order of include and exclude are manager_add_filter()'s and
should_send_event()'s. Python's `re` stands in for POSIX expressions; what the two read
differently (back references, `\d`) is not worth a filter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import attrs

from amitrio.simulator.events import Published

__all__ = ["BAD_FORMAT", "BAD_REGEX", "EventFilter", "FilterError", "passes"]

BAD_REGEX = "Filter did not compile.  Check the syntax of the filter given."
BAD_FORMAT = "Filter was formatted incorrectly.  Check the syntax of the filter given."

_METHODS = ("regex", "exact", "starts_with", "ends_with", "contains", "none")
_MATCHERS: dict[str, Callable[[str, str], bool]] = {
    "exact": lambda text, wanted: text == wanted,
    "starts_with": lambda text, wanted: text.startswith(wanted),
    "ends_with": lambda text, wanted: text.endswith(wanted),
    "contains": lambda text, wanted: wanted in text,
    "none": lambda _text, _wanted: True,
}


class FilterError(ValueError):
    """A filter that Asterisk refuses; the message is Asterisk's."""


@attrs.frozen
class EventFilter:
    """One filter of one session."""

    exclude: bool
    matches: Callable[[str], bool] = attrs.field(repr=False)
    event: str | None = None
    header: str | None = None

    @classmethod
    def parse(cls, pattern: str, criteria: str, *, release_reads_criteria: bool) -> EventFilter:
        """The filter of a Filter action. Raises FilterError with Asterisk's message."""
        exclude = pattern.startswith("!")
        pattern = pattern[1:] if exclude else pattern
        if not release_reads_criteria:
            return cls(exclude, _matcher("regex", pattern))
        if not criteria:
            if not pattern:
                raise FilterError(BAD_FORMAT)
            return cls(exclude, _matcher("regex", pattern))
        return _advanced(pattern, _options(criteria), exclude=exclude)

    def hits(self, event: Published) -> bool:
        """Whether the event is one that this filter means."""
        if self.event is not None and event.event.kind != self.event:
            return False
        if self.header is None:
            return self.matches(event.text)
        values = (
            line[len(self.header) :].lstrip()
            for line in event.text.split("\r\n")
            if line.startswith(self.header)
        )
        return any(value and self.matches(value) for value in values)


def passes(filters: Iterable[EventFilter], event: Published) -> bool:
    """Whether a session with these filters gets the event."""
    includes = [each for each in filters if not each.exclude]
    excludes = [each for each in filters if each.exclude]
    included = not includes or any(each.hits(event) for each in includes)
    return included and not any(each.hits(event) for each in excludes)


def _options(criteria: str) -> dict[str, str]:
    options: dict[str, str] = {}
    # strtok_r(" ,)") cuts there, so that no name can hold a blank, a comma or a bracket.
    for option in filter(None, re.split(r"[ ,)]", criteria)):
        name, bracket, value = option.partition("(")
        if not bracket or not value or name not in {"action", "name", "header", "method"}:
            raise FilterError(BAD_FORMAT)
        options[name] = value
    if not options:
        raise FilterError(BAD_FORMAT)
    return options


def _advanced(pattern: str, options: dict[str, str], *, exclude: bool) -> EventFilter:
    if "action" in options:
        if options["action"] not in {"include", "exclude"}:
            raise FilterError(BAD_FORMAT)
        exclude = options["action"] == "exclude"
    method = options.get("method", "none")
    if method not in _METHODS or (method == "none") != (not pattern):
        raise FilterError(BAD_FORMAT)
    header = options.get("header")
    if method == "none" and not header and "name" not in options:
        raise FilterError(BAD_FORMAT)
    return EventFilter(
        exclude,
        _matcher(method, pattern),
        event=options.get("name"),
        header=header.rstrip(":") + ":" if header else None,
    )


def _matcher(method: str, pattern: str) -> Callable[[str], bool]:
    # Events are matched byte by byte, so both sides are read as latin-1.
    raw = pattern.encode("utf-8", "surrogateescape").decode("latin-1")
    if method == "regex":
        try:
            compiled = re.compile(raw)
        except re.error:
            raise FilterError(BAD_REGEX) from None
        return lambda text: compiled.search(text) is not None
    return lambda text: _MATCHERS[method](text, raw)
