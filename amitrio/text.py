"""Text from the wire: raw bytes to `str` without loss, and `str` to something safe to print.

Law: nothing that a peer sent reaches a terminal, a log or a page unescaped.
"""

from __future__ import annotations

__all__ = ["decode", "encode", "excerpt", "printable", "storable"]

_EXCERPT = 200


def decode(raw: bytes) -> str:
    """UTF-8 with surrogateescape: Asterisk passes bytes through, and every byte must survive."""
    return raw.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` made the text from."""
    return text.encode("utf-8", "surrogateescape")


def storable(text: str, fallback: str) -> str:
    """Text that was decoded, without lone surrogates: what is not UTF-8 is read in `fallback`."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        pass
    else:
        return text
    try:
        return encode(text).decode(fallback, "replace")
    except UnicodeEncodeError:  # a surrogate that no byte stands for: nobody sent it
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def printable(text: str) -> str:
    """The text with control characters, lone surrogates and line breaks written as escapes."""
    if text.isprintable():
        return text
    return "".join(_escaped(letter) for letter in text)


def excerpt(text: str, length: int = _EXCERPT) -> str:
    """The printable text, cut to `length` characters: for messages that quote a peer."""
    shown = printable(text[: length + 1])
    return shown if len(shown) <= length else shown[: length - 1] + "…"


def _escaped(letter: str) -> str:
    if letter.isprintable():
        return letter
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")
