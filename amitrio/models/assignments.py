r"""Assignments: `NAME=value`, as events tell variables and as actions set them.

Actions hand theirs to Asterisk's argument parser (AST_STANDARD_APP_ARGS in app.h, called by
astman_get_variables), which splits at commas and takes a letter behind a backslash as it is.

Law: what is written is read back by Asterisk exactly as it was given.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["assignment", "assignments", "told", "told_as"]

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', ",": "\\,"})


def told(text: str) -> tuple[str, str]:
    """Name and value of a variable that Asterisk tells."""
    name, _, value = text.partition("=")
    return name, value


def told_as(name: str, value: str) -> str:
    """`NAME=value` as Asterisk tells it."""
    if "=" in name:
        raise ValueError(f"{name!r} would be read as another variable's name")
    return f"{name}={value}"


def assignment(name: str, value: str) -> str:
    r"""`NAME=value` as Asterisk's argument parser reads it back.

    A backslash keeps the next letter as it is: `\`, `"` and `,` need one.
    """
    if not name or any(letter in name for letter in '=,"\\') or name != name.strip():
        raise ValueError(f"{name!r} is no name of a channel variable")
    return f"{name}={value.translate(_ESCAPES)}"


def assignments(text: str) -> list[tuple[str, str]]:
    """What Asterisk reads out of one such header; several are separated by commas.

    An argument without a name or a value's sign sets nothing (man_do_variable_value).
    """
    pairs = [told(part) for part in _arguments(text) if "=" in part]
    return [(name, value) for name, value in pairs if name]


# __ast_app_separate_args() keeps commas inside these together.
_OPENING = {"(": ")", "[": "]"}
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}


def _arguments(text: str) -> Iterator[str]:
    """The separated arguments: quotes keep commas and vanish, a backslash keeps what follows."""
    argument: list[str] = []
    depths = dict.fromkeys(_OPENING, 0)
    quoted = False
    letters = iter(text)
    for letter in letters:
        if letter == '"':
            quoted = not quoted
            continue
        if letter == "," and not quoted and not any(depths.values()):
            yield "".join(argument)
            argument.clear()
            continue
        if letter in _OPENING:
            depths[letter] += 1
        elif letter in _CLOSING:
            depths[_CLOSING[letter]] = max(0, depths[_CLOSING[letter]] - 1)
        argument.append(next(letters, "") if letter == "\\" else letter)
    yield "".join(argument)
