"""Secret: a password that does not show.

Law: a secret appears in no repr, log, pickle, or traceback, not even one that prints locals.
So it is wrapped at the door, checked where it is wrapped, and each function that must touch the
bare text keeps it in no local variable when it raises.
"""

from __future__ import annotations

from typing import NoReturn

from amitrio.text import encode

__all__ = ["HiddenBytes", "Secret"]

_LINE_ENDS = ("\r", "\n", "\0")


class Secret:
    """The secret of a manager user. `str(secret)` hides it too; `reveal()` is the one way in."""

    __slots__ = ("_text",)

    def __init__(self, text: str | Secret) -> None:
        """Wrap `text`. Raises ValueError for what AMI cannot carry: line ends, leading blanks."""
        try:
            self._text: str = text.reveal() if isinstance(text, Secret) else text
        finally:
            del text
        if not _is_text(self._text):
            self._text = ""
            raise TypeError("a secret is a str")
        problem = self._problem()
        if problem:
            self._text = ""
            raise ValueError(problem)

    def _problem(self) -> str | None:
        if any(end in self._text for end in _LINE_ENDS):
            return "the secret holds a line break or a NUL, which AMI cannot carry"
        if self._text[:1] and self._text[0] <= " ":
            # get_input() in manager.c skips every byte up to 0x20 in front of a value.
            return "the secret begins with a blank, which Asterisk would strip"
        if not _encodable(self._text):
            return "the secret holds a surrogate that no byte stands for"
        return None

    def reveal(self) -> str:
        """The bare text. Keep it in no variable."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('…')"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret refuses to be pickled")

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._text))


def _is_text(text: object) -> bool:
    """Asked of an object, since a type checker knows it already and a careless caller does not."""
    return isinstance(text, str)


def _encodable(text: str) -> bool:
    try:
        encode(text)
    except UnicodeEncodeError:
        return False
    return True


class HiddenBytes(bytes):
    """Bytes on their way out that hold a secret: they travel like any, and do not show."""

    def __repr__(self) -> str:
        return "<bytes with a secret>"  # not how many: that tells how long the secret is

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("bytes that hold a secret refuse to be pickled")
