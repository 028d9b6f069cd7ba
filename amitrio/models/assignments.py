r"""Assignments: `NAME=value`, as events tell variables and as actions set them.

Actions hand theirs to Asterisk's argument parser (AST_STANDARD_APP_ARGS in app.h, called by
astman_get_variables), which splits at commas and takes a letter behind a backslash as it is.

Law: what is written is read back by Asterisk exactly as it was given.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["assignment", "assignments", "told"]

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', ",": "\\,"})


def told(text: str) -> tuple[str, str]:
    """Name and value of a variable that Asterisk tells."""
    name, _, value = text.partition("=")
    return name, value


def assignment(name: str, value: str) -> str:
    r"""`NAME=value` as Asterisk's argument parser reads it back.

    A backslash keeps the next letter as it is: `\`, `"` and `,` need one.
    """
    if not name or any(letter in name for letter in '=,"\\') or name != name.strip():
        raise ValueError(f"{name!r} is no name of a channel variable")
    return f"{name}={value.translate(_ESCAPES)}"


def assignments(text: str) -> list[tuple[str, str]]:
    """What Asterisk reads out of one such header; several are separated by commas."""
    return [told(part) for part in _arguments(text)]


def _arguments(text: str) -> Iterator[str]:
    """The separated arguments: quotes keep commas and vanish, a backslash keeps what follows."""
    argument: list[str] = []
    letters = iter(text)
    quoted = False
    for letter in letters:
        if letter == "\\":
            argument.append(next(letters, ""))
        elif letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            yield "".join(argument)
            argument.clear()
        else:
            argument.append(letter)
    yield "".join(argument)
