"""Text from the wire: no byte is lost, and nothing dangerous is printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.text import decode, encode, excerpt, printable


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"PJSIP/100", "PJSIP/100"),
        ("Z\u00fcrich \U0001f600".encode(), "Z\u00fcrich \U0001f600"),
        (b"caf\xe9\xff", "caf\udce9\udcff"),
        (b"cut \xf0\x9f\x98", "cut \udcf0\udc9f\udc98"),
        (b"a\r\n\0\x85", "a\r\n\0\udc85"),
    ],
)
def test_bytes_are_text_and_come_back(raw: bytes, text: str) -> None:
    assert decode(raw) == text
    assert encode(text) == raw


@given(st.binary())
def test_no_byte_is_lost(raw: bytes) -> None:
    assert encode(decode(raw)) == raw


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 'quoted' \\ and \u00fc\U0001f600", None),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\r\nb\tc\0", "a\\r\\nb\\tc\\x00"),
        ("\x9b31m\x7f", "\\x9b31m\\x7f"),
        ("caf\udce9", "caf\\udce9"),
        ("\u202eevil\u2028line\u200b", "\\u202eevil\\u2028line\\u200b"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, shown: str | None) -> None:
    assert printable(text) == (text if shown is None else shown)


@given(st.text(st.characters(categories=None)))
def test_all_that_is_shown_is_printable(text: str) -> None:
    assert printable(text).isprintable()
    assert excerpt(text).isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("abcdef", "abcdef"),
        ("abcdefg", "abcde\u2026"),
        ("a" * 1000, "aaaaa\u2026"),
        ("\r\n", "\\r\\n"),
        ("abcd\n", "abcd\\n"),
        ("abcde\n", "abcde\u2026"),
        ("\0\0\0", "\\x00\\\u2026"),
    ],
)
def test_an_excerpt_is_short(text: str, shown: str) -> None:
    assert excerpt(text, 6) == shown


def test_an_excerpt_has_200_characters_unless_told() -> None:
    assert excerpt("a" * 200) == "a" * 200
    assert excerpt("a" * 201) == "a" * 199 + "\u2026"
