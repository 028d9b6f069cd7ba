"""The dialplan: contexts, extensions and their steps, written as in extensions.conf.

    [internal]
    exten => 100,1,Answer()
     same => n,Wait(1)
     same => n,Hangup()
    exten => 100,hint,PJSIP/100
    exten => _2XX,1,Dial(Local/100@internal,20)

Law: what is found for an extension is what Asterisk finds: the exact one first, then the most
specific pattern. Includes and labels are not played; a label is read as an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

__all__ = ["Dialplan", "Step", "arguments"]


@attrs.frozen
class Step:
    """One priority: an application and what it is given, not yet substituted."""

    application: str
    data: str = ""

    @classmethod
    def parse(cls, text: str) -> Step:
        """Read `Wait(1)`. Raises ValueError for anything else."""
        name, bracket, rest = text.strip().partition("(")
        if not name or (bracket and not rest.endswith(")")):
            raise ValueError(f"not an application: {text}")
        return cls(name.strip(), rest[:-1])


@attrs.define(eq=False)
class Extension:
    """All that a context has under one name."""

    name: str
    steps: dict[int, Step] = attrs.field(factory=dict[int, Step])
    hint: str | None = None


class Dialplan:
    r"""Every context of the PBX.

    dialplan = Dialplan()
    dialplan.add("internal", "100", "Answer()", "Wait(1)", "Hangup()")
    dialplan.load("[internal]\nexten => 101,1,Busy()")
    """

    def __init__(self) -> None:
        self._contexts: dict[str, dict[str, Extension]] = {}

    def add(self, context: str, exten: str, *steps: str | Step) -> None:
        """Give an extension these steps, from priority 1 on, in place of what it had."""
        read = [Step.parse(step) if isinstance(step, str) else step for step in steps]
        self._extension(context, exten).steps = dict(enumerate(read, start=1))

    def add_hint(self, context: str, exten: str, hint: str) -> None:
        """Let the extension show the state of these devices."""
        self._extension(context, exten).hint = hint

    def load(self, text: str) -> None:
        """Add what an extensions.conf says. Raises ValueError with the line that it cannot read."""
        _Loader(self).load(text)

    def step(self, context: str, exten: str, priority: int, caller: str = "") -> Step | None:
        """What is to be run there; None where there is nothing."""
        del caller  # extensions that depend on the caller's number are not played
        found = self._find(context, exten)
        return found.steps.get(priority) if found else None

    def exists(self, context: str, exten: str, priority: int, caller: str = "") -> bool:
        """Whether there is something to run."""
        return self.step(context, exten, priority, caller) is not None

    def hint(self, context: str, exten: str) -> str | None:
        """The hint of an extension."""
        found = self._contexts.get(context, {}).get(exten)
        return found.hint if found else None

    def hints(self) -> Iterator[tuple[str, str, str]]:
        """Every hint: context, extension, devices."""
        for context, extensions in self._contexts.items():
            for extension in extensions.values():
                if extension.hint is not None:
                    yield context, extension.name, extension.hint

    def extensions(self, context: str) -> Iterator[tuple[str, int, Step]]:
        """What a context has: extension, priority, step."""
        for extension in self._contexts.get(context, {}).values():
            for priority, step in sorted(extension.steps.items()):
                yield extension.name, priority, step

    @property
    def contexts(self) -> list[str]:
        """The names of all contexts."""
        return list(self._contexts)

    def _extension(self, context: str, exten: str) -> Extension:
        return self._contexts.setdefault(context, {}).setdefault(exten, Extension(exten))

    def _find(self, context: str, exten: str) -> Extension | None:
        extensions = self._contexts.get(context, {})
        if exten in extensions and not exten.startswith("_"):
            return extensions[exten]
        matching = [each for each in extensions.values() if _matches(each.name, exten)]
        return min(matching, key=lambda each: _specificity(each.name), default=None)


# How wide each letter of a pattern is: of two patterns the narrower one is taken.
_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*"}
_WIDTHS = {"N": 8, "Z": 9, "X": 10, ".": 1000, "!": 1001}


def _matches(pattern: str, exten: str) -> bool:
    if not pattern.startswith("_"):
        return False
    parts = (
        part if part.startswith("[") else _CLASSES.get(part.upper(), re.escape(part))
        for part in _parts(pattern)
    )
    return re.fullmatch("".join(parts), exten, re.DOTALL) is not None


def _specificity(pattern: str) -> list[int]:
    parts = _parts(pattern)
    return [_WIDTHS.get(part.upper(), len(part) if part[0] == "[" else 1) for part in parts]


def _parts(pattern: str) -> list[str]:
    """The letters of a pattern; a set in brackets counts as one."""
    return [found[0] for found in re.finditer(r"\[[^]]*\]|.", pattern[1:])]


def arguments(data: str, count: int) -> list[str]:
    """The comma-separated arguments of an application, filled up with empty ones."""
    found = data.split(",", count - 1)
    return [*found, *[""] * (count - len(found))]


class _Loader:
    """Reads extensions.conf line by line."""

    def __init__(self, dialplan: Dialplan) -> None:
        self._dialplan = dialplan
        self._context = ""
        self._exten = ""
        self._priority = 0

    def load(self, text: str) -> None:
        for line in text.split("\n"):
            bare = line.split(";", 1)[0].strip() if not _quoted(line) else line.strip()
            if bare.startswith("[") and bare.endswith("]"):
                self._context = bare[1:-1]
            elif bare:
                self._take(bare)

    def _take(self, line: str) -> None:
        key, arrow, value = (part.strip() for part in line.partition("=>"))
        if not arrow or key not in {"exten", "same"} or not self._context:
            raise ValueError(f"not a line of extensions.conf: {line}")
        if key == "exten":
            self._exten, _, value = (part.strip() for part in value.partition(","))
        priority, _, step = (part.strip() for part in value.partition(","))
        self._place(priority, step, line)

    def _place(self, priority: str, step: str, line: str) -> None:
        if priority == "hint":
            self._dialplan.add_hint(self._context, self._exten, step)
            return
        if priority != "n" and not priority.isdecimal():
            raise ValueError(f"no such priority: {line}")
        self._priority = self._priority + 1 if priority == "n" else int(priority)
        extension = self._dialplan._extension(self._context, self._exten)
        try:
            extension.steps[self._priority] = Step.parse(step)
        except ValueError as error:
            raise ValueError(f"{error} (in the line: {line})") from None


def _quoted(line: str) -> bool:
    return "\\;" in line
